"""What waits until another server can be reached: bounded in number, bytes and seconds. Time is an argument."""

from collections import deque
from collections.abc import Callable

from ccm.wire.stanza import Stanza

_ATTRIBUTES = 200  # bytes that a stanza takes beside its content, about


class Queue:
    """
    Stanzas in their order.

    :param seconds: how long one may wait.
    :param now: seconds, monotonic.
    """

    def __init__(self, most: int, most_bytes: int, seconds: float, now: Callable[[], float]) -> None:
        self._most, self._most_bytes, self._seconds, self._now = most, most_bytes, seconds, now
        self._waiting: deque[tuple[float, Stanza]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, stanza: Stanza) -> bool:
        """Whether there was room for it."""
        size = len(stanza.inner) + _ATTRIBUTES
        if len(self._waiting) >= self._most or self._bytes + size > self._most_bytes:
            return False
        self._waiting.append((self._now() + self._seconds, stanza))
        self._bytes += size
        return True

    def all(self) -> list[Stanza]:
        """Take out everything."""
        taken = [stanza for _, stanza in self._waiting]
        self._waiting.clear()
        self._bytes = 0
        return taken

    def expired(self) -> list[Stanza]:
        """Take out what has waited too long."""
        taken, now = [], self._now()
        while self._waiting and self._waiting[0][0] <= now:
            stanza = self._waiting.popleft()[1]
            self._bytes -= len(stanza.inner) + _ATTRIBUTES
            taken.append(stanza)
        return taken

    @property
    def due(self) -> float | None:
        """In how many seconds the next one will have waited too long; ``None`` if nothing waits."""
        return max(self._waiting[0][0] - self._now(), 0.0) if self._waiting else None
