"""The whole flow with a real room service: a topic, its room, a talk, the published document."""

import json
from functools import partial
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm.components import invitations, reporter, topics
from ccm.components.publication_news import given_up
from ccm.components.saved_discussion import Saved
from ccm.reporter import discussion
from ccm.reporter.state import new_state

REPORTER = "reporter.localhost"

TALK = (
    ("The participants are mainly open source firms, with IBM and Oracle among them.", None),
    ("The reason they give: their IT knows it well and likes commodity licences.", None),
    ("My conclusion is that more and more big data work runs on open source.", None),
    ("The details: Hadoop, R, Mondrian and Jaspersoft.", None),
    ("This is a project.", "understood"),
    ("Publish this, reporter.", "introduce the project"),
    ("It gets you to big data sooner and for less.", "?"),
    ("IT people.", "Published: http://localhost:5280/archive/"),
)


async def until(condition: Any, seconds: float = 10) -> None:
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError("it did not come to that")


def bodies(person: Any, room: str) -> list[tuple[str, str]]:
    """(nick, text) of the groupchat messages a person saw."""
    found = []
    for element in person.received:
        if element.name == "message" and element.getAttribute("type") == "groupchat":
            for body in element.elements(ns.CLIENT, "body"):
                found.append((element["from"].partition("/")[2], str(body)))
    return found


def play(stage: Any) -> Any:
    for plugin in (topics.plugin, invitations.plugin):
        stage.host(plugin)
    component = stage.host(reporter.plugin)
    return next(handler for handler in component if isinstance(handler, reporter.Reporter))


async def open_topic(person: Any, name: str = "Big data") -> Any:
    answer = await person.ask("topics.localhost", "set", f"<create xmlns='{ns.TOPICS}' name='{name}'/>")
    assert answer["type"] == "result", answer.toXml()
    return next(answer.firstChildElement().elements(ns.TOPICS, "topic"))


async def say(person: Any, room: str, text: str) -> None:
    """Say something and wait for its own reflection."""
    count = sum(1 for _, body in bodies(person, room) if body == text)
    person.send(f"<message to='{room}' type='groupchat' id='m{len(person.received)}'><body>{text}</body></message>")
    await until(lambda: sum(1 for _, body in bodies(person, room) if body == text) > count)


async def hold_the_talk(person: Any, room: str, lines: Any = TALK) -> None:
    for text, answer in lines:
        before = len(said_by_reporter(person, room))
        await say(person, room, text)
        if answer:
            await until(partial(answered, person, room, before, answer))


def said_by_reporter(person: Any, room: str) -> list[str]:
    return [body for nick, body in bodies(person, room) if nick == "Reporter"]


def answered(person: Any, room: str, before: int, answer: str) -> bool:
    return any(answer in body for body in said_by_reporter(person, room)[before:])


async def saved(stage: Any, topic: str) -> Saved:
    import msgspec

    return msgspec.json.decode(await stage.stores.state.get(f"discussion:{topic}"), type=Saved)


async def until_kept(stage: Any, topic: Any, state: str) -> Any:
    """The topic as the store has it, once it is in that state: the room hears of it first."""
    for _ in range(1000):
        kept = await stage.stores.topics.get(topic["id"])
        if kept.state == state:
            return kept
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError(f"the topic is {kept.state}")


@pytest_twisted.ensureDeferred
async def test_a_talk_becomes_a_published_document(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann)
    room = topic["room"]
    assert (await ann.join(room, "Ann")).getAttribute("type") is None
    await until(lambda: any(nick == "Reporter" for nick, _ in bodies(ann, room)))
    await hold_the_talk(ann, room)
    document = await stage.stores.documents.by_slug("big-data")
    assert document is not None
    body = json.loads(document.body)
    filled = {section["key"]: [quote["text"] for quote in section["quotes"]] for section in body["sections"]}
    assert set(filled) == {"name", "introduction", "goal", "audience", "status"}
    assert all(filled.values()), filled
    assert filled["audience"] == ["IT people."]
    kept = await until_kept(stage, topic, "published")
    assert kept.document == "http://localhost:5280/archive/big-data"
    answer = await ann.ask(REPORTER, "get", f"<outcome xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    outcome = answer.firstChildElement()
    assert (outcome["mode"], outcome["type"], outcome["document"]) == ("published", "project", kept.document)
    attributes = {each["name"]: each for each in outcome.elements(ns.REPORTER, "attribute")}
    value = next(attributes["audience"].elements(ns.REPORTER, "value"))
    assert (str(value), value["by"]) == ("IT people.", "Ann")


@pytest_twisted.ensureDeferred
async def test_the_topic_is_live_once_somebody_is_there_and_the_invitation_taken(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    kim = await stage.person("kim", "Kim", "kim@example.org")
    answer = await ann.ask(
        "invitations.localhost", "set", f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org'/>"
    )
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    await kim.join(topic["room"], "Kim")
    states: list[Any] = []

    async def look() -> None:
        kept = await stage.stores.topics.get(topic["id"])
        (invitee,) = await stage.stores.topics.invitees(topic["id"])
        states.append((kept.state, invitee.state))

    for _ in range(300):
        await look()
        if states[-1] == ("live", "joined"):
            break
        await deferLater(reactor, 0.01, lambda: None)
    assert states[-1] == ("live", "joined")


@pytest_twisted.ensureDeferred
async def test_a_talk_that_all_leave_is_known_to_be_empty_also_if_the_reporter_was_away_then(
    stage: Any, muc: Any
) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    kim = await stage.person("kim", "Kim", "kim@example.org")
    invitation = f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org'/>"
    answer = await ann.ask("invitations.localhost", "set", invitation)
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    room = topic["room"]

    async def is_empty(wanted: bool) -> None:
        for _ in range(300):
            kept = await stage.stores.topics.get(topic["id"])
            if kept.state == "live" and (kept.empty_since is not None) is wanted:
                return
            await deferLater(reactor, 0.01, lambda: None)
        raise AssertionError(str(kept))

    await ann.join(room, "Ann")
    await kim.join(room, "Kim")
    await is_empty(False)
    for person, nick in ((ann, "Ann"), (kim, "Kim")):
        person.send(f"<presence to='{room}/{nick}' type='unavailable'/>")
    await is_empty(True)
    await ann.join(room, "Ann")
    await is_empty(False)
    stage.components["reporter"].stop()
    ann.send(f"<presence to='{room}/Ann' type='unavailable'/>")
    stage.host(reporter.plugin)
    await is_empty(True)


@pytest_twisted.ensureDeferred
async def test_the_reporter_greets_once_also_over_restarts(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await until(lambda: any("I am the reporter" in body for _, body in bodies(ann, topic["room"])))
    stage.components["reporter"].stop()
    stage.host(reporter.plugin)
    await say(ann, topic["room"], "Hello.")
    await until(lambda: True)
    await deferLater(reactor, 0.3, lambda: None)
    page = await stage.stores.archive.page(topic["room"], limit=50)
    assert sum(b"I am the reporter" in message.stanza for message in page.items) == 1


@pytest_twisted.ensureDeferred
async def test_a_reporter_killed_after_each_message_ends_with_the_same_state_and_one_document(
    stage: Any, muc: Any
) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    for line in TALK[:-1]:
        await hold_the_talk(ann, room, [line])
        before = await stage.stores.state.get(f"discussion:{topic['id']}")
        stage.components["reporter"].stop()
        if TALK.index(line) % 2 and before is not None:
            # as if killed before it could save: the step is taken again from an older state
            await stage.stores.state.delete(f"discussion:{topic['id']}")
        stage.host(reporter.plugin)
        known = None
        for _ in range(300):
            text = await stage.stores.state.get(f"discussion:{topic['id']}")
            known = await saved(stage, topic["id"]) if text else None
            page = await stage.stores.archive.page(room, before="", limit=1)
            if known is not None and known.last == page.items[-1].id:
                break
            await deferLater(reactor, 0.01, lambda: None)
        assert known is not None
    await hold_the_talk(ann, room, TALK[-1:])
    assert len(await stage.stores.documents.revisions(topic["id"])) == 1
    said = [body for nick, body in bodies(ann, room) if nick == "Reporter"]
    assert len(said) == len(set(said)), said


@pytest_twisted.ensureDeferred
async def test_the_saved_state_equals_an_uninterrupted_replay_of_the_archive(stage: Any, muc: Any) -> None:
    seen = play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await hold_the_talk(ann, room)
    known = seen.discussions[room]
    await until(lambda: not known._working)
    state, url = new_state(), "http://localhost:5280/archive/big-data"
    archive = await seen.archive.since(room, None)
    from ccm.reporter.effects import Publish

    for message in known._told.messages(archive):
        state, effects = discussion.step(state, message, known.rules)
        if any(isinstance(effect, Publish) for effect in effects):
            state, _ = discussion.published(state, url, known.rules)
    assert discussion.to_json(state) == discussion.to_json(known.state)


@pytest_twisted.ensureDeferred
async def test_somebody_elses_request_waits_and_the_owner_may_hold_it(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    kim = await stage.person("kim", "Kim", "kim@example.org")
    answer = await ann.ask(
        "invitations.localhost", "set", f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org' name='Notes'/>"
    )
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    room = topic["room"]
    await ann.join(room, "Ann")
    await kim.join(room, "Kim")
    await say(kim, room, "#topic Licences")
    await say(kim, room, "#agreed We use Apache-2.0.")
    asked = await kim.ask(REPORTER, "set", f"<publish xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    assert asked["type"] == "result", asked.toXml()
    await until(lambda: any("hold, reporter" in body for nick, body in bodies(ann, room) if nick == "Reporter"))
    outcome = (
        await ann.ask(REPORTER, "get", f"<outcome xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    ).firstChildElement()
    assert outcome["mode"] == "grace"
    assert outcome["until"] == "2026-11-22T10:10:00Z"
    await ann.ask(REPORTER, "set", f"<hold xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    await until(lambda: any(body.startswith("Held.") for nick, body in bodies(ann, room) if nick == "Reporter"))
    assert not await stage.stores.documents.revisions(topic["id"])


@pytest_twisted.ensureDeferred
async def test_an_unheld_request_goes_out_when_its_time_is_over(stage: Any, muc: Any) -> None:
    for plugin in (topics.plugin, invitations.plugin):
        stage.host(plugin)
    stage.host(reporter.plugin, reporter.ReporterOptions(grace_seconds=0))
    ann = await stage.person("ann", "Ann")
    kim = await stage.person("kim", "Kim", "kim@example.org")
    answer = await ann.ask(
        "invitations.localhost", "set", f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org' name='Notes'/>"
    )
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    await kim.join(topic["room"], "Kim")
    await say(kim, topic["room"], "#agreed We use Apache-2.0.")
    await kim.ask(REPORTER, "set", f"<publish xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    await until(lambda: any("Published: " in body for _, body in bodies(kim, topic["room"])))
    await until_kept(stage, topic, "published")
    (published,) = await stage.stores.documents.revisions(topic["id"])
    assert "Apache-2.0" in published.body


@pytest.mark.parametrize("way_back", ["#on", "On the record, reporter."])
@pytest_twisted.ensureDeferred
async def test_off_the_record_nothing_is_noted_until_somebody_says_on(stage: Any, muc: Any, way_back: str) -> None:
    seen = play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await say(ann, room, "#agreed Before.")
    await say(ann, room, "#off")
    await until(lambda: not seen.discussions[room].state.recording)
    await until(lambda: any(body.startswith("Off the record") for _, body in bodies(ann, room)))
    await say(ann, room, "#agreed Between.")
    await say(ann, room, way_back)
    await until(lambda: seen.discussions[room].state.recording)
    await say(ann, room, "#agreed After.")
    await until(lambda: len(seen.discussions[room].state.entries) == 2)
    assert [entry.text for entry in seen.discussions[room].state.entries] == ["Before.", "After."]
    page = await stage.stores.archive.page(room, limit=50)
    assert not any(b"Between" in message.stanza for message in page.items)


@pytest_twisted.ensureDeferred
async def test_only_members_ask_the_reporter(stage: Any, muc: Any) -> None:
    play(stage)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    topic = await open_topic(ann)
    for type_, name in (("get", "outcome"), ("set", "publish"), ("set", "hold"), ("set", "record")):
        answer = await bob.ask(REPORTER, type_, f"<{name} xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
        assert "item-not-found" in answer.toXml()


@pytest_twisted.ensureDeferred
async def test_a_deleted_topic_takes_its_room_and_notes_along(stage: Any, muc: Any) -> None:
    seen = play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#agreed Nothing stays.")
    await until(lambda: topic["room"] in seen.discussions and bool(seen.discussions[topic["room"]].state.entries))
    await ann.ask("topics.localhost", "set", f"<delete xmlns='{ns.TOPICS}' id='{topic['id']}'/>")
    await until(lambda: topic["room"] not in seen.discussions)
    text: Any = b""
    for _ in range(100):
        text = await stage.stores.state.get(f"discussion:{topic['id']}")
        if text is None:
            break
    assert text is None


@pytest_twisted.ensureDeferred
async def test_a_publication_given_up_is_said_in_the_room_once(stage: Any, muc: Any) -> None:
    for plugin in (topics.plugin, invitations.plugin):
        stage.host(plugin)
    stage.host(reporter.plugin, publishers=("archive", "wordpress"))
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await say(ann, room, "#agreed We use Apache-2.0.")
    await hold_the_talk(ann, room, [("publish now, reporter", "Published: ")])
    (job,) = await stage.stores.outbox.claim("publish", 5, 60)
    await until_kept(stage, topic, "published")
    await stage.stores.outbox.park(job.id, "WordPress does not answer.")
    await stage.stores.state.publish("publish-failed", b"{}")
    words = "WordPress does not answer. The archive has it: http://localhost:5280/archive/big-data"
    await until(lambda: words in said_by_reporter(ann, room))
    stage.components["reporter"].stop()
    stage.host(reporter.plugin)
    await ann.ask(REPORTER, "get", f"<outcome xmlns='{ns.REPORTER}' topic='{topic['id']}'/>")
    await stage.stores.state.publish("publish-failed", b"{}")
    await hold_the_talk(ann, room, [("reporter, what do we have so far?", "so far:")])
    assert said_by_reporter(ann, room).count(words) == 1
    assert given_up("blog", "no such page.", "") == "blog did not take it: no such page. The archive has it."


@pytest_twisted.ensureDeferred
async def test_the_room_is_told_once_when_others_may_read_than_were_promised(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any("for everybody to read" in text for text in said_by_reporter(ann, room)))
    for visibility in ("members", "members", "link"):
        asked = f"<visibility xmlns='{ns.TOPICS}' id='{topic['id']}' visibility='{visibility}'/>"
        await ann.ask("topics.localhost", "set", asked)
    await until(lambda: any("whoever has its link to read" in text for text in said_by_reporter(ann, room)))
    told = [text for text in said_by_reporter(ann, room) if "from now on" in text]
    assert [text.partition(" to read")[0] for text in told] == [
        "What comes of Big data is for those who take part",
        "What comes of Big data is for whoever has its link",
    ]


@pytest_twisted.ensureDeferred
async def test_the_greeting_says_no_longer_who_was_to_read_it_before(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any("for everybody to read" in text for text in said_by_reporter(ann, room)))
    first = next(element for element in ann.received if "for everybody to read" in element.toXml())
    asked = f"<visibility xmlns='{ns.TOPICS}' id='{topic['id']}' visibility='members'/>"
    await ann.ask("topics.localhost", "set", asked)
    await until(lambda: any("from now on" in text for text in said_by_reporter(ann, room)))
    (anew,) = [element for element in ann.received if any(element.elements(ns.CORRECT, "replace"))]
    assert next(anew.elements(ns.CORRECT, "replace"))["id"] == first["id"]
    assert "for those who take part to read" in str(anew.body)
    await hold_the_talk(ann, room, [("publish now, reporter", "Published: ")])
    body = json.loads((await stage.stores.documents.latest(topic["id"])).body)
    assert [line["text"] for line in body["log"] if "I am the reporter" in line["text"]] == [str(anew.body)]


@pytest_twisted.ensureDeferred
async def test_the_operator_says_who_reads_what_comes_of_topics(stage: Any, muc: Any) -> None:
    stage.host(topics.plugin, topics.TopicsOptions(visibility="link"))
    ann = await stage.person("ann", "Ann")
    assert (await open_topic(ann))["visibility"] == "link"
