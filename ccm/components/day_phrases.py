"""
Days in a folded phrase: ``next tue``, ``24.11.``, ``first monday of december``, ``in zwei wochen``, ``KW 49``.

:func:`take_day` takes what it understands out of the phrase. What may be two days is answered with both; what names
two different ones is not understood.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ccm.components.clock_phrases import length_in
from ccm.components.words_of_time import (
    DAY_OFFSETS,
    MONTH_UNITS,
    MONTHS,
    NEXT_WEEK,
    NEXT_WORDS,
    NTH,
    PAST_WORDS,
    THIS_WEEK,
    THIS_WORDS,
    UNITS,
    weekdays,
)


@dataclass(frozen=True, slots=True)
class Day:
    """
    :ivar other: the other day it may mean.
    :ivar weekly: a weekday that is today or has passed: if its time has, next week's is meant.
    :ivar instant: a moment instead of a day, of "in 20 minutes".
    :ivar relative: of "in 3 days": the clock stays as it is.
    """

    at: date | None = None
    other: date | None = None
    weekly: bool = False
    instant: datetime | None = None
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """
    :ivar now: local time, aware.
    :ivar language: ``en``, ``de``, ``fr``, ``nl`` or another.
    :ivar month_first: 11/24 is how days are written.
    """

    now: datetime
    language: str
    month_first: bool

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.date()


class Twofold(Exception):
    """The phrase names days that do not agree, or one that does not exist."""


def take_day(text: str, where: Where) -> tuple[str, Day]:
    """
    The day of a phrase, and the rest of it.

    :raises Twofold: if there is no such day.
    """
    text, shift, moment = _take_relative(text, where)
    if moment is not None:
        return text, moment
    found = Day()
    named: date | None = None
    for take in (_iso, _nth_weekday, _week_number, _named, _numeric, _ordinal, _offset):
        text, one = take(text, where)
        if one is not None:
            found, named = one, one.at
            break
    if named is None or not shift:
        text, weekday = _weekday(text, where, named)
        if weekday is not None:
            found = _agree(found, weekday, named)
    if shift and (found.at or shift >= timedelta(days=1)):
        relative = found.at is None
        found = Day((found.at or where.today) + shift, relative=relative)
    return text, found


def _agree(found: Day, weekday: Day, named: date | None) -> Day:
    """A weekday beside a date: they agree, or both are offered."""
    if named is None or weekday.at is None or weekday.at.weekday() == named.weekday():
        return found if named else weekday
    if found.other is not None and found.other.weekday() == weekday.at.weekday():
        return Day(found.other)  # the weekday tells which of the two it is
    return replace(found, other=weekday.at)


# ---- relative

_COUNT = r"(?P<count>\d{1,3}|an?|eine[rmn]?|ein|une?|een|a couple of|ein paar|quelques|een paar)"
_LATER = re.compile(rf"\b{_COUNT}\s+(?P<unit>[a-z]+)\s+(?:from today|later|ab heute|plus tard)")
_WITHIN = re.compile(r"\b(?:in|dans|over)\s+")
_AHEAD = re.compile(rf"{_COUNT}\s+(?P<unit>[a-z]+)\b")
_WEEK_FROM = re.compile(r"\b(?:a|1) week from\b|\bweek on\b|(?<=day) week\b(?! \d)|\ben (?:8|huit)\b")
_WEEKS_FROM = re.compile(r"\b(\d) weeks from\b(?! now| today)")


def _take_relative(text: str, where: Where) -> tuple[str, timedelta, Day | None]:
    """Days and weeks to add, or a moment."""
    weeks = _WEEKS_FROM.search(text)
    if weeks:
        return _cut(text, weeks), timedelta(weeks=int(weeks[1])), None
    week = _WEEK_FROM.search(text)
    if week:
        return _cut(text, week), timedelta(weeks=1), None
    later = _LATER.search(text)
    if later:
        return _counted(_cut(text, later), later, where)
    for lead in _WITHIN.finditer(text):
        rest = text[lead.end() :]
        ahead = _AHEAD.match(rest)
        if ahead and (ahead["unit"] in MONTH_UNITS or UNITS.get(ahead["unit"], 0) >= UNITS["day"]):
            return _counted(text[: lead.start()] + " " + rest[ahead.end() :], ahead, where)
        length = length_in(rest)
        if length:
            match, minutes = length
            instant = where.now + timedelta(minutes=minutes)
            return text[: lead.start()] + " " + rest[match.end() :], timedelta(), Day(instant=instant)
        if ahead and ahead["unit"] in UNITS:
            minutes = _number(ahead["count"]) * UNITS[ahead["unit"]]
            instant = where.now + timedelta(minutes=minutes)
            return text[: lead.start()] + " " + rest[ahead.end() :], timedelta(), Day(instant=instant)
    return text, timedelta(), None


def _counted(rest: str, match: re.Match[str], where: Where) -> tuple[str, timedelta, Day | None]:
    count, unit = _number(match["count"]), match["unit"]
    if unit in MONTH_UNITS:
        return rest, timedelta(), Day(_months_ahead(where.today, count), relative=True)
    minutes = UNITS.get(unit)
    if minutes is None:
        raise Twofold
    if minutes < UNITS["day"]:
        return rest, timedelta(), Day(instant=where.now + timedelta(minutes=count * minutes))
    if where.language == "fr" and unit == "jours" and count in (8, 15):  # "huit jours" is a week as people say it
        count -= 1
    return rest, timedelta(minutes=count * minutes), None


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return 2 if word in ("a couple of", "ein paar", "quelques", "een paar") else 1


def _months_ahead(today: date, count: int) -> date:
    month = today.month - 1 + count
    year, month = today.year + month // 12, month % 12 + 1
    day = today.day
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


# ---- dates

_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)t?")
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY_MONTH = re.compile(
    rf"(?<![\d:.])(?:(?:the|den|le|de)\s+)?(\d{{1,2}})(?:st|nd|rd|th|er|ere|e|\.)?[\s-]*(?:of\s+|de\s+|d')?({_MONTH})\b\.?"
    rf"(?:[\s-]+('?\d{{2}}|\d{{4}})(?![\d:h.]|u\d|-\d|\s?(?:am|pm|uhr|h|heures?|uur|u)\b))?"
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\.?\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:h]|\s?(?:am|pm|uhr|h|uur)\b)(?:\s+(\d{{4}})(?!\d))?"
)
_FIRST_MONTH = re.compile(
    rf"\b(first|premier|ersten?|erster|eerste)\s+(?:of\s+|de\s+|van\s+)?({_MONTH})\b(?:\s+(\d{{4}}))?"
)
_NUMERIC = re.compile(r"(?<![\d:.])(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})(?!\d)|\.(?!\d)|(?![\d.:]))")
_ORDINAL = re.compile(
    r"\b(?:the|den|dem|am|le|de|on)\s+(\d{1,2})(?:st|nd|rd|th|e|er|ste|de|\.)(?!\d)|\b(\d{1,2})(?:st|nd|rd|th)\b"
)
_LE = re.compile(r"\ble (\d{1,2})(?=\s|$)(?! ?(?:h|heures?)\b)")
_NTH_WEEKDAY = re.compile(
    rf"\b(?:the |le |de |der |den |am )?({'|'.join(map(re.escape, sorted(NTH, key=len, reverse=True)))})\s+([a-z]+)\s+"
    rf"(?:of|in|im|de|d'|van|du mois de)\s*({_MONTH})\b(?:\s+(\d{{4}}))?"
)
_WEEK = re.compile(r"\b(?:kw|week|calendar week|kalenderwoche|semaine|wk)\s?(\d{1,2})\b(?!\s?(?:[:h]|am|pm|uhr))")


def _cut(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _iso(text: str, _where: Where) -> tuple[str, Day | None]:
    match = _ISO.search(text)
    if match is None:
        return text, None
    return _cut(text, match), Day(_exact(int(match[1]), int(match[3]), int(match[4])))


def _nth_weekday(text: str, where: Where) -> tuple[str, Day | None]:
    match = _NTH_WEEKDAY.search(text)
    if match is None or match[2] not in weekdays(where.language):
        return text, None
    nth, weekday, month = NTH[match[1]], weekdays(where.language)[match[2]], MONTHS[match[3]]
    years = (int(match[4]),) if match[4] else (where.today.year, where.today.year + 1)
    for year in years:
        day = _nth_of(nth, weekday, year, month)
        if day >= where.today or match[4]:
            return _cut(text, match), Day(day)
    raise Twofold


def _nth_of(nth: int, weekday: int, year: int, month: int) -> date:
    if nth < 0:
        day = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return day - timedelta(days=(day.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _week_number(text: str, where: Where) -> tuple[str, Day | None]:
    match = _WEEK.search(text)
    if match is None:
        return text, None
    rest = _cut(text, match)
    word = next((word for word in re.findall(r"[a-z]+", rest) if word in weekdays(where.language)), None)
    if word is None:
        raise Twofold  # a week is no day
    for year in (where.today.year, where.today.year + 1):
        try:
            day = date.fromisocalendar(year, int(match[1]), weekdays(where.language)[word] + 1)
        except ValueError:
            continue
        if day >= where.today:
            return rest, Day(day)
    raise Twofold


def _named(text: str, where: Where) -> tuple[str, Day | None]:
    today = where.today
    match = _FIRST_MONTH.search(text)
    if match:
        return _cut(text, match), _dated(match[3], MONTHS[match[2]], 1, today)
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        match = pattern.search(text)
        if match is None:
            continue
        number, month = (match[1], match[2]) if pattern is _DAY_MONTH else (match[2], match[1])
        if month == "mar" and where.language == "fr" and pattern is _MONTH_DAY:
            continue  # mardi
        return _cut(text, match), _dated(match[3], MONTHS[month], int(number), today)
    return text, None


def _numeric(text: str, where: Where) -> tuple[str, Day | None]:
    for match in _NUMERIC.finditer(text):
        first, between, second, year = int(match[1]), match[2], int(match[3]), match[4]
        whole = year or match[0].endswith(".")
        if not whole and between != "/" and not _is_date(match, text, where):
            continue
        month_first = where.month_first and between != "."
        day, month = (second, first) if month_first else (first, second)
        if month > 12 >= day:
            day, month = month, day
        if not (1 <= month <= 12 and 1 <= day <= 31):
            continue
        found = _dated(year, month, day, where.today)
        if day <= 12 and day != month and between == "/" and where.language == "en":
            found = replace(found, other=_dated(year, day, month, where.today).at)
        return _cut(text, match), found
    return text, None


def _is_date(match: re.Match[str], text: str, where: Where) -> bool:
    """Whether ``24-11`` or ``24.11`` without a year is a day and a month, and no clock time or span of hours."""
    before, behind = text[: match.start()], text[match.end() :]
    if re.match(r"\s?(?:uhr|h\b|am\b|pm\b|uur|heures?)", behind) or re.search(r"\b(?:um|at|a|om|@)\s*$", before):
        return False
    if re.search(r"\b(?:am|den|le|on|op|de|vom|zum)\s*$", before):
        return True
    if match[2] == "-":
        padded = any(match[n].startswith("0") for n in (1, 3)) or int(match[1]) > 23
        return padded or where.language == "nl"
    words = set(re.findall(r"[a-z]+", text))
    named = words & (weekdays(where.language).keys() | MONTHS.keys()) or _offset(text, where)[1] is not None
    return 1 <= int(match[3]) <= 12 and bool(re.search(r"\d", behind)) and not named


def _ordinal(text: str, where: Where) -> tuple[str, Day | None]:
    match = _ORDINAL.search(text) or (_LE.search(text) if where.language == "fr" else None)
    if match is None:
        return text, None
    number, day = int(next(filter(None, match.groups()))), where.today
    if not 1 <= number <= 31:
        raise Twofold
    while day.day != number:
        day += timedelta(days=1)
    return _cut(text, match), Day(day)


def _dated(year: str | None, month: int, day: int, today: date) -> Day:
    """That day; without a year the next one to come, or the one that passed a moment ago as the other."""
    if year:
        number = int(year.lstrip("'"))
        return Day(_exact(number + 2000 if number < 100 else number, month, day))
    for candidate in range(today.year, today.year + 5):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue  # 29 February
        if found >= today:
            return Day(found)
    raise Twofold


def _exact(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Twofold from None


# ---- words


def _offset(text: str, where: Where) -> tuple[str, Day | None]:
    for words, offset in DAY_OFFSETS.items():
        match = re.search(rf"\b(?:{words})\b", text)
        if match:
            return _cut(text, match), Day(where.today + timedelta(days=offset))
    return text, None


def _weekday(text: str, where: Where, named: date | None) -> tuple[str, Day | None]:
    known, today = weekdays(where.language), where.today
    match = re.search(rf"\b({'|'.join(sorted(known, key=len, reverse=True))})\b\.?", text)
    if match is None:
        if named is None and (NEXT_WEEK.search(text) or THIS_WEEK.search(text)):
            raise Twofold  # a week is no day
        return text, None
    number = known[match[1]]
    ahead = (number - today.weekday()) % 7
    monday = today - timedelta(days=today.weekday())
    rest = _cut(text, match)
    if NEXT_WEEK.search(rest):
        return NEXT_WEEK.sub(" ", rest), Day(monday + timedelta(days=7 + number))
    if THIS_WEEK.search(rest):
        return THIS_WEEK.sub(" ", rest), Day(monday + timedelta(days=number), weekly=True)
    before, behind = text[: match.start()].split(), text[match.end() :].split()
    word = ""
    if before and before[-1] in NEXT_WORDS | PAST_WORDS | THIS_WORDS:
        word = before.pop()
    elif behind and behind[0] in NEXT_WORDS | PAST_WORDS:
        word = behind.pop(0)
    rest = " ".join((*before, *behind))
    if word in PAST_WORDS:
        return rest, Day(today + timedelta(days=(ahead or 7) - 7), weekly=True)
    if word in NEXT_WORDS:
        ahead = ahead or 7
        day = today + timedelta(days=ahead)
        same_week = number > today.weekday()
        return rest, Day(day, other=day + timedelta(days=7) if same_week else None)
    return rest, Day(today + timedelta(days=ahead), weekly=not ahead)
