"""
Moderators take back what others said (XEP-0425 0.3.0, XEP-0424 0.4 §5).

Everybody is told, the archive keeps a tombstone, the history forgets the message. Clients of the version before
(XEP-0425 0.2.1, which rested on XEP-0422) ask and are told in their own words as well. Leaves out moderating by anybody
who is not in the room, except owners.
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import archived
from ccm.records import Archived
from ccm.wire.fanout import FanOut
from ccm.wire.forms import tag
from ccm.wire.stamps import stamp
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

MODERATE = (ns.MODERATE, "moderate")
APPLY_TO = (ns.FASTEN, "apply-to")
_MOST_REASON = 1000


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Retract a message by its stanza-id; answered once that is on disk.

    :raises StanzaError: ``forbidden`` unless a moderator or owner asks, ``item-not-found`` for an unknown message,
        ``bad-request`` if it is not asked for as a retraction.
    """
    element = next(stanza.element.elements(*MODERATE))
    asked = any(element.elements(ns.RETRACT, "retract"))
    return await _moderate(room, stanza, element.getAttribute("id") or "", asked, _reason(element))


async def set_earlier(room: "Room", stanza: Stanza) -> Stanza:
    """The same, asked for as in XEP-0425 0.2.1 §3. :raises StanzaError: as :func:`set_`."""
    element = next(stanza.element.elements(*APPLY_TO))
    inside = next(element.elements(ns.MODERATE_0, "moderate"), None)
    asked = inside is not None and any(inside.elements(ns.RETRACT_0, "retract"))
    reason = _reason(inside) if inside is not None else ""
    return await _moderate(room, stanza, element.getAttribute("id") or "", asked, reason)


def _reason(element: domish.Element) -> str:
    return next((str(child) for child in element.elements(element.uri, "reason")), "")[:_MOST_REASON]


async def _moderate(room: "Room", stanza: Stanza, id_: str, asked: bool, reason: str) -> Stanza:
    jid = stanza.attrs["from"]
    occupant = room.seats.get(jid)
    if (occupant is None or occupant.role != "moderator") and room.standing(jid).affiliation != "owner":
        raise StanzaError("forbidden", "Only moderators may take back what others said.", "modify")
    if not id_ or not asked:
        raise StanzaError("bad-request", "Name the message by its stanza-id and ask for its retraction.")
    row = (await room.context.archive.page(room.jid, ids=(id_,))).items[0]
    by = attribute(occupant.address if occupant is not None else room.jid)
    mark = occupant.mark if occupant is not None else b""
    why = tag("reason", reason) if reason else b""
    head = f"<moderated xmlns='{ns.MODERATE}' by='{by}'".encode()
    moderated = head + (b">%b</moderated>" % mark if mark else b"/>") + why
    earlier = f"<moderated xmlns='{ns.MODERATE_0}' by='{by}'>".encode()
    template = await _tell(room, id_, moderated, earlier + f"<retract xmlns='{ns.RETRACT_0}'/>".encode() + why)
    room.history.forget(id_)
    buried = archived.buried(
        room, row, template.stanza.id or "", moderated, earlier + _retracted(room) + why + b"</moderated>"
    )
    await room.context.archive.retract(room.jid, id_, buried)
    return stanza.result()


def _retracted(room: "Room") -> bytes:
    """As a tombstone of XEP-0425 0.2.1 §4 has it."""
    return f"<retracted xmlns='{ns.RETRACT_0}' stamp='{stamp(room.context.moment())}'/>".encode()


async def _tell(room: "Room", id_: str, moderated: bytes, earlier: bytes) -> FanOut:
    """Archive the room's own retraction and reflect it in its place."""
    archive = room.context.archive
    own = archive.next_id()
    inner = f"<retract xmlns='{ns.RETRACT}' id='{attribute(id_)}'>".encode() + moderated + b"</retract>"
    inner += f"<apply-to xmlns='{ns.FASTEN}' id='{attribute(id_)}'>".encode() + earlier + b"</moderated></apply-to>"
    inner += b"<stanza-id xmlns='urn:xmpp:sid:0' by='%b' id='%b'/>" % (room.quoted, own.encode())
    children = ((ns.RETRACT, "retract"), APPLY_TO, (ns.STANZA_ID, "stanza-id"))
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
