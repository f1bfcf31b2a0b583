"""
What must leave this server, sent at least once: the worker on the outbox.

Jobs of one kind are claimed one by one under a lease, handed to *deliver*, and finished, put back with growing pauses,
or parked where operators see them. A job is never dropped, and never outlives its lease: one that takes too long is
given up for now. The pause after attempt *n* is ``2**(n-1)`` seconds, 20 % either way, at most ten minutes; or what the
other side asks for, at most an hour. Leaves out what a job means: that is *deliver*'s.
"""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as Timeout
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ccm.bounds import Amount, AmountOr0
from ccm.config import Section
from ccm.errors import CCMError, Rejected, Unavailable
from ccm.interfaces import IOutbox
from ccm.records import OutboxJob

log = Logger()


class OutboxOptions(Section):
    """``[outbox]``: how what leaves this server is sent again."""

    poll_seconds: Amount = 2.0
    lease_seconds: Amount = 180.0
    longest_pause_seconds: AmountOr0 = 600.0
    longest_retry_after_seconds: AmountOr0 = 3600.0
    stop_seconds: AmountOr0 = 10.0
    park_after_hours: Amount = 48.0


class OutboxWorker:
    """
    Sends the jobs of one kind, one after the other.

    :param deliver: ``async (job) -> note``; raises ``Rejected`` or ``Unavailable``.
    :param parked: ``async (job, reason)`` is told when a job is given up.
    :param delayed: likewise, each time that one is put back.
    :param settled: ``async (job)`` is told each time that one was finished, put back or given up, once that is kept.
    """

    def __init__(
        self,
        kind: str,
        outbox: IOutbox,
        deliver: Callable[[OutboxJob], Awaitable[str]],
        clock: IReactorTime,
        options: OutboxOptions,
        parked: Callable[[OutboxJob, str], Awaitable[None]] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
        delayed: Callable[[OutboxJob, str], Awaitable[None]] | None = None,
        settled: Callable[[OutboxJob], Awaitable[None]] | None = None,
    ) -> None:
        self.kind = kind
        self._outbox = outbox
        self._deliver = deliver
        self._clock = clock
        self._options = options
        self._parked = parked
        self._now = now
        self._jitter = jitter
        self._delayed = delayed
        self._settled = settled
        self._call: IDelayedCall | None = None
        self._running: Deferred[None] | None = None
        self._work: Deferred[str] | None = None
        self._stopped = True
        self._again = False

    def start(self) -> None:
        """Look at once, then every ``poll_seconds``."""
        self._stopped = False
        self.poke()

    def poke(self) -> None:
        """Look now: something was just put there."""
        if self._stopped:
            return
        if self._running is not None:
            self._again = True
            return
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._running = Deferred.fromCoroutine(self._run())
        self._running.addErrback(lambda failure: log.failure("The {kind} outbox stumbled.", failure, kind=self.kind))
        self._running.addBoth(lambda _: self._rest())

    async def stop(self) -> None:
        """Finish the job at hand, or put it back after ``stop_seconds``; what is left stays in the outbox."""
        self._stopped = True
        if self._call is not None and self._call.active():
            self._call.cancel()
        if self._running is None:
            return
        done: Deferred[None] = Deferred()
        self._running.addBoth(lambda _: done.callback(None))
        limit = self._clock.callLater(self._options.stop_seconds, self._drop)
        await done
        if limit.active():
            limit.cancel()

    def _drop(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _rest(self) -> None:
        self._running = None
        if self._stopped:
            return
        pause = 0.0 if self._again else self._options.poll_seconds
        self._again = False
        self._call = self._clock.callLater(pause, self.poke)

    async def _run(self) -> None:
        while not self._stopped:
            jobs = await self._outbox.claim(self.kind, 1, self._options.lease_seconds)
            if not jobs:
                return
            await self._one(jobs[0])
            if self._settled is not None:
                await self._settled(jobs[0])

    async def _one(self, job: OutboxJob) -> None:
        try:
            note = await self._within_lease(job)
        except (Timeout, CancelledError):
            await self._put_back(job, Unavailable("it took too long", ambiguous=True))
        except Unavailable as error:
            await self._put_back(job, error)
        except Rejected as error:
            await self._park(job, str(error))
        except CCMError as error:
            await self._put_back(job, Unavailable(str(error)))
        except Exception as error:
            log.failure("Job {key} of the {kind} outbox failed.", key=job.key, kind=self.kind)
            await self._put_back(job, Unavailable(f"internal error: {error!r}"))
        else:
            await self._outbox.done(job.id, note)

    async def _within_lease(self, job: OutboxJob) -> str:
        async def tried() -> str:
            return await self._deliver(job)

        self._work = Deferred.fromCoroutine(tried())
        self._work.addTimeout(self._options.lease_seconds * 0.9, self._clock)
        try:
            return await self._work
        finally:
            self._work = None

    async def _put_back(self, job: OutboxJob, error: Unavailable) -> None:
        limit = timedelta(hours=self._options.park_after_hours)
        if job.created is not None and self._now() - job.created > limit:
            await self._park(job, f"given up after {self._options.park_after_hours:g} hours: {error}")
            return
        pause = min(2.0 ** min(job.attempts, 30), self._options.longest_pause_seconds) * (0.8 + 0.4 * self._jitter())
        pause = max(pause, min(error.retry_after or 0.0, self._options.longest_retry_after_seconds))
        log.info("Job {key} waits {seconds} s: {why}", key=job.key, seconds=round(pause, 1), why=str(error))
        await self._outbox.retry(job.id, pause, str(error))
        if self._delayed is not None:
            await self._delayed(job, str(error))

    async def _park(self, job: OutboxJob, reason: str) -> None:
        log.warn("Job {key} of the {kind} outbox is parked: {why}", key=job.key, kind=self.kind, why=reason)
        await self._outbox.park(job.id, reason)
        if self._parked is not None:
            await self._parked(job, reason)
