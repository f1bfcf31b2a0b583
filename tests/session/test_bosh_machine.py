"""Requests of BOSH in any order are taken once and in turn, and answered alike (XEP-0124 1.11.2 §9 to §14)."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from machine_settings import MACHINES
from twisted.internet.defer import Deferred

from ccm.session import bosh_terms
from ccm.session.bosh import BoshSession
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_window import MAX_RID, Window
from ccm.wire.framing import Body, BoshFraming
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

pytestmark = pytest.mark.machine

POOL = ParserPool()
INACTIVITY, PAUSE, WAIT = 30, 90, 20
OPTIONS = BoshOptions(inactivity_seconds=INACTIVITY, maxpause_seconds=PAUSE)


@dataclass
class Request:
    """One rid, as the model knows it."""

    rid: int
    ids: tuple[str, ...]
    attrs: dict[str, str]
    handle: int | None
    arrived: float
    stored: bool = True


class BoshMachine(RuleBasedStateMachine):
    """It is also the stream above and the outlet below."""

    stream_id = "s"
    state_name = "bound"

    @initialize(
        first=st.sampled_from([1, 2**40, MAX_RID - 30, MAX_RID - 3]), hold=st.sampled_from([1, 2]), acks=st.booleans()
    )
    def begin(self, first: int, hold: int, acks: bool) -> None:
        self.now, self.since, self.idle = 1000.0, 1000.0, INACTIVITY
        self.hold, self.size, self.acks, self.last = hold, hold + 1, acks, first - 1
        self.first = first
        self.known: dict[int, Request] = {}  # by rid
        self.open: list[Request] = []  # taken, not answered
        self.replies: dict[int, bytes] = {}
        self.got: list[str] = []
        self.due: list[str] = []
        self.pushed = self.said = self.handles = 0
        self.heard: list[str] = []
        self.answers: dict[int, bytes] = {}  # by handle
        self.dropped: list[int] = []
        self.barriers: list[tuple[Deferred[None], Request]] = []
        self.ends = 0
        self.taking: Request | None = None
        attrs = {"wait": str(WAIT), "hold": str(hold), "ver": "1.6", "to": "a", **({"ack": "1"} if acks else {})}
        creation = Body({"rid": str(first), **attrs}, ())
        terms = bosh_terms.of_creation(creation, OPTIONS, secure=True)
        window = Window(first - 1, terms.requests)
        self.session = BoshSession("s", terms, window, BoshFraming(POOL), OPTIONS, self, self.now, created=first)
        self.session.stream = self
        self.over: bytes | None = None
        self.send(Request(first, (), attrs, None, 0.0))

    # ---- stream and outlet

    def received(self, events: Any) -> None:
        self.got += [event.id for event in events if isinstance(event, Stanza)]

    def disconnected(self, unacked: Any = ()) -> None:
        self.ends += 1

    def wake(self, session: BoshSession) -> None:
        pass

    def drop(self, handle: int) -> None:
        self.dropped.append(handle)

    def barrier(self) -> Deferred[None]:
        deferred: Deferred[None] = Deferred()
        request = self.known[self.session.window.last]
        request.stored = False
        self.barriers.append((deferred, request))
        return deferred

    def respond(self, handle: int, session: BoshSession, rid: int, body: bytes, status: int) -> None:
        assert handle not in self.answers, "answered twice"
        assert handle not in self.dropped
        assert status == 200
        self.answers[handle] = body
        if rid == 0:
            assert b"type='terminate'" in body
            assert self.over in (None, body), "the last word changed"
            self.over = body
            return
        if rid in self.replies:
            assert self.replies[rid] in (b"", body), "an answer changed"
            assert self.replies[rid] or b"<m " not in body  # nobody was there to hear it
            self.replies[rid] = body
            return
        while self.open[0].rid != rid:
            assert self.open[0].handle is None, "answers go out oldest first"
            self.settle(b"")
        request = self.open[0]
        assert request.handle == handle
        assert request.stored, "answered before what it brought is on disk"
        self.since = self.now
        self.heard += re.findall(r"<m id='(\d+)'/>", body.decode())
        if "pause" in request.attrs and not any("pause" in later.attrs for later in self.open[1:]):
            assert b"<m " not in body
        told = re.search(rb"<body[^>]* ack='(\d+)'", body)
        if told and rid != self.first:
            assert rid < int(told[1]) <= max(r.rid for r in self.open if r.stored)
        self.settle(body)

    def settle(self, body: bytes) -> None:
        request = self.open.pop(0)
        self.replies[request.rid] = body
        while len(self.replies) > self.size:
            del self.replies[min(self.replies)]

    # ---- what clients and networks do

    @precondition(lambda self: not self.session.over)
    @rule(ahead=st.sampled_from([1, 1, 1, 2, 3]), count=st.integers(0, 2), ack=st.sampled_from([None, 0, 1, 3]))
    def ask_anew(self, ahead: int, count: int, ack: int | None) -> None:
        rid = self.last + min(ahead, self.size)
        if rid in self.known or rid > MAX_RID:
            return
        ids = tuple(f"c{self.said + number}" for number in range(count))
        self.said += count
        attrs = {} if ack is None else {"ack": str(max(0, rid - 1 - ack))}
        self.send(Request(rid, ids, attrs, None, 0.0))

    @precondition(lambda self: not self.session.over and self.last < MAX_RID)
    @rule()
    def pause(self) -> None:
        if self.last + 1 not in self.known:
            self.send(Request(self.last + 1, (), {"pause": str(PAUSE)}, None, 0.0))

    @precondition(lambda self: not self.session.over)
    @rule(back=st.integers(0, 3))
    def ask_again(self, back: int) -> None:
        rid = max(self.known) - back
        if rid in self.known:
            self.send(self.known[rid])

    @precondition(lambda self: not self.session.over)
    @rule(beyond=st.sampled_from([1, 2, 100]))
    def ask_beyond_the_window(self, beyond: int) -> None:
        self.send(Request(self.last + self.size + beyond, ("never",), {}, None, 0.0))

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.live()))
        handle, request.handle = request.handle, None
        self.since = self.now
        self.session.aborted(handle, self.now)
        self.flush()

    @precondition(lambda self: not self.session.over)
    @rule(count=st.integers(1, 2))
    def say(self, count: int) -> None:
        for _ in range(count):
            self.session.write(b"<m id='%d'/>" % self.pushed)
            self.pushed += 1
        self.flush()

    @rule(all_=st.booleans())
    def the_disk_has_it(self, all_: bool) -> None:
        for _ in range(len(self.barriers) if all_ else min(1, len(self.barriers))):
            deferred, request = self.barriers.pop(0)
            request.stored = True
            deferred.callback(None)
        self.flush()

    @precondition(lambda self: not self.session.over)
    @rule(seconds=st.sampled_from([1, 6, 19, 25, 70]))
    def time_passes(self, seconds: int) -> None:
        until, alive = self.now + seconds, True
        while alive and (due := self.session.deadline()) <= until:
            self.now = max(self.now, due)
            alive = self.session.tick(self.now)
            if alive:
                self.flush()
                if self.session.deadline() == due:
                    break
        if not alive:
            assert not any(request.handle is not None for request in self.open)
            assert self.now - self.since >= self.idle
            assert self.ends == 1
            return
        self.now = until
        if not any(request.handle is not None for request in self.open):
            assert until - self.since < self.idle
        elif self.open[0].handle is not None and all(request.stored for request in self.open):
            assert until - self.open[0].arrived < WAIT

    @precondition(lambda self: self.session.over)
    @rule(first=st.integers(1, 2**30), hold=st.sampled_from([1, 2]), acks=st.booleans())
    def begin_anew(self, first: int, hold: int, acks: bool) -> None:
        self.handles += 1
        self.session.request(Body({"rid": str(self.last + 1), "sid": "s"}, ()), self.handles, self.now)
        assert b"type='terminate'" in self.answers[self.handles]
        self.begin(first, hold, acks)

    # ---- what must hold

    @invariant()
    def requests_are_taken_once_and_in_turn(self) -> None:
        if hasattr(self, "session"):
            assert self.got == self.due

    @invariant()
    def what_was_said_is_heard_once_and_in_turn(self) -> None:
        if hasattr(self, "session"):
            assert self.heard == [str(number) for number in range(len(self.heard))]

    @invariant()
    def nothing_waits_that_could_be_said(self) -> None:
        if not hasattr(self, "session") or self.session.over or not self.open:
            return
        if self.open[0].handle is not None and self.open[0].stored:
            assert len(self.heard) == self.pushed
            assert len(self.open) <= self.hold

    # ---- parts

    def live(self) -> list[Request]:
        if not hasattr(self, "session") or self.session.over:
            return []
        answerable = [*self.open, *(request for rid, request in self.known.items() if rid > self.last)]
        return [request for request in answerable if request.handle is not None]

    def send(self, request: Request) -> None:
        self.handles += 1
        handle, rid, now = self.handles, request.rid, self.now
        before = self.known.get(rid)
        outside = rid > min(self.last + self.size, MAX_RID) or (
            rid <= self.last and rid not in self.replies and before not in self.open
        )
        replayed = self.replies.get(rid)
        superseded = None
        waiting = [each.handle for each in self.live()]
        if not outside:
            self.since = now
            if replayed is None:
                superseded, request.handle = request.handle, handle
                if before is None:
                    request.arrived = now
                    self.known[rid] = request
                self.take()
        events = tuple(Stanza("message", {"id": id_}) for id_ in request.ids)
        self.session.request(Body({"rid": str(rid), "sid": "s", **request.attrs}, events), handle, now)
        if outside:
            assert b"condition='item-not-found'" in self.answers[handle]
            assert all(self.answers[each] == self.answers[handle] for each in waiting), "all hear of the end"
            assert self.ends == 1
            return
        if replayed is not None and not self.session.over:
            assert handle in self.answers
        if superseded is not None and not self.session.over:
            assert superseded in self.dropped
        self.flush()
        if self.session.over:
            unanswered = len(self.open) + sum(rid > self.last for rid in self.known)
            assert unanswered > self.size
            assert b"condition='policy-violation'" in (self.over or b"")

    def take(self) -> None:
        """What is next now."""
        while (request := self.known.get(self.last + 1)) is not None:
            self.last += 1
            self.open.append(request)
            self.due += request.ids
            self.idle = PAUSE if "pause" in request.attrs else INACTIVITY
            if self.acks and request.rid != self.first:
                ack = int(request.attrs.get("ack", request.rid - 1))
                self.replies = {rid: body for rid, body in self.replies.items() if rid > ack}

    def flush(self) -> None:
        """The end of a reactor turn."""
        if self.session.over:
            return
        self.session.flush(self.now)
        while (
            self.open
            and self.open[0].stored
            and self.open[0].handle is None
            and any(request.handle is not None for request in self.open)
        ):
            self.settle(b"")


def test_requests_in_any_order_are_taken_once_and_answered_alike() -> None:
    run_state_machine_as_test(BoshMachine, settings=MACHINES)
