"""
Stages of conversation scripts with real streams: one server on loopback, on free ports, with its SQLite database.

The server is put together here of the same parts as :mod:`ccm.service` uses, without components, web and mail. One
server serves many scripts: each gets people and a room of its own. Transports are ``tcp``, ``bosh``, ``websocket``, and
``resource``: BOSH by the public resource in a plain ``twisted.web`` site.
"""

import secrets
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.web.resource import Resource
from twisted.web.server import Site

from ccm.muc.options import MucOptions
from ccm.muc.service import MucService
from ccm.records import Verifier
from ccm.router.contacts import Contacts
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.running import later, spawn, utc
from ccm.session.bosh_options import BoshOptions
from ccm.session.machine import Session
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.realm import Realm
from ccm.session.tokens import Tokens
from ccm.session.verifiers import make_verifiers
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.clients import BareClient, Client, connect, sign_in
from ccm.testing.pure_stage import befriend
from ccm.transports.bosh import BoshSessions
from ccm.transports.bosh_resource import BOSHResource
from ccm.transports.certificates import Certificates
from ccm.transports.http import FrontFactory
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_origins import Origins
from ccm.transports.http_site import QuietSite
from ccm.transports.outgoing import Turn
from ccm.transports.passwords import PasswordThreads
from ccm.transports.tcp import ClientFactory
from ccm.transports.websocket import WebSocketGate, WebSocketOptions
from ccm.wire.limits import WireOptions
from ccm.wire.parsers import ParserPool

HOST = "localhost"
ANONYMOUS_HOST = "anon.localhost"
PASSWORD = "wherefore art thou"  # noqa: S105 - of people in a play
ITERATIONS = 4096
ENDPOINT = "tcp:0:interface=127.0.0.1"


class ScriptServer:
    """
    A server for scripts.

    :param folder: where its database and certificate are made.
    :param pieces: cut all that comes over TCP and WebSocket at random places, as networks may.
    """

    def __init__(self, reactor: Any, folder: Path, pieces: Random | None = None) -> None:
        self._pieces = pieces
        self._reactor = reactor
        self._folder = folder
        self._undo: list[Any] = []
        self._numbers = count(1)
        self.verifiers: tuple[Verifier, ...] = make_verifiers(PASSWORD, ITERATIONS)

    async def start(self, modules: Iterable[Any], options: Mapping[str, Any] | None = None) -> None:
        """Listen, with these modules; *options* by their names where not the defaults."""
        reactor = self._reactor
        now = reactor.seconds
        stores = await open_stores(reactor, StoreOptions(), StateOptions(), self._folder, host=HOST, now=now)
        self._undo.append(stores.close)
        await stores.uploads.start()
        self.router = router = Router(stores.accounts.exists, spawn)
        router.add_host(HOST)
        router.add_host(ANONYMOUS_HOST)
        self.services = services = Services(
            host=HOST,
            later=later(reactor),
            now=now,
            accounts=stores.accounts,
            rosters=stores.rosters,
            contacts=Contacts(stores.rosters, spawn),
            account_xml=stores.account_xml,
            pubsub_nodes=stores.pubsub_nodes,
            archive=stores.archive,
            personal=stores.personal,
            offline=stores.offline,
            barrier=stores.database.barrier,
            tokens=stores.tokens,
            state=stores.state,
            uploads=stores.uploads,
            push_targets=stores.push_targets,
            urls={"web": "http://localhost/", "uploads": "http://localhost/upload/"},
        )
        domain = f"conference.{HOST}"
        rooms = MucService(
            domain, router, stores.archive, stores.rooms, stores.state, MucOptions(), now, services.later, spawn
        )
        await rooms.start()
        self._undo.append(rooms.stop)
        router.add_domain(domain, rooms)
        router.attach(rooms)  # before modules, as in a server
        for module in modules:
            module.install(router, services, (options or {}).get(module.name))
        await self._listen(self._realm(stores), stores)

    async def stop(self) -> None:
        """Close everything."""
        for session in list(self.router.all_sessions()):
            session.close("system-shutdown")
        while self._undo:
            await _awaited(self._undo.pop()())

    def stage(self, transport: str) -> "NetStage":
        """A fresh stage, with people and a room of its own."""
        return NetStage(self, transport, next(self._numbers), self._reactor)

    def _realm(self, stores: Any) -> Realm:
        passwords = PasswordThreads(self._reactor, ITERATIONS)
        passwords.start()
        self._undo.append(passwords.stop)
        return Realm(
            host=HOST,
            router=self.router,
            accounts=stores.accounts,
            tokens=Tokens(stores.tokens, lambda: utc(self._reactor.seconds())),
            verify_password=passwords.verify,
            spawn=spawn,
            later=later(self._reactor),
            now=self._reactor.seconds,
            random=secrets.token_bytes,
            secret=b"of scripts",
            options=SessionOptions(require_tls=False, bytes_per_second=0, bytes_per_second_before_login=0),
            sasl=SaslOptions(iterations=ITERATIONS, plain_without_tls=True, anonymous_hosts=(ANONYMOUS_HOST,)),
            barrier=stores.database.barrier,
        )

    async def _listen(self, realm: Realm, stores: Any) -> None:
        reactor = self._reactor
        pool = ParserPool(WireOptions())
        turn = Turn(partial(reactor.callLater, 0))
        certificates = Certificates(self._folder, (HOST,))

        def over_bosh(connection: Any, framing: Any) -> Session:
            return Session(realm, connection, framing, "bosh")

        bosh = BoshSessions(
            over_bosh,
            pool,
            BoshOptions(),
            reactor,
            stores.database.barrier,
            secrets.token_urlsafe,
        )
        websocket = WebSocketGate(
            lambda connection, framing: Session(realm, connection, framing, "websocket"),
            pool,
            WebSocketOptions(),
            realm.options,
            reactor,
            turn,
        )
        site = QuietSite(Resource(), reactor)
        front = FrontFactory(reactor, HttpOptions(), site, bosh=bosh, websocket=websocket)
        root = Resource()
        root.putChild(b"http-bind", BOSHResource(bosh, Origins(())))
        clients = ClientFactory(realm, pool, reactor, turn, certificates)
        self._undo.append(bosh.stop)
        self.ports: dict[str, int] = {}
        for names, factory in ((("tcp",), clients), (("bosh", "websocket"), front), (("resource",), Site(root))):
            if self._pieces is not None:
                cut_what_comes(factory, self._pieces)
            port = await serverFromString(reactor, ENDPOINT).listen(factory)
            self._undo.append(port.stopListening)
            self.ports.update(dict.fromkeys(names, port.getHost().port))


def cut_what_comes(factory: Any, random: Random) -> None:
    """Hand the protocols of a factory what they receive in pieces of any size, mostly small ones."""
    build = factory.buildProtocol

    def built(address: Any) -> Any:
        protocol = build(address)
        if protocol is not None:
            receive = protocol.dataReceived

            def received(data: bytes) -> None:
                while data:
                    size = random.choice((1, 2, 3, 7, 40, 300, len(data)))
                    piece, data = data[:size], data[size:]
                    receive(piece)

            protocol.dataReceived = received
        return protocol

    factory.buildProtocol = built


class NetStage:
    """One script's part of a server, over one transport."""

    host = HOST
    muc = f"conference.{HOST}"
    password = PASSWORD

    def __init__(self, server: ScriptServer, transport: str, number: int, reactor: Any) -> None:
        self.name = transport
        self._link = "bosh" if transport == "resource" else transport
        self.garden = f"garden{number}@{self.muc}"
        self._server = server
        self._number = number
        self._reactor = reactor
        self._clients: list[Any] = []

    def local(self, name: str) -> str:
        """The name with this script's number."""
        return f"{name.lower()}{self._number}"

    async def prepare(self, names: list[str], friends: list[tuple[str, str]]) -> None:
        """Make accounts, and friends of pairs."""
        services = self._server.services
        for name in names:
            await services.accounts.create(f"{name}@{HOST}", name, None, self._server.verifiers)
        await befriend(services, friends)

    async def sign_in(self, name: str, resource: str) -> Client:
        """A client with a bound resource."""
        client = await sign_in(
            self._reactor,
            self._link,
            port=self._server.ports[self.name],
            domain=HOST,
            name=name,
            password=PASSWORD,
            resource=resource,
            timeout_seconds=5,
        )
        self._clients.append(client)
        return client

    async def connect(self, transport: str = "") -> BareClient:
        """A bare connection."""
        port, over = self._server.ports[transport or self.name], transport or self._link
        link = await connect(self._reactor, over, host="127.0.0.1", port=port, domain=HOST, timeout_seconds=5)
        client = BareClient(link)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Sign everybody out."""
        for client in self._clients:
            await client.sign_out()


async def _awaited(result: Any) -> None:
    if result is not None:
        await result
