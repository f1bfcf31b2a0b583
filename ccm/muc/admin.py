"""
Roles and affiliations by request (XEP-0045 1.35.5 §8, §9, §10.3–10.8).

A list changes as a whole or not at all: every item is checked before the first is applied, and the answer comes
when the room is saved. Leaves out the rules themselves: ``affiliation.py``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import leaving, persistence, presence
from ccm.muc import nick as nicks
from ccm.muc.affiliation import AFFILIATIONS, RANK, ROLES, Standing, check_affiliation, check_role, role_of
from ccm.muc.occupant import Occupant
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_CHANGED_WHILE_ABSENT = 101
_QUERY = (ns.MUC_ADMIN, "query")


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a request, checked: a role for an occupant, or an affiliation (and nick) for a bare JID."""

    occupant: Occupant | None
    role: str
    jid: str
    affiliation: str
    nick: str
    reason: str


# ---- lists


def get(room: "Room", stanza: Stanza) -> Stanza:
    """
    Everybody of one affiliation, or every occupant of one role.

    :raises StanzaError: ``forbidden`` for those who may not see that list, ``bad-request`` without one.
    """
    items = list(next(stanza.element.elements(*_QUERY)).elements(ns.MUC_ADMIN, "item"))
    if len(items) != 1:
        raise StanzaError("bad-request", "Ask for one list: <item affiliation='…'/> or <item role='…'/>.")
    affiliation, role = items[0].getAttribute("affiliation"), items[0].getAttribute("role")
    if affiliation in AFFILIATIONS and affiliation != "none":
        _check_may_see(room, stanza.attrs["from"], affiliation)
        out = _affiliated(room, affiliation)
    elif role in ROLES and role != "none":
        out = _of_role(room, stanza.attrs["from"], role)
    else:
        raise StanzaError("bad-request", "Ask for owner, admin, member or outcast, or for a role.")
    inner = b"<query xmlns='%b'>%b</query>" % (ns.MUC_ADMIN.encode(), out)
    return stanza.result(inner, (_QUERY,))


def _check_may_see(room: "Room", jid: str, affiliation: str) -> None:
    rank, occupant = RANK[room.standing(jid).affiliation], room.seats.get(jid)
    if rank >= RANK["admin"]:
        return
    open_ = room.config.whois == "anyone"  # §5.2.1: a list has addresses, which a semi-anonymous room hides
    if occupant is not None:
        may = occupant.role in room.config.member_list and (open_ or occupant.role == "moderator")
    else:  # §9.5: members may ask from outside
        may = affiliation == "member" and rank >= RANK["member"] and open_ and "participant" in room.config.member_list
    if may and affiliation != "outcast":
        return
    raise StanzaError("forbidden", "That list is shown to admins and owners of the room.")


def _affiliated(room: "Room", affiliation: str) -> bytes:
    """
    Without roles, which the XEP leaves open (§9.5): Converse.js 14 takes the nick for the role that is told here.

    No nicks of outcasts (§9.2).
    """
    out = b""
    for jid in room.with_affiliation(affiliation):
        present = room.of_bare(jid)
        nick = room.standings[jid].nick or (present[0].nick if present else None)
        out += presence.item(affiliation, "", jid, nick if affiliation != "outcast" else None)
    return out


def _of_role(room: "Room", jid: str, role: str) -> bytes:
    asker = room.seats.get(jid)
    if (asker is None or asker.role != "moderator") and RANK[room.standing(jid).affiliation] < RANK["admin"]:
        raise StanzaError("forbidden", "That list is shown to moderators.")
    out = b""
    for occupant in room.occupants.values():
        if occupant.role == role and occupant.face is not None:
            out += presence.item(occupant.affiliation, role, occupant.face.jid, occupant.nick)
    return out


# ---- changes


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Change roles and affiliations; answered once they are saved.

    :raises StanzaError: for the first item that is not allowed; then nothing has changed.
    """
    jid = stanza.attrs["from"]
    actor = room.seats.get(jid)
    items = list(next(stanza.element.elements(*_QUERY)).elements(ns.MUC_ADMIN, "item"))
    if not items:
        raise StanzaError("bad-request", "Name at least one item to change.")
    changes = [_read(room, jid, actor, item) for item in items]
    check_owners(room, changes)
    check_count(room, changes)
    apply(room, changes, actor.nick if actor else "", quiet=room.context.is_admin(jid))
    if any(change.occupant is None for change in changes):
        await persistence.save(room)
    return stanza.result()


def apply(room: "Room", changes: list[Change], actor: str, quiet: bool) -> None:
    """Carry out checked changes. :param quiet: tell nothing to those who are not in the room."""
    for change in changes:
        if change.occupant is not None:
            give_role(room, change.occupant, change.role, actor, change.reason)
        else:
            give_affiliation(room, change, actor, quiet)


def give_role(room: "Room", occupant: Occupant, role: str, actor: str, reason: str) -> None:
    """Give an occupant a role and tell everybody; ``none`` is a kick."""
    why = presence.cause(actor, reason)
    if role == "none":
        leaving.remove(room, occupant, (leaving.KICKED,), why=why)
    elif role != occupant.role and occupant.seats:
        _change(room, occupant, occupant.affiliation, role, why)


def give_affiliation(room: "Room", change: Change, actor: str, quiet: bool = True) -> None:
    """Give a bare JID an affiliation; whoever of it is inside gets the role that goes with it, or has to go."""
    old = room.standings.get(change.jid)
    if change.affiliation == "none":
        room.standings.pop(change.jid, None)
    else:
        room.standings[change.jid] = Standing(change.affiliation, change.nick or (old.nick if old else ""))
    why = presence.cause(actor, change.reason)
    present = room.of_bare(change.jid)
    before = old.affiliation if old else "none"
    for occupant in present:
        affiliation = room.standing(occupant.bare).affiliation
        if affiliation == "outcast":
            leaving.remove(room, occupant, (leaving.BANNED,), affiliation=affiliation, why=why)
        elif room.config.members_only and affiliation == "none":
            leaving.remove(room, occupant, (leaving.NO_LONGER_MEMBER,), affiliation=affiliation, why=why)
        elif affiliation != occupant.affiliation:
            _change(room, occupant, affiliation, _role_after(room, occupant, affiliation), why)
    if not present and not quiet and before != change.affiliation:
        item = presence.item(change.affiliation, "none", change.jid, inner=presence.cause(reason=change.reason))
        inner = presence.user(item, (_CHANGED_WHILE_ABSENT,))
        room.context.router.route(Stanza("message", {"from": room.jid, "to": change.jid}, inner, ((ns.MUC_USER, "x"),)))


def grant_membership(room: "Room", jid: str) -> None:
    """An invitation into a members-only room makes a member (§7.8.2)."""
    give_affiliation(room, Change(None, "", jid, "member", "", ""), "")
    persistence.save_later(room)


def _role_after(room: "Room", occupant: Occupant, affiliation: str) -> str:
    if RANK[affiliation] > RANK[occupant.affiliation]:
        order = ROLES.index
        return max(occupant.role, role_of(affiliation, room.config.moderated), key=order)
    return role_of(affiliation, room.config.moderated)


def _change(room: "Room", occupant: Occupant, affiliation: str, role: str, why: bytes) -> None:
    was_told = presence.is_told(room, occupant)
    occupant.affiliation, occupant.role = affiliation, role
    occupant.changed()
    if was_told and not presence.is_told(room, occupant):
        presence.tell(room, occupant, lambda sees, codes, _: presence.unavailable(occupant, sees, codes), hidden=False)
    presence.tell_available(room, occupant, why=why)
    for seat in occupant.seats.values():
        persistence.keep_seat(room, seat)


# ---- reading and checking


def _read(room: "Room", jid: str, actor: Occupant | None, item: domish.Element) -> Change:
    affiliation, role = item.getAttribute("affiliation"), item.getAttribute("role")
    reason = next((str(child) for child in item.elements(ns.MUC_ADMIN, "reason")), "")[:1000]
    nick = item.getAttribute("nick") or ""
    rank = room.standing(jid).affiliation
    if (affiliation is None) == (role is None):
        raise StanzaError("bad-request", "An item names either an affiliation or a role.")
    if role is not None:
        if role not in ROLES:
            raise StanzaError("bad-request", f"A role is one of: {', '.join(ROLES)}.")
        occupant = room.by_nick(nick) if nick else None
        if occupant is None:
            raise StanzaError("item-not-found", f"Nobody here is called “{nick[:80]}”.")
        check_role(actor.role if actor else "none", rank, occupant.affiliation, occupant.role, role)
        return Change(occupant, role, "", "", "", reason)
    if affiliation not in AFFILIATIONS:
        raise StanzaError("bad-request", f"An affiliation is one of: {', '.join(AFFILIATIONS)}.")
    target = item.getAttribute("jid")
    if target is None:
        occupant = room.by_nick(nick) if nick else None
        if occupant is None:
            raise StanzaError("item-not-found", f"Nobody here is called “{nick[:80]}”.")
        target, nick = occupant.bare, ""
    target = address.bare(address.prepare(target))
    if affiliation == "outcast" and target == address.bare(jid) and RANK[rank] >= RANK["admin"]:
        raise StanzaError("conflict", "You cannot ban yourself.")
    check_affiliation(rank, room.standing(target).affiliation, affiliation)
    _check_reservation(room, target, nick)
    return Change(None, "", target, affiliation, nick, reason)


def _check_reservation(room: "Room", target: str, nick: str) -> None:
    if not nick:
        return
    nicks.check(nick, room.context.options.nick_length)
    holder = room.reserved_for(nick)
    if holder is not None and holder != target:
        raise StanzaError("conflict", "That nickname is reserved for somebody else.")


def check_owners(room: "Room", changes: list[Change]) -> None:
    """:raises StanzaError: ``conflict`` if no owner would remain (§10.5); components do not count as owners here."""
    owners = set(room.with_affiliation("owner"))
    if not owners:
        return
    for change in changes:
        if change.occupant is None:
            (owners.add if change.affiliation == "owner" else owners.discard)(change.jid)
    if not owners:
        raise StanzaError("conflict", "A room keeps at least one owner. Make somebody else owner first.")


def check_count(room: "Room", changes: list[Change]) -> None:
    """:raises StanzaError: ``resource-constraint`` if the room would have too many affiliations."""
    most = room.context.options.affiliations
    new = {c.jid for c in changes if c.occupant is None and c.affiliation != "none"} - set(room.standings)
    if most and len(room.standings) + len(new) > most:
        raise StanzaError("resource-constraint", f"A room may have {most} affiliations. Remove some first.")
