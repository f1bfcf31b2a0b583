"""
Counting and keeping stanzas for acknowledgement and resumption (XEP-0198 1.6.3), as plain data.

Leaves out when acknowledgements are sent: the session decides that, after the commit of what they cover.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.wire.parsers import ParserPool
from ccm.wire.slicer import Slicer
from ccm.wire.stanza import Stanza

MODULUS = 2**32
_COUNT = re.compile(r"[0-9]{1,10}\Z")
_DECLARED = re.compile(rb"\A<(message|presence|iq) xmlns='jabber:client'")


class Acks:
    """
    Both directions of one session.

    :ivar inbound: stanzas handled, modulo 2^32.
    :ivar secured: how many of them are known to be on disk, with all that they caused there.
    :ivar outbound: stanzas sent or held, modulo 2^32.
    :ivar queue: those of them that the client has not acknowledged, oldest first, as bytes for a TCP stream.
    :ivar held: how many of the newest in the queue have not been sent yet, since no record knows them.
    :ivar certain: after a restart, the most that the client can have been sent before it; ``None`` once it is back.
    """

    __slots__ = ("asked", "certain", "held", "inbound", "outbound", "queue", "resumable", "secured")

    def __init__(self, *, resumable: bool) -> None:
        self.resumable = resumable
        self.inbound = self.secured = 0
        self.outbound = 0
        self.queue: deque[bytes] = deque()
        self.held = 0
        self.certain: int | None = None
        self.asked = False

    def sent(self, data: bytes) -> None:
        """Keep what is being sent."""
        self.queue.append(data)
        self.outbound = (self.outbound + 1) % MODULUS

    def secure(self, inbound: int) -> None:
        """So many handled stanzas are on disk."""
        if (inbound - self.secured) % MODULUS < MODULUS // 2:
            self.secured = inbound

    def beyond(self, h: str) -> bool:
        """
        Whether the client got, by its count *h*, more than a server that crashed is known to have sent it.

        What that was nobody can tell, so what it lacks cannot be told either: such a session cannot go on.
        """
        certain, self.certain = self.certain, None
        if certain is None or not _COUNT.match(h):
            return False
        return 0 < (int(h) - certain) % MODULUS < MODULUS // 2

    def acknowledged(self, h: str) -> None:
        """
        The client has handled *h* stanzas of the stream (XEP-0198 §4).

        :raises StreamError: ``undefined-condition`` if it is more than were sent, ``bad-format`` if it is no number.
        """
        self.asked = False
        if not _COUNT.match(h) or int(h) >= MODULUS:
            raise StreamError("bad-format", "The attribute 'h' must be a count (XEP-0198 §4).")
        count = (int(h) - (self.outbound - len(self.queue))) % MODULUS
        if count > len(self.queue) - self.held:
            if count >= MODULUS // 2:
                return  # an older count than one before: it says nothing new
            sent = (self.outbound - self.held) % MODULUS
            raise StreamError(
                "undefined-condition",
                "You acknowledged more stanzas than were sent.",
                extra=f"<handled-count-too-high xmlns='{ns.SM}' h='{h}' send-count='{sent}'/>".encode(),
            )
        for _ in range(count):
            self.queue.popleft()


def stanzas_of(queue: Iterable[bytes], max_bytes: int = 2**24) -> list[Stanza]:
    """Queued bytes as stanzas again."""
    slicer = Slicer(ParserPool(max_idle=1), max_bytes)
    return [event for data in queue for event in slicer.feed(data) if isinstance(event, Stanza)]


def declared(data: bytes) -> bytes:
    """The bytes of a stanza for a transport on which each declares its namespace."""
    if _DECLARED.match(data):
        return data
    kind = re.match(rb"<[a-z]+", data)
    return data if kind is None else kind.group() + b" xmlns='jabber:client'" + data[kind.end() :]


def undeclared(data: bytes) -> bytes:
    """The opposite of :func:`declared`."""
    return _DECLARED.sub(rb"<\1", data, count=1)


def enabled(id_: str | None, seconds: int) -> bytes:
    """``<enabled/>``; without *id_* the stream cannot be resumed (XEP-0198 §3)."""
    if id_ is None:
        return f"<enabled xmlns='{ns.SM}'/>".encode()
    return f"<enabled xmlns='{ns.SM}' id='{id_}' resume='true' max='{seconds}'/>".encode()


def resumed(id_: str, h: int) -> bytes:
    """``<resumed/>`` (XEP-0198 §5)."""
    return f"<resumed xmlns='{ns.SM}' previd='{id_}' h='{h}'/>".encode()


def failed(condition: str, text: str = "", h: int | None = None) -> bytes:
    """``<failed/>`` with a stanza error condition (XEP-0198 §3, §5)."""
    said = f"<text xmlns='{ns.STANZA_ERRORS}' xml:lang='en'>{text}</text>" if text else ""
    count = f" h='{h}'" if h is not None else ""
    return f"<failed xmlns='{ns.SM}'{count}><{condition} xmlns='{ns.STANZA_ERRORS}'/>{said}</failed>".encode()


def answer(h: int) -> bytes:
    """``<a/>``."""
    return b"<a xmlns='urn:xmpp:sm:3' h='%d'/>" % h


REQUEST = b"<r xmlns='urn:xmpp:sm:3'/>"
FEATURE = f"<sm xmlns='{ns.SM}'/>".encode()
Queue = Sequence[bytes]
