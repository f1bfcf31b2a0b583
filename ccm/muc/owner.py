"""
Configuring and destroying a room (XEP-0045 1.35.5 §10.1, §10.2, §10.9).

Leaves out the form itself (``config.py``) and creating a room (``registry.py``).
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import admin, leaving, persistence, presence
from ccm.muc import config as configuration
from ccm.muc.affiliation import RANK
from ccm.muc.config import RoomConfig
from ccm.muc.graves import Grave
from ccm.wire import forms
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.registry import Registry
    from ccm.muc.room import Room

_QUERY = (ns.MUC_OWNER, "query")


def get(room: "Room", stanza: Stanza) -> Stanza:
    """The configuration form, for owners."""
    _check_owner(room, stanza.attrs["from"])
    form = configuration.render(room.config, room.jid, room.with_affiliation("owner"), room.with_affiliation("admin"))
    return stanza.result(b"<query xmlns='%b'>%b</query>" % (ns.MUC_OWNER.encode(), form), (_QUERY,))


async def set_(registry: "Registry", room: "Room", stanza: Stanza) -> Stanza:
    """
    Configure, cancel or destroy; answered once that is saved.

    :raises StanzaError: ``forbidden`` for those who are no owners, ``bad-request`` naming what is wrong.
    """
    _check_owner(room, stanza.attrs["from"])
    query = next(stanza.element.elements(*_QUERY))
    destroyed = next(iter(query.elements(ns.MUC_OWNER, "destroy")), None)
    if destroyed is not None:
        await _destroy(registry, room, destroyed)
        return stanza.result()
    form = forms.find(query)
    kind = form.getAttribute("type") if form is not None else None
    if form is None or kind not in ("submit", "cancel"):
        raise StanzaError("bad-request", "Send the configuration form with type='submit' or 'cancel'.")
    if kind == "cancel":
        if room.locked:
            await _destroy(registry, room, None)
        return stanza.result()
    configure(room, forms.read(form, configuration.ROOMCONFIG))
    await persistence.save(room)
    return stanza.result()


def configure(room: "Room", values: forms.Values) -> None:
    """Take a submitted form: all of it, or nothing if any field is wrong. Opens a locked room."""
    options = room.context.options
    new = configuration.submitted(room.config, values, options.occupants, options.history_messages_max)
    changes = _people(room, values)
    old, room.config = room.config, new
    was_locked, room.locked = room.locked, False
    room.history.most = new.max_history
    admin.apply(room, changes, "", quiet=True)
    if not was_locked:
        _tell_change(room, old, new)


def _people(room: "Room", values: forms.Values) -> list[admin.Change]:
    """The changes that make the lists of owners and admins what the form says."""
    changes = []
    wanted: dict[str, str] = {}
    for which, affiliation in (("roomadmins", "admin"), ("roomowners", "owner")):
        listed = configuration.people(values, which)  # type: ignore[arg-type]
        if listed is None:
            continue
        jids = {address.bare(address.prepare(jid)) for jid in listed if jid}
        if affiliation == "owner" and not jids and room.with_affiliation("owner"):
            raise StanzaError("conflict", "A room keeps at least one owner. Name one.")
        wanted.update(dict.fromkeys(jids, affiliation))
        for jid in room.with_affiliation(affiliation):
            wanted.setdefault(jid, "none")
    for jid, affiliation in wanted.items():
        standing = room.standings.get(jid)
        if (standing.affiliation if standing else "none") != affiliation:
            changes.append(admin.Change(None, "", jid, affiliation, "", ""))
    admin.check_owners(room, changes)
    return changes


def _tell_change(room: "Room", old: RoomConfig, new: RoomConfig) -> None:
    if new.members_only and not old.members_only:
        for occupant in tuple(room.occupants.values()):
            if RANK[occupant.affiliation] < RANK["member"]:
                leaving.remove(room, occupant, (leaving.MEMBERS_ONLY_NOW,))
    if old.whois != new.whois:
        for occupant in room.occupants.values():
            occupant.changed()
    codes = configuration.codes(old, new)
    if codes:
        x = presence.user(b"", codes)
        told = Stanza("message", {"type": "groupchat"}, x, ((ns.MUC_USER, "x"),))
        room.flights.now(FanOut(told, room.jid))


async def _destroy(registry: "Registry", room: "Room", element: domish.Element | None) -> None:
    extra, venue, reason = b"<destroy/>", "", ""
    if element is not None:
        inner = b""
        for name in ("reason", "password"):
            for child in element.elements(ns.MUC_OWNER, name):
                inner += forms.tag(name, str(child)[:1000])
                reason = str(child)[:1000] if name == "reason" else reason
        venue = address.prepare(element.getAttribute("jid") or "") if element.getAttribute("jid") else ""
        out = f"<destroy jid='{attribute(venue)}'" if venue else "<destroy"
        extra = out.encode() + (b">%b</destroy>" % inner if inner else b"/>")
    registry.close(room)
    for occupant in tuple(room.occupants.values()):
        leaving.remove(room, occupant, (), affiliation="none", extra=extra, alone=True)
    await registry.forget(room)
    if element is not None and room.config.persistent and not registry.has(room.jid):
        owners = room.with_affiliation("owner")
        await registry.graves.bury(room.jid, Grave(owners, reason, venue, room.context.now()))


def _check_owner(room: "Room", jid: str) -> None:
    if room.standing(jid).affiliation != "owner":
        raise StanzaError("forbidden", "Only owners may configure this room.")
