"""Mail handed to a Postfix that really runs."""

import email
import email.policy
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import pytest_twisted
from icalendar import Calendar
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm.components.invitation_mail import Invitation, compose
from ccm.errors import Rejected
from ccm.records import Invitee, Mail, OutboxJob, Topic
from ccm.web.letters import Letters
from ccm.web.mail import MailJobs, MailOptions
from ccm.web.smtp import SmtpMailer

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DELIVERY_SECONDS = 20.0


def mailer(postfix):
    return SmtpMailer(reactor, MailOptions(smtp_host="127.0.0.1", smtp_port=postfix.port, tls="off"))


def invitation(address, name="Kim Boateng"):
    topic = Topic(
        "t1",
        "Données ouvertes",
        "t1@conference.example.net",
        "ann@example.net",
        "planned",
        NOW + timedelta(days=2),
        60,
        "Europe/Berlin",
        "en",
        NOW,
    )
    hash_ = hashlib.sha256(b"token").digest()
    invitee = Invitee("i1", "t1", address, name, "ann@example.net", "offered", None, "", hash_, NOW + timedelta(days=7))
    link = "https://chat.example.net/i/token"
    sender = "CCM <noreply@example.net>"
    return compose(Invitation(topic, invitee, "Ann Visser", "ann@mail.example", link, "invite:i1:1", sender, NOW))


async def arrived(postfix, subject):
    """The delivered mail of that subject, once it is there."""
    deadline = time.monotonic() + DELIVERY_SECONDS
    while True:
        for content in postfix.delivered():
            message = email.message_from_bytes(content, policy=email.policy.default)
            if subject in message["Subject"]:
                return message
        assert time.monotonic() < deadline, postfix.log()
        await deferLater(reactor, 0.05)


@pytest_twisted.ensureDeferred
async def test_an_invitation_lies_in_the_mailbox_with_its_calendar_part(postfix):
    await mailer(postfix).send(invitation("kim@example.org"))
    message = await arrived(postfix, "Ann Visser invites you: Données ouvertes")
    assert message["Reply-To"] == "ann@mail.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "https://chat.example.net/i/token" in message.get_body(("plain",)).get_content()
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    (event,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert event["summary"] == "Données ouvertes"
    assert event.decoded("dtstart") == NOW + timedelta(days=2)
    assert [part.get_filename() for part in message.iter_attachments()] == ["invitation.ics"]


@pytest_twisted.ensureDeferred
async def test_an_address_with_a_detail_reaches_the_same_mailbox(postfix):
    text = b"From: a@example.net\r\nTo: kim+rsvp@example.org\r\nSubject: With detail\r\n\r\n.dot\r\n"
    await mailer(postfix).send(Mail("a@example.net", "kim+rsvp@example.org", text))
    message = await arrived(postfix, "With detail")
    assert message.get_content() == ".dot\n"


@pytest_twisted.ensureDeferred
async def test_the_mail_of_a_registration_arrives_whole(postfix):
    letters = Letters("noreply@example.net", "CCM", "https://chat.example.net/", NOW.timestamp)
    link = "https://chat.example.net/validate/" + "x" * 43
    payload = letters.validate("validate:1", "kim@example.org", "Kim Ümit", link, 24)
    jobs = MailJobs(mailer(postfix), lambda channel, facts: None)
    await jobs.deliver(OutboxJob(1, "mail", "validate:1", payload))
    message = await arrived(postfix, "Confirm your mail address")
    text = message.get_content()
    assert link in text
    assert "Kim Ümit" in text
    assert message["Message-ID"] == "<validate.1@example.net>"


@pytest_twisted.ensureDeferred
async def test_a_mailbox_that_does_not_exist_is_refused_at_once_in_words(postfix):
    with pytest.raises(Rejected, match=r"nobody@example\.org was refused: 550 5\.1\.1 .*User unknown"):
        await mailer(postfix).send(invitation("nobody@example.org"))
    told = []

    async def tell(channel, facts):
        told.append((channel, facts["address"]))

    mail = invitation("nobody@example.org")
    payload = {"sender": mail.sender, "recipient": mail.recipient, "message": mail.message.decode()}
    jobs = MailJobs(mailer(postfix), tell)
    job = OutboxJob(1, "mail", "invite:i1:1", json.dumps(payload))
    with pytest.raises(Rejected) as caught:
        await jobs.deliver(job)
    await jobs.parked(job, str(caught.value))
    assert told == [("mail-failed", "nobody@example.org")]
