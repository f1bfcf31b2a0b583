"""
The reactor as the sans-I/O parts want it: plain functions for time and coroutines.
"""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred


def later(reactor: Any) -> Callable[[float, Callable[[], Any]], Callable[[], None]]:
    """``later(seconds, function)``, which answers a function that calls it off."""

    def schedule(seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
        call = reactor.callLater(seconds, function)

        def cancel() -> None:
            if call.active():
                call.cancel()

        return cancel

    return schedule


def spawn(work: Coroutine[Any, Any, Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]) -> None:
    """Run a coroutine, then call back with its value or its exception."""
    Deferred.fromCoroutine(work).addCallbacks(done, lambda failure: failed(failure.value))


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
