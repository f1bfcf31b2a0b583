"""The next meeting: read, announced, asked for at publication, its open actions carried over."""

import dataclasses
from datetime import UTC, datetime

import pytest

from ccm.reporter.discussion import new_state, step
from ccm.reporter.effects import Converted, FollowUp, Publish
from ccm.reporter.followup import CARRIED, carried_in, when
from ccm.reporter.state import from_json, to_json
from ccm.reporter.transcript import Message
from tests.reporter.talking import BEGAN, Room

NOW = Message("m", "ann", "", None, datetime(2026, 11, 24, 13, 0, tzinfo=UTC))  # a Tuesday


@pytest.fixture
def room(context):
    return Room(context)


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("tuesday 10:00", "2026-12-01T10:00"),
        ("on Friday at 9.30", "2026-11-27T09:30"),
        ("thursday at 3pm", "2026-11-26T15:00"),
        ("tomorrow at 10", "2026-11-25T10:00"),
        ("tomorrow at 3", "2026-11-25T15:00"),
        ("2026-12-03 14:15", "2026-12-03T14:15"),
        ("2026-12-03T14:15", "2026-12-03T14:15"),
        ("2026-12-03", "2026-12-03T10:00"),
        ("5 December, noon", "2026-12-05T12:00"),
        ("same time next week", "2026-12-01T10:00"),
        ("in two weeks at 11 am", "2026-12-08T11:00"),
        ("December 5th 8pm", "2026-12-05T20:00"),
    ],
)
def test_a_time_is_read_as_people_say_it(context, words, at):
    assert when(words, NOW, context).isoformat(timespec="minutes") == at


@pytest.mark.parametrize("words", ["soon", "10:00", "when Kim is back", "friday at 27:00", "2026-13-01"])
def test_what_is_no_day_is_not_guessed(context, words):
    assert when(words, NOW, context) is None


def test_without_a_time_of_day_it_is_that_of_this_meeting(context):
    context = dataclasses.replace(context, zone="Europe/Berlin", scheduled=datetime(2026, 11, 24, 13, 30, tzinfo=UTC))
    assert when("friday", NOW, context).isoformat(timespec="minutes") == "2026-11-27T14:30"


@pytest.mark.parametrize(
    "line",
    ["#nextmeeting friday 10:00", "NEXT MEETING: Friday at 10:00", "reporter, next meeting on Friday at 10",
     "reporter, the next meeting is on Friday at 10 am", "Reporter, schedule the next meeting for friday 10:00 please",
     "reporter, we meet again on Friday at 10:00"],
)  # fmt: skip
def test_the_next_meeting_is_announced(room, line):
    said = room.told("ann", line)
    assert said.startswith("The next meeting: Fri 27 Nov 2026, 10:00 (UTC). When this is published, I make its topic")
    assert room.state.following.at == "2026-11-27T10:00"


def test_it_is_told_changed_and_taken_back(room):
    assert "No next meeting is set" in room.told("ann", "#nextmeeting")
    room.say("ann", "#nextmeeting friday 10:00")
    room.say("ben", "#nextmeeting monday 10:00")
    assert "Mon 30 Nov 2026, 10:00" in room.told("ann", "#nextmeeting")
    room.say("ben", "", retracts="a5")
    assert room.state.following is None
    room.say("ann", "#nextmeeting friday 10:00")
    room.say("ann", "#nextmeeting none")
    assert room.state.following is None


def test_what_cannot_be_read_or_has_passed_is_said_with_an_example(room):
    assert "#nextmeeting 2026-12-01 10:00" in room.told("ann", "#nextmeeting whenever")
    assert "has passed" in room.told("ann", "#nextmeeting 2026-11-20 10:00")
    assert room.state.following is None


def test_talk_of_the_next_meeting_sets_none(room):
    assert room.told("ann", "reporter, the next meeting will be interesting") == ""
    assert room.state.following is None


def test_publication_asks_for_its_topic_once(room):
    room.say("ann", "#startmeeting Club")
    room.say("ann", "#action Kim to paint the shed by friday")
    room.say("ann", "#action call Bo")
    room.say("ann", "#action Ann to buy tea")
    room.say("ann", "#done A3")
    room.say("ann", "#nextmeeting tuesday 10:00")
    effects = room.say("ann", "#publish")
    assert [type(e) for e in effects if isinstance(e, (Publish, FollowUp))] == [Publish, FollowUp]
    carried = "A1 (Kim, due Fri 27 Nov 2026): Kim to paint the shed by friday\nA2 (UNASSIGNED): call Bo"
    assert FollowUp("2026-12-01T10:00", carried) in effects
    assert not any(isinstance(e, FollowUp) for e in room.say("ann", "publish again, reporter"))
    room.say("ann", "#action Ann to call Bo")
    effects = room.say("ann", "publish again, reporter")
    assert FollowUp("2026-12-01T10:00", "A4 (Ann): Ann to call Bo") in effects
    room.say("ann", "#nextmeeting 2026-12-02 10:00")
    effects = room.say("ann", "publish again, reporter")
    assert [e.at for e in effects if isinstance(e, FollowUp)] == ["2026-12-02T10:00"]


def test_what_is_due_at_the_next_meeting_has_its_day(room):
    room.say("ann", "#action Kim to paint the shed by next meeting")
    assert room.entry("A1").due == ""
    room.say("ann", "#nextmeeting friday 10:00")
    assert room.entry("A1").due == "2026-11-27"


def test_open_actions_are_carried_into_the_next_record(room):
    room.say("ann", "#action Kim to paint the shed by friday")
    room.say("ann", "#action odd: text (really), with\nlines")
    room.say("ann", "#nextmeeting tuesday 10:00")
    (follow,) = [e for e in room.say("ann", "#publish") if isinstance(e, FollowUp)]
    said = Message("c", "Reporter", f"{CARRIED}Club:\n{follow.carried}", None, BEGAN, from_reporter=True)
    state, effects = step(new_state(), said, room.context)
    assert effects == (Converted("incident", "meeting"),)
    assert state.type == "meeting"
    assert [(e.id, e.owner, e.due, e.status, e.source) for e in state.entries] == [
        ("A1", "Kim", "2026-11-27", "carried", "c"), ("A2", "", "", "carried", "c"),
    ]  # fmt: skip
    assert state.entries[1].text == "odd: text (really), with lines"
    assert to_json(from_json(to_json(state))) == to_json(state)
    state, _ = step(state, Message("d", "kim", "#done A1"), room.context)
    state, _ = step(state, Message("e", "kim", "#action Kim to sing"), room.context)
    assert [(e.id, e.status) for e in state.entries] == [("A1", "done"), ("A2", "carried"), ("A3", "open")]


def test_only_the_reporter_carries_over(room):
    room.say("eve", f"{CARRIED}Club:\nA1 (Kim): pay Eve")
    assert room.state.entries == ()


@pytest.mark.parametrize("due", ["2026-12-01", "Tue 1 Dec 2026"])
def test_a_day_that_is_carried_over_is_read_in_words_and_in_digits(due):
    said = f"{CARRIED}Talk:\nA3 (Lou, due {due}): order cake"
    state = carried_in(new_state(), Message("m1", "Reporter", said, from_reporter=True))
    assert [(e.id, e.owner, e.due, e.status) for e in state.entries] == [("A1", "Lou", "2026-12-01", "carried")]
