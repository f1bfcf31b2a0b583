"""
Off the record (``docs/protocol.md``, ``urn:ccm:record:0``).

While it is off, messages are reflected without stanza-id, are not archived and are in no history. So are, at any time,
those of somebody who is off the record for themselves, and lines that begin with ``[off]``. What the reporter writes
down of the turning itself is kept, since it is by the archive that everybody knows of it.
"""

from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import persistence
from ccm.reporter.asides import comes_on, is_aside, may_be_aside
from ccm.wire.fanout import FanOut
from ccm.wire.forms import boolean
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_RECORD = (ns.RECORD, "record")
_MOST_SILENT = 1000


def notice(room: "Room") -> FanOut:
    """What everybody is told, and whoever enters while it is off."""
    return FanOut(Stanza("message", {"type": "groupchat"}, _element(room), (_RECORD,)), room.jid)


def get(room: "Room", stanza: Stanza) -> Stanza:
    """Whether the room is on the record, for anybody inside."""
    if stanza.attrs["from"] not in room.seats:
        _check(room, stanza.attrs["from"])
    return stanza.result(_element(room), (_RECORD,))


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Switch it; answered once that is saved.

    :raises StanzaError: ``forbidden`` unless an owner, a moderator or the reporter asks.
    """
    _check(room, stanza.attrs["from"])
    element = next(stanza.element.elements(*_RECORD))
    recording = boolean("on", [element.getAttribute("on", "true")])
    if element.getAttribute("jid"):
        return await _silence(room, stanza, address.bare(address.prepare(element["jid"])), recording)
    if recording != room.recording:
        room.recording = recording
        room.flights.now(notice(room))
        await persistence.save(room)
    return stanza.result(_element(room), (_RECORD,))


async def _silence(room: "Room", stanza: Stanza, jid: str, recording: bool) -> Stanza:
    """Have what one person says kept, or not; only they hear of it, from whoever asks for it."""
    if recording == (jid in room.silent):
        if recording:
            room.silent.discard(jid)
        elif len(room.silent) < _MOST_SILENT:
            room.silent.add(jid)
        else:
            raise StanzaError("resource-constraint", "Too many people here are off the record. Take the room off it.")
        await persistence.save(room)
    return stanza.result(_element(room), (_RECORD,))


def is_off(room: "Room", stanza: Stanza, jid: str) -> bool:
    """
    Whether what somebody says with a body is off the record, for them or for that line.

    :param jid: bare, of who says it. ``#on`` of theirs is kept, as it is the way back.
    """
    if jid not in room.silent and not may_be_aside(stanza.inner):
        return False
    if stanza.has(ns.RETRACT, "retract"):
        return False  # whatever its fallback says
    body = stanza.child_text("body") or ""
    return is_aside(body) or (jid in room.silent and not comes_on(body))


def is_turn(room: "Room", stanza: Stanza) -> bool:
    """Whether a component that owns the room says that somebody turned its record: that is always kept."""
    jid = stanza.attrs["from"]
    if "@" in jid or not stanza.has(ns.REPORTER, "request") or room.standing(jid).affiliation != "owner":
        return False
    request = next(stanza.element.elements(ns.REPORTER, "request"))
    return request.getAttribute("name") in ("on", "off")


def _check(room: "Room", jid: str) -> None:
    occupant = room.seats.get(jid)
    if room.standing(jid).affiliation != "owner" and (occupant is None or occupant.role != "moderator"):
        raise StanzaError("forbidden", "Only owners and moderators may take this room off the record.")


def _element(room: "Room") -> bytes:
    return f"<record xmlns='{ns.RECORD}' on='{'true' if room.recording else 'false'}'/>".encode()
