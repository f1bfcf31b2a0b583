"""
Guesses the name of a topic and keeps names distinct.

A name is a line of text for people; it is cleaned, never refused. Control characters, which could change a mail's
headers, and marks that turn the direction of writing are taken out. Names come from what people said they want to talk
about, from who is invited, or from who invites; a variant is told apart by its day, else by a number.
"""

import re
import unicodedata
from collections.abc import Collection

MAX_CHARACTERS = 120
GUESSED_CHARACTERS = 60
SHOWN_NAMES = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PAIRS = frozenset(tuple(pair) for pair in ('""', "''", "“”", "„“", "„”", "«»", "»«", "‘’", "‚‘", "``", "‹›"))
_MARKS = frozenset("\"'“”„«»‘’‚`‹›")
_CLAUSE = re.compile(r"\s(?:because|since|as|weil|denn|da|parce|car|omdat|want|so that|which)\b|[,;:]\s|\s[–—-]\s")
_NUMBER = re.compile(r" \((\d+)\)$")

#: How people begin when they propose to talk about something; what follows is what they want to talk about.
_PROPOSALS = re.compile(
    r"^(?:.{0,80}?\b)?(?:"
    r"(?:talk|talking|speak|chat|discuss|discussing|discussion|meet|meeting|call|think|decide|agree|go)\s+"
    r"(?:about|on|over|regarding|through|re)\s+"
    r"|(?:discuss|review|plan|decide|sort out|go over|go through|look at|look into|settle)\s+"
    r"|(?:über|zum thema|wegen|betreffs?)\s+"
    r"|(?:parler|discuter|causer|réunion|échanger)\s+(?:de\s+la|de\s+l['’]|du|des|de|d['’]|sur|au sujet de)\s*"
    r"|(?:praten|overleg|overleggen|spreken|vergadering|hebben|vergaderen)\s+over\s+"
    r"|(?:re|fwd?|aw|wg|betreff|subject|topic|thema|onderwerp|sujet|objet)\s*:\s*"
    r")",
    re.IGNORECASE,
)
_ENDINGS = re.compile(
    r"\s+(?:please|today|tomorrow|together|with you|next week|this week|soon|sprechen|reden|diskutieren|besprechen|"
    r"unterhalten|bitte|morgen|heute|zusammen|s['’]il (?:te|vous) plaît|demain|ensemble|praten|spreken|overleggen|"
    r"alsjeblieft|samen)$",
    re.IGNORECASE,
)
_ARTICLES = re.compile(
    r"^(?:the|our|a|an|your|my|this|that|das|die|der|den|dem|unsere?n?|ein|eine[nmr]?|le|la|les|l['’]|notre|nos|un|une|"
    r"de|het|ons|onze|een)\b\s*",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """One line without needless space, quotes around it and what cannot be seen; ``""`` if nothing is left."""
    text = " ".join(_UNSEEN.sub("", _CONTROL.sub(" ", text)).split())
    while len(text) > 1 and (text[0], text[-1]) in _PAIRS and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    if not any(unicodedata.category(each)[0] in "LNSP" and each not in _MARKS for each in text):
        return ""
    return text if len(text) <= MAX_CHARACTERS else _cut(text, MAX_CHARACTERS)


def _cut(text: str, length: int) -> str:
    """The beginning of a long text: to the end of a clause if that is not too short, else of a word."""
    head = text[: length - 1]
    clauses = [found.start() for found in _CLAUSE.finditer(head) if found.start() >= length // 3]
    end = clauses[0] if clauses else head.rfind(" ") if " " in head[length // 2 :] else len(head)
    return head[:end].rstrip(" ,;:-–—") + "…"


def needs_telling(typed: str) -> bool:
    """Whether cleaning takes out more than space."""
    return bool(_CONTROL.search(typed.strip()) or _UNSEEN.search(typed)) or len(clean(typed)) == MAX_CHARACTERS


def guess(owner: str, invitee: str = "") -> str:
    """A name for a topic that was given none; *invitee* may be several names or addresses with commas between."""
    people = [from_address(each.partition("@")[0]) if "@" in each else each for each in invitee.split(", ") if each]
    if people:
        return together((owner, *people))
    return f"{owner}’{'' if owner.endswith(('s', 'x', 'z', 'ß')) else 's'} talk"


def together(people: Collection[str]) -> str:
    """``Ann and Kim``, ``Ann, Kim and Bob``, ``Ann, Kim, Bob and 3 others``."""
    names = list(dict.fromkeys(people))
    more = len(names) - SHOWN_NAMES
    if more > 1:
        return f"{', '.join(names[:SHOWN_NAMES])} and {more} others"
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def from_talk(said: str) -> str:
    """
    What people want to talk about, from what one of them said: *Shall we talk about the licence audit?* is
    *Licence audit*. ``""`` if nothing is left that could be a name.
    """
    text = clean(said)
    text = re.split(r"(?<=[^\W\d_]{2})[.?!]+(?:\s|$)|\s[–—]\s|;", text, maxsplit=1)[0]
    text = re.sub(r"^(?:/\w+|@\S+|#\S+|[-*>•]+)\s+", "", text)
    proposed = _PROPOSALS.search(text)
    rest = text[proposed.end() :] if proposed else text
    while (shorter := _ENDINGS.sub("", rest.rstrip(" ,.?!:-"))) != rest:
        rest = shorter
    rest = _ARTICLES.sub("", rest).strip(" ,.?!:-\"'“”„«»")
    if not any(unicodedata.category(each)[0] in "LN" for each in rest):
        return ""
    if len(rest) > GUESSED_CHARACTERS:
        rest = _cut(rest, GUESSED_CHARACTERS)
    return rest[:1].upper() + rest[1:]


def vary(name: str, taken: Collection[str], day: str = "") -> str:
    """
    The name itself, or a readable variant of it that is free; case does not count.

    :param day: of the meeting, e.g. ``24 Nov``: *Audit, 24 Nov* comes before *Audit (2)*.
    """
    used = {_key(other) for other in taken}
    if _key(name) not in used:
        return name
    stem = _NUMBER.sub("", name)
    if day and not stem.endswith(f", {day}"):
        dated = _fitting(stem, f", {day}")
        if _key(dated) not in used:
            return dated
    number = 2
    while _key(varied := _fitting(stem, f" ({number})")) in used:
        number += 1
    return varied


def from_address(local: str) -> str:
    """A display name made of the local part of an address: ``kim.lee+x`` is *Kim Lee*."""
    words = [word for word in re.split(r"[._\-\s\d]+", local.partition("+")[0]) if word]
    return " ".join(word[:1].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words) or local


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def _fitting(stem: str, end: str) -> str:
    room = MAX_CHARACTERS - len(end)
    return (stem if len(stem) <= room else stem[: room - 1].rstrip() + "…") + end
