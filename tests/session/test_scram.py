"""The server's side of SCRAM against proofs computed here (RFC 5802 §3, §5.1, §7)."""

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest

from ccm.errors import SaslError
from ccm.session.scram import ClientFirst, ScramExchange, made_up
from ccm.session.verifiers import make_verifiers

PASSWORD = "wherefore art thou"
FIRST = b"n,,n=romeo,r=abcdefgh"


def exchange(first=FIRST):
    (verifier,) = make_verifiers(PASSWORD, 4096, ("SCRAM-SHA-256",))
    return ScramExchange(ClientFirst.parse(first), verifier, "12345678")


def final(challenge, *, password=PASSWORD, nonce=None, binding=b"n,,", first=FIRST):
    """The client's last message, with a proof that is right for what it says."""
    fields = dict(field.split("=", 1) for field in challenge.decode().split(","))
    said = f"c={b64encode(binding).decode()},r={nonce or fields['r']}"
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(fields["s"]), int(fields["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    whole = f"{first.decode()[3:]},{challenge.decode()},{said}".encode()
    signature = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
    return f"{said},p={b64encode(proof).decode()}".encode()


def test_who_knows_the_password_gets_the_servers_signature_and_nobody_else():
    one = exchange()
    assert one.finish(final(one.server_first)).startswith(b"v=")
    assert exchange().finish(final(exchange().server_first)) is None, "another salt"
    other = exchange()
    assert other.finish(final(other.server_first, password="another")) is None


@pytest.mark.parametrize("nonce", ["abcdefgh", "abcdefgh12345679", "12345678", "abcdefgh12345678x"])
def test_a_proof_for_another_nonce_is_refused(nonce):
    one = exchange()
    with pytest.raises(SaslError, match="nonce"):
        one.finish(final(one.server_first, nonce=nonce))


def test_a_header_that_changed_on_the_way_is_refused():
    one = exchange()
    with pytest.raises(SaslError):
        one.finish(final(one.server_first, binding=b"y,,"))


def test_the_nonce_of_the_server_continues_the_clients():
    assert b"r=abcdefgh12345678," in exchange().server_first


def test_a_made_up_verifier_is_always_the_same_for_a_name():
    first, again, other = (made_up("SCRAM-SHA-256", name, b"secret", 4096) for name in ("ann", "ann", "bob"))
    assert first == again and first.salt != other.salt
