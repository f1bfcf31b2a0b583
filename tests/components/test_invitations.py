"""The invitations component beside the topics component."""

import email
import email.policy
import json
from dataclasses import replace
from typing import Any

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.router.hooks import HANDLED, Target, on

INVITATIONS = "invitations.localhost"


class Chats:
    """Notes chat messages to accounts."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.stanzas: list[Any] = []

    @on.message(to=Target.ACCOUNT)
    def note(self, stanza: Any, origin: Any) -> Any:
        self.stanzas.append(stanza)
        if stanza.child_text("body"):
            self.told.append((stanza.to, stanza.child_text("body")))
        return HANDLED

    @on.message("chat", to=Target.ACCOUNT)
    def chat(self, stanza: Any, origin: Any) -> Any:
        return self.note(stanza, origin)


def request(name: str, /, **attributes: str) -> str:
    text = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<{name} xmlns='{ns.INVITATIONS}'{text}/>"


def parts(answer: Any) -> tuple[Any, Any, dict[str, str]]:
    assert answer["type"] == "result", answer.toXml()
    done = answer.firstChildElement()
    return (
        next(done.elements(ns.INVITATIONS, "invitee"), None),
        next(done.elements(ns.TOPICS, "topic"), None),
        {each["code"]: str(each) for each in done.elements(ns.TOPICS, "correction")},
    )


async def mails(stage: Any) -> list[tuple[str, Any]]:
    found = []
    for job in await stage.stores.outbox.claim("mail", 50, 1.0):
        text = json.loads(job.payload)["message"]
        found.append((job.key, email.message_from_string(text, policy=email.policy.default)))
    return found


async def until(condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError("it did not come to that")


def play(stage: Any) -> Chats:
    stage.host(topics.plugin)
    stage.host(invitations.plugin)
    chats = Chats()
    stage.router.attach(chats)
    return chats


@pytest_twisted.ensureDeferred
async def test_only_the_address_is_needed(stage: Any, rooms: Any) -> None:
    chats = play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    invitee, topic, corrections = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    assert (invitee["address"], invitee["name"], invitee["state"]) == ("kim@example.org", "Kim", "offered")
    assert topic["name"] == "Ann and Kim"
    assert corrections["name-guessed"] == "I called it Ann and Kim."
    assert corrections["time-guessed"] == "No time was given, so Ann and Kim starts when the first guest arrives."
    assert ("ann@localhost", "I called it Ann and Kim.") in chats.told


@pytest_twisted.ensureDeferred
async def test_the_mail_has_a_link_and_a_calendar_entry(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    invitee, _, _ = parts(
        await ann.ask(
            INVITATIONS,
            "set",
            request("invite", address="Kim Lee &lt;kim@example.org&gt;", name="Licence audit", start="tomorrow"),
        )
    )
    ((key, mail),) = await mails(stage)
    assert key.startswith(f"invite:{invitee['id']}:")
    assert mail["To"] == "Kim Lee <kim@example.org>"
    assert mail["From"] == '"Ann (CCM)" <noreply@localhost>'
    assert mail["Reply-To"] == "ann@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Ann invites you: Licence audit, Mon 23 Nov, 10:00 CET"
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    plain = mail.get_body(("plain",)).get_content()
    link = next(word for word in plain.split() if word.startswith("http://localhost:5280/i/"))
    stored = await stage.stores.topics.invitee(invitee["id"])
    from hashlib import sha256

    assert stored.token_hash == sha256(link.rpartition("/")[2].encode()).digest()
    assert (stored.expires - stage.now).days == 7
    entry = next(part for part in mail.walk() if part.get_content_type() == "text/calendar").get_content()
    assert "METHOD:REQUEST" in entry
    assert "DTSTART:20261123T090000Z" in entry


@pytest_twisted.ensureDeferred
async def test_an_address_that_looks_mistyped_is_asked_about_before_anything_is_sent(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    invitee, topic, corrections = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@gmial.com")))
    assert invitee is None
    assert topic is None
    assert corrections == {"address-suspect": "kim@gmial.com: did you mean gmail.com? I have not sent it yet."}
    assert not await mails(stage)
    invitee, _, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@gmial.com", sure="true")))
    assert invitee["address"] == "kim@gmial.com"


@pytest_twisted.ensureDeferred
async def test_no_address_is_refused_in_words(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(INVITATIONS, "set", request("invite", address="sunshine"))
    assert "Write it like kim@example.org." in answer.toXml()
    assert "bad-request" in (await ann.ask(INVITATIONS, "set", request("invite"))).toXml()


@pytest_twisted.ensureDeferred
async def test_somebody_with_an_account_is_a_member_at_once_and_invited_in_the_chat(stage: Any, rooms: Any) -> None:
    chats = play(stage)
    ann = await stage.person("ann", "Ann")
    await stage.person("kim", "Kim", "kim@example.org")
    invitee, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="Kim@Example.org")))
    assert invitee["jid"] == "kim@localhost"
    assert (await stage.stores.topics.get(topic["id"])).members == ("ann@localhost", "kim@localhost")
    assert any(stanza.has(ns.MUC_INVITE, "x") and stanza.to == "kim@localhost" for stanza in chats.stanzas)
    assert any("affiliation='member'" in asked.to_bytes().decode() for asked in rooms.asked)
    assert len(await mails(stage)) == 1


@pytest_twisted.ensureDeferred
async def test_one_address_gets_three_mails_a_day(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    invitee, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    _, _, told = parts(
        await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org", topic=topic["id"]))
    )
    assert told["invited-already"].endswith("so I sent nothing again.")
    for _ in range(2):
        again = await ann.ask(INVITATIONS, "set", request("resend", id=invitee["id"]))
        assert again["type"] == "result"
    refused = await ann.ask(INVITATIONS, "set", request("resend", id=invitee["id"]))
    assert "policy-violation" in refused.toXml()
    assert len(await stage.stores.topics.invitees(topic["id"])) == 1
    stage.advance(days=1, minutes=1)
    again = await ann.ask(INVITATIONS, "set", request("resend", id=invitee["id"]))
    assert again["type"] == "result"


@pytest_twisted.ensureDeferred
async def test_one_user_sends_so_many_an_hour(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    stage.host(invitations.plugin, invitations.InvitationsOptions(invitations_per_user_per_hour=2))
    ann = await stage.person("ann", "Ann")
    answers = [
        await ann.ask(INVITATIONS, "set", request("invite", address=f"{name}@example.org")) for name in ("a", "b", "c")
    ]
    assert [answer["type"] for answer in answers] == ["result", "result", "error"]


@pytest_twisted.ensureDeferred
async def test_a_mail_that_failed_is_told_to_the_inviter_in_words(stage: Any, rooms: Any) -> None:
    chats = play(stage)
    ann = await stage.person("ann", "Ann")
    invitee, _topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kaliya@example.org")))
    ((key, _),) = await mails(stage)
    told = {"key": key, "address": "kaliya@example.org", "reason": "no such mailbox, says example.org"}
    await stage.stores.state.publish("mail-failed", json.dumps(told).encode())
    await until(lambda: any("did not arrive" in text for _, text in chats.told))
    assert (await stage.stores.topics.invitee(invitee["id"])).state == "bounced"
    (text,) = [text for _, text in chats.told if "did not arrive" in text]
    assert text.startswith("The invitation to kaliya@example.org did not arrive: no such mailbox, says example.org.")
    assert "Ann and Kaliya stands" in text


@pytest_twisted.ensureDeferred
async def test_whoever_comes_through_the_link_is_a_member(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    invitee, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    await stage.person("kim", "Kim", "kim@example.org")
    await stage.stores.state.publish(
        "invitee-joined", json.dumps({"invitee": invitee["id"], "jid": "kim@localhost"}).encode()
    )
    asked = len(rooms.asked)
    await until(lambda: len(rooms.asked) > asked)
    kept = None
    while (
        kept is None
        or kept.state != "joined"
        or "kim@localhost" not in (await stage.stores.topics.get(topic["id"])).members
    ):
        kept = await stage.stores.topics.invitee(invitee["id"])
    assert kept.jid == "kim@localhost"


@pytest_twisted.ensureDeferred
async def test_taking_back_ends_the_link(stage: Any, rooms: Any) -> None:
    play(stage)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    invitee, _topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    token = (await stage.stores.topics.invitee(invitee["id"])).token_hash
    assert "item-not-found" in (await bob.ask(INVITATIONS, "set", request("revoke", id=invitee["id"]))).toXml()
    revoked, _, _ = parts(await ann.ask(INVITATIONS, "set", request("revoke", id=invitee["id"])))
    assert revoked["state"] == "revoked"
    assert await stage.stores.topics.invitee_by_token(token) is None


@pytest_twisted.ensureDeferred
async def test_members_see_who_is_invited_but_not_the_addresses(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    bob = await stage.person("bob", "Bob", "bob@example.org")
    _, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    await ann.ask(INVITATIONS, "set", request("invite", address="bob@example.org", topic=topic["id"]))
    listed = (await bob.ask(INVITATIONS, "get", request("invitations", topic=topic["id"]))).firstChildElement()
    shown = {each["name"]: each.getAttribute("address") for each in listed.elements(ns.INVITATIONS, "invitee")}
    assert shown == {"Kim": None, "Bob": "bob@example.org"}


@pytest_twisted.ensureDeferred
async def test_whoever_joined_while_nobody_listened_is_taken_in_at_the_next_start(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    invitee, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    await stage.person("kim", "Kim", "kim@example.org")
    stage.components.pop("invitations").stop()
    kept = await stage.stores.topics.invitee(invitee["id"])
    await stage.stores.topics.save_invitee(replace(kept, state="joined", jid="kim@localhost"))
    stage.host(invitations.plugin)
    for _ in range(300):
        members = (await stage.stores.topics.get(topic["id"])).members
        if "kim@localhost" in members:
            break
        await deferLater(reactor, 0.01, lambda: None)
    assert members == ("ann@localhost", "kim@localhost")


@pytest_twisted.ensureDeferred
async def test_who_asked_for_no_mail_gets_none(stage: Any, rooms: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    await stage.person("kim", "Kim", "kim@example.org")
    for address in ("kim@example.org", "kaliya@example.org"):
        await stage.stores.suppression.add(address)
    nobody, _, told = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kaliya@example.org")))
    assert nobody is None
    assert told["address-suppressed"].startswith("kaliya@example.org asked not to be invited by mail")
    invitee, topic, _ = parts(await ann.ask(INVITATIONS, "set", request("invite", address="kim@example.org")))
    assert invitee is not None
    assert "kim@localhost" in (await stage.stores.topics.get(topic["id"])).members  # invited in the chat alone
    assert await mails(stage) == []
