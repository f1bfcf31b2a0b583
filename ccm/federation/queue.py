"""What waits until another server can be reached: bounded in number, bytes and seconds. Time is an argument."""

from collections import deque
from collections.abc import Callable

from ccm.wire.stanza import Stanza

_FRAME = 200  # bytes that a stanza takes beside what it says, about


class Budget:
    """:ivar left: bytes that all that is kept for other servers may still take; below 0 something must go."""

    __slots__ = ("left",)

    def __init__(self, most_bytes: int) -> None:
        self.left = most_bytes


def size_of(stanza: Stanza) -> int:
    """Bytes that a stanza takes, about."""
    return len(stanza.inner) + sum(map(len, stanza.attrs.values())) + _FRAME


class Queue:
    """
    Stanzas in their order.

    :param budget: what all queues share.
    :param seconds: how long one may wait.
    :param now: seconds, monotonic.
    """

    def __init__(self, most: int, most_bytes: int, budget: Budget, seconds: float, now: Callable[[], float]) -> None:
        self._most, self._most_bytes, self._budget, self._seconds, self._now = most, most_bytes, budget, seconds, now
        self._waiting: deque[tuple[float, Stanza, int]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, stanza: Stanza) -> bool:
        """Whether there was room for it."""
        size = size_of(stanza)
        if len(self._waiting) >= self._most or self._bytes + size > self._most_bytes or size > self._budget.left:
            return False
        self._waiting.append((self._now() + self._seconds, stanza, size))
        self._bytes += size
        self._budget.left -= size
        return True

    def all(self) -> list[Stanza]:
        """Take out everything."""
        return [self._take() for _ in range(len(self._waiting))]

    def expired(self) -> list[Stanza]:
        """Take out what has waited too long."""
        taken, now = [], self._now()
        while self._waiting and self._waiting[0][0] <= now:
            taken.append(self._take())
        return taken

    @property
    def due(self) -> float | None:
        """In how many seconds the next one will have waited too long; ``None`` if nothing waits."""
        return max(self._waiting[0][0] - self._now(), 0.0) if self._waiting else None

    def _take(self) -> Stanza:
        _, stanza, size = self._waiting.popleft()
        self._bytes -= size
        self._budget.left += size
        return stanza
