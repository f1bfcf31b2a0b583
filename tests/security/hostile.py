"""Peers that obey no rules: raw bytes over TCP, BOSH and WebSocket, and the memory that they cost."""

import os
import re
import socket
import struct
import time
from base64 import b64encode
from contextlib import suppress
from types import TracebackType
from typing import Self

from fixtures.server import ServerProcess

PASSWORD = "correct horse"
STREAMS = "http://etherx.jabber.org/streams"
HEADER = f"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='{STREAMS}'>".encode()
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
OPEN = b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
PATIENCE_SECONDS = 10.0


class Wire:
    """A socket to the server; ``with`` closes it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._socket.close()

    def say(self, data: bytes) -> Self:
        """Send; that the other side has closed meanwhile is no error."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)
        return self

    def hear(self, until: bytes) -> bytes:
        """Everything up to *until*. :raises AssertionError: with what came if the server ends or falls silent."""
        end = time.monotonic() + PATIENCE_SECONDS
        while until not in self._heard:
            assert time.monotonic() < end and self._more(), f"{until!r} did not come; came: {self._heard[-2000:]!r}"
        found, _, self._heard = self._heard.partition(until)
        return found + until

    def rest(self) -> bytes:
        """Everything until the server closes. :raises AssertionError: if it does not."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._more():
            assert time.monotonic() < end, f"the server goes on; came: {self._heard[-2000:]!r}"
        return self._heard

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65_536)
        except ConnectionResetError:
            return False
        except TimeoutError:
            raise AssertionError(f"silence; came: {self._heard[-2000:]!r}") from None
        self._heard += data
        return bool(data)


class Client(Wire):
    """A client over TCP that may sign in and bind."""

    def open(self) -> Self:
        self.say(HEADER).hear(b"</stream:features>")
        return self

    def plain(self, name: str, password: str = PASSWORD, authzid: str = "") -> bytes:
        """SASL PLAIN; answers what the server says."""
        said = b64encode(f"{authzid}\0{name}\0{password}".encode()).decode()
        self.say(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{said}</auth>".encode())
        return self.hear(b">") if b"<success" in self._peek() else self.hear(b"</failure>")

    def _peek(self) -> bytes:
        while b">" not in self._heard:
            assert self._more()
        return self._heard

    def bind(self, resource: str = "r") -> Self:
        self.open()
        bind = f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind>"
        self.say(f"<iq type='set' id='bind'>{bind}</iq>".encode()).hear(b"</iq>")
        return self

    def ping(self) -> bytes:
        """Everything that came before the answer to a ping."""
        self.say(b"<iq type='get' id='barrier' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        return self.hear(b"id='barrier'").rpartition(b"<")[0]


def signed_in(server: ServerProcess, name: str, resource: str = "r") -> Client:
    """A client with a resource and without presence."""
    client = Client(server.c2s).open()
    assert b"<success" in client.plain(name)
    return client.bind(resource)


def websocket(server: ServerProcess, *fields: str) -> Wire:
    """A WebSocket after its handshake."""
    wire = Wire(server.http)
    key = b64encode(os.urandom(16)).decode()
    lines = [
        "GET /xmpp-websocket HTTP/1.1",
        f"Host: localhost:{server.http}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: xmpp",
        *fields,
    ]
    wire.say(("\r\n".join(lines) + "\r\n\r\n").encode())
    return wire


def frame(data: bytes, opcode: int = 1, *, masked: bool = True, fin: bool = True) -> bytes:
    """One frame of a WebSocket client."""
    size = len(data)
    first = (0x80 if fin else 0) | opcode
    bit = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, bit | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first, bit | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + data


def post(server: ServerProcess, body: bytes, *fields: str, type_: str = "text/xml; charset=utf-8") -> bytes:
    """A BOSH request on a connection of its own; answers the whole response."""
    lines = [
        "POST /http-bind HTTP/1.1",
        f"Host: localhost:{server.http}",
        f"Content-Type: {type_}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *fields,
    ]
    with Wire(server.http) as wire:
        return wire.say(("\r\n".join(lines) + "\r\n\r\n").encode() + body).rest()


def bosh_session(server: ServerProcess, rid: int = 1000) -> str:
    """A new session's sid."""
    body = (
        f"<body rid='{rid}' to='localhost' ver='1.11' wait='1' hold='1' xmlns='http://jabber.org/protocol/httpbind' "
        "xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>"
    )
    said = post(server, body.encode())
    found = re.search(rb"sid='([^']+)'", said)
    assert found is not None, said
    return found[1].decode()


def memory(server: ServerProcess) -> float:
    """Resident memory of the server, in MiB."""
    assert server._process is not None
    with open(f"/proc/{server._process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def well(server: ServerProcess) -> None:
    """:raises AssertionError: unless the server still signs people in."""
    with signed_in(server, "bob", f"well{os.urandom(4).hex()}") as bob:
        bob.ping()
