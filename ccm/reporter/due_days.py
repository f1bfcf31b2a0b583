"""
Single days: a date in figures or words, a weekday, so many days from now.

Each function takes the match of its rule (:mod:`ccm.reporter.due_rules`) and answers the day. Leaves out weeks, months
and longer (:mod:`ccm.reporter.due_spans`).
"""

import re
from datetime import date, timedelta

from ccm.reporter.due_calendar import (
    DAYS,
    MONTHS,
    NTH,
    Meaning,
    When,
    anchored,
    dated,
    last_of,
    month_after,
)

ORDINAL = r"(?:st|nd|rd|th|ere?|eme|er|e|ste|de|\.)"


def exact(found: re.Match[str], _when: When) -> Meaning:
    year, month, day = (int(part) for part in re.split(r"[-/.]", found["full"][:10].rstrip("t "))[:3])
    return date(year, month, day), False


def compact(found: re.Match[str], _when: When) -> Meaning:
    digits = found["full"]
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])), False


def in_figures(found: re.Match[str], when: When) -> Meaning | None:
    first, second, *rest = re.split(r"[./-]", found["numbers"].rstrip("."))
    year, weekday = rest[0] if rest else "", found.groupdict().get("wd")
    read = _two(int(first), int(second), year, "." in found["numbers"], when)
    if weekday is None or read is None or read[0] is None or read[0].weekday() == DAYS.index(weekday):
        return read
    other = dated(int(second), int(first), year, when) if int(first) <= 12 else None
    return (other[0], True) if other and other[0].weekday() == DAYS.index(weekday) else (read[0], True)


def _two(first: int, second: int, year: str, dotted: bool, when: When) -> Meaning | None:
    """27.11. has its day first; 12/4 depends on where people are, else the sooner one to come is taken."""
    choices = [
        day for d, m in ((first, second), (second, first)) if m <= 12 and (day := dated(d, m, year, when)) is not None
    ]
    if not choices:
        return None
    if dotted or first == second or len(choices) == 1:
        return choices[0] if not dotted or second <= 12 else None
    likely = choices[1 if when.month_first else 0][0]
    other = choices[0 if when.month_first else 1][0]
    if likely < when.today <= other and other - when.today < when.today - likely:
        return other, True
    if when.month_first is None:
        soonest = min((c[0] for c in choices if c[0] >= when.today), default=choices[0][0])
        return soonest, True
    return choices[1 if when.month_first else 0][0], True


def with_month(found: re.Match[str], when: When) -> Meaning | None:
    groups = found.groupdict()
    number = groups.get("to") or groups["d"]
    count = NTH.get(number) or int(re.sub(r"\D", "", number))
    day = dated(count, MONTHS.index(groups["m"]) + 1, groups["y"] or "", when)
    weekday = groups.get("wd")
    if day and weekday and DAYS.index(weekday) != day[0].weekday():
        return day[0], True
    return day


def ordinal(found: re.Match[str], when: When) -> Meaning | None:
    """The next 5th; "Friday the 4th" is the next such Friday."""
    number = 1 if found["d"] == "first" else int(re.sub(r"\D", "", found["d"]))
    weekday = found.groupdict().get("wd")
    if not 1 <= number <= 31:
        return None
    day, seen = when.today, None
    for ahead in range(370):
        day = when.today + timedelta(days=ahead)
        if day.day == number:
            seen = seen or day
            if weekday is None or DAYS.index(weekday) == day.weekday():
                return day, day.month not in (when.today.month, when.today.month % 12 + 1)
    return (seen, True) if seen and re.search(ORDINAL, found["d"]) else None


def in_month(found: re.Match[str], when: When) -> Meaning:
    """The 5th of next month; the first of the month."""
    number = 1 if found["d"].startswith("first") else int(re.sub(r"\D", "", found["d"]))
    here = found["which"] in ("next", "coming", "following")
    first = month_after(when.today, 1 if here else 0)
    day = first.replace(day=number)
    return (day, False) if day >= when.today else (month_after(when.today, 1).replace(day=number), False)


def on_weekday(found: re.Match[str], when: When) -> Meaning:
    today, wanted = when.today, DAYS.index(found["wd"])
    ahead = (wanted - today.weekday()) % 7
    before, behind = found["before"] or "", found["behind"] or ""
    monday = today - timedelta(days=today.weekday())
    if "week after next" in behind:
        return monday + timedelta(days=14 + wanted), False
    if "week" in behind and ("next" in behind or "coming" in behind):
        return monday + timedelta(days=7 + wanted), False
    if behind == "after next":
        return today + timedelta(days=(ahead or 7) + 7), True
    if behind in ("week", "in 8 day", "in 1 week", "in one week", "over one week", "over 1 week", "in 8", "and 8"):
        return today + timedelta(days=ahead + 7), False
    if behind in ("the week after", "in 2 week", "in 14 day"):
        return today + timedelta(days=ahead + 14), True
    if behind == "this week" or before in ("this week", "late this week"):
        return monday + timedelta(days=wanted), False
    if before in ("next week", "coming week"):
        return monday + timedelta(days=7 + wanted), False
    if before == "this" or behind == "this":
        return today + timedelta(days=ahead), bool(ahead) and wanted < today.weekday()
    if before == "next":
        day = monday + timedelta(days=7 + wanted)
        return day, wanted > today.weekday()
    if ahead == 0 and _is_yet_to_come(found, when):
        return today, False
    return today + timedelta(days=ahead or 7), ahead == 0


_HOUR = re.compile(r" (?:at |about |by )?t(\d{1,2})\b")


def _is_yet_to_come(found: re.Match[str], when: When) -> bool:
    """Whether the weekday is today's and has an hour behind it that has not come."""
    hour = _HOUR.match(found.string, found.end())
    return hour is not None and when.clock is not None and int(hour[1]) > when.clock.hour


def by_word(found: re.Match[str], when: When) -> Meaning:
    return when.today + timedelta(days={"tomorrow": 1, "overmorrow": 2}.get(found["word"], 0)), False


def by_clock(found: re.Match[str], when: When) -> Meaning:
    """By 5 pm: today, tomorrow if it has passed."""
    hour = {"noon": 12, "midnight": 24, "morning": 12, "afternoon": 18, "evening": 23}.get(found["part"] or "", 0)
    if found["hour"]:
        hour = int(found["hour"])
    if when.clock is not None and hour <= when.clock.hour:
        return when.today + timedelta(days=1), True
    return when.today, False


# ---- from here on


def from_now(found: re.Match[str], when: When) -> Meaning | None:
    words = found["n2"] or found["n"]
    count = {"one": 1, "so": 1, "couple": 2, "few": 3}.get(words) or int(words)
    vague = found["n"] in ("couple", "few") or bool(found["n2"])
    base, unit = when.today, found["unit"]
    anchor = found.groupdict().get("anchor")
    if anchor:
        base = anchored(anchor, when)
    unit = "hour" if unit == "clock" else unit
    if unit in ("hour", "minute"):
        moment = when.clock + timedelta(**{f"{unit}s": count}) if when.clock else None
        return (moment.date() if moment else base + timedelta(days=count * (unit == "hour") // 24)), vague
    if unit == "weekday":
        while count:
            base += timedelta(days=1)
            count -= base.weekday() < 5
        return base, vague
    if unit in ("month", "quarter", "year"):
        months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
        first = month_after(base, months)
        return min(first + timedelta(days=base.day - 1), last_of(first)), vague
    if unit == "weekend":
        return base + timedelta(days=(6 - base.weekday()) % 7 + 7 * (count - 1)), True
    days = {"day": 1, "week": 7, "fortnight": 14}[unit]
    return base + timedelta(days=days * count), vague


def half_from_now(found: re.Match[str], when: When) -> Meaning:
    if found["unit"] == "hour":
        return when.today, False
    first = month_after(when.today, 6)
    return min(first + timedelta(days=when.today.day - 1), last_of(first)), False
