"""
Groupchat messages (XEP-0045 1.35.5 §7.4, XEP-0359 0.7, XEP-0421 1.0, XEP-0424 0.4).

A message that is kept is reflected after the commit that archives it; what is not kept follows in its place. The
same (sender, origin-id) within 24 hours is not archived twice: its reflection is sent to the sender again.
"""

import re
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from twisted.logger import Logger

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import archived, invite, record, registration, subject, voice
from ccm.muc.history import Line
from ccm.muc.limits import check_rate
from ccm.muc.occupant import Occupant, Seat
from ccm.muc.strip import clean
from ccm.records import Archived
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

log = Logger()

_BODY = (ns.CLIENT, "body")
_ORIGIN = (ns.STANZA_ID, "origin-id")
_ORIGIN_ID = re.compile(rb"<origin-id\s[^>]*?\bid=(?:'([^'&]+)'|\"([^\"&]+)\")")
_STORE = (ns.HINTS, "store")
_KEPT = frozenset({_BODY, _STORE, (ns.RETRACT, "retract"), (ns.REACTIONS, "reactions"), (ns.CORRECT, "replace")})
_DROPPED = frozenset({(ns.HINTS, "no-store"), (ns.HINTS, "no-permanent-store")})
_REMEMBERED_SECONDS = 24 * 3600.0
_MOST_HELD = 100


def receive(room: "Room", stanza: Stanza) -> None:
    """
    A message to the room itself.

    :raises StanzaError: ``not-acceptable`` from somebody who is not inside, ``forbidden`` without voice,
        ``policy-violation`` (wait) beyond the rate.
    """
    jid = stanza.attrs["from"]
    occupant = room.seats.get(jid)
    if occupant is not None:
        check_rate(room, occupant, jid)
    if stanza.attrs.get("type") != "groupchat":
        if not any(each(room, stanza) for each in (invite.handled, registration.handled, voice.handled)):
            raise StanzaError("bad-request", "Send it with type='groupchat', or to room/nick for a private message.")
        return
    if occupant is None:
        raise StanzaError("not-acceptable", "You are not in this room. Enter it first.")
    seat = occupant.seats[jid]
    seat.heard = room.context.now()
    held = room.held.get(jid)
    if held is None:
        _accept(room, occupant, seat, stanza)
    elif len(held) >= _MOST_HELD:
        raise StanzaError("resource-constraint", "Too many messages wait to be archived. Send it again.")
    else:
        held.append((occupant, seat, stanza, room.context.held.take()))


def is_kept(room: "Room", stanza: Stanza) -> bool:
    """Whether a message is archived: body, correction, retraction, reaction or a ``store`` hint; never chat states."""
    if not room.config.logging or not (room.recording or record.is_turn(room, stanza)):
        return False
    children = stanza.children
    if _BODY in children:
        return True
    return not _KEPT.isdisjoint(children) and _DROPPED.isdisjoint(children)


def _accept(room: "Room", occupant: Occupant, seat: Seat, stanza: Stanza, ticket: int | None = None) -> None:
    if subject.is_change(stanza):
        subject.change(room, occupant, stanza)
        return
    if occupant.role == "visitor":
        raise StanzaError("forbidden", "You have no voice in this room. Ask a moderator for it.")
    if not is_kept(room, stanza):
        _pass_on(room, occupant, stanza)
        return
    if _BODY in stanza.children and record.is_off(room, stanza, occupant.bare):
        room.flights.now(_reflection(room, occupant, stanza, None))
        return
    origin = origin_id(stanza)
    if origin is None and seat.restored and not seat.verified:
        origin = stanza.attrs.get("id")  # XEP-0198: what it sends again on resuming has the id of before
    if origin is not None:
        if _seen(room, occupant, seat, stanza, origin):
            return
        if not seat.verified:
            _ask_archive(room, occupant, seat, stanza, origin, ticket)
            return
    _keep(room, occupant, stanza, origin)


def _pass_on(room: "Room", occupant: Occupant, stanza: Stanza) -> None:
    """Reflect what is not archived; in a room that is not logged, newcomers may still hear it from memory."""
    template = _reflection(room, occupant, stanza, None)
    if _BODY in stanza.children and room.recording and not record.is_off(room, stanza, occupant.bare):
        line = Line("", room.context.moment(), template)
        room.flights.land(room.flights.board(template, partial(room.history.add, line)))
    else:
        room.flights.now(template)


def _keep(room: "Room", occupant: Occupant, stanza: Stanza, origin: str | None) -> None:
    context = room.context
    id_ = context.archive.next_id()
    template = _reflection(room, occupant, stanza, id_)
    now = context.moment()
    row = Archived(
        id=id_,
        owner=room.jid,
        with_=occupant.address,
        sender=occupant.bare,
        stamp=now,
        stanza=archived.plain(template),
        origin_id=origin or stanza.attrs.get("id"),
    )
    if origin is not None:
        room.remember(occupant.bare, origin, template, reflected=False)
    landed = partial(_landed, room, occupant.bare, origin, stanza, Line(id_, now, template))
    lost = partial(_lost, room, occupant.bare, origin, stanza, template)
    if stanza.has(ns.RETRACT, "retract"):
        _retract(room, stanza, row, template, landed, lost)
    else:
        room.flights.after(context.archive.append(row), template, landed, lost, id_)


def _retract(
    room: "Room",
    stanza: Stanza,
    row: Archived,
    template: FanOut,
    landed: Callable[[], None],
    lost: Callable[[BaseException], None],
) -> None:
    """The tombstone comes first: what everybody has seen retracted is in nobody's archive."""

    held = room.context.held
    ticket = held.take()

    async def keep() -> None:
        try:
            await archived.retract(room, row.sender, stanza)
            kept = room.context.archive.append(row)
        finally:
            held.release(ticket)
        await kept

    def failed(error: BaseException) -> None:
        room.flights.lose(flight)
        lost(error)

    flight = room.flights.board(template, landed, row.id)
    room.context.spawn(keep(), lambda _: room.flights.land(flight), failed)


def _landed(room: "Room", sender: str, origin: str | None, stanza: Stanza, line: Line) -> None:
    room.newest = line.id
    if origin is not None and _is_last(room, sender, origin, line.template):
        room.remember(sender, origin, line.template)
    if _BODY in stanza.children:
        room.history.add(line)


def _lost(
    room: "Room", sender: str, origin: str | None, stanza: Stanza, template: FanOut | None, _: BaseException
) -> None:
    if origin is not None and template is not None and _is_last(room, sender, origin, template):
        del room.origins[(sender, origin)]
    error = StanzaError("resource-constraint", "The message could not be kept and nobody has seen it. Send it again.")
    room.context.give(stanza.error(error, echo=True))


def _reflection(room: "Room", occupant: Occupant, stanza: Stanza, id_: str | None) -> FanOut:
    stanza = clean(stanza, room.jid)
    inner = stanza.inner + occupant.mark
    children = (*stanza.children, (ns.OCCUPANT_ID, "occupant-id"))
    if id_ is not None:
        inner += b"<stanza-id xmlns='urn:xmpp:sid:0' by='%b' id='%b'/>" % (room.quoted, id_.encode())
        children += ((ns.STANZA_ID, "stanza-id"),)
    return FanOut(Stanza("message", stanza.attrs, inner, children, stanza.declarations), occupant.address)


# ---- sent again


def origin_id(stanza: Stanza) -> str | None:
    """The client's own id (XEP-0359 §3.2), read without a tree where that is safe."""
    if _ORIGIN not in stanza.children:
        return None
    if stanza.inner.count(b"origin-id") == 1:
        match = _ORIGIN_ID.search(stanza.inner)
        if match is not None:
            return (match.group(1) or match.group(2)).decode()
    found: str | None = next(stanza.element.elements(*_ORIGIN)).getAttribute("id")
    return found or None


def _seen(room: "Room", occupant: Occupant, seat: Seat, stanza: Stanza, origin: str) -> bool:
    known = room.origins.get((occupant.bare, origin))
    if known is None or room.context.now() - known[0] > _REMEMBERED_SECONDS or not _same(known[1], stanza):
        return False
    if known[2]:  # otherwise it is on its way and will reach the sender with all others
        room.sink(seat.jid).deliver_raw(known[1])
    return True


def _is_last(room: "Room", sender: str, origin: str, template: FanOut) -> bool:
    """Whether it is what the room remembers under that origin-id: another client may have used the same since."""
    known = room.origins.get((sender, origin))
    return known is not None and known[1] is template


def _ask_archive(room: "Room", occupant: Occupant, seat: Seat, stanza: Stanza, origin: str, ticket: int | None) -> None:
    """
    The room knows more than its memory holds: ask whether this was archived; later messages wait behind.

    :param ticket: of the message, if it has waited already.
    """
    room.held[seat.jid] = deque()
    held = room.context.held
    number = held.take() if ticket is None else ticket

    def done(answer: tuple[str, FanOut] | None) -> None:
        try:
            if answer is None or not _same(answer[1], stanza):
                # clients send again in order: after the first that is new, all are
                seat.verified = True
                _keep(room, room.seats.get(seat.jid, occupant), stanza, origin)
            else:
                room.remember(occupant.bare, origin, answer[1])
                room.sink(seat.jid).deliver_raw(answer[1])
        finally:
            held.release(number)
            _release(room, seat.jid)

    def failed(_: BaseException) -> None:
        _lost(room, occupant.bare, origin, stanza, None, _)
        held.release(number)
        _release(room, seat.jid)

    room.context.spawn(archived.seen(room, occupant.bare, origin), done, failed)


def _same(template: FanOut, stanza: Stanza) -> bool:
    """Two clients of one account may number their messages alike: only the same content was sent again."""
    return _gist(template.stanza) == _gist(stanza)


def _gist(stanza: Stanza) -> tuple[object, ...]:
    if _BODY in stanza.children:
        return (stanza.child_text("body"),)
    return tuple(
        (child.uri, child.name, child.getAttribute("id"), *map(str, child.elements()))
        for child in stanza.element.elements()
        if (child.uri, child.name) in _KEPT
    )


def _release(room: "Room", jid: str) -> None:
    """What waited goes on, under the nick that its sender has now."""
    held = room.held.pop(jid, None) or deque()
    while held:
        occupant, seat, stanza, ticket = held.popleft()
        now = room.seats.get(jid)
        if now is not None:
            occupant, seat = now, now.seats[jid]
        try:
            _accept(room, occupant, seat, stanza, ticket)
        except StanzaError as error:
            room.context.give(stanza.error(error, echo=True))
        except Exception:  # the rest must not be lost with it
            log.failure("A message to {room} failed", room=room.jid)
            room.context.give(stanza.error(StanzaError("internal-server-error"), echo=True))
        if jid in room.held:  # it has to ask the archive, too: the rest waits behind it
            room.held[jid].extend(held)
            return
        room.context.held.release(ticket)
