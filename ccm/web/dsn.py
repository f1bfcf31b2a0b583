"""
Reads delivery status notifications (RFC 3464) and what passes for one: which mail failed or waits, and why.

A report names a status (RFC 3463) and what the other server said; of several recipients the worst counts, since every
mail of ours has one. Leaves out what it means for people: the invitations component says that.
"""

import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_DAEMON = re.compile(r"mailer-daemon|postmaster", re.IGNORECASE)
_SAID_CHARACTERS = 500
_TEXT_BYTES = 16_384
_PARTS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """
    :ivar action: ``failed`` for good, or ``delayed`` and tried again by the reporting server.
    :ivar status: e.g. ``5.1.1``.
    :ivar said: one line of what the other server wrote.
    """

    action: Literal["failed", "delayed"]
    status: str
    said: str


def read(message: Message) -> Report | None:
    """The report in a mail; ``None`` if it holds none, or only that all is well."""
    found = None
    for part in parts(message):
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload() if part.is_multipart() else ():
                report = _recipient(block) if isinstance(block, Message) else None
                if report is not None and (found is None or report.action == "failed"):
                    found = report
    return found or _guess(message)


def parts(message: Message) -> list[Message]:
    """The parts of a mail, not those of mails within it; bounded."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < _PARTS:
        part = waiting.pop(0)
        found.append(part)
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting += [each for each in part.get_payload() if isinstance(each, Message)]
    return found


def text_of(part: Message, most: int = _TEXT_BYTES) -> str:
    """The text of a part, whatever its charset claims."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = str(part.get_param("charset", "utf-8"))
    try:
        return data[:most].decode(charset, "replace")
    except LookupError:
        return data[:most].decode("utf-8", "replace")


def _recipient(block: Message) -> Report | None:
    """What a per-recipient group of fields says (RFC 3464 §2.3)."""
    action = _field(block, "Action").partition(" ")[0].lower()
    status = _STATUS.search(_field(block, "Status"))
    if action not in ("failed", "delayed") or not _field(block, "Final-Recipient"):
        return None
    said = _field(block, "Diagnostic-Code")
    kind, semicolon, rest = said.partition(";")
    if semicolon and " " not in kind.strip():
        said = rest.strip()
    code = status[1] if status else ""
    closer = _STATUS.search(said)
    if closer and (not code or code.endswith(".0.0")):
        code = closer[1]
    fallback = "5.0.0" if action == "failed" else "4.0.0"
    return Report("failed" if action == "failed" else "delayed", code or fallback, said[:_SAID_CHARACTERS])


def _guess(message: Message) -> Report | None:
    """A bounce of a server that writes no reports: it comes from a daemon and quotes a status."""
    if not _DAEMON.search(_field(message, "From")):
        return None
    for part in parts(message):
        if part.get_content_type() != "text/plain":
            continue
        for line in text_of(part).splitlines():
            found = _STATUS.search(line)
            if found and found[1][0] in "45":
                action: Literal["failed", "delayed"] = "failed" if found[1][0] == "5" else "delayed"
                return Report(action, found[1], " ".join(line.split())[:_SAID_CHARACTERS])
    return None


def _field(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())
