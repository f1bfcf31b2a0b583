"""Clients over TCP: real sockets for TLS, string transports for the rest."""

import itertools
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet import reactor as real_reactor
from twisted.internet import ssl
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from ccm.errors import ConfigError
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.realm import Realm
from ccm.session.tokens import Tokens
from ccm.session.verifiers import check_password, make_verifiers
from ccm.session.visitors import VisitorOptions, Visitors
from ccm.testing import fakes
from ccm.transports.certificates import Certificates
from ccm.transports.outgoing import Outgoing, Turn
from ccm.transports.passwords import PasswordThreads
from ccm.transports.tcp import ClientConnection, ClientFactory
from ccm.wire.parsers import ParserPool

reactor: Any = real_reactor
VERIFIERS = make_verifiers("secret", 4096)
HEADER = (
    b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams'>"
)
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PLAIN = b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%b</auth>" % b64encode(b"\0ann\0secret")
BIND = b"<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>"
ENABLE = b"<enable xmlns='urn:xmpp:sm:3' resume='true'/>"


class Transport(StringTransport):
    """A string transport that can be aborted."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


async def verify(password: str, verifier: Any) -> bool:
    return check_password(password, verifier)


def make(
    clock: Any,
    certificates: Any = None,
    direct_tls: bool = False,
    visitors: VisitorOptions | None = None,
    **options: Any,
) -> ClientFactory:
    services = fakes.make_services()
    fakes.result_of(services.accounts.create("ann@localhost", "Ann", None, VERIFIERS))
    counter = itertools.count(1)

    def later(seconds: float, function: Any) -> Any:
        call = clock.callLater(seconds, function)
        return lambda: call.active() and call.cancel()

    realm = Realm(
        "localhost",
        fakes.make_router(services),
        services.accounts,
        Tokens(services.tokens, fakes.Hands().datetime),
        verify,
        fakes.spawn,
        later,
        clock.seconds,
        lambda size: next(counter).to_bytes(size, "big"),
        b"k" * 32,
        SessionOptions(**options),
        SaslOptions(iterations=4096, plain_without_tls=True),
        visitors=Visitors(visitors or VisitorOptions(), clock.seconds),
    )
    turn = Turn(lambda function: clock.callLater(0, function))
    return ClientFactory(realm, ParserPool(), clock, turn, certificates, direct_tls=direct_tls)


class Shell:
    """A connection on a string transport with a clock of its own."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.factory = make(self.clock, **({"require_tls": False} | options))
        self.transport = Transport()
        self.protocol: ClientConnection = self.factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> bytes:
        self.protocol.dataReceived(data)
        self.clock.advance(0)
        out = self.transport.value()
        self.transport.clear()
        return out

    def bind(self) -> None:
        self.send(HEADER)
        assert b"<success" in self.send(PLAIN)
        self.send(HEADER)
        assert b"<jid>ann@localhost/r</jid>" in self.send(BIND)


def test_what_one_turn_writes_leaves_in_one_piece() -> None:
    shell = Shell()
    shell.protocol.dataReceived(HEADER)
    assert shell.transport.value() == b""
    shell.clock.advance(0)
    assert shell.transport.value().endswith(b"</stream:features>")


def test_a_stream_in_single_bytes_works_as_well() -> None:
    shell = Shell()
    out = b"".join(shell.send(bytes([byte])) for byte in HEADER + PLAIN)
    assert b"<success" in out


def test_a_client_that_sends_too_much_is_read_later_and_loses_nothing() -> None:
    shell = Shell(bytes_per_second=1000, burst_bytes=2000)
    shell.bind()
    shell.send(b"<iq type='get' id='1'><x xmlns='urn:x'>" + b"y" * 4000 + b"</x></iq>")
    assert shell.transport.producerState == "paused"
    shell.clock.advance(1)
    assert shell.transport.producerState == "paused"
    shell.clock.advance(4)
    assert shell.transport.producerState == "producing"
    assert not shell.transport.disconnecting


def test_of_two_pauses_the_one_that_ends_later_holds() -> None:
    shell = Shell()
    shell.bind()
    for seconds in (2.0, 9.0, 1.0):
        shell.protocol.slow(seconds)
    shell.clock.advance(8.9)
    assert shell.transport.producerState == "paused"
    shell.clock.advance(0.2)
    assert shell.transport.producerState == "producing"


def test_a_lost_connection_leaves_no_timer() -> None:
    shell = Shell(bytes_per_second_before_login=10, burst_bytes_before_login=10)
    shell.send(HEADER)
    shell.protocol.connectionLost()
    assert [call for call in shell.clock.getDelayedCalls() if call.active()] == []
    assert shell.factory.connections == set()


def test_who_does_not_close_is_aborted() -> None:
    shell = Shell()
    shell.send(b"GET / HTTP/1.1\r\n\r\n")
    assert shell.transport.disconnecting
    shell.clock.advance(5)
    assert shell.transport.aborted


def test_a_client_on_tls_that_closed_its_stream_closes_the_connection_too() -> None:
    shell = Shell()
    shell.protocol.secure = True
    shell.bind()
    assert shell.send(b"</stream:stream>").endswith(b"</stream:stream>")
    assert not shell.transport.disconnecting, "some lose our end of the stream with the end of TLS"
    shell.clock.advance(0.5)
    assert shell.transport.disconnecting
    shell.clock.advance(5)
    assert shell.transport.aborted


def test_bytes_after_the_end_are_ignored() -> None:
    shell = Shell()
    shell.bind()
    shell.send(b"</stream:stream>")
    assert shell.send(b"<message/><!-- ") == b""


def test_a_client_that_never_reads_is_cut_and_its_session_hibernates() -> None:
    shell = Shell(outgoing_bytes=10_000)
    shell.bind()
    shell.send(ENABLE)
    (session,) = shell.factory.realm.router.sessions_of("ann@localhost")
    from ccm.wire.stanza import Stanza

    for number in range(1_000):
        session.deliver(Stanza("message", {"id": str(number), "to": session.jid}, b"<body>" + b"x" * 50 + b"</body>"))
    shell.clock.advance(0)
    assert shell.transport.aborted
    assert shell.transport.value() == b""
    shell.protocol.connectionLost()
    assert session.hibernating
    assert len(session.resumption.acks.queue) == 1_000


def test_the_order_is_kept_when_the_socket_takes_only_a_part() -> None:
    clock = Clock()
    turn = Turn(lambda function: clock.callLater(0, function))
    transport = StringTransport()
    outgoing = Outgoing(transport, turn, 0, lambda: None)
    outgoing.write(b"a")
    outgoing.write(b"b")
    clock.advance(0)
    outgoing.write(b"c")
    outgoing.close()
    assert transport.value() == b"abc"
    assert transport.disconnecting
    outgoing.write(b"d")
    clock.advance(0)
    assert transport.value() == b"abc"


# ---- real sockets


class Peer(Protocol):
    """Collects what comes; ``await until(word)``."""

    def __init__(self) -> None:
        self.data = b""
        self.lost = False
        self._waiting: list[tuple[bytes, Deferred[bytes]]] = []

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        self._check()

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True
        self._check()

    def _check(self) -> None:
        for word, deferred in self._waiting[:]:
            if word in self.data or self.lost:
                self._waiting.remove((word, deferred))
                out, self.data = self.data, b""
                deferred.callback(out)

    def until(self, word: bytes) -> "Deferred[bytes]":
        deferred: Deferred[bytes] = Deferred()
        self._waiting.append((word, deferred.addTimeout(5, reactor)))
        self._check()
        return deferred

    def write(self, data: bytes) -> None:
        transport: Any = self.transport
        transport.write(data)


async def listen(factory: ClientFactory) -> Any:
    return await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(factory)


async def leave(peer: Peer, port: Any) -> None:
    transport: Any = peer.transport
    transport.abortConnection()
    await peer.until(b"\0never")
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_starttls_then_login_over_a_real_socket(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ("localhost",))
    port = await listen(make(reactor, certificates))
    peer = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Peer())
    peer.write(HEADER)
    said = await peer.until(b"</stream:features>")
    assert b"<required/>" in said
    assert b"mechanism" not in said
    peer.write(STARTTLS)
    await peer.until(b"<proceed")
    transport: Any = peer.transport
    transport.startTLS(ssl.CertificateOptions(verify=False))
    peer.write(HEADER)
    assert b"PLAIN" in await peer.until(b"</stream:features>")
    peer.write(PLAIN)
    await peer.until(b"<success")
    peer.write(HEADER)
    await peer.until(b"</stream:features>")
    peer.write(BIND)
    assert b"<jid>ann@localhost/r</jid>" in await peer.until(b"</iq>")
    peer.write(b"<message to='ann@localhost/r'><body>" + b"x" * 60_000 + b"</body></message>")
    assert len(await peer.until(b"</message>")) > 60_000
    await leave(peer, port)


@pytest_twisted.ensureDeferred
async def test_direct_tls_is_secure_from_the_start(tmp_path: Path) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",)), direct_tls=True))
    endpoint = wrapClientTLS(
        ssl.optionsForClientTLS("localhost", ssl.Certificate.loadPEM((tmp_path / "self-signed.crt").read_bytes())),
        TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port),
    )
    peer = await connectProtocol(endpoint, Peer())
    peer.write(HEADER)
    said = await peer.until(b"</stream:features>")
    assert b"<mechanism>" in said
    assert b"starttls" not in said
    await leave(peer, port)


@pytest_twisted.ensureDeferred
async def test_plaintext_behind_starttls_is_never_read_as_part_of_the_secure_stream(tmp_path: Path) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",))))
    peer = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Peer())
    peer.write(HEADER)
    await peer.until(b"</stream:features>")
    peer.write(STARTTLS + HEADER + PLAIN)
    said = await peer.until(b"</stream:stream>")
    assert b"<policy-violation" in said
    assert b"<proceed" not in said
    await peer.until(b"\0never")
    assert peer.lost
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_old_versions_of_tls_are_refused(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ("localhost",))
    assert (tmp_path / "self-signed.key").stat().st_mode & 0o077 == 0
    context = certificates.getContext()
    assert context.set_options(0) & SSL.OP_NO_TLSv1_1
    again = Certificates(tmp_path, ("localhost",))
    assert again.options.certificate.digest("sha256") == certificates.options.certificate.digest("sha256")


def arrive(factory: ClientFactory) -> tuple[ClientConnection, Transport]:
    protocol, transport = factory.buildProtocol(None), Transport()
    protocol.makeConnection(transport)
    return protocol, transport


def test_the_seventeenth_stranger_of_an_address_is_turned_away_with_the_reason() -> None:
    factory = make(Clock())
    strangers = [arrive(factory) for _ in range(16)]
    late, wire = arrive(factory)
    assert wire.value().startswith(b"<?xml") and b"<policy-violation" in wire.value()
    assert b"Sign in, or close one." in wire.value() and wire.value().endswith(b"</stream:stream>")
    assert wire.disconnecting
    late.dataReceived(HEADER)
    late.connectionLost()
    strangers[0][0].authenticated("ann@localhost")
    assert not arrive(factory)[1].disconnecting
    strangers[1][0].connectionLost()
    assert not arrive(factory)[1].disconnecting
    assert arrive(factory)[1].disconnecting


def test_connections_that_come_and_go_leave_nothing_counted() -> None:
    factory = make(Clock(), visitors=VisitorOptions(accepts_per_second=0))
    for _ in range(200):
        protocol, _ = arrive(factory)
        protocol.dataReceived(HEADER)
        protocol.connectionLost()
    visitors = factory.realm.visitors
    assert visitors.connections == 0 and visitors._sessions == visitors._strangers == {}
    assert factory.connections == set()


def test_a_full_server_says_so() -> None:
    factory = make(Clock(), visitors=VisitorOptions(max_connections=1))
    arrive(factory)
    assert b"<resource-constraint" in arrive(factory)[1].value()


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nonsense")
    with pytest.raises(ConfigError, match=r"bad\.pem"):
        Certificates(tmp_path, ("localhost",), str(tmp_path / "bad.pem"), str(tmp_path / "bad.pem"))
    with pytest.raises(ConfigError, match="go together"):
        Certificates(tmp_path, ("localhost",), "a.pem", "")


@pytest_twisted.ensureDeferred
async def test_passwords_are_hashed_in_a_bounded_pool() -> None:
    from ccm.errors import StanzaError

    threads = PasswordThreads(reactor, iterations=4096, threads=1, waiting=1)
    threads.start()
    try:
        first = Deferred.fromCoroutine(threads.make("pass"))
        second = Deferred.fromCoroutine(threads.make("pass"))
        with pytest.raises(StanzaError) as raised:
            await threads.make("pass")
        assert raised.value.condition == "resource-constraint"
        verifiers = await first
        await second
        assert await threads.verify("pass", verifiers[0])
        assert not await threads.verify("Pass", verifiers[0])
        assert not await threads.verify("\0", verifiers[0])
        with pytest.raises(StanzaError):
            await threads.make("")
    finally:
        threads.stop()
