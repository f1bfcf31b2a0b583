"""
A target that fails again and again is left alone for a while, so that it does not keep the worker from the others.

After :data:`FAILURES` failures in a row, of whatever documents, nothing is sent there for ``2**n`` seconds, at most
:data:`LONGEST_SECONDS`, or as long as it asks for, within a limit; then one document tries. Leaves out what a failure
is.
"""

from collections.abc import Callable

from ccm.errors import Unavailable

FAILURES = 5
LONGEST_SECONDS = 300.0
LONGEST_ASKED_SECONDS = 3600.0


class Breaker:
    """
    Of one target.

    :param seconds: the time, on a clock that only goes forward.
    :param longest_asked_seconds: a target that asks for a longer pause (``Retry-After``) is given this one.
    """

    def __init__(self, seconds: Callable[[], float], longest_asked_seconds: float = LONGEST_ASKED_SECONDS) -> None:
        self._seconds = seconds
        self._longest_asked = longest_asked_seconds
        self._failures = 0
        self._until = 0.0
        self._why = ""

    def check(self) -> None:
        """:raises Unavailable: if the target is to be left alone now, with its last failure."""
        left = self._until - self._seconds()
        if left > 0:
            raise Unavailable(self._why, retry_after=left)

    def failed(self, error: Unavailable) -> None:
        """It did not take a document."""
        self._failures += 1
        self._why = str(error)
        if self._failures >= FAILURES:
            pause = min(2.0 ** (self._failures - FAILURES + 2), LONGEST_SECONDS)
            self._until = self._seconds() + max(pause, min(error.retry_after or 0.0, self._longest_asked))

    def answered(self) -> None:
        """It did, or refused one."""
        self._failures, self._until = 0, 0.0
