"""Asking for voice, and granting it by form (XEP-0045 1.35.5 §7.13, §8.6)."""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import admin
from ccm.muc.occupant import Occupant
from ccm.wire import forms
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_REQUEST = ns.MUC + "#request"


def handled(room: "Room", stanza: Stanza) -> bool:
    """Take a message to the room that holds the request form; answers whether it was that."""
    if not stanza.has(ns.DATA_FORMS, "x"):
        return False
    element = forms.find(stanza.element)
    assert element is not None
    if element.getAttribute("type") != "submit":
        return False
    values = forms.read(element, _REQUEST)
    occupant = room.seats.get(stanza.attrs["from"])
    if occupant is None:
        raise StanzaError("not-acceptable", "You are not in this room. Enter it first.")
    if "muc#request_allow" in values:
        _decide(room, occupant, values)
    else:
        _ask(room, occupant, element)
    return True


def _ask(room: "Room", occupant: Occupant, _: domish.Element) -> None:
    if occupant.role != "visitor":
        raise StanzaError("conflict", "You have voice already.")
    moderators = [other for other in room.occupants.values() if other.role == "moderator"]
    for moderator in moderators:
        for jid in moderator.seats:
            room.send(jid, Stanza("message", {}, _form(occupant), ((ns.DATA_FORMS, "x"),)))


def _decide(room: "Room", moderator: Occupant, values: forms.Values) -> None:
    if moderator.role != "moderator":
        raise StanzaError("forbidden", "Only moderators may grant voice.")
    nick = forms.line("muc#roomnick", values.get("muc#roomnick", []), 1000)
    target = room.by_nick(nick)
    if target is None:
        raise StanzaError("item-not-found", "They have left the room.")
    if forms.boolean("muc#request_allow", values["muc#request_allow"]) and target.role == "visitor":
        admin.give_role(room, target, "participant", moderator.nick, "")


def _form(occupant: Occupant) -> bytes:
    jid = occupant.face.jid if occupant.face is not None else occupant.bare
    return forms.form(
        "form",
        _REQUEST,
        [
            forms.field("muc#role", ["participant"], "list-single", "Role asked for", [("participant", "participant")]),
            forms.field("muc#jid", [jid], "jid-single", "Address"),
            forms.field("muc#roomnick", [occupant.nick], "text-single", "Nickname"),
            forms.field("muc#request_allow", ["0"], "boolean", "Grant voice?"),
        ],
        "Voice request",
        "To grant voice, answer the last question with yes.",
    )
