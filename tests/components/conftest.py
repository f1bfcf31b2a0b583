"""A stage for the components: real router, real SQLite stores, people who can ask and hear, a clock to move."""

import itertools
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.task import deferLater
from twisted.words.xish.domish import Element
from zope.interface import implementer

from ccm import namespaces as ns
from ccm.components.context import Context, spawn
from ccm.components.external import ExternalComponent
from ccm.components.host import LocalComponent
from ccm.errors import StanzaError
from ccm.interfaces import ISession
from ccm.muc.options import MucOptions
from ccm.muc.service import MucService
from ccm.publish.outbox import OutboxOptions, OutboxWorker
from ccm.router.router import Router
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import Stores, open_stores
from ccm.testing.fakes import spawn as router_spawn
from ccm.transports.component import ComponentListener, ComponentListenerOptions
from ccm.transports.outgoing import Turn
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, attribute, parse_element

SECRET = "a secret of sixteen bytes or more"
HOST = "localhost"
ROOMS = "conference.localhost"
SIBLINGS = {name: f"{name}.{HOST}" for name in ("accounts", "topics", "invitations", "reporter")}
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)  # a Sunday
POLLING = OutboxOptions(poll_seconds=0.05)


@implementer(ISession)
class Person:
    """A client session in a test's hands."""

    priority = 0
    presence = None
    transport = "tcp"
    hibernating = False
    resumed = False
    dropped = False
    tells_time = False

    def __init__(self, router: Router, jid: str) -> None:
        self.jid = jid
        self.bare = jid.partition("/")[0]
        self.state: dict[str, Any] = {}
        self.received: list[Element] = []
        self._router = router
        self._ids = itertools.count(1)
        self._waiting: list[tuple[Callable[[Element], bool], Deferred[Element]]] = []

    def deliver(self, stanza: Stanza) -> None:
        element = parse_element(stanza.to_bytes(declared=True))
        if not self.tells_time and stanza.has(ns.TIME, "time") and stanza.type == "get":
            self._router.route(stanza.error(StanzaError("service-unavailable")), self)
            return
        self.received.append(element)
        for entry in list(self._waiting):
            if entry[0](element):
                self._waiting.remove(entry)
                entry[1].callback(element)

    def deliver_raw(self, template: FanOut) -> None:
        self.deliver(template.stanza.copy(to=self.jid))

    def close(self, condition: str, text: str = "") -> None:
        pass

    def send(self, xml: str) -> None:
        """Send one stanza, given without its sender."""
        element = parse_element(xml.replace(" ", f" xmlns='{ns.CLIENT}' from='{self.jid}' ", 1).encode())
        self._router.route(Stanza.from_element(element), self)

    def ask(self, to: str, type_: str, payload: str) -> "Deferred[Element]":
        """Send an iq; answers the result or error."""
        id_ = f"q{next(self._ids)}"
        heard = self.hears(lambda e: e.name == "iq" and e["id"] == id_ and e["type"] in ("result", "error"))
        self.send(f"<iq to='{to}' type='{type_}' id='{id_}'>{payload}</iq>")
        return heard

    def hears(self, what: Callable[[Element], bool]) -> "Deferred[Element]":
        """The next stanza like that; one that came already counts."""
        for element in self.received:
            if what(element):
                heard: Deferred[Element] = Deferred()
                heard.callback(element)
                return heard
        heard = Deferred()
        self._waiting.append((what, heard))
        return heard.addTimeout(
            10, reactor, lambda _, seconds: pytest.fail(f"{self.jid} did not hear it in {seconds} s")
        )

    def join(self, room: str, nick: str) -> "Deferred[Element]":
        """Enter a room; answers the own presence or the error."""
        self.send(f"<presence to='{attribute(room + '/' + nick)}'><x xmlns='{ns.MUC}'/></presence>")
        return self.hears(
            lambda e: (
                (e.name == "presence" and e["from"] == f"{room}/{nick}" and "110" in e.toXml())
                or (e.name == "presence" and e.getAttribute("type") == "error")
            )
        )

    def texts(self) -> list[str]:
        """Bodies of all messages so far."""
        return [
            str(child) for e in self.received if e.name == "message" for child in e.elements(None, "body") or ()
        ] + [str(child) for e in self.received if e.name == "message" for child in e.elements(ns.CLIENT, "body")]


class RoomStub:
    """Answers every request to a room with a result, and notes it."""

    def __init__(self, router: Router) -> None:
        self.jid = ROOMS
        self.asked: list[Stanza] = []
        self.refuse = False
        self._router = router

    def deliver(self, stanza: Stanza) -> None:
        if stanza.kind == "iq" and stanza.type in ("get", "set"):
            self.asked.append(stanza)
            self._router.route(stanza.error(StanzaError("forbidden")) if self.refuse else stanza.result())

    def deliver_raw(self, template: FanOut) -> None:
        pass


class Stage:
    """All of it together."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.now = START
        self.router = Router(stores.accounts.exists, router_spawn)
        self.router.add_host(HOST)
        self.components: dict[str, LocalComponent] = {}
        self._secrets = itertools.count(1)

    def seconds(self) -> float:
        return self.now.timestamp()

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def context(self, name: str, **changes: Any) -> Context:
        stores = self.stores
        values: dict[str, Any] = {
            "domain": SIBLINGS[name],
            "host": HOST,
            "rooms": ROOMS,
            "siblings": SIBLINGS,
            "topics": stores.topics,
            "documents": stores.documents,
            "outbox": stores.outbox,
            "suppression": stores.suppression,
            "tokens": stores.tokens,
            "undo_steps": stores.undo_steps,
            "search": stores.search,
            "accounts": stores.accounts,
            "state": stores.state,
            "clock": reactor,
            "workers": lambda *of: OutboxWorker(of[0], stores.outbox, of[1], reactor, POLLING, now=lambda: self.now),
            "now": lambda: self.now,
            "spawn": spawn,
            "web_url": "http://localhost:5280/",
            "mail_from": "CCM <noreply@localhost>",
            "token": lambda: f"secret-{next(self._secrets):037d}",
            "zone": "Europe/Berlin",
        }
        return Context(**{**values, **changes})

    def host(self, plugin: Any, options: Any = None, **changes: Any) -> LocalComponent:
        """Run a component in-process."""
        context = self.context(plugin.name, **changes)
        component = LocalComponent(
            self.router, context.domain, plugin.handlers(context, options or plugin.options()), reactor
        )
        component.start()
        self.components[plugin.name] = component
        return component

    async def person(self, local: str, name: str, email: str | None = None) -> Person:
        """An account with one session."""
        jid = f"{local}@{HOST}"
        if not self.stores.accounts.exists(jid):
            await self.stores.accounts.create(jid, name, email, [])
        session = Person(self.router, f"{jid}/test")
        self.router.bind(session)
        return session


@pytest.fixture
def stage(tmp_path: Any) -> Any:
    box: list[Stage] = []

    async def open_stage() -> Stage:
        stores = await open_stores(
            reactor,
            StoreOptions(durability="relaxed"),
            StateOptions(),
            tmp_path,
            host=HOST,
            now=lambda: box[0].seconds() if box else START.timestamp(),
        )
        box.append(Stage(stores))
        return box[0]

    made = pytest_twisted.blockon(Deferred.fromCoroutine(open_stage()))
    yield made
    for component in made.components.values():
        component.stop()
    pytest_twisted.blockon(Deferred.fromCoroutine(made.stores.close()))


@pytest.fixture
def rooms(stage: Stage) -> RoomStub:
    stub = RoomStub(stage.router)
    stage.router.add_domain(ROOMS, stub)
    return stub


@pytest.fixture
def muc(stage: Stage) -> Any:
    """The real room service."""
    stores = stage.stores
    service = MucService(
        ROOMS,
        stage.router,
        stores.archive,
        stores.rooms,
        stores.state,
        MucOptions(),
        stage.seconds,
        _later,
        router_spawn,
        frozenset(SIBLINGS.values()),
    )
    pytest_twisted.blockon(Deferred.fromCoroutine(service.start()))
    stage.router.add_domain(ROOMS, service)
    stage.router.attach(service)
    yield service
    for call in reactor.getDelayedCalls():
        if getattr(call.func, "of_a_room", False):
            call.cancel()


def _later(seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
    def due() -> None:
        function()

    due.of_a_room = True  # type: ignore[attr-defined]
    call = reactor.callLater(seconds, due)  # type: ignore[attr-defined]

    def cancel() -> None:
        if call.active():
            call.cancel()

    return cancel


class Door:
    """Runs handlers as one domain, in one of two ways."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.stops: list[Callable[[], Any]] = []

    async def local(self, domain: str, parts: list[Any]) -> None:
        component = LocalComponent(self.stage.router, domain, parts, reactor)
        component.start()
        self.stops.append(component.stop)

    async def external(self, domain: str, parts: list[Any]) -> ExternalComponent:
        listener = ComponentListener(
            self.stage.router,
            {domain: SECRET},
            ComponentListenerOptions(),
            reactor,
            Turn(partial(reactor.callLater, 0)),
            secrets.token_bytes,
        )
        port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(listener)
        self.stops.append(port.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        service = ExternalComponent(endpoint, domain, SECRET, parts, reactor)
        service.startService()
        self.stops.append(service.stopService)
        while domain not in self.stage.router.domains():
            await deferLater(reactor, 0.01, lambda: None)
        return service


@pytest.fixture
def door(stage: Any) -> Any:
    made = Door(stage)
    yield made
    for stop in reversed(made.stops):
        pytest_twisted.blockon(Deferred.fromCoroutine(_stop(stop)))


async def _stop(stop: Callable[[], Any]) -> None:
    done = stop()
    if done is not None:
        await done


class Server:
    """A server of its own process, with the account ann, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port, http = _free_port(), _free_port()
        self._folder = folder
        self._bin = Path(sys.executable).parent
        self._config = folder / "ccm.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self._config.write_text(
            f"""
[server]
host = "localhost"
state = "{folder / "var"}"
[listen]
c2s = ["tcp:{self.port}:interface=127.0.0.1"]
direct_tls = []
http = ["tcp:{http}:interface=127.0.0.1"]
components = []
operations = []
[web]
url = "http://localhost:{http}/"
"""
        )
        self._run("ccm", "--config", str(self._config), "user", "add", "ann@localhost", "--password", "a long password")

    def start(self) -> None:
        """Returns once it listens."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "twistd"), "--pidfile=", "-n", "ccm", "--config", str(self._config)],
                env=_environment(),
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for _ in range(300):
            if self._process.poll() is not None:
                pytest.fail(f"the server ended: {(self._folder / 'log').read_text()[-2000:]}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("the server did not start")

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(15)

    def _run(self, command: str, *arguments: str) -> None:
        subprocess.run([str(self._bin / command), *arguments], check=True, env=_environment(), cwd=self._folder)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()
