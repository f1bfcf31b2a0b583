"""
The transcript: what was said, in order, and how recorded logs are read into it.

Reads two forms. *JSON lines* (``.jsonl``, ``.jsonl.gz``): one meeting an object, ``{"id", "title", "date", "chair",
"messages": [{"nick", "time", "text"}, …]}``; messages may also carry ``id``, ``jid``, ``replaces``, ``retracts``,
``on_record``, ``from_reporter``. *Plain text*: one remark a line, ``[14:05] <ann> text``, ``14:05 <ann> text``,
``<ann> text`` or ``ann: text``, continued by indented lines. Lines that only say who joined or left are dropped.
Leaves out: guessing of languages, of time zones, and of who hides behind which nick.
"""

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ccm.errors import CCMError

MAX_LOG_BYTES = 200_000_000


class LogError(CCMError):
    """A recorded log cannot be read; the text names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Message:
    """
    One remark.

    :ivar id: archive id of the message (XEP-0359 stanza-id), unique in its transcript.
    :ivar nick: the name by which the room knew its author.
    :ivar jid: bare JID of the author, or ``None`` when only the nick is known.
    :ivar time: aware UTC, or ``None`` for a log without times.
    :ivar replaces: archive id of the message that this one corrects (XEP-0308).
    :ivar retracts: archive id of the message that this one takes back (XEP-0424).
    :ivar on_record: ``False`` for what was said off the record: it fills nothing and is printed nowhere.
    :ivar from_reporter: said by the reporter itself: it stands in the log and fills nothing.
    :ivar pressed: of the reporter: what somebody who had it say so, by a button, could have typed; without a name where
        the room is meant.
    :ivar below: archive id of the message that this one, in words, is a reaction to (XEP-0444).
    """

    id: str
    nick: str
    text: str
    jid: str | None = None
    time: datetime | None = None
    replaces: str | None = None
    retracts: str | None = None
    on_record: bool = True
    from_reporter: bool = False
    pressed: "Message | None" = None
    below: str | None = None

    def __post_init__(self) -> None:
        if self.time is not None and self.time.tzinfo is None:
            raise ValueError(f"Message {self.id}: its time has no zone; give an aware UTC datetime.")


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    A recorded discussion.

    :ivar date: the day it was held; with times that have no day of their own it dates every message.
    :ivar chair: nick of the chair, or ``""``.
    """

    id: str
    title: str
    date: date | None
    chair: str
    messages: tuple[Message, ...]


def read_log(path: str | Path, meeting: str | None = None) -> tuple[Meeting, ...]:
    """
    The meetings of a log file, in its order.

    :param meeting: only the one with this id.
    :raises LogError: if the file cannot be read, holds no remark, or has no such meeting.
    """
    path = Path(path)
    text = _text_of(path)
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("{"):
        meetings = tuple(_json_meetings(stripped, path, meeting))
    else:
        only = Meeting(path.stem, path.stem, None, "", parse_plain(text))
        meetings = (only,) if meeting in (None, only.id) else ()
        if not only.messages:
            raise LogError(f"{path}: holds no remark. Write one a line, as in: [14:05] <ann> Good morning.")
    if not meetings:
        what = f"has no meeting {meeting!r}" if meeting else "holds no meeting"
        raise LogError(f'{path}: {what}. Look at the ids with: zcat -f {path.name} | grep -o \'"id": "[^"]*"\'.')
    return meetings


def write_log(meeting: Meeting) -> str:
    """The one JSON line of a meeting that :func:`read_log` reads back to an equal one."""
    return json.dumps(
        {
            "id": meeting.id,
            "title": meeting.title,
            "date": meeting.date.isoformat() if meeting.date else None,
            "chair": meeting.chair or None,
            "messages": [_message_fields(message) for message in meeting.messages],
        },
        ensure_ascii=False,
    )


def fold_corrections(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The remarks as they stand in the end: corrected ones with their last text, withdrawn ones without any."""
    standing: dict[str, Message] = {}
    for message in messages:
        target = standing.get(message.replaces or message.retracts or "")
        if message.retracts is not None:
            if target is not None and (_same_author(target, message) or not (message.nick or message.jid)):
                standing[target.id] = _with_text(target, "")  # its author, or the room for a moderator (XEP-0425)
        elif message.replaces is not None and target is not None and _same_author(target, message):
            standing[target.id] = _with_text(target, message.text)
        else:
            standing[message.id] = message
    return tuple(standing.values())


def _same_author(one: Message, other: Message) -> bool:
    if one.jid and other.jid:
        return one.jid == other.jid
    return one.nick == other.nick


def _with_text(message: Message, text: str) -> Message:
    return Message(
        message.id,
        message.nick,
        text,
        message.jid,
        message.time,
        on_record=message.on_record,
        from_reporter=message.from_reporter,
    )


# ---- files


def _text_of(path: Path) -> str:
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path, "rb") as stream:
                content = stream.read(MAX_LOG_BYTES + 1)
        else:
            with path.open("rb") as stream:
                content = stream.read(MAX_LOG_BYTES + 1)
        if len(content) > MAX_LOG_BYTES:
            raise LogError(f"{path}: is larger than {MAX_LOG_BYTES} bytes. Split it.")
        return content.decode("utf-8")
    except (OSError, EOFError) as error:
        raise LogError(f"{path}: cannot be read: {error}. Name an existing log file.") from error
    except UnicodeDecodeError as error:
        raise LogError(f"{path}: is not UTF-8 text at byte {error.start}. Convert it with iconv.") from error


def _json_meetings(text: str, path: Path, wanted: str | None) -> Iterable[Meeting]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise LogError(f"{path}, line {number}: is not JSON: {error}. Write one object a line.") from error
        if not isinstance(found, dict) or not isinstance(found.get("messages"), list):
            raise LogError(f'{path}, line {number}: has no list "messages". Each line is one meeting object.')
        id_ = str(found.get("id") or f"meeting-{number}")
        if wanted in (None, id_):
            yield _meeting(id_, found, f"{path}, line {number}")


def _meeting(id_: str, found: Mapping[str, Any], place: str) -> Meeting:
    try:
        day = date.fromisoformat(found["date"][:10]) if found.get("date") else None
    except (ValueError, TypeError) as error:
        raise LogError(f'{place}: "date" is {found["date"]!r}. Write it as 2026-11-24.') from error
    clock = _Days(day)
    messages: list[Message] = []
    seen: set[str] = set()
    for position, item in enumerate(found["messages"], 1):
        if not isinstance(item, dict) or not isinstance(item.get("text"), str):
            raise LogError(f'{place}: message {position} has no "text". Write {{"nick": …, "text": …}}.')
        text = item["text"]
        if _COMING_AND_GOING.match(text) and not item.get("id"):
            continue
        id_message = str(item.get("id") or f"m{position}")
        if id_message in seen:
            raise LogError(f"{place}: message {position} has the id {id_message!r} of an earlier one. Make ids unique.")
        seen.add(id_message)
        messages.append(
            Message(
                id_message,
                str(item.get("nick") or "somebody"),
                text,
                item.get("jid"),
                clock.read(item.get("time"), f"{place}: message {position}"),
                item.get("replaces"),
                item.get("retracts"),
                bool(item.get("on_record", True)),
                bool(item.get("from_reporter", False)),
            )
        )
    return Meeting(id_, str(found.get("title") or id_), day, str(found.get("chair") or ""), tuple(messages))


def _message_fields(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": message.id,
        "nick": message.nick,
        "time": message.time.isoformat().replace("+00:00", "Z") if message.time else None,
        "text": message.text,
    }
    for name in ("jid", "replaces", "retracts"):
        if getattr(message, name) is not None:
            fields[name] = getattr(message, name)
    if not message.on_record:
        fields["on_record"] = False
    if message.from_reporter:
        fields["from_reporter"] = True
    return fields


# ---- times and plain text

_COMING_AND_GOING = re.compile(
    r"(?:\*{1,3} ?|--> ?|<-- ?|-!- ?)?\S+ (?:\([^)]*\) |\[[^\]]*\] )?"
    r"(?:has |have )?(?:joined|left|quit|parted|is now known as|entered|disconnected)\b"
    r"(?: (?:the )?(?:room|chat|channel|meeting|irc|conference)| [#&]\S+| \(.*\)| \[.*\]| \S+)?[.!]?\s*$",
    re.IGNORECASE,
)
_TIME = r"(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: ?[AaPp][Mm]\b)?"
_LINE = re.compile(
    rf"\s{{0,3}}(?:\[(?P<t1>{_TIME})\]|\((?P<t2>{_TIME})\)|(?P<t3>{_TIME}))?\s*[-–]?\s*"
    r"(?:<[ @+~&%]?(?P<n1>[^<>]{1,60})>\s?|(?P<n2>[^\s:<>\[\]()#/][^:<>\[\]()]{0,39}?)\s?:(?:\s+|$))(?P<text>.*)$"
)
_BRACKET_ONLY = re.compile(rf"\s*\[(?P<time>{_TIME})\]\s+(?P<rest>.*)$")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\.\d+)?\s*([AaPp][Mm])?$")


class _Days:
    """Gives a day to times that have none; a time that runs back by more than six hours begins the next day."""

    def __init__(self, day: date | None) -> None:
        self._day = day
        self._last: datetime | None = None

    def read(self, value: Any, place: str) -> datetime | None:
        """:raises LogError: if *value* is no time."""
        if value in (None, ""):
            return None
        text = str(value).strip()
        clock = _CLOCK.fullmatch(text)
        if clock is None:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError as error:
                remedy = "Write it as 14:05, 14:05:30 or 2026-11-24T14:05:00Z."
                raise LogError(f"{place}: its time is {text!r}. {remedy}") from error
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        if clock[4]:
            hour = hour % 12 + (12 if clock[4].lower() == "pm" else 0)
        if hour > 23 or minute > 59 or second > 59:
            raise LogError(f"{place}: there is no time {text!r}. Write it as 14:05.")
        if self._day is None:
            return None
        moment = datetime.combine(self._day, time(hour, minute, second), UTC)
        if self._last is not None and self._last - moment > timedelta(hours=6):
            self._day += timedelta(days=1)
            moment += timedelta(days=1)
        self._last = moment
        return moment


def parse_plain(text: str, day: date | None = None) -> tuple[Message, ...]:
    """
    The remarks of a plain log.

    :param day: dates times that have no day of their own; without one such times are left out.
    """
    lines = text.lstrip("\ufeff").splitlines()
    speakers = _colon_names(lines)
    clock = _Days(day)
    rows: list[tuple[datetime | None, str, str]] = []
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if not bare:
            continue
        found = _LINE.match(line)
        if found and found["n2"] is not None and found["n2"].strip() not in speakers:
            found = None
        bracket = _BRACKET_ONLY.match(line)
        if found:
            stamp = clock.read(found["t1"] or found["t2"] or found["t3"], f"line {number}")
            rows.append((stamp, (found["n1"] or found["n2"]).strip(), found["text"].strip()))
        elif bare.startswith(("* ", "*** ", "--> ", "<-- ", "-!- ", "--- ", "===")) or _COMING_AND_GOING.match(
            bracket["rest"] if bracket else bare
        ):
            continue
        elif rows and line[:1] in " \t":
            stamp, nick, said = rows[-1]
            rows[-1] = (stamp, nick, f"{said}\n{bare}")
    return tuple(
        Message(f"m{position}", nick, said, time=stamp)
        for position, (stamp, nick, said) in enumerate(rows, 1)
        if said and not _COMING_AND_GOING.match(said)
    )


def _colon_names(lines: Sequence[str]) -> frozenset[str]:
    """Names in ``name: text`` lines; when ``<nick>`` lines prevail, colons are part of what was said."""
    names: list[str] = []
    angled = 0
    for line in lines:
        found = _LINE.match(line)
        if found and found["n1"] is not None:
            angled += 1
        elif found:
            names.append(found["n2"].strip())
    if angled >= len(names):
        return frozenset()
    return frozenset(name for name in names if len(name.split()) <= 3)
