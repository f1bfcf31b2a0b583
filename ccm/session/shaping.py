"""
How fast clients are read: token buckets by connection, account and address, and classes of stanzas that cost more.

Nothing is refused or lost: who is too fast is read later, and TCP pushes back. A connection pays for its bytes; while
the server's load (:mod:`ccm.session.load`) is above green, requests and presence cost more than talk. Time is an
argument. Leaves out how a transport stops reading.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from msgspec import Meta

from ccm.bounds import AmountOr0, Count, CountOr0, check_rising
from ccm.config import Section
from ccm.session.limits import TokenBucket
from ccm.wire.stanza import Stanza

_SETTLED_BYTES = 2048  #: what a connection reads before its account and address are charged


class ShapingOptions(Section):
    """
    Bytes a second, and their burst, that all connections of one account and of one address may send together; 0 means
    no limit, and ``visitors.exempt`` holds for addresses. ``read_bytes``: what is read from one connection before
    others have their turn; more if it goes on sending, until something slows it.

    *Levels* of load are green, yellow, orange and red; the three numbers of ``lag_milliseconds`` (how late the server's
    own timers are), ``memory_mib`` and ``commit_jobs`` (writes that wait for the disk) say where the last three begin,
    and a level ends ``calm_seconds`` after all have fallen to ``calm_percent`` of it. ``*_cost``: what a byte of each
    class of stanzas costs at the four levels. At orange components show themselves busy while they are asked anything;
    at red nobody new is let in.
    """

    account_bytes_per_second: CountOr0 = 65_536
    account_burst_bytes: CountOr0 = 262_144
    address_bytes_per_second: CountOr0 = 1_048_576
    address_burst_bytes: CountOr0 = 4_194_304
    read_bytes: Count = 1024
    lag_milliseconds: tuple[CountOr0, CountOr0, CountOr0] = (100, 300, 1000)
    memory_mib: tuple[CountOr0, CountOr0, CountOr0] = (1024, 1536, 2048)
    commit_jobs: tuple[CountOr0, CountOr0, CountOr0] = (2000, 10_000, 30_000)
    calm_seconds: AmountOr0 = 2.0
    calm_percent: Annotated[int, Meta(ge=1, le=100)] = 70
    message_cost: tuple[CountOr0, CountOr0, CountOr0, CountOr0] = (1, 1, 1, 2)
    presence_cost: tuple[CountOr0, CountOr0, CountOr0, CountOr0] = (1, 1, 2, 4)
    request_cost: tuple[CountOr0, CountOr0, CountOr0, CountOr0] = (1, 2, 4, 16)

    def check(self) -> None:
        """:raises ConfigError: for levels that do not rise."""
        for key in ("lag_milliseconds", "memory_mib", "commit_jobs"):
            check_rising(f"shaping.{key}", getattr(self, key))


class Shaping:
    """
    What all connections share.

    :param counted: what limits count as that peer; ``None`` if they do not concern it.
    :ivar level: of the load, 0 (green) to 3 (red).
    """

    def __init__(self, options: ShapingOptions, now: Callable[[], float], counted: Callable[[str], str | None]) -> None:
        self.options = options
        self.level = 0
        self.read_bytes = options.read_bytes
        self._now = now
        self._counted = counted
        self._accounts: dict[str, list[Any]] = {}
        self._addresses: dict[str, list[Any]] = {}
        self._costs = {"message": options.message_cost, "presence": options.presence_cost, "iq": options.request_cost}

    def flow(self, peer: str, bytes_per_second: int, burst: int) -> "Flow":
        """What one connection may send, until it has signed in."""
        options = self.options
        address = self._counted(peer) if options.address_bytes_per_second else None
        shared = []
        if address is not None:
            terms = options.address_bytes_per_second, options.address_burst_bytes
            shared.append(_Share(self._addresses, address, *terms, self._now))
        return Flow(self, TokenBucket(bytes_per_second, burst, self._now), shared)

    def of_account(self, bare: str) -> "_Share | None":
        """Its bucket; ``None`` without such a limit."""
        options = self.options
        if not options.account_bytes_per_second or not bare:
            return None
        terms = options.account_bytes_per_second, options.account_burst_bytes
        return _Share(self._accounts, bare, *terms, self._now)

    def cost(self, events: Iterable[Any], size: int) -> int:
        """What so many bytes cost that hold these events, at this level; an answer to a request costs nothing more."""
        count = total = 0
        for event in events:
            count += 1
            asked = type(event) is Stanza and (event.kind != "iq" or event.attrs.get("type") in ("get", "set"))
            total += self._costs[event.kind][self.level] if asked else 1
        return size * total // count if count else size


class _Share:
    """A bucket that several connections take from; gone when the last has left it."""

    __slots__ = ("_key", "_table", "bucket")

    def __init__(self, table: dict[str, list[Any]], key: str, rate: int, burst: int, now: Callable[[], float]) -> None:
        entry = table.setdefault(key, [None, 0])
        if entry[0] is None:
            entry[0] = TokenBucket(rate, burst, now)
        entry[1] += 1
        self._table, self._key, self.bucket = table, key, entry[0]

    def leave(self) -> None:
        entry = self._table[self._key]
        entry[1] -= 1
        if not entry[1]:
            del self._table[self._key]


class Flow:
    """
    What one connection sends.

    :ivar take: ``take(count)`` accounts for bytes that were read; answers seconds to stop reading, 0.0 to go on.
    """

    __slots__ = ("_left", "_own", "_shaping", "_shared", "_unsettled", "take")

    def __init__(self, shaping: Shaping, own: TokenBucket, shared: list[_Share]) -> None:
        self._shaping = shaping
        self._own = own
        self._shared = shared
        self._unsettled = 0
        self._left = False
        self.take: Callable[[int], float] = self._take if shared else own.take

    @property
    def loaded(self) -> bool:
        """Whether classes of stanzas cost differently now."""
        return self._shaping.level > 0

    def cost(self, events: Iterable[Any], size: int) -> int:
        """See :meth:`Shaping.cost`."""
        return self._shaping.cost(events, size)

    def signed_in(self, bare: str, bytes_per_second: int, burst: int) -> None:
        """Other terms from now on; the account's other connections count with it. Too late once it has left."""
        if self._left:
            return
        self._own.change(bytes_per_second, burst)
        share = self._shaping.of_account(bare)
        if share is not None:
            self._shared.append(share)
            self.take = self._take

    def leave(self) -> None:
        """The connection is gone; saying so again does nothing."""
        self._left = True
        shared, self._shared, self.take = self._shared, [], self._own.take
        for share in shared:
            share.leave()

    def _take(self, count: int) -> float:
        pause = self._own.take(count)
        self._unsettled += count
        if self._unsettled >= _SETTLED_BYTES:
            count, self._unsettled = self._unsettled, 0
            for share in self._shared:
                pause = max(pause, share.bucket.take(count))
        return pause


def unshaped(now: Callable[[], float]) -> Shaping:
    """Without limits by account or address."""
    return Shaping(ShapingOptions(account_bytes_per_second=0, address_bytes_per_second=0), now, lambda _: None)
