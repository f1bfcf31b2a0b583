"""After publication: the mail to each participant, what they answer by it, and messages taken out of everything."""

import email
import email.policy
import json
import re
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from components.conftest import Person
from icalendar import Calendar
from test_reporter import (
    REPORTER,
    bodies,
    hold_the_talk,
    open_topic,
    play,
    said_by_reporter,
    saved,
    say,
    until,
    until_kept,
)
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm import records as r
from ccm.components import reporter
from ccm.components.outcome_answers import CHANNEL, KIND
from ccm.components.outcome_post import refusing

TALK = (
    ("ACTION: Ann to publish the text by 2027-01-15", None),
    ("ACTION: Kim to ring Zyxwvut at 555 0199", None),
    ("RESOLVED: one licence for every data set", None),
    ("publish now, reporter", "Published: http://localhost:5280/archive/"),
)


async def publish(stage: Any, *, options: Any = None, visibility: str = "public") -> tuple[Any, Any, str]:
    """Ann, the topic, and its room, after the talk."""
    play(stage)
    if options is not None:
        stage.components["reporter"].stop()
        stage.host(reporter.plugin, options)
    ann = await stage.person("ann", "Ann", "ann@mail.example")
    topic = await open_topic(ann)
    shown = f"<visibility xmlns='{ns.TOPICS}' id='{topic['id']}' visibility='{visibility}'/>"
    await ann.ask("topics.localhost", "set", shown)
    await ann.join(topic["room"], "Ann")
    await until(lambda: any(nick == "Reporter" for nick, _ in bodies(ann, topic["room"])))
    await hold_the_talk(ann, topic["room"], TALK)
    await until_kept(stage, topic, "published")
    return ann, topic, topic["room"]


async def mails(stage: Any) -> list[Any]:
    jobs = [job for job in await stage.stores.outbox.claim("mail", 20, 60) if job.key.startswith("outcome:")]
    texts = [json.loads(job.payload)["message"] for job in jobs]
    return [email.message_from_string(text, policy=email.policy.default) for text in texts]


async def mail_job(stage: Any) -> Any:
    """The one mail to a participant, once it waits to leave."""
    for _ in range(300):
        for job in await stage.stores.outbox.claim("mail", 20, 60):
            if job.key.startswith("outcome:"):
                return job
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError("nothing is mailed")


@pytest_twisted.ensureDeferred
async def test_those_who_took_part_are_mailed_their_own_actions_first(stage: Any, muc: Any) -> None:
    await publish(stage)
    (mail,) = await mails(stage)
    assert str(mail["Subject"]) == "Big data, 1 action for you"
    assert mail["To"].addresses[0].addr_spec == "ann@mail.example"
    plain = mail.get_body(("plain",)).get_content()
    assert plain.index("A1: Publish the text") < plain.index("A2: Ring Zyxwvut") < plain.index("D1: One licence")
    assert "* A1: Publish the text, due Fri 15 Jan 2027" in plain.splitlines()
    assert plain.count("ne licence for every data set") == 1
    links = re.findall(r"(http://localhost:5280/outcome/\S+)", plain)
    token = links[0].split("/")[4]
    assert [link.partition(token)[2] for link in links] == ["/A1?do=done", "/A1?do=not-me", "/A1?do=date", "/stop"]
    assert mail["List-Unsubscribe"] == f"<http://localhost:5280/outcome/{token}/stop>"
    (attached,) = mail.iter_attachments()
    (task,) = Calendar.from_ical(attached.get_content()).walk("VTODO")
    assert str(task["due"].dt) == "2027-01-15"


@pytest_twisted.ensureDeferred
async def test_who_asked_for_no_mail_gets_none(stage: Any, muc: Any) -> None:
    await stage.stores.suppression.add(refusing("ann@mail.example"))
    await publish(stage)
    assert await mails(stage) == []


@pytest_twisted.ensureDeferred
async def test_an_operator_may_switch_the_mails_off_and_name_licence_and_retention(stage: Any, muc: Any) -> None:
    options = reporter.ReporterOptions(mail_outcome=False, licence="CC BY 4.0", retention="Kept for two years.")
    _, topic, _ = await publish(stage, options=options)
    assert await mails(stage) == []
    body = json.loads((await stage.stores.documents.latest(topic["id"])).body)
    assert (body["licence"], body["retention"]) == ("CC BY 4.0", "Kept for two years.")


@pytest_twisted.ensureDeferred
async def test_what_is_answered_by_mail_is_said_in_the_room_and_stands_in_the_record(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    facts = {"topic": topic["id"], "jid": "ann@localhost", "item": "A1"}
    before = len(said_by_reporter(ann, room))
    for number, answer in enumerate(({"do": "date", "due": "2027-02-01"}, {"do": "done"})):
        await stage.stores.outbox.add([(KIND, f"{KIND}:{number}", json.dumps({**facts, **answer}))])
        await stage.stores.state.publish(CHANNEL, b"{}")
    await until(lambda: "Ann says by mail: #done A1" in said_by_reporter(ann, room)[before:])
    assert "Ann says by mail: #due A1 2027-02-01" in said_by_reporter(ann, room)
    for _ in range(300):
        state = json.loads(bytes((await saved(stage, topic["id"])).state))
        first = next(entry for entry in state["entries"] if entry["id"] == "A1")
        if first.get("status") == "done":
            break
        await deferLater(reactor, 0.01, lambda: None)
    assert (first["status"], first["due"]) == ("done", "2027-02-01")
    assert await stage.stores.outbox.claim(KIND, 5, 60) == ()


@pytest_twisted.ensureDeferred
async def test_an_answer_of_somebody_who_takes_no_part_is_left(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    facts = {"topic": topic["id"], "jid": "eve@localhost", "item": "A1", "do": "done"}
    await stage.stores.outbox.add([(KIND, f"{KIND}:x", json.dumps(facts))])
    await stage.stores.state.publish(CHANNEL, b"{}")
    await deferLater(reactor, 0.3, lambda: None)
    assert not any("by mail" in text for text in said_by_reporter(ann, room))


@pytest_twisted.ensureDeferred
async def test_a_guest_is_mailed_at_the_address_of_the_invitation_and_nobody_without_news(stage: Any, muc: Any) -> None:
    play(stage)
    stage.components["reporter"].stop()
    stage.host(reporter.plugin, None, guest_host="guests.localhost")
    ann = await stage.person("ann", "Ann", "ann@mail.example")
    asked = f"<invite xmlns='{ns.INVITATIONS}' address='kim@mail.example' name='Shed'/>"
    answer = await ann.ask("invitations.localhost", "set", asked)
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    (invitee,) = await stage.stores.topics.invitees(topic["id"])
    jid = f"{invitee.id}@guests.localhost"
    await stage.stores.accounts.create(jid, "Kim", None, ())  # as the page behind the link does
    assert await stage.stores.topics.redeem_link(invitee.token_hash, jid)
    await stage.stores.state.publish("invitee-joined", json.dumps({"invitee": invitee.id, "jid": jid}).encode())
    while jid not in (await stage.stores.topics.get(topic["id"])).members:
        await deferLater(reactor, 0.01, lambda: None)
    stage.router.add_host("guests.localhost")
    kim = Person(stage.router, f"{jid}/web")
    stage.router.bind(kim)
    for person, nick in ((ann, "Ann"), (kim, "Kim")):
        await person.join(topic["room"], nick)
    await say(kim, topic["room"], "ACTION: Kim to paint the shed by 2027-01-15")
    await hold_the_talk(ann, topic["room"], TALK[:1])

    async def publication(version: int, *lines: str) -> dict[str, str]:
        told = "Published: " if version == 1 else f"version {version}"
        await hold_the_talk(ann, topic["room"], (*((line, None) for line in lines), ("publish now, reporter", told)))
        return {mail["To"].addresses[0].addr_spec: str(mail["Subject"]) for mail in await mails(stage)}

    first = await publication(1)
    assert first == {
        "ann@mail.example": "Shed, 1 action for you",
        "kim@mail.example": "Shed, 1 action for you",
    }
    assert await publication(2, "That is all from me.") == {}
    assert set(await publication(3, "RESOLVED: The shed is green")) == {"ann@mail.example", "kim@mail.example"}
    await stage.stores.suppression.add(refusing("kim@mail.example"))
    assert set(await publication(4, "RESOLVED: The door is red")) == {"ann@mail.example"}


# ---- off the record by a button


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("asked", ["record", "command", "person"])
async def test_what_is_said_after_a_button_took_us_off_the_record_is_kept_nowhere(
    stage: Any, muc: Any, asked: str
) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await hold_the_talk(ann, room, TALK[:1])

    def ask(off: bool) -> Any:
        words = {"command": ("#off", "#on"), "person": ("#off me", "#on")}.get(asked)
        if words is None:
            wanted = f"<record xmlns='{ns.REPORTER}' topic='{topic['id']}' on='{str(not off).lower()}'/>"
        else:
            wanted = f"<command xmlns='{ns.REPORTER}' topic='{topic['id']}' words='{words[not off]}'/>"
        return ann.ask(REPORTER, "set", wanted)

    turned = ask(off=True)
    announced = {"person": "says: #off me"}.get(asked, "takes us off the record")
    await until(lambda: any(announced in text for text in said_by_reporter(ann, room)))
    await say(ann, room, "velociraptor one")
    await turned
    await say(ann, room, "velociraptor two")
    before = len(said_by_reporter(ann, room))
    assert (await ask(off=False))["type"] == "result"
    back = "I keep what you say again" if asked == "person" else "puts us on the record"
    await until(lambda: any(back in text for text in said_by_reporter(ann, room)[before:]))
    told = said_by_reporter(ann, room)
    assert not any(text.startswith(("Off the record", "On the record")) for text in told)  # once is enough
    await hold_the_talk(ann, room, (("RESOLVED: The shed is green", None), TALK[3]))
    await until_kept(stage, topic, "published")
    page = await stage.stores.archive.page(room, limit=100)
    assert not any(b"velociraptor" in row.stanza for row in page.items)
    body = (await stage.stores.documents.latest(topic["id"])).body
    assert "velociraptor" not in body and "The shed is green" in body


# ---- taken out


def everything(folder: Path) -> bytes:
    """All that the documents' tables hold."""
    found = b""
    for file in folder.rglob("*.sqlite*"):
        if file.suffix not in (".sqlite", ".sqlite3"):
            continue
        connection = sqlite3.connect(file)
        for table in ("documents", "document_words_content", "outbox"):
            found += repr(connection.execute(f"SELECT * FROM {table}").fetchall()).encode()
        connection.close()
    return found


async def stanza_id(stage: Any, room: str, words: bytes) -> str:
    page = await stage.stores.archive.page(room, limit=100)
    return next(row.id for row in page.items if words in row.stanza)


async def gone(stage: Any, topic: Any) -> bool:
    records = await stage.stores.documents.revisions(topic["id"])
    return not any("Zyxwvut" in record.body or "0199" in record.body for record in records)


async def until_gone(stage: Any, topic: Any) -> None:
    for _ in range(500):
        if await gone(stage, topic):
            return
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError("the words are still there")


@pytest_twisted.ensureDeferred
async def test_a_message_taken_back_after_publication_is_gone_from_every_version(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    await hold_the_talk(ann, room, (("RESOLVED: The shed is green", None), ("publish now, reporter", "version 2")))
    id_ = await stanza_id(stage, room, b"Zyxwvut")
    assert not await gone(stage, topic)
    ann.send(f"<message to='{room}' type='groupchat' id='take'><retract xmlns='{ns.RETRACT}' id='{id_}'/></message>")
    await until_gone(stage, topic)
    records = await stage.stores.documents.revisions(topic["id"])
    assert [record.revision for record in records] == [1, 2]
    for record in records:
        body = json.loads(record.body)
        assert [item["number"] for item in body["actions"]] == ["A1"]
        assert [line["kept"] for line in body["log"] if line["id"] == id_] == ["withdrawn"]
    assert (await stage.stores.documents.public(query="zyxwvut")).items == ()
    assert len((await stage.stores.documents.public(query="shed")).items) == 1
    await hold_the_talk(ann, room, (("publish now, reporter", "version 3"),))
    assert await gone(stage, topic)
    newest = json.loads((await stage.stores.documents.latest(topic["id"])).body)
    assert [line["kept"] for line in newest["log"] if line["id"] == id_] == ["withdrawn"]


@pytest_twisted.ensureDeferred
async def test_the_owner_has_a_message_taken_out_and_the_targets_get_what_is_left(stage: Any, muc: Any) -> None:
    play(stage)
    stage.components["reporter"].stop()
    stage.host(reporter.plugin, None, publishers=("archive", "wordpress", "git"))
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await hold_the_talk(ann, room, TALK)
    await until_kept(stage, topic, "published")
    keys = sorted(job.key for job in await stage.stores.outbox.claim("publish", 10, 60))
    assert keys == [f"git:{topic['id']}:1", f"wordpress:{topic['id']}:1"]
    id_ = await stanza_id(stage, room, b"Zyxwvut")
    ask = partial(ann.ask, REPORTER, "set")
    wanted = f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='http://localhost:5280/archive/x#m-{id_}'/>"
    answer = await ask(wanted)
    assert answer["type"] == "result", answer.toXml()
    assert await gone(stage, topic)
    digest = json.loads((await stage.stores.documents.latest(topic["id"])).body)["digest"][:12]
    jobs = await stage.stores.outbox.claim("publish", 10, 60)
    assert sorted(job.key for job in jobs) == [f"{name}:{topic['id']}:1:{digest}" for name in ("git", "wordpress")]
    page = await stage.stores.archive.page(room, limit=100)
    assert not any(b"Zyxwvut" in row.stanza for row in page.items)
    assert (await ask(wanted))["type"] == "result"  # once more is fine
    assert await stage.stores.outbox.claim("publish", 10, 60) == ()
    wrong = await ask(f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='nothing'/>")
    assert wrong["type"] == "error"


@pytest_twisted.ensureDeferred
async def test_a_mail_that_has_not_left_is_written_anew_without_the_words(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    id_ = await stanza_id(stage, room, b"Zyxwvut")
    await ann.ask(REPORTER, "set", f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>")
    text = json.loads((await mail_job(stage)).payload)["message"]
    plain = email.message_from_string(text, policy=email.policy.default).get_body(("plain",)).get_content()
    assert "Publish the text" in plain
    assert "Zyxwvut" not in plain


@pytest_twisted.ensureDeferred
async def test_the_second_redaction_reaches_the_mail_that_the_first_wrote_anew_and_one_given_up(
    stage: Any, muc: Any
) -> None:
    ann, topic, room = await publish(stage)
    outbox = stage.stores.outbox
    for words in (b"Zyxwvut", b"licence"):
        job = await mail_job(stage)
        await outbox.park(job.id, "550 never")
        id_ = await stanza_id(stage, room, words)
        await ann.ask(REPORTER, "set", f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>")
    text = json.loads((await mail_job(stage)).payload)["message"]
    assert [job.key for job, _ in await outbox.parked()] == []
    plain = email.message_from_string(text, policy=email.policy.default).get_body(("plain",)).get_content()
    assert "Publish the text" in plain
    assert "Zyxwvut" not in plain and "licence" not in plain


@pytest_twisted.ensureDeferred
async def test_only_owner_or_chair_may_have_others_words_taken_out(stage: Any, muc: Any) -> None:
    _, topic, room = await publish(stage)
    kim = await stage.person("kim", "Kim")
    kept = await stage.stores.topics.get(topic["id"])
    members = (*kept.members, "kim@localhost")
    await stage.stores.topics.save(r.Topic(**{**{f: getattr(kept, f) for f in r.Topic.__slots__}, "members": members}))
    id_ = await stanza_id(stage, room, b"Zyxwvut")
    answer = await kim.ask(REPORTER, "set", f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>")
    assert answer["type"] == "error"
    assert "Only owner or chair" in answer.toXml()
    assert not await gone(stage, topic)


@pytest_twisted.ensureDeferred
async def test_an_operator_may_have_it_done_without_taking_part(stage: Any, muc: Any) -> None:
    play(stage)
    stage.components["reporter"].stop()
    stage.host(reporter.plugin, None, operators=frozenset(("root@localhost",)))
    ann, root = await stage.person("ann", "Ann"), await stage.person("root", "Root")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await hold_the_talk(ann, topic["room"], TALK)
    id_ = await stanza_id(stage, topic["room"], b"Zyxwvut")
    answer = await root.ask(REPORTER, "set", f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>")
    assert answer["type"] == "result", answer.toXml()
    assert await gone(stage, topic)


@pytest_twisted.ensureDeferred
async def test_no_byte_of_the_words_is_left_in_what_sqlite_holds_of_documents(
    stage: Any, muc: Any, tmp_path: Path
) -> None:
    ann, topic, room = await publish(stage, options=reporter.ReporterOptions(mail_outcome=False))
    id_ = await stanza_id(stage, room, b"Zyxwvut")
    assert b"zyxwvut" in everything(tmp_path).lower()
    await ann.ask(REPORTER, "set", f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>")
    await until_gone(stage, topic)
    assert b"zyxwvut" not in everything(tmp_path).lower()
