"""
What the reporter wants done after a message: plain values that a shell carries out in their order.

Leaves out how: the live component speaks XMPP, ``ccm replay`` prints.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Say:
    """Say this line in the room."""

    text: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Build the document as it stands now and publish it as that version."""

    version: int


@dataclass(frozen=True, slots=True)
class Grace:
    """Wait so long, then call ``discussion.grace_over``, unless :class:`Hold` comes first."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Stop waiting: nothing is to be published."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The discussion's type was recognised; its attributes were carried over."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Record:
    """Ask the room to keep (*on*) or not to keep what is said from here."""

    on: bool


@dataclass(frozen=True, slots=True)
class Ack:
    """Show that the message with this id was kept, e.g. by a reaction (XEP-0444)."""

    source: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The meeting was declared over."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Ask the room not to keep (*on* false), or to keep again, what one person says."""

    nick: str
    jid: str
    on: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Look through the talk so far for what nobody marked: ``confirmations.settled`` does so, before anything else."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """
    Make the topic of the next meeting, or move it there, with the same people.

    *at* is a local ISO time in the topic's zone; *carried* says which actions go along that did not yet, a line each.
    """

    at: str
    carried: str


Effect = Say | Publish | Grace | Hold | Converted | Record | Ack | Ended | Silence | Look | FollowUp


def as_json(effect: Effect) -> dict[str, Any]:
    """A flat object for traces: ``{"effect": "say", "text": …}``."""
    fields = {name: getattr(effect, name) for name in effect.__dataclass_fields__}
    return {"effect": type(effect).__name__.lower(), **fields}
