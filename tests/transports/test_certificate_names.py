"""The XMPP addresses in certificates, whoever shows them."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ccm.certificate_names import xmpp_addresses
from ccm.federation.certificates import is_for

KEY = ec.generate_private_key(ec.SECP256R1())
XMPP = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.5")
LONG = ".".join(("a" * 50,) * 3) + ".example"


def certificate(*others: bytes) -> x509.Certificate:
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    if others:
        names = [x509.OtherName(XMPP, other) for other in others]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(KEY, hashes.SHA256())


def utf8(written: str) -> bytes:
    data = written.encode()
    size = bytes([len(data)]) if len(data) < 0x80 else bytes([0x81, len(data)])
    return b"\x0c" + size + data


def test_short_and_long_ones_are_read() -> None:
    shown = certificate(utf8("Peer.example"), utf8(LONG))
    assert xmpp_addresses(shown) == ["Peer.example", LONG]
    assert is_for(shown, "peer.example") and is_for(shown, LONG)
    assert not is_for(shown, "other.example")


@pytest.mark.parametrize("der", [b"\x04\x03abc", b"\x0c\x01\xff", b"\x0c\x00", b"\x05\x00"])
def test_what_cannot_be_read_is_left_out(der: bytes) -> None:
    assert xmpp_addresses(certificate(der, utf8("peer.example"))) == ["peer.example"]
    assert xmpp_addresses(certificate()) == []
