"""Handing mail over by SMTP: what arrives, and what each way of failing means."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import pytest_twisted
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate

from ccm.config import Config
from ccm.errors import ConfigError, Rejected, Unavailable
from ccm.records import Mail
from ccm.web.mail import MailOptions
from ccm.web.smtp import SmtpMailer

TEXT = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Hi\r\n\r\n.a line of a dot\r\n..two\r\n.\r\nend\r\n"
MAIL = Mail("a@example.org", "b@example.org", TEXT)


class Post:
    """Takes mails, or answers *rcpt* and *data* as a test says."""

    def __init__(self):
        self.envelopes = []
        self.rcpt = self.data = ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if not self.data:
            self.envelopes.append(envelope)
        return self.data or "250 taken"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for ``localhost``: (file of chain and key, what trusts it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain) + pem)
    return file, Certificate.loadPEM(pem)


@pytest.fixture
def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate[0])
    return made


@pytest.fixture
def serve():
    """Starts an SMTP server with the given arguments; answers (what it took, its port)."""
    running = []

    def start(**arguments):
        post, port = Post(), free_port()
        controller = Controller(post, hostname="127.0.0.1", port=port, **arguments)
        controller.start()
        running.append(controller)
        return post, port

    yield start
    for controller in running:
        controller.stop()


def mailer(port, password="", trust=None, **options):
    named = {"smtp_host": "127.0.0.1", "smtp_port": port, "tls": "off", "timeout_seconds": 10.0, **options}
    return SmtpMailer(reactor, MailOptions(**named), password, trust)


@pytest_twisted.ensureDeferred
async def test_a_mail_arrives_byte_for_byte(serve):
    post, port = serve()
    await mailer(port).send(MAIL)
    (envelope,) = post.envelopes
    assert envelope.content == TEXT
    assert (envelope.mail_from, envelope.rcpt_tos) == ("a@example.org", ["b@example.org"])


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest_twisted.ensureDeferred
async def test_dots_are_kept_wherever_the_message_is_cut(serve, shift):
    post, port = serve()
    head = b"Subject: long\r\n\r\n"
    filler = (b"x" * 62 + b"\r\n") * 300
    text = head + filler[-(16_384 - len(head) + shift) :] + b".\r\n..\r\n" * 4000
    await mailer(port).send(Mail("a@example.org", "b@example.org", text))
    assert post.envelopes[0].content == text


@pytest_twisted.ensureDeferred
async def test_a_refused_recipient_is_final_with_the_servers_sentence(serve):
    post, port = serve()
    post.rcpt = "550 5.1.1 No such mailbox here"
    with pytest.raises(Rejected, match=r"The mail to b@example\.org was refused: 550 5\.1\.1 No such mailbox here"):
        await mailer(port).send(MAIL)


@pytest_twisted.ensureDeferred
async def test_a_mail_refused_after_its_text_is_final_too(serve):
    post, port = serve()
    post.data = "554 5.7.1 Looks like spam"
    with pytest.raises(Rejected, match="554 5.7.1 Looks like spam".replace(".", r"\.")):
        await mailer(port).send(MAIL)


@pytest.mark.parametrize("step", ["rcpt", "data"])
@pytest_twisted.ensureDeferred
async def test_a_4xx_may_pass(serve, step):
    post, port = serve()
    setattr(post, step, "450 4.2.1 Greylisted, come back")
    with pytest.raises(Unavailable, match="450"):
        await mailer(port).send(MAIL)


@pytest_twisted.ensureDeferred
async def test_without_the_tls_that_is_demanded_nothing_is_sent(serve):
    post, port = serve()
    with pytest.raises(Unavailable):
        await mailer(port, tls="starttls").send(MAIL)
    assert post.envelopes == []


@pytest_twisted.ensureDeferred
async def test_a_certificate_that_nobody_vouches_for_ends_the_attempt(serve, context):
    post, port = serve(tls_context=context)
    with pytest.raises(Unavailable):
        await mailer(port, tls="starttls", smtp_host="localhost").send(MAIL)
    assert post.envelopes == []


@pytest_twisted.ensureDeferred
async def test_a_mail_goes_by_starttls(serve, context, certificate):
    post, port = serve(tls_context=context, require_starttls=True)
    await mailer(port, trust=certificate[1], tls="starttls", smtp_host="localhost").send(MAIL)
    assert post.envelopes[0].content == TEXT


@pytest_twisted.ensureDeferred
async def test_a_mail_goes_by_tls_from_the_start(serve, context, certificate):
    post, port = serve(ssl_context=context)
    await mailer(port, trust=certificate[1], tls="direct", smtp_host="localhost").send(MAIL)
    assert post.envelopes[0].content == TEXT


@pytest_twisted.ensureDeferred
async def test_signing_in_works_and_a_wrong_password_is_the_operators_matter(serve, context, certificate):
    def check(server, session, envelope, mechanism, login):
        return AuthResult(success=(login.login, login.password) == (b"ccm", b"right"))

    post, port = serve(tls_context=context, require_starttls=True, authenticator=check, auth_required=True)
    options = {"trust": certificate[1], "tls": "starttls", "smtp_host": "localhost", "user": "ccm"}
    await mailer(port, "right", **options).send(MAIL)
    assert len(post.envelopes) == 1
    with pytest.raises(Unavailable):
        await mailer(port, "wrong", **options).send(MAIL)
    assert len(post.envelopes) == 1


class Rude(Protocol):
    """Says its lines in turn, then hangs up or falls silent."""

    def connectionMade(self):
        self.lines = list(self.factory.lines)
        self.dataReceived(b"")

    def dataReceived(self, data):
        if self.lines:
            self.transport.write(self.lines.pop(0))
        elif self.factory.hang_up:
            self.transport.loseConnection()


@pytest_twisted.async_yield_fixture
async def rude():
    factory = Factory.forProtocol(Rude)
    factory.lines, factory.hang_up, factory.noisy = [], False, False
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    factory.port = port.getHost().port
    yield factory
    await maybeDeferred(port.stopListening)


GREETING = [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"]


@pytest.mark.parametrize("lines", range(len(GREETING) + 1))
@pytest_twisted.ensureDeferred
async def test_a_connection_that_breaks_anywhere_ends_the_attempt(rude, lines):
    rude.lines, rude.hang_up = GREETING[:lines] or [b""], True
    if not lines:
        rude.lines = [b"22"]
    with pytest.raises(Unavailable):
        await mailer(rude.port, timeout_seconds=1.0).send(MAIL)


@pytest.mark.parametrize("lines", [0, 1, 5])
@pytest_twisted.ensureDeferred
async def test_a_server_that_falls_silent_is_left(rude, lines):
    rude.lines = GREETING[:lines]
    with pytest.raises(Unavailable):
        await mailer(rude.port, timeout_seconds=0.1).send(MAIL)


@pytest_twisted.ensureDeferred
async def test_what_is_no_mail_server_is_unavailable(rude):
    rude.lines = [b"HTTP/1.1 400 Bad Request\r\n\r\n"]
    with pytest.raises(Unavailable):
        await mailer(rude.port).send(MAIL)


@pytest_twisted.ensureDeferred
async def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="cannot be reached"):
        await mailer(free_port()).send(MAIL)


@pytest_twisted.ensureDeferred
async def test_a_domain_of_other_letters_is_sent_as_dns_has_it(serve):
    post, port = serve()
    await mailer(port).send(Mail("a@example.org", "b@b\u00fccher.example", TEXT))
    assert post.envelopes[0].rcpt_tos == ["b@xn--bcher-kva.example"]
    with pytest.raises(Rejected, match="Use another address"):
        await mailer(port).send(Mail("a@example.org", "b\u00fc@example.org", TEXT))


def test_a_wrong_configuration_names_its_key():
    with pytest.raises(ConfigError, match=r"mail\.tls = "):
        Config("ccm.toml", {"mail": {"tls": "yes"}}).section("mail", MailOptions)
    with pytest.raises(ConfigError, match=r"mail\.user"):
        mailer(25, user="ccm")
