"""
From occupant to occupant: private messages and requests (XEP-0045 1.35.5 §7.5, §17.4, XEP-0410 1.1).

A ping to one's own nick is answered by the room. Leaves out error answers: ``ghosts.py``.
"""

from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc.limits import check_rate
from ccm.muc.occupant import Occupant
from ccm.muc.strip import clean
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_MARK = f"<x xmlns='{ns.MUC_USER}'/>".encode()
_PING = (ns.PING, "ping")
_DISCO = ((ns.DISCO_INFO, "query"), (ns.DISCO_ITEMS, "query"))
_VCARD = "vcard-temp"
_MOST_RELAYED = 500


def message(room: "Room", stanza: Stanza) -> None:
    """
    A private message goes to every session of the nick.

    :raises StanzaError: ``bad-request`` for a groupchat message, ``not-acceptable`` from outside, ``item-not-found``
        for a nick that is not here, ``forbidden`` where private messages are not allowed, ``service-unavailable`` from
        an occupant whom the other one has blocked (XEP-0191).
    """
    if stanza.attrs.get("type") == "groupchat":
        raise StanzaError("bad-request", "Send groupchat messages to the room itself, without a nickname.")
    sender, target = _pair(room, stanza)
    check_rate(room, sender, stanza.attrs["from"])
    allowed = room.config.allow_pm
    needed = {"anyone": "visitor", "participants": "participant", "moderators": "moderator"}.get(allowed)
    order = ("visitor", "participant", "moderator")
    if needed is None or (order.index(sender.role) < order.index(needed) and target.role != "moderator"):
        raise StanzaError("forbidden", "Private messages are not allowed to you in this room.")
    if room.context.router.apart(target.bare, sender.address):  # what a room delivers goes past the hooks
        raise StanzaError("service-unavailable")
    stanza = clean(stanza, room.jid)
    inner = stanza.inner + sender.mark + _MARK
    children = (*stanza.children, (ns.OCCUPANT_ID, "occupant-id"), (ns.MUC_USER, "x"))
    template = FanOut(Stanza("message", stanza.attrs, inner, children, stanza.declarations), sender.address)
    for jid in tuple(target.seats):
        room.sink(jid).deliver_raw(template)


def request(room: "Room", stanza: Stanza) -> Stanza | None:
    """
    An ``iq`` of type get or set to room/nick: a self-ping is answered, all else passed on.

    :raises StanzaError: ``not-acceptable`` if that very session is not in the room (XEP-0410 §3), ``bad-request`` if
        it asks for service discovery of an occupant from outside (§6.6).
    """
    if stanza.payload in _DISCO and stanza.attrs["from"] not in room.seats:
        raise StanzaError("bad-request", "Enter the room before you ask about those who are inside.")
    sender, target = _pair(room, stanza)
    jid = stanza.attrs["from"]
    if target is sender and stanza.payload == _PING:
        return stanza.result()
    seat = target.face or next(iter(target.seats.values()))
    to = address.bare(seat.jid) if stanza.payload is not None and stanza.payload[0] == _VCARD else seat.jid
    if stanza.id is None:
        raise StanzaError("bad-request", "A request needs an id.")
    room.relayed[(to, stanza.id)] = jid
    if len(room.relayed) > _MOST_RELAYED:
        room.relayed.popitem(last=False)
    room.context.router.route(stanza.copy(from_=sender.address, to=to))
    return None


def answer(room: "Room", stanza: Stanza) -> None:
    """An ``iq`` result or error to room/nick goes back to the session that asked."""
    responder = stanza.attrs["from"]
    asker = room.relayed.pop((responder, stanza.id or ""), None)
    if asker is None or asker not in room.seats:
        return
    occupant = room.seats.get(responder) or next(iter(room.of_bare(address.bare(responder))), None)
    if occupant is not None:
        room.context.give(stanza.copy(from_=occupant.address, to=asker))


def _pair(room: "Room", stanza: Stanza) -> tuple[Occupant, Occupant]:
    sender = room.seats.get(stanza.attrs["from"])
    if sender is None:
        raise StanzaError("not-acceptable", "You are not in this room. Enter it first.")
    sender.seats[stanza.attrs["from"]].heard = room.context.now()
    target = room.by_nick(address.resource(stanza.attrs["to"]) or "")
    if target is None:
        raise StanzaError("item-not-found", "Nobody here has that nickname.")
    return sender, target
