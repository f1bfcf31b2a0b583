"""
Weeks, months, quarters, years and feasts: their edges, the nth of something in them.

Each function takes the match of its rule (:mod:`ccm.reporter.due_rules`) and answers the day. Leaves out single days
(:mod:`ccm.reporter.due_days`).
"""

import re
from datetime import date, timedelta

from ccm.reporter.due_calendar import (
    DAYS,
    LATELY_DAYS,
    MONTHS,
    NTH,
    Meaning,
    When,
    anchored,
    easter_of,
    edge_of,
    last_of,
    month_after,
    nth_of,
    year_of,
)


def span(found: re.Match[str], when: When) -> Meaning | None:
    """End of the week, mid next month, next year."""
    which = " ".join(filter(None, (found["which"], found["later"])))
    if not found["edge"] and not which:
        return None
    return _span(found["edge"] or "end", which, found["unit"], when)


def within(found: re.Match[str], when: When) -> Meaning:
    """Within the month: until its end."""
    return _span("end", "this", found["unit"], when)[0], True


def abbreviated(found: re.Match[str], when: When) -> Meaning:
    """EOW, EOM, EOQ, EOY."""
    unit = {"eow": "week", "eom": "month", "eoq": "quarter", "eoy": "year"}[found["short"]]
    return _span("end", found["which"] or "this", unit, when)


def _span(edge: str, which: str, unit: str, when: When) -> Meaning:
    later = 2 if "after next" in which else int(any(word in which for word in ("next", "coming", "following")))
    today = when.today
    if unit == "week":
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * later)
        offset = {"start": 0, "early": 1, "mid": 2, "half": 2}.get(edge, 4)
        over = (today.weekday() > 4 or today > monday + timedelta(days=offset)) and not later and not which
        over = over or (today.weekday() > 4 and not later)
        day = monday + timedelta(days=offset + (7 if over else 0))
        return day, edge in ("early", "mid", "half") or over
    if unit == "month":
        day, assumed = edge_of(edge, month_after(today, later), "month")
        if day < today and not which:
            return edge_of(edge, month_after(today, 1), "month")[0], True
        return day, assumed
    if unit == "quarter":
        first = month_after(today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1), 3 * later)
        return edge_of(edge, first, "quarter")
    return edge_of(edge, date(today.year + later, 1, 1), "year")


def of_month(found: re.Match[str], when: When) -> Meaning | None:
    """End of November, mid-December; "in November" is its end, "by November" its first day."""
    groups = found.groupdict()
    month, year = MONTHS.index(groups["m"]) + 1, groups["y"]
    edge = groups.get("edge")
    cue = groups.get("cue") or ""
    number = year_of(year, when) if year else when.today.year
    if not year and month < when.today.month:
        number += 1
    if edge is None and cue in ("by", "before") and not (month == when.today.month and number == when.today.year):
        return date(number, month, 1), True
    day, assumed = edge_of(edge or "late", date(number, month, 1), "month")
    if not year and day < when.today:
        if edge in ("start", "early", "mid", "half") and (when.today - day).days <= LATELY_DAYS:
            return day, True
        return edge_of(edge or "late", date(number + 1, month, 1), "month")[0], True
    return day, assumed or edge is None


def next_year_in(found: re.Match[str], when: When) -> Meaning:
    """Next year in March: its end."""
    return last_of(date(when.today.year + 1, MONTHS.index(found["m"]) + 1, 1)), True


def in_year(found: re.Match[str], _when: When) -> Meaning:
    return edge_of(found["edge"] or "end", date(int(found["y"]), 1, 1), "year")


def of_quarter(found: re.Match[str], when: When) -> Meaning:
    half, number = found["q"][0] == "h", int(found["q"][1:] if found["q"][1:] else 0)
    months = 6 if half else 3
    year = found["y"]
    start_year = year_of(year, when) if year else when.today.year
    first = date(start_year, (number - 1) * months + 1, 1)
    unit = "half" if half else "quarter"
    day, assumed = edge_of(found["edge"] or "end", first, unit)
    if not year and day < when.today:
        day = edge_of(found["edge"] or "end", first.replace(year=start_year + 1), unit)[0]
    return day, assumed


def nth_quarter(found: re.Match[str], when: When) -> Meaning:
    number, year = NTH[found["nth"]], found["y"]
    first = date(year_of(year, when) if year else when.today.year, (number - 1) * 3 + 1, 1)
    day = edge_of(found["edge"] or "end", first, "quarter")[0]
    if not year and day < when.today:
        day = edge_of(found["edge"] or "end", first.replace(year=first.year + 1), "quarter")[0]
    return day, False


def nth_in(found: re.Match[str], when: When) -> Meaning | None:
    """The first Monday of December, the last week of next month."""
    number = NTH.get(found["nth"]) or int(re.sub(r"\D", "", found["nth"]))
    wanted = found["wd"] or "week"
    if found["m"] and found["m"] in MONTHS:
        month = MONTHS.index(found["m"]) + 1
        year = year_of(found["y"], when) if found["y"] else when.today.year
        day = nth_of(number, wanted, date(year, month, 1))
        if day < when.today and not found["y"]:
            if (when.today - day).days <= LATELY_DAYS:
                return day, True
            day = nth_of(number, wanted, date(year + 1, month, 1))
    else:
        later = int(bool(re.search("next|coming|following", found["m"] or "")))
        day = nth_of(number, wanted, month_after(when.today, later))
        if day < when.today and not later:
            day = nth_of(number, wanted, month_after(when.today, 1))
    return day, wanted == "week"


def half_of_month(found: re.Match[str], when: When) -> Meaning | None:
    """The first half of December ends on its 15th."""
    first = date(when.today.year, MONTHS.index(found["m"]) + 1, 1)
    for year in (when.today.year, when.today.year + 1):
        day = last_of(first.replace(year=year)) if found["nth"] == "second" else date(year, first.month, 15)
        if day >= when.today:
            return day, False
    return None


def working_day(found: re.Match[str], when: When) -> Meaning:
    """The first or last working day of a month."""
    month = month_after(when.today, int(bool(re.search("next|coming", found["m"]))))
    if found["m"] in MONTHS:
        number = MONTHS.index(found["m"]) + 1
        month = date(when.today.year + (number < when.today.month), number, 1)
    step = 1 if found["nth"] == "first" else -1
    for _ in range(13):
        day = month if step == 1 else last_of(month)
        while day.weekday() > 4:
            day += timedelta(days=step)
        if day >= when.today:
            break
        month = month_after(month, 1)
    return day, False


def weekdays_from_now(found: re.Match[str], when: When) -> Meaning:
    return anchored(found["wd"], when) + timedelta(days=7 * int(found["n"]) - 7), True


def week_from(found: re.Match[str], when: When) -> Meaning:
    """A week tomorrow; tomorrow week; Monday fortnight."""
    unit = 14 if "fortnight" in found[0] else 7 * (int(found["n"]) if (found["n"] or "one") != "one" else 1)
    return anchored(found["anchor"] or found["first"], when) + timedelta(days=unit), False


def week_number(found: re.Match[str], when: When) -> Meaning:
    number = int(found["cw"])
    weekday = DAYS.index(found["wd"]) + 1 if found["wd"] else 5
    day = date.fromisocalendar(when.today.year, number, weekday)
    return (day, False) if day >= when.today else (date.fromisocalendar(when.today.year + 1, number, weekday), False)


def weekend(found: re.Match[str], when: When) -> Meaning:
    """Over the weekend: its Sunday; by the weekend: the Friday before."""
    before = (found["cue"] or "") in ("by", "before")
    later = 14 if found["after"] else 7 if found["which"] == "next" else 0
    friday = when.today - timedelta(days=when.today.weekday()) + timedelta(days=4 + later)
    day = friday if before else friday + timedelta(days=2)
    return (day if day >= when.today else day + timedelta(days=7)), before or bool(later)


def feast(found: re.Match[str], when: When) -> Meaning:
    name = found["feast"]

    def of(year: int) -> date:
        if name == "thanksgiving":
            return nth_of(4, "thursday", date(year, 11, 1))
        if name == "black_friday":
            return nth_of(4, "thursday", date(year, 11, 1)) + timedelta(days=1)
        if name == "easter":
            return easter_of(year)
        month, day = {
            "christmas": (12, 25), "christmas_eve": (12, 24), "new_year": (1, 1), "new_years_eve": (12, 31),
            "boxing_day": (12, 26), "halloween": (10, 31), "valentine": (2, 14),
        }[name]  # fmt: skip
        return date(year, month, day)

    year = int(found["y"]) if found["y"] else when.today.year
    day = of(year)
    return (day, False) if day >= when.today or found["y"] else (of(year + 1), False)
