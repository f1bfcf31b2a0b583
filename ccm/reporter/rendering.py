"""
What the renderings share: anchors, safe links, dates for people.

Leaves out any markup.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ccm.reporter.document_shape import Document, Item
from ccm.reporter.outcomes import links_of

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SAFE = re.compile(r"(?:https?://|mailto:|xmpp:)", re.IGNORECASE)

_FILE = re.compile(
    r"^https?://[^/?#]+/[^?#]*\.(?:pdf|od[tspg]|docx?|xlsx?|pptx?|csv|txt|md|zip|t?gz|xz|png|jpe?g|gif|webp|svg|mp[34]|"
    r"og[ga]|webm|wav|ics|epub|json|xml|patch|diff|log)(?:[?#]|$)",
    re.IGNORECASE,
)


def anchor(message_id: str) -> str:
    """The name of a message's place in the document: letters, digits, ``-`` and ``_`` only, unlike for unlike ids."""
    return "m-" + "".join(c if c.isascii() and (c.isalnum() or c == "-") else f"_{ord(c):x}_" for c in message_id)


def is_safe(url: str) -> bool:
    """Whether an address may become a link: web, mail or chat."""
    return bool(_SAFE.match(url)) and not any(ord(c) < 33 for c in url)


def linked(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, each with whether it is an address that may become a link."""
    place = 0
    for url in links_of(text):
        found = text.find(url, place)
        if found < 0 or not is_safe(url):
            continue
        if found > place:
            yield text[place:found], False
        yield url, True
        place = found + len(url)
    if place < len(text):
        yield text[place:], False


def capital(text: str) -> str:
    """People's own words with a capital at the start; *iPhone*, *x2* and addresses stay as they are."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    plain = first.rstrip(".,:;!?")
    if not plain.isalpha() and "'" not in plain and "’" not in plain and "-" not in plain:
        return text
    return text if not plain.islower() or is_safe(first) else text[0].upper() + text[1:]


def is_file(url: str) -> bool:
    """Whether an address is that of a file rather than of a page, by its ending."""
    return bool(_FILE.search(url))


def moment(at: str, zone: str) -> datetime | None:
    """An ISO time in a zone, UTC if the zone is unknown."""
    if not at:
        return None
    try:
        where: ZoneInfo | None = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        where = None
    return datetime.fromisoformat(at).astimezone(where or UTC)


def long_day(day: date) -> str:
    """``Monday 23 November 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(iso: str) -> str:
    """``Wed 25 Nov 2026`` of an ISO date."""
    day = date.fromisoformat(iso)
    return f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def clock(at: str, zone: str) -> str:
    """``14:05``, or ``""``."""
    found = moment(at, zone)
    return f"{found:%H:%M}" if found else ""


def when(document: Document) -> str:
    """``Monday 23 November 2026, 14:00 to 14:43 CET``, or ``""``."""
    start, end = moment(document.started, document.zone), moment(document.ended, document.zone)
    if start is None or end is None:
        return long_day(date.fromisoformat(document.day)) if document.day else ""
    if start.date() == end.date():
        return f"{long_day(start)}, {start:%H:%M} to {end:%H:%M} {end:%Z}"
    return f"{long_day(start)}, {start:%H:%M} to {long_day(end)}, {end:%H:%M} {end:%Z}"


def by_number(actions: Sequence[Item]) -> tuple[Item, ...]:
    """As they were numbered; as they stand, by owner, where somebody moved one among those of its owner."""
    last: dict[str, int] = {}
    for item in actions:
        number = int(item.number[1:])
        if number < last.get(item.owner, 0):
            return tuple(actions)
        last[item.owner] = number
    return tuple(sorted(actions, key=lambda item: int(item.number[1:])))


def by_owner(document: Document) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Actions grouped by owner, those without one first."""
    groups: dict[str, list[Item]] = {}
    for item in document.actions:
        groups.setdefault(item.owner, []).append(item)
    return tuple((owner, tuple(items)) for owner, items in groups.items())
