"""What is found in free talk that nobody marked."""

import json
import subprocess
import sys
from importlib.resources import files

import pytest

from ccm.reporter.cues import Remark
from ccm.reporter.evaluation import report
from ccm.reporter.finding import Found, found

SMALL_TALK = (
    "ana: Good morning! Did everybody have a nice weekend?",
    "bo: Yes, it rained a lot, but the garden needed it.",
    "cy: Mine was quiet.",
    "ana: We spent an hour on the ferry and saw two seals.",
    "bo: I can imagine that was fun.",
    "cy: I will never get used to the wind up there.",
)


def talk(*lines: str) -> list[Remark]:
    return [Remark(*line.split(": ", 1)) for line in lines]


def finds(kind: str, *lines: str, sure: bool | None = True, **options: object) -> list[Found]:
    every = found(talk(*lines), **options)  # type: ignore[arg-type]
    return [one for one in every if one.kind == kind and (sure is None or one.sure is sure)]


@pytest.mark.parametrize(
    ("line", "owner", "text"),
    [
        ("Bo to check the lease with the owner", "Bo", "Check the lease with the owner"),
        ("@cy to draft the letter", "cy", "Draft the letter"),
        ("TM to write to the printers", "TM", "Write to the printers"),
        ("Chairs to publish the agenda", "Chairs", "Publish the agenda"),
        ("Bo and Cy to compare the two offers", "Bo and Cy", "Compare the two offers"),
        ("Bo schedule the next rehearsal", "Bo", "Schedule the next rehearsal"),
    ],
)
def test_an_action_written_as_minutes_do_has_its_owner(line: str, owner: str, text: str) -> None:
    (action,) = finds("action", *SMALL_TALK, f"ana: {line}", "bo: ok")
    assert (action.owner, action.text, action.place) == (owner, text, len(SMALL_TALK))


def test_a_promise_with_a_time_is_an_action_of_the_speaker() -> None:
    (action,) = finds("action", *SMALL_TALK, "cy: I'll send the figures to the bank by Friday.", "ana: thanks")
    assert (action.owner, action.text, action.phrase) == ("cy", "Send the figures to the bank by Friday", "by Friday")


def test_a_promise_that_answers_a_question_says_what_was_asked() -> None:
    (action,) = finds("action", "ana: who can write the announcement?", "bo: I'll do it", "ana: great, thanks")
    assert (action.owner, action.text, action.sources) == ("bo", "Write the announcement", (0,))


def test_a_request_that_is_accepted_is_possible() -> None:
    (action,) = finds("action", "ana: Cy, can you get an offer from a roofer?", "cy: yes I can do that", sure=False)
    assert (action.owner, action.text) == ("cy", "Get an offer from a roofer")


def test_whoever_takes_notes_is_not_the_owner_of_what_others_promise() -> None:
    notes = (
        "cy: ana: we have two halls to choose from",
        "cy: ana: the larger one is free in May",
        "cy: bo: I'll send the contract to the owner tomorrow",
    )
    (action,) = finds("action", "ana: hello", "bo: hello", *notes)
    assert action.owner == "bo"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("I'll call the hoster tomorrow.", "Call the hoster tomorrow"),
        ("I will take an action to investigate to see if the list works", "Investigate to see if the list works"),
        ("Seeing as there are no objections, I'll merge the report today", "Merge the report today"),
        ("I've committed to having the text done by Friday", "Have the text done by Friday"),
        ("My action items include posting the report", "Post the report"),
        ("Nearly there. Will have a draft up by tomorrow.", "Have a draft up by tomorrow"),
        ("I'm doing more. Will have a draft up by tomorrow.", "Have a draft up by tomorrow"),
        ("will query the list about the two dates", "Query the list about the two dates"),
        ("I'll do some painting tomorrow", "Do some painting tomorrow"),
        ("Ok, and I take the charts.", "Take the charts"),
        ("I'll send you the plan tonight, Ana", "Send ana the plan tonight"),
    ],
)
def test_a_promise_is_judged_by_its_own_clause(line: str, text: str) -> None:
    (action,) = finds("action", *SMALL_TALK, f"bo: {line}", "ana: thanks", sure=None)
    assert (action.owner, action.text) == ("bo", text)
    assert action.confidence >= 400


@pytest.mark.parametrize(
    "line", ["I'll send the report if we have time", "I won't send the report today", "I'll ask him"]
)
def test_a_condition_or_nothing_in_particular_is_no_promise(line: str) -> None:
    assert not finds("action", *SMALL_TALK, f"bo: {line}", "ana: ok", sure=None)


def test_two_who_promise_are_both_owners() -> None:
    (action,) = finds("action", "ana: hello", "bo: hello", "bo: Ana and I will clean the kitchen tomorrow")
    assert (action.owner, action.text) == ("ana and bo", "Clean the kitchen tomorrow")


def test_whoever_says_yes_to_a_request_is_its_owner() -> None:
    lines = ("bo: hello", "ana: Bo, could you ask the company for an offer until Thursday?", "bo: Sure, will do.")
    (action,) = finds("action", *lines)
    assert (action.owner, action.text) == ("bo", "Ask the company for an offer until Thursday")
    assert (action.place, action.sources) == (1, (2,))
    assert not finds("action", "ana: Bo, can you hear me?", "bo: yes, I can", sure=None)
    assert not finds(
        "action", "bo: hi", "ana: Bo, can you get an offer until Friday?", "bo: yes, but not soon", sure=None
    )


def test_brackets_say_only_what_a_line_goes_on_from() -> None:
    (action,) = finds("action", "ana: I have the minutes here.", "ana: I'll send it to the list")
    assert action.text == "Send it to the list (the minutes here)"
    (action,) = finds("action", "bo: Hello, this is our weekly meeting", "ana: I'll send it to the list", sure=None)
    assert action.text == "Send it to the list"


def test_what_a_scribe_writes_down_is_no_order() -> None:
    notes = ("ana: bo: it is complex", "ana: bo: Pointing out that it is not simple")
    lines = ("bo: hello", *notes, "ana: bo: Just to say that part of it comes from the lease")
    assert not finds("action", *lines, sure=None)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("We agreed to skip the party this year.", "Skip the party this year"),
        ("So we decided to move to the new hall, because it is larger.", "Move to the new hall"),
        ("Nobody against this funding request? Then we consider this approved.", "Approved: funding request"),
    ],
)
def test_what_is_told_as_decided_is_a_decision(line: str, text: str) -> None:
    (decision,) = finds("decision", *SMALL_TALK, f"ana: {line}", "bo: ok")
    assert decision.text == text
    assert not finds("decision", *SMALL_TALK, "ana: We agreed to skip it last year.", "bo: If we decided to go?")


def test_an_order_to_nobody_has_no_owner() -> None:
    actions = finds("action", "ana: someone should update the web page", "bo: true", sure=None)
    assert [action.owner for action in actions] == [""]


def test_small_talk_has_no_outcomes() -> None:
    assert found(talk(*SMALL_TALK)) == ()


def test_no_lines_have_no_outcomes() -> None:
    assert found([]) == ()


def test_old_actions_that_are_read_out_are_done_or_carried() -> None:
    actions = finds(
        "action",
        "ana: let us go through the open actions",
        "ana: Bo to check the lease",
        "bo: done",
        "ana: Cy to call the printer",
        "cy: still on my list",
        "ana: moving on",
        "ana: Bo to send the budget",
    )
    assert [(one.text, one.status) for one in actions] == [
        ("Check the lease", "done"),
        ("Call the printer", "carried"),
        ("Send the budget", "open"),
    ]


def test_a_proposal_with_votes_is_a_decision_by_consensus() -> None:
    (decision,) = finds("decision", *SMALL_TALK, "ana: Proposal: we meet on Tuesdays", "bo: +1", "cy: +1", "dee: +1")
    assert (decision.place, decision.how) == (len(SMALL_TALK), "consensus")


def test_what_nobody_objects_to_is_decided() -> None:
    (decision,) = finds(
        "decision",
        "ana: Any objections to moving the meeting to Tuesday?",
        "bo: no objections",
        "cy: none",
        "ana: We move the meeting to Tuesday.",
    )
    assert (decision.text, decision.how) == ("We move the meeting to Tuesday.", "consensus")
    assert decision.sources == (0, 1, 2)


def test_what_somebody_objects_to_is_not_decided() -> None:
    assert not finds(
        "decision",
        "ana: Any objections to moving the meeting to Tuesday?",
        "bo: I object, Tuesdays are taken",
        "cy: none",
        "ana: Then we keep it.",
    )


def test_proposal_and_resolution_are_one_decision() -> None:
    votes = ("ana: +1", "cy: +1", "dee: +1", "eve: +1")
    line = "Close issue 12 without any change to the text"
    decisions = finds("decision", *SMALL_TALK, f"bo: {line}", *votes, f"bo: {line}", "cy: next topic")
    assert len(decisions) == 1
    assert {decisions[0].place, *decisions[0].sources} == {len(SMALL_TALK), len(SMALL_TALK) + 5}


def test_a_question_that_is_left_open_is_named_with_its_answer() -> None:
    (question,) = finds("question", "ana: Who pays for the hall?", "bo: I don't know, let's come back to that")
    assert (question.text, question.by, question.sources) == ("Who pays for the hall?", "ana", (1,))


@pytest.mark.parametrize(
    "question",
    ["Any concerns, objections, stipulations, questions?", "Okay, no objections, I sense there's an approval?"],
)
def test_a_list_of_what_could_be_said_is_no_decision(question: str) -> None:
    lines = ("ana: The hall is in the old town.", f"ana: {question}", "bo: +1", "cy: +1")
    assert not [one for one in finds("decision", *lines, sure=None) if one.text.startswith((",", "I sense", "Stip"))]


def test_what_nobody_objects_to_is_named_by_the_proposal_before() -> None:
    (decision,) = finds(
        "decision", "ana: Shall we move the meeting to Tuesday?", "ana: any objections?", "bo: none", "cy: fine"
    )
    assert (decision.text, decision.place) == ("Move the meeting to Tuesday", 0)


def test_a_question_that_is_answered_later_is_not_open() -> None:
    asked = ("ana: Fine. Who pays for the hall?", "bo: I don't know")
    assert [one.text for one in finds("question", *asked)] == ["Who pays for the hall?"]
    assert not finds("question", "ana: Has anyone asked for the hall?", "bo: I don't think so", "cy: its unclear")
    assert not finds("question", "ana: Has anyone asked yet?", "bo: that is a good question to put to them")
    assert not finds("question", "ana: Who booked the large hall?", "bo: not sure", "cy: Dee booked the large hall")


def test_of_a_kind_that_people_mark_finds_are_only_possible() -> None:
    lines = (*SMALL_TALK, "ana: Bo to check the lease with the owner")
    assert finds("action", *lines)
    assert not finds("action", *lines, marked={"action"})
    assert finds("action", *lines, marked={"action"}, sure=False)
    assert finds("action", *lines, marked={"decision"})


def test_what_is_marked_a_few_lines_later_is_not_found_again() -> None:
    lines = ("ana: hello", "bo: I'll create the poll tomorrow", "cy: good", "ana: ACTION: Bo to create the poll")
    assert finds("action", *lines[:3], sure=None)
    assert not finds("action", *lines, sure=None, skip={3}, marked={"action"})
    other = (*lines[:3], "ana: ACTION: Cy to call the printer")
    assert finds("action", *other, sure=None, skip={3}, marked={"action"})


def test_a_suggestion_that_three_vote_for_is_a_decision() -> None:
    votes = ("bo: +1", "cy: +1", "dee: +1")
    (decision,) = finds("decision", *SMALL_TALK, "ana: Are we ready to print the programme?", *votes)
    assert (decision.text, decision.how) == ("Print the programme", "consensus")
    (decision,) = finds("decision", *SMALL_TALK, "ana: I think Tuesday is fine for the rehearsal.", *votes)
    assert decision.text == "I think Tuesday is fine for the rehearsal."


def test_lines_that_are_skipped_are_no_outcomes() -> None:
    lines = (*SMALL_TALK, "ana: Bo to check the lease with the owner")
    assert not finds("action", *lines, sure=None, skip={len(SMALL_TALK)})


def test_confidence_is_in_thousandths() -> None:
    every = found(talk(*SMALL_TALK, "ana: Bo to check the lease", "bo: someone should update the page"))
    assert every
    assert all(0 < one.confidence < 1000 for one in every)


def test_hostile_lines_are_read() -> None:
    odd = ["", " ", "\n", "+", "-", "<", ":", "@", "a" * 5000, "I'll " * 900, "to to to", "(((", "\ud800", "?" * 700]
    assert isinstance(
        found([Remark("ana", text) for text in odd] + [Remark("", "I'll send it to you by Friday")]), tuple
    )


def test_the_same_talk_gives_the_same_outcomes_whatever_the_seed_of_hashes() -> None:
    program = (
        "from ccm.reporter.finding import found\nfrom ccm.reporter.cues import Remark\n"
        "lines = [Remark('ana', 'I propose that we meet on Tuesdays'), Remark('bo', '+1'), Remark('cy', '+1'),"
        " Remark('cy', 'Bo to send an email to the list, with a copy for Ana'),"
        " Remark('bo', \"I'll write the announcement and print it\"), Remark('ana', 'who can check the invoice?'),"
        " Remark('cy', \"I'll do that\"), Remark('ana', 'thanks')]\n"
        "print(found(lines * 5))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "77")
    }
    assert len(told) == 1
    assert "Found(" in told.pop()


def test_the_weights_are_whole_numbers_in_a_small_file() -> None:
    text = files("ccm.reporter").joinpath("finding.json").read_text(encoding="utf-8")
    assert len(text) < 2_000_000
    read = json.loads(text)
    assert set(read) == {"limits", "tables", "trees"}
    assert all(type(weight) is int for table in read["tables"].values() for weight in table.values())
    assert all(type(number) is int for trees in read["trees"].values() for tree in trees for number in tree)


def test_a_report_holds_plain_values_and_marked_lines() -> None:
    messages = [
        {"nick": "ana", "text": "ACTION: Bo to check the lease"},
        {"nick": "bo", "text": "see https://example.org/lease"},
        {"nick": "ana", "text": "I'll write to the bank by Friday"},
    ]
    told = report(messages)
    assert [(one["text"], one["index"]) for one in told["actions"]] == [("Bo to check the lease", 0)]
    assert told["links"] == ["https://example.org/lease"]
    assert json.loads(json.dumps(told)) == told


def test_two_decisions_in_almost_the_same_words_are_two_if_each_was_voted_on_and_read_back() -> None:
    votes = ("bo: +1", "cy: +1", "dee: +1")
    north, south = (f"ana: Close request #{number} without any change to the plan" for number in (11, 13))
    decisions = finds("decision", *SMALL_TALK, north, *votes, north, "ana: next one", south, *votes, south)
    assert [one.text for one in decisions] == [north[5:], south[5:]]
    assert [{one.place, *one.sources} for one in decisions] == [{6, 10}, {12, 16}]
