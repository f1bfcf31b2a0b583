"""
The next meeting: ``#nextmeeting tuesday 10:00``, and the open actions that go along into it.

When it is said, the room hears which day that is; when the talk is published, its topic is made with the same people
(:mod:`ccm.components.reporter_room`). Its record begins with what the reporter says there of the actions carried over,
so that the archive alone tells what they are. Leaves out calendars and mails.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ccm.reporter import record
from ccm.reporter.context import Context, Outcome
from ccm.reporter.edits import day_named
from ccm.reporter.effects import FollowUp, Say
from ccm.reporter.outcomes import MAX_ENTRIES, stamp
from ccm.reporter.rendering import short_day
from ccm.reporter.state import Entry, Following, State
from ccm.reporter.transcript import Message

CARRIED = "Carried over from "
MOST_CARRIED = 100
MAX_TEXT = 400
USUAL = time(10)
AHEAD = timedelta(days=2 * 366)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NONE = frozenset(["none", "nobody knows", "cancel", "cancelled", "off", "no", "-"])
_STAMP = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[tT ,]+(?:at )?(\d{1,2})[:.](\d\d))?")
_CLOCK = re.compile(
    r"\b(?:at |@ ?)?(?:(?P<hour>\d{1,2})[:.h](?P<minute>\d\d)(?:\s?(?P<half>[ap])\.?m\b\.?)?|(?P<bare>\d{1,2})\s?"
    r"(?:(?P<part>[ap])\.?m\b\.?|o'?clock|uhr|h\b)|(?P<word>noon|midday|midnight))|"
    r"\bat (?P<plain>\d{1,2})\b(?![.:/-]\d)"
)
_WEEK = re.compile(
    r"^(?:the )?(?:same (?:time|day)(?:,? | and place )*)?(?:next week|in (?:a|one) week|a week from (?:now|today))$"
)


def asked(state: State, text: str, message: Message, context: Context) -> Outcome:
    """``#nextmeeting``: with a time it is announced, alone it is told, *none* takes it back."""
    words = " ".join(text.split()).strip(" .!")
    if not words:
        known = f"The next meeting: {spell_time(state.following.at)}." if state.following else "No next meeting is set."
        return Outcome(state, (Say(f"{known} #nextmeeting tuesday 10:00 sets it."),))
    if words.lower() in _NONE:
        return Outcome(record.changed(state, following=None), (Say("No next meeting, then."),))
    at = when(words, message, context)
    if at is None:
        return Outcome(state, (Say(f"I cannot read “{words[:80]}” as a time. Write it as: {_example(message)}."),))
    now = _local(message, context)
    if now is not None and at < now:
        return Outcome(state, (Say(f"{spell_time(at.isoformat())} has passed. Write it as: {_example(message)}."),))
    following = Following(at.isoformat(timespec="minutes"), message.nick, message.id, words[:80])
    state = _due_then(record.changed(state, following=following), at.date())
    said = (
        f"The next meeting: {spell_time(following.at)} ({context.zone}). When this is published, I make its topic, "
        "invite the same people and take the open actions along."
    )
    return Outcome(state, (Say(said),))


def _due_then(state: State, day: date) -> State:
    """What is due at the next meeting has a date now."""
    entries = tuple(
        record.replace(e, due=day.isoformat())
        if e.kind == "action" and "next meeting" in e.phrase.lower() and e.status in ("open", "carried")
        else e
        for e in state.entries
    )
    return record.replace(state, entries=entries)


def _example(message: Message) -> str:
    day = (message.time or datetime(2026, 11, 24, tzinfo=UTC)) + timedelta(days=7)
    return f"#nextmeeting {day:%Y-%m-%d} 10:00"


def when(text: str, message: Message, context: Context) -> datetime | None:
    """The local time that words name; without a time of day that of this meeting, else ten o'clock."""
    low = text.lower()
    full = _STAMP.search(low)
    try:
        if full is not None:
            clock = time(int(full[2]), int(full[3])) if full[2] else _clock(low[full.end() :])
            return datetime.combine(date.fromisoformat(full[1]), clock or _usual(context))
        found = _CLOCK.search(low)
        clock = _time_of(found) if found else None
    except ValueError:
        return None
    rest = " ".join((low[: found.start()] + " " + low[found.end() :] if found else low).split()).strip(" ,@")
    base = _local(message, context)
    if _WEEK.match(rest) and base is not None:
        return datetime.combine(base.date() + timedelta(days=7), clock or _usual(context))
    bare = re.sub(r"^(?:on|for|is|at|will be|the)\s+", "", rest)
    for phrase in (f"on {bare}", bare, f"by {bare}"):
        found_day = day_named(phrase, message, context.zone).date
        if found_day is not None:
            return datetime.combine(found_day, clock or _usual(context))
    return None


def _clock(low: str) -> time | None:
    found = _CLOCK.search(low)
    return _time_of(found) if found else None


def _time_of(found: re.Match[str]) -> time:
    """:raises ValueError: if there is no such time."""
    if found["word"]:
        return time(0) if found["word"] == "midnight" else time(12)
    hour = int(found["hour"] or found["bare"] or found["plain"])
    half = found["half"] or found["part"]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif found["plain"] and hour < 7:
        hour += 12
    return time(hour, int(found["minute"] or 0))


def _zone(context: Context) -> ZoneInfo | None:
    try:
        return ZoneInfo(context.zone)
    except (KeyError, ValueError, OSError):
        return None


def _usual(context: Context) -> time:
    if context.scheduled is None:
        return USUAL
    return context.scheduled.astimezone(_zone(context) or UTC).time().replace(second=0, microsecond=0)


def _local(message: Message, context: Context) -> datetime | None:
    return message.time.astimezone(_zone(context) or UTC).replace(tzinfo=None) if message.time else None


def spell_time(at: str) -> str:
    """``Tue 24 Nov 2026, 10:00`` of a local ISO time."""
    local = datetime.fromisoformat(at)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def spell_day(day: str) -> str:
    """``Fri 27 Nov`` of an ISO date."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{_DAYS[found.weekday()]} {found.day} {_MONTHS[found.month - 1]}"


# ---- what goes along


def made(state: State) -> tuple[State, tuple[FollowUp, ...]]:
    """The next meeting's topic is asked for, once for each time that was set and for actions that came since."""
    following = state.following
    if following is None:
        return state, ()
    open_ = [e for e in state.entries if e.kind == "action" and e.status in ("open", "carried")]
    new = [e for e in open_ if e.provenance != "detected" and e.id not in state.taken][:MOST_CARRIED]
    if following.at == state.followed and not new:
        return state, ()
    taken = (*state.taken, *(e.id for e in new))
    state = record.replace(state, followed=following.at, taken=taken)
    return state, (FollowUp(following.at, "\n".join(_carried_line(e) for e in new)),)


def _carried_line(entry: Entry) -> str:
    owner = re.sub(r"[(),:\s]+", " ", entry.owner).strip() or "UNASSIGNED"
    due = f", due {short_day(entry.due)}" if entry.due else ""
    return f"{entry.id} ({owner}{due}): {' '.join(entry.text.split())[:MAX_TEXT]}"


_LINE = re.compile(r"^A\d+ \((?P<owner>[^(),:]+)(?:, due (?P<due>[^(),:]{8,20}))?\): (?P<text>\S.*)$")


def _day_of(words: str) -> str:
    """The ISO date of ``Tue 1 Dec 2026``, or of itself; ``""`` for anything else."""
    parts = words.split()
    try:
        if len(parts) != 4:
            return date.fromisoformat(words).isoformat() if words else ""
        return date(int(parts[3]), _MONTHS.index(parts[2]) + 1, int(parts[1])).isoformat()
    except ValueError:
        return ""


def carried_in(state: State, message: Message) -> State:
    """The record with the actions that the reporter says were carried over."""
    if not message.text.startswith(CARRIED):
        return state
    for line in message.text.split("\n")[1 : MOST_CARRIED + 1]:
        found = _LINE.match(line)
        if found is None or len(state.entries) >= MAX_ENTRIES:
            continue
        number = state.counters.get("action", 0) + 1
        owner = "" if found["owner"] == "UNASSIGNED" else found["owner"]
        made_ = Entry(
            "action", f"A{number}", found["text"], message.nick, message.id, stamp(message.time), owner,
            _day_of(found["due"] or ""), status="carried",
        )  # fmt: skip
        state = record.add_entry(state, made_, {**state.counters, "action": number})
    return state
