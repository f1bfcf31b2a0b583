"""A BOSH session and a faithful client on a network that loses, delays, repeats and reorders."""

import os
import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from ccm.session import bosh_terms
from ccm.session.bosh import BoshSession
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_record import from_plain, to_plain
from ccm.session.bosh_window import Window
from ccm.wire.framing import Body, BoshFraming
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

CASES = int(os.environ.get("CCM_FUZZ_CASES", "150"))
POOL = ParserPool()


class Server:
    """The stream above, and the outlet."""

    stream_id = "s"
    state_name = "bound"

    def __init__(self) -> None:
        self.got: list[str] = []
        self.stored = 0
        self.answers: list[tuple[Any, bytes]] = []
        self.barriers: list[tuple[Deferred[None], int]] = []
        self.slow = False
        self.dropped: list[Any] = []

    def drop(self, handle: Any) -> None:
        self.dropped.append(handle)

    def received(self, events: Any) -> None:
        self.got += [event.id for event in events if isinstance(event, Stanza)]

    def disconnected(self, unacked: Any = ()) -> None:
        raise AssertionError("the session was ended")

    def respond(self, handle: Any, session: BoshSession, rid: int, body: bytes, status: int) -> None:
        assert b"terminate" not in body
        self.answers.append((handle, body))

    def wake(self, session: BoshSession) -> None:
        pass

    def wake_in(self, session: BoshSession, seconds: float) -> None:
        pass

    def barrier(self) -> Any:
        if not self.slow and not self.barriers:
            self.stored = len(self.got)
            return None
        deferred: Deferred[None] = Deferred()
        self.barriers.append((deferred, len(self.got)))
        return deferred

    def commit(self) -> None:
        if self.barriers:
            deferred, count = self.barriers.pop(0)
            self.stored = count
            deferred.callback(None)


@dataclass
class Pending:
    """A request of the client's that has no answer yet."""

    rid: int
    ids: tuple[str, ...]
    connection: int | None = None


@dataclass
class Client:
    """Sends within the window, resends exact copies when a connection breaks, reads answers in rid order."""

    window: int
    rid: int = 100
    said: int = 0
    pending: dict[int, Pending] = field(default_factory=dict)
    early: dict[int, bytes] = field(default_factory=dict)
    next_read: int = 100
    heard: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def request(self, count: int) -> Pending:
        ids = tuple(str(self.said + n) for n in range(count))
        self.said += count
        pending = self.pending[self.rid] = Pending(self.rid, ids)
        self.rid += 1
        return pending

    def read(self, rid: int, body: bytes) -> None:
        if rid not in self.pending:
            return
        if rid in self.early:
            assert self.early[rid] == body, "an answer changed"
        self.early[rid] = body
        while self.next_read in self.early:
            got = self.early.pop(self.next_read)
            self.acknowledged += self.pending.pop(self.next_read).ids
            self.heard += re.findall(r"<m id='(\d+)'/>", got.decode())
            self.next_read += 1


class Network:
    """Requests and answers under way; *rng* decides what becomes of them."""

    def __init__(self, rng: random.Random, hold: int) -> None:
        self.rng, self.server, self.now = rng, Server(), 0.0
        self.options = BoshOptions(max_queued_bytes=10_000_000, resync_seconds=1e9)  # what is saved is exact here
        first = Body({"rid": "100", "wait": "20", "hold": str(hold), "ver": "1.6", "to": "a"}, ())
        terms = bosh_terms.of_creation(first, self.options, secure=True)
        self.session = BoshSession(
            "s", terms, Window(99, terms.requests), BoshFraming(POOL), self.options, self.server, 0, created=100
        )
        self.session.stream = self.server
        self.client = Client(terms.requests)
        self.client.request(0)
        self.requests: list[tuple[int, Pending]] = []
        self.alive: dict[int, int] = {}  # connection -> rid
        self.count = 0
        self.pushed = 0
        self.send(self.client.pending[100])

    def send(self, pending: Pending) -> None:
        self.count += 1
        pending.connection = self.count
        self.alive[self.count] = pending.rid
        self.requests.append((self.count, pending))

    def arrive(self) -> None:
        if self.requests:
            connection, pending = self.requests.pop(self.rng.randrange(len(self.requests)))
            if connection not in self.alive and pending.rid <= self.session.window.last - self.client.window:
                return  # so late a ghost of a request ends a session, as it must (§14.3): none here
            stanzas = tuple(Stanza("message", {"id": id_}) for id_ in pending.ids)
            self.session.request(Body({"rid": str(pending.rid), "sid": "s"}, stanzas), connection, self.now)

    def turn(self) -> None:
        while self.server.dropped:
            connection = self.server.dropped.pop()
            rid = self.alive.pop(connection, None)
            if rid is not None:
                self.again(rid, connection)
        self.session.flush(self.now)
        if self.session.deadline() <= self.now:
            self.session.tick(self.now)

    def deliver(self) -> None:
        """Bring one answer to the client, or lose it with its connection."""
        if not self.server.answers:
            return
        connection, body = self.server.answers.pop(self.rng.randrange(len(self.server.answers)))
        rid = self.alive.pop(connection, None)
        if rid is None:
            return
        if self.rng.random() < 0.2:
            self.session.undelivered(rid, connection)
            self.again(rid, connection)
        else:
            self.client.read(rid, body)

    def cut(self) -> None:
        """A connection breaks; the server notices at once, later or never."""
        if not self.alive:
            return
        connection = self.rng.choice(sorted(self.alive))
        rid = self.alive.pop(connection)
        answered = any(handle == connection for handle, _ in self.server.answers)
        if self.rng.random() < 0.5:
            self.requests = [(handle, pending) for handle, pending in self.requests if handle != connection]
        if not answered and self.rng.random() < 0.7:
            self.session.aborted(connection, self.now)
        self.again(rid, connection)

    def again(self, rid: int, connection: int) -> None:
        pending = self.client.pending.get(rid)
        if pending is not None and pending.connection == connection and rid not in self.client.early:
            self.send(pending)

    def speak(self) -> None:
        if len(self.client.pending) < self.client.window and self.client.next_read > 100:
            self.send(self.client.request(self.rng.choice((0, 0, 1, 1, 3))))

    def push(self) -> None:
        self.session.write(b"<m id='%d'/>" % self.pushed)
        self.pushed += 1

    def restart(self) -> None:
        """The process dies after a clean save; connections break, clients ask again."""
        if self.client.next_read == 100 or self.server.barriers or self.session.window.parked:
            return
        record = to_plain(self.session, {})
        self.session = from_plain(BoshSession, record, BoshFraming(POOL), self.options, self.server, self.now)
        self.session.stream = self.server
        self.server.answers.clear()
        self.requests.clear()
        broken, self.alive = self.alive, {}
        for connection, rid in broken.items():
            self.again(rid, connection)

    def step(self) -> None:
        names = (
            ["arrive"] * 4 + ["turn"] * 4 + ["deliver"] * 4 + ["speak"] * 4 + ["push"] * 2 + ["cut", "commit", "slow"]
        )
        name = self.rng.choice([*names, "restart"] if self.rng.random() < 0.3 else names)
        if name == "commit":
            self.server.commit()
        elif name == "slow":
            self.server.slow = not self.server.slow
        else:
            getattr(self, name)()
        self.now += self.rng.choice((0, 0.1, 1))
        unstored = set(self.server.got[self.server.stored :])
        assert not unstored & set(self.client.acknowledged), "an answer went out before its stanzas were on disk"

    def settle(self) -> None:
        """The network heals."""
        self.server.slow = False
        for _ in range(400):
            while self.server.barriers:
                self.server.commit()
            while self.requests:
                self.arrive()
            self.turn()
            while self.server.answers:
                connection, body = self.server.answers.pop(0)
                rid = self.alive.pop(connection, None)
                if rid is not None:
                    self.client.read(rid, body)
            if not self.client.pending:
                if len(self.client.heard) == self.pushed:
                    return
                self.send(self.client.request(0))
            self.now += 1


def play(seed: int, hold: int, steps: int) -> None:
    network = Network(random.Random(seed), hold)
    for _ in range(steps):
        network.step()
    network.settle()
    assert network.server.got == [str(n) for n in range(network.client.said)]
    assert network.client.heard == [str(n) for n in range(network.pushed)]


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 2), st.integers(20, 200))
def test_every_stanza_arrives_once_and_in_order_both_ways(seed: int, hold: int, steps: int) -> None:
    play(seed, hold, steps)


@pytest.mark.parametrize("seed", range(20))
def test_long_conversations_on_bad_networks_lose_nothing(seed: int) -> None:
    play(seed, 1, 1_000)
