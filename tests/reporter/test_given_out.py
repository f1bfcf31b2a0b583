"""Actions that people call so, without marking them."""

import pytest

from ccm.reporter.cues import Remark
from ccm.reporter.evaluation import report
from ccm.reporter.finding import Found, found

HELLO = ("ana: Hello, shall we begin?", "bo: Hello, I am here", "kim: me too")


def actions(*lines: str) -> list[Found]:
    talk = [Remark(*line.split(": ", 1)) for line in (*HELLO, *lines)]
    return [one for one in found(talk) if one.kind == "action" and one.sure]


@pytest.mark.parametrize(
    ("line", "owner", "text"),
    [
        ("I'll take an action item to move this part of the work to the council.", "ana", "Move this part of the work"),
        ("Will take an action to review the offers. Sorry for the delay!", "ana", "Review the offers"),
        ("can Kim take an action to find a cheaper printer?", "kim", "Find a cheaper printer"),
        ("Kim, could you take the action to find a cheaper printer?", "kim", "Find a cheaper printer"),
        ("bo do you want an action for the roof?", "bo", "See to the roof"),
        ("action bo to fill in the list of guests", "bo", "Fill in the list of guests"),
        ("action.. Bo to fill in the list of guests", "Bo", "Fill in the list of guests"),
        ("ok, action item for Bo and Kim to raise it with the council", "Bo and Kim", "Raise it with the council"),
        ("action item for me to write to the landlord", "ana", "Write to the landlord"),
        ("Action item. Write to the landlord about the roof. Not today.", "", "Write to the landlord about the roof"),
        ("Action item to write to the landlord", "", "Write to the landlord"),
    ],
)
def test_what_people_call_an_action_is_one(line: str, owner: str, text: str) -> None:
    (action,) = actions(f"ana: {line}", "bo: now for the choir")
    assert action.text.startswith(text)
    assert (action.owner, action.phrase, action.place) == (owner, "", len(HELLO))


def test_who_takes_that_action_takes_what_was_asked_for() -> None:
    (action,) = actions(
        "ana: Does anyone want to pick up the action to start on the wiki page?", "bo: I can take the action point."
    )
    assert (action.owner, action.text) == ("bo", "Start on the wiki page")
    assert (action.place, action.sources) == (len(HELLO) + 1, (len(HELLO),))


def test_whoever_is_given_an_action_says_what_it_is() -> None:
    (action,) = actions(
        "ana: can Kim take an action to make sure that's true?", "kim: I'll compare the two bills", "ana: ok"
    )
    assert (action.owner, action.text) == ("kim", "Compare the two bills")
    assert action.sources == (len(HELLO) + 1,)


@pytest.mark.parametrize(
    "lines",
    [
        ("ana: I took an action to move them and haven't done it yet.",),
        ("ana: we have an action to label the process",),
        ("ana: this community takes technical action",),
        ("ana: do we need an action for this?",),
        ("ana: can someone take an action to flesh this out a bit",),
        ("ana: can Kim take an action to find a cheaper printer?", "kim: no, I have no time"),
        ("ana: I'll take the action to do that",),
        ("ana: Action item review is next",),
        ("ana: Action items: see the list",),
        ("ana: most apps won't take an action when they open to readers",),
    ],
)
def test_what_is_told_of_actions_gives_none_out(lines: tuple[str, ...]) -> None:
    assert not actions(*lines)


def test_what_is_written_down_afterwards_is_said_once() -> None:
    (action,) = actions(
        "ana: can Kim take an action to find a cheaper printer?", "kim: sure", "ana: Kim to find a cheaper printer"
    )
    assert (action.owner, action.place) == ("Kim", len(HELLO) + 2)


@pytest.mark.parametrize(
    "line",
    [
        "I'll review the offers in the next 10 minutes",
        "will put some time into the list this week",
        "I'll review what was said on the list",
    ],
)
def test_what_is_done_at_once_or_says_no_deed_is_not_sure(line: str) -> None:
    assert not actions(f"bo: {line}")


def test_what_somebody_suggests_when_asked_is_no_task() -> None:
    assert not actions("ana: Bo, could you suggest another wording for the sign?", "bo: I will")


def test_a_conclusion_is_a_promise() -> None:
    (action,) = actions("ana: should we have a list for it?", "bo: so I will create a new list")
    assert (action.owner, action.text) == ("bo", "Create a new list")


def test_the_evaluated_report_names_the_owner() -> None:
    lines = [dict(zip(("nick", "text"), line.split(": ", 1), strict=True)) for line in HELLO]
    lines.append({"nick": "ana", "text": "action bo to fill in the list of guests"})
    (action,) = report(lines)["actions"]
    assert action == {"text": "bo to fill in the list of guests", "index": 3, "assignee": "bo", "due": None}
