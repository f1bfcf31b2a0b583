"""
The request ids of one BOSH session (XEP-0124 1.11.2 §9, §14): what to take, hold, answer and answer again.

Pure bookkeeping: it knows neither HTTP nor XMPP nor the time of day. A *handle* is whatever the answer goes to and is
never looked into. Requests are taken in rid order, whatever order they arrive in; answers go out strictly oldest
first. Leaves out when to answer: that is :mod:`ccm.session.bosh`.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

MAX_RID = 2**53 - 1  # XEP-0124 §14.1: never incremented above 9007199254740991


class Arrival(Enum):
    """What a request turned out to be."""

    READY = "ready"  #: new and next: :meth:`Window.take` gives it out
    PARKED = "parked"  #: new, but an earlier one is missing
    RESENT = "resent"  #: known and unanswered: the answer now goes to the new handle
    ANSWERED = "answered"  #: known and answered: send the stored reply
    SKIPPED = "skipped"  #: one that :meth:`Window.catch_up` left out comes after all
    OUTSIDE = "outside"  #: too far ahead, or answered so long ago that the reply is gone


@dataclass(slots=True, eq=False)
class Slot:
    """
    A request that was taken and waits for its answer.

    :ivar handle: where the answer goes; ``None`` once the client has hung up.
    :ivar arrived: when it arrived, in the caller's seconds.
    :ivar stored: whether everything it brought is on disk, so that it may be answered.
    """

    rid: int
    handle: Any
    arrived: float
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that came before its turn."""

    content: Any
    handle: Any
    arrived: float


class Window:
    """
    The rid window of a session.

    :param last: the rid before the first one to take.
    :param size: the ``requests`` attribute: how far ahead a rid may be, and how many replies are kept.
    :ivar last: the highest rid taken; all lower ones are taken too.
    :ivar open: taken and not yet answered, ascending.
    :ivar parked: early requests by rid.
    :ivar replies: bodies of the last answers by rid, ascending.
    :ivar skipped: rids that nobody waits for any more after a crash: their content may be known here, or not.
    :ivar lagging: the window was saved some time before a crash, so the client may be ahead of it by any number:
        what arrives is parked until :meth:`catch_up` says that the lowest of it is next.
    """

    __slots__ = ("lagging", "last", "open", "parked", "replies", "size", "skipped")

    def __init__(
        self, last: int, size: int, replies: Iterable[tuple[int, bytes]] = (), *, lagging: bool = False
    ) -> None:
        self.lagging = lagging
        self.last = last
        self.size = size
        self.open: deque[Slot] = deque()
        self.parked: dict[int, Waiting] = {}
        self.replies: dict[int, bytes] = dict(replies)
        self.skipped = range(0)

    def arrive(self, rid: int, content: Any, handle: Any, now: float) -> tuple[Arrival, Any]:
        """
        Take note of a request.

        :returns: what it is, and with that: the superseded handle (``RESENT``, may be ``None``), the stored reply
            (``ANSWERED``), else ``None``.
        """
        if rid > self.last:
            # §14.2: "The size of the window is equal to the maximum number of simultaneous requests allowed"
            ahead = rid > self.last + self.size and not (self.lagging and len(self.parked) < self.size)
            earlier = self.parked.get(rid)
            if rid > MAX_RID or (ahead and earlier is None):
                return Arrival.OUTSIDE, None
            self.parked[rid] = Waiting(content if earlier is None else earlier.content, handle, now)
            if earlier is not None:
                return Arrival.RESENT, earlier.handle
            if rid == self.last + 1:
                self.lagging = False
                return Arrival.READY, None
            return Arrival.PARKED, None
        for slot in self.open:
            if slot.rid == rid:
                # §14.3: "send any future response to the latest request"
                superseded, slot.handle = slot.handle, handle
                return Arrival.RESENT, superseded
        reply = self.replies.get(rid)
        if reply is None:
            return (Arrival.SKIPPED if rid in self.skipped else Arrival.OUTSIDE), None
        return Arrival.ANSWERED, reply

    def take(self) -> tuple[Slot, Any] | None:
        """The next request in rid order, now open, with its content; ``None`` if it has not arrived."""
        waiting = self.parked.pop(self.last + 1, None)
        if waiting is None:
            return None
        self.last += 1
        slot = Slot(self.last, waiting.handle, waiting.arrived)
        self.open.append(slot)
        return slot, waiting.content

    def catch_up(self) -> None:
        """Nothing earlier will come: the lowest parked request is next."""
        self.lagging = False
        if self.parked:
            next_ = min(self.parked)
            self.skipped = range(max(self.last + 1, next_ - self.size), next_)
            self.last = max(self.last, next_ - 1)

    def answer(self, body: bytes) -> Slot:
        """Settle the oldest open request with that body, which is kept to be sent again."""
        slot = self.open.popleft()
        self.replies[slot.rid] = body
        while len(self.replies) > self.size:
            del self.replies[next(iter(self.replies))]
        return slot

    def abort(self, handle: Any) -> bool:
        """The client has hung up on that handle; the request stays and may be asked for again. False: unknown."""
        for slot in self.open:
            if slot.handle is handle:
                slot.handle = None
                return True
        for rid, waiting in self.parked.items():
            if waiting.handle is handle:
                self.parked[rid] = Waiting(waiting.content, None, waiting.arrived)
                return True
        return False

    def acknowledge(self, rid: int) -> None:
        """The client has all answers up to that rid (§9.2): none of them needs to be kept."""
        for known in [known for known in self.replies if known <= rid]:
            del self.replies[known]

    @property
    def taken(self) -> int:
        """The highest rid such that all that came with it and before it is on disk."""
        for slot in self.open:
            if not slot.stored:
                return slot.rid - 1
        return self.last

    def recall(self, rid: int, taken: int, body: bytes, empty: bytes) -> None:
        """
        After a crash: that rid was answered with *body*, and any unanswered before it with *empty*.

        :param taken: the highest rid that was taken by then.
        """
        first, now = self.last + 1, self.open[-1].arrived if self.open else 0.0
        self.open.extend(Slot(later, None, now, stored=True) for later in range(max(first, rid + 1), taken + 1))
        before = self.open[0].rid if self.open and self.open[0].rid < rid else min(first, rid)
        while self.open and self.open[0].rid <= rid:
            self.open.popleft()
        self.last = max(self.last, taken)
        for earlier in range(max(before, rid - self.size + 1), rid):
            self.replies[earlier] = empty
        self.replies[rid] = body
        while len(self.replies) > self.size:
            del self.replies[next(iter(self.replies))]

    @property
    def unanswered(self) -> int:
        """How many requests wait for an answer, parked ones included."""
        return len(self.open) + len(self.parked)

    @property
    def connected(self) -> bool:
        """Whether any request is held that the client still listens on."""
        return any(slot.handle is not None for slot in self.open) or any(
            waiting.handle is not None for waiting in self.parked.values()
        )

    def handles(self) -> list[Any]:
        """Every live handle, oldest request first."""
        waiting = [self.parked[rid].handle for rid in sorted(self.parked)]
        return [handle for handle in [slot.handle for slot in self.open] + waiting if handle is not None]
