"""Changing one's nick inside a room, or having it changed by the room (XEP-0045 1.35.5 §7.6, §7.10)."""

from typing import TYPE_CHECKING

from ccm import address
from ccm.errors import StanzaError
from ccm.muc import joining, persistence
from ccm.muc import nick as nicks
from ccm.muc.affiliation import role_of
from ccm.muc.limits import check_rate
from ccm.muc.occupant import Occupant
from ccm.muc.presence import SELF, available, is_told, tell, tell_available, unavailable
from ccm.muc.strip import clean
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_NICK_CHANGED = 303
_BY_THE_ROOM = 210


def rename(room: "Room", stanza: Stanza) -> None:
    """
    Give a session another nick; a session that shares its nick moves alone.

    :raises StanzaError: ``conflict`` if it is taken or reserved, ``not-acceptable`` where nobody changes theirs, and
        what :func:`ccm.muc.nick.check` raises.
    """
    jid = stanza.attrs["from"]
    occupant = room.seats[jid]
    check_rate(room, occupant, jid)
    asked = address.resource(stanza.attrs["to"]) or ""
    nick = nicks.check(asked, room.context.options.nick_length)
    if room.config.lock_nicks and nick != room.standing(occupant.bare).nick:
        raise StanzaError("not-acceptable", "In this room everybody keeps the nickname they have.")
    other = room.by_nick(nick)
    if other is not None and other is not occupant and (other.bare != occupant.bare or other.nick != nick):
        raise StanzaError("conflict", "Somebody here has that nickname or one that looks the same.")
    joining.check_reserved(room, occupant.bare, nick)
    shown = clean(stanza, room.jid)
    codes = (_BY_THE_ROOM,) if nick != asked else ()
    if other in (None, occupant) and len(occupant.seats) == 1:
        _say_goodbye(room, occupant, nick)
        room.rename(occupant, nick)
        occupant.show(jid, shown)
        tell_available(room, occupant, codes, asked=(jid, stanza.id))
    else:
        _alone(room, occupant, other if other is not occupant else None, nick, stanza, codes)
    persistence.keep_seat(room, room.seats[jid].seats[jid])


def enforce(room: "Room", bare: str, nick: str) -> None:
    """Who has registered a nick goes by it at once, if they go by one other nick and it is free."""
    present = room.of_bare(bare)
    if len(present) != 1 or present[0].nick == nick or room.by_nick(nick) not in (None, present[0]):
        return
    occupant = present[0]
    _say_goodbye(room, occupant, nick)
    room.rename(occupant, nick)
    tell_available(room, occupant, (_BY_THE_ROOM,))
    for seat in occupant.seats.values():
        persistence.keep_seat(room, seat)


def _alone(
    room: "Room", old: Occupant, new: Occupant | None, nick: str, stanza: Stanza, codes: tuple[int, ...]
) -> None:
    jid = stanza.attrs["from"]
    seat = old.seats[jid]
    if len(old.seats) == 1:
        _say_goodbye(room, old, nick)
    else:
        room.sink(jid).deliver_raw(unavailable(old, True, (_NICK_CHANGED, SELF), nick=nick))
    room.unseat(jid)
    fresh = new is None
    if new is None:
        role = role_of(old.affiliation, room.config.moderated)
        new = Occupant(room.jid, nick, old.bare, old.affiliation, role, room.mark(old.bare))
    seat.shown, seat.heard = clean(stanza, room.jid), room.context.now()
    room.seat(new, seat)
    if fresh:
        tell_available(room, new, codes, asked=(jid, stanza.id))
    else:
        room.sink(jid).deliver_raw(available(new, True, (SELF, *codes), id_=stanza.id))


def _say_goodbye(room: "Room", occupant: Occupant, nick: str) -> None:
    def make(may_see: bool, codes: tuple[int, ...], _: str | None) -> FanOut:
        return unavailable(occupant, may_see, codes, nick=nick)

    tell(room, occupant, make, (_NICK_CHANGED,), hidden=not is_told(room, occupant))
