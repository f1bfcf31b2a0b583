"""
Passwords into verifiers and back to a yes or no (RFC 5802 §3, RFC 7677, SASLprep of RFC 4013), through scramp.

Everything here takes tens of milliseconds of CPU: never on the reactor. Leaves out rules about good passwords.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from scramp import ScramException, ScramMechanism
from scramp.utils import saslprep

from ccm.errors import StanzaError
from ccm.records import Verifier

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1")
MAX_PASSWORD_BYTES = 1024
SALT_BYTES = 16  # as the made-up salts of unknown names, which must not be told from real ones
SIGNED_IN_BY = "password"  # key in a session's state: the fingerprint of what its client signed in by
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}


def fingerprint(verifiers: Iterable[Verifier]) -> str:
    """A mark of one password of one account, which tells nothing about it: every password set has another."""
    joined = b"".join(verifier.stored_key + verifier.salt for verifier in verifiers)
    return hashlib.sha256(joined).hexdigest()[:32]


def prepared(password: str) -> str:
    """
    The password as it is hashed.

    :raises StanzaError: ``not-acceptable`` if it is empty, too long or holds forbidden characters.
    """
    if len(password.encode(errors="replace")) > MAX_PASSWORD_BYTES:
        raise StanzaError("not-acceptable", f"A password may have {MAX_PASSWORD_BYTES} bytes.")
    try:
        result = str(saslprep(password))
    except (ScramException, UnicodeError) as error:
        raise StanzaError("not-acceptable", "The password holds a character that cannot be used.") from error
    if not result:
        raise StanzaError("not-acceptable", "The password is empty.")
    return result


def make_verifiers(
    password: str, iterations: int = 100_000, mechanisms: Iterable[str] = MECHANISMS
) -> tuple[Verifier, ...]:
    """
    What is kept of a password, one for each mechanism. Blocks for tens of milliseconds.

    :raises StanzaError: ``not-acceptable``, as :func:`prepared`.
    """
    word = prepared(password)
    made = []
    for name in mechanisms:
        salt = secrets.token_bytes(SALT_BYTES)
        _, stored_key, server_key, count = ScramMechanism(name).make_auth_info(word, iterations, salt)
        made.append(Verifier(name, salt, count, stored_key, server_key))  # type: ignore[arg-type]
    return tuple(made)


def check_password(password: str, verifier: Verifier) -> bool:
    """Whether that is the password. Blocks for tens of milliseconds, whatever the answer."""
    hash_ = HASHES[verifier.mechanism]
    try:
        word = prepared(password)
    except StanzaError:
        word, verifier = "-", Verifier(verifier.mechanism, verifier.salt, verifier.iterations, b"", b"")
    salted = hashlib.pbkdf2_hmac(hash_, word.encode(), verifier.salt, verifier.iterations)
    client_key = hmac.digest(salted, b"Client Key", hash_)
    return hmac.compare_digest(hashlib.new(hash_, client_key).digest(), verifier.stored_key)
