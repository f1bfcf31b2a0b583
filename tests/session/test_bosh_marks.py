"""After a crash answers that only marks know of are made anew."""

from typing import Any

import pytest

from ccm.session.bosh import BoshSession
from ccm.session.bosh_body import EMPTY
from ccm.session.bosh_marks import by_session, mark, replay
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_queue import Queue
from ccm.session.bosh_terms import Terms
from ccm.session.bosh_window import Arrival, Slot, Window
from ccm.testing import fakes, memory
from ccm.wire.fanout import FanOut
from ccm.wire.framing import Body, BoshFraming
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza


class Outlet:
    def wake(self, session: BoshSession) -> None:
        """Nobody is there."""


def session_of(last: int, opened: tuple[int, ...] = (), waiting: tuple[bytes, ...] = (), size: int = 3) -> BoshSession:
    """As its record says."""
    window = Window(last, size, lagging=True)
    window.open.extend(Slot(rid, None, 0.0, stored=True) for rid in opened)
    terms = Terms(to="localhost", wait=60, hold=2, version="1.11", acks=False, secure=True)
    framing, options = BoshFraming(ParserPool()), BoshOptions()
    return BoshSession("s", terms, window, framing, options, Outlet(), 0.0, queue=Queue(list(waiting)))  # type: ignore[arg-type]


def archived(*ids: str) -> list[FanOut]:
    found = []
    for id_ in ids:
        template = FanOut(Stanza("message", {"id": id_}), "r@c/Kim")
        template.archived = id_
        found.append(template)
    return found


def replayed(session: BoshSession, marks: list[tuple[str, int, int, str]], *ids: str) -> BoshSession:
    for template in replay(session, marks, archived(*ids)):
        session.write_archived(template.archived.encode(), template.archived)
    return session


def bodies(session: BoshSession) -> dict[int, bytes]:
    """What the answers carry."""
    return {rid: b"".join(body.split(b">")[1:2]).split(b"<")[0] for rid, body in session.window.replies.items()}


def test_what_waited_and_what_was_archived_up_to_a_mark_was_its_answer() -> None:
    session = replayed(session_of(7, waiting=(b"w",)), [("s", 8, 8, "b"), ("s", 9, 9, "c")], "a", "b", "c", "d")
    assert bodies(session) == {8: b"wab", 9: b"c"}
    assert session.queue.waiting == [b"d"]
    assert session.window.last == 9 and not session.window.open


def test_a_mark_that_is_older_than_the_record_says_nothing() -> None:
    session = replayed(session_of(9), [("s", 8, 8, "a"), ("s", 9, 9, "b")], "c")
    assert bodies(session) == {} and session.queue.waiting == [b"c"]


def test_a_request_without_a_mark_was_answered_with_nothing() -> None:
    session = replayed(session_of(7, opened=(7,)), [("s", 9, 10, "a")], "a")
    assert bodies(session) == {7: b"", 8: b"", 9: b"a"}
    assert [slot.rid for slot in session.window.open] == [10] and session.window.last == 10
    assert session.window.arrive(8, None, "again", 0.0)[0] is Arrival.ANSWERED


def test_no_more_answers_are_kept_than_the_window_is_wide() -> None:
    session = replayed(session_of(7), [("s", 500, 500, "a"), ("s", 501, 501, "b")], "a", "b")
    assert bodies(session) == {499: b"", 500: b"a", 501: b"b"}


def test_a_mark_says_which_requests_were_taken_and_how_far_the_archive_was_sent() -> None:
    session = session_of(9, opened=(8, 9))
    session.window.open[1].stored = False
    session.write_archived(b"x", "m")
    assert mark(session, 7) == ("s", 7, 8, "m")
    assert by_session([list(mark(session, 7))]) == {"s": [("s", 7, 8, "m")]}


def test_what_no_archive_holds_needs_a_record() -> None:
    session = session_of(7)
    session.followable = True
    session.write_archived(b"x", "m")
    assert session.followable
    session.write(b"<message/>")
    assert not session.followable


def test_notes_are_kept_together_and_forgotten_once_the_records_are_kept() -> None:
    from ccm.session.keeping import Keeper

    state, turns = memory.MemoryState(), []

    def later(seconds: float, function: object) -> object:
        if seconds == 0:
            turns.append(function)
        return lambda: None

    def turn() -> None:
        for function in turns[:]:
            turns.remove(function)
            function()

    told: list[int] = []
    keeper = Keeper(state, fakes.spawn, later, prefix="bosh:")  # type: ignore[arg-type]
    assert keeper.note(["s", 1], lambda: told.append(1)) and keeper.note(["t", 2], lambda: told.append(2))
    assert told == []
    turn()
    assert told == [1, 2]
    (key,) = fakes.result_of(state.keys("bosh-notes:"))
    again = Keeper(state, fakes.spawn, later, prefix="bosh:")  # type: ignore[arg-type]
    assert fakes.result_of(again.notes()) == [["s", 1], ["t", 2]]
    again.outdate()
    again.save("s", dict)
    assert again.note(["s", 3], lambda: None)
    turn()
    (newer,) = fakes.result_of(state.keys("bosh-notes:"))
    assert newer != key and fakes.result_of(again.notes()) == [["s", 3]]


class Answers(Outlet):
    """What is answered, by rid; the last word of a session has the rid 0."""

    def __init__(self) -> None:
        self.said: dict[int, bytes] = {}

    def respond(self, _handle: object, _session: BoshSession, rid: int, body: bytes, _status: int) -> None:
        self.said[rid] = body


@pytest.mark.parametrize(("inner", "goes_on"), [((), True), ((Stanza("message", {}),), False)])
def test_a_request_that_was_held_in_a_crash_may_come_after_the_next_one(inner: Any, goes_on: bool) -> None:
    session = session_of(129)
    session._outlet = answers = Answers()  # type: ignore[assignment]
    session.request(Body({"rid": "131", "sid": "s"}, ()), "first", 0.0)
    session.tick(10.0)
    assert session.window.last == 131
    session.request(Body({"rid": "130", "sid": "s"}, inner), "late", 11.0)
    assert session.over is not goes_on
    assert answers.said == ({130: EMPTY} if goes_on else answers.said)
