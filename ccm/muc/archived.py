"""
A room's archive as the room itself reads it: its last lines, whether it has a message, tombstones.

Leaves out queries of people (``mam.py``).
"""

from typing import TYPE_CHECKING

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc.history import Line
from ccm.records import Archived
from ccm.wire.fanout import FanOut
from ccm.wire.retraction import tombstone
from ccm.wire.stamps import stamp
from ccm.wire.stanza import Stanza, parse_element

if TYPE_CHECKING:
    from ccm.muc.room import Room

_BODY = (ns.CLIENT, "body")


def template(row: Archived) -> FanOut:
    """An archived message as it was reflected."""
    stanza = Stanza.from_element(parse_element(row.stanza))
    return FanOut(stanza, stanza.from_ or row.with_)


async def recall(room: "Room") -> None:
    """Fill the history of a room that was restored."""
    most = room.config.max_history
    page = await room.context.archive.page(room.jid, before="", limit=max(most, 1))
    room.newest = max(room.newest, page.items[-1].id if page.items else "")
    for row in page.items if most else ():
        if b"<body" not in row.stanza:
            continue
        found = template(row)
        if _BODY in found.stanza.children:
            room.history.add(Line(row.id, row.stamp, found))


async def find_newest(room: "Room") -> None:
    """Find out what a room that was restored has archived last."""
    page = await room.context.archive.page(room.jid, before="", limit=1)
    room.newest = room.inherited = page.items[-1].id if page.items else ""


async def seen(room: "Room", sender: str, origin: str) -> tuple[str, FanOut] | None:
    """Id and reflection of the message that this sender sent under that origin-id within 24 hours."""
    id_ = await room.context.archive.seen_origin(room.jid, sender, origin)
    if id_ is None:
        return None
    page = await room.context.archive.page(room.jid, ids=(id_,))
    return id_, template(page.items[0])


async def retract(room: "Room", sender: str, stanza: Stanza) -> None:
    """
    Put a tombstone in the place of a message whose author retracts it (XEP-0424 §5).

    A retraction of somebody else's message, or of one that is not there, changes nothing.
    """
    element = next(stanza.element.elements(ns.RETRACT, "retract"))
    id_ = element.getAttribute("id") or ""
    try:
        page = await room.context.archive.page(room.jid, ids=(id_,))
    except StanzaError:
        return
    row = page.items[0]
    if row.sender != sender:
        return
    room.history.forget(id_)
    await room.context.archive.retract(room.jid, id_, buried(room, row, stanza.id or ""))


def plain(template: FanOut) -> bytes:
    """A reflection as the archive keeps it: without ``to``, with its namespace declared."""
    return template.declared_head[: -len(b" to='")] + template.tail[1:]


def buried(room: "Room", row: Archived, retraction: str, moderated: bytes = b"", earlier: bytes = b"") -> bytes:
    """What takes the place of a message that was retracted now; see :func:`ccm.wire.retraction.tombstone`."""
    old = Stanza.from_element(parse_element(row.stanza))
    return tombstone(old, stamp(room.context.moment()), retraction, moderated, earlier)
