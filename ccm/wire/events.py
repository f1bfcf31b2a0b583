"""
What a framing tells a session, whatever the transport (RFC 6120 §4, RFC 7395 §3, XEP-0206 §4).

Beside these, a complete :class:`ccm.wire.stanza.Stanza` is an event itself.
"""

from dataclasses import dataclass
from xml.sax.saxutils import unescape

from ccm.errors import StreamError
from ccm.wire.stanza import Stanza

_ENTITIES = {"&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """
    The peer opened a stream, or opened it anew; addresses are as sent, ``version`` is ``""`` if absent.

    :ivar id: of the stream, where the peer is the one that was connected to (RFC 6120 §4.7.3).
    """

    to: str | None = None
    from_: str | None = None
    version: str = ""
    lang: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The peer closed its stream in good order."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What came cannot be gone on with; always the last event of a stream."""

    error: StreamError


@dataclass(frozen=True, slots=True)
class Nonza:
    """
    A complete child of the stream that is no stanza of ``jabber:client`` (XEP-0360 §2).

    :ivar namespace: of the element; ``""`` for none.
    :ivar attrs: as written, without namespace declarations.
    :ivar inner: UTF-8 bytes between its tags.
    :ivar children: ``(namespace, name)`` of each child element in order.
    """

    namespace: str
    name: str
    attrs: dict[str, str]
    inner: bytes = b""
    children: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Its character data if it has no child element, else ``""``."""
        if self.children:
            return ""
        return unescape(self.inner.decode(), _ENTITIES)


Event = StreamOpened | StreamClosed | Broken | Nonza | Stanza
