"""
Sessions that are gone without having said so (XEP-0045 1.35.5 §18, XEP-0410 1.1 §4).

An error of certain conditions from a session takes it out, and remote sessions that were silent for long are pinged.
A hibernating session (XEP-0198) answers no ping and is none: local sessions are never pinged.
"""

from typing import TYPE_CHECKING

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.muc import leaving
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

PING_PREFIX = "ccm-idle-"


def condition(stanza: Stanza) -> str | None:
    """The defined condition of an error stanza."""
    for error in stanza.element.elements(ns.CLIENT, "error"):
        for child in error.elements():
            if isinstance(child, domish.Element) and child.uri == ns.STANZA_ERRORS and child.name != "text":
                return str(child.name)
    return None


def hear_error(room: "Room", stanza: Stanza) -> None:
    """A message, presence or ping of ours came back from somebody in the room."""
    jid = stanza.attrs["from"]
    if jid in room.seats and condition(stanza) in leaving.GHOST_CONDITIONS:
        session = room.context.router.session(jid)
        if session is None or not session.hibernating:
            leaving.drop(room, jid)


def ping_idle(room: "Room") -> None:
    """Ask remote sessions that were silent for long whether they are still there."""
    context = room.context
    after = context.options.ping_after_seconds
    if not after:
        return
    now = context.now()
    for jid, occupant in tuple(room.seats.items()):
        seat = occupant.seats[jid]
        if now - seat.heard < after or context.is_local(jid) or context.is_admin(jid):
            continue
        ping(room, jid)


def ping(room: "Room", jid: str) -> None:
    """Ask a remote session whether it is still there; an error of a ghost's takes it out."""
    now = room.context.now()
    room.seats[jid].seats[jid].heard = now
    attrs = {"type": "get", "from": room.jid, "to": jid, "id": f"{PING_PREFIX}{int(now)}"}
    room.context.router.route(Stanza("iq", attrs, f"<ping xmlns='{ns.PING}'/>".encode(), ((ns.PING, "ping"),)))
