"""
The HTTP listener: what all of its connections share.

The connections themselves are :mod:`ccm.transports.http_front`. BOSH requests stay on a lean path, WebSocket upgrades
get a protocol of their own, all else is handed to a ``twisted.web`` site. Leaves out HTTP/2, which would only make
BOSH dearer, and TLS, which is below.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Protocol

from twisted.internet.interfaces import IAddress, IReactorTime, ISSLTransport
from twisted.internet.protocol import Factory
from twisted.web.http import datetimeToString
from twisted.web.server import Site

from ccm.session.visitors import Refused, Visitors, unlimited
from ccm.transports.bosh import BoshSessions
from ccm.transports.bosh_resource import BOSHResource
from ccm.transports.http_front import Front
from ccm.transports.http_head import Head, Heads, tokens
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_origins import Origins, loopback
from ccm.transports.http_put import PutGate
from ccm.transports.http_site import QuietSite
from ccm.transports.http_wheel import Wheel


class Gate(Protocol):
    """What opens WebSocket connections: :class:`ccm.transports.websocket.WebSocketGate`."""

    def open(self, head: Head, transport: Any, peer: str, secure: bool) -> Any:
        """Answer the handshake and return the protocol that gets the bytes. :raises BadHead: if it is refused."""


class FrontFactory(Factory):
    """
    Everything that the connections of an HTTP listener share.

    :param bosh: ``None`` serves no BOSH here.
    :param websocket: ``None`` serves no WebSocket here.
    :param files: ``None`` takes no files.
    :param visitors: connections of all listeners; ``None`` limits none.
    :param behind_tls: connections count as encrypted though TLS ends elsewhere.
    """

    noisy = False

    def __init__(
        self,
        clock: IReactorTime,
        options: HttpOptions,
        site: Site,
        *,
        bosh: BoshSessions | None = None,
        websocket: Gate | None = None,
        files: PutGate | None = None,
        visitors: Visitors | None = None,
        behind_tls: bool = False,
    ) -> None:
        self.clock, self.options, self.site, self.bosh, self.websocket = clock, options, site, bosh, websocket
        self.files, self.behind_tls = files, behind_tls
        # BOSH requests that the lean path leaves out wait in the site
        self.answer_seconds = max(options.answer_seconds, bosh.options.wait_seconds + 60 if bosh is not None else 0)
        self.visitors = visitors or unlimited()
        self.bosh_path = options.bosh_path.encode()
        self.websocket_path = options.websocket_path.encode()
        self.origins = Origins(options.origins)
        self.heads = Heads()
        #: answers BOSH requests of the kinds that the lean path leaves out
        self.bosh_site = QuietSite(BOSHResource(bosh, self.origins), clock) if bosh is not None else site
        self.wheel: Wheel[Front] = Wheel(clock, Front.tick)
        self.connections: set[Front] = set()
        self._by_address: dict[str, int] = {}
        self._date = (0, b"")

    def buildProtocol(self, addr: IAddress | None) -> Front:  # type: ignore[override]  # noqa: ARG002
        return Front(self)

    def startFactory(self) -> None:
        self.site.startFactory()

    def stopFactory(self) -> None:
        self.site.stopFactory()

    # ---- connections

    def opened(self, front: Front) -> None:
        """Count a connection in. :raises Refused: if there are too many."""
        options, address = self.options, front.address
        proxy = address in options.trusted_proxies
        counted = None if proxy else self.visitors.counted(address)
        count = self._by_address.get(counted, 0) if counted is not None else 0
        if options.connections_per_address and count >= options.connections_per_address:
            raise Refused("policy-violation", "Your address has too many connections. Close one.")
        self.visitors.connected(address, counted=not proxy)
        self.connections.add(front)
        if counted is not None:
            self._by_address[counted] = count + 1

    def closed(self, front: Front) -> None:
        """Count a connection out."""
        self.wheel.forget(front)
        if front not in self.connections:
            return
        self.connections.remove(front)
        self.visitors.disconnected()
        counted = self.visitors.counted(front.address)
        if counted is not None and counted in self._by_address:
            self._by_address[counted] -= 1
            if not self._by_address[counted]:
                del self._by_address[counted]

    # ---- what a request is

    def lean(self, head: Head) -> bool:
        """Whether it is a BOSH request of the ordinary kind."""
        return bool(
            self.bosh is not None
            and head.path == self.bosh_path
            and head.minor
            and head.length is not None
            and b"expect" not in head.fields
        )

    def streams(self, head: Head) -> bool:
        """Whether its body goes to the disk as it comes, and is held to another limit than those of others."""
        return self.files is not None and self.files.takes(head)

    def origin_of(self, front: Front, head: Head) -> tuple[str, bool]:
        """Address of the client, and whether it came encrypted; proxies that are trusted say so for others."""
        peer = front.address
        secure = self.behind_tls or ISSLTransport.providedBy(front.transport)
        believed = self.believed(front, head)
        if believed is not None:
            return believed[0], secure or believed[1]
        return peer, secure or loopback(peer)

    def believed(self, front: Front, head: Head) -> tuple[str, bool] | None:
        """For whom a trusted proxy speaks: the address, and whether it came encrypted; ``None`` if for nobody."""
        forwarded = tokens(head.fields.get(b"x-forwarded-for", b""))
        if not forwarded or front.address not in self.options.trusted_proxies:
            return None
        https = head.fields.get(b"x-forwarded-proto", b"").lower() == b"https"
        return forwarded[-1].decode("ascii", "replace"), https

    # ---- answers

    def compresses(self, head: Head, body: bytes) -> bool:
        """Whether an answer is worth compressing for that client."""
        above = self.options.compress_above_bytes
        return bool(above) and len(body) > above and b"gzip" in head.fields.get(b"accept-encoding", b"")

    def response(
        self,
        status: int,
        fields: Iterable[tuple[bytes, bytes]],
        body: bytes,
        *,
        close: bool,
        bodiless: bool = False,
    ) -> bytes:
        """A complete response."""
        lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()), b"Date: " + self._now()]
        lines.extend(b"%b: %b" % field for field in fields)
        if status != 204:
            lines.append(b"Content-Length: %d" % len(body))
        if close:
            lines.append(b"Connection: close")
        return b"%b\r\n\r\n%b" % (b"\r\n".join(lines), b"" if bodiless else body)

    def _now(self) -> bytes:
        second = int(self.clock.seconds())
        if self._date[0] != second:
            self._date = (second, datetimeToString())
        return self._date[1]
