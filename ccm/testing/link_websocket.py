"""A client's side of XMPP over WebSocket (RFC 7395, RFC 6455); leaves out reading fragments: CCM sends none."""

import os
from base64 import b64encode
from random import Random
from typing import Any, Self, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol

from ccm import namespaces as ns
from ccm.testing.inbox import Inbox
from ccm.wire.stanza import attribute, parse_element

_CONTINUATION, _TEXT, _CLOSE, _PING, _PONG = 0, 1, 8, 9, 10
_MOST_FRAGMENTS = 16


class WebSocketLink(Protocol):
    """
    One connection; a text frame is an element.

    :ivar pieces: send every element in random fragments, with a ping between the first two.
    """

    transport: Any = None
    pieces: Random | None = None

    def __init__(self, domain: str, inbox: Inbox) -> None:
        self._domain = domain
        self.inbox = inbox
        self._buffer = b""
        self._pinged = False
        self._shaken: Deferred[None] | None = Deferred()
        self._lost: Deferred[None] = Deferred()

    @classmethod
    async def connect(cls, reactor: Any, host: str, port: int, domain: str, inbox: Inbox) -> Self:
        """A connected link whose handshake is done. :raises ConnectionError: if it is refused."""
        factory = Factory.forProtocol(lambda: cls(domain, inbox))
        link = cast(Self, await TCP4ClientEndpoint(reactor, host, port, timeout=10).connect(factory))
        key = b64encode(os.urandom(16)).decode()
        link.transport.write(
            f"GET /xmpp-websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n".encode()
        )
        if link._shaken is not None:
            await link._shaken
        return link

    async def open(self) -> None:
        """Send ``<open/>``."""
        self.write(f"<open xmlns='{ns.FRAMING}' to='{attribute(self._domain)}' version='1.0'/>".encode())

    async def secure(self) -> None:
        """:raises RuntimeError: always; TLS is below HTTP."""
        raise RuntimeError("WebSocket has no STARTTLS.")

    def write(self, xml: bytes) -> None:
        """Send one element."""
        if self.pieces is None:
            self._frame(_TEXT, xml)
            return
        places = sorted({self.pieces.randrange(1, len(xml)) for _ in range(self.pieces.randrange(_MOST_FRAGMENTS))})
        for start, end in zip([0, *places], [*places, len(xml)], strict=True):
            self._frame(_CONTINUATION if start else _TEXT, xml[start:end], final=end == len(xml))
            if not self._pinged:  # §5.4: between the fragments of a message; often would be too often for a server
                self._pinged = True
                self._frame(_PING, b"between")

    async def close(self) -> None:
        """Send ``<close/>`` and wait until the server has closed the connection."""
        if not self.inbox.ended:
            self.write(f"<close xmlns='{ns.FRAMING}'/>".encode())
        await self._lost

    async def drop(self) -> None:
        """Break the connection."""
        self.transport.abortConnection()
        await self._lost

    def dataReceived(self, data: bytes) -> None:
        """Twisted calls this."""
        self._buffer += data
        if self._shaken is not None:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._buffer = rest
            shaken, self._shaken = self._shaken, None
            if not head.startswith(b"HTTP/1.1 101 "):
                shaken.errback(ConnectionError(f"no WebSocket here: {head.splitlines()[0].decode()}"))
                self.transport.loseConnection()
                return
            shaken.callback(None)
        while self._frame_received():
            pass

    def connectionLost(self, reason: Any = None) -> None:  # noqa: ARG002
        """Twisted calls this."""
        if self._shaken is not None:
            self._shaken.errback(ConnectionError("the connection was closed before the handshake"))
        self.inbox.end()
        self._lost.callback(None)

    def _frame_received(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        opcode, length, start = buffer[0] & 15, buffer[1] & 127, 2
        if length > 125:
            size = 2 if length == 126 else 8
            start += size
            if len(buffer) < start:
                return False
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return False
        payload, self._buffer = buffer[start : start + length], buffer[start + length :]
        if opcode == _TEXT:
            element = parse_element(payload)
            if (element.uri, element.name) == (ns.FRAMING, "close"):
                self.inbox.end()
                self._frame(_CLOSE, b"\x03\xe8")
            else:
                self.inbox.put(element)
        elif opcode == _PING:
            self._frame(_PONG, payload)
        elif opcode == _CLOSE:
            self._frame(_CLOSE, payload[:2])
            self.transport.loseConnection()
        return True

    def _frame(self, opcode: int, payload: bytes, final: bool = True) -> None:
        length, first = len(payload), opcode | 128 * final
        if length < 126:
            head = bytes((first, 128 | length))
        elif length < 65536:
            head = bytes((first, 128 | 126)) + length.to_bytes(2, "big")
        else:
            head = bytes((first, 128 | 127)) + length.to_bytes(8, "big")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))
        self.transport.write(head + mask + masked)
