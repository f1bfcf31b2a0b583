"""A client's side of BOSH (XEP-0124 1.11.2, XEP-0206 1.4): two connections, at most two requests at once."""

import os
from io import BytesIO
from typing import Any, Self

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, ResponseDone
from twisted.web.http_headers import Headers

from ccm import namespaces as ns
from ccm.testing.inbox import Inbox
from ccm.wire.stanza import attribute, parse_element

_HEADERS = Headers({"Content-Type": ["text/xml; charset=utf-8"]})


class _Whole(Protocol):
    """An HTTP answer's body, all of it."""

    def __init__(self) -> None:
        self.done: Deferred[bytes] = Deferred()
        self._parts: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """Twisted calls this."""
        self._parts.append(data)

    def connectionLost(self, reason: Any = None) -> None:
        """Twisted calls this, also at the regular end."""
        if reason.check(ResponseDone):
            self.done.callback(b"".join(self._parts))
        else:
            self.done.errback(reason)


class BoshLink:
    """One BOSH session; a request is always on its way once the session has begun."""

    def __init__(self, reactor: Any, url: str, domain: str, inbox: Inbox) -> None:
        self._reactor = reactor
        self._pool = HTTPConnectionPool(reactor)
        self._agent = Agent(reactor, pool=self._pool)
        self._url = url.encode()
        self._domain = domain
        self.inbox = inbox
        self._sid = ""
        self._rid = int.from_bytes(os.urandom(4), "big")
        self._queue: list[bytes] = []
        self._flying: set[Deferred[None]] = set()
        self._scheduled = False
        self._over: Deferred[None] = Deferred()

    @classmethod
    async def connect(cls, reactor: Any, host: str, port: int, domain: str, inbox: Inbox) -> Self:
        """A link; nothing is sent before the stream is opened."""
        return cls(reactor, f"http://{host}:{port}/http-bind", domain, inbox)

    async def open(self) -> None:
        """Create the session, or restart its stream."""
        if self._sid:
            self._request(f"to='{attribute(self._domain)}' xmpp:restart='true' xmlns:xmpp='{ns.XBOSH}'", b"")
        else:
            self._request(
                f"to='{attribute(self._domain)}' wait='30' hold='1' ver='1.11' xml:lang='en' "
                f"xmpp:version='1.0' xmlns:xmpp='{ns.XBOSH}'",
                b"",
            )

    async def secure(self) -> None:
        """:raises RuntimeError: always; TLS is below HTTP."""
        raise RuntimeError("BOSH has no STARTTLS.")

    def write(self, xml: bytes) -> None:
        """Send one element with the next request."""
        self._queue.append(xml)
        self._schedule()

    async def close(self) -> None:
        """Terminate the session."""
        if not self.inbox.ended:
            self._request("type='terminate'", b"".join(self._take()))
        await self._over
        await self._pool.closeCachedConnections()

    async def drop(self) -> None:
        """Break every connection; the server notices by the session's inactivity."""
        self.inbox.end()
        for flying in tuple(self._flying):
            flying.cancel()
        await self._pool.closeCachedConnections()

    def _take(self) -> list[bytes]:
        queue, self._queue = self._queue, []
        return queue

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._reactor.callLater(0, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if self.inbox.ended or not self._sid:
            return
        if (self._queue and len(self._flying) < 2) or not self._flying:
            self._request("", b"".join(self._take()))

    def _request(self, attributes: str, payload: bytes) -> None:
        self._rid += 1
        sid = f" sid='{self._sid}'" if self._sid else ""
        body = f"<body xmlns='{ns.HTTPBIND}' rid='{self._rid}'{sid} {attributes}>".encode() + payload + b"</body>"
        flying: Deferred[None] = Deferred.fromCoroutine(self._exchange(body))
        self._flying.add(flying)

        def landed(result: Any) -> None:
            self._flying.discard(flying)
            if getattr(result, "check", lambda *_: None)(CancelledError):
                return
            if hasattr(result, "raiseException"):
                self._end()
                return
            if not self.inbox.ended:
                self._schedule()

        flying.addBoth(landed)

    async def _exchange(self, body: bytes) -> None:
        response = await self._agent.request(b"POST", self._url, _HEADERS, FileBodyProducer(BytesIO(body)))
        whole = _Whole()
        response.deliverBody(whole)
        answer = await whole.done
        if response.code != 200:
            raise ConnectionError(f"HTTP {response.code}")
        element = parse_element(answer)
        self._sid = self._sid or element.getAttribute("sid") or ""
        for child in element.elements():
            self.inbox.put(child)
        if element.getAttribute("type") == "terminate":
            self._end()

    def _end(self) -> None:
        self.inbox.end()
        if not self._over.called:
            self._over.callback(None)
