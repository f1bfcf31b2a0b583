"""
What expressions of a due date mean: each rule is a pattern over plain words (:mod:`ccm.reporter.due_words`) and the
day it names, counted from the day of the message.

Conventions: a week ends on its Friday, a month, quarter or year on its last day; *early* is the 7th, *mid* the 15th;
"next Tuesday" is the one of the next calendar week; "the first week" of a month ends on the Friday among its first
seven days. Where people differ the result is marked as assumed. Leaves out whether a text gives a due date at all
(:mod:`ccm.reporter.dates`).
"""

# ruff: noqa: E501 - a rule that is one line is easier to find

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from ccm.reporter import due_days, due_spans
from ccm.reporter.due_calendar import DAYS, MONTHS, Meaning, When
from ccm.reporter.due_words import Plain
from ccm.reporter.patterns import late

#: So many expressions of a text are looked at, the first ones: who writes more names no day.
MOST = 40
REACH = 120  # characters


@dataclass(frozen=True, slots=True)
class Read:
    """
    An expression and its meaning.

    :ivar rank: how surely it is a date without a word such as "by" before it: 2 surely, 1 maybe, 0 never; -1 if "on"
        is not enough either.
    :ivar undated: it names an event whose day nobody knows.
    """

    start: int
    end: int
    day: date | None
    assumed: bool = False
    rank: int = 2
    undated: bool = False
    weekday: bool = False
    clock: bool = False


def readings(said: Plain, when: When) -> Iterator[Read]:
    """Expressions that a rule understands, the first :data:`MOST` of the text; they may overlap."""
    plain_ones = list(_simple(said, when))
    if len(plain_ones) > MOST:
        plain_ones = sorted(plain_ones, key=lambda read: read.start)[:MOST]
    yield from plain_ones
    for one in plain_ones:
        begin = reach(said.text, one.start)
        found = _BEFORE_AFTER.search(said.text[begin : one.start]) if one.day else None
        if found and one.day:
            yield Read(begin + found.start(), one.end, _shifted(found, one.day), one.assumed)


def reach(text: str, start: int) -> int:
    """Where the words begin that may change the meaning of what starts at *start*: few, however long the text."""
    return text.rfind(" ", 0, start - REACH) + 1 if start > REACH else 0


def _simple(said: Plain, when: When) -> Iterator[Read]:
    for pattern, meaning, rank in _RULES:
        for found in islice(pattern.finditer(said.text), MOST):
            try:
                understood = meaning(found, when)
            except (ValueError, OverflowError):
                continue  # 31 November, week 60
            if understood is not None:
                weekday = meaning is due_days.on_weekday
                clock = meaning is due_days.by_clock
                yield Read(found.start(), found.end(), *understood, rank, False, weekday, clock)
    for found in islice(_EVENT.finditer(said.text), MOST):
        next_one = found["meeting"] is not None
        day = when.meeting if next_one else None
        yield Read(found.start(), found.end(), day, rank=1 if next_one or found["soon"] else 0, undated=day is None)


def _shifted(found: re.Match[str], day: date) -> date:
    """Two days before Christmas, the Monday after the 5th."""
    sign = -1 if found["where"] == "before" else 1
    if found["wd"]:
        ahead = (DAYS.index(found["wd"]) - day.weekday()) * sign % 7 or 7
        return day + timedelta(days=sign * ahead)
    count = (int(found["n"]) if (found["n"] or "one") != "one" else 1) * {"day": 1, "week": 7, "fortnight": 14}[
        found["unit"]
    ]
    return day + timedelta(days=sign * count)


def _week_of(found: re.Match[str], when: When) -> Meaning | None:
    """The week of the 7th ends on its Friday."""
    for pattern, meaning in (
        (_DAY_MONTH, due_days.with_month),
        (_MONTH_DAY, due_days.with_month),
        (_BARE, due_days.ordinal),
    ):
        inner = pattern.fullmatch(found["inner"])
        if inner:
            named = meaning(inner, when)
            if named and named[0]:
                return named[0] + timedelta(days=4 - named[0].weekday()), True
    return None


_F = r"(?:(?:the|of|in|on|,) )*"
_DAY = rf"(?:{'|'.join(DAYS)})"
_MON = rf"(?:{'|'.join(MONTHS)})"
_TH = r"(?:st|nd|rd|th|ere?|eme|er|e|ste|de|\.)"
_YEAR = r"(?:20\d\d(?!\d)|'\d\d(?!\d)|(?:next|this|coming) year\b)"
_YEAR_2 = rf"(?:{_YEAR}|[2-3]\d(?= ?(?:$|[.,;!?)]))(?!\d))"
_UNIT = r"(?:week|month|quarter|year)"
_EDGE = r"(?:end|start|mid|half|early|late)"
_TIME = r"(?! ?(?::|clock|am\b|pm\b|- \d+ (?:clock|am|pm)|%|people|persons|items))"
_N = r"(?<![\w.])"
_DAY_MONTH = re.compile(
    rf"{_N}(?:(?P<wd>{_DAY}) ){{0,1}}{_F}(?P<d>\d{{1,2}}{_TH}?|first|second|third|fourth)(?: (?:-|to|and|or) (?P<to>\d{{1,2}}{_TH}?))? "
    rf"{_F}(?P<m>{_MON})(?: {_F}(?P<y>{_YEAR_2}))?\b"
)
_MONTH_DAY = re.compile(
    rf"{_N}(?:(?P<wd>{_DAY}) ){{0,1}}{_F}(?P<m>{_MON}) {_F}(?P<d>\d{{1,2}}{_TH}?|first|second|third)(?!\w)(?! (?:week|half|quarter|{_DAY}|{_F}{_MON}))(?: ?(?:-|to|and|or) "
    rf"(?P<to>\d{{1,2}}{_TH}?)(?!\w))?(?! ?clock| am\b)(?: {_F}(?P<y>{_YEAR}))?"
)
_BARE = re.compile(rf"{_N}the (?P<d>\d{{1,2}}{_TH}?)(?!\w)(?! [a-z])")
_WHICH = r"(?P<which>this|next|coming|following)"
_LATER = r"(?P<later>next|coming|following|after next)"
_SPAN = re.compile(
    rf"{_N}(?:(?P<edge>end|start|mid|early|late) {_F}(?:of )?)?(?:{_WHICH} )?(?P<unit>{_UNIT})(?: {_LATER})?(?![\w'])(?! {_DAY}| from)"
)
_AMOUNT = r"(?P<n>\d{1,3}|one|couple|few)(?: (?:or|to|-) (?P<n2>\d{1,2}))?"
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], When], Meaning | None], int]


def _rule(pattern: str, meaning: Callable[[re.Match[str], When], Meaning | None], rank: int = 2) -> Rule:
    return late(_N + pattern), meaning, rank


_RULES: tuple[Rule, ...] = (
    _rule(r"(?P<full>\d{4}([-/.])\d{1,2}\2\d{1,2})(?:[t ]\d\d:\S+)?(?!\d)", due_days.exact),
    _rule(r"(?P<numbers>\d{1,2}([./-])\d{1,2}\2(?:\d{4}|\d\d))(?!\d)", due_days.in_figures),
    _rule(r"(?P<numbers>\d{1,2}\.(?:0?[1-9]|1[0-2])\.)(?!\S)", due_days.in_figures),
    _rule(rf"(?P<wd>{_DAY}),? (?:the )?(?P<numbers>\d{{1,2}}([./-])\d{{1,2}}(?:\3(?:\d{{4}}|\d\d)|\.)?)(?!\S)", due_days.in_figures),
    _rule(r"(?P<numbers>\d{1,2}/\d{1,2})(?!\S)(?! ?(?:of|clock))", due_days.in_figures, 1),
    _rule(r"(?P<numbers>\d{1,2}\.\d{1,2})(?!\S)(?! ?(?:of|clock|pm|am))", due_days.in_figures, -1),
    _rule(rf"(?P<which>next) month on the (?P<d>\d{{1,2}}{_TH}?)(?!\w)", due_days.in_month),
    _rule(rf"(?P<which>next) year in (?P<m>{_MON})\b", due_spans.next_year_in),
    _rule(r"(?:on|by|before) (?P<d>\d{1,2}\.)(?= (?:at )?t\d)", due_days.ordinal),
    _rule(r"(?:by|before|on) the (?P<d>first)(?! [a-z])", due_days.ordinal),
    _rule(rf"week (?P<nth>[1-4]) (?:the |in )+(?P<m>{_MON}|(?:this |next |coming )?month)\b(?P<y>(?!))?(?P<wd>(?!))?", due_spans.nth_in),
    _rule(rf"(?:the )?(?P<nth>first|second|third|fourth) (?P<wd>{_DAY})\b(?P<m>(?!))?(?P<y>(?!))?(?! (?:the |in |of )*(?:{_MON}|month|next|this))", due_spans.nth_in, 0),
    _rule(r"(?:in|within|over|next)(?: the| next| about| coming)* (?P<n>\d{1,3})(?P<n2>(?!))? (?P<unit>clock)\b", due_days.from_now),
    _rule(r"(?:in|within|over)(?: the| next| about| another){0,3} (?P<n>one) (?P<unit>day|week|month|hour) or (?P<n2>\d|couple|so)\b", due_days.from_now),
    _rule(r"within the (?P<unit>hour)\b", due_days.half_from_now),
    _rule(r"(?P<full>20\d{6})(?!\S)", due_days.compact),
    (_DAY_MONTH, due_days.with_month, 2),
    (_MONTH_DAY, due_days.with_month, 2),
    _rule(rf"(?:the )?(?P<d>\d{{1,2}}{_TH}|first(?: day)?) {_F}(?:(?P<which>this|next|coming|following) )?month\b", due_days.in_month),
    _rule(rf"(?:(?P<wd>{_DAY}),? )?(?:on )?the (?P<d>\d{{1,2}}{_TH})(?![\w/])(?! {_F}(?:{_MON}|week|{_DAY}|[a-z]+ of))", due_days.ordinal),
    _rule(r"the (?P<d>\d{1,2})(?![\w/.:%-])(?! (?!at t|t\d)[a-z%:/-])", due_days.ordinal, 0),
    _rule(rf"(?P<d>\d{{1,2}}(?:st|nd|rd|th))(?!\w)(?! {_F}(?:{_MON}|(?!at t|t\d)[a-z]))", due_days.ordinal, 0),
    _rule(rf"(?P<wd>{_DAY}) (?P<d>\d{{1,2}}{_TH}?)(?![\w/:.%])(?! {_F}{_MON}){_TIME}(?! -)", due_days.ordinal),
    _rule(
        rf"(?P<nth>first|second|third|fourth|last|\d(?:st|nd|rd|th|\.)) (?:full )?(?P<wd>{_DAY}|week) {_F}"
        rf"(?P<m>{_MON}|(?:this |next |coming |following )?month)\b(?: {_F}(?P<y>{_YEAR}))?",
        due_spans.nth_in,
    ),
    _rule(rf"(?:(?P<edge>{_EDGE}) {_F})(?P<m>{_MON})\b(?: {_F}(?P<y>{_YEAR}))?(?! \d{{1,2}}(?!\d))", due_spans.of_month),
    _rule(rf"(?P<cue>by|before|in|within|for|during|on|(?:this|next)(?! may\b| march\b))(?: the)? (?:about )?(?P<m>{_MON})\b(?: {_F}(?P<y>{_YEAR}))?(?! \d)", due_spans.of_month),
    _rule(rf"^(?P<cue>and) (?P<m>{_MON})\b(?P<y>(?!))?", due_spans.of_month),
    _rule(rf"(?P<m>{_MON}) (?P<y>{_YEAR})", due_spans.of_month, 1),
    (_SPAN, due_spans.span, 2),
    _rule(rf"(?:(?P<edge>{_EDGE}) {_F}|(?:in|during|within) (?:the )?)(?P<y>20[2-9]\d)(?![\w.:-])", due_spans.in_year),
    _rule(r"(?:(?P<which>this|next) )?(?P<short>eow|eom|eoq|eoy)\b", due_spans.abbreviated),
    _rule(
        rf"(?:in|within|by|over|on|the next|next|during|give me|give us)(?: (?:the|next|about|another|coming|at most|max|within|less than|no more than|under|not more than|just)){{0,4}} "
        rf"{_AMOUNT}(?: more)? (?P<unit>day|week|fortnight|month|quarter|year|hour|minute|weekday|weekend)\b(?! (?:ago|from|after|before|old|on\b|since))",
        due_days.from_now,
    ),
    _rule(
        rf"{_AMOUNT} (?P<unit>day|week|fortnight|month|year|hour|weekday) "
        rf"(?:from|after|on|after the|from the) (?:(?:next|coming|this) )?(?P<anchor>today|now|tomorrow|overmorrow|{_DAY})\b",
        due_days.from_now,
    ),
    _rule(rf"{_AMOUNT} (?P<unit>day|week|fortnight|month|year|hour|weekday) (?:late|out|hence|time)\b", due_days.from_now),
    _rule(rf"{_AMOUNT} (?P<unit>day|week|fortnight|month|hour|weekday)(?! (?:ago|from|after|late|on\b))(?![\w'])", due_days.from_now, -1),
    _rule(r"(?:in|within|next|by) (?:one half|half one|half) (?P<unit>hour|year)\b", due_days.half_from_now),
    _rule(
        rf"(?:(?P<before>this week|next week|coming week|late this week|this coming|this next|next|coming|this)(?: on)? (?:the )?)?"
        rf"(?P<wd>{_DAY})(?![\w'](?!s\b))(?! (?:the )?\d{{1,2}}(?:st|nd|rd|th|\.)? {_F}{_MON})(?: (?P<behind>after next|the week after next|week after next|(?:in |of |the )*(?:next|coming|this) week|"
        rf"(?:in |of |the )*week (?:next|coming)|week|in 8 day|in 8|and 8|over (?:1|one) week|in (?:1|one) week|in 2 week|in 14 day|the week after|coming|next|this)(?![\w']))?",
        due_days.on_weekday,
    ),
    _rule(r"(?P<word>today|tonight|tomorrow|overmorrow)\b", due_days.by_word),
    _rule(rf"(?P<word>eod)\b(?! (?:(?:on|the|of|at|,) )*(?:{_DAY}|{_MON}|tomorrow|overmorrow|today|next|coming|this|\d))", due_days.by_word),
    _rule(r"(?:by|before|at|until) (?:the |about )*(?:(?P<part>noon|midnight|morning|afternoon|evening)|t(?P<hour>\d{1,2}))\b", due_days.by_clock, 1),
    _rule(rf"(?:(?P<edge>{_EDGE}) {_F})?(?P<q>[qh][1-4])(?!\w)(?: ?{_F}(?P<y>{_YEAR}|/ ?\d\d(?!\d)|/ ?20\d\d))?", due_spans.of_quarter),
    _rule(rf"(?:(?P<edge>{_EDGE}) {_F})?(?P<nth>first|second|third|fourth|last) quarter\b(?: {_F}(?P<y>{_YEAR}))?", due_spans.nth_quarter),
    _rule(rf"(?:the )?(?P<nth>first|second) half (?:the )?(?P<m>{_MON})\b", due_spans.half_of_month),
    _rule(rf"(?:the )?(?P<nth>first|last) weekday {_F}(?P<m>{_MON}|(?:this |next |coming )?month)\b", due_spans.working_day),
    _rule(rf"(?P<n>\d) (?P<wd>{_DAY})s? from (?:now|today)\b", due_spans.weekdays_from_now),
    _rule(rf"(?:(?P<n>\d|one) (?:week|fortnight) (?P<anchor>today|tomorrow)|(?P<first>tomorrow|overmorrow|today|{_DAY}) (?:fortnight|(?:in |over )?(?:one |1 )?week)\b(?! \d))", due_spans.week_from),
    _rule(r"(?:within|during) (?:the )?(?P<which>this )?(?P<unit>week|month|quarter|year)\b", due_spans.within),
    _rule(rf"(?:cw ?|week )(?P<cw>\d{{1,2}}),? (?P<wd>{_DAY})\b", due_spans.week_number),
    _rule(rf"(?:(?P<wd>{_DAY}) (?:in |of |the )*)?(?:20\d\d-)?(?:cw ?|week |w(?=\d\d))(?P<cw>\d{{1,2}})(?!\w)", due_spans.week_number),
    _rule(rf"(?:this |the )?week (?:the|starting|beginning|commencing|start|from) (?P<inner>{_F}.{{3,20}}?)(?= [^\w ]|$)", _week_of),
    _rule(r"(?:(?P<cue>by|before|over|on|at|in|during) )?(?:the )?(?:(?P<which>this|next|coming) )?weekend\b(?P<after> after next)?", due_spans.weekend, 1),
    _rule(r"(?P<feast>black_friday|boxing_day|christmas_eve|christmas|new_years_eve|new_year|thanksgiving|easter|halloween|valentine)\b(?: (?P<y>20\d\d)\b)?", due_spans.feast, 0),
)  # fmt: skip
_BEFORE_AFTER = re.compile(
    rf"{_N}(?:(?:the )?(?P<wd>{_DAY})|(?:(?P<n>\d{{1,2}}|one) |the )(?P<unit>day|week|fortnight)) (?P<where>before|after) "
    r"(?:(?:the|on) )*$"
)
_EVENT = re.compile(
    rf"{_N}(?:(?P<meeting>(?:the |our |at |on |in |by |before |for )*(?:next|coming|following) (?:\w+ )?(?:meeting|time)\b)|"
    rf"(?:by|before|after|(?:for|in|at|on|during|end)(?= (?:the |our )?(?:next|coming)))(?: the| our| next| this| my| end| of| start| coming| 1| late| early| mid)* "
    rf"(?:\w+ )?(?P<event>other_event|meeting|next time)\b|(?P<soon>asap)\b)"
)
