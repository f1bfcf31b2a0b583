"""
Reads the times that people type, and spells a time out so that a misreading is seen at once.

Never refuses: what cannot be read comes back as ``None`` and the caller says so. Own rules read clock times, weekdays
and the near future in English, German, French and Dutch; what they leave goes to dateparser (imported when first
needed, since that takes most of a second). A result must lie within two years. Leaves out due dates in talk, which
are the reporter's.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ccm.components.words_of_time import (
    CLOCK_WORDS,
    DAY_OFFSETS,
    MONTHS,
    NEXT_WORDS,
    NOISE,
    PARTS_OF_DAY,
    PAST_WORDS,
    UNITS,
    WEEKDAYS,
    ZONES,
)

MAX_CHARACTERS = 200
WINDOW = timedelta(days=2 * 366)
DEFAULT_TIME = time(10, 0)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_CLOCK = re.compile(
    r"(?<![\d/.-])(?P<hour>\d{1,2})(?:(?:[:.]|\s?h\s?)(?P<minute>\d{2}))?\s*"
    r"(?P<half>a\.?m\.?|p\.?m\.?)?(?P<word>\s*(?:uhr|o'clock|oclock|heures?|h|uur)\b)?(?![\d/-])"
)
_LEAD = re.compile(r"\b(?:at|um|à|a|om|vers|gegen|by|@)\s*$")
_RELATIVE = re.compile(
    r"\b(?:in|dans|over)\s+(\d{1,4}|an?|one|einer?m?|une?|een|half an?|two|three|a couple of)\s+(\w+)"
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?(?!\d)")
_NAMED = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+)?([^\W\d]{3,})\.?(?:,?\s+(\d{4}))?")
_NAMED_US = re.compile(r"\b([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?![\d:h])(?:,?\s+(\d{4}))?")
_ORDINAL = re.compile(r"\b(?:the|den|le|de)\s+(\d{1,2})(?:st|nd|rd|th|er|e|\.)(?!\d)")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTS = {"two": 2.0, "three": 3.0, "a couple of": 2.0, "half a": 0.5, "half an": 0.5}


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a phrase was taken to mean.

    :ivar at: in UTC; ``None`` if it could not be read.
    :ivar moved: it had already passed and was moved to the next plausible time.
    :ivar other: the other reading of an ambiguous day and month, in UTC.
    """

    at: datetime | None
    moved: bool = False
    other: datetime | None = None
    minutes: int | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    day: date | None = None
    clock: time | None = None
    instant: datetime | None = None
    other_day: date | None = None
    weekly: bool = False  # a weekday that is today: if its time has passed, next week's is meant


def zone_of(name: str | None, fallback: str = "UTC") -> ZoneInfo:
    """The zone of an IANA name; *fallback* if it is ``None`` or unknown."""
    for candidate in (name, fallback):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def read(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading:
    """
    Take a phrase as a time to come.

    :param now: aware; what *tomorrow* counts from.
    :param zone: where the one who typed it is, unless the phrase names a zone itself.
    :param language: BCP 47; decides ``3/4`` and which words dateparser tries.
    """
    text = " ".join(phrase.split())
    if not text or len(text) > MAX_CHARACTERS:
        return Reading(None)
    exact = _iso(text, zone)
    if exact is not None:
        return _plausible(_Found(instant=exact), now, exact.tzinfo or zone)
    text, named = _peel_zone(text)
    zone = named or zone
    local = now.astimezone(zone)
    found = _by_rules(text.lower(), local, language)
    if found is None:
        found = _by_dateparser(text, local, language)
    return _plausible(found, now, zone) if found else Reading(None)


def read_by_rules(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading | None:
    return read(phrase, now, zone, language)


def read_by_dateparser(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading:
    return read(phrase, now, zone, language)


def day_of(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    local = at.astimezone(zone_of(zone))
    return f"{local.day} {_MONTHS[local.month - 1]}"


def spell_minutes(minutes: int) -> str:
    return f"{minutes} minutes"


def spell(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Weekday, date, time, zone and distance: ``Tue 24 Nov, 15:00 CET, tomorrow``."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    year = f" {local.year}" if local.year != today.year else ""
    name = local.tzname() or "UTC"
    if name[:1] in "+-":
        name = f"UTC{name}"
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year}, {local:%H:%M} {name}, " + _distance(
        at - now, (local.date() - today.date()).days
    )


def suggest(now: datetime, zone: tzinfo) -> datetime:
    """A sensible time when none was given: the next full hour in working hours, with half an hour to get ready."""
    local = (now.astimezone(zone) + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    local += timedelta(hours=1)
    if local.hour >= 18 or local.weekday() >= 5 or local.hour < 8:
        if local.hour >= 18 or local.weekday() >= 5:
            local += timedelta(days=1)
        while local.weekday() >= 5:
            local += timedelta(days=1)
        local = local.replace(hour=DEFAULT_TIME.hour)
    return local.astimezone(UTC)


# ---- the pieces


def _iso(text: str, zone: tzinfo) -> datetime | None:
    if not _ISO.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == 10:
        at = datetime.combine(at.date(), DEFAULT_TIME)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _peel_zone(text: str) -> tuple[str, tzinfo | None]:
    head, _, last = text.rpartition(" ")
    last = last.strip("()")
    if head and last.upper() in ZONES:
        return head, ZoneInfo(ZONES[last.upper()])
    if head and "/" in last and not last[0].isdigit():
        for name in available_timezones():
            if name.lower() == last.lower():
                return head, ZoneInfo(name)
    return text, None


def _by_rules(text: str, local: datetime, language: str) -> _Found | None:
    """The reading if every word of the phrase is accounted for."""
    text = text.replace("’", "'").replace(",", " ")
    relative = _RELATIVE.search(text)
    if relative and relative[2] in UNITS:
        return _in_a_while(text, relative, local)
    text, found = _take_day(text, local, language)
    text, part = _take_word(text, PARTS_OF_DAY)
    text, clock = _take_clock(text, part, has_day=found.day is not None)
    if part and clock is None:
        clock = time(part[0], 0)
    if part and part[1] and found.day is None:  # "tonight" names its day
        found = replace(found, day=local.date())
    if set(re.findall(r"[^\W_]+", text)) - NOISE or (found.day is None and clock is None):
        return None
    return replace(found, clock=clock)


def _in_a_while(text: str, match: re.Match[str], local: datetime) -> _Found | None:
    count = float(match[1]) if match[1].isdigit() else _COUNTS.get(match[1], 1.0)
    minutes = UNITS[match[2]]
    rest = text[: match.start()] + " " + text[match.end() :]
    rest, clock = _take_clock(rest, None, has_day=True)
    if set(re.findall(r"[^\W_]+", rest)) - NOISE:
        return None
    at = local.astimezone(UTC) + timedelta(minutes=count * minutes)
    if minutes < UNITS["day"]:
        return _Found(instant=at)
    day = at.astimezone(local.tzinfo).date()
    return _Found(day=day, clock=clock or local.time().replace(second=0, microsecond=0))


def _take_word(text: str, words: dict[str, tuple[int, bool]]) -> tuple[str, tuple[int, bool] | None]:
    for word, meaning in words.items():
        match = re.search(rf"\b{word}\b", text)
        if match:
            return text[: match.start()] + " " + text[match.end() :], meaning
    return text, None


def _take_day(text: str, local: datetime, language: str) -> tuple[str, _Found]:
    today = local.date()
    for word, offset in DAY_OFFSETS.items():
        match = re.search(rf"\b{word}\b", text)
        if match:
            return text[: match.start()] + " " + text[match.end() :], _Found(day=today + timedelta(days=offset))
    match = re.search(rf"\b(?:({'|'.join(WEEKDAYS)}))\b\.?", text)
    if match:
        return _weekday(text, match, today)
    for pattern in (_NAMED, _NAMED_US):
        for match in pattern.finditer(text):
            number, month = (match[1], match[2]) if pattern is _NAMED else (match[2], match[1])
            if month in MONTHS:
                day = _date(int(match[3]) if match[3] else None, MONTHS[month], int(number), today)
                return text[: match.start()] + " " + text[match.end() :], _Found(day=day)
    match = _NUMERIC.search(text)
    if match and (match[4] or match[2] != "." or text[match.end() - 1] == "."):
        return _numeric(text, match, today, language)
    match = _ORDINAL.search(text)
    if match:
        return text[: match.start()] + " " + text[match.end() :], _Found(day=_next_numbered(int(match[1]), today))
    return text, _Found()


def _weekday(text: str, match: re.Match[str], today: date) -> tuple[str, _Found]:
    ahead = (WEEKDAYS[match[1]] - today.weekday()) % 7
    before = text[: match.start()].split()
    rest = text[match.end() :]
    weekly = True
    if before and before[-1] in NEXT_WORDS:
        before.pop()
        ahead = ahead or 7
    elif before and before[-1] in PAST_WORDS:
        before.pop()
        ahead, weekly = (ahead or 7) - 7, False
    whole, count = re.subn(
        r"\b(?:next week|nächste woche|la semaine prochaine|volgende week)\b", " ", " ".join(before) + " " + rest
    )
    if count:
        ahead = WEEKDAYS[match[1]] - today.weekday() + 7
    if re.match(r"\s*(?:prochaine?)\b", rest):
        whole = whole.replace("prochaine", " ").replace("prochain", " ")
        ahead = ahead or 7
    return whole, _Found(day=today + timedelta(days=ahead), weekly=weekly and not ahead)


def _numeric(text: str, match: re.Match[str], today: date, language: str) -> tuple[str, _Found]:
    first, second = int(match[1]), int(match[3])
    year = int(match[4]) + (2000 if len(match[4]) == 2 else 0) if match[4] else None
    month_first = language.lower() in ("en-us", "en_us") and match[2] != "."
    day, month = (second, first) if month_first else (first, second)
    if month > 12:
        day, month = month, day
    other = None
    if day <= 12 and day != month and match[2] != ".":
        other = _date(year, day, month, today)
    return text[: match.start()] + " " + text[match.end() :], _Found(
        day=_date(year, month, day, today), other_day=other
    )


def _date(year: int | None, month: int, day: int, today: date) -> date | None:
    """That day; without a year the next one to come. ``None`` if there is no such day."""
    try:
        if year is not None:
            return date(year, month, day)
        here = date(today.year, month, day)
        return here if here >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


def _next_numbered(number: int, today: date) -> date | None:
    """The next day of a month with that number."""
    if not 1 <= number <= 31:
        return None
    day = today
    while day.day != number:
        day += timedelta(days=1)
    return day


def _take_clock(text: str, part: tuple[int, bool] | None, *, has_day: bool) -> tuple[str, time | None]:
    for pattern, clock in CLOCK_WORDS.items():
        match = re.search(pattern, text)
        if match:
            hour, minute = clock(match)
            hour = _twelve(hour, part) if hour not in (0, 12) else hour
            return text[: match.start()] + " " + text[match.end() :], time(hour, minute)
    for match in _CLOCK.finditer(text):
        lead = _LEAD.search(text[: match.start()])
        marked = match["minute"] or match["half"] or match["word"] or lead
        if not marked and not (has_day or part or text.strip() == match[0].strip()):
            continue
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        if hour == 24 and not minute:
            hour = 0
        if hour > 23 or minute > 59 or (match["half"] and not 1 <= hour <= 12):
            continue
        if match["half"]:
            hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
        elif not match["word"] or match["word"].strip() in ("o'clock", "oclock"):
            hour = _twelve(hour, part) if not (match["minute"] and len(match["hour"]) == 2) else hour
        elif part and part[0] >= 12 and hour < 12:
            hour += 12
        start = lead.start() if lead else match.start()
        return text[:start] + " " + text[match.end() :], time(hour, minute)
    return text, None


def _twelve(hour: int, part: tuple[int, bool] | None) -> int:
    """An hour said without am or pm: in the afternoon if the part of the day says so, or if nobody meets before."""
    if part:
        return hour + 12 if part[0] >= 12 and hour < 12 else hour
    return hour + 12 if 1 <= hour <= 7 else hour


def _by_dateparser(text: str, local: datetime, language: str) -> _Found | None:
    import dateparser  # takes 0.65 s: only when a phrase needs it

    code = language.split("-")[0].lower()
    languages = list(dict.fromkeys((code, "en")))
    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": local.replace(tzinfo=None),
        "DATE_ORDER": "MDY" if language.lower() == "en-us" else "DMY",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time", "custom-formats"],
    }
    try:
        at = dateparser.parse(text, languages=languages, settings=settings)
    except ValueError:  # a language dateparser does not know
        at = dateparser.parse(text, languages=["en"], settings=settings)
    except (OverflowError, RecursionError):
        return None
    if at is None:
        return None
    named = re.search(r"\d\s*[:h]|\d\s*[ap]\.?m", text.lower())
    clock = at.time().replace(second=0, microsecond=0) if named or at.time() != time(0, 0) else None
    return _Found(day=at.date(), clock=clock)


def _plausible(found: _Found, now: datetime, zone: tzinfo) -> Reading:
    """Fill in what was not said, and move what has passed to the next plausible time."""
    instant = found.instant or _combine(found.day, found.clock, now, zone)
    if instant is None:
        return Reading(None)
    instant = instant.astimezone(UTC).replace(second=0, microsecond=0)
    moved = False
    if instant < now - timedelta(minutes=1):
        moved = True
        instant = _next(instant, found, now, zone)
    if instant > now + WINDOW:
        return Reading(None)
    other = None
    if found.other_day and not moved:
        other = _combine(found.other_day, found.clock, now, zone)
    return Reading(instant, moved, other.astimezone(UTC) if other else None)


def _combine(day: date | None, clock: time | None, now: datetime, zone: tzinfo) -> datetime | None:
    if day is None and clock is None:
        return None
    try:
        return datetime.combine(day or now.astimezone(zone).date(), clock or DEFAULT_TIME, zone)
    except (ValueError, OverflowError):
        return None


def _next(instant: datetime, found: _Found, now: datetime, zone: tzinfo) -> datetime:
    """The same clock time on the next day on which it is still to come."""
    clock, day = instant.astimezone(zone).time(), now.astimezone(zone).date()
    if found.weekly and found.day == day:
        day += timedelta(days=7)
    moved = datetime.combine(day, clock, zone).astimezone(UTC)
    if moved <= now:
        moved = datetime.combine(day + timedelta(days=1), clock, zone).astimezone(UTC)
    return moved


def _distance(ahead: timedelta, days: int) -> str:
    minutes = round(ahead.total_seconds() / 60)
    if minutes < 0:
        return "already past" if days == 0 else f"{-days} days ago" if days < -1 else "yesterday"
    if minutes < 90 and days <= 1:
        return "now" if minutes == 0 else f"in {minutes} minute{'s' * (minutes != 1)}"
    if days < 2:
        return ("today", "tomorrow")[days]
    if days < 14:
        return f"in {days} days"
    return f"in {days // 7} weeks" if days < 70 else f"in {round(days / 30.4)} months"
