"""Certificates that can be used and still are wrong are warned of; a key of another certificate is told in words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor

from ccm.config import Config
from ccm.errors import ConfigError
from ccm.rehearsal import rehearse

NOW = datetime.now(UTC)
BOTH = ("example.org", "conference.example.org")


def made(folder: Path, names: tuple[str, ...], days: int = 90, issuer: str = "") -> dict[str, Any]:
    """The options for a certificate: by an authority, or signed by itself."""
    folder.mkdir(exist_ok=True)
    key, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    subject, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]) for cn in (names[0], issuer or names[0]))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=200))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(authority if issuer else key, hashes.SHA256())
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "a.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "a.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return {"certificate": str(folder / "a.crt"), "key": str(folder / "a.key")}


async def doubts(tls: dict[str, Any], federation: bool = False, **more: Any) -> list[str]:
    found: list[str] = []
    values = {"server": {"host": "example.org"}, "tls": tls, "federation": {"enabled": federation, **more}}
    await rehearse(reactor, Config("ccm.toml", values), found.append)
    return found


@pytest_twisted.ensureDeferred
async def test_one_that_is_in_order_is_not_warned_of(tmp_path: Path) -> None:
    assert await doubts(made(tmp_path, BOTH, issuer="An authority"), federation=True) == []
    assert await doubts(made(tmp_path, BOTH[:1])) == []
    assert await doubts({}) == []


@pytest_twisted.ensureDeferred
async def test_one_that_has_expired_is_warned_of_with_its_day(tmp_path: Path) -> None:
    (doubt,) = await doubts(made(tmp_path, BOTH, days=-3))
    day = f"{NOW - timedelta(days=3):%Y-%m-%d}"
    assert doubt.startswith(f"example.org: the certificate {tmp_path}/a.crt expired on {day}: ")
    assert "SIGHUP" in doubt


@pytest_twisted.ensureDeferred
async def test_one_for_other_names_is_warned_of_with_both(tmp_path: Path) -> None:
    (doubt,) = await doubts(made(tmp_path, ("other.example",)))
    assert "is not for example.org, but for other.example: get one for example.org." in doubt
    (doubt,) = await doubts(made(tmp_path, BOTH[:1], issuer="An authority"), federation=True)
    assert "is not for conference.example.org, but for example.org: " in doubt


@pytest_twisted.ensureDeferred
async def test_one_signed_by_itself_is_warned_of_where_other_servers_look_at_it(tmp_path: Path) -> None:
    own = made(tmp_path, BOTH)
    for tls in (own, {}):
        (doubt,) = await doubts(tls, federation=True)
        assert "is signed by itself" in doubt and "tls.certificate" in doubt and "valid until 2" in doubt
    assert await doubts(own, federation=True, require_certificates=False) == []
    assert await doubts(own, federation=True, ca_file=own["certificate"]) == []


@pytest_twisted.ensureDeferred
async def test_a_key_that_does_not_fit_is_told_in_words(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", BOTH), made(tmp_path / "other", BOTH)
    with pytest.raises(ConfigError, match="cannot be used: the key is of another certificate"):
        await doubts({**one, "key": other["key"]})
    with pytest.raises(ConfigError, match="holds no private key in PEM form"):
        await doubts({**one, "key": one["certificate"]})
    with pytest.raises(ConfigError, match="holds no certificates in PEM form"):
        await doubts({**one, "certificate": one["key"]})


@pytest_twisted.ensureDeferred
async def test_a_file_that_is_missing_is_named_as_it_was_looked_for(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"{tmp_path}/tls/a.crt"):
        await doubts({"certificate": "tls/a.crt", "key": "tls/a.key"})
    with pytest.raises(ConfigError, match=f"federation.ca_file: {tmp_path}/ca.pem holds no"):
        await doubts({}, federation=True, ca_file="ca.pem")
