"""
What an acknowledgement (XEP-0198, BOSH) waits for: what rooms hold, then records of sessions, then all that is queued
for the disk.

A message to somebody's session may be nowhere but in the record of that session until its client has got it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred


class Holding(Protocol):
    """Who may hold messages that are not queued for the disk yet: the room service."""

    def after_held(self, then: Callable[[], None]) -> bool:
        """Call *then* once what is held now has been queued; answer false, and call nothing, if nothing is held."""


class Recording(Protocol):
    """Who keeps records of sessions."""

    def after_written(self, then: Callable[[], None]) -> bool:
        """Call *then* once all that is to be written now was; answer false, and call nothing, if that is nothing."""


def barrier_of(
    rooms: Sequence[Holding], queued: Callable[[], "Deferred[Any] | None"], records: Sequence[Recording] = ()
) -> Callable[[], "Deferred[Any] | None"]:
    """
    The barrier of rooms, records and database together.

    :param rooms: the room services; as *records* looked at each time, so that more may be added.
    :param queued: :meth:`ccm.interfaces.IDatabase.barrier`.
    """

    def barrier() -> "Deferred[Any] | None":
        return held(0)

    def held(number: int) -> "Deferred[Any] | None":
        if number == len(rooms):
            return written(0)
        waiting = _after(rooms[number].after_held)
        if waiting is None:
            return held(number + 1)
        return waiting.addCallback(lambda _: held(number + 1))

    def written(number: int) -> "Deferred[Any] | None":
        if number == len(records):
            return queued()
        waiting = _after(records[number].after_written)
        if waiting is None:
            return written(number + 1)
        return waiting.addCallback(lambda _: written(number + 1))

    return barrier


def _after(ask: Callable[[Callable[[], None]], bool]) -> "Deferred[Any] | None":
    done: Deferred[Any] = Deferred()
    return done if ask(lambda: done.callback(None)) else None
