"""Somebody signs in by a certificate to a server as operators have it, and by the password without one (XEP-0178)."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_twisted
from fixtures.people_authority import Authority
from fixtures.server import ServerProcess
from OpenSSL import SSL
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm.testing.clients import sign_in

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

HEADER = (
    b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams'>"
)
AUTH = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
SECONDS = 30


def until(stream: SSL.Connection | socket.socket, end: bytes) -> bytes:
    """What comes up to that word."""
    said = b""
    while end not in said:
        more = stream.recv(65536)
        assert more, said
        said += more
    return said


def by_certificate(server: ServerProcess, authority: Authority) -> bytes:
    """STARTTLS with a certificate of Ann's, then EXTERNAL; what comes of it."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    certificate, key = authority.issue("ann@localhost")
    context.use_certificate(certificate)
    context.use_privatekey(key)
    with socket.create_connection(("127.0.0.1", server.c2s), SECONDS) as line:
        line.sendall(HEADER)
        until(line, b"</stream:features>")
        line.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        until(line, b"<proceed")
        line.settimeout(None)
        tls = SSL.Connection(context, line)
        tls.set_tlsext_host_name(b"localhost")
        tls.set_connect_state()
        tls.do_handshake()
        tls.sendall(HEADER)
        assert b"<mechanism>EXTERNAL</mechanism>" in until(tls, b"</stream:features>")
        tls.sendall(AUTH)
        return until(tls, b"/>")


@pytest_twisted.ensureDeferred
async def test_the_options_let_a_certificate_in(server_processes: Callable[..., ServerProcess], tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = server_processes({"sasl": {"client_ca": str(authority.path)}})
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(server.start)
    assert b"<success" in await deferToThread(by_certificate, server, authority)
    client = await sign_in(reactor, "tcp", port=server.c2s, domain="localhost", name="ann", password=PASSWORD)
    await client.sign_out()
    await deferToThread(server.stop)
