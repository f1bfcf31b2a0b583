"""
Off the record (``docs/protocol.md``, ``urn:ccm:record:0``).

While it is off, messages are reflected without stanza-id, are not archived and are in no history.
"""

from typing import TYPE_CHECKING

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import persistence
from ccm.wire.fanout import FanOut
from ccm.wire.forms import boolean
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_RECORD = (ns.RECORD, "record")


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
    wanted = next(stanza.element.elements(*_RECORD)).getAttribute("on", "true")
    recording = boolean("on", [wanted])
    if recording != room.recording:
        room.recording = recording
        room.flights.now(notice(room))
        await persistence.save(room)
    return stanza.result(_element(room), (_RECORD,))


def _check(room: "Room", jid: str) -> None:
    occupant = room.seats.get(jid)
    if room.standing(jid).affiliation != "owner" and (occupant is None or occupant.role != "moderator"):
        raise StanzaError("forbidden", "Only owners and moderators may take this room off the record.")


def _element(room: "Room") -> bytes:
    return f"<record xmlns='{ns.RECORD}' on='{'true' if room.recording else 'false'}'/>".encode()
