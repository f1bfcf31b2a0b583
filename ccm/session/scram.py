"""
The server's side of SCRAM, with and without channel binding (RFC 5802, RFC 7677).

scramp makes the verifiers and, in tests, is the client; its server half is not used because it looks the account up
synchronously, refuses any authzid, and knows no answer for unknown names but an error.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from ccm.errors import SaslError
from ccm.records import Verifier
from ccm.session.verifiers import HASHES, SALT_BYTES

_MALFORMED = "malformed-request"


@dataclass(frozen=True, slots=True)
class ClientFirst:
    """
    What the client opens with (RFC 5802 §7): its names as sent, unescaped.

    :ivar flag: ``n`` for a client without channel binding, ``y`` for one that believes the server to be without, or the
        name of the binding that it uses, after ``p=``.
    """

    gs2_header: str
    flag: str
    bare: str
    name: str
    authzid: str
    nonce: str

    @classmethod
    def parse(cls, data: bytes) -> "ClientFirst":
        """:raises SaslError: ``malformed-request``."""
        message = _text(data)
        flag, comma, rest = message.partition(",")
        authzid, second, bare = rest.partition(",")
        if not comma or not second or not (flag in ("n", "y") or flag.startswith("p=")):
            raise SaslError(_MALFORMED)
        if authzid and not authzid.startswith("a="):
            raise SaslError(_MALFORMED)
        fields = bare.split(",")
        if len(fields) < 2 or not fields[0].startswith("n=") or not fields[1].startswith("r=") or len(fields[1]) < 3:
            raise SaslError(_MALFORMED)  # a mandatory extension (m=) also comes here
        return cls(f"{flag},{authzid},", flag, bare, _name(fields[0][2:]), _name(authzid[2:]), fields[1][2:])


class ScramExchange:
    """
    One exchange with a verifier, real or made up.

    :param nonce: the server's part, printable without commas.
    :param binding: what both sides of the connection know, if the client binds to it.
    """

    def __init__(self, first: ClientFirst, verifier: Verifier, nonce: str, binding: bytes = b"") -> None:
        self._first = first
        self._binding = first.gs2_header.encode() + binding
        self._verifier = verifier
        self._nonce = first.nonce + nonce
        self._server_first = f"r={self._nonce},s={b64encode(verifier.salt).decode()},i={verifier.iterations}"

    @property
    def server_first(self) -> bytes:
        """The challenge."""
        return self._server_first.encode()

    def finish(self, data: bytes) -> bytes | None:
        """
        Check the proof.

        :returns: the server's signature message, or ``None`` if the proof is wrong.
        :raises SaslError: ``malformed-request``.
        """
        message = _text(data)
        without_proof, found, proof_text = message.rpartition(",p=")
        fields = without_proof.split(",")
        if not found or len(fields) < 2 or not fields[0].startswith("c=") or not fields[1].startswith("r="):
            raise SaslError(_MALFORMED)
        try:
            binding = b64decode(fields[0][2:], validate=True)
            proof = b64decode(proof_text, validate=True)
        except (NotBase64, ValueError) as error:
            raise SaslError(_MALFORMED) from error
        if not hmac.compare_digest(binding, self._binding):
            raise SaslError(_MALFORMED, "The connection is not the one that you bind to, or the header is another.")
        if not hmac.compare_digest(fields[1][2:].encode(), self._nonce.encode()):
            raise SaslError(_MALFORMED, "The nonce is not the one of this exchange.")
        hash_ = HASHES[self._verifier.mechanism]
        said = f"{self._first.bare},{self._server_first},{without_proof}".encode()
        signature = hmac.digest(self._verifier.stored_key, said, hash_)
        if len(proof) != len(signature):
            raise SaslError(_MALFORMED)
        key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.new(hash_, key).digest(), self._verifier.stored_key):
            return None
        return b"v=" + b64encode(hmac.digest(self._verifier.server_key, said, hash_))


def made_up(mechanism: str, name: str, secret: bytes, iterations: int) -> Verifier:
    """A verifier for a name that has none: always the same for the name, and never fulfilled."""
    seed = hmac.digest(secret, f"salt\0{mechanism}\0{name}".encode(), "sha256")
    size = hashlib.new(HASHES[mechanism]).digest_size
    return Verifier(mechanism, seed[:SALT_BYTES], iterations, hmac.digest(secret, seed, "sha512")[:size], seed[:size])  # type: ignore[arg-type]


def _text(data: bytes) -> str:
    try:
        message = data.decode()
    except UnicodeDecodeError as error:
        raise SaslError(_MALFORMED) from error
    if "\0" in message or len(message) > 4096:
        raise SaslError(_MALFORMED)
    return message


def _name(escaped: str) -> str:
    name = escaped.replace("=2C", "\0,").replace("=3D", "\0=")
    if "=" in name.replace("\0=", ""):
        raise SaslError(_MALFORMED)
    return name.replace("\0", "")
