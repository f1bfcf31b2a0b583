"""
Reads what an invitee's mail program answers: iTIP REPLY and COUNTER (RFC 5546 §3.2.3, §3.2.7), else plain words.

Only the attendee's own PARTSTAT, the proposed time and a comment are taken; who answers is told by the address that the
mail came to. Leaves out whether the answer counts.
"""

from datetime import UTC, datetime
from email.message import Message
from typing import Any

from ccm.web.dsn import parts, text_of

_ANSWERS = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}
_CALENDAR_TYPES = ("text/calendar", "application/ics")
_CALENDAR_BYTES = 131_072
_WORDS_CHARACTERS = 1000


def read(message: Message, address: str) -> dict[str, str] | None:
    """
    The facts of an answer: ``kind`` (``rsvp``, ``counter``, ``words``) and what belongs to it.

    :param address: of the invitee, to tell apart several attendees.
    :returns: ``None`` if the mail holds no answer of a person.
    """
    automatic = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    for part in parts(message):
        if part.get_content_type() in _CALENDAR_TYPES:
            facts = _calendar(text_of(part, _CALENDAR_BYTES), address)
            if facts is not None:
                return facts
    words = "" if automatic or message.get_content_type() == "multipart/report" else _words(message)
    return {"kind": "words", "comment": words} if words else None


def _calendar(text: str, address: str) -> dict[str, str] | None:
    from icalendar import Calendar  # takes 0.2 s: only when a mail comes in

    try:
        calendar = Calendar.from_ical(text)
        method = str(calendar.get("METHOD", "")).upper()
        events = calendar.walk("VEVENT")
        if method not in ("REPLY", "COUNTER") or not events:
            return None
        return _event(events[0], method, address)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None  # what is no calendar answers nothing; the words beside it may


def _event(event: Any, method: str, address: str) -> dict[str, str] | None:
    facts = {
        "uid": str(event.get("UID", "")),
        "sequence": str(event.get("SEQUENCE", "")),
        "comment": _text(event.get("COMMENT"))[:_WORDS_CHARACTERS],
        "start": _stamp(event),
    }
    if method == "COUNTER":
        return {"kind": "counter", **facts}
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    mine = [each for each in attendees if str(each).lower().removeprefix("mailto:") == address.lower()]
    if not mine and len(attendees) == 1:  # an alias of theirs: the token says who it is
        mine = attendees
    answer = _ANSWERS.get(str(mine[0].params.get("PARTSTAT", "")).upper()) if mine else None
    return {"kind": "rsvp", "answer": answer, **facts} if answer else None


def _stamp(event: Any) -> str:
    """DTSTART in UTC; ``""`` for a whole day or none."""
    if "DTSTART" not in event:
        return ""
    at = event.decoded("DTSTART")
    if not isinstance(at, datetime) or not 2000 <= at.year < 2200:
        return ""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at.tzinfo else ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _words(message: Message) -> str:
    """What the person wrote, without what they quoted."""
    for part in parts(message):
        if part.get_content_type() == "text/plain" and part.get_content_disposition() != "attachment":
            own = [line for line in text_of(part).splitlines() if not line.startswith(">")]
            if "-- " in own:
                own = own[: own.index("-- ")]
            return " ".join(" ".join(own).split())[:_WORDS_CHARACTERS]
    return ""
