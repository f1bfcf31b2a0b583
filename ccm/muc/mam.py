"""
The archive of a room (XEP-0313 1.1.3, XEP-0059 1.0).

Query, form fields, metadata, flipped pages. Leaves out preferences: a room decides for all.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import presence
from ccm.muc.affiliation import RANK
from ccm.muc.history import moment, stamp
from ccm.records import Archived, Page
from ccm.wire import forms, rsm
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

_QUERY = (ns.MAM, "query")
_RESULT = (ns.MAM, "result")
_MOST_IDS = 100


@dataclass(frozen=True, slots=True)
class _Asked:
    with_: str | None
    start: datetime | None
    end: datetime | None
    after: str | None
    before: str | None
    ids: tuple[str, ...]
    most: int | None
    flipped: bool


def form(room: "Room", stanza: Stanza) -> Stanza:
    """The fields by which it may be searched."""
    _check(room, stanza.attrs["from"])
    fields = [
        forms.field("with", kind="jid-single"),
        forms.field("start", kind="text-single"),
        forms.field("end", kind="text-single"),
        forms.field("before-id", kind="text-single"),
        forms.field("after-id", kind="text-single"),
        forms.field("ids", kind="list-multi"),
    ]
    out = forms.form("form", ns.MAM, fields)
    return stanza.result(b"<query xmlns='%b'>%b</query>" % (ns.MAM.encode(), out), (_QUERY,))


async def query(room: "Room", stanza: Stanza) -> Stanza:
    """
    Send the page asked for as messages, then answer the end of it.

    :raises StanzaError: ``forbidden`` for those who could not enter, ``item-not-found`` for an unknown id,
        ``bad-request`` naming the field.
    """
    jid = stanza.attrs["from"]
    _check(room, jid)
    element = next(stanza.element.elements(*_QUERY))
    asked = _read(element)
    limit = room.context.options.page_messages
    most = min(limit, 50 if asked.most is None else asked.most) if limit else (asked.most or 50)
    page = await room.context.archive.page(
        room.jid,
        with_=asked.with_,
        start=asked.start,
        end=asked.end,
        after=asked.after,
        before=asked.before,
        ids=asked.ids,
        limit=max(most, _MOST_IDS if asked.ids else 0),
    )
    _send(room, jid, element.getAttribute("queryid"), page, asked.flipped)
    return stanza.result(_fin(page), ((ns.MAM, "fin"),))


async def metadata(room: "Room", stanza: Stanza) -> Stanza:
    """First and last message of the archive (§5)."""
    _check(room, stanza.attrs["from"])
    archive = room.context.archive
    first = await archive.page(room.jid, limit=1)
    last = await archive.page(room.jid, before="", limit=1)
    inner = b""
    if first.items and last.items:
        for name, row in (("start", first.items[0]), ("end", last.items[-1])):
            inner += f"<{name} id='{attribute(row.id)}' timestamp='{stamp(row.stamp)}'/>".encode()
    out = b"<metadata xmlns='%b'>%b</metadata>" % (ns.MAM.encode(), inner)
    return stanza.result(out, ((ns.MAM, "metadata"),))


def _check(room: "Room", jid: str) -> None:
    """§ "Archives of rooms": whoever may not enter may not read either."""
    if jid in room.seats:
        return
    rank = RANK[room.standing(jid).affiliation]
    closed = room.config.members_only or room.config.password_protected or room.locked
    if rank == RANK["outcast"] or (closed and rank < RANK["member"]):
        raise StanzaError("forbidden", "Only those who may enter this room may read its archive.")


def _read(element: domish.Element) -> _Asked:
    submitted = forms.find(element)
    values = forms.read(submitted, ns.MAM) if submitted is not None else {}
    one = {name: listed[0] for name, listed in values.items() if listed and listed[0]}
    asked = rsm.read(element) or rsm.Asked()
    ids = tuple(values.get("ids", ()))
    if len(ids) > _MOST_IDS:
        raise StanzaError("policy-violation", f"Ask for {_MOST_IDS} messages at a time.")
    return _Asked(
        with_=address.prepare(one["with"]) if "with" in one else None,
        start=moment(one["start"]) if "start" in one else None,
        end=moment(one["end"]) if "end" in one else None,
        after=asked.after or one.get("after-id"),
        before=asked.before if asked.before is not None else one.get("before-id"),
        ids=ids,
        most=asked.most,
        flipped=any(element.elements(ns.MAM, "flip-page")),
    )


def _send(room: "Room", jid: str, queryid: str | None, page: Page, flipped: bool) -> None:
    occupant = room.seats.get(jid)
    rank = RANK[room.standing(jid).affiliation]
    may_see = (
        room.config.whois == "anyone"
        or rank >= RANK["admin"]
        or (occupant is not None and occupant.role == "moderator")
    )
    head = f"<result xmlns='{ns.MAM}'"
    head += f" queryid='{attribute(queryid)}'" if queryid is not None else ""
    attrs = {"from": room.jid, "to": jid}
    for row in reversed(page.items) if flipped else page.items:
        inner = (
            f"{head} id='{attribute(row.id)}'><forwarded xmlns='{ns.FORWARD}'>"
            f"<delay xmlns='{ns.DELAY}' stamp='{stamp(row.stamp)}'/>"
        ).encode()
        inner += _with_author(room, row) if may_see else row.stanza
        room.context.give(Stanza("message", attrs, inner + b"</forwarded></result>", (_RESULT,)))


def _with_author(room: "Room", row: Archived) -> bytes:
    """The message with the author's real JID, as in the presence of a non-anonymous room."""
    affiliation = room.standing(row.sender).affiliation
    present = next(iter(room.of_bare(row.sender)), None)
    x = presence.user(presence.item(affiliation, present.role if present else "none", row.sender))
    end = row.stanza.rindex(b"</message")
    return row.stanza[:end] + x + row.stanza[end:]


def _fin(page: Page) -> bytes:
    complete = " complete='true'" if page.complete else ""
    first, last = (page.items[0].id, page.items[-1].id) if page.items else (None, None)
    return f"<fin xmlns='{ns.MAM}'{complete}>".encode() + rsm.describe(first, last, page.index, page.total) + b"</fin>"
