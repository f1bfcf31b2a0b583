"""
Ad-hoc commands on the wire (XEP-0050 1.3.0): at which stage somebody is, and what answers.

Every command of CCM has one stage: a form if there is something to fill in, else the result at once. Nothing is kept
between the two, so that a session's identifier is only handed back. Leaves out commands of several stages.
"""

from enum import Enum
from typing import Literal

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire.stanza import attribute, text

ACTIONS = ("execute", "complete", "next", "cancel")
COMMAND = (ns.COMMANDS, "command")


class Stage(Enum):
    """What a request asks for."""

    FORM = "form"
    RUN = "run"
    CANCEL = "cancel"


def stage(command: domish.Element, *, fields: bool) -> Stage:
    """
    How far somebody is with a command.

    :param fields: it has a form to fill in.
    :raises StanzaError: ``bad-request`` for an action that is not possible, or a form that is missing.
    """
    action = command.getAttribute("action", "execute")
    if action not in ACTIONS:
        raise StanzaError("bad-request", f"“{action}” cannot be done at this stage. Complete or cancel the command.")
    if action == "cancel":
        return Stage.CANCEL
    if not fields or next(command.elements(ns.DATA_FORMS, "x"), None) is not None:
        return Stage.RUN
    if action != "execute" or command.hasAttribute("sessionid"):
        raise StanzaError("bad-request", "Send the filled-in form.")
    return Stage.FORM


def lacking(label: str) -> StanzaError:
    """What is said of a field that must be filled in."""
    return StanzaError("not-acceptable", f"“{label}” is needed. Fill it in and send the form again.")


def answer(node: str, session: str, status: Literal["executing", "completed", "canceled"], inner: bytes = b"") -> bytes:
    """The ``<command/>`` of a result."""
    head = f"<command xmlns='{ns.COMMANDS}' node='{attribute(node)}' sessionid='{attribute(session)}' status='{status}'"
    return head.encode() + (b">%b</command>" % inner if inner else b"/>")


def to_fill_in(form: bytes) -> bytes:
    """The content of an answer that shows a form."""
    return b"<actions execute='complete'><complete/></actions>" + form


def note(words: str, kind: Literal["info", "warn", "error"] = "info") -> bytes:
    """What a client shows as text; a command that failed has one of type ``error`` (§3.6)."""
    return b"<note type='%b'>%b</note>" % (kind.encode(), text(words))
