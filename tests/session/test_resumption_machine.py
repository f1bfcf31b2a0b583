"""One resumable session on bad connections: nothing is lost, doubled or out of order either way (XEP-0198 1.6.3)."""

import re
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
from session_harness import SM, Client, World
from twisted.internet.defer import Deferred

from ccm.session.options import SessionOptions
from ccm.session.states import State
from ccm.testing.fakes import RecordingSession
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

pytestmark = pytest.mark.machine

JID, PEER = "ann@localhost/one", "bob@localhost/two"
MODULUS = 2**32
MOST_WAITING = 20
STANZA = re.compile(rb"<message [^>]*?\bid='([a-z]\d+)'")
COUNT = re.compile(rb"\bh='(\d+)'")


class Disk(World):
    """A world that knows which stanzas are on disk: those its peer had got when a barrier was asked for that fired."""

    def __init__(self) -> None:
        super().__init__(SessionOptions(resume_stanzas=MOST_WAITING, resume_request_every=4))
        self.peer = RecordingSession(PEER)
        self.router.bind(self.peer)
        self.waiting: list[tuple[Deferred[None], int]] = []
        self.stored = 0

    def _barrier(self) -> Deferred[None]:
        self.waiting.append((Deferred(), len(self.peer.received)))
        return self.waiting[-1][0]

    def commit(self) -> None:
        waiting, self.waiting = self.waiting, []
        for deferred, count in waiting:
            self.stored = max(self.stored, count)
            deferred.callback(None)


class ResumptionMachine(RuleBasedStateMachine):
    """The client's side is the model: what it has heard, said and knows to be acknowledged."""

    @initialize(first=st.sampled_from([0, 1, MODULUS - 1, MODULUS - 4, MODULUS // 2]))
    def begin(self, first: int) -> None:
        self.world, self.first = Disk(), first
        self.client = Client.signed_in(self.world)
        self.client.bind("one")
        self.session = self.client.session
        said = self.client.send(f"<enable {SM} resume='true' max='600'/>").decode()
        self.id = said.partition("id='")[2].partition("'")[0]
        acks = self.session.resumption.acks
        acks.inbound = acks.secured = acks.outbound = first
        self.world.disk_is_slow = True
        self.due: list[str] = []  # what was delivered to the session
        self.heard: list[str] = []
        self.told = 0  # how many of them the server has been told of
        self.said: list[str] = []
        self.acknowledged = 0  # how many of those the client knows to have arrived
        self.asked = self.answered = 0  # of this connection
        self.resuming = self.over = False

    # ---- the world

    @rule(archived=st.booleans(), count=st.integers(1, 3))
    def deliver(self, archived: bool, count: int) -> None:
        for _ in range(count):
            stanza = Stanza("message", {"type": "groupchat", "to": JID, "id": f"d{len(self.due)}"})
            if self.over:
                return
            self.due.append(stanza.id)
            if archived:
                template = FanOut(stanza, "r@c/Kim")
                template.archived = "x"
                self.session.deliver_raw(template)
            else:
                self.session.deliver(stanza)
            if self.session.connection is None and len(self.due) - self.told > MOST_WAITING:
                self.ended()

    @rule(seconds=st.sampled_from([1, 1, 5]))
    def time_passes(self, seconds: int) -> None:
        self.world.hands.advance(seconds)

    @rule()
    def records_are_begun(self) -> None:
        self.world.begin_records()

    @rule()
    def records_are_written(self) -> None:
        self.world.write_records()

    @rule()
    def the_disk_has_it_all(self) -> None:
        self.world.commit()

    # ---- the client

    @precondition(lambda self: self.attached())
    @rule(share=st.sampled_from([0.5, 1.0, 1.0]))
    def read(self, share: float) -> None:
        written = self.client.connection.written
        count = max(1, round(share * len(written)))
        units, written[:] = written[:count], written[count:]
        for unit in units:
            self.hear(unit)

    @precondition(lambda self: self.attached() and not self.resuming)
    @rule(count=st.integers(1, 3), broken=st.booleans())
    def say(self, count: int, broken: bool) -> None:
        new = [f"s{len(self.said) + number}" for number in range(count)]
        self.said += new
        self.utter(new, broken)

    @precondition(lambda self: self.attached() and not self.resuming)
    @rule()
    def ask_for_an_acknowledgement(self) -> None:
        self.asked += 1
        self.put(f"<r {SM}/>")

    @precondition(lambda self: self.attached() and not self.resuming)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(max(0, self.told - 2), len(self.heard)))
        self.told = max(self.told, count)
        self.put(f"<a {SM} h='{self.h(count)}'/>")

    @precondition(lambda self: self.attached() and not self.resuming)
    @rule(more=st.integers(1, 3))
    def acknowledge_what_was_not_sent(self, more: int) -> None:
        self.records_are_written()
        self.records_are_written()
        self.put(f"<a {SM} h='{self.h(len(self.due) + more)}'/>")
        assert b"<undefined-condition " in self.client.take()
        self.ended()

    @precondition(lambda self: not self.over)
    @rule(noticed=st.booleans())
    def the_connection_breaks(self, noticed: bool) -> None:
        if self.attached() and noticed:
            self.client.session.disconnected()
        self.client.connection.written.clear()
        self.lost = True

    @precondition(lambda self: not self.over)
    @rule(prompt=st.booleans())
    def resume(self, prompt: bool) -> None:
        self.client = Client.signed_in(self.world)
        self.asked = self.answered = 0
        self.resuming, self.lost = True, False
        self.told = len(self.heard)
        self.put(f"<resume {SM} previd='{self.id}' h='{self.h(self.told)}'/>")
        if prompt:
            self.world.commit()
            self.read(1.0)

    @precondition(lambda self: not self.over and self.session.connection is None)
    @rule()
    def do_not_come_back(self) -> None:
        self.world.hands.advance(601)
        self.ended()

    @precondition(lambda self: self.over)
    @rule(first=st.sampled_from([0, MODULUS - 2]))
    def resume_in_vain_and_begin_anew(self, first: int) -> None:
        late = Client.signed_in(self.world)
        assert b"<item-not-found " in late.send(f"<resume {SM} previd='{self.id}' h='{self.h(self.told)}'/>")
        self.begin(first)

    # ---- what must hold

    @invariant()
    def what_is_heard_is_what_was_delivered_in_its_order(self) -> None:
        if hasattr(self, "world"):
            assert self.heard == self.due[: len(self.heard)]

    @invariant()
    def what_arrives_is_what_was_said_in_its_order(self) -> None:
        if hasattr(self, "world"):
            arrived = [stanza.id for stanza in self.world.peer.received]
            assert arrived == self.said[: len(arrived)]

    @invariant()
    def answers_are_no_more_than_questions(self) -> None:
        if hasattr(self, "world"):
            assert self.answered <= self.asked

    def teardown(self) -> None:
        """All is well again: then everything arrives."""
        if not hasattr(self, "world") or self.over:
            return
        self.resume(True)
        for _ in range(4):
            self.world.commit()
            self.records_are_written()
            self.read(1.0)
        assert self.heard == self.due
        assert [stanza.id for stanza in self.world.peer.received] == self.said
        self.ask_for_an_acknowledgement()
        self.world.commit()
        self.records_are_written()
        self.read(1.0)
        assert self.acknowledged == len(self.said)
        assert self.answered == self.asked

    # ---- parts

    lost = False

    def attached(self) -> bool:
        return not self.over and not self.lost and not self.client.connection.closed

    def h(self, count: int) -> int:
        return (self.first + count) % MODULUS

    def put(self, data: str) -> None:
        self.client.session.received(self.client.framing.feed(data.encode()))

    def utter(self, ids: list[str], broken: bool = False) -> None:
        data = "".join(f"<message to='{PEER}' id='{id_}'><body>x</body></message>" for id_ in ids)
        self.put(data[: -len(data) // 3] if broken else data)
        if broken:
            self.the_connection_breaks(True)

    def hear(self, unit: bytes) -> None:
        if b"<resumed " in unit:
            assert self.resuming
            self.resuming = False
            self.count_acknowledged(unit)
            self.utter(self.said[self.acknowledged :])
            return
        assert not self.resuming, unit
        if found := STANZA.search(unit):
            self.heard.append(found[1].decode())
        elif unit.startswith(b"<a "):
            self.answered += 1
            self.count_acknowledged(unit)
        else:
            assert unit.startswith(b"<r "), unit

    def count_acknowledged(self, unit: bytes) -> None:
        found: Any = COUNT.search(unit)
        count = (int(found[1]) - self.first) % MODULUS
        assert self.acknowledged <= count <= self.world.stored
        self.acknowledged = count

    def ended(self) -> None:
        assert self.session.stage is State.CLOSED
        unacknowledged = self.due[self.told :]
        lost = [args for name, args in self.world.events if name == "session-lost"]
        assert [[stanza.id for stanza in args[1]] for args in lost] == ([unacknowledged] if unacknowledged else [])
        assert self.world.names().count("session-closed") == 1
        self.over = True


def test_a_session_that_is_resumed_loses_doubles_and_reorders_nothing() -> None:
    run_state_machine_as_test(ResumptionMachine, settings=MACHINES)
