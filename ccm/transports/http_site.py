"""
Handing a connection to ``twisted.web`` for one request at a time.

The front (:mod:`ccm.transports.http`) has read the head strictly and feeds the channel exactly the bytes of that one
request, so the channel never sees what comes after and can be left again when the request is done.
"""

from collections.abc import Callable
from typing import Any

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

    :param done: called when the answer is complete and the connection may be used again.
    :param last: whether the connection is closed after this request.
    """

    def __init__(self, site: Site, clock: IReactorTime, done: Callable[[], None], *, last: bool) -> None:
        super().__init__()
        self.site = site
        self.factory = site
        self.requestFactory = site.requestFactory
        self.callLater = clock.callLater  # type: ignore[method-assign,assignment]
        self.timeOut = None  # the front looks after time
        self._done = done
        self._last = last

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

    def leave(self) -> None:
        """Let go of the connection."""
        self.setTimeout(None)
        self._networkProducer.unregisterProducer()  # type: ignore[attr-defined]
