"""
Where other servers connect: how many may, and how much each domain may send.

Leaves out what is said then (``incoming.py``).
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from twisted.internet.protocol import Factory

from ccm.errors import StreamError
from ccm.federation.incoming import IncomingStream
from ccm.federation.terms import Terms
from ccm.session.limits import TokenBucket
from ccm.session.visitors import UNLIMITED, Visitors
from ccm.wire.stanza import Stanza

_QUESTIONS_EACH = 8  # that are asked for one address at a time: it has only to be slow to answer
_KNOWN_EACH = 8  # buckets for each connection that there may be

#: ``received(stanza, domain)``: from a domain that was proven, to one of ours.
Received = Callable[[Stanza, str], None]


class IncomingFactory(Factory):
    """
    Accepts other servers.

    :param received: gets what comes. :param lost: is told of domains whose stream broke.
    :param host: whose certificate begins direct TLS.
    """

    noisy = False

    def __init__(
        self,
        terms: Terms,
        received: Received,
        lost: Callable[[str], None],
        host: str,
        *,
        direct_tls: bool = False,
        buckets: "Buckets | None" = None,
    ) -> None:
        self.terms = terms
        self.received = received
        self.lost = lost
        self.host = host
        self.direct_tls = direct_tls
        self.streams: set[IncomingStream] = set()
        self._buckets = buckets if buckets is not None else Buckets(terms)
        self._strangers = Buckets(terms)
        self._counted = Visitors(UNLIMITED, terms.clock.seconds).counted  # a network of IPv6 is one address
        self._by_address: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()

    def buildProtocol(self, addr: Any) -> IncomingStream:  # noqa: ARG002
        """One connection."""
        return IncomingStream(self)

    def bucket(self, other: str, own: str) -> TokenBucket:
        """What a domain may send to one of ours, over all its connections."""
        return self._buckets.of(f"{other} {own}")

    def new_bucket(self) -> TokenBucket:
        """What one connection may send, whatever it has proved."""
        return self._buckets.new()

    def bucket_of_strangers(self, peer: str) -> TokenBucket:
        """What an address may send on connections that have proved nothing yet."""
        return self._strangers.of(self._counted(peer) or "")

    def entered(self, stream: IncomingStream) -> bool:
        """Whether there is room for one more."""
        options, peer = self.terms.options, self._counted(stream.peer) or ""
        count = self._by_address[peer]
        if len(self.streams) >= options.connections or count >= options.connections_per_address:
            return False
        self.streams.add(stream)
        self._by_address[peer] = count + 1
        return True

    def left(self, stream: IncomingStream) -> None:
        """One is gone."""
        if stream in self.streams:
            peer = self._counted(stream.peer) or ""
            self.streams.discard(stream)
            _less(self._by_address, peer)

    def may_ask(self, peer: str) -> bool:
        """Whether another server may be asked now about what that address says."""
        return self._questions[self._counted(peer) or ""] < _QUESTIONS_EACH

    def asks(self, peer: str) -> None:
        """One is asked; :meth:`has_asked` is due once."""
        self._questions[self._counted(peer) or ""] += 1

    def has_asked(self, peer: str) -> None:
        """It has answered, or is waited for no more."""
        _less(self._questions, self._counted(peer) or "")

    def stop(self) -> None:
        """End them all."""
        for stream in tuple(self.streams):
            stream.end(StreamError("system-shutdown", "This server stops."))


def _less(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if counts[key] <= 0:
        del counts[key]


class Buckets:
    """How much each pair of domains, or address, may still send; the one unheard for longest is forgotten first."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._known: dict[str, TokenBucket] = {}

    def new(self) -> TokenBucket:
        """One that nobody else has."""
        options = self._terms.options
        return TokenBucket(options.bytes_per_second, options.burst_bytes, self._terms.clock.seconds)

    def of(self, name: str) -> TokenBucket:
        """The bucket of one."""
        options = self._terms.options
        bucket = self._known.pop(name, None) or self.new()
        self._known[name] = bucket
        if len(self._known) > options.connections * _KNOWN_EACH:
            del self._known[next(iter(self._known))]
        return bucket
