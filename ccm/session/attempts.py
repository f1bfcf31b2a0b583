"""
Sign-ins that failed, by address and by account: who fails often waits longer and longer, then is refused for a while.

An account is never locked. Its waiting time is bounded, and does not concern whoever has signed in to it before from
the same address. Bounded in memory: what was unused for longest is forgotten first. Time is an argument.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm.session.visitors import VisitorOptions

_MOST = 20_000  # addresses, accounts, and pairs of them that are remembered
_FIRST_SECONDS = 1.0
_DOUBLINGS = 16


@dataclass(slots=True)
class _Failures:
    times: deque[float] = field(default_factory=deque)
    free_at: float = 0.0
    refused_until: float = 0.0


class Attempts:
    """:param now: seconds, monotonic."""

    def __init__(self, options: "VisitorOptions", now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()
        self._accounts: OrderedDict[str, _Failures] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def refused(self, address: str | None) -> float:
        """Seconds for which an address may not try at all; 0.0 if it may."""
        found = self._addresses.get(address) if address is not None else None
        return max(0.0, found.refused_until - self._now()) if found is not None else 0.0

    def wait(self, address: str | None, account: str) -> float:
        """
        Seconds that an attempt has to wait before it is looked at.

        Attempts of one address queue up, so that many at once are no faster than one after the other.
        """
        if address is None or not self._options.max_delay_seconds:
            return 0.0
        now = self._now()
        delay = 0.0
        own = self._addresses.get(address)
        if own is not None and (step := self._step(own)):
            own.free_at = min(max(own.free_at, now) + step, now + self._options.max_delay_seconds)
            delay = own.free_at - now
        at_account = self._accounts.get(account)
        if at_account is not None and (address, account) not in self._known:
            delay = max(delay, self._step(at_account))
        return delay

    def failed(self, address: str | None, account: str) -> None:
        """An attempt failed."""
        if address is None:
            return
        options, now = self._options, self._now()
        found = self._note(self._addresses, address)
        if options.failures and len(found.times) >= options.failures:
            found.refused_until = now + options.refusal_seconds
            found.times.clear()
        if account:
            self._note(self._accounts, account)

    def succeeded(self, address: str | None, account: str) -> None:
        """Somebody signed in: the account's failures are forgotten, the address' are not."""
        if address is None:
            return
        self._accounts.pop(account, None)
        self._known[(address, account)] = None
        self._known.move_to_end((address, account))
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _note(self, of: OrderedDict[str, _Failures], key: str) -> _Failures:
        found = of.get(key)
        if found is None:
            found = of[key] = _Failures()
            if len(of) > _MOST:
                of.popitem(last=False)
        of.move_to_end(key)
        self._forget_old(found)
        found.times.append(self._now())
        if len(found.times) > max(self._options.failures, _DOUBLINGS + self._options.free_failures):
            found.times.popleft()
        return found

    def _step(self, found: _Failures) -> float:
        """What the next attempt waits after these failures."""
        self._forget_old(found)
        beyond = len(found.times) - self._options.free_failures
        if beyond < 0 or not found.times:
            return 0.0
        return min(_FIRST_SECONDS * float(1 << min(beyond, _DOUBLINGS)), self._options.max_delay_seconds)

    def _forget_old(self, found: _Failures) -> None:
        before = self._now() - self._options.failure_window_seconds
        while found.times and found.times[0] < before:
            found.times.popleft()
