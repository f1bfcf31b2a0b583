"""Whenever the server dies, whatever answers its client has got: it goes on with everything once and in order."""

import itertools
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_bosh_saver import BIND, NS, SASL, Process
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ccm.router.hooks import on
from ccm.testing import memory
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

JID = "ann@localhost/r"


class Disk(memory.MemoryState):
    """What is settled is on disk; it settles when told to."""

    def __init__(self, now: Any, kept: dict[str, bytes]) -> None:
        super().__init__(now)
        self.kept = kept
        self._values = dict(kept)
        self.slow = False
        self.settling: list[tuple[dict[str, bytes], Deferred[None]]] = []

    async def settle(self) -> None:
        done: Deferred[None] = Deferred()
        self.settling.append((dict(self._values), done))
        if not self.slow:
            self.write()
        await done

    def write(self) -> None:
        """It is on disk."""
        settling, self.settling = self.settling, []
        for values, done in settling:
            self.kept = values
            done.callback(None)


class Room:
    """An archive, and a room that reflects what is in it; marks in records what a session was sent last."""

    def __init__(self, archive: list[str]) -> None:
        self.archive = archive
        self.reflected = len(archive)

    @on.event("session-saving")
    def mark(self, session: Any) -> None:
        session.state["mark"] = self.reflected

    def templates(self, first: int) -> list[FanOut]:
        """What is archived from there on."""
        found = []
        for number, id_ in enumerate(self.archive[first:], first):
            template = FanOut(Stanza("message", {"type": "groupchat", "id": id_}), "r@c/Kim")
            template.archived = f"{number:06}"
            found.append(template)
        return found


class Request:
    """A request that waits for its answer."""

    peer = "192.0.2.1"
    secure = True
    session = None
    rid = 0

    def __init__(self) -> None:
        self.answer: bytes | None = None

    def respond(self, body: bytes, _content_type: str, _status: int) -> None:
        assert self.answer is None
        self.answer = body

    def drop(self) -> None:
        raise AssertionError("the client sends nothing twice on one connection")


class Run:
    """Lives of a server one after another, and one client with one request at a time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000)
        self.archive: list[str] = []
        self.got: list[str] = []
        self.count = 0
        self.sids = (f"sid-{n}" for n in itertools.count(1))
        self._start({})
        for self.rid, (inner, attrs) in enumerate(
            (
                ("", "to='localhost' wait='60' hold='1' ver='1.6'"),
                (SASL, "sid='sid-1'"),
                ("", "sid='sid-1' xmpp:restart='true'"),
                (BIND, "sid='sid-1'"),
            )
        ):
            self._send(inner, attrs)
            assert self.request.answer is not None
        self.disk.slow = True
        self.rid += 1
        self._send()

    def _start(self, kept: dict[str, bytes]) -> None:
        self.disk, self.room = Disk(self.clock.seconds, kept), Room(self.archive)

        async def missed(state: dict[str, Any]) -> list[FanOut]:
            return self.room.templates(state["mark"])

        self.process = Process(self.disk, self.clock, self.sids, missed=missed)
        self.process.router.attach(self.room)

    def _send(self, inner: str = "", attrs: str = "sid='sid-1'") -> None:
        self.request = Request()
        body = f"<body rid='{self.rid}' {attrs} xmlns='{NS}' xmlns:xmpp='urn:xmpp:xbosh'>{inner}</body>"
        self.process.bosh.request(body.encode(), self.request)  # type: ignore[arg-type]
        self.clock.advance(0)

    def say(self) -> None:
        """Something is said in the room."""
        self.count += 1
        self.archive.append(f"said{self.count}")
        self.room.reflected += 1
        for template in self.room.templates(self.room.reflected - 1):
            self._session().deliver_raw(template)

    def tell(self) -> None:
        """Something comes that no archive holds."""
        self.count += 1
        self._session().deliver(Stanza("message", {"to": JID, "id": f"told{self.count}"}))

    def turn(self) -> None:
        """The reactor goes round."""
        self.clock.advance(0)

    def second(self) -> None:
        """Time passes, unless something waits for the disk: after five seconds it would be sent all the same."""
        if not self.disk.settling:
            self.clock.advance(1)

    def write(self) -> None:
        """What is being saved is on disk."""
        self.disk.write()
        self.clock.advance(0)

    def read(self) -> None:
        """The client takes its answer, and asks again."""
        if self.request.answer is not None:
            self._take()
            self._send()

    def hang_up(self) -> None:
        """The connection breaks; the client has lost its answer, if there was one, and sends again."""
        bosh = self.process.bosh
        (bosh.aborted if self.request.answer is None else bosh.undelivered)(self.request)  # type: ignore[arg-type]
        self._send()

    def _take(self) -> None:
        answer = self.request.answer
        assert answer is not None and b"terminate" not in answer, answer
        self.got += [id_.decode() for id_ in re.findall(rb"<message[^>]* id='(\w+)'", answer)]
        self.rid += 1

    def _session(self) -> Any:
        return self.process.router.session(JID)

    def crash(self, archived: bool, arrived: bool, during: list[str]) -> None:
        """
        The server dies.

        :param archived: a message has been archived just before, and nobody has seen it.
        :param arrived: the client has got the answer that was on its way.
        :param during: what happens before the client is back.
        """
        if archived:
            self.count += 1
            self.archive.append(f"said{self.count}")
        if arrived and self.request.answer is not None:
            self._take()
        self._start(self.disk.kept)
        self.disk.slow = True
        for step in during:
            getattr(self, step)()
        self._send()

    def check(self) -> None:
        """The client has it all."""
        self.disk.slow = False
        for _ in range(20):
            self.write()
            self.second()
            self.read()
        assert [id_ for id_ in self.got if id_.startswith("said")] == self.archive
        assert len(set(self.got)) == len(self.got)


LIFE = st.lists(st.sampled_from(["say", "tell", "turn", "second", "write", "read", "hang_up"]), max_size=12)
DURING = st.lists(st.sampled_from(["say", "tell", "turn", "second", "write"]), max_size=4)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LIFE, st.tuples(st.booleans(), st.booleans(), DURING)), min_size=1, max_size=4))
def test_a_client_gets_all_once_and_in_order_however_often_the_server_dies(lives: list[Any]) -> None:
    run = Run()
    for life, death in lives:
        for step in life:
            getattr(run, step)()
        run.crash(*death)
    run.check()
