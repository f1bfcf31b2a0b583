"""
The calendar entry of an invitation: an iTIP REQUEST or CANCEL (RFC 5545, RFC 5546 §3.2.2 and §3.2.5).

The UID is the topic's for good; SEQUENCE rises with every change that calendars must learn of. The organizer's address
holds the invitee's token, by which an answer is recognised, since a sender's address can be forged. Leaves out the mail
around it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ccm.records import Invitee, Topic

Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True)
class Entry:
    """
    :ivar start: of the meeting; of a cancelled one, what the calendar holds.
    :ivar organizer: mail address that answers go to.
    :ivar link: how to join; ``""`` when there is nothing to join.
    """

    method: Method
    topic: Topic
    invitee: Invitee
    start: datetime
    sequence: int
    inviter: str
    organizer: str
    link: str
    now: datetime


def sequence(topic: Topic, invitee: Invitee) -> int:
    """SEQUENCE of what this invitee is sent about the topic as it is now."""
    return topic.sequence + invitee.shift


def encode(entry: Entry) -> bytes:
    """The entry as an iCalendar object."""
    from icalendar import Calendar, Event, vCalAddress, vText  # takes 0.2 s: only where something is sent

    topic, invitee = entry.topic, entry.invitee
    cancelled = entry.method == "CANCEL"
    calendar = Calendar()
    for key, value in (("prodid", "-//CCM//Invitations//EN"), ("version", "2.0"), ("method", entry.method)):
        calendar.add(key, value)
    event = Event()
    event.add("uid", topic.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.now)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.start + timedelta(minutes=topic.minutes))
    event.add("summary", topic.name)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if entry.link:
        event.add("description", f"{entry.inviter} invites you to talk. Join here: {entry.link}")
        event.add("url", entry.link)
    organizer = vCalAddress(f"mailto:{entry.organizer}")
    organizer.params["cn"] = vText(entry.inviter)
    event["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{invitee.address}")
    attendee.params["cn"] = vText(invitee.name)
    attendee.params["role"] = vText("REQ-PARTICIPANT")
    if not cancelled:
        attendee.params["partstat"] = vText(PARTSTATS.get(invitee.state, "NEEDS-ACTION"))
        attendee.params["rsvp"] = vText("TRUE")
    event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


#: PARTSTAT (RFC 5545 §3.2.12) of a state; any other needs action.
PARTSTATS = {"accepted": "ACCEPTED", "joined": "ACCEPTED", "tentative": "TENTATIVE", "declined": "DECLINED"}
