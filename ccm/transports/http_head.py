"""
The head of an HTTP/1 request, read strictly (RFC 9112 §2 to §7), before anybody else looks at the bytes.

Everything that two readers could take in two ways is refused: that is how requests are smuggled. Heads repeat, so
:class:`Heads` remembers the last distinct ones. Leaves out HTTP/2 and trailers.
"""

import re
from dataclasses import dataclass

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}) ([!-~]{1,8000}) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._~-]{1,255})(?::[0-9]{1,5})?")
_TARGET = re.compile(rb"/|\*\Z|https?://", re.IGNORECASE)
_MAX_FIELDS = 100


class BadHead(Exception):
    """A request that is not served; the connection is closed after the answer."""

    def __init__(self, status: int, text: str, fields: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Head:
    """
    A request's head.

    :ivar path: the target up to ``?``, as sent.
    :ivar fields: by lower-case name; repeated ones joined by commas.
    :ivar length: bytes of the body; 0 if there is none, ``None`` if it is chunked.
    :ivar minor: of the version: 1 or 0.
    :ivar keep_alive: the client wants the connection kept (RFC 9112 §9.3).
    """

    method: bytes
    target: bytes
    path: bytes
    minor: int
    fields: dict[bytes, bytes]
    length: int | None
    keep_alive: bool


def tokens(value: bytes) -> tuple[bytes, ...]:
    """The elements of a comma-separated field, in lower case."""
    return tuple(part.strip().lower() for part in value.split(b",") if part.strip())


def parse(data: bytes) -> Head:
    """
    A head without the empty line that ends it.

    :raises BadHead: naming what is wrong.
    """
    line, *rest = data.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise BadHead(400, "The request line is malformed.")
    method, target, minor = found[1], found[2], int(found[3])
    if _TARGET.match(target) is None:
        raise BadHead(400, "The target must begin with a slash.")
    if len(rest) > _MAX_FIELDS:
        raise BadHead(431, f"A request may have at most {_MAX_FIELDS} fields.")
    fields: dict[bytes, bytes] = {}
    for line in rest:
        name, value = _field(line)
        if name in fields:
            if name in (b"host", b"content-length", b"transfer-encoding", b"content-type", b"origin", b"expect"):
                raise BadHead(400, f"{name.decode()} may be given once.")
            value = fields[name] + (b"; " if name == b"cookie" else b", ") + value
        fields[name] = value
    host = fields.get(b"host")
    # RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
    # lacks a Host header field and to any request message that contains more than one"
    if (host is None and minor) or (host is not None and _HOST.fullmatch(host) is None):
        raise BadHead(400, "A request must name one valid Host.")
    keep_alive = bool(minor) and b"close" not in tokens(fields.get(b"connection", b""))
    return Head(method, target, target.partition(b"?")[0], minor, fields, _length(fields, minor), keep_alive)


def _field(line: bytes) -> tuple[bytes, bytes]:
    if line[:1] in (b" ", b"\t"):
        raise BadHead(400, "Folded fields are obsolete (RFC 9112 §5.2).")
    found = _FIELD.fullmatch(line)
    if found is None:
        raise BadHead(400, "A header field is malformed.")
    return found[1].lower(), found[2].rstrip(b" \t")


def _length(fields: dict[bytes, bytes], minor: int) -> int | None:
    coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if coding is not None:
        # RFC 9112 §6.1: either in HTTP/1.0, or together with Content-Length, "ought to be handled as an error"
        if length is not None or not minor or coding.lower() != b"chunked":
            raise BadHead(400, "The length of the body is given in a way that is not understood.")
        return None
    if length is None:
        return 0
    if re.fullmatch(rb"[0-9]{1,15}", length) is None:
        raise BadHead(400, "Content-Length must be one number.")
    return int(length)


class Heads:
    """Parses heads, each distinct one once; bounded."""

    def __init__(self, remembered: int = 2_048) -> None:
        self._remembered = remembered
        self._known: dict[bytes, Head] = {}

    def parse(self, data: bytes) -> Head:
        """:raises BadHead: see :func:`parse`."""
        head = self._known.get(data)
        if head is None:
            head = parse(data)
            if len(data) <= 2_000:
                if len(self._known) >= self._remembered:
                    self._known.clear()
                self._known[data] = head
        return head
