"""
Moderators take back what others said (XEP-0425 0.3.0, XEP-0424 0.4 §5).

Everybody is told, the archive keeps a tombstone, the history forgets the message. Leaves out moderating by anybody
who is not in the room, except owners.
"""

from typing import TYPE_CHECKING

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import archived
from ccm.records import Archived
from ccm.wire.fanout import FanOut
from ccm.wire.forms import tag
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.occupant import Occupant
    from ccm.muc.room import Room

MODERATE = (ns.MODERATE, "moderate")


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Retract a message by its stanza-id; answered once that is on disk.

    :raises StanzaError: ``forbidden`` unless a moderator or owner asks, ``item-not-found`` for an unknown message,
        ``bad-request`` if it is not asked for as a retraction.
    """
    jid = stanza.attrs["from"]
    occupant = room.seats.get(jid)
    if (occupant is None or occupant.role != "moderator") and room.standing(jid).affiliation != "owner":
        raise StanzaError("forbidden", "Only moderators may take back what others said.", "modify")
    element = next(stanza.element.elements(*MODERATE))
    id_ = element.getAttribute("id") or ""
    if not id_ or not any(element.elements(ns.RETRACT, "retract")):
        raise StanzaError("bad-request", "Name the message by its stanza-id and ask for its retraction.")
    reason = next((str(child) for child in element.elements(ns.MODERATE, "reason")), "")[:1000]
    row = (await room.context.archive.page(room.jid, ids=(id_,))).items[0]
    moderated = _moderated(room, occupant, reason)
    template = await _tell(room, id_, moderated)
    room.history.forget(id_)
    await room.context.archive.retract(
        room.jid, id_, archived.tombstone(room, row, template.stanza.id or "", moderated)
    )
    return stanza.result()


def _moderated(room: "Room", occupant: "Occupant | None", reason: str) -> bytes:
    by = occupant.address if occupant is not None else room.jid
    mark = occupant.mark if occupant is not None else b""
    head = f"<moderated xmlns='{ns.MODERATE}' by='{attribute(by)}'".encode()
    return head + (b">%b</moderated>" % mark if mark else b"/>") + (tag("reason", reason) if reason else b"")


async def _tell(room: "Room", id_: str, moderated: bytes) -> FanOut:
    """Archive the room's own retraction and reflect it in its place."""
    archive = room.context.archive
    own = archive.next_id()
    inner = f"<retract xmlns='{ns.RETRACT}' id='{attribute(id_)}'>".encode() + moderated + b"</retract>"
    inner += b"<stanza-id xmlns='urn:xmpp:sid:0' by='%b' id='%b'/>" % (room.quoted, own.encode())
    children = ((ns.RETRACT, "retract"), (ns.STANZA_ID, "stanza-id"))
    template = FanOut(Stanza("message", {"type": "groupchat", "id": own}, inner, children), room.jid)
    lost: list[BaseException] = []
    kept = archive.append(
        Archived(own, room.jid, room.jid, room.jid, room.context.moment(), archived.plain(template), own)
    )
    room.flights.after(kept, template, lambda: setattr(room, "newest", own), lost.append, own)
    await kept
    if lost:
        raise StanzaError("resource-constraint", "The retraction could not be kept. Try again.")
    return template
