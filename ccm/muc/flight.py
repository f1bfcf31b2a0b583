"""
Messages between their arrival and their reflection, in the order of the archive.

A message that is archived waits for its commit; one that is not waits only for those before it. What failed is
dropped, and those behind it go on.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ccm.wire.fanout import FanOut

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class Flight:
    """One message on its way; *landed* is called just before it is reflected, *id* is that in the archive."""

    __slots__ = ("failed", "id", "landed", "ready", "template")

    def __init__(self, template: FanOut, landed: Callable[[], None] | None, id_: str) -> None:
        self.template = template
        self.id = id_
        self.landed = landed
        self.ready = False
        self.failed = False


class Flights:
    """
    The queue of one room.

    :param reflect: sends a template to everybody in the room.
    :param aloft: ids of the messages of all rooms that are on their way to the archive. A message that lands as the
        first of them is marked as archived while it is reflected; one that overtakes others is not.
    """

    __slots__ = ("_aloft", "_busy", "_queue", "_reflect")

    def __init__(self, reflect: Callable[[FanOut], None], aloft: dict[str, None]) -> None:
        self._reflect = reflect
        self._aloft = aloft
        self._queue: deque[Flight] = deque()
        self._busy = False

    def __len__(self) -> int:
        return len(self._queue)

    def now(self, template: FanOut) -> None:
        """Reflect something that nobody keeps, behind what is already on its way."""
        self.land(self.board(template, None))

    def after(
        self,
        kept: "Deferred[None]",
        template: FanOut,
        landed: Callable[[], None] | None,
        failed: Callable[[BaseException], None],
        id_: str,
    ) -> None:
        """Reflect something once *kept* fires; if that fails, call *failed* and let nobody see it."""
        flight = self.board(template, landed, id_)

        def done(_: object) -> None:
            self.land(flight)

        def broken(failure: object) -> None:
            self.lose(flight)
            failed(failure.value)  # type: ignore[attr-defined]

        kept.addCallbacks(done, broken)

    def board(self, template: FanOut, landed: Callable[[], None] | None, id_: str = "") -> Flight:
        """Take a place in the order; :meth:`land` or :meth:`lose` must follow."""
        flight = Flight(template, landed, id_)
        if id_:
            self._aloft[id_] = None
        self._queue.append(flight)
        return flight

    def land(self, flight: Flight) -> None:
        """It is on disk."""
        flight.ready = True
        self._go_on()

    def lose(self, flight: Flight) -> None:
        """It could not be kept."""
        flight.ready = flight.failed = True
        self._go_on()

    def _go_on(self) -> None:
        """Somebody may answer while being told: the answer waits until all have heard what it answers."""
        if self._busy:
            return
        self._busy = True
        queue = self._queue
        try:
            while queue and queue[0].ready:
                flight, first = queue.popleft(), next(iter(self._aloft), "")
                self._aloft.pop(flight.id, None)
                if flight.failed:
                    continue
                if flight.landed is not None:
                    flight.landed()
                flight.template.archived = flight.id if flight.id == first else ""
                self._reflect(flight.template)
                flight.template.archived = ""
        finally:
            self._busy = False
