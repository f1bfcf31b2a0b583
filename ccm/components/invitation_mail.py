"""
The mail that invites somebody: plain text, HTML and a calendar entry (RFC 5322, RFC 5545, RFC 6047).

Everything that people typed passes through the email package or Jinja2's escaping, and holds no control characters,
so no header or markup can be smuggled in. Leaves out sending, and reading what comes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ccm.components import when
from ccm.records import Invitee, Mail, Topic

POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    All that the mail says.

    :ivar inviter: display name.
    :ivar reply_to: the inviter's mail address, or ``""``.
    :ivar link: with the secret token; it stands nowhere else.
    :ivar key: the outbox job's; the Message-ID is made of it, so a mail sent twice is recognised.
    """

    topic: Topic
    invitee: Invitee
    inviter: str
    reply_to: str
    link: str
    key: str
    sender: str
    now: datetime


def compose(invitation: Invitation) -> Mail:
    """The mail, complete."""
    topic, invitee = invitation.topic, invitation.invitee
    zone = when.zone_of(topic.zone)
    name, address = parseaddr(invitation.sender)
    local, _, domain = address.rpartition("@")
    values = {
        "inviter": invitation.inviter,
        "topic": topic.name,
        "when": _when(topic, invitation.now),
        "link": invitation.link,
        "until": when.spell(invitee.expires, invitation.now, zone).rsplit(", ", 1)[0] if invitee.expires else "",
        "address": invitee.address,
    }
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(f"{invitation.inviter} ({name})" if name else invitation.inviter, local, domain)
    to_local, _, to_domain = invitee.address.rpartition("@")
    to_domain = to_domain.encode("idna").decode()
    message["To"] = Address(invitee.name, to_local, to_domain)
    if invitation.reply_to:
        message["Reply-To"] = invitation.reply_to
    at = f", {values['when']}" if values["when"] else ""
    message["Subject"] = f"{invitation.inviter} invites you: {topic.name}{at}"
    message["Date"] = format_datetime(invitation.now)
    message["Message-ID"] = f"<{sha256(invitation.key.encode()).hexdigest()[:40]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_template("invitation.txt").render(values))
    message.add_alternative(_template("invitation.html").render(values), subtype="html")
    if topic.start is not None:
        entry = calendar(invitation, address)
        message.add_alternative(entry.decode(), subtype="calendar", params={"method": "REQUEST"})
        message.add_attachment(entry, "application", "ics", filename="invitation.ics")
    return Mail(address, f"{to_local}@{to_domain}", message.as_bytes())


def calendar(invitation: Invitation, sender: str) -> bytes:
    """An iTIP request (RFC 5546 §3.2.2) for the topic's time; its UID stays the topic's."""
    from icalendar import Calendar, Event, vCalAddress, vText

    topic, invitee = invitation.topic, invitation.invitee
    assert topic.start is not None
    entry = Calendar()
    for key, value in (("prodid", "-//CCM//Invitations//EN"), ("version", "2.0"), ("method", "REQUEST")):
        entry.add(key, value)
    event = Event()
    event.add("uid", f"{topic.id}@{topic.room.partition('@')[2]}")
    event.add("sequence", topic.revision)
    event.add("dtstamp", invitation.now)
    event.add("dtstart", topic.start)
    event.add("dtend", topic.start + timedelta(minutes=topic.minutes))
    event.add("summary", topic.name)
    event.add("description", f"{invitation.inviter} invites you to talk. Join here: {invitation.link}")
    event.add("url", invitation.link)
    organizer = vCalAddress(f"mailto:{sender}")
    organizer.params["cn"] = vText(invitation.inviter)
    event["organizer"] = organizer
    attendee = vCalAddress(f"mailto:{invitee.address}")
    for key, value in (
        ("cn", invitee.name),
        ("role", "REQ-PARTICIPANT"),
        ("partstat", "NEEDS-ACTION"),
        ("rsvp", "TRUE"),
    ):
        attendee.params[key] = vText(value)
    event.add("attendee", attendee, encode=False)
    entry.add_component(event)
    return bytes(entry.to_ical())


def _when(topic: Topic, now: datetime) -> str:
    """Without the distance, which would be wrong by the time the mail is read."""
    if topic.start is None:
        return ""
    return when.spell(topic.start, now, when.zone_of(topic.zone)).rsplit(", ", 1)[0]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ccm.components"), autoescape=select_autoescape(("html",)), undefined=StrictUndefined
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
