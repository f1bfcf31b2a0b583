"""
Certificates for TLS (RFC 7590): read from files, or self-signed and made at the first start.

TLS 1.2 with ECDHE and AEAD, and 1.3; ALPN says which protocol a port speaks (XEP-0368 1.2). Leaves out ACME: put the
files there and send SIGHUP.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet import ssl
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

from ccm.errors import ConfigError
from ccm.transports.tls_facts import ClientTls, end_point_of, look

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_DAYS = 3650
_XMPP, _HTTP = b"xmpp-client", b"http/1.1"


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """
    The context factory of XMPP listeners, with that of HTTPS; :meth:`reload` takes effect for new connections.

    :param certificate: PEM file with the chain; ``""`` means a self-signed one in *folder*.
    :param key: PEM file with its key.
    :param names: host names that a self-signed one is for.
    :param client_ca: PEM file with the authorities that vouch for clients (XEP-0178); ``""`` asks them for nothing.
    :ivar for_http: the context factory of HTTPS, which asks nobody for a certificate.
    :ivar file: of the certificate. :ivar is_own: it is a self-signed one.
    :ivar end_point: hash of the present certificate (RFC 5929 §4.1), if that is defined for it.
    """

    def __init__(
        self, folder: Path, names: tuple[str, ...], certificate: str = "", key: str = "", client_ca: str = ""
    ) -> None:
        if bool(certificate) != bool(key):
            raise ConfigError("tls.certificate and tls.key go together: give both, or none for a self-signed one.")
        self.is_own = not certificate
        if certificate:
            self.file, self._key = Path(certificate).absolute(), Path(key).absolute()
        else:
            self.file, self._key = folder / "self-signed.crt", folder / "self-signed.key"
            if not (self.file.exists() and self._key.exists()):
                _self_sign(folder, names, self.file, self._key)
        self._client_ca = client_ca
        self.options: ssl.CertificateOptions
        self.http_options: ssl.CertificateOptions
        self.end_point: bytes | None = None
        self.for_http = ForHttp(self)
        self.reload()

    def reload(self) -> None:
        """Read the files anew. :raises ConfigError: naming the file; the old certificate stays in use."""
        try:
            chain, key = _chain(self.file), _private_key(self._key)
            private: Any = key.to_cryptography_key()
            if private.public_key() != chain[0].to_cryptography().public_key():
                raise ValueError("the key is of another certificate. Give the key that the certificate was made with.")
            options, http = self._context(chain, key, _XMPP), self._context(chain, key, _HTTP)
            end_point = end_point_of(chain[0].to_cryptography())
        except (OSError, ValueError, SSL.Error, crypto.Error) as error:
            raise ConfigError(f"The certificate {self.file} with key {self._key} cannot be used: {error}") from error
        if self._client_ca:
            _ask_clients(options.getContext(), self._client_ca)
        self.options, self.http_options, self.end_point = options, http, end_point
        self._credentials = (chain, key)

    def _context(self, chain: list[crypto.X509], key: crypto.PKey, protocol: bytes) -> ssl.CertificateOptions:
        options = ssl.CertificateOptions(
            privateKey=key,
            certificate=chain[0],
            extraCertChain=chain[1:],
            raiseMinimumTo=ssl.TLSVersion.TLSv1_2,
            acceptableCiphers=ssl.AcceptableCiphers.fromOpenSSLCipherString(_CIPHERS),
        )
        context = options.getContext()
        context.check_privatekey()
        context.set_options(getattr(SSL, "OP_NO_RENEGOTIATION", 0x40000000))
        context.set_alpn_select_callback(partial(_select_protocol, protocol))
        return options

    def credentials(self, domain: str) -> tuple[list[crypto.X509], crypto.PKey]:  # noqa: ARG002 - one for all domains
        """The present certificate with its chain, and its key, for a domain of ours."""
        return self._credentials

    def serverConnectionForTLS(self, protocol: Any) -> Any:  # noqa: ARG002 - IOpenSSLServerConnectionCreator
        """A TLS connection with the present certificate."""
        return ClientTls(self.options.getContext(), self.end_point)

    def getContext(self) -> Any:
        """The present OpenSSL context."""
        return self.options.getContext()


@implementer(IOpenSSLServerConnectionCreator)
class ForHttp:
    """What HTTPS uses of the certificates."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates

    def serverConnectionForTLS(self, protocol: Any) -> Any:  # noqa: ARG002 - IOpenSSLServerConnectionCreator
        """A TLS connection with the present certificate."""
        return SSL.Connection(self._certificates.http_options.getContext(), None)


def _chain(file: Path) -> list[crypto.X509]:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        raise ValueError(f"{file} holds no certificates in PEM form.") from error
    return [crypto.X509.from_cryptography(each) for each in found]


def _private_key(file: Path) -> crypto.PKey:
    try:
        return crypto.load_privatekey(crypto.FILETYPE_PEM, file.read_bytes(), b"")  # else it asks at the terminal
    except crypto.Error as error:
        raise ValueError(f"{file} holds no private key in PEM form that needs no passphrase.") from error


def _select_protocol(spoken: bytes, _connection: Any, offered: list[bytes]) -> Any:
    """
    ALPN: what is spoken at this port, if the client offers it (XEP-0368 §3, RFC 9112); never ``h2``.

    Without an answer of our own, Twisted's callback ends the handshake of every client that offers anything.
    """
    return spoken if spoken in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _ask_clients(context: SSL.Context, authorities: str) -> None:
    """Have clients asked for a certificate, which they need not have. :raises ConfigError: naming the file."""
    try:
        context.load_verify_locations(authorities)
        context.load_client_ca(authorities.encode())
    except (SSL.Error, ValueError) as error:
        raise ConfigError(
            f"sasl.client_ca: {Path(authorities).absolute()} holds no certificates of authorities in PEM form: {error}"
        ) from error
    context.set_session_id(b"ccm")  # else OpenSSL refuses clients that resume a session
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_CLIENT_ONCE, look)


def _self_sign(folder: Path, names: tuple[str, ...], certificate: Path, key: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    start = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
