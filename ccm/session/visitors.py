"""
Who is at the doors: connections and sessions by address, whatever transport they come over.

An IPv6 network of 64 bits counts as one address, and an IPv4 address written as IPv6 as what it is. Time is an
argument. Leaves out bytes (:mod:`ccm.session.limits`) and failed sign-ins (:mod:`ccm.session.attempts`), whose record
it holds so that all doors share one.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ccm.bounds import AmountOr0, Count, CountOr0
from ccm.config import Section
from ccm.errors import CCMError, ConfigError
from ccm.session.attempts import Attempts

_CACHED = 10_000


class VisitorOptions(Section):
    """
    What one address may do before anybody knows who it is. A limit of 0 is off.

    *Sessions* of clients from one address: in all, and those that have not signed in. *Connections*: how many an
    address may open in a second, and how many the whole server holds. *Sign-ins* that fail: so many are free; each
    further one within ``failure_window_seconds`` doubles what the next attempt waits, from the same address and at the
    same account, up to ``max_delay_seconds``; an address with ``failures`` of them is refused for ``refusal_seconds``.
    An account is never locked: whoever has signed in to it before from where they are does not wait.
    ``exempt``: addresses and networks that no limit by address concerns, such as ``127.0.0.1`` for load tests, or a
    proxy that is not known as one (``http.trusted_proxies``).
    """

    sessions_per_address: CountOr0 = 64
    strangers_per_address: CountOr0 = 16
    accepts_per_second: CountOr0 = 50
    max_connections: CountOr0 = 12_000
    free_failures: CountOr0 = 3
    max_delay_seconds: AmountOr0 = 30.0
    failures: CountOr0 = 20
    failure_window_seconds: Count = 600
    refusal_seconds: CountOr0 = 600
    exempt: tuple[str, ...] = ()


UNLIMITED = VisitorOptions(
    sessions_per_address=0, strangers_per_address=0, accepts_per_second=0, max_connections=0, max_delay_seconds=0,
    failures=0,
)  # fmt: skip


class Refused(CCMError):
    """
    Somebody may not come in now; the text names the remedy.

    :ivar condition: of the stream error that says so.
    """

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(text)
        self.condition = condition
        self.text = text


class Visitors:
    """
    The record of all doors of a server.

    :param now: seconds, monotonic.
    :raises ConfigError: if ``exempt`` names what is no address.
    """

    def __init__(self, options: VisitorOptions, now: Callable[[], float]) -> None:
        self.options = options
        self.attempts = Attempts(options, now)
        self.connections = 0
        self.full = False  #: the server has too much to do to let anybody new in
        self._now = now
        self._exempt = _networks(options.exempt)
        #: ``counted(peer)``: what limits count as that peer; ``None`` if they do not concern it.
        self.counted: Callable[[str], str | None] = lru_cache(_CACHED)(self._count_as)
        self._accepted: dict[str, int] = {}
        self._second = 0
        self._sessions: dict[str, int] = {}
        self._strangers: dict[str, int] = {}

    def _count_as(self, peer: str) -> str | None:
        if not peer:
            return None
        address = _address(peer)
        if address is not None:
            if any(address in network for network in self._exempt if network.version == address.version):
                return None
            if address.version == 6:
                return str(IPv6Network((int(address) >> 64 << 64, 64)))
            return str(address)
        return peer

    # ---- connections

    def connected(self, peer: str, *, counted: bool = True) -> None:
        """
        A connection was accepted; :meth:`disconnected` is due once for each that was not refused.

        :param counted: false for a proxy, behind which many come.
        :raises Refused: if there are too many, or they come too fast.
        """
        options = self.options
        if options.max_connections and self.connections >= options.max_connections:
            raise Refused("resource-constraint", "The server is full. Try again in a minute.")
        address = self.counted(peer) if counted and options.accepts_per_second else None
        if address is not None:
            second = int(self._now())
            if second != self._second:
                self._second, self._accepted = second, {}
            times = self._accepted.get(address, 0)
            if times >= options.accepts_per_second:
                raise Refused("policy-violation", "Your address connects too often. Wait a second.")
            self._accepted[address] = times + 1
        self.connections += 1

    def disconnected(self) -> None:
        """A connection that was counted in is gone."""
        self.connections -= 1

    # ---- sessions

    def enter(self, peer: str) -> "Visit":
        """
        A client begins a session.

        :raises Refused: if its address has too many, or the server too much to do.
        """
        if self.full:
            raise Refused("resource-constraint", "The server has too much to do now. Try again in a minute.")
        address, options = self.counted(peer), self.options
        if address is None:
            return Visit(self, None)
        if options.sessions_per_address and self._sessions.get(address, 0) >= options.sessions_per_address:
            raise Refused(
                "policy-violation", "Your address has too many connections. Close one, or ask the operator for more."
            )
        if options.strangers_per_address and self._strangers.get(address, 0) >= options.strangers_per_address:
            raise Refused(
                "policy-violation", "Too many connections of your address have not signed in. Sign in, or close one."
            )
        _add(self._sessions, address, 1)
        _add(self._strangers, address, 1)
        return Visit(self, address)

    def _known(self, address: str) -> None:
        _add(self._strangers, address, -1)

    def _gone(self, address: str, stranger: bool) -> None:
        _add(self._sessions, address, -1)
        if stranger:
            _add(self._strangers, address, -1)


class Visit:
    """One client's session as its address is charged with it."""

    __slots__ = ("_address", "_stranger", "_visitors")

    def __init__(self, visitors: Visitors, address: str | None) -> None:
        self._visitors = visitors
        self._address = address
        self._stranger = True

    def signed_in(self) -> None:
        """Its client is known from now on."""
        if self._stranger and self._address is not None:
            self._visitors._known(self._address)
        self._stranger = False

    def leave(self) -> None:
        """It is over; saying so again does nothing."""
        address, self._address = self._address, None
        if address is not None:
            self._visitors._gone(address, self._stranger)


def unlimited() -> Visitors:
    """Visitors without any limit."""
    return Visitors(UNLIMITED, _never)


def _never() -> float:
    return 0.0


def _add(counts: dict[str, int], key: str, number: int) -> None:
    left = counts.get(key, 0) + number
    if left > 0:
        counts[key] = left
    else:
        counts.pop(key, None)


def _address(peer: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _networks(names: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    found = []
    for name in names:
        try:
            found.append(ip_network(name, strict=False))
        except ValueError as error:
            raise ConfigError(f"visitors.exempt: {name!r} is no address; write 192.0.2.7 or 192.0.2.0/24.") from error
    return found
