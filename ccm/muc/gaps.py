"""
What a session missed of a room between the last saving of its record and a crash (XEP-0198 §5, XEP-0124 §10).

A record names the message of each room that the session was sent last; those archived after it are sent when the
session is back, before anything new. Leaves out what is not archived.
"""

from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from ccm.errors import StanzaError, StoreUnavailable
from ccm.interfaces import ISession
from ccm.muc import archived
from ccm.muc.context import Backlog
from ccm.records import Archived

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm.muc.room import Room

log = Logger()
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


def fill(room: "Room", session: ISession) -> None:
    """A session is back after a restart: send what it missed, then what came meanwhile, then all else directly."""
    backlog = room.awaited.get(session.jid)
    if backlog is None or backlog.filling:
        return
    marks: dict[str, str] = session.state.get(MARKS) or {}
    last = marks.get(room.jid)
    if last is None or last >= room.inherited:
        _end(room, session, backlog)
        return
    backlog.filling = True

    def done(missed: list[Archived]) -> None:
        for row in missed:
            session.deliver_raw(archived.template(row))
        _end(room, session, backlog)

    def failed(error: BaseException) -> None:
        if not isinstance(error, StanzaError | StoreUnavailable):
            log.error("What {jid} missed in {room} is lost: {error!r}", jid=session.jid, room=room.jid, error=error)
        room.awaited.pop(session.jid, None)
        room.moved()
        session.close("reset", "What you missed cannot be read now. Enter your rooms anew.")

    room.context.spawn(_missed(room, last), done, failed)


def _end(room: "Room", session: ISession, backlog: Backlog) -> None:
    if room.awaited.get(session.jid) is backlog:
        del room.awaited[session.jid]
    room.moved()
    backlog.empty_into(session)


async def _missed(room: "Room", last: str) -> list[Archived]:
    """Everything archived after an id (``""``: from the beginning) and before this process."""
    found: list[Archived] = []
    while True:
        page: Any = await room.context.archive.page(room.jid, after=last or None, limit=_PAGE)
        found += [row for row in page.items if row.id <= room.inherited]
        if page.complete or not page.items or page.items[-1].id >= room.inherited:
            return found
        last = page.items[-1].id
