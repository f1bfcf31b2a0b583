"""Points in time as a page says them: weekday, date, time, zone, distance; and whether a meeting is behind us."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm.records import Topic
from ccm.web.languages import ENGLISH, Language


def spoken(moment: datetime, zone: str, now: datetime, language: Language = ENGLISH) -> str:
    """For example ``Tue 24 Nov, 15:00 CET, in 2 days``; an unknown zone is read as UTC."""
    tz, say = _zone(zone), language.say
    local = moment.astimezone(tz)
    days = (local.date() - now.astimezone(tz).date()).days
    if days < -1:
        distance = say("%(days)s days ago", days=str(-days))
    elif days > 1:
        distance = say("in %(days)s days", days=str(days))
    else:
        distance = say({-1: "yesterday", 0: "today", 1: "tomorrow"}[days])
    values = {"weekday": say(f"{local:%a}"), "day": str(local.day), "month": say(f"{local:%b}")}
    date = say("%(weekday)s %(day)s %(month)s", **values)
    return f"{date}, {local:%H:%M} {say(f'{local:%Z}')}, {distance}"


def spoken_hours(start: datetime, minutes: int, zone: str, language: Language = ENGLISH) -> str:
    """For example ``planned 14:00 to 14:45 CET``."""
    begin, end = (at.astimezone(_zone(zone)) for at in (start, start + timedelta(minutes=minutes)))
    values = {"begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}", "zone": language.say(f"{end:%Z}")}
    return language.say("planned %(begin)s to %(end)s %(zone)s", **values)


def is_over(topic: Topic, now: datetime) -> bool:
    """Whether there is nothing to come to any more: what was published before its time still takes place."""
    to_come = topic.start is not None and topic.start > now
    return topic.state == "ended" or (topic.state == "published" and not to_come)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
