"""
How fast one peer may send: a token bucket that says how long to stop reading.

Nothing is refused or lost: who is too fast is read later, and TCP pushes back. Time is an argument.
"""

from collections.abc import Callable

MOST_SECONDS = 20.0  #: to stop reading at a time, and of the rate, that can be owed


class TokenBucket:
    """
    :param bytes_per_second: refill; 0 means no limit.
    :param burst: how much may come at once.
    :param now: seconds, monotonic.
    """

    __slots__ = ("_at", "_left", "_now", "burst", "bytes_per_second")

    def __init__(self, bytes_per_second: float, burst: float, now: Callable[[], float]) -> None:
        self.bytes_per_second = bytes_per_second
        self.burst = burst
        self._now = now
        self._left = float(burst)
        self._at = now()

    def take(self, count: int) -> float:
        """
        Account for bytes that were read.

        What is owed above :data:`MOST_SECONDS` of the rate is forgiven, so that nobody is taken for dead.

        :returns: seconds to stop reading, until the next 512 bytes are affordable; 0.0 to go on.
        """
        rate = self.bytes_per_second
        if not rate:
            return 0.0
        now = self._now()
        left = min(self.burst, self._left + (now - self._at) * rate) - count
        self._left = max(left, -MOST_SECONDS * rate)
        self._at = now
        return 0.0 if left >= 0 else min((min(512, self.burst) - left) / rate, MOST_SECONDS)

    def change(self, bytes_per_second: float, burst: float) -> None:
        """Other terms from now on, with a full bucket."""
        self.bytes_per_second, self.burst, self._left = bytes_per_second, burst, float(burst)
