"""What comes back by mail: delivery reports, answers of calendars, and the listener that takes them in."""

import email
import json
import smtplib
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP, compat32
from typing import Any

import pytest
import pytest_twisted
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread

from ccm import records as r
from ccm.errors import StoreUnavailable
from ccm.web import dsn, replies
from ccm.web.intake import Intake, IntakeFactory
from ccm.web.mail import MailOptions

TOKEN = "0123456789abcdef" * 2
BOUNCES, RSVP = f"bounces+{TOKEN}@reply.example.net", f"rsvp+{TOKEN}@reply.example.net"

POSTFIX_REPORT = b"""From: MAILER-DAEMON@mail.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
Arrival-Date: Sun, 22 Nov 2026 13:00:00 +0000 (UTC)

Final-Recipient: rfc822; kim@example.org
Action: %b
Status: %b
Diagnostic-Code: %b

--b
Content-Type: message/rfc822

Subject: 5.7.1 is not what happened

Hello
--b--
"""


def parsed(data: bytes) -> Any:
    return email.message_from_bytes(data, policy=compat32)


def report(action: bytes = b"failed", status: bytes = b"5.1.1", said: bytes = b"smtp; 550 5.1.1 No such user") -> bytes:
    return POSTFIX_REPORT % (action, status, said)


def calendar(method: str = "REPLY", *lines: str, attendee: str = "kim@example.org", partstat: str = "ACCEPTED") -> str:
    return "\r\n".join(
        (
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//T//EN", f"METHOD:{method}", "BEGIN:VEVENT"),
            *("UID:t1@conference.example.org", "SEQUENCE:2", "DTSTAMP:20261122T120000Z", "DTSTART:20261124T140000Z"),
            f"ATTENDEE;PARTSTAT={partstat}:MAILTO:{attendee}",
            *lines,
            *("END:VEVENT", "END:VCALENDAR", ""),
        )
    )


def answer(text: str, kind: str = "calendar", words: str = "See below.", **headers: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "kim@example.org", RSVP, "Accepted"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    if text:
        message.add_alternative(text, subtype=kind, params={"method": "REPLY"})
    return message.as_bytes()


# ---- reports


def test_a_report_names_status_and_what_was_said() -> None:
    assert dsn.read(parsed(report())) == dsn.Report("failed", "5.1.1", "550 5.1.1 No such user")
    delayed = dsn.read(parsed(report(b"delayed", b"4.4.1", b"smtp; connect: timed out")))
    assert delayed == dsn.Report("delayed", "4.4.1", "connect: timed out")


def test_a_report_without_particulars_takes_the_status_of_the_other_server() -> None:
    found = dsn.read(parsed(report(b"failed", b"5.0.0", b"smtp; 552 5.2.2 Mailbox full")))
    assert found is not None
    assert found.status == "5.2.2"
    bare = dsn.read(parsed(report(b"failed", b"nothing", b"x-unix; quota exceeded")))
    assert bare == dsn.Report("failed", "5.0.0", "quota exceeded")


@pytest.mark.parametrize("action", [b"delivered", b"relayed", b"expanded", b"", b"whatever"])
def test_good_news_is_no_report(action: bytes) -> None:
    assert dsn.read(parsed(report(action, b"2.0.0", b"smtp; 250 ok"))) is None


def test_a_server_that_writes_no_reports_is_understood_by_its_status() -> None:
    text = b"From: Mail Delivery <MAILER-DAEMON@x.example>\n\nYour mail failed:\n  kim@example.org: 550 5.1.1 unknown\n"
    assert dsn.read(parsed(text)) == dsn.Report("failed", "5.1.1", "kim@example.org: 550 5.1.1 unknown")
    assert dsn.read(parsed(text.replace(b"MAILER-DAEMON", b"kim"))) is None


@settings(deadline=None)  # a busy machine is no defect
@given(st.binary(max_size=2000), st.booleans())
def test_no_mail_breaks_the_readers(noise: bytes, in_report: bool) -> None:
    data = report(said=noise.replace(b"\n", b" ")) if in_report else b"Content-Type: text/calendar\n\n" + noise
    dsn.read(parsed(data))
    dsn.read(parsed(noise))
    replies.read(parsed(data), "kim@example.org")
    replies.read(parsed(noise), "kim@example.org")


@settings(deadline=None)  # a busy machine is no defect
@given(st.lists(st.sampled_from([*calendar().splitlines(), "DTSTART:x", "BEGIN:VEVENT", ":", "ATTENDEE", "SEQUENCE:"])))
def test_no_calendar_breaks_the_readers(lines: list[str]) -> None:
    replies.read(parsed(answer("\r\n".join(lines))), "kim@example.org")


# ---- answers


def test_a_reply_tells_the_answer_the_time_and_the_comment() -> None:
    text = calendar("REPLY", "COMMENT:Looking forward")
    assert replies.read(parsed(answer(text)), "kim@example.org") == {
        "kind": "rsvp",
        "answer": "accepted",
        "uid": "t1@conference.example.org",
        "sequence": "2",
        "comment": "Looking forward",
        "start": "2026-11-24T14:00:00Z",
    }


def test_an_attached_file_counts_like_an_inline_part() -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content("Reply attached.")
    message.add_attachment(calendar(partstat="DECLINED").encode(), "application", "ics", filename="reply.ics")
    found = replies.read(parsed(message.as_bytes()), "kim@example.org")
    assert found is not None
    assert found["answer"] == "declined"


def test_a_counter_names_its_time() -> None:
    found = replies.read(parsed(answer(calendar("COUNTER"))), "kim@example.org")
    assert found is not None
    assert (found["kind"], found["start"]) == ("counter", "2026-11-24T14:00:00Z")


def test_of_several_attendees_only_the_invitee_counts() -> None:
    more = "ATTENDEE;PARTSTAT=DECLINED:mailto:lee@example.org"
    found = replies.read(parsed(answer(calendar("REPLY", more))), "kim@example.org")
    assert found is not None
    assert found["answer"] == "accepted"
    others = replies.read(parsed(answer(calendar("REPLY", more), Auto_Submitted="auto-generated")), "mona@example.org")
    assert others is None
    alias = replies.read(parsed(answer(calendar(attendee="k@other.example"))), "kim@example.org")
    assert alias is not None
    assert alias["answer"] == "accepted"


def test_words_without_a_calendar_are_shown_without_what_they_quote() -> None:
    text = answer("", words="I am late.\n> You wrote\n-- \nKim\n")
    assert replies.read(parsed(text), "kim@example.org") == {"kind": "words", "comment": "I am late."}
    assert replies.read(parsed(answer("", Auto_Submitted="auto-replied")), "kim@example.org") is None
    assert replies.read(parsed(report()), "kim@example.org") is None


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", ""])
def test_other_methods_answer_nothing(method: str) -> None:
    text = answer(calendar(method), Auto_Submitted="auto-generated")
    assert replies.read(parsed(text), "kim@example.org") is None


# ---- the listener


class Line:
    """A connection to the intake, by hand."""

    def __init__(self, factory: IntakeFactory) -> None:
        protocol = factory.buildProtocol(None)
        assert protocol is not None
        self.protocol = protocol
        self.transport = StringTransport()
        protocol.makeConnection(self.transport)
        self.read()

    def read(self) -> str:
        text = self.transport.value().decode()
        self.transport.clear()
        return text

    async def say(self, *lines: str) -> str:
        for line in lines:
            self.protocol.dataReceived(line.encode() + b"\r\n")
        for _ in range(200):
            if self.transport.value():
                break
            await pytest_twisted.defer.ensureDeferred(_moment())
        return self.read()

    async def begin(self, greeting: str = "EHLO mail.example.net") -> str:
        answered = await self.say(greeting)
        assert (await self.say("MAIL FROM:<>")).startswith("250")
        return answered

    async def deliver(self, data: bytes, *recipients: str) -> str:
        for recipient in recipients:
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250")
        assert (await self.say("DATA")).startswith("354")
        return await self.say(*data.decode("latin-1").splitlines(), ".")


async def _moment() -> None:
    from twisted.internet.task import deferLater

    await deferLater(reactor, 0.01, lambda: None)


@pytest.fixture
def options() -> MailOptions:
    return MailOptions(intake_bytes=4000, intake_connections=2, intake_seconds=30)


@pytest.fixture
def factory(site: Any, options: MailOptions) -> IntakeFactory:
    """The intake over real stores, with Kim invited."""
    now = site.clock.moment()
    stores = site.stores
    topic = r.Topic(
        "t1", "Audit", "t1@conference.example.org", "ann@x", "planned", now + timedelta(days=2), 60, "UTC", "en", now
    )
    invitee = r.Invitee("i1", "t1", "kim@example.org", "Kim", "ann@x", "offered", mail_token=TOKEN)

    async def prepare() -> None:
        await stores.topics.save(topic)
        await stores.topics.save_invitee(invitee)

    pytest_twisted.blockon(pytest_twisted.defer.ensureDeferred(prepare()))
    return IntakeFactory(Intake(stores.topics, stores.outbox, stores.state), options, Clock())


async def arrived(site: Any) -> list[dict[str, str]]:
    return [json.loads(job.payload) for job in await site.stores.outbox.claim("arrived", 10, 60)]


@pytest_twisted.ensureDeferred
async def test_a_report_is_kept_before_it_is_answered(site: Any, factory: IntakeFactory) -> None:
    line = Line(factory)
    heard: list[bytes] = []
    await site.stores.state.subscribe("mail-arrived", heard.append)
    greeting = await line.begin()
    assert "SIZE 4000" in greeting
    assert "8BITMIME" in greeting
    assert await line.deliver(report(), BOUNCES.upper().replace("REPLY", "reply")) == "250 2.0.0 Taken\r\n"
    assert await arrived(site) == [{"kind": "bounce", "said": "5.1.1 550 5.1.1 No such user", "token": TOKEN}]
    assert heard
    await line.begin()
    assert await line.deliver(report(), BOUNCES) == "250 2.0.0 Taken\r\n"
    assert await arrived(site) == []  # the same mail again


@pytest_twisted.ensureDeferred
async def test_an_answer_is_kept(site: Any, factory: IntakeFactory) -> None:
    line = Line(factory)
    await line.begin("HELO mail.example.net")
    assert await line.deliver(answer(calendar()), RSVP) == "250 2.0.0 Taken\r\n"
    (facts,) = await arrived(site)
    assert (facts["kind"], facts["answer"], facts["token"]) == ("rsvp", "accepted", TOKEN)


@pytest_twisted.ensureDeferred
async def test_lmtp_answers_for_each_recipient(site: Any, factory: IntakeFactory) -> None:
    line = Line(factory)
    await line.begin("LHLO mail.example.net")
    told = await line.deliver(answer(calendar()), RSVP, BOUNCES)
    assert told == "250 2.0.0 Taken\r\n" * 2
    assert len(await arrived(site)) == 1


@pytest.mark.parametrize(
    "address",
    [
        "ann@reply.example.net",
        f"rsvp+{'f' * 32}@reply.example.net",
        f"other+{TOKEN}@reply.example.net",
        "rsvp+'; DROP TABLE invitees@reply.example.net",
        f"rsvp+{TOKEN}x@reply.example.net",
    ],
)
@pytest_twisted.ensureDeferred
async def test_other_addresses_are_refused_at_once(site: Any, factory: IntakeFactory, address: str) -> None:
    line = Line(factory)
    await line.begin()
    assert (await line.say(f"RCPT TO:<{address}>"))[:3] in ("550", "501", "553")
    assert (await line.say("DATA")).startswith("503")


@pytest_twisted.ensureDeferred
async def test_what_is_too_big_is_refused_and_the_next_mail_taken(site: Any, factory: IntakeFactory) -> None:
    line = Line(factory)
    await line.begin()
    big = answer(calendar()) + b"\r\n".join([b"x" * 70] * 100)
    assert (await line.deliver(big, RSVP)).startswith("552 5.3.4")
    await line.begin()
    assert await line.deliver(answer(calendar()), RSVP) == "250 2.0.0 Taken\r\n"
    assert len(await arrived(site)) == 1


@pytest_twisted.ensureDeferred
async def test_while_nothing_can_be_kept_the_sender_keeps_it(site: Any, options: MailOptions, factory: Any) -> None:
    class Full:
        async def add(self, _jobs: Any) -> None:
            raise StoreUnavailable("the disk is full")

    class Away:
        async def invitee_by_mail_token(self, _token: str) -> None:
            raise StoreUnavailable("the database is away")

    full = Intake(site.stores.topics, Full(), site.stores.state)  # type: ignore[arg-type]
    line = Line(IntakeFactory(full, options, Clock()))
    await line.begin()
    assert (await line.deliver(answer(calendar()), RSVP)).startswith("451 4.3.0")
    away = Intake(Away(), site.stores.outbox, site.stores.state)  # type: ignore[arg-type]
    line = Line(IntakeFactory(away, options, Clock()))
    await line.begin()
    assert (await line.say(f"RCPT TO:<{RSVP}>")).startswith("451 4.3.0")


def test_connections_are_bounded(factory: IntakeFactory) -> None:
    lines = [Line(factory) for _ in range(2)]
    assert factory.buildProtocol(None) is None
    lines[0].protocol.connectionLost(None)  # type: ignore[arg-type]
    assert factory.buildProtocol(None) is not None


@pytest_twisted.ensureDeferred
async def test_commands_of_no_kind_get_an_answer(factory: IntakeFactory) -> None:
    line = Line(factory)
    for command in ("\xff\xfe", "", "VRFY kim", "AUTH PLAIN x", "STARTTLS"):
        assert (await line.say(command))[:1] in ("4", "5")


@pytest_twisted.ensureDeferred
async def test_a_library_of_mail_gets_along_with_it(site: Any, factory: IntakeFactory) -> None:
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")  # type: ignore[attr-defined]
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "kim@example.org", RSVP
    message.set_content("Ich käme gern später.", cte="8bit")

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port.getHost().port, timeout=10) as client:
            client.send_message(message)

    try:
        await deferToThread(send)
    finally:
        await port.stopListening()
    assert await arrived(site) == [{"kind": "words", "comment": "Ich käme gern später.", "token": TOKEN}]


@pytest_twisted.ensureDeferred
async def test_a_mail_of_mails_of_mails_is_left_unread(site: Any, factory: IntakeFactory) -> None:
    line = Line(factory)
    await line.begin()
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(50))
    assert await line.deliver(nested + answer(calendar()), RSVP) == "250 2.0.0 Taken\r\n"
    assert await arrived(site) == []


def test_a_time_out_of_all_bounds_is_none() -> None:
    text = calendar().replace("20261124T140000Z", "99991231T230000Z")
    facts = replies.read(email.message_from_bytes(answer(text), policy=compat32), "kim@example.org")
    assert facts is not None
    assert facts["start"] == ""
