"""
Certificates for TLS (RFC 7590): read from files, or self-signed and made at the first start.

TLS 1.2 with ECDHE and AEAD, and 1.3. Leaves out ACME: put the files there and send SIGHUP.
"""

import os
from datetime import UTC, datetime, timedelta
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

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_DAYS = 3650
_PROTOCOLS = (b"xmpp-client", b"http/1.1")


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """
    The context factory of every listener; :meth:`reload` takes effect for new connections.

    :param certificate: PEM file with the chain; ``""`` means a self-signed one in *folder*.
    :param key: PEM file with its key.
    :param names: host names that a self-signed one is for.
    """

    def __init__(self, folder: Path, names: tuple[str, ...], certificate: str = "", key: str = "") -> None:
        if bool(certificate) != bool(key):
            raise ConfigError("tls.certificate and tls.key go together: give both, or none for a self-signed one.")
        if certificate:
            self._certificate, self._key = Path(certificate), Path(key)
        else:
            self._certificate, self._key = folder / "self-signed.crt", folder / "self-signed.key"
            if not (self._certificate.exists() and self._key.exists()):
                _self_sign(folder, names, self._certificate, self._key)
        self.options: ssl.CertificateOptions
        self.reload()

    def reload(self) -> None:
        """Read the files anew. :raises ConfigError: naming the file; the old certificate stays in use."""
        try:
            chain = [
                crypto.X509.from_cryptography(found)
                for found in x509.load_pem_x509_certificates(self._certificate.read_bytes())
            ]
            key = crypto.load_privatekey(crypto.FILETYPE_PEM, self._key.read_bytes())
            options = ssl.CertificateOptions(
                privateKey=key,
                certificate=chain[0],
                extraCertChain=chain[1:],
                raiseMinimumTo=ssl.TLSVersion.TLSv1_2,
                acceptableCiphers=ssl.AcceptableCiphers.fromOpenSSLCipherString(_CIPHERS),
            )
            options.getContext().check_privatekey()
        except (OSError, ValueError, SSL.Error, crypto.Error) as error:
            raise ConfigError(
                f"The certificate {self._certificate} with key {self._key} cannot be used: {error}"
            ) from error
        options.getContext().set_options(getattr(SSL, "OP_NO_RENEGOTIATION", 0x40000000))
        options.getContext().set_alpn_select_callback(_select_protocol)
        self.options = options
        self._credentials = (chain, key)

    def credentials(self, domain: str) -> tuple[list[crypto.X509], crypto.PKey]:  # noqa: ARG002 - one for all domains
        """The present certificate with its chain, and its key, for a domain of ours."""
        return self._credentials

    def serverConnectionForTLS(self, protocol: Any) -> Any:  # noqa: ARG002 - IOpenSSLServerConnectionCreator
        """A TLS connection with the present certificate."""
        return SSL.Connection(self.options.getContext(), None)

    def getContext(self) -> Any:
        """The present OpenSSL context."""
        return self.options.getContext()


def _select_protocol(_connection: Any, offered: list[bytes]) -> Any:
    """
    ALPN: what is spoken here, if the client offers it (XEP-0368 §3, RFC 9112); never ``h2``.

    Without an answer of our own, Twisted's callback ends the handshake of every client that offers anything.
    """
    return next((name for name in _PROTOCOLS if name in offered), SSL.NO_OVERLAPPING_PROTOCOLS)


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
