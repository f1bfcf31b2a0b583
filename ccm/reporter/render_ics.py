"""
The actions of a document as a calendar, by icalendar: one VTODO each (RFC 5545 §3.6.2), a VEVENT for the next meeting.

Everything typed passes through that library's escaping, in one line and without control characters. Leaves out
invitations to the next meeting; those are another package's.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ccm.reporter import wording
from ccm.reporter.document_shape import Document, FollowUp, Item
from ccm.reporter.rendering import anchor

_STATUS = {"open": "NEEDS-ACTION", "done": "COMPLETED", "cancelled": "CANCELLED", "carried": "IN-PROCESS"}
_CONTROLS = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")


def calendar(document: Document, *, url: str = "", items: Sequence[Item] | None = None) -> bytes:
    """
    The calendar file; empty of tasks when there is no action.

    :param url: the document's address, to which each task leads back.
    :param items: only these actions; ``None`` takes all.
    """
    from icalendar import Calendar  # takes 0.2 s: only for who asks for a calendar

    made = Calendar()
    made.add("prodid", "-//CCM//chat reporter//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", _line(document.title))
    stamped = datetime.fromisoformat(document.published or "1970-01-01T00:00:00Z").astimezone(UTC)
    for item in document.actions if items is None else items:
        made.add_component(_task(document, item, stamped, url))
    if document.follow_up is not None:
        made.add_component(_meeting(document, document.follow_up, stamped, url))
    return bytes(made.to_ical())


def _task(document: Document, item: Item, stamped: datetime, url: str) -> Any:
    from icalendar import Todo

    task = Todo()
    task.add("uid", f"{_line(document.id)}-{item.id}@ccm")
    task.add("dtstamp", stamped)
    task.add("sequence", document.version - 1)
    words = wording.task(item)
    task.add("summary", _line(f"{item.owner}: {words}" if item.owner else words))
    facts = [f"{document.title}, {item.number}, said by {item.by}.", wording.due(item)]
    task.add("description", _line(" ".join(fact for fact in facts if fact)))
    task.add("status", _STATUS.get(item.status, "NEEDS-ACTION"))
    if item.due:
        task.add("due", date.fromisoformat(item.due))
    if url:
        task.add("url", f"{url}#{anchor(item.source)}")
    return task


def _meeting(document: Document, following: FollowUp, stamped: datetime, url: str) -> Any:
    from icalendar import Event

    meeting = Event()
    meeting.add("uid", f"{_line(document.id)}-next-{following.start[:10]}@ccm")
    meeting.add("dtstamp", stamped)
    meeting.add("sequence", document.version - 1)
    meeting.add("summary", _line(following.title or f"{document.title}: next meeting"))
    at = datetime.fromisoformat(following.start)
    if len(following.start) > 10:
        start = at.replace(tzinfo=_zone(document.zone)).astimezone(UTC) if at.tzinfo is None else at.astimezone(UTC)
        meeting.add("dtstart", start)
        meeting.add("dtend", start + timedelta(minutes=following.minutes))
    else:
        meeting.add("dtstart", at.date())
    if following.phrase:
        meeting.add("description", _line(f"“{following.phrase}”"))
    if url:
        meeting.add("url", f"{url}#{anchor(following.source)}" if following.source else url)
    return meeting


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _line(text: str) -> str:
    return " ".join(text.translate(_CONTROLS).split())
