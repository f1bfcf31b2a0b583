"""
The subject of a room (XEP-0045 1.35.5 §8.1, §7.2.15).

Only a message with a subject and neither body nor thread changes it; it is told after it is saved.
"""

from typing import TYPE_CHECKING

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import persistence
from ccm.wire.fanout import FanOut
from ccm.wire.forms import tag
from ccm.wire.stamps import delay
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.occupant import Occupant
    from ccm.muc.room import Room

_SUBJECT = (ns.CLIENT, "subject")


def is_change(stanza: Stanza) -> bool:
    """Whether a message changes the subject."""
    return (
        _SUBJECT in stanza.children
        and (ns.CLIENT, "body") not in stanza.children
        and (ns.CLIENT, "thread") not in stanza.children
    )


def template(room: "Room") -> FanOut:
    """What a newcomer gets after the history: the subject, even an empty one."""
    inner = tag("subject", room.subject) if room.subject else b"<subject/>"
    children: tuple[tuple[str, str], ...] = (_SUBJECT,)
    if room.subject_at is not None:
        inner += delay(room.jid, room.subject_at)
        children += ((ns.DELAY, "delay"),)
    return FanOut(Stanza("message", {"type": "groupchat"}, inner, children), room.subject_by)


def change(room: "Room", occupant: "Occupant", stanza: Stanza) -> None:
    """
    Change it, tell everybody once it is saved.

    :raises StanzaError: ``forbidden`` for those who may not, ``policy-violation`` if it is too long.
    """
    if not room.config.change_subject and occupant.role != "moderator":
        raise StanzaError("forbidden", "Only moderators change the subject of this room.")
    if occupant.role == "visitor":
        raise StanzaError("forbidden", "You have no voice in this room. Ask a moderator for it.")
    text = stanza.child_text("subject") or ""
    most = room.context.options.subject_bytes
    if most and len(text.encode()) > most:
        raise StanzaError("policy-violation", f"A subject may have {most} bytes.")
    attrs = {name: value for name, value in stanza.attrs.items() if name in ("id", "type", "xml:lang")}
    inner = (tag("subject", text) if text else b"<subject/>") + occupant.mark
    reflection = Stanza("message", attrs, inner, (_SUBJECT, (ns.OCCUPANT_ID, "occupant-id")))
    before = (room.subject, room.subject_by, room.subject_at)
    room.subject, room.subject_by, room.subject_at = text, occupant.address, room.context.moment()
    flight = room.flights.board(FanOut(reflection, occupant.address), None)

    def failed(error: BaseException) -> None:
        if room.subject == text:
            room.subject, room.subject_by, room.subject_at = before
        room.flights.lose(flight)
        told = error if isinstance(error, StanzaError) else StanzaError("internal-server-error")
        room.context.give(stanza.error(told, echo=True))

    room.context.spawn(persistence.save(room), lambda _: room.flights.land(flight), failed)
