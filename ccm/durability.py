"""What an acknowledgement (XEP-0198, BOSH) waits for: what rooms hold, then all that is queued for the disk."""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred


class Holding(Protocol):
    """Who may hold messages that are not queued for the disk yet: the room service."""

    def after_held(self, then: Callable[[], None]) -> bool:
        """Call *then* once what is held now has been queued; answer false, and call nothing, if nothing is held."""


def barrier_of(rooms: Holding, queued: Callable[[], "Deferred[Any] | None"]) -> Callable[[], "Deferred[Any] | None"]:
    """
    The barrier of rooms and database together.

    :param queued: :meth:`ccm.interfaces.IDatabase.barrier`.
    """

    def barrier() -> "Deferred[Any] | None":
        released: Deferred[Any] = Deferred()
        if not rooms.after_held(lambda: released.callback(None)):
            return queued()
        return released.addCallback(lambda _: queued())

    return barrier
