"""Work that nobody waits for: started from a synchronous handler, its failure logged."""

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ccm.errors import StoreClosed, StoreUnavailable

log = Logger()

AGAIN_SECONDS = 30.0


def aside(
    work: Awaitable[Any],
    what: str,
    done: Callable[[Any], None] | None = None,
    failed: Callable[[], None] | None = None,
    *,
    again: bool = False,
) -> None:
    """
    See *work* through.

    :param what: a few constant words for the log, e.g. ``"saving a roster"``.
    :param done: gets the result; may be called before this function returns.
    :param failed: called after a failure has been logged.
    :param again: it is begun at every start: that the store is closed meanwhile, for the server ends, is no failure.
    """

    async def run() -> None:
        try:
            result = await work
        except Exception as error:
            if again and isinstance(error, StoreClosed):
                pass  # the next start does it
            elif isinstance(error, StoreUnavailable):  # its words say all, as when the server stops meanwhile
                log.warn("A task failed: {what}. {why}", what=what, why=str(error))
            else:
                log.failure("A task failed: {what}.", what=what)
            if failed is not None:
                failed()
            return
        if done is not None:
            done(result)

    Deferred.fromCoroutine(run()).addErrback(lambda failure: log.failure("A task failed: {what}.", failure, what=what))


def until_done(
    begin: Callable[[], Awaitable[Any]], what: str, later: Callable[[float, Callable[[], None]], Any]
) -> None:
    """
    See work through that must be done some time: what fails is begun anew after a while.

    :param what: as for :func:`aside`. :param later: ``later(seconds, function)`` calls it then.
    """
    aside(begin(), what, failed=lambda: later(AGAIN_SECONDS, lambda: until_done(begin, what, later)), again=True)
