"""
Reads the times that people type, and spells a time out so that a misreading is seen at once.

Never refuses: what cannot be read comes back without a time and the caller asks. Own rules read clock times, days,
spans and lengths in English, German, French and Dutch, and answer only if every word of the phrase is accounted for;
what they leave goes to dateparser, whose answer counts only if every number of the phrase is in it. A result must lie
within two years. Leaves out due dates in talk, which are the reporter's.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm.components import clock_phrases, zones_named
from ccm.components.clock_phrases import Clock
from ccm.components.day_phrases import Day, Twofold, Where, take_day
from ccm.components.words_of_time import NOISE, NOW_WORDS, PARTS_OF_DAY

MAX_CHARACTERS = 200
WINDOW = timedelta(days=2 * 366)
DEFAULT_TIME = time(10, 0)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_VAGUE = re.compile(
    r"\b(?:week|weekend|month|year|soon|later|sometime|someday|woche|wochenende|monat|jahr|bald|spater|irgendwann|"
    r"semaine|mois|annee|bientot|plus tard|maand|jaar|binnenkort|straks|every|jede[nrs]?|chaque|elke|each|end|ende|fin|"
    r"eind|or|oder|ou|of|not|nicht|pas|niet|before|after|vor|nach|avant|apres|voor|na|except)\b"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a phrase was taken to mean.

    :ivar at: in UTC; ``None`` if it could not be read, or if no time is meant.
    :ivar moved: it had already passed and was moved to the next plausible time.
    :ivar other: another time that it may mean, in UTC.
    :ivar minutes: how long it lasts, if the phrase says so.
    :ivar open: *now*: it is not a time to wait for.
    """

    at: datetime | None
    moved: bool = False
    other: datetime | None = None
    minutes: int | None = None
    open: bool = False


def read(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading:
    """
    Take a phrase as a time to come; the first call that needs dateparser takes most of a second.

    :param now: aware; what *tomorrow* counts from.
    :param zone: where the one who typed it is, unless the phrase names a zone itself.
    :param language: BCP 47; decides ``3/4`` and which words are tried.
    """
    found = read_by_rules(phrase, now, zone, language)
    return found if found is not None else read_by_dateparser(phrase, now, zone, language)


def read_by_rules(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading | None:
    """The same in a fraction of a millisecond; ``None`` if only dateparser may know."""
    text = " ".join(phrase.split())
    if not text or len(text) > MAX_CHARACTERS:
        return Reading(None)
    exact = _iso(text, zone)
    if exact is not None:
        return _plausible(Day(instant=exact), None, now, exact.tzinfo or zone)
    text, named = zones_named.peel(text)
    if text in NOW_WORDS:
        return Reading(None, open=True)
    zone = named or zone
    try:
        return _by_rules(text, now, zone, language.lower().replace("_", "-"))
    except Twofold:
        return Reading(None)


def read_by_dateparser(phrase: str, now: datetime, zone: tzinfo, language: str = "en") -> Reading:
    """What dateparser makes of a phrase, if it is not only a guess. Computes for long; see :func:`warm`."""
    text, named = zones_named.peel(" ".join(phrase.split()))
    zone = named or zone
    local = now.astimezone(zone)
    if _VAGUE.search(text) or not (re.search(r"\d", text) and re.search(r"[^\W\d]{2}", text)):
        return Reading(None)
    text, minutes = clock_phrases.take_length(text)
    at = _dateparsed(text, local, language)
    if at is None or not _holds(at, text):
        return Reading(None)
    clocked = at.time() != time(0, 0) or re.search(r"\b0{1,2}[:h]00", text)
    clock = Clock(at.time().replace(second=0, microsecond=0)) if clocked else None
    found = _plausible(Day(at.date()), clock, now, zone)
    return Reading(None) if found.moved else replace(found, minutes=minutes)


def warm() -> None:
    """Load what dateparser needs, in a thread: it takes most of a second."""
    _dateparsed("24 novembre 15:00", datetime(2026, 11, 22, tzinfo=UTC), "fr")


def zone_of(name: str | None, fallback: str = "UTC") -> ZoneInfo:
    """The zone of an IANA name; *fallback* if it is ``None`` or unknown."""
    for candidate in (name, fallback):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def day_of(at: datetime | None, zone: str) -> str:
    """``24 Nov``; ``""`` without a time."""
    if at is None:
        return ""
    local = at.astimezone(zone_of(zone))
    return f"{local.day} {_MONTHS[local.month - 1]}"


def spell_minutes(minutes: int) -> str:
    """``45 minutes``, ``2 hours``, ``1 hour 30 minutes``."""
    hours, rest = divmod(minutes, 60)
    said = [f"{hours} hour{'s' * (hours != 1)}"] if hours else []
    said += [f"{rest} minute{'s' * (rest != 1)}"] if rest else []
    return " ".join(said) or "no time"


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


def _code(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def _by_rules(text: str, now: datetime, zone: tzinfo, language: str) -> Reading | None:
    """The reading if every word of the phrase is accounted for."""
    code = _code(language)
    american = language == "en-us" or (language == "en" and str(zone).startswith("America/"))
    where = Where(now.astimezone(zone), code, american)
    text, minutes = clock_phrases.take_length(text)
    text, day = take_day(text, where)
    text, part = _take_part(text)
    has_day = day.at is not None
    text, clock, span = clock_phrases.take_span(text, part, has_day=has_day)
    if clock is None:
        text, clock = clock_phrases.take_clock(text, part, code, has_day=has_day)
    if clock is not None and span is None:
        text, span = clock_phrases.take_until(text, clock.at)
    if day.instant is not None and clock is not None:
        raise Twofold
    if part and clock is None and day.instant is None:
        clock = Clock(time(part[0], 0))
    if part and part[1] and not has_day:  # "tonight" names its day
        day = replace(day, at=where.today)
    left = set(re.findall(r"[^\W_]+", text)) - NOISE
    if left or (day.at is None and day.instant is None and clock is None):
        return None
    if clock is None and day.at is not None and day.relative:
        clock = Clock(where.now.time().replace(second=0, microsecond=0))
    return replace(_plausible(day, clock, now, zone), minutes=span or minutes)


def _take_part(text: str) -> tuple[str, tuple[int, bool] | None]:
    for words, meaning in PARTS_OF_DAY.items():
        match = re.search(rf"(?<!\w)(?:{words})\b", text)
        if match:
            return text[: match.start()] + " " + text[match.end() :], meaning
    return text, None


def _dateparsed(text: str, local: datetime, language: str) -> datetime | None:
    import dateparser  # takes 0.65 s: only when a phrase needs it

    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": local.replace(tzinfo=None),
        "DATE_ORDER": "MDY" if language.lower() == "en-us" else "DMY",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time", "custom-formats"],
    }
    try:
        at = dateparser.parse(text, languages=list(dict.fromkeys((_code(language), "en"))), settings=settings)
    except ValueError:  # a language dateparser does not know
        at = dateparser.parse(text, languages=["en"], settings=settings)
    except (OverflowError, RecursionError):
        return None
    found: datetime | None = at
    return found


def _holds(at: datetime, text: str) -> bool:
    """Whether each number of the phrase is a part of the time."""
    parts = {at.day, at.month, at.year, at.year % 100, at.hour, at.hour % 12, at.hour % 12 or 12, at.minute}
    return {int(number) for number in re.findall(r"\d+", text)} <= parts


def _plausible(day: Day, clock: Clock | None, now: datetime, zone: tzinfo) -> Reading:
    """Fill in what was not said, and move what has passed to the next plausible time."""
    instant = day.instant or _combine(day.at, clock, now, zone)
    if instant is None:
        return Reading(None)
    instant = instant.astimezone(UTC).replace(second=0, microsecond=0)
    moved = instant < now - timedelta(minutes=1)
    if moved:
        instant = _next(instant, day, now, zone)
    if instant > now + WINDOW:
        return Reading(None)
    other = None
    if not moved and day.other:
        other = _combine(day.other, clock, now, zone)
    elif not moved and clock and clock.other:
        other = _combine(day.at, Clock(clock.other), now, zone)
    elif not moved and clock and clock.next_day and day.at:
        other = _combine(day.at, Clock(clock.at), now, zone)
    other = other.astimezone(UTC) if other else None
    return Reading(instant, moved, other if other and now < other <= now + WINDOW else None)


def _combine(day: date | None, clock: Clock | None, now: datetime, zone: tzinfo) -> datetime | None:
    if day is None and clock is None:
        return None
    try:
        day = day or now.astimezone(zone).date()
        if clock and clock.next_day:
            day += timedelta(days=1)
        return datetime.combine(day, clock.at if clock else DEFAULT_TIME, zone)
    except (ValueError, OverflowError):
        return None


def _next(instant: datetime, day: Day, now: datetime, zone: tzinfo) -> datetime:
    """The same clock time on the next day on which it is still to come; a weekday's in its next week."""
    clock, at = instant.astimezone(zone).time(), now.astimezone(zone).date()
    if day.weekly and day.at is not None:
        at += timedelta(days=(day.at.weekday() - at.weekday()) % 7)
    step = timedelta(days=7 if day.weekly else 1)
    moved = datetime.combine(at, clock, zone).astimezone(UTC)
    if moved <= now:
        moved = datetime.combine(at + step, clock, zone).astimezone(UTC)
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
