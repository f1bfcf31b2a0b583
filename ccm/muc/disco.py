"""
Service discovery of the service and its rooms (XEP-0030 2.5, XEP-0045 1.35.5 §6, XEP-0059 1.0, XEP-0128 1.0).

Leaves out caps of the service.
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import config as configuration
from ccm.muc import hat_commands, registration
from ccm.muc.affiliation import RANK
from ccm.wire import forms, rsm
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.registry import Registry
    from ccm.muc.room import Room

MAM_EXTENDED = "urn:xmpp:mam:2#extended"
_INFO = (ns.DISCO_INFO, "query")
_ITEMS = (ns.DISCO_ITEMS, "query")
_USER_ITEM = "x-roomuser-item"
_STABLE_ID = ns.MUC + "#stable_id"
_SELF_PING = ns.MUC + "#self-ping-optimization"
_SERVICE = (ns.DISCO_INFO, ns.DISCO_ITEMS, ns.MUC, ns.PING, ns.RSM, _STABLE_ID, ns.OCCUPANT_ID, ns.STANZA_ID)
_ROOM = (
    ns.DISCO_INFO,
    ns.DISCO_ITEMS,
    ns.MUC,
    _STABLE_ID,
    _SELF_PING,
    ns.MUC + "#request",
    *registration.FEATURES,
    ns.COMMANDS,
    ns.HATS,
    ns.PING,
    ns.STANZA_ID,
    ns.OCCUPANT_ID,
    ns.RETRACT,
    ns.MODERATE,
    ns.MODERATE_0,
    ns.RECORD,
)


def service_info(name: str, stanza: Stanza) -> Stanza:
    """What the service is."""
    _check_node(stanza, _INFO)
    return _info(stanza, _identity(name), _SERVICE)


def room_info(room: "Room", stanza: Stanza) -> Stanza:
    """What a room is; the node ``x-roomuser-item`` answers the asker's own nick (§7.12)."""
    node = _query(stanza, _INFO).getAttribute("node")
    if node == _USER_ITEM:
        occupant = room.seats.get(stanza.attrs["from"])
        nick = room.standing(stanza.attrs["from"]).nick or (occupant.nick if occupant else "")
        return _info(stanza, _identity(nick) if nick else b"", (), node=node)
    if node:
        inner = hat_commands.info(room, stanza.attrs["from"], node)
        if inner is None:
            raise StanzaError("item-not-found", "There is no such node.")
        return _info(stanza, inner, (), node=node)
    features = (*_ROOM, *configuration.features(room.config))
    if room.config.logging:
        features += (ns.MAM, MAM_EXTENDED)
    return _info(stanza, _identity(room.config.name or address.local(room.jid) or ""), features, _room_form(room))


def service_items(registry: "Registry", stanza: Stanza) -> Stanza:
    """The public rooms and those the asker is in, by JID, paged if asked."""
    _check_node(stanza, _ITEMS)
    asker = stanza.attrs["from"]
    listed = registry.listed(asker)
    page = rsm.slice_(listed, rsm.read(_query(stanza, _ITEMS)))
    items = b"".join(_item(jid, name) for jid, name in page.items)
    return stanza.result(
        b"<query xmlns='%b'>%b%b</query>" % (ns.DISCO_ITEMS.encode(), items, page.set_element), (_ITEMS,)
    )


def room_items(room: "Room", stanza: Stanza) -> Stanza:
    """Who is in a room; of a hidden one only those inside learn it (§6.5)."""
    asker = stanza.attrs["from"]
    if _query(stanza, _ITEMS).getAttribute("node") == ns.COMMANDS:
        head = f"<query xmlns='{ns.DISCO_ITEMS}' node='{ns.COMMANDS}'>".encode()
        return stanza.result(head + hat_commands.items(room, asker) + b"</query>", (_ITEMS,))
    _check_node(stanza, _ITEMS)
    known = asker in room.seats or RANK[room.standing(asker).affiliation] >= RANK["member"]
    if not room.config.public and not known:
        raise StanzaError("forbidden", "Only those in the room may see who is there.")
    items = b""
    if room.config.whois == "anyone" or known or room.config.public:
        items = b"".join(_item(occupant.address, occupant.nick) for occupant in room.occupants.values())
    return stanza.result(b"<query xmlns='%b'>%b</query>" % (ns.DISCO_ITEMS.encode(), items), (_ITEMS,))


def _info(
    stanza: Stanza, identity: bytes, features: tuple[str, ...], form: bytes = b"", node: str | None = None
) -> Stanza:
    vars_ = "".join(f"<feature var='{attribute(var)}'/>" for var in features).encode()
    head = f"<query xmlns='{ns.DISCO_INFO}'" + (f" node='{attribute(node)}'>" if node else ">")
    return stanza.result(head.encode() + identity + vars_ + form + b"</query>", (_INFO,))


def _identity(name: str) -> bytes:
    return f"<identity category='conference' type='text' name='{attribute(name)}'/>".encode()


def _item(jid: str, name: str) -> bytes:
    return f"<item jid='{attribute(jid)}' name='{attribute(name)}'/>".encode()


def _room_form(room: "Room") -> bytes:
    config = room.config
    fields = [
        forms.field("muc#roominfo_description", [config.description], "text-single", "Description"),
        forms.field("muc#roominfo_occupants", [str(len(room.occupants))], "text-single", "Occupants"),
        forms.field("muc#roominfo_lang", [config.language], "text-single", "Language"),
        forms.field("muc#roominfo_changesubject", [str(int(config.change_subject))], "boolean", "Subject is free"),
        forms.field("muc#roomconfig_roomname", [config.name], "text-single", "Name"),
        forms.field("muc#maxhistoryfetch", [str(config.max_history)], "text-single", "History"),
    ]
    subject_mod = forms.field(
        "muc#roominfo_subjectmod", [str(int(config.change_subject))], "boolean", "Subject is free"
    )
    fields.append(subject_mod)
    if room.hats.known:
        fields.append(forms.field("hats#hash", [room.hats.digest()], "text-single", "Hats"))
    if config.contact:
        fields.append(forms.field("muc#roominfo_contactjid", [config.contact], "jid-multi", "Who answers for it"))
    if not config.members_only and not config.password_protected:
        fields.append(forms.field("muc#roominfo_subject", [room.subject], "text-single", "Subject"))
    return forms.form("result", ns.MUC + "#roominfo", fields)


def _query(stanza: Stanza, name: tuple[str, str]) -> domish.Element:
    element: domish.Element = next(stanza.element.elements(*name))
    return element


def _check_node(stanza: Stanza, name: tuple[str, str]) -> None:
    if _query(stanza, name).getAttribute("node"):
        raise StanzaError("item-not-found", "There is no such node.")
