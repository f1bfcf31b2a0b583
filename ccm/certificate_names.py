"""
The XMPP addresses in a certificate: id-on-xmppAddr among its names (RFC 6120 §13.7.1.4). Leaves out what they prove.
"""

from cryptography import x509

_XMPP_ADDRESS = "1.3.6.1.5.5.7.8.5"
_UTF8_STRING = 0x0C
_MOST_NAMES = 100


def xmpp_addresses(certificate: x509.Certificate) -> list[str]:
    """As they are written, the first few; what cannot be read is left out."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    others = names.get_values_for_type(x509.OtherName)
    found = [_text(other.value) for other in others if other.type_id.dotted_string == _XMPP_ADDRESS]
    return [text for text in found[:_MOST_NAMES] if text]


def _text(der: bytes) -> str:
    """The text of a UTF8String (X.690 §8.1.3, §8.23); ``""`` for anything else."""
    if len(der) < 2 or der[0] != _UTF8_STRING:
        return ""
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start])
    if start > 6 or len(der) != start + size:
        return ""
    try:
        return der[start:].decode()
    except UnicodeDecodeError:
        return ""
