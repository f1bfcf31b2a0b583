"""
BOSH as a resource of any ``twisted.web`` site (XEP-0124 1.11.2), for requests of every kind that HTTP/1 knows.

The same sessions as on the lean path of :mod:`ccm.transports.http_front`; a session may even change between them.
"""

from typing import Any

from twisted.python.failure import Failure
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from ccm.transports.bosh import BoshSessions, HeldSession
from ccm.transports.http_front import PAGE
from ccm.transports.http_headers import set_security_headers
from ccm.transports.http_origins import Origins, loopback, refusal


class ResourceHandle:
    """A request that waits; see :class:`ccm.transports.bosh.Handle`."""

    __slots__ = ("_done", "_sessions", "peer", "request", "rid", "secure", "session")

    def __init__(self, request: Request, sessions: BoshSessions) -> None:
        self.request = request
        self.peer = getattr(request.getClientAddress(), "host", "")
        self.secure = request.isSecure() or loopback(self.peer)
        self.session: HeldSession | None = None
        self.rid = 0
        self._done = False
        self._sessions = sessions
        request.notifyFinish().addErrback(self._lost)

    def respond(self, body: bytes, content_type: str, status: int) -> None:
        """Answer it."""
        if self._done:
            self._sessions.undelivered(self)
            return
        self._done = True
        request = self.request
        request.setResponseCode(status)
        request.setHeader(b"Content-Type", content_type.encode())
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()

    def drop(self) -> None:
        """Close the connection without an answer."""
        self._done = True
        self.request.loseConnection()

    def _lost(self, _: Failure) -> None:
        answered, self._done = self._done, True
        (self._sessions.undelivered if answered else self._sessions.aborted)(self)


class BOSHResource(Resource):
    """
    Mount it where clients expect BOSH, e.g. ``root.putChild(b"http-bind", BOSHResource(sessions))``.

    :param origins: which web pages may use it; by default those of the own host.
    """

    isLeaf = True

    def __init__(self, sessions: BoshSessions, origins: Origins | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._sessions = sessions
        self._origins = origins or Origins()

    def render_POST(self, request: Request) -> Any:
        """A BOSH request."""
        fields = self._prepare(request)
        refused = refusal(fields, self._origins)
        limit = self._sessions.options.max_body_bytes
        body = request.content.read(limit + 1) if request.content is not None else b""
        if refused is None and len(body) > limit:
            refused = 413, f"A request may have at most {limit} bytes."
        if refused is not None:
            request.setResponseCode(refused[0])
            request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
            return refused[1].encode() + b"\n"
        self._sessions.request(body, ResourceHandle(request, self._sessions))
        return NOT_DONE_YET

    def render_OPTIONS(self, request: Request) -> bytes:
        """What a page of another origin asks first."""
        fields = self._prepare(request)
        request.setHeader(b"Allow", b"GET, HEAD, OPTIONS, POST")
        if not self._origins.allowed(fields):
            request.setResponseCode(403)
            return b""
        for name, value in self._origins.preflight(fields):
            request.setHeader(name, value)
        request.setResponseCode(204)
        return b""

    def render_GET(self, request: Request) -> bytes:
        """A page for people who come here."""
        self._prepare(request)
        set_security_headers(request)
        request.setHeader(b"Content-Type", b"text/html; charset=utf-8")
        return PAGE

    def _prepare(self, request: Request) -> dict[bytes, bytes]:
        fields = {name.lower(): values[-1] for name, values in request.requestHeaders.getAllRawHeaders()}
        request.setHeader(b"Cache-Control", b"no-store")
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        for name, value in self._origins.headers(fields):
            request.setHeader(name, value)
        return fields
