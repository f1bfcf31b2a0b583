"""One BOSH request on the lean path of an HTTP connection, until it is answered (:mod:`ccm.transports.http_front`)."""

import gzip
from typing import TYPE_CHECKING

from ccm.transports.bosh import HeldSession
from ccm.transports.http_head import Head

if TYPE_CHECKING:
    from ccm.transports.http_front import Front


class Exchange:
    """A BOSH request on the lean path; see :class:`ccm.transports.bosh.Handle`."""

    __slots__ = ("answer", "front", "head", "peer", "rid", "secure", "session")

    def __init__(self, front: "Front", head: Head, peer: str, secure: bool) -> None:
        self.front, self.head, self.peer, self.secure = front, head, peer, secure
        self.session: HeldSession | None = None
        self.rid = 0
        self.answer: bytes | None = None

    def respond(self, body: bytes, content_type: str, status: int) -> None:
        """Answer it, in its turn on the connection."""
        factory = self.front.factory
        fields = [(b"Content-Type", content_type.encode()), (b"Cache-Control", b"no-store")]
        if factory.compresses(self.head, body):
            body = gzip.compress(body, 1, mtime=0)
            fields.append((b"Content-Encoding", b"gzip"))
        fields.append((b"X-Content-Type-Options", b"nosniff"))
        fields.extend(factory.origins.headers(self.head.fields))
        self.answer = factory.response(status, fields, body, close=not self.head.keep_alive)
        self.front.answered()

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.front.drop()
