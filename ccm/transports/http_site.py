"""
Handing a connection to ``twisted.web`` for one request at a time.

The front (:mod:`ccm.transports.http`) has read the head strictly and feeds the channel exactly the bytes of that one
request, so the channel never sees what comes after and can be left again when the request is done.
"""

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IReactorTime
from twisted.web.http import HTTPChannel, Request
from twisted.web.resource import IResource
from twisted.web.server import Site


class QuietSite(Site):
    """A site without an access log file and without tracebacks for strangers."""

    displayTracebacks = False

    def __init__(self, root: IResource, reactor: Any) -> None:
        super().__init__(root, reactor=reactor)

    def log(self, request: Request) -> None:
        """Nothing per request: requests are counted, not logged."""


class SiteChannel(HTTPChannel):
    """
    A channel that serves one request and gives the connection back.

    :param done: called when the answer is complete; the connection may be used again if the channel is persistent.
    :param last: whether the connection is closed after this request.
    :param client: the client's address and whether it came encrypted, if a proxy that is believed says so.
    """

    def __init__(
        self,
        site: Site,
        clock: IReactorTime,
        done: Callable[[], None],
        *,
        last: bool,
        client: tuple[str, bool] | None = None,
    ) -> None:
        super().__init__()
        self.site = site
        self.factory = site
        self.requestFactory = site.requestFactory
        self.callLater = clock.callLater  # type: ignore[method-assign,assignment]
        self.timeOut = None  # the front looks after time
        self._done = done
        self._last = last
        self._client = client
        self.sent = 0  #: bytes of the answer so far

    @property
    def complete(self) -> bool:
        """Whether the whole request has been read."""
        return bool(self._handlingRequest)

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        """Close after this request if the front says so."""
        persistent = bool(super().checkPersistence(request, version))
        if persistent and self._last:
            request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
            return False
        return persistent

    def requestDone(self, request: Request) -> None:
        """The answer has been written."""
        super().requestDone(request)
        if self.persistent:
            self.leave()
        self._done()

    def getPeer(self) -> Any:
        """The client's address, which requests answer as ``getClientAddress()``."""
        peer: Any = super().getPeer()
        if self._client is None:
            return peer
        host, port = self._client[0], getattr(peer, "port", 0)
        return IPv6Address("TCP", host, port) if ":" in host else IPv4Address("TCP", host, port)

    def isSecure(self) -> bool:
        """Whether the client's connection is encrypted, as far as is known here."""
        return bool(super().isSecure()) or (self._client is not None and self._client[1])

    def write(self, data: bytes) -> None:
        """A part of the answer."""
        self.sent += len(data)
        super().write(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Several parts of it."""
        parts = list(iovec)
        self.sent += sum(map(len, parts))
        super().writeSequence(parts)

    def leave(self) -> None:
        """Let go of the connection."""
        self.setTimeout(None)
        self._networkProducer.unregisterProducer()  # type: ignore[attr-defined]
