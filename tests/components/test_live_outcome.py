"""The live outcome: whoever follows the events of a topic's node has, at any moment, what one request answers."""

import json
from typing import Any

import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from test_reporter import REPORTER, bodies, hold_the_talk, open_topic, play, say, until, until_kept
from twisted.internet import reactor
from twisted.internet.task import Clock, deferLater
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.components import reporter as reporter_component
from ccm.components.context import Context
from ccm.components.outcome_elements import Attribute, Outcome, pubsub_items
from ccm.components.outcome_push import PUSH_SECONDS, LiveOutcomes, notifications
from ccm.reporter.state import Entry, Value
from ccm.router.hooks import HANDLED, Target, on


class Deliveries:
    """As the server's own module for messages, without priorities."""

    def __init__(self, router: Any) -> None:
        self._router = router

    @on.message(to=Target.ACCOUNT)
    def to_account(self, stanza: Any, _origin: Any) -> Any:
        for session in tuple((self._router.sessions.get(stanza.to) or {}).values()):
            session.deliver(stanza)
        return HANDLED


def begin(stage: Any) -> Any:
    """The components, and messages that arrive."""
    stage.router.attach(Deliveries(stage.router))
    return play(stage)


class Mirror:
    """A participant's copy, kept as ``docs/protocol.md`` says; knows pubsub and the head's revisions."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.items: dict[str, str] = {}
        self.revision = ""
        self.missed = 0

    def load(self, items: Any) -> None:
        """From the answer to a request of all items."""
        self.items = {item["id"]: _plain(item) for item in items}
        self.revision = _head(items[0])["revision"]

    def hear(self, message: Element) -> None:
        for event in message.elements(ns.PUBSUB_EVENT, "event"):
            for items in event.elements():
                if items["node"] == self.node:
                    self._apply(list(items.elements()))

    def _apply(self, items: list[Element]) -> None:
        if items[0].name == "retract":
            for each in items:
                self.items.pop(each["id"], None)
            return
        head = next(_head(each) for each in items if each["id"] == "outcome")
        if head["revision"] == self.revision:
            return
        if head.hasAttribute("after") and head["after"] != self.revision:
            self.missed += 1
            return
        if not head.hasAttribute("after"):
            self.items = {}
        self.items.update((each["id"], _plain(each)) for each in items)
        for gone in head.getAttribute("removed", "").split():
            self.items.pop(gone, None)
        self.revision = head["revision"]


def _head(item: Element) -> Any:
    return item.firstChildElement()


def _plain(item: Element) -> str:
    payload = _head(item)
    for passing in ("after", "removed"):
        if payload.hasAttribute(passing):
            del payload[passing]
    return str(payload.toXml())


def node_of(topic: Any) -> str:
    return f"{ns.REPORTER}#{topic['id']}"


async def fetched(person: Any, topic: Any) -> Mirror:
    node = node_of(topic)
    answer = await person.ask(REPORTER, "get", f"<pubsub xmlns='{ns.PUBSUB}'><items node='{node}'/></pubsub>")
    assert answer["type"] == "result", answer.toXml()
    mirror = Mirror(node)
    mirror.load(list(next(answer.firstChildElement().elements(ns.PUBSUB, "items")).elements()))
    return mirror


async def agree(person: Any, topic: Any, mirror: Mirror, position: int = 0) -> Mirror:
    """Apply what *person* heard from *position* on, until the mirror is at what a request says; they must be equal."""
    heard = position
    for _ in range(500):
        whole = await fetched(person, topic)
        for message in person.received[heard:]:
            heard += 1
            if message.name == "message":
                mirror.hear(message)
        if mirror.revision == whole.revision:
            assert mirror.items == whole.items
            return whole
        await deferLater(reactor, 0.02, lambda: None)
    raise AssertionError((mirror.revision, whole.revision))


@pytest_twisted.ensureDeferred
async def test_events_alone_keep_a_copy_of_everything_as_it_is_written_and_taken_back(stage: Any, muc: Any) -> None:
    seen = begin(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    mirror = await fetched(ann, topic)
    position = len(ann.received)
    for line in (
        "#action Kim to check the mirrors by Friday",
        "#agreed We use Apache-2.0.",
        "#question Who signs off?",
        "#edit A1 Kim to check all mirrors by Friday",
        "#drop D1",
        "The participants are mainly open source firms, with IBM and Oracle among them.",
        "This is a project.",
    ):
        await say(ann, room, line)
        if line == "#agreed We use Apache-2.0.":
            await until(lambda: any(each["id"] == "D1" for e in ann.received for each in _of(e, "item")))
    await until(lambda: any("understood" in body for nick, body in bodies(ann, room) if nick == "Reporter"))
    await until(lambda: not seen.discussions[room]._working)
    await agree(ann, topic, mirror, position)
    assert mirror.missed == 0
    assert "all mirrors" in mirror.items["A1"] and "D1" not in mirror.items
    assert any(id_.startswith("attribute.") for id_ in mirror.items)
    retracted = [each["id"] for e in ann.received for each in _of(e, "retract")]
    assert "D1" in retracted  # also told as pubsub tells it
    await ann.ask("topics.localhost", "set", f"<end xmlns='{ns.TOPICS}' id='{topic['id']}'/>")
    await until(lambda: _heads(ann, position)[-1]["ended"].startswith("20"))


def _of(message: Element, name: str) -> list[Element]:
    found = []
    for event in message.elements(ns.PUBSUB_EVENT, "event"):
        for items in event.elements():
            found += [each for each in items.elements() if each.name == name]
    return found


@pytest_twisted.ensureDeferred
async def test_a_reporter_in_a_process_of_its_own_tells_the_same(stage: Any, muc: Any, door: Any) -> None:
    stage.router.attach(Deliveries(stage.router))
    for plugin in (topics.plugin, invitations.plugin):
        stage.host(plugin)
    plugin = reporter_component.plugin
    await door.external(REPORTER, list(plugin.handlers(stage.context("reporter"), plugin.options())))
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    mirror = await fetched(ann, topic)
    position = len(ann.received)
    await say(ann, topic["room"], "#agreed We use Apache-2.0.")
    await until(lambda: any(each["id"] == "D1" for e in ann.received for each in _of(e, "item")))
    await say(ann, topic["room"], "#drop D1")
    await until(lambda: any(_of(e, "retract") for e in ann.received[position:]))
    await agree(ann, topic, mirror, position)
    assert mirror.missed == 0 and "D1" not in mirror.items


@pytest_twisted.ensureDeferred
async def test_a_late_comer_asks_once_and_follows_from_there(stage: Any, muc: Any) -> None:
    begin(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await say(ann, room, "#agreed We use Apache-2.0.")
    await until(lambda: any(_of(e, "item") for e in ann.received if e.name == "message"))
    late = await fetched(ann, topic)
    position = len(ann.received)
    await say(ann, room, "#action Kim to check the mirrors")
    await until(lambda: any(each["id"] == "A1" for e in ann.received[position:] for each in _of(e, "item")))
    await agree(ann, topic, late, position)
    assert late.missed == 0 and {"D1", "A1"} <= set(late.items)


@pytest_twisted.ensureDeferred
async def test_whoever_misses_an_event_knows_it_by_the_next(stage: Any, muc: Any) -> None:
    begin(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any("I am the reporter" in body for _, body in bodies(ann, room)))
    mirror = await fetched(ann, topic)
    await say(ann, room, "#agreed One.")
    await agree(ann, topic, await fetched(ann, topic))
    position = len(ann.received)  # what came before is lost
    await say(ann, room, "#agreed Two.")
    await until(lambda: _heads(ann, position) != [])
    for message in ann.received[position:]:
        mirror.hear(message)
    assert mirror.missed >= 1 and "D2" not in mirror.items
    mirror = await fetched(ann, topic)
    assert "D2" in mirror.items


def _heads(person: Any, position: int) -> list[Element]:
    found = [_head(item) for e in person.received[position:] for item in _of(e, "item")]
    return [head for head in found if head.uri == ns.REPORTER and head.name == "outcome"]


@pytest_twisted.ensureDeferred
async def test_only_those_who_take_part_hear_and_read(stage: Any, muc: Any) -> None:
    begin(stage)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#agreed We use Apache-2.0.")
    await until(lambda: _heads(ann, 0) != [])
    assert _heads(bob, 0) == []
    for verb in ("items", "subscribe"):
        asked = f"<pubsub xmlns='{ns.PUBSUB}'><{verb} node='{node_of(topic)}' jid='bob@localhost'/></pubsub>"
        refused = await bob.ask(REPORTER, "get" if verb == "items" else "set", asked)
        assert "item-not-found" in refused.toXml()
    none = await ann.ask(REPORTER, "get", f"<pubsub xmlns='{ns.PUBSUB}'><items node='elsewhere'/></pubsub>")
    assert "item-not-found" in none.toXml()
    nodes = await ann.ask(REPORTER, "get", f"<query xmlns='{ns.DISCO_ITEMS}'/>")
    assert node_of(topic) in nodes.toXml()
    assert node_of(topic) not in (await bob.ask(REPORTER, "get", f"<query xmlns='{ns.DISCO_ITEMS}'/>")).toXml()


@pytest_twisted.ensureDeferred
async def test_to_subscribe_is_granted_and_to_publish_or_unsubscribe_refused(stage: Any, muc: Any) -> None:
    begin(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    node = node_of(topic)
    granted = await ann.ask(
        REPORTER, "set", f"<pubsub xmlns='{ns.PUBSUB}'><subscribe node='{node}' jid='ann@localhost'/></pubsub>"
    )
    assert "subscription='subscribed'" in granted.toXml()
    for payload in (
        f"<unsubscribe node='{node}' jid='ann@localhost'/>",
        f"<publish node='{node}'><item id='A9'><entry xmlns='{ns.REPORTER}'/></item></publish>",
    ):
        refused = await ann.ask(REPORTER, "set", f"<pubsub xmlns='{ns.PUBSUB}'>{payload}</pubsub>")
        assert "feature-not-implemented" in refused.toXml()


@pytest_twisted.ensureDeferred
async def test_what_happens_to_a_publication_is_told_target_by_target(stage: Any, muc: Any) -> None:
    stage.router.attach(Deliveries(stage.router))
    for plugin in (topics.plugin, invitations.plugin):
        stage.host(plugin)
    stage.host(reporter_component.plugin, publishers=("archive", "wordpress"))
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#agreed We use Apache-2.0.")
    await hold_the_talk(ann, topic["room"], [("publish now, reporter", "Published: ")])
    await until_kept(stage, topic, "published")

    async def shown(words: str) -> None:
        for _ in range(500):
            mirror = await fetched(ann, topic)
            if words in mirror.items.get("target.wordpress", ""):
                return
            await deferLater(reactor, 0.01, lambda: None)
        raise AssertionError(mirror.items)

    assert "state='published'" in (await fetched(ann, topic)).items["target.archive"]
    await shown("state='queued'")
    (job,) = await stage.stores.outbox.claim("publish", 5, 60)
    told = json.dumps({"topic": topic["id"]}).encode()
    await stage.stores.outbox.retry(job.id, 60, "WordPress answered 503.")
    await stage.stores.state.publish("publish-changed", told)
    await shown("state='waiting'")
    await stage.stores.outbox.park(job.id, "The password is wrong. Correct it.")
    await stage.stores.state.publish("publish-changed", told)
    await shown("reason='The password is wrong. Correct it.'")
    mirror = Mirror(node_of(topic))
    await agree(ann, topic, mirror)
    assert mirror.missed == 0


@pytest_twisted.ensureDeferred
async def test_a_button_does_what_the_typed_command_does(stage: Any, muc: Any) -> None:
    begin(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await say(ann, room, "#action Kim to check the mirrors")
    await until(lambda: _heads(ann, 0) != [])
    asked = f"<command xmlns='{ns.REPORTER}' topic='{topic['id']}' words='#done A1'/>"
    answer = await ann.ask(REPORTER, "set", asked)
    assert answer["type"] == "result", answer.toXml()
    await until(lambda: ("Reporter", "Ann says: #done A1") in bodies(ann, room))
    for _ in range(500):
        mirror = await fetched(ann, topic)
        if "status='done'" in mirror.items["A1"]:
            break
        await deferLater(reactor, 0.01, lambda: None)
    assert "status='done'" in mirror.items["A1"]
    for wrong in ("words='drop everything'", f"words='#{600 * 'x'}'"):
        refused = await ann.ask(REPORTER, "set", f"<command xmlns='{ns.REPORTER}' topic='{topic['id']}' {wrong}/>")
        assert "not-acceptable" in refused.toXml()
    settle = f"<settle xmlns='{ns.REPORTER}' topic='{topic['id']}' item='A7' verdict='ok'/>"
    assert "item-not-found" in (await ann.ask(REPORTER, "set", settle)).toXml()


@pytest_twisted.ensureDeferred
async def test_the_draft_shows_what_would_be_published_and_publishes_nothing(stage: Any, muc: Any) -> None:
    begin(stage)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    topic = await open_topic(ann, "Licence audit")
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#topic Mirrors")
    await say(ann, topic["room"], "#agreed We use Apache-2.0.")
    asked = f"<draft xmlns='{ns.REPORTER}' topic='{topic['id']}'/>"
    draft: Any = None
    for _ in range(300):
        draft = (await ann.ask(REPORTER, "get", asked)).firstChildElement()
        if any(draft.elements(ns.REPORTER, "point")):
            break
        await deferLater(reactor, 0.02, lambda: None)
    assert (draft["title"], draft["version"]) == ("Licence audit", "1")
    [point] = draft.elements(ns.REPORTER, "point")
    assert point["title"] == "Mirrors" and point["source"]
    assert [str(each) for each in draft.elements(ns.REPORTER, "present")] == ["Ann"]
    assert "item-not-found" in (await bob.ask(REPORTER, "get", asked)).toXml()
    assert not await stage.stores.documents.revisions(topic["id"])


# ---- without a server

texts = st.text(alphabet="ab", max_size=2)
entries = st.builds(lambda number, text: Entry("action", f"A{number}", text, "Ann", "m1"), st.integers(1, 5), texts)
attributes = st.builds(
    lambda key, text: Attribute(key, key, "?", (Value(text, "Ann", "m1"),) if text else ()),
    st.sampled_from(["who", "why"]),
    texts,
)


@given(st.lists(st.lists(st.one_of(entries, attributes), max_size=6), min_size=2, max_size=6))
def test_whatever_changes_the_events_lead_from_each_moment_to_the_next(moments: Any) -> None:
    outcomes = []
    for number, items in enumerate(moments):
        found = {f"attribute.{each.key}" if isinstance(each, Attribute) else each.id: each for each in items}
        outcomes.append(Outcome(number, {"topic": "t1"}, found))
    mirror = Mirror(f"{ns.REPORTER}#t1")
    before = None
    for outcome in outcomes:
        for message in notifications("t1", before, outcome):
            mirror.hear(message)
        expected = Mirror(mirror.node)
        expected.load(list(pubsub_items(outcome)))
        assert (mirror.items, mirror.revision, mirror.missed) == (expected.items, expected.revision, 0)
        before = outcome


class Topics:
    async def get(self, _id: str) -> Any:
        return Followed.topic


class Followed:
    class topic:
        id = "t1"
        members = ("ann@localhost", "kim@localhost")


def test_a_burst_is_two_events_the_first_at_once() -> None:
    clock, sent = Clock(), []
    now = Outcome(0, {"topic": "t1"})

    def spawn(work: Any) -> None:
        try:
            work.send(None)
        except StopIteration:
            return

    context: Any = type("Only", (), {"clock": clock, "spawn": staticmethod(spawn), "topics": Topics()})
    live = LiveOutcomes(context, lambda message: sent.append(message["to"]), lambda _: now)
    for number in range(50):
        now = Outcome(number, {"topic": "t1"})
        live.changed(Followed)  # type: ignore[arg-type]
        clock.advance(PUSH_SECONDS / 100)
    clock.advance(PUSH_SECONDS)
    assert sent == [*Followed.topic.members] * 2
    live.changed(Followed)  # type: ignore[arg-type]
    clock.advance(PUSH_SECONDS)
    assert len(sent) == 4  # nothing changed
    live.changed(Followed)  # type: ignore[arg-type]
    live.stop()
    clock.advance(PUSH_SECONDS)
    assert isinstance(Context, type) and len(sent) == 4
