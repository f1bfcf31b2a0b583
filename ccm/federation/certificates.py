"""
TLS between servers: who the other side proves to be (RFC 6120 §13.7, RFC 6125, RFC 7590, XEP-0178 1.2).

A chain is checked by OpenSSL against the system's authorities or a file of them; names by ``service_identity``
(DNS-ID, SRV-ID, IP address) and, here, xmppAddr. A certificate that does not hold does not end the handshake: what it
is worth is asked afterwards. Sessions are never resumed, so it is looked at each time. Leaves out DANE, OCSP and
channel binding.
"""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any

import idna
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL, crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import extract_patterns
from service_identity.hazmat import DNS_ID, SRV_ID, IPAddress_ID, ServiceID, verify_service_identity
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator
from zope.interface import implementer

from ccm.certificate_names import xmpp_addresses
from ccm.errors import ConfigError
from ccm.federation.srv import Unreachable, ascii_name

_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20"
_ALPN = b"xmpp-server"
_INVALID_PURPOSE = 26  # X509_V_ERR_INVALID_PURPOSE
_NO_RENEGOTIATION = getattr(SSL, "OP_NO_RENEGOTIATION", 0x40000000)

#: Our certificate with its chain, and its key, for one of our domains.
Credentials = Callable[[str], "tuple[list[crypto.X509], crypto.PKey]"]


class Tls:
    """
    :param credentials: asked for each connection, so that certificates may be renewed meanwhile.
    :param ca_file: PEM file of authorities in the place of the system's; ``""`` for those.
    :param is_open: whether a domain is ours and may be asked for by name before anything is said (RFC 6066 §3).
    :raises ConfigError: if that file cannot be used.
    """

    def __init__(
        self, credentials: Credentials, ca_file: str = "", is_open: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._credentials = credentials
        self._ca_file = ca_file
        self._is_open = is_open
        self._contexts: dict[str, tuple[Any, SSL.Context]] = {}
        self._trusting(SSL.Context(SSL.TLS_METHOD))

    def context(self, domain: str) -> SSL.Context:
        """What connections of that domain of ours begin with."""
        chain, key = self._credentials(domain)
        known = self._contexts.get(domain)
        if known is None or known[0] is not chain:
            known = self._contexts[domain] = (chain, self._context(chain, key))
        return known[1]

    def _context(self, chain: "list[crypto.X509]", key: crypto.PKey) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(_CIPHERS)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_TICKET | _NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.use_certificate(chain[0].to_cryptography())
        for certificate in chain[1:]:
            context.add_extra_chain_cert(certificate.to_cryptography())
        private: Any = key.to_cryptography_key()
        context.use_privatekey(private)
        context.set_alpn_select_callback(_select)
        context.set_tlsext_servername_callback(self._named)
        self._trusting(context)
        return context

    def _named(self, connection: SSL.Connection) -> None:
        """A client has said whom it wants: that one's certificate is shown."""
        try:
            domain = idna.decode(connection.get_servername() or b"").lower()
        except (idna.IDNAError, UnicodeError):
            return
        if self._is_open(domain):
            connection.set_context(self.context(domain))

    def _trusting(self, context: SSL.Context) -> None:
        try:
            if self._ca_file:
                context.load_verify_locations(self._ca_file)
            else:
                context.set_default_verify_paths()
        except SSL.Error as error:
            file = Path(self._ca_file).absolute()
            raise ConfigError(f"federation.ca_file: {file} holds no certificates in PEM form.") from error


@implementer(IOpenSSLClientConnectionCreator, IOpenSSLServerConnectionCreator)
class Handshake:
    """
    One connection's TLS.

    :param own: the domain of ours that it is for. :param other: whom we connect to; ``""`` where we were connected to.
    :ivar trouble: why the chain of the other side's certificate does not hold, for the log; ``""`` if it does.
    """

    def __init__(self, tls: Tls, own: str, other: str = "") -> None:
        self._tls, self._own, self._other = tls, own, other
        self._seen = False
        self._errors: list[int] = []
        self._certificate: x509.Certificate | None = None

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: ARG002
        """Begin, naming the domain that is wanted (RFC 6066 §3)."""
        connection = self._connection()
        name = ascii_name(self._other)
        if not _ip(name):
            connection.set_tlsext_host_name(name.encode())
        connection.set_alpn_protos([_ALPN])
        return connection

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:  # noqa: ARG002
        """Answer."""
        return self._connection()

    def proves(self, domain: str) -> bool:
        """Whether the other side has shown a certificate for that domain."""
        certificate = self._certificate
        return certificate is not None and self._seen and not self._errors and is_for(certificate, domain)

    @property
    def trouble(self) -> str:
        """In words, for the log."""
        if self._certificate is None:
            return "It shows no certificate."
        if self._errors:
            return f"Its certificate does not hold: {_WORDS.get(self._errors[0], f'OpenSSL says {self._errors[0]}')}."
        return "Its certificate is for other names." if self._seen else "Its certificate was not checked."

    def _look(self, _connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int) -> bool:
        """OpenSSL has checked one certificate of the chain."""
        shown = certificate.to_cryptography()
        if depth == 0:
            self._certificate, self._seen = shown, True
        if not ok and not (depth == 0 and error == _INVALID_PURPOSE and _serves(shown)):
            self._errors.append(error)
        return True

    def _connection(self) -> SSL.Connection:
        connection = SSL.Connection(self._tls.context(self._own), None)
        connection.set_verify(SSL.VERIFY_PEER, self._look)
        return connection


def is_for(certificate: x509.Certificate, domain: str) -> bool:
    """Whether a certificate names a domain (RFC 6120 §13.7.1.2)."""
    try:
        name = ascii_name(domain)
        patterns = extract_patterns(certificate)
    except (Unreachable, CertificateError, ValueError):
        return False
    wanted: list[ServiceID] = []
    if _ip(name):
        wanted.append(IPAddress_ID(ipaddress.ip_address(name.strip("[]"))))
    else:
        wanted += [DNS_ID(name), SRV_ID(f"_xmpp-server.{name}"), SRV_ID(f"_xmpps-server.{name}")]
    for one in wanted:
        try:
            verify_service_identity(patterns, [one], [])
        except (VerificationError, CertificateError):
            continue
        return True
    return domain in (written.lower() for written in xmpp_addresses(certificate))


_WORDS = {
    7: "an authority of another key signed it",
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself",
    19: "an authority that is not known here signed it",
    20: "an authority that is not known here signed it",
    21: "an authority that is not known here signed it",
    23: "it was revoked",
    _INVALID_PURPOSE: "it is for another purpose",
}


def _serves(certificate: x509.Certificate) -> bool:
    """Authorities no longer sign for clients; a server's certificate is its proof in both directions."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage


def _select(_connection: SSL.Connection, offered: list[bytes]) -> Any:
    return _ALPN if _ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
