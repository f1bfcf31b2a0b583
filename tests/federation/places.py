"""Servers of nothing but a router and federation, on real sockets with real certificates."""

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
    """

    def __init__(self, host: str, certificate: tuple[Path, Path], ca_file: Path, **options: Any) -> None:
        self.host = host
        self.services = fakes.make_services(host)
        self.router = fakes.make_router(self.services)
        given: dict[str, Any] = {"listen": ("tcp:0:interface=127.0.0.1",), "ca_file": str(ca_file), **options}
        self.routes: dict[str, str] = given.setdefault("routes", {})
        self.options = FederationOptions(enabled=True, **given)
        chain = [crypto.load_certificate(crypto.FILETYPE_PEM, certificate[0].read_bytes())]
        key = crypto.load_privatekey(crypto.FILETYPE_PEM, certificate[1].read_bytes())
        self._credentials = (chain, key)
        self.federation: Federation | None = None
        self.lost: list[str] = []

    async def start(self) -> "Place":
        """*async* Listen."""
        federation = self.federation = Federation(
            reactor, self.router, self.options, WireOptions(), lambda _: self._credentials, self.host.encode() * 4
        )
        await federation.listen()
        return self

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
