"""
Outcomes: marked actions, decisions, questions, topics, notes; links from anywhere.

Understands commands with ``#`` or ``/`` (Debian MeetBot's words), marked lines (``ACTION:``, ``RESOLVED:``,
``Topic:``, W3C's words) and agenda lines (``1. Greetings``) in a meeting. Leaves out the finding of unmarked actions
and decisions in free talk.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from ccm.reporter.dates import due
from ccm.reporter.state import Entry, Kind

MAX_ENTRIES = 2000


@dataclass(frozen=True, slots=True)
class Mark:
    """
    A marked line.

    :ivar verb: the command: a kind of entry, or ``startmeeting``, ``undo``, ``publish`` …
    :ivar start: where its text begins in the message.
    :ivar command: written with ``#`` or ``/`` and so meant for the reporter in any case.
    """

    verb: str
    text: str
    command: bool


_COMMANDS = {
    "startmeeting": "startmeeting",
    "endmeeting": "endmeeting",
    "topic": "topic",
    "subtopic": "topic",
    "action": "action",
    "actionitem": "action",
    "todo": "action",
    "agreed": "decision",
    "agree": "decision",
    "decision": "decision",
    "decided": "decision",
    "resolved": "decision",
    "resolution": "decision",
    "accepted": "decision",
    "info": "info",
    "note": "info",
    "idea": "idea",
    "question": "question",
    "help": "help",
    "link": "link",
    "chair": "chair",
    "undo": "undo",
    "edit": "edit",
    "drop": "drop",
    "assign": "assign",
    "due": "due",
    "done": "done",
    "status": "status",
    "draft": "draft",
    "publish": "publish",
    "hold": "hold",
    "off": "off",
    "on": "on",
    "meetingtopic": "title",
    "title": "title",
    "unchair": "unchair",
    "present": "present",
    "forget": "forget",
    "skip": "skip",
    "stop": "stop",
    "agenda": "agenda",
}
_LINES = {
    "action": "action",
    "action item": "action",
    "todo": "action",
    "resolved": "decision",
    "resolution": "decision",
    "agreed": "decision",
    "decision": "decision",
    "decided": "decision",
    "topic": "topic",
    "subtopic": "topic",
    "proposed": "proposal",
    "proposal": "proposal",
    "question": "question",
    "info": "info",
    "idea": "idea",
    "link": "link",
    "agenda": "agenda",
}
_COMMAND = re.compile(r"\s*[#/](?P<verb>[a-zA-Z]+)\b[:,]?\s*(?P<text>.*)", re.DOTALL)
_LINE = re.compile(
    r"\s*(?:\*\*|__)?(?P<verb>ACTION(?:[ -]ITEM)?|TODO|RESOLVED|RESOLUTION|AGREED|DECISION|DECIDED|"
    r"(?:SUB-?)?TOPIC|PROPOSED|PROPOSAL|QUESTION|"
    r"INFO|IDEA|LINK|AGENDA)(?:\s*[-#]?\d+)?(?:\*\*|__)?\s*:(?!//)(?:\*\*|__)?\s*(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
REPLACEMENT = re.compile(
    r"s(?P<mark>[/|])(?P<old>(?:(?!(?P=mark)).)+)(?P=mark)(?P<new>(?:(?!(?P=mark)).)*)(?:(?P=mark)g?)?$"
)
_URL = re.compile(r"\b(?:https?://|mailto:|xmpp:)[^\s<>\"'`|\\^{}\[\]]+", re.IGNORECASE)
_PREFIX: dict[str, str] = {
    "action": "A", "decision": "D", "question": "Q", "topic": "T", "info": "I", "idea": "E", "link": "L", "help": "H",
}  # fmt: skip


def mark_of(text: str) -> Mark | None:
    """The mark of a message, or ``None`` for plain talk."""
    head = text.lstrip()[:24]
    if head[:1] in "#/":
        found = _COMMAND.match(text)
        verb = _COMMANDS.get(found["verb"].lower()) if found else None
        return Mark(verb, found["text"].strip(), True) if found and verb else None
    if head[:2] in ("s/", "s|"):
        return Mark("replace", text.strip(), True) if REPLACEMENT.match(text.strip()) else None
    if ":" not in head:
        return None
    found = _LINE.match(text)
    if found is None:
        return None
    verb = _LINES[found["verb"].lower().replace("-", " ").replace("sub topic", "subtopic")]
    return Mark(verb, found["text"].strip(), False)


def links_of(text: str) -> tuple[str, ...]:
    """Addresses of the web, mail and chat in a text, without the marks that end the sentence around them."""
    if ":" not in text:
        return ()
    found: dict[str, None] = {}
    for hit in _URL.finditer(text):
        url = hit[0].rstrip(".,;:!?*_")
        while url.endswith(")") and url.count("(") < url.count(")"):
            url = url[:-1].rstrip(".,;:!?")
        if len(url) > 10:
            found[url] = None
    return tuple(found)


def new_id(kind: Kind, counters: dict[str, int]) -> tuple[str, dict[str, int]]:
    """The next id of that kind and the counters after it."""
    number = counters.get(kind, 0) + 1
    return f"{_PREFIX[kind]}{number}", {**counters, kind: number}


_TO_DO = re.compile(
    r"^(?P<who>@?[\w.|^\[\]{}-]{1,30}(?:(?:,| and| or| &|/)\s?@?(?!to\b)[\w.|-]{1,30}){0,3}?(?: "
    r"[A-Z][\w'-]+)?)\s+(?:to|will|should|shall|must|needs to|has to|is to|agreed to|"
    r"volunteers to|volunteered to|takes|can)\s+(?P<what>\S.*)",
    re.DOTALL,
)
_COLON = re.compile(r"^@?(?P<who>[A-Za-z][\w.|-]{0,30}(?: [A-Z][\w'-]+)?)\s*[:,]\s+(?P<what>\S.*)", re.DOTALL)
_BRACKET = re.compile(
    r"^(?P<what>.*\S)\s*[(\[]\s*(?:owner:?\s*|@|assigned to:?\s*|->\s*)?(?P<who>[A-Za-z][\w.|-]{1,30}(?: "
    r"[A-Z][\w'-]+)?)\s*[)\]]\W*$",
    re.DOTALL,
)
_VERBS = frozenset(
    [
        "continue",
        "prepare",
        "reach",
        "respond",
        "reply",
        "talk",
        "speak",
        "send",
        "write",
        "link",
        "move",
        "switch",
        "add",
        "go",
        "come",
        "listen",
        "commit",
        "agree",
        "ask",
        "decide",
        "plan",
        "like",
        "look",
        "return",
        "refer",
        "point",
        "apply",
        "submit",
        "report",
        "adapt",
        "convert",
        "migrate",
        "upgrade",
        "connect",
        "subscribe",
        "attend",
        "contribute",
        "start",
        "begin",
        "get",
        "wait",
        "aim",
        "propose",
        "pledge",
        "work",
        "volunteer",
        "to",
        "not",
    ]
)
_INITIALS = re.compile(r"[A-Z]{2,3}$|[a-z][A-Z]{1,2}$")
_ROLES = frozenset(
    [
        "chair",
        "chairs",
        "editor",
        "editors",
        "staff",
        "secretary",
        "everyone",
        "everybody",
        "all",
        "team",
        "contact",
        "authors",
        "author",
        "scribe",
    ]
)
_NOT_A_NAME = frozenset(
    [
        "the",
        "a",
        "an",
        "it",
        "we",
        "they",
        "this",
        "that",
        "there",
        "need",
        "needs",
        "how",
        "what",
        "who",
        "when",
        "somebody",
        "someone",
        "anyone",
        "nobody",
        "want",
        "wants",
        "us",
        "you",
        "i",
        "remember",
        "try",
        "going",
        "ready",
        "order",
        "add",
        "make",
        "have",
        "be",
        "plan",
        "offer",
        "happy",
        "able",
        "due",
        "note",
        "notes",
        "issue",
        "pr",
        "link",
        "see",
        "need",
        "next",
        "first",
    ]
)


def owner_of(text: str, by: str, names: frozenset[str]) -> tuple[str, str]:
    """
    The owner whom an action names, and the rest of its text.

    :param names: nicks of those present, lower case.
    :returns: ``("", text)`` when it names nobody.
    """
    found = _TO_DO.match(text)
    if found:
        who = found["who"].lstrip("@")
        first = re.split(r"\W+", who, maxsplit=1)[0].lower()
        if who.lower() in ("i", "me", "i'll"):
            return by, found["what"]
        if first not in _NOT_A_NAME and (
            first in names
            or first in _ROLES
            or who[0].isupper()
            or text.startswith("@")
            or _looks_like_nick(who)
            or (" " not in who and first not in _VERBS and f"{who} to " in text)
        ):
            return who, found["what"]
    for pattern in (_COLON, _BRACKET):
        found = pattern.match(text)
        if found and (found["who"].lower() in names or found["who"].lower() in _ROLES or _INITIALS.match(found["who"])):
            return found["who"], found["what"]
    if re.match(r"i(?:'ll|'m|'d)?\s+(?!may\b|might\b|could\b|would\b|think\b|wonder\b)\w", text, re.IGNORECASE):
        return by, text
    return "", text


def _looks_like_nick(who: str) -> bool:
    return bool(re.search(r"[\d_|]|[a-z][A-Z]", who)) or "," in who


def entry(
    kind: Kind, id_: str, text: str, by: str, source: str, at: datetime | None, topic: str, names: frozenset[str]
) -> Entry:
    """An entry with the owner and the due date that its text names."""
    owner = day = phrase = ""
    if kind == "action":
        owner, _ = owner_of(text, by, names)
        day, phrase = due(text, at.date() if at else None)
    return Entry(
        kind, id_, text, by, source, stamp(at), owner, day, phrase, "current" if kind == "topic" else "open", topic
    )


def stamp(at: datetime | None) -> str:
    """A time as the state keeps it."""
    return at.isoformat().replace("+00:00", "Z") if at else ""
