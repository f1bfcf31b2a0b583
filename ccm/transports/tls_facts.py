"""
What OpenSSL knows of a TLS connection, as signing in wants it (RFC 9266, RFC 5929 §4, XEP-0178 1.2).

Leaves out tls-unique, which TLS 1.3 does not have and which fails to bind TLS 1.2 without more precautions.
"""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from ccm import address
from ccm.certificate_names import xmpp_addresses
from ccm.errors import StanzaError
from ccm.session.tls_facts import NOTHING, TlsFacts

_LABEL = b"EXPORTER-Channel-Binding"
_BYTES = 32
_MOST_NAMES = 20


class ClientTls(SSL.Connection):
    """
    A connection of a client, from our side. Its application data belong to Twisted.

    :param end_point: hash of our certificate (RFC 5929 §4.1), ``None`` if that is not defined for it.
    :ivar verified: OpenSSL has found the client's certificate to be in order; never so for a session that is resumed,
        since then nobody looks.
    """

    def __init__(self, context: SSL.Context, end_point: bytes | None) -> None:
        super().__init__(context, None)
        self.end_point = end_point
        self.verified = self._refused = False

    def looked(self, in_order: bool, depth: int) -> None:
        """OpenSSL has looked at one certificate of the chain; the client's own has the depth 0 and comes last."""
        self._refused = self._refused or not in_order
        self.verified = depth == 0 and not self._refused


def look(connection: Any, _certificate: object, _error: int, depth: int, in_order: int) -> bool:
    """
    For ``set_verify``: a certificate that is not in order ends nothing, but signs nobody in either.

    Who has another way to sign in may use that.
    """
    connection.looked(bool(in_order), depth)
    return True


def end_point_of(certificate: x509.Certificate) -> bytes | None:
    """What *tls-server-end-point* binds to (RFC 5929 §4.1)."""
    try:
        used = certificate.signature_hash_algorithm
    except ValueError:  # an algorithm that cryptography does not know
        return None
    if used is None:
        return None  # "if the certificate's signatureAlgorithm uses no hash functions … this is undefined"
    weak = isinstance(used, hashes.MD5 | hashes.SHA1)
    digest = hashes.Hash(hashes.SHA256() if weak else used)
    digest.update(certificate.public_bytes(Encoding.DER))
    return digest.finalize()


def facts_of(handle: Any) -> TlsFacts:
    """
    What is known once the handshake is over.

    :param handle: a transport's ``getHandle()``; anything but such a connection tells nothing.
    """
    if not isinstance(handle, ClientTls):
        return NOTHING
    bindings = {}
    if handle.get_protocol_version_name() == "TLSv1.3":  # before, the exporter binds only with RFC 7627
        bindings["tls-exporter"] = handle.export_keying_material(_LABEL, _BYTES, b"")
    if handle.end_point is not None:
        bindings["tls-server-end-point"] = handle.end_point
    certificate = handle.get_peer_certificate(as_cryptography=True)
    if certificate is None or not handle.verified:
        return TlsFacts(bindings)
    return TlsFacts(bindings, *names_of(certificate))


def names_of(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The bare JIDs and the mail addresses that a certificate is for; what cannot be read is left out."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return (), ()
    jids = dict.fromkeys(jid for written in xmpp_addresses(certificate)[:_MOST_NAMES] if (jid := _jid(written)))
    return tuple(jids), tuple(names.get_values_for_type(x509.RFC822Name)[:_MOST_NAMES])


def _jid(written: str) -> str:
    """The bare JID, prepared; ``""`` if it is none."""
    try:
        return address.bare(address.prepare(written))
    except StanzaError:
        return ""
