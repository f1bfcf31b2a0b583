"""Whenever the server dies, whatever its client has got by then: after resuming it has everything once and in order."""

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from session_harness import SM, Client, World

from ccm.router.hooks import on
from ccm.session.record import from_plain
from ccm.wire.fanout import FanOut
from ccm.wire.framing import StreamFraming
from ccm.wire.stanza import Stanza

JID = "ann@localhost/one"


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
        made = [FanOut(Stanza("message", {"type": "groupchat", "id": id_}), "r@c/Kim") for id_ in self.archive[first:]]
        for template in made:
            template.archived = True
        return made


class Run:
    """Lives of a server one after another, and one client."""

    def __init__(self) -> None:
        self.archive: list[str] = []
        self.got: list[str] = []
        self.known: list[str] = []  # in a record on disk
        self.count = 0
        self.world, self.room = self._start()
        self.world.disk_is_slow = False
        self.client = Client.signed_in(self.world)
        self.client.bind("one")
        self.session = self.client.session
        said = self.client.send(f"<enable {SM} resume='true'/>").decode()
        self.id = said.partition("id='")[2].partition("'")[0]
        self.world.disk_is_slow = True

    def _start(self) -> tuple[World, Room]:
        world, room = World(), Room(self.archive)
        world.router.attach(room)
        world.disk_is_slow = True
        return world, room

    def _next(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def say(self) -> None:
        """Something is said in the room."""
        self.archive.append(self._next("said"))
        for template in self.room.templates(self.room.reflected):
            self.room.reflected += 1
            self.session.deliver_raw(template)

    def tell(self) -> None:
        """Something comes that no archive holds."""
        self.session.deliver(Stanza("message", {"to": JID, "id": self._next("told")}))

    def begin(self) -> None:
        """Records are being written."""
        self.world.begin_records()

    def end(self) -> None:
        """They are on disk."""
        self.world.end_records()
        self._know()

    def _know(self) -> None:
        queue = self.world.saved[self.id]["resume"]["queue"]
        self.known += [id_ for id_ in ids("".join(queue).encode()) if id_ not in self.known]

    def second(self) -> None:
        """Time passes."""
        self.world.hands.advance(1)

    def acknowledge(self) -> None:
        """The client reads all there is and says so."""
        self.got += ids(self.client.take())
        self.client.send(f"<a {SM} h='{len(self.got)}'/>")

    def drop(self) -> None:
        """The connection breaks, after the client has read all; it comes back at once."""
        self.acknowledge()
        self.session.disconnected()
        self._resume()

    def crash(self, archived: bool, written: bool, share: float, during: list[str]) -> None:
        """
        The server dies.

        :param written: what was being written is on disk.
        :param archived: a message has been archived just before, and nobody has seen it.
        :param share: how much the client gets of what was sent.
        :param during: what happens before the client is back.
        """
        if archived:
            self.archive.append(self._next("said"))
        sent = ids(self.client.take())
        self.got += sent[: round(share * len(sent))]
        if written:
            self.world.saved.update({id_: plain for id_, plain, _ in self.world.under_way})
            self._know()
        saved = json.loads(json.dumps(self.world.saved[self.id]))
        self.world, self.room = self._start()
        self.world.saved[self.id] = saved
        missed = self.room.templates(saved["state"]["mark"])
        self.session = from_plain(self.world.realm, StreamFraming(self.world.pool), None, "tcp", saved, missed)
        for step in during:
            getattr(self, step)()
        self._resume()

    def _resume(self) -> None:
        self.client = Client.signed_in(self.world)
        said = self.client.send(f"<resume {SM} previd='{self.id}' h='{len(self.got)}'/>")
        assert said.startswith(b"<resumed"), said
        self.client.connection.written.insert(0, said)

    def check(self) -> None:
        """The client has it all."""
        for _ in range(3):
            self.world.write_records()
        self.got += ids(self.client.take())
        assert [id_ for id_ in self.got if id_.startswith("said")] == self.archive
        assert len(set(self.got)) == len(self.got)
        assert set(self.known) <= set(self.got)


def ids(said: bytes) -> list[str]:
    return [id_.decode() for id_ in re.findall(rb"<message[^>]* id='([a-z]+\d+)'", said)]


WAITING = st.lists(st.sampled_from(["say", "tell", "begin", "end", "second"]), max_size=5)
LIFE = st.lists(st.sampled_from(["say", "tell", "begin", "end", "second", "acknowledge", "drop"]), max_size=12)
DEATH = st.tuples(st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5, 1.0]), WAITING)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LIFE, DEATH), min_size=1, max_size=4))
def test_a_client_gets_all_once_and_in_order_however_often_the_server_dies(lives: list[Any]) -> None:
    run = Run()
    for life, death in lives:
        for step in life:
            getattr(run, step)()
        run.crash(*death)
    run.check()
