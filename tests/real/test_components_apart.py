"""
The components in processes of their own (XEP-0114), moved there by configuration alone, with Redis and PostgreSQL.

The document is the one that a server with everything inside makes, also when each component is killed in the middle of
the interview; what Redis is told shows the session state being written.
"""

import json
import random
import re
import secrets
import socket
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_twisted
from fixtures.server import ComponentProcess, ServerProcess
from real.ledger import Ledger
from real.people import PASSWORD, Person
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

NAMES = ("topics", "invitations", "reporter")
TALK = (
    ("ann", "The participants are mainly open source firms, with IBM and Oracle among them.", ""),
    ("kim", "The reason they give: their IT knows it well and likes commodity licences.", ""),
    ("lee", "My conclusion is that more and more big data work runs on open source.", ""),
    ("kim", "The details: Hadoop, R, Mondrian and Jaspersoft.", ""),
    ("ann", "This is a project.", "understood"),
    ("ann", "Publish this, reporter.", "introduce the project"),
    ("ann", "It gets you to big data sooner and for less.", "?"),
    ("ann", "IT people.", "/archive/"),
)
QUESTIONED = 5


class Monitor:
    """Every key that Redis is told to write, from now on."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 5)
        self._socket.sendall(b"MONITOR\r\n")
        self._socket.settimeout(None)
        self._heard: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while data := self._socket.recv(65536):
            self._heard.append(data)

    def written(self) -> str:
        """All of it; nothing more is heard."""
        self._socket.shutdown(socket.SHUT_RDWR)
        return b"".join(self._heard).decode(errors="replace")


def database(url: str) -> str:
    """The URL of a new database on that PostgreSQL."""
    name = f"apart_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


def make(server: ServerProcess, elsewhere: tuple[str, ...]) -> dict[str, ComponentProcess]:
    """Move components out of a server; nothing is started."""
    files = {}
    for name in elsewhere:
        file = server.folder / f"{name}.secret"
        file.write_text(secrets.token_urlsafe(24))
        file.chmod(0o600)
        files[name] = file
    local = [name for name in NAMES if name not in elsewhere]
    domains = {f"{name}.localhost": str(file) for name, file in files.items()}
    server.configure({"components": {"local": local, "secret_files": domains}})
    return {name: server.component(name, file) for name, file in files.items()}


async def hold(server: ServerProcess, folder: Path, children: dict[str, ComponentProcess], killed: str = "") -> str:
    """*async* The talk, with a kill in the middle of the interview; answers the document as Markdown."""
    ledger = Ledger(folder / f"ledger-{server.http}.jsonl")
    await server.add_accounts(PASSWORD, "ann", "kim", "lee")
    await deferToThread(server.start)
    try:
        for child in children.values():
            await deferToThread(child.start)
        people = {
            name: Person(reactor, server, ledger, name, transport, random.Random(1))
            for name, transport in (("ann", "tcp"), ("kim", "bosh"), ("lee", "websocket"))
        }
        url = await _talk(people, children, killed)
        markdown = await deferToThread(lambda: urllib.request.urlopen(f"{url}.md", timeout=10).read().decode())
        document = json.loads(await deferToThread(lambda: urllib.request.urlopen(f"{url}.json", timeout=10).read()))
        assert document["version"] == 1
        for person in people.values():
            await person.leave()
        return _normal(markdown)
    finally:
        for child in children.values():
            child.end()
        server.end()
        ledger.close()


async def _talk(people: dict[str, Person], children: dict[str, ComponentProcess], killed: str) -> str:
    ann = people["ann"]
    for person in people.values():
        person.arrive()
        await person.until(lambda person=person: person.there)
    done = await ann.ask("topics.localhost", f"<create xmlns='{ns.TOPICS}' name='Big data'/>")
    topic: Any = next(done.firstChildElement().elements(ns.TOPICS, "topic"))
    for name in ("kim", "lee"):
        wish = f"<invite xmlns='{ns.INVITATIONS}' address='{name}@example.org' topic='{topic['id']}'/>"
        await ann.ask("invitations.localhost", wish)
    for person in people.values():
        await person.enter(topic["room"])
    await ann.until(lambda: any(nick == "Reporter" for nick, _ in ann.log.values()))
    answer = ""
    for number, (who, text, wanted) in enumerate(TALK):
        known = set(ann.log)
        people[who].say(f"line{number}", text)
        await ann.until(lambda text=text: any(said == text for _, said in ann.log.values()))
        if wanted:
            answer = await ann.until(lambda known=known, wanted=wanted: _answer(ann, known, wanted))
        if killed and number == QUESTIONED:
            children[killed].kill()
            await deferToThread(children[killed].start)
    return answer.split()[-1].rstrip(".")


def _answer(ann: Person, known: set[str], wanted: str) -> str:
    said = [text for id_, (nick, text) in ann.log.items() if id_ not in known and nick == "Reporter"]
    return next((text for text in said if wanted in text), "")


def _normal(markdown: str) -> str:
    """Without times, dates, ids and addresses."""
    text = re.sub(r"https?://\S+|#\S+|sha256:[0-9a-f]+|[0-9a-f]{18}", "…", markdown)
    return re.sub(
        r"\d{4}-\d\d-\d\d|\d{1,2}:\d\d(:\d\d)?|\d{1,2} [A-Z][a-z]+ \d{4}|\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}\b",
        "…",
        text,
    )


@pytest_twisted.ensureDeferred
async def test_components_apart_make_the_same_document_though_each_is_killed(
    server_processes: Callable[..., ServerProcess], tmp_path: Path, postgres: Any, own_redis: Any
) -> None:
    wanted = await hold(server_processes(), tmp_path, {})
    assert "IT people" in wanted
    monitor = Monitor(own_redis.port)
    for killed in ("", *NAMES):
        prefix = f"{killed or 'none'}:"
        server = server_processes(
            {"store": {"url": database(postgres.url)}, "state": {"url": own_redis.url, "prefix": prefix}}
        )
        children = make(server, NAMES)
        assert await hold(server, tmp_path, children, killed) == wanted, killed
    written = monitor.written()
    for key in ("bosh:", "sm:", "online:", "room:", "discussion:"):
        assert f'"none:{key}' in written, key


@pytest_twisted.ensureDeferred
async def test_each_component_moves_out_and_back_by_configuration_alone(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    documents = []
    for name in NAMES:
        server = server_processes()
        documents.append(await hold(server, tmp_path, make(server, (name,))))
    server = server_processes()
    make(server, NAMES)
    make(server, ())  # and back
    documents.append(await hold(server, tmp_path, {}))
    assert len(set(documents)) == 1
