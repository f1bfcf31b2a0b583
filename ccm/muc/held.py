"""
Messages to rooms that nothing has queued for the disk yet: their room is being loaded, or the archive is being asked.

A barrier of the database knows nothing of them; an acknowledgement waits for them first. Leaves out the messages.
"""

from collections import deque
from collections.abc import Callable


class Held:
    """The messages of one service that wait, by ticket, in the order of their arrival."""

    __slots__ = ("_next", "_open", "_waiting")

    def __init__(self) -> None:
        self._next = 0
        self._open: dict[int, None] = {}
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()

    def __len__(self) -> int:
        return len(self._open)

    def take(self) -> int:
        """A ticket for a message; :meth:`release` must follow, whatever becomes of it."""
        ticket = self._next
        self._next += 1
        self._open[ticket] = None
        return ticket

    def release(self, ticket: int) -> None:
        """It has been queued, or refused. A ticket may be released twice."""
        self._open.pop(ticket, None)
        oldest = next(iter(self._open), self._next)
        while self._waiting and self._waiting[0][0] <= oldest:
            self._waiting.popleft()[1]()

    def after(self, then: Callable[[], None]) -> None:
        """Call *then* once every message that is held now has been released; at once if there is none."""
        if not self._open:
            then()
            return
        self._waiting.append((self._next, then))
