"""
The calendar that due dates are counted on: edges of months and quarters, the nth weekday, Easter.

Leaves out the words (:mod:`ccm.reporter.due_words`) and what they mean (:mod:`ccm.reporter.due_rules`).
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAYS = tuple(name.lower() for name in calendar.day_name)
MONTHS = tuple(name.lower() for name in calendar.month_name)[1:]
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
LATELY_DAYS = 45  # a day without a year that passed so lately is meant as it is; an earlier one is next year's
Meaning = tuple[date | None, bool]  # the day, and whether it had to be assumed


@dataclass(frozen=True, slots=True)
class When:
    """
    When a message was said.

    :ivar today: its day in the meeting's zone.
    :ivar clock: its time there, if that is known.
    :ivar month_first: whether 12/4 is in December; ``None`` if nobody knows.
    :ivar meeting: day of the next meeting, if that is known.
    """

    today: date
    clock: datetime | None = None
    month_first: bool | None = None
    meeting: date | None = None


def month_after(day: date, later: int) -> date:
    """First day of the month so many months later."""
    month = day.month - 1 + later
    return date(day.year + month // 12, month % 12 + 1, 1)


def last_of(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def nth_of(number: int, wanted: str, first: date) -> date:
    weekday = 4 if wanted == "week" else DAYS.index(wanted)
    if number < 0:
        end = last_of(first)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def easter_of(year: int) -> date:
    """Western Easter Sunday (the anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    j = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)


def edge_of(edge: str, first: date, unit: str) -> tuple[date, bool]:
    """The edge of the month, quarter or year that begins on *first*."""
    length = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    end = last_of(month_after(first, length - 1))
    if edge == "start":
        return first, False
    if edge == "early":
        return (first.replace(day=7) if unit == "month" else last_of(month_after(first, max(0, length // 4 - 1)))), True
    if edge in ("mid", "half"):
        half = first.replace(day=15) if length == 1 else month_after(first, length // 2).replace(day=15)
        return (last_of(month_after(first, 5)) if unit == "year" else half), unit != "month"
    return end, edge == "late"


def year_of(words: str, when: When) -> int:
    """``2027``, ``'27``, ``next year``."""
    if words.endswith("year"):
        return when.today.year + (not words.startswith("this"))
    number = int(words.strip("'/ "))
    return number + 2000 if number < 100 else number


def dated(day: int, month: int, year: str, when: When) -> tuple[date, bool] | None:
    if year:
        try:
            return date(year_of(year, when), month, day), False
        except ValueError:
            return None
    for number in range(when.today.year - 1, when.today.year + 9):
        try:
            named = date(number, month, day)
        except ValueError:
            continue
        if named >= when.today - timedelta(days=LATELY_DAYS):
            return named, named < when.today or (named - when.today).days > 300
    return None


def anchored(words: str, when: When) -> date:
    if words in ("today", "now"):
        return when.today
    if words in ("tomorrow", "overmorrow"):
        return when.today + timedelta(days=1 if words == "tomorrow" else 2)
    ahead = (DAYS.index(words.split()[-1]) - when.today.weekday()) % 7
    return when.today + timedelta(days=ahead or 7)
