"""The rid window and the session on it against clients on networks that lose, repeat and reorder."""

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ccm.session.bosh_window import MAX_RID, Arrival, Window

CASES = int(os.environ.get("CCM_FUZZ_CASES", "200"))


def taken(window: Window) -> list[Any]:
    found = []
    while (pair := window.take()) is not None:
        found.append(pair[1])
    return found


def test_an_early_request_is_parked_until_the_gap_fills() -> None:
    window = Window(9, 3)
    assert window.arrive(12, "c", "h12", 0)[0] is Arrival.PARKED
    assert window.arrive(11, "b", "h11", 0)[0] is Arrival.PARKED
    assert taken(window) == []
    assert window.arrive(10, "a", "h10", 0)[0] is Arrival.READY
    assert taken(window) == ["a", "b", "c"]


def test_beyond_the_window_is_outside_and_so_is_what_is_forgotten() -> None:
    window = Window(9, 2)
    assert window.arrive(12, "", "h", 0)[0] is Arrival.OUTSIDE
    assert window.arrive(9, "", "h", 0)[0] is Arrival.OUTSIDE
    assert window.arrive(MAX_RID + 1, "", "h", 0)[0] is Arrival.OUTSIDE


def test_the_last_replies_are_answered_again_byte_for_byte() -> None:
    window = Window(0, 2)
    for rid in (1, 2, 3):
        window.arrive(rid, "", f"h{rid}", 0)
        window.take()
        window.answer(b"reply %d" % rid)
    assert window.arrive(3, "", "again", 0) == (Arrival.ANSWERED, b"reply 3")
    assert window.arrive(2, "", "again", 0) == (Arrival.ANSWERED, b"reply 2")
    assert window.arrive(1, "", "again", 0)[0] is Arrival.OUTSIDE


def test_a_resend_of_a_held_rid_replaces_its_handle_and_is_not_taken_again() -> None:
    window = Window(0, 2)
    window.arrive(1, "once", "old", 0)
    assert taken(window) == ["once"]
    assert window.arrive(1, "once", "new", 0) == (Arrival.RESENT, "old")
    assert taken(window) == []
    assert window.answer(b"r").handle == "new"


def test_a_parked_request_that_is_sent_again_is_taken_once() -> None:
    window = Window(0, 2)
    window.arrive(2, "b", "old", 0)
    assert window.arrive(2, "b", "new", 0) == (Arrival.RESENT, "old")
    window.arrive(1, "a", "h", 0)
    assert taken(window) == ["a", "b"]


def test_rids_near_two_to_the_fifty_third_stay_exact() -> None:
    window = Window(MAX_RID - 2, 2)
    window.arrive(MAX_RID, "last", "h", 0)
    window.arrive(MAX_RID - 1, "first", "h", 0)
    assert taken(window) == ["first", "last"]


def test_a_lagging_window_takes_up_where_its_client_is() -> None:
    window = Window(100, 2, lagging=True)
    assert window.arrive(152, "b", "h", 0)[0] is Arrival.PARKED
    assert window.arrive(151, "a", "h", 0)[0] is Arrival.PARKED
    window.catch_up()
    assert taken(window) == ["a", "b"]
    assert window.arrive(155, "", "h", 0)[0] is Arrival.OUTSIDE


def test_what_was_skipped_after_a_crash_is_known_when_it_comes_after_all() -> None:
    window = Window(100, 2, lagging=True)
    window.arrive(106, "later", "h", 0)
    window.catch_up()
    assert taken(window) == ["later"]
    found = {rid: window.arrive(rid, "", "h", 0)[0] for rid in range(100, 106)}
    assert [rid for rid, arrival in found.items() if arrival is Arrival.SKIPPED] == [104, 105]
    assert set(found.values()) == {Arrival.OUTSIDE, Arrival.SKIPPED}


@settings(max_examples=CASES, deadline=None)
@given(st.data(), st.integers(1, 4))
def test_any_order_of_arrivals_and_resends_is_taken_once_and_in_order(data: st.DataObject, size: int) -> None:
    first = data.draw(st.integers(1, MAX_RID - 60))
    window, got = Window(first - 1, size), []
    answered: dict[int, bytes] = {}
    for handle in range(50):
        low, high = window.last + 1 - size, window.last + size
        rid = data.draw(st.integers(max(low, first), high))
        arrival, reply = window.arrive(rid, rid, handle, 0)
        if arrival is Arrival.ANSWERED:
            assert reply == answered[rid]
        got += taken(window)
        while window.open and data.draw(st.booleans()):
            body = b"%d" % len(answered)
            slot = window.answer(body)
            answered[slot.rid] = body
        if data.draw(st.booleans()):
            window.abort(handle)
    assert got == list(range(first, window.last + 1))
    assert list(answered) == sorted(answered)
    assert len(window.replies) <= size
    assert len(window.parked) <= size
