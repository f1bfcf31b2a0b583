"""
Puts in order what was said, while there is little else to do: words into the index, messages into archives.

Every few seconds it looks whether anything was archived here; if so, and not so much that the machine has better
things to do, it reads on in small steps with pauses between them. What it has not come to is read by whoever searches
first. Leaves out the work itself: :mod:`ccm.store.message_index`, :mod:`ccm.store.personal`.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ccm.errors import StoreUnavailable

log = Logger()

STEP_ROWS = 100
PAUSE_SECONDS = 0.1


class Behind(Protocol):
    """What is behind, and can catch up."""

    async def advance(self, most: int) -> bool:
        """Take up to *most* messages further; whether there are more."""


class Indexing:
    """
    :param clock: ``callLater``.
    :param appended: how many messages were archived here so far, in whatever archive.
    :param every_seconds: how often it looks; 0 for never.
    :param busy_per_second: with so many new messages a second it waits.
    """

    def __init__(
        self,
        index: Behind,
        clock: Any,
        appended: Callable[[], int],
        every_seconds: float,
        busy_per_second: int,
    ) -> None:
        self._index = index
        self._clock = clock
        self._appended = appended
        self._every_seconds = every_seconds
        self._busy = busy_per_second * every_seconds
        self._seen = 0
        self._behind = True  # at a start nobody knows
        self._call: Any = None
        self._step: Deferred[None] | None = None

    def start(self) -> None:
        """From now on."""
        if self._every_seconds:
            self._call = self._clock.callLater(self._every_seconds, self._look)

    async def stop(self) -> None:
        """Finish the step that is being taken."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._every_seconds = 0.0
        if self._step is not None:
            done: Deferred[None] = Deferred()
            self._step.addBoth(lambda _: done.callback(None))
            await done

    def _look(self) -> None:
        appended = self._appended()
        new, self._seen = appended - self._seen, appended
        self._behind = self._behind or new > 0
        if self._behind and new <= self._busy:
            self._go()
        else:
            self._call = self._clock.callLater(self._every_seconds, self._look)

    def _go(self) -> None:
        self._step = Deferred.fromCoroutine(self._advance())
        self._step.addErrback(lambda failure: log.failure("What was said could not be indexed.", failure))
        self._step.addBoth(self._rest)

    async def _advance(self) -> None:
        self._behind = True
        try:
            self._behind = await self._index.advance(STEP_ROWS)
        except StoreUnavailable as error:
            log.warn("What was said is not indexed now: {why}", why=str(error))

    def _rest(self, _: None) -> None:
        self._step = None
        if not self._every_seconds:
            return
        quiet = self._appended() - self._seen <= self._busy
        if self._behind and quiet:
            self._call = self._clock.callLater(PAUSE_SECONDS, self._go)
        else:
            self._call = self._clock.callLater(self._every_seconds, self._look)
