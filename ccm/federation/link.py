"""
One pair of domains, ours and another server's: what waits for it, the stream that carries it, when it is tried again.

States: *idle* (nothing to do), *connecting*, *up*, *resting* (until the next attempt). What waits too long, or for a
server that is not to be had, goes back to its senders. Leaves out how a connection is made.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ccm.errors import StanzaError
from ccm.federation.acknowledged import Again
from ccm.federation.options import FederationOptions
from ccm.federation.outgoing import OutgoingStream
from ccm.federation.queue import Budget, Queue
from ccm.federation.srv import Unreachable
from ccm.wire.stanza import Stanza

log = Logger()

#: ``open_stream(own, other)`` answers a stream that is ready, or fails with ``Unreachable``.
OpenStream = Callable[[str, str], Awaitable[OutgoingStream]]
#: ``refuse(stanza, error)`` tells its sender.
Refuse = Callable[[Stanza, StanzaError], None]


class Link:
    """
    :param budget: bytes that everything kept for other servers may take.
    :param lost: called with the other domain when a stream breaks.
    :param random: a number from 0 to below 1, so that servers do not all come back at once.
    :ivar used: when something was last sent, in seconds.
    """

    def __init__(
        self,
        own: str,
        other: str,
        options: FederationOptions,
        budget: Budget,
        clock: Any,
        open_stream: OpenStream,
        refuse: Refuse,
        lost: Callable[[str], None],
        random: Callable[[], float],
    ) -> None:
        self.own, self.other = own, other
        self.used = clock.seconds()
        self._options = options
        self._clock = clock
        self._open_stream = open_stream
        self._refuse = refuse
        self._lost = lost
        self._random = random
        self._queue = Queue(options.queue_stanzas, options.queue_bytes, budget, options.queue_seconds, clock.seconds)
        self._stream: OutgoingStream | None = None
        self._opening: Deferred[Any] | None = None
        self._failures = 0
        self._rests_until = 0.0
        self._trouble: Unreachable | None = None
        self._retry: Any = None
        self._expiry: Any = None
        self._stopped = False
        self._again_once = Again()

    @property
    def state(self) -> str:
        """One of the four."""
        if self._stream is not None and not self._stream.closing:
            return "up"
        if self._opening is not None:
            return "connecting"
        return "resting" if self._rests_until > self._clock.seconds() else "idle"

    @property
    def unused(self) -> bool:
        """Nobody would miss it."""
        return not self.waiting and self.state in ("idle", "resting")

    @property
    def waiting(self) -> int:
        """Stanzas in the queue."""
        return len(self._queue)

    def send(self, stanza: Stanza) -> None:
        """Send it now, or once that is possible; its sender hears if it never is."""
        self.used = self._clock.seconds()
        if self._stream is not None and not self._stream.closing:
            self._stream.send(stanza)
            return
        trouble = self._trouble
        if trouble is not None and self.state == "resting" and (trouble.lasting or self._rests_too_long()):
            self._refuse(stanza, StanzaError(trouble.condition, trouble.text))
            return
        if not self._queue.put(stanza):
            self._refuse(stanza, StanzaError("resource-constraint", f"Too much waits for {self.other} already."))
            return
        self._watch()
        if self.state == "idle":
            self._open()

    def stop(self, why: str = "This server stops.") -> None:
        """Close; what waits goes back."""
        self._stopped = True
        for timer in (self._retry, self._expiry):
            if timer is not None and timer.active():
                timer.cancel()
        if self._opening is not None:
            self._opening.cancel()
        if self._stream is not None:
            self._stream.lost = lambda _clean: None
            self._return(self._stream.left(), Unreachable(f"{why} It may or may not have arrived."))
            self._stream.finish()
        self._return(self._queue.all(), Unreachable(why))

    # ---- inside

    def _open(self) -> None:
        async def opened() -> OutgoingStream:
            return await self._open_stream(self.own, self.other)

        self._opening = Deferred.fromCoroutine(opened())
        self._opening.addCallbacks(self._up, self._failed)

    def _up(self, stream: OutgoingStream) -> None:
        self._opening = self._trouble = None
        self._failures = 0
        self._rests_until = 0.0
        self._stream = stream
        stream.lost = lambda clean: self._ended(stream, clean)
        for stanza in self._queue.all():
            stream.send(stanza)

    def _failed(self, failure: Any) -> None:
        self._opening = None
        if self._stopped:
            return
        if failure.check(Unreachable):
            trouble = failure.value
        else:
            log.failure("Reaching {domain} failed.", failure, domain=self.other)
            trouble = Unreachable(f"{self.other} cannot be reached now.")
        self._trouble = trouble
        options = self._options
        wait = min(options.retry_seconds * 2**self._failures, options.retry_seconds_most)
        self._failures = min(self._failures + 1, 30)
        wait *= 0.75 + 0.5 * self._random()
        self._rests_until = self._clock.seconds() + wait
        log.info("{domain} is not reached: {why}", domain=self.other, why=trouble.text, seconds=round(wait))
        if trouble.lasting or self._rests_too_long():
            self._return(self._queue.all(), trouble)
        self._retry = self._clock.callLater(wait, self._again)

    def _again(self) -> None:
        """The rest is over; only if something waits is it worth another attempt."""
        self._rests_until = 0.0
        if len(self._queue) and self._opening is None:
            self._open()

    def _rests_too_long(self) -> bool:
        return bool(self._rests_until - self._clock.seconds() > self._options.queue_seconds)

    def _ended(self, stream: OutgoingStream, clean: bool) -> None:
        if self._stream is stream:
            self._stream = None
        more, enough = self._again_once.sort(stream.left())
        self._return(enough, Unreachable(f"{self.other} may or may not have got it."))
        for stanza in more:
            self.send(stanza)
        if not clean:
            self._lost(self.other)

    def _watch(self) -> None:
        due = self._queue.due
        if due is not None and (self._expiry is None or not self._expiry.active()):
            self._expiry = self._clock.callLater(due, self._expire)

    def _expire(self) -> None:
        trouble = self._trouble or Unreachable(f"{self.other} did not answer in time.")
        self._return(self._queue.expired(), trouble)
        self._watch()

    def _return(self, stanzas: list[Stanza], trouble: Unreachable) -> None:
        for stanza in stanzas:
            self._refuse(stanza, StanzaError(trouble.condition, trouble.text))
