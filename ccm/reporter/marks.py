"""
Marked lines and commands: what a line that begins with a mark asks for.

Commands with ``#`` or ``/`` (Debian MeetBot's words), marked lines (``ACTION:``, ``RESOLVED:``, ``Topic:``, W3C's
words), ``s/old/new/`` and ``i/here/line/``, and what people write of an item by its number (``close ACTION-3``).
Leaves out doing it (:mod:`ccm.reporter.commands`).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A marked line.

    :ivar verb: the command: a kind of entry, or ``startmeeting``, ``undo``, ``publish`` …
    :ivar text: what follows it.
    :ivar command: written with ``#`` or ``/`` and so meant for the reporter in any case.
    :ivar word: as it was written, in lower case.
    """

    verb: str
    text: str
    command: bool
    word: str = ""


#: The words of each command. The first is the one that help tells.
COMMANDS: dict[str, tuple[str, ...]] = {
    "startmeeting": ("startmeeting",),
    "endmeeting": ("endmeeting",),
    "title": ("meetingtopic", "title"),
    "topic": ("topic", "subtopic"),
    "agenda": ("agenda",),
    "action": ("action", "actionitem", "todo"),
    "decision": ("agreed", "agree", "decision", "decided", "resolved", "resolution", "accepted"),
    "ruling": ("ruling",),
    "supersede": ("supersede", "supersedes"),
    "proposal": ("propose", "proposed", "proposal"),
    "info": ("info", "note"),
    "idea": ("idea",),
    "question": ("question",),
    "help": ("help",),
    "commands": ("commands",),
    "link": ("link",),
    "chair": ("chair",),
    "unchair": ("unchair",),
    "present": ("present",),
    "startvote": ("startvote",),
    "vote": ("vote",),
    "showvote": ("showvote",),
    "endvote": ("endvote",),
    "ok": ("ok", "yes", "confirm"),
    "no": ("no", "refuse"),
    "undo": ("undo",),
    "edit": ("edit",),
    "drop": ("drop",),
    "restore": ("restore",),
    "move": ("move",),
    "assign": ("assign",),
    "due": ("due",),
    "done": ("done", "close", "closed"),
    "cancel": ("cancel", "cancelled"),
    "reopen": ("reopen",),
    "status": ("status",),
    "draft": ("draft", "preview"),
    "publish": ("publish",),
    "hold": ("hold",),
    "skip": ("skip",),
    "stop": ("stop",),
    "off": ("off",),
    "on": ("on",),
    "forget": ("forget",),
    "nextmeeting": ("nextmeeting",),
}
_COMMANDS = {word: verb for verb, words in COMMANDS.items() for word in words}
LINES = {
    "action": "action",
    "action item": "action",
    "todo": "action",
    "resolved": "decision",
    "resolution": "decision",
    "agreed": "decision",
    "decision": "decision",
    "decided": "decision",
    "ruling": "ruling",
    "chair decides": "ruling",
    "topic": "topic",
    "subtopic": "topic",
    "proposed": "proposal",
    "proposal": "proposal",
    "question": "question",
    "info": "info",
    "idea": "idea",
    "link": "link",
    "agenda": "agenda",
    "next meeting": "nextmeeting",
}
_COMMAND = re.compile(r"\s*[#/](?P<verb>[a-zA-Z]+)\b[:,]?\s*(?P<text>.*)", re.DOTALL)
_LINE = re.compile(
    r"\s*(?:\*\*|__)?(?P<verb>ACTION(?:[ -]ITEM)?|TODO|RESOLVED|RESOLUTION|AGREED|DECISION|DECIDED|RULING|"
    r"CHAIR DECIDES|(?:SUB-?)?TOPIC|PROPOSED|PROPOSAL|QUESTION|"
    r"INFO|IDEA|LINK|AGENDA|NEXT MEETING)(?:\s*[-#]?\d+)?(?:\*\*|__)?\s*:(?!//)(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
REPLACEMENT = re.compile(
    r"s(?P<mark>[/|])(?P<old>(?:(?!(?P=mark)).)+)(?P=mark)(?P<new>(?:(?!(?P=mark)).)*)(?:(?P=mark)g?)?$"
)
INSERTION = re.compile(r"i(?P<mark>[/|])(?P<here>(?:(?!(?P=mark)).)+)(?P=mark)(?P<line>\S.*?)(?P=mark)?$")
_BY_NUMBER = re.compile(
    r"\s*(?:(?P<first>close|closed|drop|reopen)\s+(?P<one>ACTION-\d{1,4})|"
    r"(?P<other>ACTION-\d{1,4})\s*[:,]?\s+(?:is\s+)?(?P<then>closed?|done|due|dropped|reopened)\b\s*(?P<rest>.*))\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DEEDS = {
    "close": "done", "closed": "done", "done": "done", "drop": "drop", "dropped": "drop", "reopen": "reopen",
    "reopened": "reopen", "due": "due",
}  # fmt: skip


def mark_of(text: str) -> Mark | None:
    """The mark of a message, or ``None`` for plain talk."""
    head = text.lstrip()[:24]
    if head[:1] in ("#", "/"):
        found = _COMMAND.match(text)
        word = found["verb"].lower() if found else ""
        verb = _COMMANDS.get(word)
        return Mark(verb, found["text"].strip(), True, word) if found and verb else None
    if head[:2] in ("s/", "s|"):
        return Mark("replace", text.strip(), True, "s") if REPLACEMENT.match(text.strip()) else None
    if head[:2] in ("i/", "i|"):
        return Mark("insert", text.strip(), True, "i") if INSERTION.match(text.strip()) else None
    if "-" in head and len(text) < 120 and "action-" in head.lower():
        numbered = _by_number(text)
        if numbered is not None:
            return numbered
    if ":" not in head:
        return None
    found = _LINE.match(text)
    if found is None:
        return None
    word = found["verb"].lower().replace("-", " ").replace("sub topic", "subtopic")
    return Mark(LINES[word], found["text"].strip(), False, word)


def _by_number(text: str) -> Mark | None:
    """``close ACTION-3``, ``ACTION-3 due friday``: W3C's words for an item that has a number."""
    found = _BY_NUMBER.match(text)
    if found is None:
        return None
    if found["first"]:
        word, id_, rest = found["first"].lower(), found["one"], ""
    else:
        word, id_, rest = found["then"].lower(), found["other"], found["rest"]
    if (word == "due") != bool(rest):
        return None
    return Mark(_DEEDS[word], f"{id_} {rest}".strip(), False, word)
