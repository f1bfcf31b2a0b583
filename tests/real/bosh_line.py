"""
A client's side of BOSH that outlives the server (XEP-0124 1.11.2 §14.3): what was not answered is asked for again.

The face is that of the links of :mod:`ccm.testing.clients`; answers are taken in the order of their rids.
"""

import os
from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, readBody
from twisted.web.http_headers import Headers
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.testing.inbox import Inbox
from ccm.wire.stanza import attribute, parse_element

_HEADERS = Headers({"Content-Type": ["text/xml; charset=utf-8"]})


class BoshLine:
    """
    :param taken: called with the elements that a request carried, once it is answered.
    :ivar ending: the condition with which the server ended the session.
    :param lost: called once when a request has failed, until :meth:`go_on`.
    """

    def __init__(
        self,
        reactor: Any,
        port: int,
        inbox: Inbox,
        taken: Callable[[list[bytes]], None],
        lost: Callable[[], None],
    ) -> None:
        self._reactor = reactor
        self._url = f"http://127.0.0.1:{port}/http-bind".encode()
        self._taken, self._lost = taken, lost
        self.inbox = inbox
        self._pool = HTTPConnectionPool(reactor)
        self._agent = Agent(reactor, connectTimeout=5, pool=self._pool)
        self._sid = ""
        self.ending = ""
        self._rid = int.from_bytes(os.urandom(4), "big")
        self._queue: list[bytes] = []
        self._open: dict[int, tuple[str, list[bytes]]] = {}
        self._answers: dict[int, Element] = {}
        self._flying: dict[int, Deferred[Any]] = {}
        self._scheduled = self.broken = self._closed = False

    async def open(self) -> None:
        """Create the session, or restart its stream."""
        if self._sid:
            self._request(f"to='localhost' xmpp:restart='true' xmlns:xmpp='{ns.XBOSH}'", [])
        else:
            self._request(
                f"to='localhost' wait='30' hold='1' ver='1.11' xml:lang='en' xmpp:version='1.0' "
                f"xmlns:xmpp='{ns.XBOSH}'",
                [],
            )

    async def secure(self) -> None:
        """:raises RuntimeError: always; TLS is below HTTP."""
        raise RuntimeError("BOSH has no STARTTLS.")

    def write(self, xml: bytes) -> None:
        """Send one element with the next request."""
        self._queue.append(xml)
        self._schedule()

    async def go_on(self) -> None:
        """The server is there again: ask anew for every answer that is missing, in order."""
        for flying in tuple(self._flying.values()):
            flying.cancel()
        await self._pool.closeCachedConnections()
        self.broken = False
        for rid in sorted(set(self._open) - set(self._answers)):
            self._send(rid)
        self._schedule()

    async def close(self) -> None:
        """Terminate the session."""
        if not self.inbox.ended and not self.broken:
            self._request("type='terminate'", [])
            while not self.inbox.ended and not self.broken:
                if await self.inbox.take() is None:
                    break
        await self.drop()

    async def drop(self) -> None:
        """Break every connection for good."""
        self._closed = True
        self.inbox.end()
        for flying in tuple(self._flying.values()):
            flying.cancel()
        await self._pool.closeCachedConnections()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._reactor.callLater(0, self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if self.inbox.ended or self.broken or not self._sid:
            return
        if (self._queue and len(self._open) < 2) or not self._open:
            units, self._queue = self._queue, []
            self._request("", units)

    def _request(self, attributes: str, units: list[bytes]) -> None:
        self._rid += 1
        self._open[self._rid] = attributes, units
        self._send(self._rid)

    def _send(self, rid: int) -> None:
        attributes, units = self._open[rid]
        sid = f" sid='{attribute(self._sid)}'" if self._sid else ""
        body = f"<body xmlns='{ns.HTTPBIND}' rid='{rid}'{sid} {attributes}>".encode() + b"".join(units) + b"</body>"
        flying: Deferred[Any] = Deferred.fromCoroutine(self._exchange(rid, body))
        self._flying[rid] = flying

        def landed(_: Any) -> None:
            if self._flying.get(rid) is flying:
                del self._flying[rid]

        def failed(_: Any) -> None:
            if self._flying.get(rid) is flying and not self._closed and not self.broken:
                self.broken = True
                self._lost()

        flying.addErrback(failed).addBoth(landed)

    async def _exchange(self, rid: int, body: bytes) -> None:
        response = await self._agent.request(b"POST", self._url, _HEADERS, FileBodyProducer(BytesIO(body)))
        answer = await readBody(response)
        if response.code != 200:
            raise ConnectionError(f"HTTP {response.code}")
        self._answers[rid] = parse_element(answer)
        while self._open and not self.inbox.ended and (first := min(self._open)) in self._answers:
            self._take(first, self._answers.pop(first))
        self._schedule()

    def _take(self, rid: int, answer: Element) -> None:
        _, units = self._open.pop(rid)
        self._sid = self._sid or answer.getAttribute("sid") or ""
        ended = answer.getAttribute("type") == "terminate"
        if not ended or answer.getAttribute("condition") is None:
            self._taken(units)
        for child in answer.elements():
            self.inbox.put(child)
        if ended:
            self.ending = answer.getAttribute("condition") or ""
            self.inbox.end()
