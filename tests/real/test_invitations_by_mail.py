"""Invitations through a Postfix that really runs, from the request in a chat to the answer in the same chat."""

import contextlib
import email
import email.policy
import smtplib
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import pytest_twisted
from icalendar import Calendar, vText
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns
from ccm.testing.clients import sign_in

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

PASSWORD = "a meadow in November"
INVITATIONS = "invitations.localhost"
#: What the inviter is told, and how soon after the report came in.
TOLD_SECONDS = 5.0
PATIENCE_SECONDS = 30.0
START = (datetime.now(UTC) + timedelta(days=10)).replace(hour=14, minute=0, second=0, microsecond=0)
LATER = START + timedelta(days=1, hours=1)


class Inviter:
    """Ann, signed in; she remembers what she hears."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._count = 0
        self.heard: list[tuple[float, str]] = []

    async def ask(self, payload: str, to: str = INVITATIONS, type_: str = "set") -> Any:
        """The element in the answer."""
        self._count += 1
        id_ = f"q{self._count}"
        self._client.send(f"<iq to='{to}' type='{type_}' id='{id_}'>{payload}</iq>")
        while True:
            element = await self._next()
            if element.name == "iq" and element["id"] == id_:
                assert element["type"] == "result", element.toXml()
                return element.firstChildElement()

    async def invite(self, address: str, name: str) -> tuple[Any, Any]:
        """The ``<invitee/>`` and the ``<topic/>``."""
        done = await self.ask(
            f"<invite xmlns='{ns.INVITATIONS}' address='{address}' name='{name}' start='{START:%Y-%m-%dT%H:%M:%SZ}'/>"
        )
        return next(done.elements(ns.INVITATIONS, "invitee")), next(done.elements(ns.TOPICS, "topic"))

    async def hears(self, words: str) -> tuple[float, str]:
        """The moment and the text of the first chat message with those words."""
        while True:
            for heard in self.heard:
                if words in heard[1]:
                    return heard
            await self._next()

    async def states(self, topic: str) -> dict[str, str]:
        """The states of a topic's invitees, by address."""
        listed = await self.ask(f"<invitations xmlns='{ns.INVITATIONS}' topic='{topic}'/>", type_="get")
        return {each["address"]: each["state"] for each in listed.elements(ns.INVITATIONS, "invitee")}

    async def _next(self) -> Any:
        element = await self._client.receive()
        assert element is not None, "the stream ended"
        if element.name == "message" and element.getAttribute("type") == "chat":
            for body in element.elements(ns.CLIENT, "body"):
                self.heard.append((time.monotonic(), str(body)))
        return element


async def play(server_processes: Any, postfix: Any, port: int) -> tuple[Any, Inviter]:
    """A server that mails by way of Postfix, and Ann."""
    server = server_processes(
        {
            "mail": {
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "tls": "off",
                "sender": "noreply@example.net",
                "intake": [f"tcp:{postfix.intake}:interface=127.0.0.1"],
                "reply_domain": "reply.example.net",
            },
            "components.invitations": {"update_seconds": 0.2},
        }
    )
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(server.start)
    return server, await enter(server)


async def enter(server: Any) -> Inviter:
    """Ann signs in."""
    client = await sign_in(
        reactor,
        "tcp",
        port=server.c2s,
        domain="localhost",
        name="ann",
        password=PASSWORD,
        timeout_seconds=PATIENCE_SECONDS,
    )
    client.send("<presence/>")
    return Inviter(client)


async def arrived(postfix: Any, subject: str) -> Any:
    """The delivered mail of that subject, once it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        for content in postfix.delivered():
            message = email.message_from_bytes(content, policy=email.policy.default)
            if subject in message["Subject"]:
                return message
        assert time.monotonic() < deadline, postfix.log()
        await deferLater(reactor, 0.05)


def entry(message: Any) -> tuple[str, Any]:
    """The method and the event of a mail's calendar part."""
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == str(calendar["METHOD"])
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def reply(message: Any, partstat: str, sender: str, attendee: str | None = None) -> EmailMessage:
    """What a mail program answers to an invitation."""
    _, event = entry(message)
    calendar = Calendar()
    for key, value in (("prodid", "-//Test//EN"), ("version", "2.0"), ("method", "REPLY")):
        calendar.add(key, value)
    (mine,) = [event["ATTENDEE"]]
    mine.params["PARTSTAT"] = vText(partstat)
    if attendee:
        event["ATTENDEE"] = type(mine)(f"mailto:{attendee}")
        event["ATTENDEE"].params["PARTSTAT"] = vText(partstat)
    calendar.add_component(event)
    answer = EmailMessage(policy=email.policy.SMTP)
    answer["From"], answer["To"] = sender, str(event["ORGANIZER"]).removeprefix("mailto:")
    answer["Subject"] = f"{partstat.capitalize()}: {event['SUMMARY']}"
    answer.set_content("Answered by a mail program.")
    answer.add_alternative(calendar.to_ical().decode(), subtype="calendar", params={"method": "REPLY"})
    return answer


async def send(postfix: Any, message: EmailMessage) -> None:
    """Hand a mail to Postfix, as an invitee's server would."""

    def sent() -> None:
        with smtplib.SMTP("127.0.0.1", postfix.port, timeout=10) as client:
            client.send_message(message)

    await deferToThread(sent)


async def passed_on(postfix: Any, words: str) -> float:
    """The moment at which Postfix says that the intake took something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not [line for line in postfix.log().splitlines() if words in line and "status=sent" in line]:
        assert time.monotonic() < deadline, postfix.log()
        await deferLater(reactor, 0.02)
    return time.monotonic()


def report_address(server: Any, invitee: str) -> str:
    """How Postfix's log names a report about that invitee."""
    with contextlib.closing(sqlite3.connect(server.state / "ccm.sqlite")) as database:
        row = database.execute("SELECT mail_token FROM invitees WHERE id = ?", (invitee,)).fetchone()
    return f"to=<bounces+{row[0]}@"


@pytest_twisted.ensureDeferred
async def test_an_invitation_is_delivered_changed_and_cancelled_in_one_calendar(
    server_processes: Any, postfix: Any
) -> None:
    _, ann = await play(server_processes, postfix, postfix.port)
    invitee, topic = await ann.invite("kim@example.org", "Licence audit")
    first = await arrived(postfix, "Ann invites you: Licence audit")
    method, event = entry(first)
    assert (method, int(event["SEQUENCE"]), event["UID"]) == ("REQUEST", 0, f"{topic['id']}@conference.localhost")
    assert event.decoded("dtstart") == START
    organizer = str(event["ORGANIZER"])
    assert organizer.startswith("mailto:rsvp+")
    assert organizer.endswith("@reply.example.net")
    assert first["Return-Path"].startswith("<bounces+")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_filename() for part in first.iter_attachments()] == ["invitation.ics"]
    await ann.ask(
        f"<reschedule xmlns='{ns.TOPICS}' id='{topic['id']}' start='{LATER:%Y-%m-%dT%H:%M:%SZ}'/>", "topics.localhost"
    )
    changed = await arrived(postfix, "Changed: Licence audit")
    method, moved = entry(changed)
    assert (method, moved["UID"], str(moved["ORGANIZER"])) == ("REQUEST", event["UID"], organizer)
    assert int(moved["SEQUENCE"]) > 0
    assert moved.decoded("dtstart") == LATER
    await ann.ask(f"<revoke xmlns='{ns.INVITATIONS}' id='{invitee['id']}'/>")
    method, gone = entry(await arrived(postfix, "Cancelled: Licence audit"))
    assert (method, gone["UID"], str(gone["STATUS"])) == ("CANCEL", event["UID"], "CANCELLED")
    assert int(gone["SEQUENCE"]) > int(moved["SEQUENCE"])


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (
            "nobody@example.org",
            "The invitation to nobody@example.org did not arrive: example.org has no mailbox of that name. "
            "Reports stands; check the address and invite the right one.",
        ),
        (
            "full@example.org",
            "The invitation to full@example.org did not arrive: that mailbox is full. "
            "Reports stands; send it again later, or tell Full another way.",
        ),
        (
            "kim@nowhere.example",
            "The invitation to kim@nowhere.example did not arrive: there is no mail server for nowhere.example. "
            "Reports stands; check the address and invite the right one.",
        ),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_report_minutes_later_is_told_in_one_exact_sentence(
    server_processes: Any, postfix: Any, address: str, sentence: str
) -> None:
    server, ann = await play(server_processes, postfix, postfix.late_port)
    invitee, topic = await ann.invite(address, "Reports")
    assert invitee["state"] == "offered"
    reporting = Deferred.fromCoroutine(passed_on(postfix, report_address(server, invitee["id"])))
    told, text = await ann.hears("did not arrive")
    reported = await reporting
    assert text == sentence
    assert told - reported < TOLD_SECONDS
    assert await ann.states(topic["id"]) == {address: "bounced"}


@pytest_twisted.ensureDeferred
async def test_a_refusal_at_once_is_told_in_the_same_words(server_processes: Any, postfix: Any) -> None:
    _, ann = await play(server_processes, postfix, postfix.port)
    _, topic = await ann.invite("nobody@example.org", "Refusals")
    _, text = await ann.hears("did not arrive")
    assert text == (
        "The invitation to nobody@example.org did not arrive: example.org has no mailbox of that name. "
        "Refusals stands; check the address and invite the right one."
    )
    assert await ann.states(topic["id"]) == {"nobody@example.org": "bounced"}


@pytest_twisted.ensureDeferred
async def test_a_mail_server_that_is_down_is_told_at_once_and_gets_the_same_mail_later(
    server_processes: Any, own_postfix: Any
) -> None:
    _, ann = await play(server_processes, own_postfix, own_postfix.port)
    began = time.monotonic()
    invitee, topic = await ann.invite("kim@example.org", "Storms")
    told, text = await ann.hears("has not left yet")
    assert told - began < TOLD_SECONDS
    assert text == (
        "The invitation to kim@example.org has not left yet: the mail server cannot be reached; I keep trying."
    )
    await deferToThread(own_postfix.start)
    _, text = await ann.hears("is on its way")
    assert text == "The invitation to kim@example.org is on its way now."
    message = await arrived(own_postfix, "Ann invites you: Storms")
    assert [text for _, text in ann.heard if "has not left yet" in text] == [
        "The invitation to kim@example.org has not left yet: the mail server cannot be reached; I keep trying."
    ]
    mails = [email.message_from_bytes(each, policy=email.policy.default) for each in own_postfix.delivered()]
    assert [each["Message-ID"] for each in mails] == [message["Message-ID"]]
    assert message["Message-ID"].endswith("@example.net>")
    assert await ann.states(topic["id"]) == {"kim@example.org": "offered"}
    assert invitee["state"] == "offered"


@pytest_twisted.ensureDeferred
async def test_a_mail_that_waits_outlives_a_killed_server(server_processes: Any, own_postfix: Any) -> None:
    server, ann = await play(server_processes, own_postfix, own_postfix.port)
    _, topic = await ann.invite("kim@example.org", "Power cuts")
    await ann.hears("has not left yet")
    await deferToThread(server.kill)
    await deferToThread(server.start)
    again = await enter(server)
    await deferToThread(own_postfix.start)
    await arrived(own_postfix, "Ann invites you: Power cuts")
    _, text = await again.hears("is on its way")
    assert text == "The invitation to kim@example.org is on its way now."
    assert len(own_postfix.delivered()) == 1
    assert await again.states(topic["id"]) == {"kim@example.org": "offered"}


@pytest_twisted.ensureDeferred
async def test_a_reply_changes_exactly_that_invitee(server_processes: Any, postfix: Any) -> None:
    server, ann = await play(server_processes, postfix, postfix.late_port)
    _, topic = await ann.invite("kim@example.org", "Answers")
    for other in ("lee@example.org", "mona@example.org"):
        await ann.ask(f"<invite xmlns='{ns.INVITATIONS}' address='{other}' topic='{topic['id']}'/>")
    await ann.hears("mona@example.org did not arrive")
    await ann.hears("lee@example.org did not arrive")
    message = await arrived(postfix, "Ann invites you: Answers")
    # Somebody else's name as sender and as attendee: the address that it comes to counts alone.
    forged = reply(message, "TENTATIVE", "lee@example.org", "lee@example.org")
    await send(postfix, forged)
    _, text = await ann.hears("Kim may come")
    assert text.startswith("Kim may come: Answers, ")
    assert f"{START.day} " in text
    assert text.endswith("14:00 UTC.")
    by_lmtp = reply(message, "ACCEPTED", "kim@example.org")
    by_lmtp.replace_header("To", str(by_lmtp["To"]).replace("@reply.", "@lmtp."))
    await send(postfix, by_lmtp)
    await ann.hears("Kim is coming: Answers")
    assert await ann.states(topic["id"]) == {
        "kim@example.org": "accepted",
        "lee@example.org": "bounced",
        "mona@example.org": "bounced",
    }
    stranger = reply(message, "DECLINED", "kim@example.org")
    del stranger["To"]
    stranger["To"] = "rsvp+00000000000000000000000000000000@reply.example.net"
    await send(postfix, stranger)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "Nobody is invited by that address" not in postfix.log():
        assert time.monotonic() < deadline, postfix.log()
        await deferLater(reactor, 0.05)
    assert (await ann.states(topic["id"]))["kim@example.org"] == "accepted"
    assert server.running
