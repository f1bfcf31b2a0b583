"""
The calendar file of a meeting, for whoever said yes on a page: one published event (RFC 5545 §3.6.1, RFC 5546 §3.2.1).

It has the UID and SEQUENCE of the mailed invitation's entry, so that a calendar that holds that one gets no second.
Leaves out the link by which one comes in: that stands in the mail alone.
"""

from datetime import datetime, timedelta

from ccm.records import Invitee, Topic


def encode(topic: Topic, invitee: Invitee, start: datetime, now: datetime) -> bytes:
    """The file. :param start: of the meeting."""
    from icalendar import Calendar, Event  # takes 0.2 s: only for who asks for a calendar

    calendar, event = Calendar(), Event()
    for key, value in (("prodid", "-//CCM//Invitations//EN"), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(key, value)
    event.add("uid", topic.uid)
    event.add("sequence", topic.sequence + invitee.shift)
    event.add("dtstamp", now)
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(minutes=topic.minutes))
    event.add("summary", topic.name)
    event.add("status", "CONFIRMED")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
