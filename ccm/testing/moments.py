"""A wall clock that a test sets: for every ``now`` that providers take."""

from datetime import UTC, datetime, timedelta


class Moments:
    """:param seconds: where to begin, since the epoch."""

    def __init__(self, seconds: float = 1_767_225_600.0) -> None:
        self._seconds = seconds

    def seconds(self) -> float:
        """What time it is, in seconds since the epoch."""
        return self._seconds

    def moment(self, later_seconds: float = 0.0) -> datetime:
        """What time it is, or will be later, as an aware ``datetime``."""
        return datetime.fromtimestamp(self._seconds, UTC) + timedelta(seconds=later_seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, or go back."""
        self._seconds += seconds
