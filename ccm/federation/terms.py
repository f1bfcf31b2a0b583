"""What all streams with other servers share, and what they tell the one who keeps them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ccm.federation.certificates import Tls
from ccm.federation.dialback import Keys
from ccm.federation.options import FederationOptions
from ccm.federation.policy import Policy
from ccm.federation.queue import Budget
from ccm.wire.parsers import ParserPool

Barrier = Callable[[], "Deferred[Any] | None"]


class Writer(Protocol):
    """Gathers what a connection is sent (:class:`ccm.transports.outgoing.Outgoing`)."""

    def write(self, data: bytes) -> None:
        """Send soon."""

    def flush(self) -> None:
        """Send now what is gathered."""

    def close(self) -> None:
        """Send it, then close."""

    def drop(self) -> None:
        """Forget it: the connection is gone."""


@dataclass(frozen=True, slots=True)
class Terms:
    """
    :ivar writer: ``writer(transport, most_bytes, overflow, burst_bytes)`` makes what a connection is written to by.
    :ivar budget: bytes that everything kept for other servers may take.
    :ivar random: that many random bytes.
    :ivar barrier: fires once everything queued so far is on disk; ``None`` when nothing is pending.
    :ivar verify: ``verify(own, other, stream_id, key)`` asks *other* whether that key is its own (XEP-0220 §2.3).
    """

    options: FederationOptions
    policy: Policy
    tls: Tls
    keys: Keys
    pool: ParserPool
    clock: IReactorTime
    writer: Callable[[Any, int, Callable[[], None], int], Writer]
    random: Callable[[int], bytes]
    verify: Callable[[str, str, str, str], Awaitable[bool]]
    barrier: Barrier
    budget: Budget
