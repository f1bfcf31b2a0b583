"""Servers of nothing but a router and federation, on real sockets with real certificates."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from OpenSSL import crypto
from twisted.internet import reactor as real_reactor
from twisted.internet.defer import Deferred

from ccm.federation.options import FederationOptions
from ccm.federation_service import Federation
from ccm.testing import fakes
from ccm.wire.limits import WireOptions
from ccm.wire.stanza import Stanza

reactor: Any = real_reactor
SECONDS = 20.0
Files = tuple[Path, Path]
Credentials = tuple[list[crypto.X509], crypto.PKey]


def credentials(files: Files) -> Credentials:
    """What is in the files of a certificate and its key."""
    chain = [crypto.load_certificate(crypto.FILETYPE_PEM, files[0].read_bytes())]
    return chain, crypto.load_privatekey(crypto.FILETYPE_PEM, files[1].read_bytes())


Made = Callable[..., Awaitable["Place"]]


class Somebody(fakes.RecordingSession):
    """A session whose test waits for what it gets."""

    def __init__(self, jid: str) -> None:
        super().__init__(jid)
        self._waiting: list[Deferred[Stanza]] = []
        self._taken = 0

    def deliver(self, stanza: Stanza) -> None:
        super().deliver(stanza)
        if self._waiting:
            self._taken += 1
            self._waiting.pop(0).callback(stanza)

    async def hears(self) -> Stanza:
        """*async* The next stanza."""
        if self._taken < len(self.received):
            self._taken += 1
            return self.received[self._taken - 1]
        waiting: Deferred[Stanza] = Deferred()
        self._waiting.append(waiting)
        return await waiting.addTimeout(SECONDS, reactor)


class Place:
    """
    One server.

    :param certificate: files of its certificate and key; ``ca_file`` says whom it trusts.
    :param certificates: others, for domains of its own.
    """

    def __init__(
        self,
        host: str,
        certificate: Files,
        ca_file: Path,
        certificates: Mapping[str, Files] | None = None,
        **options: Any,
    ) -> None:
        self.host = host
        self.services = fakes.make_services(host)
        self.router = fakes.make_router(self.services)
        given: dict[str, Any] = {"listen": ("tcp:0:interface=127.0.0.1",), "ca_file": str(ca_file), **options}
        self.routes: dict[str, str] = given.setdefault("routes", {})
        self.options = FederationOptions(enabled=True, **given)
        self._own = credentials(certificate)
        self._others = {domain: credentials(files) for domain, files in (certificates or {}).items()}
        self.federation: Federation | None = None
        self.lost: list[str] = []

    async def start(self) -> "Place":
        """*async* Listen."""
        federation = self.federation = Federation(
            reactor, self.router, self.options, WireOptions(), self._certificate, self.host.encode() * 4
        )
        await federation.listen()
        return self

    def _certificate(self, domain: str) -> Credentials:
        return self._others.get(domain, self._own)

    @property
    def port(self) -> int:
        """That it listens on."""
        assert self.federation is not None
        port: int = self.federation.ports[0].getHost().port  # type: ignore[attr-defined]
        return port

    async def stop(self) -> None:
        """*async* Stop, if it runs."""
        federation, self.federation = self.federation, None
        if federation is not None:
            await federation.stop()

    def somebody(self, name: str) -> Somebody:
        """A session that is bound."""
        session = Somebody(f"{name}@{self.host}/one")
        self.router.bind(session)
        return session

    def send(self, session: Somebody, kind: str, to: str, inner: bytes = b"", **attrs: str) -> None:
        """Send as that session."""
        children = (("jabber:client", "body"),) if inner.startswith(b"<body") else ()
        if kind == "iq" and inner:
            children = (("urn:x", "x"),)
        self.router.route(Stanza(kind, {"from": session.jid, "to": to, **attrs}, inner, children), session)
