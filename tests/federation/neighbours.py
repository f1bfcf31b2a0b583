"""Servers in processes of their own that find one another: CCM, and Prosody."""

from pathlib import Path
from typing import Any, Protocol

from fixtures.authority import Authority
from fixtures.ports import free_ports
from fixtures.prosody import Prosody, listens
from fixtures.server import ITERATIONS, Options, ServerProcess
from twisted.internet import reactor
from twisted.words.xish.domish import Element

from ccm.session.verifiers import make_verifiers
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.clients import Client, sign_in

PASSWORD = "correct horse battery"
PEOPLE = ("ann", "bob", "kim", "lea")


class Neighbour(Protocol):
    """A server as the tests see it."""

    domain: str
    c2s: int
    s2s: int

    def start(self) -> float:
        """Start it."""

    def end(self) -> None:
        """Kill it."""


class Ccm(ServerProcess):
    """CCM with federation, without DNS."""

    def __init__(
        self, folder: Path, domain: str, certificate: tuple[Path, Path], ca_file: Path, options: Options | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.domain = domain
        (self.s2s,) = free_ports(1)
        federation = {
            "enabled": True,
            "listen": [f"tcp:{self.s2s}:interface=127.0.0.1"],
            "ca_file": str(ca_file),
            "queue_seconds": 3,
            "retry_seconds": 0.5,
        }
        tls = {"certificate": str(certificate[0]), "key": str(certificate[1])}
        super().__init__(folder, {"server": {"host": domain}, "federation": federation, "tls": tls, **(options or {})})

    def route(self, routes: dict[str, int]) -> None:
        """Say where domains are, for the next start."""
        self.configure({"federation": {"routes": {domain: f"127.0.0.1:{port}" for domain, port in routes.items()}}})

    def _listens(self) -> bool:
        return listens(self.http) and listens(self.s2s)

    async def add_people(self, domain: str = "") -> None:
        """*async* Make the accounts, those of a further domain if one is named."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        stores = await open_stores(reactor, StoreOptions(), StateOptions(), self.state, host=self.domain)
        try:
            verifiers = make_verifiers(PASSWORD, ITERATIONS)
            for name in PEOPLE:
                await stores.accounts.create(f"{name}@{domain or self.domain}", name.capitalize(), None, verifiers)
        finally:
            await stores.close()


def names(domain: str) -> tuple[str, str]:
    """What a server's certificate must name."""
    return domain, f"*.{domain}"


def acquaint(one: Any, other: Any) -> None:
    """Let two servers find one another, and each other's rooms."""
    for here, there in ((one, other), (other, one)):
        routes = {there.domain: there.s2s, f"conference.{there.domain}": there.s2s, f"topics.{there.domain}": there.s2s}
        if isinstance(here, Prosody):
            here.configure(routes)
        else:
            here.route(routes)


async def prosody(
    folder: Path, domain: str, authority: Authority, *, certified: str = "", strict: bool = True
) -> Prosody:
    """
    *async* One that is not started yet.

    :param certified: another domain, whose certificate it shows. :param strict: it wants certificates itself.
    """
    certificate = authority.certify(*names(certified or domain))
    server = Prosody(folder, domain, certificate, authority.file, strict=strict)
    for name in PEOPLE:
        server.add_account(name, PASSWORD)
    return server


async def ccm(
    folder: Path, domain: str, authority: Authority, *, certified: str = "", strict: bool = True, **options: Any
) -> Ccm:
    """*async* Likewise."""
    server = Ccm(folder, domain, authority.certify(*names(certified or domain)), authority.file, options)
    server.configure({"federation": {"require_certificates": strict}})
    await server.add_people()
    return server


class Person:
    """Somebody who is signed in somewhere."""

    def __init__(self, client: Client) -> None:
        self.jid = client.jid
        self.bare = client.jid.partition("/")[0]
        self.send = client.send
        self.leave = client.sign_out
        self._client = client

    @classmethod
    async def come(cls, server: Neighbour, name: str, *, presence: bool = True) -> "Person":
        """*async* Sign in."""
        client = await sign_in(
            reactor, "tcp", port=server.c2s, domain=server.domain, name=name, password=PASSWORD, timeout_seconds=30
        )
        person = cls(client)
        if presence:
            client.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")
            await person.hears("iq", id="roster")
            client.send("<presence/>")
            await person.hears("presence", from_=client.jid)
        return person

    async def hears(self, kind: str, *, from_: str = "", **attrs: str) -> Element:
        """*async* The next stanza of that kind, sender and attributes; what comes before it is passed over."""
        while True:
            element = await self._client.receive()
            assert element is not None, "the stream has ended"
            sender = element.getAttribute("from") or ""
            fits = all((element.getAttribute(name.rstrip("_")) or "") == value for name, value in attrs.items())
            if element.name == kind and fits and (not from_ or from_ in (sender, sender.partition("/")[0])):
                return element


def condition(stanza: Element) -> str:
    """Of an error."""
    return str(next(child.name for child in stanza.error.elements() if child.name != "text"))


def codes(presence: Element) -> set[str]:
    """Status codes of a room's presence."""
    x = next(x for x in presence.elements() if x.uri == "http://jabber.org/protocol/muc#user")
    return {status["code"] for status in x.elements() if status.name == "status"}
