"""What invitees are mailed as a topic changes, and what they and their servers answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_string
from email.policy import default
from hashlib import sha256
from typing import Any

import pytest
import pytest_twisted
from icalendar import Calendar
from sqlalchemy import select
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.components.delivery_words import verdict, waiting
from ccm.components.invitation_answers import TOLD_PER_HOUR
from ccm.components.invitation_desk import ONLINE, InvitationDesk
from ccm.components.invitation_post import Limits
from ccm.modules import online
from ccm.router.hooks import HANDLED, Target, on
from ccm.store.schema import outbox

INVITATIONS, TOPICS = "invitations.localhost", "topics.localhost"
LIMITS = Limits(100, 100, 100, 7)


class Chats:
    """Notes chat messages to accounts."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    @on.message("chat", to=Target.ACCOUNT)
    def chat(self, stanza: Any, origin: Any) -> Any:
        self.told.append((stanza.to, stanza.child_text("body") or ""))
        return HANDLED

    @on.message(to=Target.ACCOUNT)
    def note(self, stanza: Any, origin: Any) -> Any:
        return HANDLED

    def texts(self, who: str = "ann@localhost") -> list[str]:
        return [text for to, text in self.told if to == who]


class World:
    """Topics and invitations side by side, and Ann who owns what is made."""

    def __init__(self, stage: Any, **options: Any) -> None:
        self.stage = stage
        self.chats = Chats()
        stage.router.attach(self.chats)
        stage.host(topics.plugin)
        values = {"update_seconds": 0.0, "round_seconds": 0.02, "mails_per_address_per_day": 100, **options}
        self.options = invitations.InvitationsOptions(**values)
        stage.host(invitations.plugin, self.options, mail_replies="reply.example.net")
        self.ann: Any = None

    async def invite(self, address: str = "kim@example.org", **attributes: str) -> tuple[Any, Any]:
        """The stored invitee and topic."""
        self.ann = self.ann or await self.stage.person("ann", "Ann", "ann@mail.example")
        values = {"address": address, "name": "Audit", "start": "2026-11-24T14:00:00Z", **attributes}
        done = await self.ask("invite", **values)
        invitee = next(done.elements(ns.INVITATIONS, "invitee"))
        return await self.invitee(invitee["id"]), await self.stage.stores.topics.get(invitee["topic"])

    async def ask(self, name: str, to: str = INVITATIONS, /, who: Any = None, **attributes: str) -> Any:
        answer = await self.raw(name, to, who=who, **attributes)
        assert answer["type"] == "result", answer.toXml()
        return answer.firstChildElement()

    async def raw(self, name: str, to: str = INVITATIONS, /, who: Any = None, **attributes: str) -> Any:
        text = "".join(f" {key}='{value}'" for key, value in attributes.items())
        space = ns.TOPICS if to == TOPICS else ns.INVITATIONS
        return await (who or self.ann).ask(to, "set", f"<{name} xmlns='{space}'{text}/>")

    async def invitee(self, id_: str) -> Any:
        return await self.stage.stores.topics.invitee(id_)

    async def mails(self, *, leave: bool = False) -> list[Any]:
        """What went out since the last look; *leave* keeps it waiting."""
        found = []
        for job in await self.stage.stores.outbox.claim("mail", 50, 600):
            payload = json.loads(job.payload)
            mail = message_from_string(payload["message"], policy=default)
            mail.key, mail.envelope = job.key, payload["sender"]  # type: ignore[attr-defined]
            found.append(mail)
            if leave:
                await self.stage.stores.outbox.retry(job.id, 0, "not yet")
            else:
                await self.stage.stores.outbox.done(job.id)
        return found

    async def mail(self, words: str) -> Any:
        """The next mail whose subject holds *words*; the others are taken with it."""
        for _ in range(300):
            for mail in await self.mails():
                if words in mail["Subject"]:
                    return mail
            await wait()
        raise AssertionError(f"no mail about {words}")

    async def hear(self, **facts: str) -> None:
        """Hand facts over as the intake does."""
        count = len(self.chats.told)
        await self.stage.stores.outbox.add([("arrived", f"arrived:{count}{json.dumps(facts)}", json.dumps(facts))])
        await self.stage.stores.state.publish("mail-arrived", b"{}")
        await until_async(self.taken_in)

    async def taken_in(self) -> bool:
        """Whether all that was handed over has been dealt with."""
        left = select(outbox.c.id).where(outbox.c.kind == "arrived", outbox.c.state != "done")
        return await self.stage.stores.database.read(lambda connection: connection.execute(left).first()) is None

    async def told(self, words: str) -> str:
        await until(lambda: any(words in text for text in self.chats.texts()))
        return next(text for text in self.chats.texts() if words in text)


async def wait() -> None:
    await deferLater(reactor, 0.01, lambda: None)


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(500):
        if condition():
            return
        await wait()
    raise AssertionError("it did not come to that")


async def until_async(condition: Any) -> None:
    for _ in range(300):
        if await condition():
            return
        await wait()
    raise AssertionError("it did not come to that")


def entry(mail: Any) -> tuple[str, Any]:
    """Method and event of a mail's calendar part."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


@pytest.fixture
def world(stage: Any, rooms: Any) -> World:
    return World(stage)


# ---- calendars


@pytest_twisted.ensureDeferred
async def test_the_sender_the_organizer_and_the_pages_hold_one_token_of_the_invitee(world: World) -> None:
    invitee, _ = await world.invite()
    mail = await world.mail("Audit")
    token = invitee.mail_token
    assert len(token) == 32
    assert mail.envelope == f"bounces+{token}@reply.example.net"
    assert mail["From"] == '"Ann (CCM)" <noreply@localhost>'
    method, event = entry(mail)
    assert (method, int(event["SEQUENCE"]), str(event["STATUS"])) == ("REQUEST", 0, "CONFIRMED")
    assert str(event["ORGANIZER"]) == f"mailto:rsvp+{token}@reply.example.net"
    assert mail["List-Unsubscribe"].strip() == f"<http://localhost:5280/unsubscribe/{token}>"
    text = mail.get_body(("plain",)).get_content()
    assert f"http://localhost:5280/rsvp/{token}" in text
    assert f"http://localhost:5280/unsubscribe/{token}" in text
    assert "src=" not in mail.get_body(("html",)).get_content()  # nothing that tells that it was read


@pytest_twisted.ensureDeferred
async def test_a_new_time_reaches_the_same_calendar_and_asks_again(world: World) -> None:
    invitee, topic = await world.invite()
    _, first = entry(await world.mail("invites you"))
    await world.hear(kind="rsvp", token=invitee.mail_token, answer="accepted")
    await world.ask("reschedule", TOPICS, id=topic.id, start="2026-11-25T09:00:00Z")
    mail = await world.mail("Changed: Audit")
    method, event = entry(mail)
    assert (method, event["UID"], event["ORGANIZER"]) == ("REQUEST", first["UID"], first["ORGANIZER"])
    assert int(event["SEQUENCE"]) > int(first["SEQUENCE"])
    text = mail.get_body(("plain",)).get_content()
    assert "When: Wed 25 Nov, 10:00 CET" in text
    assert "Before: Tue 24 Nov, 15:00 CET" in text
    assert (await world.invitee(invitee.id)).state == "offered"
    links = [word.rpartition("/")[2] for word in text.split() if "/i/" in word]
    for hash_ in (sha256(links[0].encode()).digest(), invitee.token_hash):  # the first mail's link works as well
        assert (await world.stage.stores.topics.invitee_by_token(hash_)).id == invitee.id


@pytest_twisted.ensureDeferred
async def test_a_new_name_is_mailed_and_asks_nobody_again(world: World) -> None:
    invitee, topic = await world.invite()
    await world.mail("invites you")
    await world.hear(kind="rsvp", token=invitee.mail_token, answer="tentative")
    await world.ask("rename", TOPICS, id=topic.id, name="Licence review")
    _, event = entry(await world.mail("Changed: Licence review"))
    assert event["ATTENDEE"].params["PARTSTAT"] == "TENTATIVE"
    assert (await world.invitee(invitee.id)).state == "tentative"


@pytest_twisted.ensureDeferred
async def test_a_change_that_is_undone_in_time_mails_nothing(stage: Any, rooms: Any) -> None:
    world = World(stage, update_seconds=0.3)
    invitee, topic = await world.invite()
    await world.mail("invites you")
    await world.ask("rename", TOPICS, id=topic.id, name="Licence review")
    await world.ask("rename", TOPICS, id=topic.id, name="Audit")

    async def known() -> bool:
        kept = await world.invitee(invitee.id)
        return bool(kept.told.sequence == (await stage.stores.topics.get(topic.id)).sequence > 0)

    await until_async(known)
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_what_was_not_sent_yet_is_replaced_instead_of_corrected(world: World) -> None:
    invitee, topic = await world.invite()
    assert [mail["Subject"].partition(":")[0] for mail in await world.mails(leave=True)] == ["Ann invites you"]
    await world.ask("reschedule", TOPICS, id=topic.id, start="2026-11-25T09:00:00Z")

    async def replaced() -> bool:
        return bool((await world.invitee(invitee.id)).token_hash != invitee.token_hash)

    await until_async(replaced)
    (mail,) = await world.mails()
    assert mail["Subject"] == "Ann invites you: Audit, Wed 25 Nov, 10:00 CET"


@pytest_twisted.ensureDeferred
async def test_deleting_a_topic_cancels_it_everywhere(world: World) -> None:
    invitee, topic = await world.invite()
    await world.invite("lee@example.org", topic=topic.id)
    assert len(await world.mails()) == 2
    await world.ask("delete", TOPICS, id=topic.id)
    mails = await world.mails()
    assert {mail["To"] for mail in mails} == {"Kim <kim@example.org>", "Lee <lee@example.org>"}
    for mail in mails:
        method, event = entry(mail)
        assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 1)
        assert "called this off" in mail.get_body(("plain",)).get_content()
    assert await world.invitee(invitee.id) is None


@pytest_twisted.ensureDeferred
async def test_a_topic_deleted_while_nobody_listened_is_cancelled_at_the_next_start(world: World) -> None:
    invitee, topic = await world.invite()
    _, first = entry(await world.mail("invites you"))
    world.stage.components.pop("invitations").stop()
    await world.ask("delete", TOPICS, id=topic.id)
    assert await world.mails() == []
    world.stage.host(invitations.plugin, world.options, mail_replies="reply.example.net")
    method, event = entry(await world.mail("Cancelled: Audit, Tue 24 Nov, 15:00 CET"))
    assert (method, event["UID"], event["ORGANIZER"]) == ("CANCEL", first["UID"], first["ORGANIZER"])
    assert event.decoded("dtstart") == first.decoded("dtstart")
    assert await world.invitee(invitee.id) is None


@pytest_twisted.ensureDeferred
async def test_taking_back_tells_the_calendar_and_inviting_again_brings_it_back(world: World) -> None:
    invitee, topic = await world.invite()
    await world.mail("invites you")
    await world.ask("revoke", id=invitee.id)
    mail = await world.mail("Cancelled: Audit")
    method, gone = entry(mail)
    assert (method, int(gone["SEQUENCE"])) == ("CANCEL", 1)
    assert "took this invitation back" in mail.get_body(("plain",)).get_content()
    again, _ = await world.invite(topic=topic.id)
    assert (again.id, again.state) == (invitee.id, "offered")
    method, event = entry(await world.mail("invites you"))
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 2)


@pytest_twisted.ensureDeferred
async def test_taking_back_what_never_left_mails_nothing(world: World) -> None:
    invitee, _ = await world.invite()
    await world.ask("revoke", id=invitee.id)
    assert await world.mails() == []
    assert (await world.invitee(invitee.id)).state == "revoked"


@pytest_twisted.ensureDeferred
async def test_a_change_beyond_the_cap_waits_and_is_told(stage: Any, rooms: Any) -> None:
    world = World(stage, mails_per_address_per_day=2)
    _, topic = await world.invite()
    await world.mail("invites you")
    await world.ask("rename", TOPICS, id=topic.id, name="Second")
    await world.mail("Changed: Second")
    await world.ask("rename", TOPICS, id=topic.id, name="Third")
    text = await world.told("got all mails of a day")
    assert text == "kim@example.org got all mails of a day. I tell Kim tomorrow what changed: Third."
    assert await world.mails() == []
    stage.advance(days=1, minutes=1)
    await world.mail("Changed: Third")
    assert len([each for each in world.chats.texts() if "got all mails" in each]) == 1


# ---- time


@pytest_twisted.ensureDeferred
async def test_invitees_are_reminded_a_day_and_an_hour_before(world: World) -> None:
    stage = world.stage
    coming, topic = await world.invite()
    not_coming, _ = await world.invite("lee@example.org", topic=topic.id)
    assert len(await world.mails()) == 2
    await world.hear(kind="rsvp", token=coming.mail_token, answer="accepted")
    await world.hear(kind="rsvp", token=not_coming.mail_token, answer="declined")
    stage.now = topic.start - timedelta(hours=24)
    mail = await world.mail("Reminder: Audit")
    assert mail["To"] == "Kim <kim@example.org>"
    method, event = entry(mail)
    assert (method, int(event["SEQUENCE"]), event["ATTENDEE"].params["PARTSTAT"]) == ("REQUEST", 0, "ACCEPTED")
    for _ in range(10):  # rounds go on and say nothing twice
        await wait()
    assert await world.mails() == []
    stage.now = topic.start - timedelta(minutes=59)
    assert (await world.mail("Reminder: Audit"))["To"] == "Kim <kim@example.org>"
    stage.now = topic.start + timedelta(minutes=5)
    for _ in range(10):
        await wait()
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_who_was_invited_late_needs_no_reminder(world: World) -> None:
    world.stage.now += timedelta(days=2, hours=3, minutes=30)
    await world.invite()
    assert len(await world.mails()) == 1
    for _ in range(10):
        await wait()
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_the_link_works_until_after_the_meeting_then_the_invitation_has_expired(world: World) -> None:
    invitee, topic = await world.invite(start="2026-12-20T14:00:00Z")
    assert invitee.expires == topic.start + timedelta(days=1)
    world.stage.now = invitee.expires + timedelta(seconds=1)
    text = await world.told("has not answered")
    assert text == "Kim has not answered, and the link to Audit has ended. Send it again if you like."
    assert (await world.invitee(invitee.id)).state == "expired"


# ---- answers


@pytest_twisted.ensureDeferred
async def test_an_answer_is_told_to_the_inviter_and_changes_that_invitee_alone(world: World) -> None:
    kim, topic = await world.invite()
    lee, _ = await world.invite("lee@example.org", topic=topic.id)
    await world.hear(kind="rsvp", token=kim.mail_token, answer="accepted", comment="See\nyou\u202e!")
    assert await world.told("Kim is coming") == "Kim is coming: Audit, Tue 24 Nov, 15:00 CET. “See you !”"
    assert (await world.invitee(kim.id)).state == "accepted"
    assert (await world.invitee(lee.id)).state == "offered"
    told = len(world.chats.told)
    await world.hear(kind="rsvp", token=kim.mail_token, answer="accepted")  # said twice, told once
    assert len(world.chats.told) == told
    for facts in ({"token": "other", "answer": "declined"}, {"token": kim.mail_token, "answer": "perhaps"}):
        await world.hear(kind="rsvp", **facts)
    await world.hear(kind="rsvp", token=kim.mail_token, answer="declined", uid="another@meeting")
    assert (await world.invitee(kim.id)).state == "accepted"


@pytest_twisted.ensureDeferred
async def test_another_time_is_shown_and_not_applied(world: World) -> None:
    kim, topic = await world.invite()
    await world.hear(kind="counter", token=kim.mail_token, start="2026-11-24T15:30:00Z", comment="Train")
    assert await world.told("Kim proposes") == (
        "Kim proposes Tue 24 Nov, 16:30 CET, in 2 days, for Audit. “Train” "
        "Nothing is changed: reschedule it if you like."
    )
    assert (await world.stage.stores.topics.get(topic.id)).start == topic.start
    assert (await world.invitee(kim.id)).state == "offered"


@pytest_twisted.ensureDeferred
async def test_an_answer_to_the_former_time_does_not_count(world: World) -> None:
    kim, topic = await world.invite()
    await world.mail("invites you")
    await world.ask("reschedule", TOPICS, id=topic.id, start="2026-11-25T09:00:00Z")
    await world.mail("Changed")
    late = {"kind": "rsvp", "token": kim.mail_token, "answer": "accepted", "sequence": "0"}
    await world.hear(**late, start="2026-11-24T14:00:00Z")
    assert (await world.told("earlier time")).startswith("Kim is coming, but answered to an earlier time of Audit.")
    assert (await world.invitee(kim.id)).state == "offered"
    await world.hear(**late, start="2026-11-25T09:00:00Z")  # a program that forgets to count
    assert (await world.invitee(kim.id)).state == "accepted"


@pytest_twisted.ensureDeferred
async def test_who_joined_and_accepts_has_joined_still(world: World) -> None:
    kim, _ = await world.invite()
    await world.stage.stores.topics.mark_invitee(kim.id, ("offered",), state="joined", jid="kim@localhost")
    await world.hear(kind="rsvp", token=kim.mail_token, answer="accepted")
    assert (await world.invitee(kim.id)).state == "joined"
    await world.hear(kind="rsvp", token=kim.mail_token, answer="declined")
    assert (await world.invitee(kim.id)).state == "declined"


@pytest_twisted.ensureDeferred
async def test_somebody_with_an_account_answers_in_the_chat(world: World) -> None:
    kim = await world.stage.person("kim", "Kim", "kim@example.org")
    invitee, topic = await world.invite()
    done = await world.ask("rsvp", who=kim, topic=topic.id, answer="Maybe")
    assert next(done.elements(ns.INVITATIONS, "invitee"))["state"] == "tentative"
    assert (await world.told("Kim may come")).startswith("Kim may come: Audit")
    refused = await world.raw("rsvp", who=kim, topic=topic.id, answer="whatever")
    assert "Say accepted, tentative or declined." in refused.toXml()
    assert "item-not-found" in (await world.raw("rsvp", id=invitee.id, answer="yes")).toXml()  # Ann is not Kim


@pytest_twisted.ensureDeferred
async def test_who_wants_no_more_mail_gets_none_and_the_inviter_knows(world: World) -> None:
    kim, topic = await world.invite()
    await world.mail("invites you")
    await world.stage.stores.suppression.add("kim@example.org")
    await world.hear(kind="unsubscribed", token=kim.mail_token)
    assert (await world.told("no more")) == (
        "Kim wants no more invitations by mail. Audit stands; tell them of it yourself."
    )
    await world.ask("rename", TOPICS, id=topic.id, name="Another name")
    world.stage.now = topic.start - timedelta(hours=24)
    for _ in range(10):
        await wait()
    assert await world.mails() == []
    assert "asked not to be invited" in (await world.raw("resend", id=kim.id)).toXml()
    await world.ask("revoke", id=kim.id)
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_plain_words_are_shown_to_the_inviter(world: World) -> None:
    kim, _ = await world.invite()
    await world.hear(kind="words", token=kim.mail_token, comment="I am on holiday, ask Lee.")
    assert await world.told("writes") == "Kim writes about Audit: “I am on holiday, ask Lee.”"


@pytest_twisted.ensureDeferred
async def test_nobody_fills_the_inviters_chat(world: World) -> None:
    kim, _ = await world.invite()
    before = len(world.chats.texts())
    for number in range(TOLD_PER_HOUR + 5):
        await world.hear(kind="words", token=kim.mail_token, comment=f"Number {number}")
    await world.hear(kind="rsvp", token=kim.mail_token, answer="declined")
    assert len(world.chats.texts()) == before + TOLD_PER_HOUR
    assert (await world.invitee(kim.id)).state == "declined"


@pytest_twisted.ensureDeferred
async def test_a_name_that_breaks_lines_breaks_no_header(world: World) -> None:
    world.ann = await world.stage.person("ann", "Ann\r\nBcc: all@example.org\u202e", "ann@mail.example")
    await world.invite()
    mail = await world.mail("invites you")
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Ann Bcc: all@example.org invites you: Audit")
    assert str(entry(mail)[1]["ORGANIZER"].params["CN"]) == "Ann Bcc: all@example.org"


@pytest_twisted.ensureDeferred
async def test_words_come_back_here_if_the_inviter_has_no_mail_address(world: World) -> None:
    world.ann = await world.stage.person("ann", "Ann")
    kim, _ = await world.invite()
    assert (await world.mail("invites you"))["Reply-To"] == f"rsvp+{kim.mail_token}@reply.example.net"


# ---- the way of a mail


@pytest_twisted.ensureDeferred
async def test_a_mail_that_waits_is_told_once_and_so_is_its_leaving(world: World) -> None:
    kim, _ = await world.invite()
    (mail,) = await world.mails(leave=True)
    down = {"key": mail.key, "address": "kim@example.org", "reason": "127.0.0.1:25 cannot be reached: refused"}
    for _ in range(3):
        await world.stage.stores.state.publish("mail-delayed", json.dumps(down).encode())
    text = "The invitation to kim@example.org has not left yet: the mail server cannot be reached; I keep trying."
    assert await world.told("has not left") == text
    assert (await world.invitee(kim.id)).reason == "the mail server cannot be reached; I keep trying"
    await world.stage.stores.state.publish("mail-sent", json.dumps(down).encode())
    await world.told("is on its way now")
    assert world.chats.texts().count(text) == 1
    assert ((await world.invitee(kim.id)).state, (await world.invitee(kim.id)).reason) == ("offered", "")


@pytest_twisted.ensureDeferred
async def test_what_left_while_nobody_listened_is_told_at_the_next_start(world: World) -> None:
    kim, _ = await world.invite()
    (mail,) = await world.mails(leave=True)
    down = {"key": mail.key, "address": "kim@example.org", "reason": "127.0.0.1:25 cannot be reached: refused"}
    await world.stage.stores.state.publish("mail-delayed", json.dumps(down).encode())
    await world.told("has not left")
    for left in (False, True):
        world.stage.components.pop("invitations").stop()
        if left:
            assert len(await world.mails()) == 1
        world.stage.host(invitations.plugin, world.options, mail_replies="reply.example.net")
        for _ in range(20):
            await wait()
        assert any("is on its way now" in text for text in world.chats.texts()) is left
    assert (await world.invitee(kim.id)).reason == ""


@pytest_twisted.ensureDeferred
async def test_a_report_that_a_server_asks_to_wait_is_told(world: World) -> None:
    kim, _ = await world.invite()
    await world.hear(kind="delay", token=kim.mail_token, said="4.7.1 450 Greylisted, come back later")
    assert await world.told("has not left") == (
        "The invitation to kim@example.org has not left yet: "
        "example.org asks new senders to wait; it is tried again by itself."
    )
    assert (await world.invitee(kim.id)).state == "offered"


@pytest_twisted.ensureDeferred
async def test_a_report_marks_the_invitee_and_another_address_is_one_request(world: World) -> None:
    kim, _ = await world.invite()
    await world.mails()
    await world.hear(kind="bounce", token=kim.mail_token, said="5.1.1 550 no such user")
    assert await world.told("did not arrive") == (
        "The invitation to kim@example.org did not arrive: example.org has no mailbox of that name. "
        "Audit stands; check the address and invite the right one."
    )
    bounced = await world.invitee(kim.id)
    assert (bounced.state, bounced.reason) == ("bounced", "example.org has no mailbox of that name")
    await world.ask("resend", id=kim.id, address="kim.lee@example.org")
    moved = await world.invitee(kim.id)
    assert (moved.state, moved.address, moved.reason) == ("offered", "kim.lee@example.org", "")
    assert (await world.mail("invites you"))["To"] == "Kim <kim.lee@example.org>"
    refused = await world.raw("resend", id=kim.id, address="third@example.org")
    assert "has the invitation at kim.lee@example.org" in refused.toXml()


@pytest_twisted.ensureDeferred
async def test_whoever_has_an_account_was_told_in_the_chat_when_the_mail_comes_back(world: World) -> None:
    await world.stage.person("kim", "Kim", "kim@example.org")
    kim, _ = await world.invite()
    await world.hear(kind="bounce", token=kim.mail_token, said="5.2.2 mailbox full")
    assert (await world.told("did not arrive")).endswith("Audit stands; Kim was invited in the chat as well.")
    assert (await world.invitee(kim.id)).state == "offered"


@pytest_twisted.ensureDeferred
async def test_sending_again_keeps_the_calendar_entry(world: World) -> None:
    kim, topic = await world.invite()
    _, first = entry(await world.mail("invites you"))
    done = await world.ask("resend", id=kim.id)
    (correction,) = done.elements(ns.TOPICS, "correction")
    assert (correction["code"], str(correction)) == ("resent", "I sent Kim the invitation to Audit again.")
    _, second = entry(await world.mail("invites you"))
    assert (second["UID"], second["SEQUENCE"]) == (first["UID"], first["SEQUENCE"])
    await world.ask("end", TOPICS, id=topic.id)
    assert "Audit has ended. Invite Kim to another topic." in (await world.raw("resend", id=kim.id)).toXml()


@pytest_twisted.ensureDeferred
async def test_who_is_signed_in_is_invited_in_the_chat_alone(world: World) -> None:
    assert online.PREFIX == ONLINE
    await world.stage.person("kim", "Kim", "kim@example.org")
    await world.stage.stores.state.hash_set(f"{ONLINE}kim@localhost", "test", b"{}")
    kim, _ = await world.invite()
    assert (kim.jid, kim.told) == ("kim@localhost", None)
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_what_changed_while_nobody_looked_is_mailed_at_the_next_start(world: World) -> None:
    _, topic = await world.invite()
    await world.mails()
    stage = world.stage
    stage.components.pop("invitations").stop()
    kept = await stage.stores.topics.get(topic.id)
    await stage.stores.topics.save(replace(kept, name="Renamed", sequence=kept.sequence + 1))
    stage.host(invitations.plugin, world.options)
    method, event = entry(await world.mail("Changed: Renamed"))
    assert (method, event["SUMMARY"], event["SEQUENCE"]) == ("REQUEST", "Renamed", kept.sequence + 1)


# ---- undo


@pytest_twisted.ensureDeferred
async def test_taking_back_and_sending_again_can_be_undone_by_one_request(world: World) -> None:
    kim, topic = await world.invite()
    await world.mails()
    for name, state, sentence in (
        ("revoke", "revoked", "Kim is no longer invited to Audit."),
        ("resend", "offered", "I sent Kim the invitation to Audit again."),
    ):
        done = await world.ask(name, id=kim.id)
        (correction,) = done.elements(ns.TOPICS, "correction")
        assert str(correction).startswith(sentence)
        assert (await world.invitee(kim.id)).state == state
        back = await world.ask("undo", id=correction["undo"])
        assert next(back.elements(ns.TOPICS, "correction"))["code"] == "undone"
        assert await world.invitee(kim.id) == kim
        assert await world.mails() == []
    assert (await world.stage.stores.topics.get(topic.id)).members == ("ann@localhost",)


class Siblings:
    """Stands in for the topics component."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def set(self, name: str, /, **_attributes: str) -> None:
        self.asked.append(name)


@pytest.fixture
def desk(world: World) -> InvitationDesk:
    context = world.stage.context("invitations", mail_replies="reply.example.net")
    return InvitationDesk(context, Siblings(), LIMITS, lambda *_: None)  # type: ignore[arg-type]


@pytest_twisted.ensureDeferred
async def test_undoing_an_invitation_forgets_it_and_mails_nothing_if_it_had_not_left(
    world: World, desk: InvitationDesk
) -> None:
    kim, _ = await world.invite()
    await desk.take_back("ann@localhost", kim.id, None, kim)
    assert await world.invitee(kim.id) is None
    assert await world.mails() == []
    lee, _ = await world.invite("lee@example.org")
    await world.mails()
    await desk.take_back("ann@localhost", lee.id, None, lee)
    (mail,) = await world.mails()
    assert entry(mail)[0] == "CANCEL"


@pytest_twisted.ensureDeferred
async def test_undoing_a_revocation_brings_the_invitation_back(world: World, desk: InvitationDesk) -> None:
    kim, _ = await world.invite()
    await world.mails()
    await world.ask("revoke", id=kim.id)
    await desk.take_back("ann@localhost", kim.id, kim, await world.invitee(kim.id))
    assert await world.mails() == []  # the cancellation had not left
    assert await world.invitee(kim.id) == kim
    await world.ask("revoke", id=kim.id)
    assert entry((await world.mails())[0])[0] == "CANCEL"
    await desk.take_back("ann@localhost", kim.id, kim, await world.invitee(kim.id))
    (mail,) = await world.mails()
    method, event = entry(mail)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 2)
    assert (await world.invitee(kim.id)).state == "offered"


@pytest_twisted.ensureDeferred
async def test_undoing_another_sending_is_undoing_nothing_but_that(world: World, desk: InvitationDesk) -> None:
    kim, _ = await world.invite()
    await world.mails()
    await world.ask("resend", id=kim.id)
    await desk.take_back("ann@localhost", kim.id, kim, await world.invitee(kim.id))
    assert await world.mails() == []
    assert await world.invitee(kim.id) == kim


# ---- commands


async def command(person: Any, node: str, **fields: str) -> Any:
    """Fill in a command's form (XEP-0050) as a client does that knows no namespace of ours."""
    begun = await person.ask(INVITATIONS, "set", f"<command xmlns='{ns.COMMANDS}' node='{ns.INVITATIONS}#{node}'/>")
    assert begun["type"] == "result", begun.toXml()
    shown = begun.firstChildElement()
    form = next(shown.elements(ns.DATA_FORMS, "x"))
    assert set(fields) <= {each["var"] for each in form.elements(ns.DATA_FORMS, "field")}
    filled = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items())
    answer = await person.ask(
        INVITATIONS,
        "set",
        f"<command xmlns='{ns.COMMANDS}' node='{shown['node']}' sessionid='{shown['sessionid']}' action='complete'>"
        f"<x xmlns='{ns.DATA_FORMS}' type='submit'>{filled}</x></command>",
    )
    assert answer["type"] == "result", answer.toXml()
    return answer.firstChildElement()


@pytest_twisted.ensureDeferred
async def test_answering_sending_again_and_taking_back_are_commands_too(world: World) -> None:
    kim = await world.stage.person("kim", "Kim", "kim@example.org")
    invitee, topic = await world.invite()
    await world.mails()
    assert "accepted" in (await command(kim, "rsvp", topic=topic.id, answer="yes")).toXml()
    await world.told("Kim is coming")
    assert "I sent Kim the invitation to Audit again." in (await command(world.ann, "resend", id=invitee.id)).toXml()
    await world.mail("invites you")
    assert "revoked" in (await command(world.ann, "revoke", id=invitee.id)).toXml()
    assert (await world.invitee(invitee.id)).state == "revoked"
    assert entry(await world.mail("Cancelled"))[0] == "CANCEL"


# ---- words


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The mail to k@x.org was refused: 550 5.1.1 <k@x.org>: User unknown", "x.org has no mailbox of that name"),
        ("5.2.2 552 mailbox full", "that mailbox is full"),
        ("5.4.4 Host or domain name not found", "there is no mail server for x.org"),
        ("5.7.1 554 Spam, says our filter", "x.org refused it: Spam, says our filter"),
        ("5.7.26 unauthenticated", "x.org refused it: unauthenticated"),
        ("given up after 48 hours: nothing", "given up after 48 hours: nothing"),
        ("The mail to k@x.org was refused: 554 No thanks", "No thanks"),
        ("", "it was refused"),
    ],
)
def test_a_refusal_becomes_words(said: str, why: str) -> None:
    assert verdict(said, "k@x.org", "K").why == why


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("127.0.0.1:25 cannot be reached: refused", "the mail server cannot be reached; I keep trying"),
        ("450 4.7.1 Greylisted", "x.org asks new senders to wait; it is tried again by itself"),
        ("4.2.2 over quota", "that mailbox is full just now; it is tried again by itself"),
        ("4.4.1 timed out", "the mail server of x.org does not answer; it is tried again by itself"),
        ("mail:25 did not take a mail: 421 busy", "mail:25 did not take a mail: busy; it is tried again by itself"),
    ],
)
def test_a_delay_becomes_words(said: str, why: str) -> None:
    assert waiting(said, "k@x.org") == why
