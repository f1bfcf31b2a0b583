"""People put right what was said, in plain words: what takes its place, what stays, what is no correction."""

import pytest

from ccm.reporter.candidates import alternatives
from ccm.reporter.discussion import from_json, new_state, step, to_json
from ccm.reporter.effects import Ack
from ccm.reporter.transcript import Message

START = (
    "ann: This is a project.",
    "ann: The goal is to open the library on Sundays.",
    "ben: It is for the doctors of the clinic.",
    "eve: We call it Open Door.",
)


def fold(context, *lines, state=None):
    state = state or new_state()
    effects = ()
    for line in lines:
        nick, text = line.split(": ", 1)
        number = int(state.last[1:]) + 1 if state.last else 1
        state, effects = step(state, Message(f"m{number}", nick, text), context)
    return state, effects


def values(state, key):
    return [value.text for value in state.attributes.get(key, ())]


def also(state, key):
    return [c.text for c in alternatives(state.heard, frozenset({"name"})).get(key, ())]


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("ann: No, the goal is to open it every evening.", "goal", "to open it every evening."),
        ("ben: no wait, our goal is a quiet room.", "goal", "a quiet room."),
        ("ben: Actually, the goal is a quiet room.", "goal", "a quiet room."),
        ("ann: Correction: the goal is to open it on Saturdays.", "goal", "to open it on Saturdays."),
        ("eve: That's wrong. The goal is a quiet room.", "goal", "a quiet room."),
        ("eve: Sorry, I meant the name is Open Gate.", "name", "Open Gate"),
        ("kim: Actually it's for the nurses, not the doctors.", "audience", "the nurses"),
        ("kim: it's for the nurses, not the doctors", "audience", "the nurses"),
        ("kim: It is not for the doctors but for the nurses.", "audience", "the nurses."),
        ("kim: the nurses, not the doctors", "audience", "the nurses"),
        ("kim: No, nurses instead of doctors.", "audience", "nurses"),
        ("eve: No, we call it Open Gate.", "name", "Open Gate"),
        ("eve: I meant Open Gate.", "name", "Open Gate"),
        ("eve: make that Open Gate", "name", "Open Gate"),
    ],
)
def test_what_is_put_right_takes_the_place_and_the_earlier_stays_a_candidate(context, line, key, value):
    before, _ = fold(context, *START)
    after, effects = fold(context, line, state=before)
    assert values(after, key) == [value]
    assert values(before, key)[0] in also(after, key)
    assert effects == (Ack(after.last),)
    others = {k: v for k, v in before.attributes.items() if k != key}
    assert {k: v for k, v in after.attributes.items() if k != key} == others
    assert from_json(to_json(after)) == after


@pytest.mark.parametrize(
    "line",
    [
        "kim: No, thanks.",
        "kim: no idea who that is",
        "kim: Actually, what is the goal?",
        "kim: I mean it.",
        "kim: I mean, who knows?",
        "kim: I meant to call the plumber",
        "kim: that's not the point, not at all",
        "kim: actually I had lunch already",
        "kim: not the doctors again, please",
        "kim: No, I was not there.",
        "kim: scratch that",
        "kim: forget it",
    ],
)
def test_an_ordinary_no_puts_nothing_right(context, line):
    before, _ = fold(context, *START)
    after, _ = fold(context, line, state=before)
    assert {k: v for k, v in after.attributes.items() if k in before.attributes} == before.attributes


def test_scratch_that_takes_back_the_speakers_own_last_words(context):
    state, _ = fold(context, *START[:3], "eve: We call it Open Door.", "eve: scratch that")
    assert values(state, "name") == []
    assert values(state, "goal") != []


def test_scratch_that_with_something_better(context):
    state, _ = fold(context, *START, "eve: Scratch that, the name is Open Gate.")
    assert values(state, "name") == ["Open Gate"]
    assert "Open Door" not in also(state, "name")


def test_of_two_corrections_the_later_counts(context):
    state, _ = fold(context, *START, "ann: No, the goal is A quiet room.", "ben: No, the goal is a loud room.")
    assert values(state, "goal") == ["a loud room."]
    assert also(state, "goal")[0] == "A quiet room."


def test_a_correction_before_the_type_is_known_counts_as_well(context):
    state, _ = fold(
        context, "ann: The goal is to open on Sundays.", "ben: No, the goal is a quiet room.", "ann: This is a project."
    )
    assert values(state, "goal") == ["a quiet room."]


def test_in_the_interview_a_correction_leaves_the_question_standing(context):
    state, _ = fold(context, *START, "ann: publish this, reporter")
    asked = state.asking
    assert asked
    state, _ = fold(context, "ben: No, the goal is a quiet room.", state=state)
    assert (state.asking, values(state, "goal")) == (asked, ["a quiet room."])


def test_an_answer_in_the_interview_can_be_put_right(context):
    state, _ = fold(context, START[0], *START[2:], "ann: publish this, reporter", "ann: skip")
    while state.asking and state.asking != "goal":
        state, _ = fold(context, "ann: skip", state=state)
    if state.asking == "goal":
        state, _ = fold(context, "ann: A room for everybody.", "ben: No, the goal is a quiet room.", state=state)
        assert values(state, "goal") == ["a quiet room."]


def test_who_withdraws_a_correction_gets_the_earlier_back(context):
    state, _ = fold(context, *START, "ann: No, the goal is a quiet room.")
    state, _ = step(state, Message("m99", "ann", "", retracts=state.last), context)
    assert values(state, "goal") == ["to open the library on Sundays."]
