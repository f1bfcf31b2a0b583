"""
The archive of a room (XEP-0313 1.1.3, XEP-0059 1.0): who may read it, and what each sees.

Leaves out preferences, since a room decides for all; queries themselves are :mod:`ccm.wire.mam`.
"""

from typing import TYPE_CHECKING

from ccm.errors import StanzaError
from ccm.muc import presence
from ccm.muc.affiliation import RANK
from ccm.records import Archived
from ccm.wire import mam
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room


def form(room: "Room", stanza: Stanza) -> Stanza:
    """The fields by which it may be searched."""
    _check(room, stanza.attrs["from"])
    return stanza.result(mam.form(), (mam.QUERY,))


async def query(room: "Room", stanza: Stanza) -> Stanza:
    """
    Send the page asked for as messages, then answer the end of it.

    :raises StanzaError: ``forbidden`` for those who could not enter, ``item-not-found`` for an unknown id,
        ``bad-request`` naming the field.
    """
    jid = stanza.attrs["from"]
    _check(room, jid)
    asked = mam.read(next(stanza.element.elements(*mam.QUERY)), room.context.options.page_messages)
    page = await room.context.archive.page(
        room.jid,
        with_=asked.with_,
        start=asked.start,
        end=asked.end,
        after=asked.after,
        before=asked.before,
        between=asked.between,
        ids=asked.ids,
        limit=asked.most,
    )
    may_see = _may_see(room, jid)
    attrs = {"from": room.jid, "to": jid}
    for row in mam.in_order(page, asked):
        said = _with_author(room, row) if may_see else row.stanza
        room.context.give(Stanza("message", attrs, mam.result(row, asked, said), (mam.RESULT,)))
    return stanza.result(mam.fin(page))


async def metadata(room: "Room", stanza: Stanza) -> Stanza:
    """First and last message of the archive (§5)."""
    _check(room, stanza.attrs["from"])
    archive = room.context.archive
    first = await archive.page(room.jid, limit=1)
    last = await archive.page(room.jid, before="", limit=1)
    return stanza.result(mam.metadata(first, last))


def _check(room: "Room", jid: str) -> None:
    """§6.1.2: whoever may not enter may not read either."""
    if jid in room.seats:
        return
    rank = RANK[room.standing(jid).affiliation]
    closed = room.config.members_only or room.config.password_protected or room.locked
    if rank == RANK["outcast"] or (closed and rank < RANK["member"]):
        raise StanzaError("forbidden", "Only those who may enter this room may read its archive.")


def _may_see(room: "Room", jid: str) -> bool:
    """Whether they may know the real JIDs of authors."""
    occupant = room.seats.get(jid)
    rank = RANK[room.standing(jid).affiliation]
    return (
        room.config.whois == "anyone"
        or rank >= RANK["admin"]
        or (occupant is not None and occupant.role == "moderator")
    )


def _with_author(room: "Room", row: Archived) -> bytes:
    """The message with the author's real JID, as in the presence of a non-anonymous room."""
    affiliation = room.standing(row.sender).affiliation
    present = next(iter(room.of_bare(row.sender)), None)
    x = presence.user(presence.item(affiliation, present.role if present else "none", row.sender))
    end = row.stanza.rindex(b"</message")
    return row.stanza[:end] + x + row.stanza[end:]
