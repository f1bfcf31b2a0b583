"""
How somebody enters, in the order that clients rely on (XEP-0045 1.35.5 §7.2).

Others' presence, own presence, history, subject, then live. Leaves out creating the room (``registry.py``) and
changing the nick (``renaming.py``).
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import history, persistence, record, subject
from ccm.muc import nick as nicks
from ccm.muc.affiliation import RANK, Standing, role_of
from ccm.muc.occupant import Occupant, Seat
from ccm.muc.presence import SELF, available, is_told, sees, tell_available
from ccm.muc.strip import clean
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.context import Context
    from ccm.muc.room import Room

_NON_ANONYMOUS = 100
_LOGGED = 170
_CREATED = 201
_NICK_CHANGED = 210


def enter(room: "Room", stanza: Stanza, created: bool = False) -> None:
    """
    Let a session in that is not in the room.

    :param stanza: its presence to room/nick, with the ``muc`` element.
    :raises StanzaError: with the condition of §7.2 for each rule that keeps it out.
    """
    jid = stanza.attrs["from"]
    asked = address.resource(stanza.attrs["to"]) or ""
    x = next(iter(stanza.element.elements(ns.MUC, "x")), None)
    bare = address.bare(jid)
    standing = room.standing(bare)
    nick = nicks.check(asked, room.context.options.nick_length)
    if room.config.lock_nicks and standing.nick:
        nick = standing.nick  # §7.2.2, §7.10: the door stays open, and 210 tells of it
    _check_door(room, bare, standing, x)
    wished = history.wish(x, room.context.moment())
    occupant = _check_nick(room, bare, nick)
    if occupant is None:
        _check_limits(room, standing)
        role = role_of(standing.affiliation, room.config.moderated)
        occupant = Occupant(room.jid, nick, bare, standing.affiliation, role, room.mark(bare))
    elif len(occupant.seats) >= (room.context.options.sessions_per_nick or len(occupant.seats) + 1):
        raise StanzaError("resource-constraint", "Too many of your sessions are in this room. Leave with one first.")
    first = not occupant.seats
    others = [other for other in room.occupants.values() if other is not occupant]
    seat = Seat(jid, clean(stanza, room.jid), room.context.now(), verified=not room.forgetful)
    room.seat(occupant, seat)
    if first and is_told(room, occupant):
        for other in others:
            template = available(occupant, sees(room, other))
            for other_jid in tuple(other.seats):
                room.sink(other_jid).deliver_raw(template)
    codes = ((_CREATED,) if created else ()) + ((_NICK_CHANGED,) if nick != asked else ())
    _welcome(room, occupant, seat, others, wished, codes, stanza.id)
    persistence.keep_seat(room, seat)


def enter_again(room: "Room", stanza: Stanza) -> None:
    """
    Tell a session everything again that believes itself outside, though it is in the room under that nick.

    Nobody else hears of it, unless its presence is another.
    """
    jid = stanza.attrs["from"]
    occupant = room.seats[jid]
    x = next(iter(stanza.element.elements(ns.MUC, "x")), None)
    wished = history.wish(x, room.context.moment())
    shown = clean(stanza, room.jid)
    seat = occupant.seats[jid]
    changed = shown.inner != seat.shown.inner
    occupant.show(jid, shown)
    others = [other for other in room.occupants.values() if other is not occupant]
    if changed:
        tell_available(room, occupant)
    seat.verified = seat.verified and not room.forgetful
    _welcome(room, occupant, seat, others, wished, (), stanza.id)
    persistence.keep_seat(room, seat)


def update(room: "Room", stanza: Stanza) -> None:
    """A new presence of somebody inside (§7.7). Of many in a row only the last is told, after a moment."""
    jid = stanza.attrs["from"]
    occupant = room.seats[jid]
    occupant.show(jid, clean(stanza, room.jid))
    persistence.keep_seat(room, occupant.seats[jid])
    if occupant.quiet:
        return
    context = room.context
    if occupant.bucket.take(context.now(), context.options.messages_per_second, context.options.message_burst):
        tell_available(room, occupant, asked=(jid, stanza.id))
        return
    occupant.quiet = True

    def speak() -> None:
        occupant.quiet = False
        if occupant.seats:
            tell_available(room, occupant)

    context.later(1.0, speak)


def _welcome(
    room: "Room",
    occupant: Occupant,
    seat: Seat,
    others: list[Occupant],
    wished: history.Wish,
    codes: tuple[int, ...],
    id_: str | None,
) -> None:
    sink = room.sink(seat.jid)
    may_see = sees(room, occupant)
    for other in others:
        if is_told(room, other):
            sink.deliver_raw(available(other, may_see))
    own = [_NON_ANONYMOUS] if room.config.whois == "anyone" else []
    own.append(SELF)
    if room.config.logging:
        own.append(_LOGGED)
    sink.deliver_raw(available(occupant, True, (*own, *codes), id_=id_))
    for line in room.history.select(wished, room.config.max_history):
        sink.deliver_raw(line.replay(room.jid))
    sink.deliver_raw(subject.template(room))
    if not room.recording:
        sink.deliver_raw(record.notice(room))


def _check_door(room: "Room", bare: str, standing: Standing, x: domish.Element | None) -> None:
    if room.locked and standing.affiliation != "owner":
        why = "This room is not open yet: its owner has to configure it first. Ask them, or try again in a minute."
        raise StanzaError("item-not-found", why)
    if standing.affiliation == "outcast":
        raise StanzaError("forbidden", "You are banned from this room. Ask one of its admins.")
    if room.config.members_only and RANK[standing.affiliation] < RANK["member"]:
        raise StanzaError("registration-required", "Only members may enter this room. Ask an owner to add you.")
    if room.config.password_protected and not room.context.is_admin(bare):
        password = next((str(child) for child in x.elements(ns.MUC, "password")), None) if x is not None else None
        if password != room.config.password:
            raise StanzaError("not-authorized", "This room needs its password. Ask somebody inside for it.")


def _check_nick(room: "Room", bare: str, nick: str) -> Occupant | None:
    """The occupant whose nick the newcomer may share, ``None`` for a free nick."""
    occupant = room.by_nick(nick)
    if occupant is not None:
        if occupant.bare != bare or occupant.nick != nick:
            raise StanzaError("conflict", "Somebody here has that nickname or one that looks the same.")
        return occupant
    check_reserved(room, bare, nick)
    return None


def check_reserved(room: "Room", bare: str, nick: str) -> None:
    """:raises StanzaError: ``conflict`` if that nick is reserved for somebody else."""
    holder = room.reserved_for(nick)
    if holder is not None and holder != bare and not room.context.is_admin(bare):
        raise StanzaError("conflict", "That nickname is reserved for a member of this room.")


def _check_limits(room: "Room", standing: Standing) -> None:
    context: Context = room.context
    if RANK[standing.affiliation] >= RANK["admin"]:
        return  # §7.2.9: admins and owners enter a full room
    most = min(filter(None, (room.config.max_users, context.options.occupants)), default=0)
    if most and len(room.occupants) >= most:
        raise StanzaError("service-unavailable", "This room is full. Try again when somebody has left.", "wait")
    rate, burst = context.options.joins_per_second, context.options.join_burst
    if standing.affiliation == "none" and not room.joins.take(context.now(), rate, burst):
        raise StanzaError("resource-constraint", "Too many are entering this room just now. Try again in a minute.")
