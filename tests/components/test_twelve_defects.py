"""
Twelve ways in which a request falls short. Each is one request and no error: the work is done as far as it can be,
one sentence in the chat and in the answer says what was guessed, and undo leaves everything as it was.
"""

from dataclasses import asdict, replace
from typing import Any

import pytest_twisted
from sqlalchemy import select
from test_invitations import INVITATIONS, Chats, play

from ccm import namespaces as ns
from ccm.records import Topic
from ccm.store.schema import outbox

TOPICS = "topics.localhost"
SPACES = {TOPICS: ns.TOPICS, INVITATIONS: ns.INVITATIONS}


class Scene:
    """Ann, what she hears, and what lasts."""

    def __init__(self, stage: Any, chats: Chats, ann: Any) -> None:
        self.stage = stage
        self.chats = chats
        self.ann = ann

    @classmethod
    async def open(cls, stage: Any) -> "Scene":
        chats = play(stage)
        return cls(stage, chats, await stage.person("ann", "Ann", "ann@example.org"))

    async def ask(self, to: str, name: str, /, **values: str) -> Any:
        text = "".join(f" {key}='{value}'" for key, value in values.items())
        answer = await self.ann.ask(to, "set", f"<{name} xmlns='{SPACES[to]}'{text}/>")
        assert answer["type"] == "result", answer.toXml()
        return answer.firstChildElement()

    async def topic(self, **values: str) -> Topic:
        """One that needed no guess."""
        given = {"name": "Licence audit", "start": "2026-11-24T14:00:00Z", **values}
        done = await self.ask(TOPICS, "create", **given)
        found = await self.stage.stores.topics.get(next(done.elements(ns.TOPICS, "topic"))["id"])
        assert isinstance(found, Topic)
        return found

    async def lasting(self) -> Any:
        """Topics, invitees and mails that wait, but for the numbers that only rise."""
        topics = await self.stage.stores.topics.active()
        page = await self.stage.stores.topics.of_member("ann@localhost")
        every = {topic.id: topic for topic in (*topics, *page.items)}.values()
        kept = [asdict(replace(topic, revision=0, sequence=0)) for topic in every]
        invitees = [asdict(each) for topic in every for each in await self.stage.stores.topics.invitees(topic.id)]
        waiting = select(outbox.c.key).where(outbox.c.state == "waiting").order_by(outbox.c.key)
        mails = await self.stage.stores.database.read(lambda connection: connection.execute(waiting).scalars().all())
        return kept, invitees, list(mails)

    def heard(self) -> list[str]:
        """What Ann was told."""
        return [text for to, text in self.chats.told if to == "ann@localhost"]

    async def fall_short(self, code: str, to: str, name: str, /, **values: str) -> tuple[Any, str]:
        """Ask; hear of one correction, twice; take it back. Answers what came back, and the sentence."""
        before = await self.lasting()
        self.chats.told.clear()
        done = await self.ask(to, name, **values)
        (correction,) = done.elements(ns.TOPICS, "correction")
        assert correction["code"] == code, done.toXml()
        assert self.heard() == [str(correction)]
        undone = await self.ask(to, "undo", id=correction["undo"])
        assert [each["code"] for each in undone.elements(ns.TOPICS, "correction")] == ["undone"]
        assert await self.lasting() == before
        again = await self.ann.ask(to, "set", f"<undo xmlns='{SPACES[to]}' id='{correction['undo']}'/>")
        assert "That can no longer be undone" in again.toXml()
        return done, str(correction)


@pytest_twisted.ensureDeferred
async def test_no_name(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    _, told = await scene.fall_short("name-guessed", TOPICS, "create", start="2026-11-24T14:00:00Z")
    assert told == "I called it Ann’s talk."


@pytest_twisted.ensureDeferred
async def test_a_name_that_is_taken(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    await scene.topic()
    given = {"name": "licence audit", "start": "2026-11-25T14:00:00Z"}
    done, told = await scene.fall_short("name-varied", TOPICS, "create", **given)
    assert told == "licence audit, 25 Nov, because licence audit exists."
    assert [str(each) for each in done.correction.elements(ns.TOPICS, "alternative")] == ["licence audit (2)"]


@pytest_twisted.ensureDeferred
async def test_a_time_that_has_passed(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    _, told = await scene.fall_short("time-moved", TOPICS, "reschedule", id=topic.id, start="yesterday at 3")
    assert told == "Licence audit is now Sun 22 Nov, 15:00 CET, today. “Yesterday at 3” had already passed."


@pytest_twisted.ensureDeferred
async def test_a_time_that_cannot_be_read(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    done, told = await scene.fall_short("time-unread", TOPICS, "reschedule", id=topic.id, start="round sunset-ish")
    assert told == (
        "I could not read “round sunset-ish”, so Licence audit starts when the first guest arrives: when do you mean?"
    )
    assert next(done.elements(ns.TOPICS, "topic"))["start"] == ""


@pytest_twisted.ensureDeferred
async def test_a_day_that_may_be_two(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    _, told = await scene.fall_short("time-read", TOPICS, "reschedule", id=topic.id, start="3/12 at 15:00")
    assert told == (
        "Licence audit is now Thu 3 Dec, 15:00 CET, in 11 days. "
        "“3/12 at 15:00” may also mean Fri 12 Mar 2027, 15:00 CET, in 4 months."
    )


@pytest_twisted.ensureDeferred
async def test_another_meeting_at_that_time(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    await scene.topic(name="Board")
    given = {"name": "Budget", "start": "tuesday at 15:30"}
    done, told = await scene.fall_short("time-conflict", TOPICS, "create", **given)
    assert told == "Budget is Tue 24 Nov, 15:30 CET, in 2 days, but then you also have Board (15:00–16:00)."
    free = [str(each) for each in done.correction.elements(ns.TOPICS, "alternative")]
    assert free == ["Tue 24 Nov, 16:00 CET, in 2 days"]


@pytest_twisted.ensureDeferred
async def test_an_address_with_a_mistyped_domain(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    values = {"address": "kim@gmial.com", "topic": topic.id}
    done, told = await scene.fall_short("address-suspect", INVITATIONS, "invite", **values)
    assert told == "kim@gmial.com: did you mean gmail.com? I have not sent it yet."
    assert done.correction["now"] == "kim@gmail.com"


@pytest_twisted.ensureDeferred
async def test_somebody_who_is_invited_already(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    await scene.ask(INVITATIONS, "invite", address="kim@example.org", topic=topic.id)
    values = {"address": "Kim &lt;KIM@example.org&gt;", "topic": topic.id}
    _, told = await scene.fall_short("invited-already", INVITATIONS, "invite", **values)
    assert told == "Kim is invited to Licence audit already and has not answered yet, so I sent nothing again."


@pytest_twisted.ensureDeferred
async def test_oneself(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    values = {"address": "ann@example.org", "topic": topic.id}
    _, told = await scene.fall_short("self-invited", INVITATIONS, "invite", **values)
    assert told == "ann@example.org is your own address; you are in every topic you make."


@pytest_twisted.ensureDeferred
async def test_ten_addresses_in_one_paste(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    await stage.person("bob", "Bob", "bob@example.org")
    pasted = "; ".join(f"Guest{'ABCDEFGHI'[n]} &lt;g{n}@example.org&gt;" for n in range(9)) + ", bob@example.org"
    done, told = await scene.fall_short("invited", INVITATIONS, "invite", address=pasted, topic=topic.id)
    assert told == "I invited GuestA, GuestB, GuestC and 7 others to Licence audit."
    assert len(list(done.elements(ns.INVITATIONS, "invitee"))) == 10


@pytest_twisted.ensureDeferred
async def test_a_topic_that_has_ended(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    await scene.ask(TOPICS, "end", id=topic.id)
    _, told = await scene.fall_short("topic-reopened", TOPICS, "reschedule", id=topic.id, start="friday 10:00")
    assert told == "Licence audit had ended; it is planned again for Fri 27 Nov, 10:00 CET, in 5 days."
    values = {"address": "kim@example.org", "topic": topic.id}
    before = await scene.lasting()
    scene.chats.told.clear()
    done = await scene.ask(INVITATIONS, "invite", **values)
    assert scene.heard() == ["Licence audit had ended; it is open again and starts when the first guest arrives."]
    (correction,) = done.elements(ns.TOPICS, "correction")
    await scene.ask(TOPICS, "undo", id=correction["undo"])
    assert await scene.lasting() == before
    assert not [text for text in scene.heard()[2:] if "undone" in text]


@pytest_twisted.ensureDeferred
async def test_an_address_that_wants_no_mail(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    topic = await scene.topic()
    await stage.stores.suppression.add("kim@example.org")
    values = {"address": "kim@example.org", "topic": topic.id}
    _, told = await scene.fall_short("address-suppressed", INVITATIONS, "invite", **values)
    assert told == ("kim@example.org asked not to be invited by mail, so I sent nothing: tell them of it yourself.")
