"""kill -9 of the whole server in the middle of a talk: the reporter goes on as if nothing had been."""

import contextlib
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns
from ccm.testing.clients import Client, sign_in

TALK = (
    ("The participants are mainly open source firms, with IBM and Oracle among them.", None),
    ("The reason they give: their IT knows it well and likes commodity licences.", None),
    ("My conclusion is that more and more big data work runs on open source.", None),
    ("The details: Hadoop, R, Mondrian and Jaspersoft.", None),
    ("This is a project.", "understood"),
    ("Publish this, reporter.", "introduce the project"),
    ("It gets you to big data sooner and for less.", "?"),
    ("IT people.", "Published: "),
)


class Speaker:
    """Ann, who signs in again whenever the server is back, and says again what was not acknowledged."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.room = ""
        self.archive: list[tuple[str, str]] = []
        self.client: Client | None = None
        self.sent = 0

    async def ready(self) -> Client:
        if self.client is None:
            self.client = await sign_in(
                reactor, "tcp", port=self.server.port, domain="localhost", name="ann", password="a long password"
            )
            self.client.send("<presence/>")
            if self.room:
                self.client.send(f"<presence to='{self.room}/Ann'><x xmlns='{ns.MUC}'/></presence>")
        return self.client

    async def ask(self, to: str, type_: str, payload: str) -> Any:
        client = await self.ready()
        self.sent += 1
        client.send(f"<iq to='{to}' type='{type_}' id='q{self.sent}'>{payload}</iq>")
        while True:
            element = await client.receive()
            if element is None:
                raise ConnectionError
            self.note(element)
            if element.name == "iq" and element.getAttribute("id") == f"q{self.sent}":
                return element

    def note(self, element: Any) -> None:
        for result in element.elements(ns.MAM, "result"):
            for body in (b for f in result.elements() for m in f.elements() for b in m.elements() if b.name == "body"):
                self.archive.append((result["id"], str(body)))

    async def history(self) -> list[str]:
        """All bodies in the room's archive, in order."""
        self.archive = []
        answer = await self.ask(self.room, "set", f"<query xmlns='{ns.MAM}'/>")
        assert answer["type"] == "result", answer.toXml()
        return [text for _, text in self.archive]

    async def patiently(self, work: Any) -> Any:
        """Try until the server answers."""
        for _ in range(60):
            try:
                return await work()
            except Exception:
                if self.client is not None:
                    with contextlib.suppress(Exception):
                        await self.client.drop()
                self.client = None
                await deferLater(reactor, 0.25, lambda: None)
        raise AssertionError("the server does not answer")

    async def say(self, number: int, text: str) -> None:
        """Until the archive holds it; the id keeps it from being kept twice."""

        async def once() -> bool:
            if text not in await self.history():
                client = await self.ready()
                body = f"<body>{text}</body><origin-id xmlns='{ns.STANZA_ID}' id='line{number}'/>"
                client.send(f"<message to='{self.room}' type='groupchat' id='line{number}'>{body}</message>")
            return text in await self.history()

        while not await self.patiently(once):
            await deferLater(reactor, 0.02, lambda: None)


@pytest.mark.real
@pytest_twisted.ensureDeferred
async def test_the_reporter_survives_kills_of_the_server(killable: Any, tmp_path: Path) -> None:
    chance = random.Random(2026)
    ann = Speaker(killable)
    made = await ann.patiently(
        lambda: ann.ask("topics.localhost", "set", f"<create xmlns='{ns.TOPICS}' name='Big data'/>")
    )
    topic = next(made.firstChildElement().elements(ns.TOPICS, "topic"))
    ann.room = topic["room"]
    ann.client = None
    for number, (text, reply) in enumerate(TALK):
        await ann.say(number, text)
        if number >= 3:
            await deferLater(reactor, chance.random() * 0.05, lambda: None)
            await deferToThread(killable.kill)
            await deferToThread(killable.start)
        for _ in range(200):
            said = await ann.patiently(ann.history)
            if reply is None or any(reply in body for body in said[said.index(text) + 1 :]):
                break
            await deferLater(reactor, 0.1, lambda: None)
        else:
            raise AssertionError((text, reply, said))
    said = await ann.patiently(ann.history)
    assert len(said) == len(set(said)), said
    with contextlib.closing(sqlite3.connect(next((tmp_path / "var").glob("*.sqlite")))) as database:
        assert database.execute("select count(*) from documents").fetchone() == (1,)
