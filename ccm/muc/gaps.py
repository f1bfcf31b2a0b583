"""
What a session missed of its rooms between the last saving of its record and a crash (XEP-0198 §5, XEP-0124 §10).

A record names the message of each room that the session was sent last; those archived after it are sent when the
session is back, before anything else, in the order of all archives: the order in which messages that are marked as
archived (:class:`ccm.wire.fanout.FanOut`) are reflected. Leaves out what is not archived.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from ccm import address
from ccm.interfaces import IArchive, ISession
from ccm.muc import archived
from ccm.wire.fanout import FanOut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm.muc.registry import Registry
    from ccm.muc.room import Room

MARKS = "rooms"
_PAGE = 200


def mark(session: ISession, rooms: "Iterable[Room]") -> None:
    """Write into the session's state which message of each room it was sent last."""
    before: dict[str, str] = session.state.get(MARKS) or {}
    marks = {}
    for room in rooms:
        if room.awaited.get(session.jid) is None:
            marks[room.jid] = room.newest
        elif room.jid in before:
            marks[room.jid] = before[room.jid]  # what came after it is still to be sent
    if marks:
        session.state[MARKS] = marks
    else:
        session.state.pop(MARKS, None)


def close(room: "Room", session: ISession) -> None:
    """A session is back after a restart, with what it missed: send what came meanwhile, then all else directly."""
    backlog = room.awaited.pop(session.jid, None)
    room.moved()
    if backlog is not None:
        backlog.empty_into(session)


def missed_by(gaps: "Mapping[str, Gaps]") -> Callable[[dict[str, Any]], Awaitable[list[FanOut]]]:
    """
    What a session missed, whichever domain it is of: it was marked by rooms of that one alone.

    :param gaps: those of each room service.
    """

    async def missed(state: dict[str, Any]) -> list[FanOut]:
        first = next(iter(state.get(MARKS) or ()), "")
        known = gaps.get(address.domain(first)) if first else None
        return await known.missed(state) if known is not None else []

    return missed


class Gaps:
    """
    Reads what sessions missed, once for all sessions of a room: for use at one start.

    :param most: messages that one session may have missed.
    """

    def __init__(self, archive: IArchive, registry: "Registry", most: int) -> None:
        self._archive = archive
        self._registry = registry
        self._most = most
        self._read: dict[str, tuple[str, list[tuple[str, FanOut]]]] = {}

    async def missed(self, state: dict[str, Any]) -> list[FanOut]:
        """
        All that was archived for a session since its record was made, oldest first.

        :param state: of the session.
        :raises ValueError: if it is too much.
        :raises StanzaError: if the message that it was sent last is not in the archive.
        """
        found: list[tuple[str, FanOut]] = []
        marks: dict[str, str] = state.get(MARKS) or {}
        for jid, last in marks.items():
            found += [row for row in await self._after(jid, last) if row[0] > last]
            if len(found) > self._most:
                raise ValueError(f"more than {self._most} messages were missed")
        found.sort(key=lambda row: row[0])
        return [template for _, template in found]

    async def _after(self, jid: str, last: str) -> list[tuple[str, FanOut]]:
        room = self._registry.rooms.get(jid)
        if room is not None and last and last == room.inherited:
            return []
        if jid in self._read and self._read[jid][0] <= last:
            return self._read[jid][1]
        found: list[tuple[str, FanOut]] = []
        after, complete = last, False
        while not complete and len(found) <= self._most:
            page: Any = await self._archive.page(jid, after=after or None, limit=_PAGE)
            for row in page.items:
                template = archived.template(row)
                template.archived = row.id
                found.append((row.id, template))
            complete = page.complete or not page.items
            after = found[-1][0] if found else after
        if complete:
            self._read[jid] = last, found
        return found
