"""Points in time as a page says them: weekday, date, time, zone, distance."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def spoken(moment: datetime, zone: str, now: datetime) -> str:
    """For example ``Tue 24 Nov, 15:00 CET, in 2 days``; an unknown zone is read as UTC."""
    try:
        tz = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        tz = ZoneInfo("UTC")
    local = moment.astimezone(tz)
    days = (local.date() - now.astimezone(tz).date()).days
    if days < -1:
        distance = f"{-days} days ago"
    elif days > 1:
        distance = f"in {days} days"
    else:
        distance = {-1: "yesterday", 0: "today", 1: "tomorrow"}[days]
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M} {local:%Z}, {distance}"
