"""Running one coroutine on a reactor of its own, for commands that need the stores."""

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


def run_until_done(work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """
    Start the reactor, run ``work(reactor)``, stop the reactor.

    :returns: what *work* returned.
    :raises Exception: whatever *work* raised.
    """
    from twisted.internet import reactor

    outcome: list[Any] = []

    def begin() -> None:
        done = Deferred.fromCoroutine(work(reactor))
        done.addBoth(outcome.append)
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    if outcome and isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0] if outcome else None
