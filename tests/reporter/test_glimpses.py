"""What people say in plain words is on record at once, and goes with the words that it rests on."""

import dataclasses

import pytest

from ccm.reporter.finding import found
from ccm.reporter.state import from_json, to_json
from tests.reporter.talking import Room


@pytest.fixture
def room(context):
    return Room(dataclasses.replace(context, find=found))


def finds(room):
    return [(e.kind, e.id, e.owner, e.text, e.due) for e in room.state.entries]


def test_a_promise_is_a_find_as_soon_as_it_is_said(room):
    room.say("kim", "The gate is locked.")
    assert room.say("ann", "Great. I'll ask the council for a key to the gate by 2 December.") == ()
    (entry,) = room.state.entries
    assert finds(room) == [("action", "A1", "ann", "Ask the council for a key to the gate", "2026-12-02")]
    assert (entry.provenance, entry.sure, entry.source, entry.phrase) == ("detected", True, room.last, "by 2 December")


def test_nothing_is_noted_at_once_where_nothing_is_to_be_found(context):
    room = Room(context)
    room.say("ann", "I'll ask the council for a key by 2 December.")
    assert not room.state.entries
    assert not room.state.recent


def test_a_find_keeps_its_number_when_the_talk_is_looked_through(room):
    room.say("ann", "I'll paint the shed by 5 December.")
    room.say("kim", "Ann, could you call the hirer before Monday?")
    room.say("ann", "will do")
    before = finds(room)
    room.say("kim", "#topic Money")
    assert [one for one in finds(room) if one[0] == "action"] == before
    assert room.state.inquired == ("A1", "A2")


def test_a_second_nod_makes_an_agreement_sure(room):
    room.say("kim", "Shall we meet in the library from January?")
    room.say("ann", "ok")
    (entry,) = room.state.entries
    assert (entry.text, entry.sure) == ("Meet in the library from January", False)
    room.say("lou", "fine")
    (entry,) = room.state.entries
    assert (entry.id, entry.sure, len(entry.sources)) == ("D1", True, 2)


def test_who_says_no_undoes_nothing_and_agrees_to_nothing(room):
    room.say("kim", "Shall we meet in the library from January?")
    room.say("ann", "no, it is too cold there")
    room.say("lou", "ok")
    assert not room.state.entries


def test_a_yes_that_is_withdrawn_takes_the_action_along(room):
    room.say("kim", "Ann, could you call the hirer before Monday?")
    room.say("ann", "sure")
    yes = room.last
    assert finds(room) == [("action", "A1", "ann", "Call the hirer", "2026-11-30")]
    room.say("ann", retracts=yes)
    assert not room.state.entries
    assert all(remark.source != yes for remark in room.state.recent)


def test_a_promise_that_is_put_right_keeps_its_number(room):
    room.say("ann", "I'll paint the shed by 5 December.")
    first = room.last
    room.say("kim", "fine")
    room.say("ann", "I'll paint the fence by 6 December.", replaces=first)
    assert finds(room) == [("action", "A1", "ann", "Paint the fence", "2026-12-06")]
    room.say("ann", "I'd rather not paint anything.", replaces=first)
    assert not room.state.entries


def test_nobody_puts_the_remark_of_somebody_else_right(room):
    room.say("kim", "Ann, could you call the hirer before Monday?")
    room.say("lou", "Ann, could you call the mayor before Monday?", replaces=room.last)
    room.say("ann", "sure")
    assert [e.text for e in room.state.entries] == ["Call the hirer"]


def test_a_refused_find_is_not_brought_up_again(room):
    room.say("kim", "Shall we meet in the library from January?")
    room.say("ann", "agreed")
    room.say("kim", "#no D1")
    room.say("lou", "agreed")
    assert not room.state.entries


def test_what_is_off_the_record_is_not_remembered(room):
    room.say("kim", "[off] could you call the hirer before Monday?")
    room.say("kim", "#off I'll paint the shed by Friday")
    room.say("ann", "I'll call him by Friday.")
    assert not room.state.recent
    room.say("kim", "#on")
    room.say("ann", "I'll paint the shed by 5 December.")
    room.say("ann", "#forget")
    assert not room.state.recent
    assert not room.state.entries


def test_commands_and_words_to_the_reporter_are_no_promises(room):
    room.say("kim", "#topic I'll paint the shed by Friday")
    room.say("kim", "reporter, I'll paint the shed by Friday")
    assert not [e for e in room.state.entries if e.kind == "action"]


def test_the_last_remarks_are_kept_with_the_state(room):
    for number in range(9):
        room.say("kim", f"It is quiet here, {number}.")
    assert [remark.text[-2] for remark in room.state.recent] == list("345678")
    assert from_json(to_json(room.state)) == room.state


def test_what_somebody_marks_takes_the_place_of_what_was_found_in_it(room):
    room.say("ann", "Great. I'll ask the council for a key to the gate by 2 December.")
    room.say("kim", "#action ann: Great. I'll ask the council for a key to the gate by 2 December.")
    (entry,) = room.state.entries
    assert (entry.provenance, entry.owner, entry.text) == ("marked", "ann", "Ask the council for a key to the gate")
    assert (entry.due, entry.phrase) == ("2026-12-02", "by 2 December")


def test_an_action_put_down_in_the_first_person_is_who_says_it(room):
    room.say("kim", "#action Great. I'll ask the council for a key by 2 December.")
    room.say("kim", "#action I like the key of the council")
    assert [(e.owner, e.text, e.due) for e in room.state.entries] == [
        ("kim", "Ask the council for a key", "2026-12-02"),
        ("kim", "I like the key of the council", ""),
    ]


def test_where_minutes_are_kept_by_hand_plain_words_are_only_possible(room):
    for line in ("ACTION: Kim to write", "ACTION: Lou to read", "RESOLVED: we meet in May"):
        room.say("kim", line)
    room.say("ann", "I'll paint the shed by 5 December.")
    room.say("kim", "publish this, reporter")
    (document,) = room.documents
    assert [item.text for item in document.actions] == ["Kim to write", "Lou to read"]
    assert [item.text for item in document.possible_actions] == ["Paint the shed"]
