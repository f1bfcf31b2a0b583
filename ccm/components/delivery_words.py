"""
Says in words why a mail did not arrive: enhanced status codes (RFC 3463) and what servers wrote beside them.

Leaves out reading delivery reports: this gets a line of text, from a refusal at once or from a report later.
"""

import re
from dataclasses import dataclass

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<!\d)([45]\d\d)(?!\d)")
_SAID_CHARACTERS = 160

_CHECK = "check the address and invite the right one"
_LATER = "send it again later, or tell {name} another way"
_ANOTHER = "invite another address, or tell {name} another way"

#: Status (its end; the longest that fits counts) -> what happened, what to do.
_FINAL: dict[str, tuple[str, str]] = {
    ".1.1": ("{domain} has no mailbox of that name", _CHECK),
    ".1.2": ("there is no mail server for {domain}", _CHECK),
    ".1.3": ("{domain} takes it for no address", _CHECK),
    ".1.6": ("that mailbox has moved", _ANOTHER),
    ".1.10": ("{domain} takes no mail", _ANOTHER),
    ".2.1": ("that mailbox is switched off", _ANOTHER),
    ".2.2": ("that mailbox is full", _LATER),
    ".2.3": ("the mail was too big for that mailbox", _ANOTHER),
    ".3.4": ("the mail was too big for {domain}", _ANOTHER),
    ".4.1": ("the mail server of {domain} does not answer", _LATER),
    ".4.4": ("there is no mail server for {domain}", _CHECK),
    ".4.6": ("the mail went round in circles at {domain}", _ANOTHER),
    ".4.7": ("{domain} did not take it in all that time", _LATER),
    ".7.": ("{domain} refused it: {said}", _ANOTHER),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    :ivar why: what happened, as the middle of a sentence. :ivar advice: what to do, likewise.
    """

    why: str
    advice: str


def status_of(text: str) -> str:
    """The enhanced status code in *text*, ``""`` if there is none."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def verdict(text: str, address: str, name: str) -> Verdict:
    """What it means that a mail to *address* failed for good, given what was said about it."""
    status, domain = status_of(text), address.rpartition("@")[2]
    why, advice = "{said}", _ANOTHER
    if status:
        for end in (status[1:], f".{status.split('.')[1]}."):
            if end in _FINAL:
                why, advice = _FINAL[end]
                break
    values = {"domain": domain, "name": name, "said": said(text)}
    return Verdict(why.format(**values), advice.format(**values))


def waiting(text: str, address: str) -> str:
    """Why a mail waits, as the middle of a sentence that says that it is tried again."""
    if "cannot be reached" in text:
        return "the mail server cannot be reached; I keep trying"
    domain = address.rpartition("@")[2]
    status = status_of(text)
    if status.endswith(".2.2"):
        return "that mailbox is full just now; it is tried again by itself"
    if status.startswith("4.7.") or "reylist" in text:
        return f"{domain} asks new senders to wait; it is tried again by itself"
    if status[1:] in (".4.1", ".4.3", ".4.4"):
        return f"the mail server of {domain} does not answer; it is tried again by itself"
    return f"{said(text)}; it is tried again by itself"


def said(text: str) -> str:
    """One line of what a server wrote, without its codes, cut to a length for a chat."""
    line = " ".join(text.split())
    if ":" in line and "was refused" in line:
        line = line.partition(": ")[2]
    line = " ".join(_CODE.sub("", _STATUS.sub("", line), count=1).split()).strip(" :;.-")
    return (line[: _SAID_CHARACTERS - 1] + "…" if len(line) > _SAID_CHARACTERS else line) or "it was refused"
