"""
The server's side of WebSocket framing (RFC 6455): masked frames in, unmasked frames out.

Sans-I/O: :meth:`Frames.receive` turns bytes into events. Leaves out extensions (``permessage-deflate`` is never
negotiated, so RSV bits are errors) and the client's side.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED: Final = 1003
INVALID_TEXT: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
_NO_STATUS: Final = 1005

_FULL_FRAME = 0x80


class FrameError(Exception):
    """The peer broke the framing; the connection is closed with ``code`` (RFC 6455 §7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """A complete text message; valid UTF-8."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer it with :func:`pong` and the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or unsolicited."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The peer closes; answer with a close frame, then end the connection. *code* is 1005 if it gave none."""

    code: int
    reason: str


Event = Message | Ping | Pong | Close


class Frames:
    """
    What a client sends, cut into events.

    :param max_bytes: longest message, over all of its fragments.
    :param max_fragments: most frames of one message.
    """

    __slots__ = ("_buffer", "_closed", "_fragments", "_size", "max_bytes", "max_fragments")

    def __init__(self, max_bytes: int = 262_144, max_fragments: int = 16) -> None:
        self.max_bytes = max_bytes
        self.max_fragments = max_fragments
        self._buffer = b""
        self._fragments: list[bytes] | None = None
        self._size = 0
        self._closed = False

    def receive(self, data: bytes) -> Iterator[Event]:
        """
        Events in order; what comes after a close frame is ignored (§5.5.1).

        :raises FrameError: as soon as the offending frame's header or payload is there; all that follows is ignored.
        """
        buffer = self._buffer + data if self._buffer else data
        at = 0
        try:
            while not self._closed:
                frame = self._frame(buffer, at)
                if frame is None:
                    return
                first, payload, at = frame
                event = self._event(first & 0x0F, bool(first & _FULL_FRAME), payload)
                if event is not None:
                    yield event
        except FrameError:
            self._closed = True
            raise
        finally:
            self._buffer = b"" if self._closed else buffer[at:]

    def _frame(self, buffer: bytes, at: int) -> tuple[int, bytes, int] | None:
        """First byte, unmasked payload and where the next frame begins; ``None`` while it is incomplete."""
        have = len(buffer) - at
        if have < 2:
            return None
        first, second = buffer[at], buffer[at + 1]
        length = second & 0x7F
        self._check_header(first, second, length)
        start = at + 6
        if length == 126:
            if have < 4:
                return None
            length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 8
            if length < 126:
                raise FrameError(PROTOCOL_ERROR, "The length is not in its shortest form.")
        elif length == 127:
            if have < 10:
                return None
            length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 14
            if length < 65_536 or length >> 63:
                raise FrameError(PROTOCOL_ERROR, "The length is not in its shortest form.")
        if self._size + length > self.max_bytes:
            raise FrameError(TOO_BIG, f"A message may have at most {self.max_bytes} bytes.")
        end = start + length
        if end > len(buffer):
            return None
        return first, _unmask(buffer[start - 4 : start], buffer[start:end]), end

    def _check_header(self, first: int, second: int, length: int) -> None:
        opcode = first & 0x0F
        if first & 0x70:
            raise FrameError(PROTOCOL_ERROR, "A reserved bit is set and no extension was negotiated.")
        if not second & 0x80:
            # §5.1: "a server MUST close the connection upon receiving a frame that is not masked"
            raise FrameError(PROTOCOL_ERROR, "Frames of a client must be masked.")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise FrameError(PROTOCOL_ERROR, "That opcode is reserved.")
            if length > 125 or not first & _FULL_FRAME:
                raise FrameError(PROTOCOL_ERROR, "A control frame must be short and in one piece.")
        elif opcode == BINARY:
            # RFC 7395 §3.2: "the data frame [is] sent as text"
            raise FrameError(UNSUPPORTED, "Binary frames are not understood here; send text.")
        elif opcode > BINARY:
            raise FrameError(PROTOCOL_ERROR, "That opcode is reserved.")
        elif (opcode == CONTINUATION) != (self._fragments is not None):
            raise FrameError(PROTOCOL_ERROR, "A fragment is out of place.")
        elif self._fragments is not None and len(self._fragments) >= self.max_fragments:
            raise FrameError(POLICY, f"A message may have at most {self.max_fragments} fragments.")

    def _event(self, opcode: int, final: bool, payload: bytes) -> Event | None:
        if opcode == TEXT and final:
            return Message(_text(payload))
        if opcode == TEXT:
            self._fragments, self._size = [payload], len(payload)
            return None
        if opcode == CONTINUATION:
            assert self._fragments is not None
            self._fragments.append(payload)
            self._size += len(payload)
            if not final:
                return None
            whole, self._fragments, self._size = b"".join(self._fragments), None, 0
            return Message(_text(whole))
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return Pong(payload)
        self._closed = True
        return _closing(payload)


def _unmask(mask: bytes, payload: bytes) -> bytes:
    """§5.3: octet i of the payload XOR octet i mod 4 of the masking key."""
    length = len(payload)
    if not length:
        return b""
    repeated = (mask * ((length + 3) // 4))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(length, "little")


def _text(payload: bytes) -> bytes:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(INVALID_TEXT, "A text message must be valid UTF-8.") from error
    return payload


def _closing(payload: bytes) -> Close:
    if not payload:
        return Close(_NO_STATUS, "")
    if len(payload) == 1:
        raise FrameError(PROTOCOL_ERROR, "A close code has two bytes.")
    code = int.from_bytes(payload[:2], "big")
    # §7.4.1, §7.4.2: 1004 to 1006 and 1015 are never sent; 3000 to 4999 are for applications
    if not (code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise FrameError(PROTOCOL_ERROR, "That close code may not be sent.")
    try:
        return Close(code, payload[2:].decode())
    except UnicodeDecodeError as error:
        raise FrameError(INVALID_TEXT, "A close reason must be valid UTF-8.") from error


def header(opcode: int, length: int) -> bytes:
    """What stands before *length* bytes of payload in an unfragmented frame of the server."""
    first = _FULL_FRAME | opcode
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


def text(payload: bytes) -> bytes:
    """A text frame; *payload* is valid UTF-8."""
    return header(TEXT, len(payload)) + payload


def ping(payload: bytes = b"") -> bytes:
    """A ping frame."""
    return header(PING, len(payload)) + payload


def pong(payload: bytes) -> bytes:
    """A pong frame."""
    return header(PONG, len(payload)) + payload


def close(code: int, reason: str = "") -> bytes:
    """A close frame; 1005 stands for one without a code. The reason is cut to what fits (§5.5)."""
    if code == _NO_STATUS:
        return header(CLOSE, 0)
    payload = code.to_bytes(2, "big") + reason.encode()[:123].decode(errors="ignore").encode()
    return header(CLOSE, len(payload)) + payload


def accept_key(key: bytes) -> bytes:
    """The ``Sec-WebSocket-Accept`` that answers a ``Sec-WebSocket-Key`` (§4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
