"""Points in time as a page says them: weekday, date, time, zone, distance."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccm.web.languages import ENGLISH, Language


def spoken(moment: datetime, zone: str, now: datetime, language: Language = ENGLISH) -> str:
    """For example ``Tue 24 Nov, 15:00 CET, in 2 days``; an unknown zone is read as UTC."""
    try:
        tz = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        tz = ZoneInfo("UTC")
    local, say = moment.astimezone(tz), language.say
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
