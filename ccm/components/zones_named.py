"""
The time zone that a phrase names: ``CET``, ``UTC+2``, ``Europe/Paris``, ``Berlin time``, ``heure de Paris``.

Letters that are words too (``et``, ``est``) count in capitals, or behind a clock time. What several countries write
alike is taken for the zone where most who write it are. Leaves out offsets in calendars: those are the calendar's.
"""

import re
from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from ccm.components.words_of_time import fold

_LETTERS: dict[str, str] = {
    **dict.fromkeys(("UTC", "GMT", "Z", "ZULU"), "UTC"),
    **dict.fromkeys(("CET", "CEST", "MEZ", "MESZ"), "Europe/Berlin"),
    **dict.fromkeys(("EST", "EDT", "ET"), "America/New_York"),
    **dict.fromkeys(("CST", "CDT", "CT"), "America/Chicago"),
    **dict.fromkeys(("MST", "MDT", "MT"), "America/Denver"),
    **dict.fromkeys(("PST", "PDT", "PT"), "America/Los_Angeles"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Helsinki"),
    **dict.fromkeys(("WET", "WEST"), "Europe/Lisbon"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
    **dict.fromkeys(("NZST", "NZDT"), "Pacific/Auckland"),
    "BST": "Europe/London",
    "MSK": "Europe/Moscow",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "IST": "Asia/Kolkata",
    "SGT": "Asia/Singapore",
    "HKT": "Asia/Hong_Kong",
}
_REGIONS = {
    "pacific": "America/Los_Angeles",
    "mountain": "America/Denver",
    "eastern": "America/New_York",
    "us eastern": "America/New_York",
    "us pacific": "America/Los_Angeles",
    "central european": "Europe/Berlin",
    "mitteleuropaische": "Europe/Berlin",
    "uk": "Europe/London",
    "british": "Europe/London",
    "german": "Europe/Berlin",
    "french": "Europe/Paris",
    "dutch": "Europe/Amsterdam",
    "nederlandse": "Europe/Amsterdam",
    "belgische": "Europe/Brussels",
    "deutsche": "Europe/Berlin",
    "schweizer": "Europe/Zurich",
    "francaise": "Europe/Paris",
    "amsterdamse": "Europe/Amsterdam",
    "indian": "Asia/Kolkata",
    "japan": "Asia/Tokyo",
    "nyc": "America/New_York",
    "san francisco": "America/Los_Angeles",
    "sf": "America/Los_Angeles",
    "boston": "America/New_York",
    "washington": "America/New_York",
    "seattle": "America/Los_Angeles",
    "munich": "Europe/Berlin",
    "munchen": "Europe/Berlin",
    "munchner": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "frankfurt": "Europe/Berlin",
    "koln": "Europe/Berlin",
    "wien": "Europe/Vienna",
    "rotterdam": "Europe/Amsterdam",
    "den haag": "Europe/Amsterdam",
    "bruxelles": "Europe/Brussels",
    "brussel": "Europe/Brussels",
    "geneve": "Europe/Zurich",
    "genf": "Europe/Zurich",
    "londres": "Europe/London",
    "londen": "Europe/London",
    "parijs": "Europe/Paris",
    "moskau": "Europe/Moscow",
    "lyon": "Europe/Paris",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "beijing": "Asia/Shanghai",
    "peking": "Asia/Shanghai",
    "tokio": "Asia/Tokyo",
}
_CAPITALS = re.compile(rf"\(?(?<![A-Za-z])({'|'.join(sorted(_LETTERS, key=len, reverse=True))})\b\)?")
_SMALL = re.compile(rf"(?<=\d|m|h|r)\s+\(?\b({'|'.join(each.lower() for each in _LETTERS if len(each) > 2)})\b\)?")
_CLOCK_BEFORE = re.compile(r"(?:\d[\d:.]*\s*(?:am|pm|h|uhr|uur)?\s+)$")
_OFFSET = re.compile(r"\b(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?\b", re.IGNORECASE)
_BARE_OFFSET = re.compile(r"(?<=\d) ?([+-])(0\d|1[0-4]):?([0-5]\d)$")
_NAME = re.compile(r"\(?\b([A-Za-z]+(?:/[A-Za-z_+-]+){1,2})\b\)?")
_PLACE = re.compile(
    r"\(?\b(?:(?:heure |time |zeit |tijd )(?:de |d'|a |in |of |van )(?:la )?(?P<before>[\w' ]+?)(?=\)|$|\s\d)"
    r"|(?:in )?(?P<after>(?:us |den |new |los |san |hong |central )?\w+)(?:\s+(?:time|zeit|tijd)\b)|"
    r"(?P<brackets>(?<=\()[\w ]+(?=\))))\)?"
)
_BEHIND = re.compile(r"(?<=[\dmhru]) (?:in |a |at )?(?P<place>(?:new |los |san |hong |den |sao )?[a-z]{3,})$")
_MINE = frozenset(("local", "my", "our", "lokale", "locale", "ons", "unsere", "same", "this", "start", "orts"))


def peel(text: str) -> tuple[str, tzinfo | None]:
    """The phrase without the zone it names, folded, and that zone; ``None`` if it names none."""
    found = _OFFSET.search(text)
    if found:
        length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if length <= timedelta(hours=14):
            return _without(text, found), timezone(-length if found[1] == "-" else length)
    found = _BARE_OFFSET.search(text)
    if found:
        length = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return _without(text, found), timezone(-length if found[1] == "-" else length)
    found = _NAME.search(text)
    if found and found[1].lower() in _names():
        return _without(text, found), ZoneInfo(_names()[found[1].lower()])
    found = _CAPITALS.search(text)
    if found is None:
        found = _SMALL.search(text)
        if found and not _CLOCK_BEFORE.search(text[: found.start()].lower() + " "):
            found = None
    if found:
        name = _LETTERS[found[1].upper()]
        return re.sub(r"\btime\b", " ", _without(text, found)), ZoneInfo(name)
    return _place(fold(text))


def _place(text: str) -> tuple[str, tzinfo | None]:
    for found in _PLACE.finditer(text):
        place = (found["before"] or found["after"] or found["brackets"] or "").strip()
        for candidate in (place, place.removesuffix("er"), place.removesuffix("s"), place + "e"):
            name = _REGIONS.get(candidate) or _cities().get(candidate)
            if name and place not in _MINE:
                return _without(text, found), ZoneInfo(name)
    behind = _BEHIND.search(text)  # 3pm London
    if behind:
        name = _REGIONS.get(behind["place"]) or _cities().get(behind["place"])
        if name:
            return _without(text, behind), ZoneInfo(name)
    return text, None


def _without(text: str, found: re.Match[str]) -> str:
    return fold(text[: found.start()] + " " + text[found.end() :])


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _cities() -> dict[str, str]:
    """City -> zone, of those whose name is the last part of a zone's."""
    found: dict[str, str] = {}
    for name in sorted(available_timezones()):
        area, _, city = name.rpartition("/")
        if area.partition("/")[0] in ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Pacific"):
            found.setdefault(fold(city.replace("_", " ")), name)
    return found
