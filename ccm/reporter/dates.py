"""
Due dates from the phrases in which people give them: "by Friday", "end of November", "in a fortnight", "bis KW 49".

:func:`due` is the whole face. Rules of our own read English, German, French and Dutch
(:mod:`ccm.reporter.due_rules`); a date written out in another language is asked of dateparser, which is imported
only then. Base is the time of the message in the meeting's zone. Nothing is moved by a year in silence, and nothing is
guessed: what names no day stays a phrase. Leaves out recurring dates and the hour of the day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm.reporter.due_calendar import When
from ccm.reporter.due_rules import Read, reach, readings
from ccm.reporter.due_words import TELLING, Plain, plain

WINDOW_DAYS = 2 * 366
MAX_CHARS = 2000
Day = date
Doubt = Literal["", "past", "far"]


@dataclass(frozen=True, slots=True)
class Due:
    """
    When something is due.

    :ivar date: the day, or ``None`` if the words name none that is known.
    :ivar phrase: the words, exactly as they were typed, or ``""`` if there are none.
    :ivar assumed: the words leave the day open, and the likeliest was taken; somebody should look.
    :ivar doubt: ``past`` if the day is before that of the message, ``far`` if it would be more than two years after it
        and was not taken therefore.
    """

    date: Day | None = None
    phrase: str = ""
    assumed: bool = False
    doubt: Doubt = ""

    @property
    def iso(self) -> str:
        """The day as ``2026-11-27``, or ``""``."""
        return self.date.isoformat() if self.date is not None else ""

    def __iter__(self) -> Iterator[str]:
        """``day, phrase = due(…)`` for those who need no more."""
        return iter((self.iso, self.phrase))


def due(
    text: str,
    base: date | datetime | None,
    zone: str | None = None,
    *,
    next_meeting: date | None = None,
    month_first: bool | None = None,
) -> Due:
    """
    The due date that a text names: a sentence, or only the phrase.

    :param base: time of the message, aware, or its day; without one only full dates can be read.
    :param zone: IANA zone of the meeting: where *base* falls on a day, and whether 12/4 is in December. Without one,
        that of *base*.
    :param next_meeting: what "next meeting" means, if that is known.
    :param month_first: whether 12/4 is in December, if that is known better than by the zone.
    """
    said = plain(text[:MAX_CHARS])
    when = _when(base, zone, next_meeting, month_first)
    telling = not TELLING.isdisjoint(said.text.split(" ")) or any(mark.isdigit() for mark in said.text)
    found = _chosen(said, list(readings(said, when)), text) if telling else None
    if found is None:
        return _elsewhere(text, when) if base is not None else Due()
    start, end = said.typed(_lead(said.text, found.start), found.end)
    phrase = text[start:end].strip(" ,;:-–")
    day = found.day
    if base is None and not (day is not None and _FULL.search(phrase)):
        return Due(None, "")
    if day is None:
        return Due(None, phrase)
    if base is not None and day > when.today + timedelta(days=WINDOW_DAYS):
        return Due(None, phrase, True, "far")
    if base is not None and day < when.today:
        return Due(day, phrase, True, "past")
    return Due(day, phrase, found.assumed)


_FULL = re.compile(r"(?<!\d)\d{4}(?!\d)")
_CITIES = (
    "New_York Chicago Denver Los_Angeles Phoenix Anchorage Detroit Boise Juneau Nome Adak Menominee Puerto_Rico "
    "Toronto Vancouver Winnipeg Edmonton Halifax"
)
_ZONES = {"Pacific/Honolulu", "Pacific/Guam", "Asia/Manila", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"}
_MONTH_FIRST = frozenset(f"America/{city}" for city in _CITIES.split()) | _ZONES
_NOWHERE = ("UTC", "GMT", "Z", "Etc")


def _when(base: date | datetime | None, zone: str | None, meeting: date | None, month_first: bool | None) -> When:
    place = zone or (str(getattr(base.tzinfo, "key", "") or "") if isinstance(base, datetime) else "")
    if month_first is None and "/" in place and not place.startswith(_NOWHERE):
        month_first = place in _MONTH_FIRST or place.startswith(("US/", "America/Indiana", "America/Kentucky"))
    if isinstance(base, datetime):
        local = base.astimezone(_zone(zone)) if zone and base.tzinfo is not None and _zone(zone) is not None else base
        return When(local.date(), local, month_first, meeting)
    return When(base or date(2000, 1, 1), None, month_first, meeting)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


# ---- which of several

_FILLER = r"(?:the|of|on|at|in|about|is|was|be|,|:|-|=|\(|early|late|this|latest|by|end|as|to|or) "
_STRONG = re.compile(rf"\b(?:by|before|within|eod|due) (?:{_FILLER}){{0,4}}$")
_MEDIUM = re.compile(rf"\b(?:for|on|in|at|this|next|or|and|-|to) (?:{_FILLER}){{0,3}}$")
_NOT = re.compile(
    r"\b(?:since|last|after|from|ago|minutes|notes|summary|recording|past|not|every|each|per|was|were|"
    r"minute|(?:\w+n['’]?t|not) (?:have|need) to be|not (?:by|before)|"
    r"(?:was|were|been|got) (?!due)\w+|(?:not )?before and) "
    r"(?:(?:the|of|on|about|minute) ){0,2}$"
)
_PAPERS = re.compile(r"\b(?:minutes|notes|summary|recording) $")  # those of Monday, but due by Monday
_BY = re.compile(r"(?:\b(?:by|before|within|due|for|on|in|at|eod) (?:(?:the|of|on|at|about|:|by|is) )*)+$")
_AND = re.compile(r" ?(?:or|and|/|-|to|, or) (?:(?:on|by|the|for) )*")
_SHORT = re.compile(r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|may|march|mar)", re.IGNORECASE)
_PADDED = re.compile(r"\d\d\.\d\d?$")
_MODAL = re.compile(r"(?:may|march)\b")
_EDGES = " .,;:!?()[]\"'-–"


def _chosen(said: Plain, found: list[Read], text: str) -> Read | None:
    """The expression that is meant: one with "by" before one with "on", before one that only stands there."""
    best: Read | None = None
    best_rank: tuple[int, ...] = ()
    for one in sorted(found, key=lambda read: (read.start, -read.end)):
        strength = _strength(said, one, text)
        if strength == 0 or any(
            o.start <= one.start and one.end <= o.end and o is not one and _wider(o, one) for o in found
        ):
            continue
        rank = (one.day is not None, not one.clock, strength, -one.start, one.end)
        if best is None or rank > best_rank:
            best, best_rank = one, rank
    if best is None or best.day is None:
        return best
    for other in found:
        between = said.text[best.end : other.start] if other.start >= best.end else ""
        if between and other.day is not None and _AND.fullmatch(between.strip() + " ") and other.day > best.day:
            return replace(other, start=best.start, assumed=True)
    return best


def _wider(other: Read, one: Read) -> bool:
    return other.end - other.start > one.end - one.start or (other.undated, -other.rank) < (one.undated, -one.rank)


def _strength(said: Plain, one: Read, text: str) -> int:
    before = said.text[reach(said.text, one.start) : one.start]
    inside = said.text[one.start : one.end]
    by = re.match(r"(?:by|before|within|due) ", inside)
    if _NOT.search(before) and not (by and _PAPERS.search(before)):
        return 0
    whole = not said.text[: one.start].strip(_EDGES) and not said.text[one.end :].strip(_EDGES)
    if _STRONG.search(before) or by:
        return 4
    if _MEDIUM.search(before) or re.match(r"(?:for|on|in|at|this|next) ", inside):
        return 3 if one.rank >= 0 or _PADDED.match(inside) else 0
    start, end = said.typed(one.start, one.end)
    if whole:
        return 3
    if _MODAL.match(text, start):
        return 0
    hour = re.match(r" (?:at |about )?t\d", said.text[one.end :])
    if one.weekday and _SHORT.fullmatch(text[start:end]) and not text[start].isupper() and not hour:
        return 0
    if one.weekday and (re.match(r" \w", said.text[one.end :]) and re.search(r"\bthe $", before)):
        return 0  # the Friday report
    return max(one.rank, 0)


def _lead(text: str, start: int) -> int:
    """Where the phrase begins with the words that make it a due date: ``by the end of …``."""
    found = _BY.search(text[:start])
    return found.start() if found else start


# ---- other languages

_FOREIGN = re.compile(
    r"\b(?:antes del?|hasta el|para el|el|entro il|entro|il|até|antes de|do|dnia|senast|före|innan|inden|den|til|"
    r"före den|"
    r"до|к|к концу)\s+(?P<day>\d{1,2}\.?\s+(?:de |di )?[^\W\d_]{3,}(?:\s+(?:de |di )?\d{4})?)",
    re.IGNORECASE,
)


def _elsewhere(text: str, when: When) -> Due:
    """A day and a month written out in a language that the rules do not know."""
    found = _FOREIGN.search(text)
    if found is None:
        return Due()
    day = _parsed(found["day"], when.today)
    if day is None or abs((day - when.today).days) > WINDOW_DAYS:
        return Due()
    return Due(
        day,
        found[0],
        not _FULL.search(found["day"]) and day.year != when.today.year,
        "past" if day < when.today else "",
    )


@lru_cache(maxsize=256)
def _parsed(words: str, today: date) -> date | None:
    import dateparser

    settings = {
        "RELATIVE_BASE": datetime.combine(today, time()),
        "PREFER_DATES_FROM": "future",
        "REQUIRE_PARTS": ["day", "month"],
    }
    named = dateparser.parse(words, languages=list(_LANGUAGES), settings=settings)
    return named.date() if named else None


_LANGUAGES = ("es", "it", "pt", "sv", "da", "pl", "cs", "ru", "fi")
