"""The order of the record: items moved by command, moved back, printed so; the last change of an item undone."""

import pytest

from ccm.reporter.moves import order_of
from ccm.reporter.state import from_json, to_json
from tests.reporter.talking import Room


@pytest.fixture
def room(context):
    """A meeting with three decisions, two actions of Kim's and one that nobody has."""
    room = Room(context)
    room.say("kim", "#startmeeting Club")
    for text in ("We meet on Monday.", "We buy tea.", "We paint the shed."):
        room.say("kim", f"#agreed {text}")
    for text in ("Kim to call Bo", "sweep the floor", "Kim to sing"):
        room.say("ann", f"#action {text}")
    return room


def order(room, letter="D"):
    return [e.id for e in room.state.entries if e.id[0] == letter]


@pytest.mark.parametrize(
    ("words", "now"),
    [
        ("D3 before D1", ["D3", "D1", "D2"]),
        ("d1 after D2", ["D2", "D1", "D3"]),
        ("D3 first", ["D3", "D1", "D2"]),
        ("D1 to the bottom", ["D2", "D3", "D1"]),
        ("D2 up", ["D2", "D1", "D3"]),
        ("D2 down", ["D1", "D3", "D2"]),
        ("D1 up", ["D1", "D2", "D3"]),
        ("decision 3 above decision 2", ["D1", "D3", "D2"]),
    ],
)
def test_an_item_is_put_elsewhere(room, words, now):
    assert room.acknowledged("ann", f"#move {words}")
    assert order(room) == now
    assert order(room, "A") == ["A1", "A2", "A3"]


@pytest.mark.parametrize("words", ["D1 to friday", "D1", "D1 before A1", "D9 first", "D1 before D9"])
def test_what_cannot_be_moved_is_answered_and_stays(room, words):
    assert "#move" in room.told("ann", f"#move {words}")
    assert (order(room), order_of(room.state)) == (["D1", "D2", "D3"], ())


def test_the_order_is_kept_printed_and_told(room):
    room.say("ann", "#move D3 first")
    room.say("ann", "#move A3 before A1")
    assert from_json(to_json(room.state)) == room.state
    assert order_of(room.state)[0] == "D3"
    room.say("kim", "publish this, reporter")
    document = room.documents[-1]
    assert [item.number for item in document.decisions] == ["D3", "D1", "D2"]
    assert [item.number for item in document.actions] == ["A2", "A3", "A1"]  # nobody's first, then Kim's
    assert "needs" not in room.told("kim", "#status")
    assert "does not have this yet" in room.told("ann", "#move D1 first")
    assert "since then the order has changed" in room.told("kim", "#status")


def test_who_withdraws_the_command_moves_it_back(room):
    room.say("ann", "#move D3 first")
    room.say("ann", retracts=room.last)
    assert order(room) == ["D1", "D2", "D3"]


def test_the_last_change_of_an_item_is_undone_by_restoring_it(room):
    room.say("ann", "#move D3 first")
    room.say("ann", "#edit D3 We paint the barn.")
    room.say("ben", "#assign A2 Bo")
    assert room.acknowledged("kim", "#restore D3")
    assert (room.entry("D3").text, order(room)[0]) == ("We paint the shed.", "D3")
    room.say("kim", "#restore D3")
    assert order(room) == ["D1", "D2", "D3"]
    assert room.entry("A2").owner == "Bo"
    assert "I know of no dropped D3" in room.told("kim", "#restore D3")


def test_the_newest_item_is_undone_wherever_it_stands(room):
    room.say("ann", "#move A3 first")
    room.say("ann", "#undo")
    assert order(room, "A") == ["A1", "A2"]


def test_what_a_proposal_became_goes_and_it_is_open_again(room):
    room.say("ann", "PROPOSED: We buy a boat.")
    room.say("kim", "#ok P1")
    assert room.entry("D4").text == "We buy a boat."
    assert room.acknowledged("kim", "#restore P1")
    assert (room.entry("P1").status, order(room)) == ("proposed", ["D1", "D2", "D3"])
    room.say("kim", "#no P1")
    room.say("kim", "#restore P1")
    assert room.entry("P1").status == "proposed"
