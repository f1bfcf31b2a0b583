"""Changing one's nick inside a room (XEP-0045 1.35.5 §7.6)."""

from typing import TYPE_CHECKING

from ccm import address
from ccm.errors import StanzaError
from ccm.muc import joining, persistence
from ccm.muc import nick as nicks
from ccm.muc.affiliation import role_of
from ccm.muc.messages import check_rate
from ccm.muc.occupant import Occupant, mark
from ccm.muc.presence import SELF, available, is_told, tell, tell_available, unavailable
from ccm.muc.strip import clean
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_NICK_CHANGED = 303


def rename(room: "Room", stanza: Stanza) -> None:
    """
    Give a session another nick; a session that shares its nick moves alone.

    :raises StanzaError: ``conflict`` if it is taken or reserved, and what :func:`ccm.muc.nick.check` raises.
    """
    jid = stanza.attrs["from"]
    occupant = room.seats[jid]
    check_rate(room, occupant, jid)
    nick = nicks.check(address.resource(stanza.attrs["to"]) or "", room.context.options.nick_length)
    other = room.by_nick(nick)
    if other is not None and other is not occupant and (other.bare != occupant.bare or other.nick != nick):
        raise StanzaError("conflict", "Somebody here has that nickname or one that looks the same.")
    joining.check_reserved(room, occupant.bare, nick)
    shown = clean(stanza, room.jid)
    if other in (None, occupant) and len(occupant.seats) == 1:
        _whole(room, occupant, nick, jid, shown)
    else:
        _alone(room, occupant, other if other is not occupant else None, nick, jid, shown)
    persistence.keep_seat(room, room.seats[jid].seats[jid])


def _whole(room: "Room", occupant: Occupant, nick: str, jid: str, shown: Stanza) -> None:
    _say_goodbye(room, occupant, nick)
    room.rename(occupant, nick)
    occupant.show(jid, shown)
    _say_hello(room, occupant)


def _alone(room: "Room", old: Occupant, new: Occupant | None, nick: str, jid: str, shown: Stanza) -> None:
    seat = old.seats[jid]
    if len(old.seats) == 1:
        _say_goodbye(room, old, nick)
    else:
        room.sink(jid).deliver_raw(unavailable(old, True, (_NICK_CHANGED, SELF), nick=nick))
    room.unseat(jid)
    fresh = new is None
    if new is None:
        role = role_of(old.affiliation, room.config.moderated)
        new = Occupant(room.jid, nick, old.bare, old.affiliation, role, mark(room.secret, old.bare))
    seat.shown, seat.heard = shown, room.context.now()
    room.seat(new, seat)
    if fresh:
        _say_hello(room, new)
    else:
        room.sink(jid).deliver_raw(available(new, True, (SELF,)))


def _say_goodbye(room: "Room", occupant: Occupant, nick: str) -> None:
    def make(may_see: bool, codes: tuple[int, ...]) -> FanOut:
        return unavailable(occupant, may_see, codes, nick=nick)

    tell(room, occupant, make, (_NICK_CHANGED,), hidden=not is_told(room, occupant))


def _say_hello(room: "Room", occupant: Occupant) -> None:
    tell_available(room, occupant)
