"""
Due dates from the phrases in which people give them.

The base is the day of the message in the meeting's zone. A date without a year is the next such day, never silently
moved when it has a year; what cannot be read stays a phrase. Leaves out: recurring dates,
    "next meeting" without a schedule.
"""

import calendar
import re
from datetime import date, timedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(name.lower() for name in calendar.month_name)[1:]
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "a couple of": 2,
}

_day = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_month = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_number = r"(?:\d{1,3}|an?|one|two|three|four|five|six|ten|a couple of)"
_WHAT = (
    rf"(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<soon>today|tonight|tomorrow|eod|cob|end of (?:the )?day|close of business|"
    rf"the day after tomorrow)|(?P<end>(?:the )?end of (?:(?:the|this) )?(?P<next_end>next )?(?P<unit>week|month|"
    rf"quarter|year|{_month})|eow|eom)|"
    rf"(?P<q>q[1-4])|(?:a|one) (?P<fortnight>fortnight)|(?P<count>{_number}) (?P<what>days?|weeks?|months?)|"
    rf"(?P<next_unit>next (?:week|month|year))|"
    rf"(?P<ahead>(?:this |next |coming )?)(?P<day>{_day})\b(?! \d)|"
    rf"(?:{_day},? )?(?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_month})\.?(?:,? (?P<y1>\d{{4}}))?|"
    rf"(?:{_day},? )?(?P<m2>{_month})\.? (?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y2>\d{{4}}))?|the "
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th)\b"
)
_PHRASE = re.compile(
    rf"\b(?:(?:by|until|till|before|due(?: on| by)?:?|no later than|not later than|on|for|within|in|at|"
    rf"deadline:?)\s+(?:the )?(?:{_WHAT})\b|"
    rf"(?P<bare>today|tomorrow|tonight|this week|next week|next month|eod|cob|eow|next meeting)\b)",
    re.IGNORECASE,
)


def due(text: str, base: date | None) -> tuple[str, str]:
    """
    The due date that a text names.

    :param base: day of the message; without one only full dates can be read.
    :returns: ISO date or ``""``, and the phrase or ``""``.
    """
    for found in _PHRASE.finditer(text):
        phrase = found[0].strip()
        day = _resolve(found, base)
        if day is not None:
            return day.isoformat(), phrase
        if phrase.lower() not in ("at the end", "in may") and found["bare"]:
            return "", phrase
    return "", ""


def _resolve(found: re.Match[str], base: date | None) -> date | None:
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        for d, m, y in (("d1", "m1", "y1"), ("d2", "m2", "y2")):
            if found[d]:
                return _dated(int(found[d]), _month_number(found[m]), int(found[y]) if found[y] else None, base)
        return _relative(found, base) if base is not None else None
    except ValueError:
        return None


def _relative(found: re.Match[str], base: date) -> date | None:
    soon = (found["soon"] or found["bare"] or "").lower()
    if soon == "tomorrow":
        return base + timedelta(days=1)
    if soon == "the day after tomorrow":
        return base + timedelta(days=2)
    if soon in ("this week", "eow"):
        return _friday(base)
    if soon == "next week" or (found["next_unit"] or "").lower() == "next week":
        return _friday(base + timedelta(days=7))
    if soon == "next month" or (found["next_unit"] or "").lower() == "next month":
        return _month_end(base.year + base.month // 12, base.month % 12 + 1)
    if (found["next_unit"] or "").lower() == "next year":
        return date(base.year + 1, 12, 31)
    if soon == "next meeting":
        return None
    if soon:
        return base
    if found["end"]:
        return _end(found, base)
    if found["q"]:
        month = int(found["q"][1]) * 3
        end = _month_end(base.year, month)
        return end if end >= base else _month_end(base.year + 1, month)
    if found["fortnight"]:
        return base + timedelta(days=14)
    if found["count"]:
        count = _NUMBERS.get(found["count"].lower()) or int(found["count"])
        days = {"d": 1, "w": 7, "m": 30}[found["what"][0].lower()]
        return base + timedelta(days=count * days)
    if found["day"]:
        wanted = next(i for i, name in enumerate(_DAYS) if name.startswith(found["day"].lower()[:3]))
        ahead = (wanted - base.weekday()) % 7 or 7
        if (found["ahead"] or "").lower().strip() == "next" and ahead + base.weekday() < 7:
            ahead += 7
        return base + timedelta(days=ahead)
    if found["d3"]:
        day = int(found["d3"])
        near = base if day >= base.day else _month_end(base.year, base.month) + timedelta(days=1)
        return date(near.year, near.month, day)
    return None


def _end(found: re.Match[str], base: date) -> date:
    unit = (found["unit"] or "").lower()
    whole = found["end"].lower()
    later = 1 if found["next_end"] else 0
    if whole == "eow" or unit == "week":
        return _friday(base + timedelta(days=7 * later))
    if whole == "eom" or unit == "month":
        month = base.month - 1 + later
        return _month_end(base.year + month // 12, month % 12 + 1)
    if unit == "quarter":
        return _month_end(base.year, (base.month - 1) // 3 * 3 + 3)
    if unit == "year":
        return date(base.year + later, 12, 31)
    month = _month_number(unit)
    return _month_end(base.year + (month < base.month), month)


def _dated(day: int, month: int, year: int | None, base: date | None) -> date | None:
    if year is not None:
        return date(year, month, day)
    if base is None:
        return None
    this = date(base.year, month, day)
    return this if this >= base else date(base.year + 1, month, day)


def _month_number(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _friday(day: date) -> date:
    return day + timedelta(days=(4 - day.weekday()) % 7)
