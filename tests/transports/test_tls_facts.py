"""What TLS shows for signing in: bindings both sides agree on, clients' certificates, the protocol of a port."""

from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from fixtures.people_authority import XMPP_ADDRESS, Authority, utf8
from OpenSSL import SSL
from scram_client import Scram
from scramp.core import CBindData
from test_tcp import HEADER, Peer, leave, listen, make
from twisted.internet import reactor as real_reactor
from twisted.internet import ssl
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from zope.interface import implementer

from ccm.config import Config
from ccm.doors import certificates
from ccm.errors import ConfigError
from ccm.settings import Settings
from ccm.transports.certificates import Certificates
from ccm.transports.tls_facts import ClientTls, end_point_of, facts_of, names_of

reactor: Any = real_reactor
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


@implementer(IOpenSSLClientConnectionCreator)
class Caller:
    """A client of TLS, with a certificate if there is one; keeps the connection."""

    def __init__(self, own: Any = None, alpn: tuple[bytes, ...] = (), version: int = SSL.TLS1_3_VERSION) -> None:
        self.context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        self.context.set_max_proto_version(version)
        if own is not None:
            self.context.use_certificate(own[0])
            self.context.use_privatekey(own[1])
        if alpn:
            self.context.set_alpn_protos(list(alpn))
        self.connection: Any = None

    def clientConnectionForTLS(self, protocol: Any) -> Any:
        self.connection = SSL.Connection(self.context, None)
        self.connection.set_tlsext_host_name(b"localhost")
        return self.connection


async def call(port: Any, caller: Caller) -> tuple[Peer, str]:
    """Come in by direct TLS; the peer, and the features it is shown."""
    endpoint = wrapClientTLS(caller, TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port))
    peer = await connectProtocol(endpoint, Peer())
    peer.write(HEADER)
    return peer, (await peer.until(b"</stream:features>")).decode()


def bound_to(caller: Caller, name: str) -> bytes:
    """What the client has of a binding, by its own side of the connection."""
    if name == "tls-exporter":
        made: bytes = caller.connection.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        return made
    certificate = caller.connection.get_peer_certificate(as_cryptography=True)
    return bytes(CBindData.from_der(certificate.public_bytes(serialization.Encoding.DER)))


@pytest.mark.parametrize("name", ["tls-exporter", "tls-server-end-point"])
@pytest_twisted.ensureDeferred
async def test_both_sides_of_a_connection_have_the_same_binding(tmp_path: Path, name: str) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",)), direct_tls=True))
    caller = Caller()
    peer, features = await call(port, caller)
    assert f"<channel-binding type='{name}'/>" in features
    scram = Scram("ann", "secret", "SCRAM-SHA-256-PLUS", f"p={name},,", bound_to(caller, name))
    auth = f"<auth xmlns='{SASL}' mechanism='SCRAM-SHA-256-PLUS'>{b64encode(scram.first).decode()}</auth>"
    peer.write(auth.encode())
    challenge = (await peer.until(b"</challenge>")).decode().split(">")[1].split("<")[0]
    final = b64encode(scram.final(b64decode(challenge))).decode()
    peer.write(f"<response xmlns='{SASL}'>{final}</response>".encode())
    said = (await peer.until(b"</success>")).decode()
    assert b64decode(said.split(">")[1].split("<")[0]) == scram.server_signature
    await leave(peer, port)


@pytest_twisted.ensureDeferred
async def test_tls_1_2_binds_to_the_certificate_alone(tmp_path: Path) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",)), direct_tls=True))
    peer, features = await call(port, Caller(version=SSL.TLS1_2_VERSION))
    assert "tls-server-end-point" in features
    assert "tls-exporter" not in features
    await leave(peer, port)


@pytest_twisted.ensureDeferred
async def test_what_was_known_before_starttls_is_forgotten(tmp_path: Path) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",))))
    peer = await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Peer())
    peer.write(HEADER)
    assert b"sasl-channel-binding" not in await peer.until(b"</stream:features>")
    peer.write(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    await peer.until(b"<proceed")
    transport: Any = peer.transport
    transport.startTLS(ssl.CertificateOptions(verify=False))
    peer.write(HEADER)
    assert b"<channel-binding type='tls-exporter'/>" in await peer.until(b"</stream:features>")
    await leave(peer, port)


@pytest.mark.parametrize(
    ("kind", "offered"),
    [
        ("good", True),
        ("long", True),
        ("none", False),
        ("of another authority", False),
        ("expired", False),
        ("of a server", False),
        ("for another host", False),
    ],
)
@pytest_twisted.ensureDeferred
async def test_external_is_offered_to_who_has_a_certificate_in_order(tmp_path: Path, kind: str, offered: bool) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    own = {
        "good": lambda: authority.issue("ann@localhost"),
        "long": lambda: authority.issue(f"{'a' * 200}@localhost"),
        "none": lambda: None,
        "of another authority": lambda: stranger.issue("ann@localhost"),
        "expired": lambda: authority.issue("ann@localhost", days=-1),
        "of a server": lambda: authority.issue("ann@localhost", use=ExtendedKeyUsageOID.SERVER_AUTH),
        "for another host": lambda: authority.issue("ann@elsewhere.example"),
    }[kind]()
    certificates = Certificates(tmp_path, ("localhost",), client_ca=str(authority.path))
    port = await listen(make(reactor, certificates, direct_tls=True))
    peer, features = await call(port, Caller(own))
    assert ("<mechanism>EXTERNAL</mechanism>" in features) is offered
    assert "<mechanism>SCRAM-SHA-256</mechanism>" in features, "whoever has a password may use it"
    if kind == "good":
        peer.write(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>=</auth>".encode())
        await peer.until(b"<success")
    await leave(peer, port)


@pytest_twisted.ensureDeferred
async def test_a_session_that_is_resumed_signs_nobody_in_by_certificate(tmp_path: Path) -> None:
    """OpenSSL does not look at the certificate again, so nobody knows whether it was in order."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    certificates = Certificates(tmp_path, ("localhost",), client_ca=str(authority.path))
    port = await listen(make(reactor, certificates, direct_tls=True))
    first = Caller(stranger.issue("ann@localhost"), version=SSL.TLS1_2_VERSION)
    peer, _ = await call(port, first)
    session = first.connection.get_session()
    again = Caller(version=SSL.TLS1_2_VERSION)
    again.context = first.context
    original = again.clientConnectionForTLS

    def resuming(protocol: Any) -> Any:
        connection = original(protocol)
        connection.set_session(session)
        return connection

    again.clientConnectionForTLS = resuming  # type: ignore[method-assign]
    other, features = await call(port, again)
    assert "EXTERNAL" not in features
    for each in (peer, other):
        transport: Any = each.transport
        transport.abortConnection()
        await each.until(b"\0never")
    await port.stopListening()


def test_the_authorities_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=r"sasl.client_ca: .*PEM"):
            Certificates(tmp_path, ("localhost",), client_ca=str(tmp_path / name))


@pytest.mark.parametrize(
    ("offered", "spoken"), [((b"xmpp-client",), b"xmpp-client"), ((b"h2", b"http/1.1"), b""), ((), b"")]
)
@pytest_twisted.ensureDeferred
async def test_a_port_of_clients_speaks_xmpp_and_nothing_else(
    tmp_path: Path, offered: tuple[bytes, ...], spoken: bytes
) -> None:
    port = await listen(make(reactor, Certificates(tmp_path, ("localhost",)), direct_tls=True))
    caller = Caller(alpn=offered)
    peer, _ = await call(port, caller)
    assert caller.connection.get_alpn_proto_negotiated() == spoken
    await leave(peer, port)


def test_no_binding_to_a_certificate_whose_signature_has_no_hash(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, None)
    )
    assert end_point_of(made) is None
    assert len(end_point_of(Authority(tmp_path).certificate) or b"") == 32


@pytest.mark.parametrize("der", [b"\x0c\0", b"\x16\x03a@b", b"\x0c\x03@@b", b"\x0c\x01\xff"])
def test_an_address_that_cannot_be_read_is_left_out(tmp_path: Path, der: bytes) -> None:
    certificate, _ = Authority(tmp_path).issue("ann@localhost/x", mails=("ann@mail.example",))
    assert names_of(certificate) == (("ann@localhost",), ("ann@mail.example",))
    other = x509.OtherName(XMPP_ADDRESS, der)
    names = x509.SubjectAlternativeName([other, x509.OtherName(ObjectIdentifier("1.2.3"), utf8("bob@localhost"))])
    authority = Authority(tmp_path)
    strange = authority.signed(authority.name, authority.key, [(names, False)])
    assert names_of(strange) == ((), ())
    assert names_of(Authority(tmp_path).certificate) == ((), ())


def test_a_chain_of_which_anything_was_refused_is_not_verified() -> None:
    shown = ClientTls(SSL.Context(SSL.TLS_SERVER_METHOD), None)
    assert not shown.verified
    shown.looked(False, 1)
    shown.looked(True, 0)
    assert not shown.verified
    assert facts_of(object()).bindings == {}


@pytest.mark.parametrize("host", ["a.example", "b.example"])
def test_certificates_of_people_are_verified_at_every_domain(tmp_path: Path, host: str) -> None:
    authority = Authority(tmp_path)
    sasl = {"client_ca": str(authority.path)}
    config = {"server": {"host": "a.example"}, "sasl": sasl, "hosts": {"b.example": {}}}
    server = certificates(Settings(Config("ccm.toml", config)), tmp_path / "state").serverConnectionForTLS(None)
    client = Caller(authority.issue("ann@b.example")).clientConnectionForTLS(None)
    client.set_tlsext_host_name(host.encode())
    server.set_accept_state()
    client.set_connect_state()
    for _ in range(5):
        for one, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            with suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65_536))
    assert host == client.get_peer_certificate().get_subject().CN
    assert server.get_peer_certificate() is not None
    assert server.verified
