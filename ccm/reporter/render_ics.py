"""
The actions of a document as a calendar: one VTODO each (RFC 5545 §3.6.2), by icalendar.

Leaves out follow-up meetings; invitations are another package's.
"""

from datetime import UTC, date, datetime

from ccm.reporter.document_shape import Document
from ccm.reporter.rendering import anchor

_STATUS = {"open": "NEEDS-ACTION", "done": "COMPLETED", "cancelled": "CANCELLED", "carried": "IN-PROCESS"}


def calendar(document: Document, *, url: str = "") -> bytes:
    """
    The calendar file; empty of tasks when there is no action.

    :param url: the document's address, to which each task leads back.
    """
    from icalendar import Calendar, Todo  # takes 0.2 s: only for who asks for a calendar

    made = Calendar()
    made.add("prodid", "-//CCM//chat reporter//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", document.title)
    stamped = datetime.fromisoformat(document.published or "1970-01-01T00:00:00Z").astimezone(UTC)
    for item in document.actions:
        task = Todo()
        task.add("uid", f"{document.id}-{item.id}@ccm")
        task.add("dtstamp", stamped)
        task.add("sequence", document.version - 1)
        task.add("summary", f"{item.owner}: {item.text}" if item.owner else item.text)
        task.add("description", f"{document.title}, {item.number}, said by {item.by}.")
        task.add("status", _STATUS.get(item.status, "NEEDS-ACTION"))
        if item.due:
            task.add("due", date.fromisoformat(item.due))
        if url:
            task.add("url", f"{url}#{anchor(item.source)}")
        made.add_component(task)
    return bytes(made.to_ical())
