"""
Server Dialback (XEP-0220 1.1.1): the keys (XEP-0185 1.0) and the elements.

Leaves out who is asked, and when: ``incoming.py`` and ``outgoing.py`` do that.
"""

import hashlib
import hmac

from ccm.wire.stanza import attribute

NAMESPACE = "jabber:server:dialback"
FEATURE = b"<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
FEATURE_NAME = ("urn:xmpp:features:dialback", "dialback")


class Keys:
    """:param secret: known to every process that answers for the same domains."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(secret).hexdigest().encode()

    def key(self, receiving: str, originating: str, stream: str) -> str:
        """The key with which *originating* proves itself in a stream that *receiving* gave that id (XEP-0185 §3)."""
        message = f"{receiving} {originating} {stream}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def fits(self, key: str, receiving: str, originating: str, stream: str) -> bool:
        """Whether that key was made here."""
        return hmac.compare_digest(self.key(receiving, originating, stream).encode(), key.strip().encode())


def element(name: str, from_: str, to: str, *, id_: str = "", type_: str = "", inner: bytes = b"") -> bytes:
    """``<db:result/>`` or ``<db:verify/>``; the stream's header declares the prefix."""
    out = f"<db:{name} from='{attribute(from_)}' to='{attribute(to)}'"
    if id_:
        out += f" id='{attribute(id_)}'"
    if type_:
        out += f" type='{type_}'"
    return out.encode() + b">%b</db:%b>" % (inner, name.encode())
