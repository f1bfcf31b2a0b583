"""
The protocol of one HTTP/1 connection (RFC 9110, RFC 9112), in front of BOSH, WebSocket and the site.

It reads each request's head strictly, then: BOSH requests stay on this lean path, WebSocket upgrades get a protocol
of their own, files that are put stream past the site (:mod:`ccm.transports.http_put`), all else is handed to a
``twisted.web`` site, one request at a time. BOSH requests that are chunked,
expect a 100 or are of HTTP/1.0 go to the site too, where a :class:`~ccm.transports.bosh_resource.BOSHResource`
answers them. Leaves out HTTP/2 and TLS, which is below.
"""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from ccm.session.visitors import Refused
from ccm.transports.http_exchange import Exchange
from ccm.transports.http_head import BadHead, Head
from ccm.transports.http_headers import SECURITY_HEADERS
from ccm.transports.http_origins import refusal
from ccm.transports.http_site import SiteChannel
from ccm.transports.outgoing import send_now, unsent_bytes

if TYPE_CHECKING:
    from ccm.transports.http import FrontFactory

CLOSING_SECONDS = 30  # that a client may take for the last of what it is sent
LEAST_ANSWER_BYTES = 1_048_576  # of a long answer that a client must take in the time for an answer, to have more
MAX_UNSENT = 8_388_608  # bytes of answers that a client may leave unread and ask for more
MAX_PIPELINED = 8  # requests of one connection that wait for their answers
PAGE = (
    b"<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Chat address</title><h1>This is an address for chat "
    b"programs</h1><p>Programs connect here by BOSH (XEP-0124). "
    b"People begin at <a href='/'>the front page</a>.</p></html>\n"
)


class Front(Protocol):
    """One connection."""

    factory: "FrontFactory"
    transport: Any
    slot = 0  # the timer wheel's
    deadline: float | None = None

    def __init__(self, factory: "FrontFactory") -> None:
        self.factory = factory
        self._buffer = b""
        self._head: Head | None = None
        self._waiting: deque[Exchange] = deque()
        self._last: Exchange | None = None  # the newest one answered, while nothing was received since
        self._channel: Any = None  # a SiteChannel while the site has the connection
        self._left: int | None = 0  # bytes that the site's request still lacks; None: it is chunked
        self._fed = self._sent = 0
        self._socket: Any = None  # the WebSocket protocol
        self._parsing = False
        self._closing = False
        self._paused = False

    # ---- the connection

    def connectionMade(self) -> None:
        transport = self.transport
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
            transport.setTcpKeepAlive(True)
        self.address = getattr(transport.getPeer(), "host", "")
        try:
            self.factory.opened(self)
        except Refused as refused:
            self._refuse(429, refused.text, ((b"Retry-After", b"60"),))
            return
        self._wait(self.factory.options.idle_seconds)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.deadline, self._closing = None, True
        self.factory.closed(self)
        if self._socket is not None:
            self._socket.connectionLost(reason)
        if self._channel is not None:
            channel, self._channel = self._channel, None
            channel.connectionLost(reason)
        bosh = self.factory.bosh
        if bosh is None:
            return
        for exchange in self._waiting:
            (bosh.aborted if exchange.answer is None else bosh.undelivered)(exchange)
        self._waiting.clear()
        if self._last is not None and not reason.check(ConnectionDone):
            bosh.undelivered(self._last)
        self._last = None

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        if self._channel is not None:
            if not self.transport.disconnecting:  # else the site has refused
                self._feed(data)
            return
        self._last = None
        self._buffer = self._buffer + data if self._buffer else data
        self._parse()

    def tick(self, now: float) -> float | None:
        """The time of :attr:`deadline` may have come."""
        if self.deadline is None or now < self.deadline:
            return self.deadline
        channel = self._channel
        if self._closing or self.transport.disconnecting or (channel is not None and channel.complete):
            if not self._goes_on(channel):
                self.drop()
        elif channel is not None or self._unread:
            self._abandon()
            self._refuse(408, "The request came too slowly.")
        else:
            self._close()
        return self.deadline

    def _goes_on(self, channel: Any) -> bool:
        """Whether a long answer is on its way and its client reads; then it has as much time again."""
        sent = getattr(channel, "sent", 0)
        if self._closing or sent - self._sent < LEAST_ANSWER_BYTES:
            return False
        self._sent = sent
        self._wait(self.factory.answer_seconds)
        return True

    def _wait(self, seconds: float) -> None:
        self.deadline = self.factory.clock.seconds() + seconds
        self.factory.wheel.schedule(self, self.deadline)

    # ---- requests

    def _parse(self) -> None:
        if self._parsing:
            return
        self._parsing = True
        try:
            while self._unread and self._socket is None and self._channel is None and not self._closing:
                if len(self._waiting) >= MAX_PIPELINED or not self._request():
                    break
        except BadHead as error:
            self._refuse(error.status, error.text, error.fields)
        finally:
            self._parsing = False
        if self._channel is None and self._socket is None and not self._closing:
            self._throttle(len(self._buffer) > self.factory.options.max_body_bytes + 65_536)

    @property
    def _unread(self) -> bool:
        return bool(self._buffer) or self._head is not None

    def _request(self) -> bool:
        """Take the next request out of the buffer. False: it is not complete, or must wait."""
        head = self._head
        if head is None:
            head = self._read_head()
            if head is None:
                return False
            self._head = head
        lean = self.factory.lean(head)
        if not lean or head.method != b"POST":
            if self._waiting:
                return False  # answers go out in order
            self._head = None
            self._other(head, lean)
            return True
        assert head.length is not None
        if len(self._buffer) < head.length:
            self._wait(self.factory.options.body_seconds) if self.deadline is None else None
            return False
        body, self._buffer = self._buffer[: head.length], self._buffer[head.length :]
        self._head = self.deadline = None
        self._bosh(head, body)
        return True

    def _read_head(self) -> Head | None:
        options = self.factory.options
        buffer = self._buffer
        if buffer[:2] == b"\r\n":
            buffer = self._buffer = buffer[2:]  # RFC 9112 §2.2: "ignore at least one empty line"
        end = buffer.find(b"\r\n\r\n", 0, options.max_head_bytes + 4)
        if end < 0:
            if len(buffer) > options.max_head_bytes:
                raise BadHead(431, f"The head of a request may have at most {options.max_head_bytes} bytes.")
            if not self._waiting and buffer:
                self._begin()
            return None
        if unsent_bytes(self.transport) > MAX_UNSENT:
            self.drop()  # it asks for more and reads nothing
            return None
        head = self.factory.heads.parse(buffer[:end])
        self._buffer = buffer[end + 4 :]
        if head.length is not None and head.length > options.max_body_bytes and not self.factory.streams(head):
            raise BadHead(413, f"A request may have at most {options.max_body_bytes} bytes.")
        self.deadline = None
        return head

    def _begin(self) -> None:
        """The first bytes of a request are there: the rest must come soon."""
        options, now = self.factory.options, self.factory.clock.seconds()
        limit = now + options.head_seconds
        if self.deadline is None or self.deadline > limit:
            self._wait(options.head_seconds)

    def _bosh(self, head: Head, body: bytes) -> None:
        factory = self.factory
        assert factory.bosh is not None
        peer, secure = factory.origin_of(self, head)
        exchange = Exchange(self, head, peer, secure)
        self._waiting.append(exchange)
        refused = refusal(head.fields, factory.origins)
        if refused is None and len(body) > (limit := factory.bosh.options.max_body_bytes):
            refused = 413, f"A request may have at most {limit} bytes."
        if refused is None:
            factory.bosh.request(body, exchange)
        else:
            exchange.respond(refused[1].encode() + b"\n", "text/plain; charset=utf-8", refused[0])

    def _other(self, head: Head, lean: bool) -> None:
        factory = self.factory
        if factory.websocket is not None and head.path == factory.websocket_path and b"upgrade" in head.fields:
            self._upgrade(head)
        elif lean and head.method == b"OPTIONS":
            allowed = factory.origins.allowed(head.fields)
            fields = factory.origins.preflight(head.fields) if allowed else ()
            self._answer(204 if allowed else 403, (*fields, (b"Allow", b"GET, HEAD, OPTIONS, POST")), b"", head)
        elif lean and head.method in (b"GET", b"HEAD"):
            page = ((b"Content-Type", b"text/html; charset=utf-8"), (b"Cache-Control", b"no-store"), *SECURITY_HEADERS)
            self._answer(200, page, PAGE, head)
        elif lean:
            self._answer(405, ((b"Allow", b"GET, HEAD, OPTIONS, POST"),), b"", head)
        elif factory.files is not None and factory.files.takes(head):
            channel = factory.files.take(head, factory.response, self._throttle, self._taken_back)
            self._begin_body(channel, head, factory.files.seconds(head))
        else:
            self._hand_over(head)

    def _upgrade(self, head: Head) -> None:
        factory = self.factory
        assert factory.websocket is not None
        if not factory.origins.allowed(head.fields):
            raise BadHead(403, "Pages of this origin may not sign in here. Add it to http.origins.")
        self._socket = factory.websocket.open(head, self.transport, *factory.origin_of(self, head))
        self.deadline = None
        self.dataReceived = self._socket.dataReceived  # type: ignore[method-assign]
        rest, self._buffer = self._buffer, b""
        if rest:
            self._socket.dataReceived(rest)

    # ---- the site

    def _hand_over(self, head: Head) -> None:
        factory = self.factory
        # a chunked request ends where the site says, so nothing may come after it
        site = factory.bosh_site if head.path == factory.bosh_path else factory.site
        channel: Any = SiteChannel(
            site, factory.clock, self._taken_back, last=head.length is None, client=factory.believed(self, head)
        )
        self._begin_body(channel, head, 0, _again(head))

    def _begin_body(self, channel: Any, head: Head, more_seconds: float, again: bytes = b"") -> None:
        self._channel, self._left, self._fed, self._sent = channel, head.length, 0, 0
        self._wait(self.factory.options.body_seconds + more_seconds)
        channel.makeConnection(self.transport)
        if again:
            channel.dataReceived(again)
        if self._channel is channel and self._buffer:
            data, self._buffer = self._buffer, b""
            self._feed(data)
        self._await_answer(channel)

    def _feed(self, data: bytes) -> None:
        channel = self._channel
        assert channel is not None
        if self._left is None:
            self._fed += len(data)
            if channel.complete:
                return
            if self._fed > self.factory.options.max_body_bytes:
                self._abandon()
                self._refuse(413, f"A request may have at most {self.factory.options.max_body_bytes} bytes.")
                return
            channel.dataReceived(data)
            self._await_answer(channel)
            return
        own, rest = data[: self._left], data[self._left :]
        self._left -= len(own)
        if rest:
            self._buffer += rest
            self._throttle(len(self._buffer) > 65_536)
        if own:
            channel.dataReceived(own)
            self._await_answer(channel)

    def _await_answer(self, channel: Any) -> None:
        """The site has time of its own once its request is whole."""
        if self._channel is channel and channel.complete and not self._closing:
            self._wait(self.factory.answer_seconds)

    def _abandon(self) -> None:
        """Take the connection back from a request that is not whole."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.leave()
            channel.connectionLost(Failure(ConnectionDone()))

    def _taken_back(self) -> None:
        channel = self._channel
        if channel is not None and not channel.persistent:  # it closes the connection
            self._closing = True
            self._wait(CLOSING_SECONDS)
            return
        self._channel = None
        if self._closing:
            return
        self._throttle(False)
        self._wait(self.factory.options.idle_seconds)
        if self._buffer:
            self.factory.clock.callLater(0, self._parse)

    def _throttle(self, full: bool) -> None:
        if full != self._paused:
            self._paused = full
            (self.transport.pauseProducing if full else self.transport.resumeProducing)()

    # ---- answers

    def answered(self) -> None:
        """An exchange has its answer: write what is complete, in order."""
        ready = []
        while self._waiting and self._waiting[0].answer is not None:
            self._last = self._waiting.popleft()
            ready.append(self._last.answer or b"")
            if not self._last.head.keep_alive:
                self._closing = True  # nothing after it is answered
                break
        if not ready:
            return
        data = ready[0] if len(ready) == 1 else b"".join(ready)
        # straight to the socket if nothing is queued: saves the reactor two system calls and a turn
        rest = send_now(self.transport, data) if unsent_bytes(self.transport) == 0 else None
        if rest is None:
            self.transport.write(data)
        elif rest:
            self.transport.write(rest)
        if self._closing:
            self._close()
        elif not self._waiting:
            self._wait(self.factory.options.idle_seconds)
        if self._unread and not self._parsing:
            self._parse()

    def drop(self) -> None:
        """Close the connection; what waits on it is asked for again."""
        self._closing, self.deadline = True, None
        self.transport.abortConnection()

    def _answer(self, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes, head: Head) -> None:
        close = not head.keep_alive or head.length != 0  # the body is not read
        response = self.factory.response(status, fields, body, close=close, bodiless=head.method == b"HEAD")
        self.transport.write(response)
        if close:
            self._close()
        else:
            self._wait(self.factory.options.idle_seconds)

    def _refuse(self, status: int, text: str, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        """Answer with an error and close: what follows cannot be trusted."""
        if self._closing:
            return
        fields = (*extra, (b"Content-Type", b"text/plain; charset=utf-8"), (b"Cache-Control", b"no-store"))
        self.transport.write(self.factory.response(status, fields, text.encode() + b"\n", close=True))
        self._close()

    def _close(self) -> None:
        self._closing = True
        self._wait(CLOSING_SECONDS)
        self.transport.loseConnection()


def _again(head: Head) -> bytes:
    """The head once more, for the site: each field as it was understood."""
    lines = [b"%b %b HTTP/1.%d" % (head.method, head.target, head.minor)]
    lines.extend(b"%b: %b" % field for field in head.fields.items())
    return b"\r\n".join(lines) + b"\r\n\r\n"
