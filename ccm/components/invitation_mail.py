"""
The mails to an invitee: invitation, change, reminder, cancellation, as plain text, HTML and a calendar entry (RFC 5322,
RFC 6047), with one-click unsubscription (RFC 8058).

Everything that people typed passes through the email package or Jinja2's escaping, and holds no control characters,
so no header or markup can be smuggled in. Leaves out sending, and reading what comes back.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from hashlib import sha256
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from ccm.components import when
from ccm.components.invitation_calendar import Entry, Method, encode, sequence
from ccm.records import Invitee, Mail, Topic

POLICY = SMTP.clone(cte_type="7bit")

#: What a mail is about; the first part of its outbox key. ``again`` is an invitation that was mailed before.
#: ``revoke`` takes back one invitation, ``cancel`` the meeting.
Kind = Literal["invite", "again", "update", "remind", "revoke", "cancel"]

_SUBJECTS: dict[Kind, str] = {
    "invite": "{inviter} invites you: {topic}",
    "again": "{inviter} invites you: {topic}",
    "update": "Changed: {topic}",
    "remind": "Reminder: {topic}",
    "revoke": "Cancelled: {topic}",
    "cancel": "Cancelled: {topic}",
}
_GONE: tuple[Kind, ...] = ("revoke", "cancel")


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    All that the mail says.

    :ivar inviter: display name.
    :ivar reply_to: the inviter's mail address; ``""`` has words answered into their chat, where mail comes back here.
    :ivar link: with the secret token; it stands nowhere else. ``""`` in a cancellation.
    :ivar key: the outbox job's; the Message-ID is made of it, so a mail sent twice is recognised.
    :ivar kind: what it is about.
    :ivar replies: the domain whose ``rsvp+`` and ``bounces+`` addresses come back here; ``""`` if none do.
    :ivar answers: URL of the page to answer on, or ``""``. :ivar unsubscribe: likewise.
    :ivar was: the time that a change or a cancellation makes void.
    :ivar serial: SEQUENCE of the calendar entry; ``None`` for the topic's and invitee's own.
    """

    topic: Topic
    invitee: Invitee
    inviter: str
    reply_to: str
    link: str
    key: str
    sender: str
    now: datetime
    kind: Kind = "invite"
    replies: str = ""
    answers: str = ""
    unsubscribe: str = ""
    was: datetime | None = None
    serial: int | None = None


def compose(invitation: Invitation) -> Mail:
    """The mail, complete."""
    topic, invitee, kind = invitation.topic, invitation.invitee, invitation.kind
    zone = when.zone_of(topic.zone)
    name, address = parseaddr(invitation.sender)
    local, _, domain = address.rpartition("@")
    inviter = " ".join("".join(c if c.isprintable() else " " for c in invitation.inviter).split())
    invitation = replace(invitation, inviter=inviter)
    at = spelled(topic, invitation.was if kind in _GONE else topic.start, invitation.now)
    values = {
        "kind": kind,
        "inviter": inviter,
        "topic": topic.name,
        "when": at,
        "was": spelled(topic, invitation.was, invitation.now),
        "link": invitation.link,
        "answers": invitation.answers,
        "unsubscribe": invitation.unsubscribe,
        "until": when.spell(invitee.expires, invitation.now, zone).rsplit(", ", 1)[0] if invitee.expires else "",
        "address": invitee.address,
    }
    message = EmailMessage(policy=POLICY)
    known = plain_name(inviter)
    message["From"] = Address(f"{known} ({plain_name(name)})" if name else known, local, domain)
    to_local, _, to_domain = invitee.address.rpartition("@")
    to_domain = to_domain.encode("idna").decode()
    message["To"] = Address(plain_name(invitee.name), to_local, to_domain)
    reply_to = invitation.reply_to or _own_address("rsvp", invitation, "")
    if reply_to:
        message["Reply-To"] = reply_to
    subject = _SUBJECTS[kind].format(inviter=inviter, topic=topic.name) + (f", {at}" if at else "")
    message["Subject"] = without_encoded_words(subject)
    message["Date"] = format_datetime(invitation.now)
    message["Message-ID"] = message_id(invitation.key, domain)
    message["Auto-Submitted"] = "auto-generated"
    if invitation.unsubscribe:
        message["List-Unsubscribe"] = f"<{invitation.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_template("invitation.txt").render(values))
    message.add_alternative(_template("invitation.html").render(values), subtype="html")
    _add_entry(message, invitation, address)
    return Mail(_own_address("bounces", invitation, address), f"{to_local}@{to_domain}", message.as_bytes())


def plain_name(text: str) -> str:
    """A name that stands before an address, without what could be read as another address there (RFC 5322 §3.4)."""
    kept = "".join(c if c.isalnum() or c in " .'’-_" or unicodedata.combining(c) else " " for c in text)
    return " ".join(kept.split())[:60].strip()


def without_encoded_words(text: str) -> str:
    """Typed text that no header's parser decodes (RFC 2047): the email package would, line ends included."""
    return text.replace("=?", "= ?")


def calendar(invitation: Invitation, sender: str) -> bytes:
    """An iTIP request for the topic's time. The topic has one."""
    return _entry(invitation, sender, "REQUEST", invitation.topic.start)


def message_id(key: str, domain: str) -> str:
    """Message-ID of the outbox job with that key."""
    return f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def spelled(topic: Topic, at: datetime | None, now: datetime) -> str:
    """A time in words without the distance, which would be wrong by the time the mail is read."""
    return "" if at is None else when.spell(at, now, when.zone_of(topic.zone)).rsplit(", ", 1)[0]


def _add_entry(message: EmailMessage, invitation: Invitation, sender: str) -> None:
    """The calendar part for mail programs and the file for people; nothing if no calendar is concerned."""
    gone = invitation.kind in _GONE or invitation.topic.start is None
    method: Method = "CANCEL" if gone else "REQUEST"
    start = invitation.was if gone else invitation.topic.start
    if start is None:
        return
    entry = _entry(invitation, sender, method, start)
    message.add_alternative(entry.decode(), subtype="calendar", params={"method": method})
    message.add_attachment(entry, "application", "ics", filename="cancelled.ics" if gone else "invitation.ics")


def _entry(invitation: Invitation, sender: str, method: Method, start: datetime | None) -> bytes:
    assert start is not None
    topic, invitee, serial = invitation.topic, invitation.invitee, invitation.serial
    return encode(
        Entry(
            method=method,
            topic=topic,
            invitee=invitee,
            start=start,
            sequence=sequence(topic, invitee) if serial is None else serial,
            inviter=invitation.inviter,
            organizer=_own_address("rsvp", invitation, sender),
            link=invitation.link if method == "REQUEST" else "",
            now=invitation.now,
        )
    )


def _own_address(purpose: str, invitation: Invitation, sender: str) -> str:
    """The address with the invitee's token that comes back here; the sender's where none does."""
    token = invitation.invitee.mail_token
    return f"{purpose}+{token}@{invitation.replies}" if invitation.replies and token else sender


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ccm.components"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
