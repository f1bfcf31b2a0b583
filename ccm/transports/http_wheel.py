"""
A coarse timer wheel: many deadlines, one timer.

An item is looked at within a second or two after its time; one that moved to a later time is looked at once too early
and set again, which is cheaper than cancelling. Leaves out anything that needs precision.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

log = Logger()


class Timed(Protocol):
    """An item: *slot* belongs to the wheel, 0 while it is in none."""

    slot: int


T = TypeVar("T", bound=Timed)


class Wheel(Generic[T]):
    """
    :param tick: called with an item and the time when its time has come; answers its next time, or ``None``.
    """

    def __init__(self, clock: IReactorTime, tick: Callable[[T, float], float | None]) -> None:
        self._clock = clock
        self._tick = tick
        self._slots: dict[int, set[T]] = {}
        self._running = False

    def schedule(self, item: T, when: float) -> None:
        """Look at *item* at that time at the latest."""
        slot = int(when) + 1
        if item.slot:
            if item.slot <= slot:
                return
            self._slots[item.slot].discard(item)
        item.slot = slot
        self._slots.setdefault(slot, set()).add(item)
        if not self._running:
            self._running = True
            self._clock.callLater(1.0, self._turn)

    def forget(self, item: T) -> None:
        """Never look at *item* again."""
        if item.slot:
            self._slots[item.slot].discard(item)
            item.slot = 0

    def _turn(self) -> None:
        now = self._clock.seconds()
        for slot in sorted(slot for slot in self._slots if slot <= now):
            for item in self._slots[slot].copy():
                if item.slot == slot:
                    self._look(item, now)
            self._slots.pop(slot, None)
        self._running = bool(self._slots)
        if self._running:
            self._clock.callLater(1.0, self._turn)

    def _look(self, item: T, now: float) -> None:
        self._slots[item.slot].discard(item)
        item.slot = 0
        try:
            when = self._tick(item, now)
        except Exception:
            log.failure("A timer failed.")
            return
        if when is not None:
            self.schedule(item, max(when, now))
