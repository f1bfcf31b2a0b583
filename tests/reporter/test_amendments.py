"""After publication: what changes is noticed, told, and makes a new version when somebody asks."""

import pytest

from ccm.reporter.effects import Grace, Say
from ccm.reporter.interview import grace_over
from ccm.reporter.state import from_json, to_json
from tests.reporter.talking import Room

NOTE = "The published version 1 does not have this yet. “Publish again, reporter” makes the next."


@pytest.fixture
def room(context):
    room = Room(context)
    room.say("ann", "#startmeeting Club")
    room.say("ann", "#action Kim to paint the shed")
    room.say("ann", "#agreed We meet on Monday.")
    room.say("ann", "publish now, reporter")
    return room


def test_the_first_change_is_noticed_once(room):
    assert room.told("ann", "#action Ann to buy tea") == NOTE
    assert room.told("ann", "#done A1") == ""
    assert room.state.mode == "published"


def test_the_new_version_is_told_with_what_changed(room):
    room.say("ann", "#action Ann to buy tea")
    room.say("ann", "#done A1")
    room.say("ann", "#drop D1")
    said = room.told("ann", "publish again, reporter")
    assert said.split("\n") == [
        "Published as version 2: https://example.org/t1",
        "Since version 1: A2 is new, A1 has changed, D1 is gone.",
    ]
    assert [document.version for document in room.documents] == [1, 2]
    assert room.told("ann", "#drop A2").startswith("A2 is off the record.\nThe published version 2 does not")


def test_corrections_and_withdrawals_after_publication_count(room):
    assert room.told("ann", "#agreed We meet on Tuesday.", replaces="a3") == NOTE
    room.say("ann", "", retracts="a2")
    assert "A1 is gone" in room.told("ann", "publish again, reporter")


def test_a_change_that_is_taken_back_is_none(room):
    room.say("ann", "#done A1")
    room.say("ann", "#reopen A1")
    assert room.told("ann", "publish again, reporter") == "Published as version 2: https://example.org/t1"


def test_the_status_tells_what_waits(room):
    assert "Published as version 1." in room.told("ann", "#status")
    room.say("ann", "#action Ann to buy tea")
    assert "Published as version 1; since then A2 is new." in room.told("ann", "#status")


def test_talk_after_publication_is_not_commented(room):
    assert room.say("ann", "Nice to see it online.") == ()
    assert room.told("ann", "#topic Beer") == ""


def test_an_attribute_that_changed_is_told_by_its_label(context):
    room = Room(context)
    room.say("ann", "This is a project.")
    room.say("ann", "The goal is one garden.")
    room.say("ann", "publish now, reporter")
    assert room.told("ann", "reporter, the goal is two gardens") == NOTE
    assert "Since version 1: Goal has changed." in room.told("ann", "publish now, reporter")


def test_an_amendment_by_somebody_else_waits_out_the_grace_period_and_can_be_held(context):
    room = Room(context, ann="owner", eve="participant")
    room.say("ann", "#agreed We meet on Monday.")
    room.say("ann", "publish now, reporter")
    room.say("eve", "#agreed Eve pays nothing.")
    assert any(isinstance(effect, Grace) for effect in room.say("eve", "publish again, reporter"))
    room.say("ann", "#hold")
    assert (room.state.mode, len(room.documents)) == ("listening", 1)
    room.say("eve", "publish again, reporter")
    room.follow(grace_over(room.state, room.context))
    assert room.documents[1].version == 2
    assert Say("Published as version 2: https://example.org/t1\nSince version 1: D2 is new.") in room.effects


def test_what_was_published_is_known_after_a_restart(room):
    room.state = from_json(to_json(room.state))
    assert room.told("ann", "#done A1") == NOTE


def test_a_state_from_before_there_were_amendments_is_read(room):
    old = to_json(room.state).replace(b'"printed"', b'"forgotten"')
    state = from_json(old)
    assert (state.version, state.printed) == (1, {})
    room.state = state
    assert room.told("ann", "#done A1") == ""
    assert room.told("ann", "publish again, reporter") == "Published as version 2: https://example.org/t1"
