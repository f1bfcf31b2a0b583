"""
What of a room outlives the process: the room itself (SQL) and who is in it (session state).

Occupants are written and forgotten about: they can be rebuilt from the clients. Leaves out the archive.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError, StoreUnavailable
from ccm.muc.affiliation import ROLES
from ccm.muc.context import Backlog
from ccm.muc.occupant import Occupant, Seat
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

log = Logger()
_RETRY_SECONDS = 5.0


async def save(room: "Room") -> None:
    """
    Keep a room as it is now; done once that is on disk.

    :raises StanzaError: ``resource-constraint`` (wait) if the store takes nothing now; it is tried again later.
    """
    if room.gone:
        return
    room.unsaved += 1
    try:
        await room.context.store.save(room.record())
        room.unsaved -= 1
    except StoreUnavailable as error:
        room.context.later(_RETRY_SECONDS, lambda: room.context.background(_save_again(room)))
        raise StanzaError(
            "resource-constraint", "The change holds but could not be saved yet. Check it again in a minute."
        ) from error


async def _save_again(room: "Room") -> None:
    room.unsaved -= 1
    await save(room)


def save_later(room: "Room") -> None:
    """The same without waiting."""
    room.context.background(save(room))


# ---- occupants


def keep_seat(room: "Room", seat: Seat) -> None:
    """Write a session and its presence into the session state."""
    state = room.context.state
    occupant = room.seats.get(seat.jid)
    if state is None or occupant is None:
        return
    shown = seat.shown
    value = {
        "nick": occupant.nick,
        "role": occupant.role,
        "inner": shown.inner.decode(),
        "children": shown.children,
        "declarations": shown.declarations.decode(),
        "lang": shown.attrs.get("xml:lang"),
    }
    room.context.background(_set(room, seat.jid, json.dumps(value).encode()))


def drop_seat(room: "Room", jid: str) -> None:
    """Take a session out of the session state."""
    if room.context.state is not None:
        room.context.background(_unset(room, jid))


async def _set(room: "Room", jid: str, value: bytes) -> None:
    if room.context.state is not None:
        await room.context.state.hash_set(_key(room.jid), jid, value)


async def _unset(room: "Room", jid: str) -> None:
    if room.context.state is not None:
        await room.context.state.hash_delete(_key(room.jid), jid)


async def forget_seats(room: "Room") -> None:
    """Take the whole room out of the session state."""
    if room.context.state is not None:
        await room.context.state.delete(_key(room.jid))


async def rooms_with_seats(room_state: Any, service: str) -> tuple[str, ...]:
    """Rooms of a service of which the session state knows occupants."""
    rooms = [key.removeprefix("room:") for key in await room_state.keys("room:")]
    return tuple(jid for jid in rooms if address.domain(jid) == service)


async def restore_seats(room: "Room") -> int:
    """
    Put everybody back who was in the room when the last process ended, without telling anybody.

    Local sessions that are not yet back get a :class:`~ccm.muc.context.Backlog`. :returns: how many there are.
    """
    state = room.context.state
    if state is None:
        return 0
    for jid, value in (await state.hash_all(_key(room.jid))).items():
        try:
            _restore(room, jid, json.loads(value))
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warn("An occupant of {room} could not be restored: {jid}", room=room.jid, jid=jid)
            drop_seat(room, jid)
    return len(room.seats)


def _restore(room: "Room", jid: str, value: Mapping[str, Any]) -> None:
    attrs = {"xml:lang": value["lang"]} if value.get("lang") else {}
    children = tuple((str(namespace), str(name)) for namespace, name in value["children"])
    shown = Stanza("presence", attrs, value["inner"].encode(), children, value["declarations"].encode())
    role = value["role"] if value["role"] in ROLES[1:] else "visitor"
    bare = address.bare(jid)
    occupant = room.by_nick(value["nick"])
    if occupant is None:
        mark = room.mark(bare)
        occupant = Occupant(room.jid, value["nick"], bare, room.standing(bare).affiliation, role, mark)
    elif occupant.bare != bare:
        raise ValueError("two people of one nick")
    # whoever is elsewhere may have left while nobody was here to hear it, and is asked soon
    seat = Seat(jid, shown, room.context.now() if room.context.is_local(jid) else 0.0, verified=False)
    seat.restored = True
    room.seat(occupant, seat)
    if room.context.is_local(jid) and room.context.router.session(jid) is None:
        room.awaited[jid] = Backlog(jid, room.context.options.backlog_messages)
        room.moved()


def _key(room: str) -> str:
    return f"room:{room}"
