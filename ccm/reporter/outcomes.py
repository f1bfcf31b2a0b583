"""
Outcomes: what a marked action, decision, question, topic or note says; links from anywhere.

Leaves out the marks themselves (:mod:`ccm.reporter.marks`) and the finding of unmarked actions and decisions in free
talk (:mod:`ccm.reporter.finding`).
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from ccm.reporter import owners
from ccm.reporter.dates import due
from ccm.reporter.marks import REPLACEMENT, Mark, mark_of
from ccm.reporter.state import Entry, Kind

__all__ = [
    "MAX_ENTRIES", "REPLACEMENT", "Mark", "entry", "links_of", "mark_of", "new_id", "owner_of", "stamp",
]  # fmt: skip

MAX_ENTRIES = 2000


_URL = re.compile(r"\b(?:https?://|mailto:|xmpp:)[^\s<>\"'`|\\^{}\[\]]+", re.IGNORECASE)
_PREFIX: dict[str, str] = {
    "action": "A", "decision": "D", "question": "Q", "topic": "T", "info": "I", "idea": "E", "link": "L", "help": "H",
    "proposal": "P",
}  # fmt: skip


_MINUTES: frozenset[Kind] = frozenset(("action", "decision"))
_BY_HAND = 3  # so many marked lines are minutes


def minuted(entries: Iterable[Entry]) -> frozenset[Kind]:
    """
    The kinds whose finds in free talk are only possible, never sure: people who mark say what counts.

    Each kind of which somebody marked one; actions and decisions both, where these are minutes kept by hand.
    """
    marked = [entry.kind for entry in entries if entry.provenance != "detected"]
    by_hand = sum(kind in _MINUTES for kind in marked) >= _BY_HAND
    return frozenset(marked) | (_MINUTES if by_hand else frozenset())


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


def new_id(kind: str, counters: dict[str, int]) -> tuple[str, dict[str, int]]:
    """The next id of that kind, or of a ``proposal``, and the counters after it."""
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
    several = owners.listed(text, by, names, _ROLES)
    if several[0]:
        return several
    found = _TO_DO.match(text)
    if found:
        who = found["who"].lstrip("@")
        first = re.split(r"\W+", who, maxsplit=1)[0].lower()
        if who.lower() in ("i", "me", "i'll"):
            return by, found["what"]
        if first not in _NOT_A_NAME and (
            first in names
            or first in _ROLES
            or (who[0].isupper() and first not in _VERBS)
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
    return owners.headed(text)


def _looks_like_nick(who: str) -> bool:
    return bool(re.search(r"[\d_|]|[a-z][A-Z]", who)) or "," in who


def entry(
    kind: Kind, id_: str, text: str, by: str, source: str, at: datetime | None, topic: str, names: frozenset[str]
) -> Entry:
    """An entry with the owner and the due date that its text names."""
    status = "current" if kind == "topic" else "open"
    if kind != "action":
        return Entry(kind, id_, text, by, source, stamp(at), status=status, topic=topic)
    owner, when = owner_of(text, by, names)[0], due(text, at)
    return Entry(
        kind, id_, text, by, source, stamp(at), owner, when.iso, when.phrase, status, topic, assumed=when.assumed
    )


@lru_cache(maxsize=8)
def stamp(at: datetime | None) -> str:
    """A time as the state keeps it: of one message it is asked for several times."""
    return at.isoformat().replace("+00:00", "Z") if at else ""
