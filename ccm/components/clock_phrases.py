"""
Clock times, spans and lengths in a folded phrase: ``half vier``, ``14-15 uhr``, ``3pm for 45 min``, ``15h30``.

Each function takes what it understands out of the phrase and answers the rest. Hours that are said without a half of
the day are those at which people meet; where the other half is as likely it is offered too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 12 * 60

Part = tuple[int, bool]

_ENDS_HERE = r"(?![\d/]|:\d|\.\d|-\d)"
_SPANS_ON = r"(?![\d/]|:\d|\.\d)"


def _clock(which: str = "", behind: str = _ENDS_HERE) -> str:
    """The expression of a clock time; its groups end in *which*."""
    return (
        rf"(?<![\d/.:+-])(?P<hour{which}>\d{{1,2}})"
        rf"(?:(?:[:.]|\s?h\s?|\s?uhr\s|\s?heures?\s|\s?u(?:ur)?\s?)(?P<minute{which}>\d{{2}}))?"
        rf"\s?(?P<half{which}>am\b|pm\b|(?<=\d)p\b)?"
        rf"(?P<word{which}>\s?(?:uhr|o'clock|oclock|heures?|h|uur|u)\b)?{behind}"
    )


CLOCK = re.compile(_clock())
_NAMED = r"noon|midday|mittags?|midi|midnight|mitternachts?|minuit|middernacht"
_SPAN = re.compile(
    rf"(?P<lead>\b(?:from|between|von|zwischen|de|entre|van|tussen)\s+)?"
    rf"(?:{_clock('1', _SPANS_ON)}|\b(?P<named1>{_NAMED})\b)"
    rf"\s*(?P<end>\b(?:to|till?|until|bis|a|jusqu'a|tot|und|and|et|en)\b|-)\s*"
    rf"(?:{_clock('2').replace('+-])', '+])', 1)}|\b(?P<named2>{_NAMED})\b)"
)
_UNTIL = re.compile(rf"\b(?:until|till|til|bis|jusqu'a|tot)\s+(?:{_clock()}|\b(?P<named>{_NAMED})\b)")

_N = r"\d{1,3}(?:\.\d{1,2})?"
_HOUR = r"(?:hours?|hrs?|stunden?|std|heures?|uren|uurtjes?|h)"
_MINUTE = r"(?:minutes?|mins?|minuten|minuut|minuutjes|mn|m)"
_LENGTHS: tuple[tuple[str, float], ...] = (
    (r"(?:an hour and a half|(?:1|one) and a half hours?|anderthalb stunden|eineinhalb stunden|anderthalbstunde)", 90),
    (r"(?:(?:une |1 )?heure et demie|anderhalf uur|1h30|1 ?h ?30)", 90),
    (r"(?:2 and a half hours|zweieinhalb stunden|2 ?1/2 hours|tweeeneenhalf uur|2 heures et demie)", 150),
    (r"(?:3 quarters of an hour|dreiviertelstunde|3 ?quarts d'heure|3 kwartier)", 45),
    (r"(?:half an hour|a half hour|half hour|half-hour|(?:eine[r]? )?halben? stunde|(?:une )?demi[- ]heure)", 30),
    (r"(?:(?:een )?half ?uur(?:tje)?|30min)", 30),
    (r"(?:(?:a )?quarter of an hour|(?:eine )?viertelstunde|(?:un )?quart d'heure|(?:een )?kwartier(?:tje)?)", 15),
    (r"(?:an hour|one hour|eine[r]? stunde|une heure|een uur(?:tje)?|(?:ein )?stundchen)", 60),
    (r"(?:a couple of hours|ein paar stunden)", 120),
)
_FIXED = [(re.compile(rf"{pattern}\b"), minutes) for pattern, minutes in _LENGTHS]
_COUNTED = re.compile(
    rf"(?:(?P<hours>{_N})\s?(?P<unit>{_HOUR})(?:\s?(?:and|und|et|en)?\s?(?P<rest>\d{{1,2}})\s?{_MINUTE}?)?"
    rf"|(?P<minutes>\d{{1,3}})\s?-?{_MINUTE})\b"
)
_FOR = r"(?:for|fur|fuer|pendant|durant|gedurende|lasting|during|duration:?|dauer:?|duree:?|duur:?|takes|pour|voor)\s+"
_ABOUT = r"(?:about |around |ca\.? |circa |etwa |environ |ongeveer |max\.? )?"
_LONG = r"\s*(?:long|lang|lange|durchgehend)?\b"


@dataclass(frozen=True, slots=True)
class Clock:
    """
    A time of the day.

    :ivar other: the other one it may mean, or ``None``.
    :ivar next_day: it is the midnight at the end of the day.
    """

    at: time
    other: time | None = None
    next_day: bool = False


def length_in(text: str) -> tuple[re.Match[str], float] | None:
    """The length that a phrase begins with: its match and minutes."""
    for pattern, minutes in _FIXED:
        match = pattern.match(text)
        if match:
            return match, minutes
    match = _COUNTED.match(text)
    if match is None:
        return None
    if match["minutes"]:
        return match, float(match["minutes"])
    return match, float(match["hours"]) * 60 + float(match["rest"] or 0)


def take_length(text: str) -> tuple[str, int | None]:
    """How long it lasts: ``for 45 min``, ``(1 hour)``, ``eine stunde lang``, or minutes that stand alone."""
    passed = 0
    for match in re.finditer(rf"\b{_FOR}{_ABOUT}|\(\s*{_ABOUT}|(?<!\w){_ABOUT}", text):
        if match.start() < passed:
            continue
        lead = match[0].strip(" (")
        found = length_in(text[match.end() :])
        if found is None:
            continue
        inner, minutes = found
        end = passed = match.end() + inner.end()
        tail = re.match(_LONG, text[end:])
        long_ = bool(tail and tail[0].strip())
        said = bool(lead) or match[0].startswith("(") or long_
        clocklike = re.search(r"\b(?:h|heures?|hours?)$", inner[0]) and minutes > 5 * 60
        before = text[: match.start()].rstrip()
        if re.search(r"\b(?:in|dans|over|binnen|nach|after|apres|na|about|past|to|vor|nach|voor)$", before):
            continue
        if clocklike or (not said and not _alone(inner[0])):
            continue
        if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
            continue
        end += tail.end() if tail else 0
        start = match.start()
        return f"{text[:start]} {text[end:].lstrip(' )')}".replace("( ", " "), round(minutes)
    return text, None


def _alone(length: str) -> bool:
    """Whether it can only be a length, without a word that says so."""
    return bool(re.search(rf"{_MINUTE}$|stunden?$|hours?$|hrs?$|half|halbe|demi|quart|kwartier", length))


def take_span(text: str, part: Part | None, *, has_day: bool) -> tuple[str, Clock | None, int | None]:
    """A beginning and an end: ``14-15 uhr``, ``from 2 to 4``, ``10am-noon``."""
    for match in _SPAN.finditer(text):
        lead, dash = bool(match["lead"]), match["end"] == "-"
        if match["end"] in ("a", "and", "und", "et", "en", "to") and not lead and not _plainly_to(match, has_day):
            continue
        marked = lead or _marked(match, "1") or _marked(match, "2")
        if not (marked or (has_day and (dash or match["end"] == "to")) or (dash and _only_hours(match, text))):
            continue
        pair = _pair(match, part)
        if pair is None:
            continue
        start, minutes = pair
        return f"{text[: match.start()]} {text[match.end() :]}", start, minutes
    return text, None, None


def take_until(text: str, start: time) -> tuple[str, int | None]:
    """The end of what begins at *start*: ``until 4pm``."""
    match = _UNTIL.search(text)
    if match is None:
        return text, None
    end = _named(match["named"]) if match["named"] else _literal(match, "")
    if end is None:
        return text, None
    minutes = (_of(end) - _of(start)) % 1440
    if not match["named"] and not match["half"] and minutes > LONGEST_MINUTES:
        minutes = (minutes + 720) % 1440
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        return text, None
    return f"{text[: match.start()]} {text[match.end() :]}", minutes


def _only_hours(match: re.Match[str], text: str) -> bool:
    """Two numbers that cannot be a day and a month, and nothing else that would be the time."""
    return (
        int(match["hour2"] or 0) > 12 and int(match["hour1"] or 0) < 24 and len(text.split()) == len(match[0].split())
    )


def _plainly_to(match: re.Match[str], has_day: bool) -> bool:
    """Whether *X to Y* is a span: *ten to three* may be ten minutes before it."""
    if match["end"] != "to" or not (_marked(match, "2") or has_day):
        return False
    return _marked(match, "1") or int(match["hour1"]) not in (5, 10, 20, 25)


def _marked(match: re.Match[str], which: str) -> bool:
    return any(match[f"{name}{which}"] for name in ("minute", "half", "word", "named"))


def _pair(match: re.Match[str], part: Part | None) -> tuple[Clock, int] | None:
    ends = [_named(match[f"named{n}"]) if match[f"named{n}"] else _literal(match, n) for n in "12"]
    first, last = ends
    if first is None or last is None:
        return None
    halves = [match["half1"] or match["named1"], match["half2"] or match["named2"]]
    early = first.hour
    if not halves[0]:
        if halves[1] and match["half2"]:
            later = time(first.hour + 12, first.minute) if first.hour < 12 else first
            first = later if match["half2"].startswith("p") and _of(later) < _of(last) else first
        elif not (match["minute1"] and len(match["hour1"]) == 2) and not _word24(match):
            first = time(_likely(first.hour, part), first.minute)
        elif match["word1"] or match["word2"]:
            first = time(_likely24(first.hour, part), first.minute)
    minutes = (_of(last) - _of(first)) % 1440
    if (not halves[1] and minutes > LONGEST_MINUTES) or minutes == 0:
        minutes = (minutes + 720) % 1440
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        return None
    other = time(early, first.minute) if early != first.hour and not halves[1] and early > 6 else None
    return Clock(first, other), minutes


def _word24(match: re.Match[str]) -> bool:
    word = (match["word1"] or "") + (match["word2"] or "")
    return bool(re.search(r"uhr|h|uur|u", word.replace("oclock", "").replace("o'clock", "")))


def _named(word: str) -> time | None:
    return time(12, 0) if word in ("noon", "midday", "mittag", "mittags", "midi") else time(0, 0)


def _literal(match: re.Match[str], which: str) -> time | None:
    hour, minute, half = int(match[f"hour{which}"]), int(match[f"minute{which}"] or 0), match[f"half{which}"]
    hour = 0 if hour == 24 and not minute else hour
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    return time(hour % 12 + (12 if half.startswith("p") else 0) if half else hour, minute)


def _of(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _likely(hour: int, part: Part | None) -> int:
    """An hour said without am or pm: in the afternoon if the part of the day says so, or if nobody meets before."""
    if part:
        return hour + 12 if part[0] >= 12 and hour < 12 else hour
    return hour + 12 if 1 <= hour <= 7 else hour


def _likely24(hour: int, part: Part | None) -> int:
    """An hour said as in ``um 3 Uhr``."""
    if part:
        return hour + 12 if part[0] >= 12 and 1 <= hour < 12 else hour
    return hour + 12 if 1 <= hour <= 5 else hour


# ---- one clock time

_H = r"(\d{1,2})"
_HALF_PAST = re.compile(rf"\b(?:half past|half after) {_H}\b\s*(am|pm)?")
_PAST = re.compile(
    rf"\b(?:a )?(quarter|viertel|kwart|\d{{1,2}})(?: minutes?| minuten| min)? (past|after|nach|over|na) {_H}\b"
    r"\s*(am|pm)?(?: uhr| uur)?"
)
_TO = re.compile(
    rf"\b(?:a )?(quarter|viertel|kwart|\d{{1,2}})(?: minutes?| minuten| min)? (?:to|before|vor|voor) {_H}\b"
    r"\s*(am|pm)?(?: uhr| uur)?"
)
_AROUND_HALF = re.compile(rf"\b(\d{{1,2}}) (vor|nach|voor|over) (?:halb|half) {_H}\b(?: uhr| uur)?")
_HALF = re.compile(rf"\b(halb|half) {_H}\b(?: uhr| uur)?")
_QUARTERS = re.compile(rf"\b(dreiviertel|viertel) {_H}\b(?: uhr)?")
_FRENCH = re.compile(rf"\b{_H} ?(?:heures?|h) (et quart|et demie?|moins le quart|moins (\d{{1,2}}))\b")
_SPACED = re.compile(rf"\b(?P<lead>at|um|a|om)\s+{_H} (15|30|45|00)\b(?!\s*(?:min|uhr|h|uur|heures?))\s*(am|pm)?")
_SPACED_HALF = re.compile(rf"(?<!\d ){_H} (15|30|45)\s*(am|pm)\b")
# Four digits alone may be a year.
_DIGITS = re.compile(
    r"(?:^(?!20[2-4]\d$)|\b(?:at|um|a|om|@)\s+|(?<=\s)(?=[01]))([01]\d|2[0-3])([0-5]\d)"
    r"(?: ?(?:hrs|hours|h|uhr))?(?=\s|$)"
)
_HUNDREDS = re.compile(r"(?<![\d:./-])([01]?\d|2[0-3])([0-5]\d) ?(?:hrs|hours|uhr|h)\b")
_MERIDIEM = re.compile(rf"\b{_H}([0-5]\d)\s?(am|pm)\b")
_NOON = re.compile(r"\b(?:at |a |om |um |am )?(?:12 )?(?:noon|midday|mittags?|midi)\b")
_MIDNIGHT = re.compile(r"\b(?:at |a |om |um )?(?:12 )?(?:midnight|mitternachts?|minuit|middernacht)\b")
_LEAD = re.compile(r"(?:\b(?:at|um|a|om|vers|gegen|by|ab|around|about|from|kl|vanaf|des|ca|vor)|@)\.?\s*$")


def take_clock(text: str, part: Part | None, language: str, *, has_day: bool) -> tuple[str, Clock | None]:
    """The time of the day that a phrase says."""
    for pattern, meaning in _worded(language):
        match = pattern.search(text)
        if match:
            clock = meaning(match, part)
            if clock is not None:
                return f"{text[: match.start()]} {text[match.end() :]}", clock
    for match in CLOCK.finditer(text):
        lead = _LEAD.search(text[: match.start()])
        marked = match["minute"] or match["half"] or match["word"] or lead
        if not marked and not (has_day or part or text.strip() == match[0].strip()):
            continue
        clock = _said(match, part)
        if clock is not None:
            return f"{text[: lead.start() if lead else match.start()]} {text[match.end() :]}", clock
    return text, None


def _said(match: re.Match[str], part: Part | None) -> Clock | None:
    literal = _literal(match, "")
    if literal is None or match["half"]:
        return Clock(literal) if literal else None
    if len(match["hour"]) == 2 and (match["minute"] or match["word"] or match["hour"].startswith("0")) and not part:
        return Clock(literal)
    word = (match["word"] or "").strip()
    if word and word not in ("o'clock", "oclock"):
        hour = _likely24(literal.hour, part)
        return Clock(literal.replace(hour=hour), literal if hour != literal.hour and not part else None)
    if match["minute"] and len(match["hour"]) == 2:
        return Clock(
            literal.replace(hour=_likely24(literal.hour, part) if part and literal.hour < 12 else literal.hour)
        )
    return _spoken(literal.hour, literal.minute, part)


def _spoken(hour: int, minute: int, part: Part | None, half: str = "") -> Clock | None:
    """An hour as it is said, on a clock of twelve hours."""
    if hour > 23 or minute > 59:
        return None
    if half:
        return Clock(time(hour % 12 + (12 if half.startswith("p") else 0), minute))
    likely = _likely(hour, part) if hour else hour
    other = time((likely + 12) % 24, minute) if hour in (7, 8) and not part else None
    return Clock(time(likely, minute), other)


def _minutes(word: str) -> int:
    return 15 if word in ("quarter", "viertel", "kwart") else int(word)


def _less(hour: int, minutes: int, part: Part | None, half: str = "") -> Clock | None:
    clock = _spoken(hour, 0, part, half)
    if clock is None:
        return None
    total = (_of(clock.at) - minutes) % 1440
    return Clock(time(total // 60, total % 60))


def _french(match: re.Match[str], part: Part | None) -> Clock | None:
    hour = int(match[1])
    hour = _likely24(hour, part)
    if hour > 23:
        return None
    minutes = {"et quart": 15, "et demie": 30, "et demi": 30, "moins le quart": -15}.get(match[2])
    total = (hour * 60 + (-int(match[3]) if minutes is None else minutes)) % 1440
    return Clock(time(total // 60, total % 60))


def _midnight(_match: re.Match[str], _part: Part | None) -> Clock:
    return Clock(time(0, 0), next_day=True)


def _to(match: re.Match[str], part: Part | None) -> Clock | None:
    """*Ten to three*; only where it cannot be from ten to three."""
    before = match.string[: match.start()].rstrip()
    if " to " in match[0] and match[1].isdigit() and "min" not in match[0] and not before.endswith(("at", "@")):
        return None
    return _less(int(match[2]), _minutes(match[1]), part, match[3] or "")


def _around_half(match: re.Match[str], part: Part | None) -> Clock | None:
    sign = -1 if match[2] in ("nach", "over") else 1
    return _less(int(match[3]), 30 + sign * int(match[1]), part)


def _half(match: re.Match[str], part: Part | None, language: str) -> Clock | None:
    if match[1] == "half" and language == "en":
        return _spoken(int(match[2]), 30, part)
    return _less(int(match[2]), 30, part)


def _digits(match: re.Match[str], _part: Part | None) -> Clock:
    return Clock(time(int(match[1]), int(match[2])))


def _noon(_match: re.Match[str], _part: Part | None) -> Clock:
    return Clock(time(12, 0))


Meaning = Callable[[re.Match[str], Part | None], Clock | None]


def _worded(language: str) -> tuple[tuple[re.Pattern[str], Meaning], ...]:
    """Expressions of clock times and what they mean, those that contain others first."""
    return (
        (_AROUND_HALF, _around_half),
        (_HALF_PAST, lambda match, part: _spoken(int(match[1]), 30, part, match[2] or "")),
        (_PAST, lambda match, part: _spoken(int(match[3]), _minutes(match[1]), part, match[4] or "")),
        (_TO, _to),
        (_QUARTERS, lambda match, part: _less(int(match[2]), 15 if match[1] == "dreiviertel" else 45, part)),
        (_HALF, lambda match, part: _half(match, part, language)),
        (_FRENCH, _french),
        (_MERIDIEM, lambda match, part: _spoken(int(match[1]), int(match[2]), part, match[3])),
        (_SPACED, lambda match, part: _spoken(int(match[2]), int(match[3]), part, match[4] or "")),
        (_SPACED_HALF, lambda match, part: _spoken(int(match[1]), int(match[2]), part, match[3])),
        (_HUNDREDS, _digits),
        (_DIGITS, _digits),
        (_MIDNIGHT, _midnight),
        (_NOON, _noon),
    )
