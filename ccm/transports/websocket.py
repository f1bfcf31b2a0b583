"""
Clients over WebSocket (RFC 7395, RFC 6455).

The front (:mod:`ccm.transports.http_front`) reads the handshake and checks the origin; from then on bytes come here:
frames to the codec, each message to the framing, its events to the session. What the session writes leaves once a
reactor turn. Leaves out extensions of the framing, compression above all.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm import address
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StreamError
from ccm.interfaces import IConnection
from ccm.session.options import SessionOptions
from ccm.session.shaping import Shaping, unshaped
from ccm.session.visitors import Refused, Visit, Visitors, unlimited
from ccm.transports.http_head import BadHead, Head, tokens
from ccm.transports.http_wheel import Wheel
from ccm.transports.outgoing import Outgoing, Turn
from ccm.wire import websocket as ws
from ccm.wire.framing import WebSocketFraming
from ccm.wire.parsers import ParserPool

log = Logger()

_LINGER_SECONDS = 5.0


class WebSocketOptions(Section):
    """
    Limits of WebSocket connections.

    A message of a client that has signed in has at most ``max_message_bytes`` in ``max_fragments`` frames. A client
    that was silent for ``ping_seconds`` is pinged, and cut when it stays silent as long again (0: never).
    More than ``pings_per_second`` from a client end the connection.
    """

    max_message_bytes: Count = 262_144
    max_fragments: Count = 16
    ping_seconds: CountOr0 = 60
    pings_per_second: CountOr0 = 10


class WebSocketGate:
    """
    Opens WebSocket connections.

    :param stream: makes the client's session above a connection: ``stream(connection, framing)``.
    :param limits: rates and the bound on what is unsent, as for TCP.
    :param visitors: sessions by address; ``None`` limits none.
    """

    def __init__(
        self,
        stream: Callable[["WebSocketConnection", WebSocketFraming], Any],
        pool: ParserPool,
        options: WebSocketOptions,
        limits: SessionOptions,
        clock: IReactorTime,
        turn: Turn,
        visitors: Visitors | None = None,
        shaping: Shaping | None = None,
    ) -> None:
        self.visitors = visitors or unlimited()
        self.shaping = shaping or unshaped(clock.seconds)
        self.stream, self.pool, self.options, self.limits, self.clock, self.turn = (
            stream,
            pool,
            options,
            limits,
            clock,
            turn,
        )
        self.wheel: Wheel[WebSocketConnection] = Wheel(clock, WebSocketConnection.tick)
        self.connections: set[WebSocketConnection] = set()

    def open(self, head: Head, transport: Any, peer: str, secure: bool) -> "WebSocketConnection":
        """Answer a handshake (RFC 6455 §4.2). :raises BadHead: if it is refused."""
        accept = handshake(head)
        try:
            visit = self.visitors.enter(peer)
        except Refused as refused:
            raise BadHead(429, refused.text, ((b"Retry-After", b"60"),)) from refused
        transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n" % accept
        )
        connection = WebSocketConnection(self, transport, peer, secure, visit)
        self.connections.add(connection)
        return connection


def handshake(head: Head) -> bytes:
    """The ``Sec-WebSocket-Accept`` for a request. :raises BadHead: if it may not be upgraded."""
    fields = head.fields
    if head.method != b"GET" or not head.minor or head.length != 0:
        raise BadHead(400, "A WebSocket begins with a GET request of HTTP/1.1.")
    if b"websocket" not in tokens(fields.get(b"upgrade", b"")) or b"upgrade" not in tokens(
        fields.get(b"connection", b"")
    ):
        raise BadHead(400, "A WebSocket is asked for by Upgrade and Connection.")
    if fields.get(b"sec-websocket-version") != b"13":
        raise BadHead(426, "Use version 13 of the WebSocket protocol.", ((b"Sec-WebSocket-Version", b"13"),))
    key = fields.get(b"sec-websocket-key", b"")
    try:
        sound = len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        sound = False
    if not sound:
        raise BadHead(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
    # RFC 7395 §3.1: "the client MUST include the value 'xmpp' in the list of protocols"
    if b"xmpp" not in tokens(fields.get(b"sec-websocket-protocol", b"")):
        raise BadHead(400, "Ask for the WebSocket subprotocol xmpp (RFC 7395).")
    return ws.accept_key(key)


@implementer(IConnection)
class WebSocketConnection:
    """One client's connection after the handshake."""

    slot = 0  #: the timer wheel's

    def __init__(self, gate: WebSocketGate, transport: Any, peer: str, secure: bool, visit: Visit) -> None:
        self.peer, self.secure, self._visit = peer, secure, visit
        self._gate, self._transport = gate, transport
        limits = gate.limits
        self._flow = gate.shaping.flow(peer, limits.bytes_per_second_before_login, limits.burst_bytes_before_login)
        self._cost = 0  # of what was read and not accounted for
        transport.bufferSize = 4 * gate.shaping.read_bytes
        self._outgoing = Outgoing(transport, gate.turn, limits.outgoing_bytes, self._overflow)
        self._frames = ws.Frames(gate.pool.options.max_stanza_bytes_before_login, gate.options.max_fragments)
        self._framing = WebSocketFraming(gate.pool)
        self._closing = False
        self._broken = False
        self._timer: Any = None  # resumes reading, ends lingering, or cuts
        self._pings = (0, 0)
        self._pinged = False
        self._heard = gate.clock.seconds()
        self._session = gate.stream(self, self._framing)
        if gate.options.ping_seconds:
            gate.wheel.schedule(self, self._heard + gate.options.ping_seconds)

    # ---- what the front hands on

    def dataReceived(self, data: bytes) -> None:
        """Bytes of frames; ignored once the framing was broken."""
        if self._broken:
            return
        self._heard, self._pinged = self._gate.clock.seconds(), False
        try:
            for event in self._frames.receive(data):
                self._event(event)
        except ws.FrameError as error:
            self._refuse(error.code, error.reason)
            return
        cost, self._cost = self._cost, 0
        pause = self._flow.take(cost + len(data))
        if pause:
            self.slow(pause)

    def connectionLost(self, reason: Failure) -> None:  # noqa: ARG002
        """Tell the session."""
        self._closing = True
        self._visit.leave()
        self._flow.leave()
        self._gate.connections.discard(self)
        self._gate.wheel.forget(self)
        self._outgoing.drop()
        self._cancel()
        self._session.disconnected()

    def tick(self, now: float) -> float | None:
        """Ping a silent client, cut one that stays silent; what is not read from cannot be heard."""
        seconds = self._gate.options.ping_seconds
        if self._timer is not None:
            return now + seconds
        if now < self._heard + seconds:
            return self._heard + seconds
        if self._pinged:
            self._abort()
            return None
        self._pinged = True
        self._outgoing.write(ws.ping())
        return now + seconds

    # ---- IConnection

    def write(self, data: bytes) -> None:
        """One complete element is one text message (RFC 7395 §3.3)."""
        self._outgoing.write(ws.text(data))

    def slow(self, seconds: float) -> None:
        """Read nothing more for so long, at least."""
        if self._closing:
            return
        if self._timer is None:
            self._transport.pauseProducing()
            self._timer = self._gate.clock.callLater(seconds, self._read_on)
        elif self._timer.getTime() < self._gate.clock.seconds() + seconds:
            self._timer.reset(seconds)

    def start_tls(self) -> None:
        """Never: RFC 7395 §3.9 leaves encryption to the WebSocket's own TLS."""
        raise StreamError("unsupported-feature", "TLS is negotiated below; use wss.")

    def close(self, error: StreamError | None = None) -> None:
        """The stream is over, ``<close/>`` was written: close the WebSocket, too."""
        self._leave(ws.NORMAL if error is None else ws.POLICY, "")

    def authenticated(self, jid: str) -> None:
        """Other limits hold from now on."""
        self._visit.signed_in()
        limits = self._gate.limits
        self._flow.signed_in(address.bare(jid), limits.bytes_per_second, limits.burst_bytes)
        self._frames.max_bytes = self._gate.options.max_message_bytes

    # ----

    def _event(self, event: ws.Event) -> None:
        if isinstance(event, ws.Close):
            if not self._closing:
                self._closing = True
                self._outgoing.write(ws.close(event.code))
            self._cancel()
            self._hang_up()
        elif self._closing:
            return
        elif isinstance(event, ws.Message):
            events = self._framing.feed(event.payload)
            self._session.received(events)
            if self._flow.loaded:
                size = len(event.payload)
                self._cost += self._flow.cost(events, size) - size
        elif isinstance(event, ws.Ping):
            self._count_ping()
            self._outgoing.write(ws.pong(event.payload))

    def _count_ping(self) -> None:
        second = int(self._heard)
        self._pings = (second, self._pings[1] + 1 if self._pings[0] == second else 1)
        if self._pings[1] > self._gate.options.pings_per_second:
            raise ws.FrameError(ws.POLICY, "Too many pings.")

    def _refuse(self, code: int, reason: str) -> None:
        """The client broke the framing; its session can only be resumed over another connection."""
        self._broken = True
        self._leave(code, reason)
        self._session.disconnected()

    def _leave(self, code: int, reason: str) -> None:
        if self._closing:
            return
        self._closing = True
        self._outgoing.write(ws.close(code, reason))
        self._cancel()
        self._timer = self._gate.clock.callLater(_LINGER_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        self._outgoing.close()
        self._timer = self._gate.clock.callLater(_LINGER_SECONDS, self._cut)

    def _cut(self) -> None:
        """What was written is not read."""
        self._timer = None
        self._abort()

    def _cancel(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            if not self._transport.disconnecting:
                self._transport.resumeProducing()

    def _read_on(self) -> None:
        self._timer = None
        if not self._closing:
            self._heard, self._pinged = self._gate.clock.seconds(), False
            self._transport.resumeProducing()

    def _overflow(self) -> None:
        log.info("A client does not read; its connection is cut.", peer=self.peer)
        self._abort()

    def _abort(self) -> None:
        abort = getattr(self._transport, "abortConnection", None) or self._transport.loseConnection
        abort()
