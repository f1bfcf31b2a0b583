"""
Invitations by way of the room, and declining them (XEP-0045 1.35.5 §7.8.2, XEP-0249 1.2).

A direct invitation needs no room: the router brings it. Leaves out invitations by mail (``components/``).
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import admin
from ccm.muc.affiliation import RANK
from ccm.muc.presence import user
from ccm.wire.forms import tag
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

_MOST = 10
_REMEMBERED = 1000


def handled(room: "Room", stanza: Stanza) -> bool:
    """Take a message to the room that holds invitations or declines one; answers whether it was that."""
    if not stanza.has(ns.MUC_USER, "x"):
        return False
    x = next(stanza.element.elements(ns.MUC_USER, "x"))
    invites = list(x.elements(ns.MUC_USER, "invite"))
    for declined in x.elements(ns.MUC_USER, "decline"):
        _decline(room, stanza, declined)
        return True
    if len(invites) > _MOST:
        raise StanzaError("policy-violation", f"One message may invite {_MOST} people.")
    if invites:
        _check(room, stanza)
        people = [address.prepare(invite.getAttribute("to") or "") for invite in invites]
        for invite, jid in zip(invites, people, strict=True):
            _invite(room, stanza, invite, jid)
    return bool(invites)


def _check(room: "Room", stanza: Stanza) -> None:
    jid = stanza.attrs["from"]
    occupant = room.seats.get(jid)
    rank = RANK[room.standing(jid).affiliation]
    if occupant is None and not room.context.is_admin(jid):
        raise StanzaError("not-acceptable", "Enter the room before you invite others.")
    may = rank >= RANK["admin"] or room.config.allow_invites or not room.config.members_only
    if not may or (occupant is not None and occupant.role == "visitor" and rank < RANK["admin"]):
        raise StanzaError("forbidden", "Only admins and owners of this room may invite.")


def _invite(room: "Room", stanza: Stanza, invite: domish.Element, jid: str) -> None:
    sender = stanza.attrs["from"]
    if room.standing(jid).affiliation == "outcast":
        raise StanzaError("not-allowed", "They are banned from this room.")
    may_admit = "@" in jid or RANK[room.standing(sender).affiliation] >= RANK["admin"]  # a domain is all its people
    if room.config.members_only and may_admit and RANK[room.standing(jid).affiliation] < RANK["member"]:
        admin.grant_membership(room, address.bare(jid))
    reason = next((str(child) for child in invite.elements(ns.MUC_USER, "reason")), "")
    thread = next((child.getAttribute("thread") for child in invite.elements(ns.MUC_USER, "continue")), None)
    inner = tag("reason", reason) if reason else b""
    if any(invite.elements(ns.MUC_USER, "continue")):
        inner += f"<continue thread='{attribute(thread)}'/>".encode() if thread else b"<continue/>"
    out = f"<invite from='{attribute(sender)}'".encode() + (b">%b</invite>" % inner if inner else b"/>")
    password = room.config.password if room.config.password_protected else ""
    x = user(out, extra=tag("password", password) if password else b"")
    direct = f"<x xmlns='{ns.MUC_INVITE}' jid='{attribute(room.jid)}'"
    direct += f" reason='{attribute(reason)}'" if reason else ""
    direct += f" password='{attribute(password)}'" if password else ""
    attrs = {"from": room.jid, "to": jid}
    if stanza.id:
        attrs["id"] = stanza.id
    children = ((ns.MUC_USER, "x"), (ns.MUC_INVITE, "x"))
    room.context.router.route(Stanza("message", attrs, x + direct.encode() + b"/>", children))
    room.invited[address.bare(jid)] = sender
    if len(room.invited) > _REMEMBERED:
        room.invited.popitem(last=False)


def _decline(room: "Room", stanza: Stanza, declined: domish.Element) -> None:
    """Tell the inviter; only somebody who was invited may decline, so that nobody is reached unasked."""
    bare = address.bare(stanza.attrs["from"])
    inviter = room.invited.pop(bare, None)
    if inviter is None:
        raise StanzaError("item-not-found", "There is no invitation of yours to decline here.")
    reason = next((str(child) for child in declined.elements(ns.MUC_USER, "reason")), "")
    inner = tag("reason", reason) if reason else b""
    out = f"<decline from='{attribute(bare)}'".encode() + (b">%b</decline>" % inner if inner else b"/>")
    attrs = {"from": room.jid, "to": inviter}
    if stanza.id:
        attrs["id"] = stanza.id
    room.context.give(Stanza("message", attrs, user(out), ((ns.MUC_USER, "x"),)))
