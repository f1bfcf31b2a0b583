"""
How much the server has to do, in four levels: green, yellow, orange, red. Pure: measures come in, a level goes out.

A level begins at once and ends only after a while of calm, so that it does not flicker.
"""

from dataclasses import dataclass

from ccm.session.shaping import ShapingOptions

LEVELS = ("green", "yellow", "orange", "red")
_SMOOTHED = 0.5  #: weight of the newest lag


@dataclass(frozen=True, slots=True)
class Measures:
    """
    :ivar lag_seconds: how late a timer was.
    :ivar memory_bytes: resident memory.
    :ivar commit_jobs: writes that wait for the disk.
    """

    lag_seconds: float = 0.0
    memory_bytes: int = 0
    commit_jobs: int = 0


class Load:
    """:ivar level: 0 to 3. :ivar lag_seconds: smoothed."""

    def __init__(self, options: ShapingOptions) -> None:
        self.level = 0
        self.lag_seconds = 0.0
        self.measures = Measures()
        self._options = options
        self._calm_since: float | None = None

    def judge(self, measures: Measures, now: float) -> int:
        """The level after these measures. :param now: seconds, monotonic."""
        self.measures = measures
        self.lag_seconds += _SMOOTHED * (measures.lag_seconds - self.lag_seconds)
        reached = self._reached(1.0)
        if reached >= self.level:
            self.level = reached
            self._calm_since = None
        elif self._reached(self._options.calm_percent / 100) < self.level:
            if self._calm_since is None:
                self._calm_since = now
            elif now - self._calm_since >= self._options.calm_seconds:
                self.level -= 1
                self._calm_since = now
        else:
            self._calm_since = None
        return self.level

    def _reached(self, part: float) -> int:
        options, measures = self._options, self.measures
        values = (
            (self.lag_seconds * 1000, options.lag_milliseconds),
            (measures.memory_bytes / 2**20, options.memory_mib),
            (measures.commit_jobs, options.commit_jobs),
        )
        return max(sum(value >= limit * part for limit in limits) for value, limits in values)
