"""A client's side of SCRAM with channel binding, straight from RFC 5802 §3: scramp knows no tls-exporter."""

import hashlib
import hmac
from base64 import b64decode, b64encode


class Scram:
    """
    One exchange.

    :param header: gs2 header, e.g. ``n,,`` or ``p=tls-exporter,,``. :param data: what it binds to.
    """

    def __init__(self, name: str, password: str, mechanism: str, header: str = "n,,", data: bytes = b"") -> None:
        self._hash = "sha256" if "256" in mechanism else "sha1"
        self._password = password
        self._bare = f"n={name},r=fyko"
        self.first = f"{header}{self._bare}".encode()
        self._binding = header.encode() + data
        self.server_signature = b""

    def final(self, challenge: bytes) -> bytes:
        """The answer to the server's first message."""
        fields = dict(part.split("=", 1) for part in challenge.decode().split(","))
        assert fields["r"].startswith("fyko") and len(fields["r"]) > 4
        salted = hashlib.pbkdf2_hmac(self._hash, self._password.encode(), b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", self._hash)
        without = f"c={b64encode(self._binding).decode()},r={fields['r']}"
        said = ",".join((self._bare, challenge.decode(), without)).encode()
        signature = hmac.digest(hashlib.new(self._hash, key).digest(), said, self._hash)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        server_key = hmac.digest(salted, b"Server Key", self._hash)
        self.server_signature = b"v=" + b64encode(hmac.digest(server_key, said, self._hash))
        return f"{without},p={b64encode(proof).decode()}".encode()
