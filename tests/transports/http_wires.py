"""What tests of the HTTP transports share: a wire that records, a page, requests and responses as bytes."""

from typing import Any

from twisted.internet.testing import StringTransport
from twisted.web.resource import Resource


class Page(Resource):
    isLeaf = True
    seen: list[bytes]

    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def render_GET(self, request: Any) -> bytes:
        self.seen.append(request.uri)
        return b"page " + request.uri

    def render_POST(self, request: Any) -> bytes:
        body = request.content.read()
        self.seen.append(body)
        return b"got %d" % len(body)


class Wire(StringTransport):
    disconnected = False
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True


def request(body: bytes, *fields: bytes, method: bytes = b"POST", path: bytes = b"/http-bind") -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: chat.example"]
    if method == b"POST":
        lines += [b"Content-Type: text/xml; charset=utf-8", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *fields]) + b"\r\n\r\n" + body


def responses(wire: Wire) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    data, found = wire.value(), []
    wire.clear()
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        length = int(fields.get(b"content-length", b"0"))
        found.append((int(first.split()[1]), fields, data[:length]))
        data = data[length:]
    return found


def one(wire: Wire) -> tuple[int, dict[bytes, bytes], bytes]:
    found = responses(wire)
    assert len(found) == 1, found
    return found[0]
