"""The reporter is killed at every point between two of its operations; nothing is lost and nothing doubled."""

import itertools
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm.components.context import Context, spawn
from ccm.components.room_archive import Remark
from ccm.components.room_discussion import RoomDiscussion
from ccm.components.room_transcript import RoomTranscript
from ccm.components.room_words import LONG_WORDS, READ_ANEW
from ccm.records import DocumentRecord, Topic
from ccm.reporter.finding import Found
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import fold_corrections

ROOM = "t@conference.localhost"
REPORTER = "reporter.localhost"
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TEMPLATES = Templates.load()
TOPIC = Topic("t", "Big data", ROOM, "ann@localhost", "live", None, 60, "UTC", "en", START, ("ann@localhost",))
TALK = (
    "The participants are mainly open source firms, with IBM and Oracle among them.",
    "The reason they give: their IT knows it well and likes commodity licences.",
    "This is a project.",
    "#action Kim: check the licences by friday",
    "We should ask a lawyer about them.",
    "#topic Money",
    "#ok A2",
    "#startvote Pay for a lawyer? yes, no",
    "#vote yes",
    "#endvote",
    "#off me",
    "#on",
    "#nextmeeting 2026-12-01 10:00",
    "Publish this, reporter.",
    "It gets you to big data sooner and for less.",
    "IT people.",
    "skip",
    "skip",
    "skip",
    "reporter, what do we have so far?",
    "#done A1",
    "publish again, reporter",
)


class KilledError(Exception):
    """The process is no more."""


@dataclass
class World:
    """What outlives the process, and the hand that kills it before operation number *kill*."""

    kill: int = -1
    operations: int = 0
    archive: list[Remark] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, DocumentRecord] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    followed: list[tuple[str, str]] = field(default_factory=list)

    def touch(self) -> None:
        self.operations += 1
        if self.operations == self.kill + 1:
            raise KilledError

    def append(self, jid: str, nick: str, text: str, id_: str, request: dict[str, str] | None = None) -> None:
        number = len(self.archive) + 1
        at = START + timedelta(seconds=number)
        self.archive.append(Remark(f"{number:06d}", at, nick, jid, text, (id_,), request=request))


class Stores:
    """Session state, documents and topics of a world; each operation is a point to be killed at, before and after."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def get(self, key: str) -> bytes | None:
        self.world.touch()
        return self.world.kept.get(key)

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        self.world.touch()
        self.world.kept[key] = value
        self.world.touch()

    async def invitees(self, topic: str) -> tuple[()]:
        return ()

    async def latest(self, topic: str) -> DocumentRecord | None:
        return next(iter(self.world.documents.values()), None)

    async def by_slug(self, slug: str) -> None:
        return None

    async def look(self, keys: Any) -> dict[str, Any]:
        return {}

    async def receipts(self, topic: str) -> dict[str, Any]:
        return {}

    async def publish(self, document: DocumentRecord, jobs: Any) -> DocumentRecord:
        self.world.touch()
        if document.key not in self.world.documents:
            self.world.documents[document.key] = document
            self.world.jobs += [key for _, key, _ in jobs]
        self.world.touch()
        return self.world.documents[document.key]


class FakeRoom:
    """A room that keeps what it is told and never looks for doubles."""

    most = 50_000

    def __init__(self, world: World) -> None:
        self.world = world

    async def since(self, room: str, after: str | None) -> list[Remark]:
        self.world.touch()
        return [remark for remark in self.world.archive if remark.id > (after or "")][: self.most]

    async def say(self, room: str, id_: str, text: str, request: dict[str, str] | None = None) -> None:
        self.world.touch()
        self.world.append(REPORTER, "Reporter", text, id_, request)
        self.world.touch()

    def acknowledge(self, room: str, id_: str, source: str) -> None:
        self.world.touch()

    async def record(self, room: str, on: bool) -> None:
        self.world.touch()

    async def silence(self, room: str, jid: str, on: bool) -> None:
        self.world.touch()

    async def follow_up(self, topic: Topic, at: str, carried: str) -> str:
        self.world.touch()
        self.world.followed.append((at, carried))
        self.world.touch()
        return "Big data 2 is planned."

    async def published(self, topic: Topic, url: str) -> None:
        self.world.touch()
        self.world.urls.append(url)
        self.world.touch()

    async def ended(self, topic: Topic) -> None:
        self.world.touch()


def process(world: World, topic: Topic = TOPIC) -> RoomDiscussion:
    """A freshly started reporter."""
    stores: Any = Stores(world)
    clock: Any = Clock()
    secrets = itertools.count()
    context = Context(
        REPORTER,
        "localhost",
        "conference.localhost",
        {},
        stores,
        stores,
        stores,
        stores,
        stores,
        clock,
        lambda: START,
        spawn,
        "http://localhost:5280/",
        "CCM <noreply@localhost>",
        lambda: str(next(secrets)),
        publishers=("archive", "webhook"),
    )
    return RoomDiscussion(topic, FakeRoom(world), context, TEMPLATES, 600, lambda _: None, found)


def found(lines: Any, people: Any, *, chair: str, marked: Any, skip: Any) -> list[Found]:
    """Everything that begins with *we should* is an action."""
    return [
        Found("action", place, line.text[10:], line.nick, confidence=600)
        for place, line in enumerate(lines)
        if line.text.startswith("We should") and place not in skip
    ]


def play(kill: int = -1) -> World:
    """The whole talk; after a kill the process is started again at once."""
    world = World(kill)
    known = process(world)
    for line in TALK:
        world.append("ann@localhost", "Ann", line, f"c{len(world.archive)}")
        for _ in range(2):  # what the reporter said itself is heard in the second round
            dead = world.operations > world.kill >= 0
            known.wake()
            if world.operations > world.kill >= 0 and not dead:
                known = process(world)
                known.wake()
        known.wake()
    return world


UNDISTURBED = play()


def test_the_undisturbed_talk_publishes_one_document() -> None:
    assert list(UNDISTURBED.documents) == ["t:1", "t:2"]
    assert UNDISTURBED.jobs == ["webhook:t:1", "webhook:t:2"]
    assert any(remark.text.startswith("Published: ") for remark in UNDISTURBED.archive)
    assert any(remark.text.endswith("Since version 1: A1 has changed.") for remark in UNDISTURBED.archive)
    assert UNDISTURBED.followed == [("2026-12-01T10:00", UNDISTURBED.followed[0][1])]
    assert "A2 (UNASSIGNED): ask a lawyer about them." in UNDISTURBED.followed[0][1]
    assert UNDISTURBED.operations > 50


@pytest.mark.parametrize("kill", range(UNDISTURBED.operations))
def test_a_kill_changes_nothing(kill: int) -> None:
    world = play(kill)
    assert [remark.text for remark in world.archive] == [remark.text for remark in UNDISTURBED.archive]
    assert world.kept == UNDISTURBED.kept
    assert world.documents == UNDISTURBED.documents
    assert world.jobs == UNDISTURBED.jobs
    assert set(world.urls) == set(UNDISTURBED.urls)
    assert set(world.followed) == set(UNDISTURBED.followed)


def test_an_archive_that_does_not_know_what_was_read_last_is_read_anew_and_people_are_told() -> None:
    world = World()
    known = process(world)
    for line in TALK[:4]:
        world.append("ann@localhost", "Ann", line, f"c{len(world.archive)}")
        known.wake()
    world.archive[3:] = []  # the store was set back
    known = process(world)
    room: Any = known._room
    since = room.since

    async def strict(name: str, after: str | None) -> list[Remark]:
        if after is not None and after not in {remark.id for remark in world.archive}:
            raise JabberError("item-not-found")
        return list(await since(name, after))

    room.since = strict
    known.wake()
    known.wake()
    assert [remark.text for remark in world.archive].count(READ_ANEW) == 1
    assert known.state.last == world.archive[-1].id
    assert known.state.type == "incident"


@pytest.mark.parametrize(
    ("visibility", "jobs"), [("public", ["webhook:t:1", "webhook:t:2"]), ("link", []), ("members", [])]
)
def test_only_what_everybody_may_read_goes_to_publishers(visibility: Any, jobs: list[str]) -> None:
    world = World()
    known = process(world, replace(TOPIC, visibility=visibility))
    for line in TALK:
        world.append("ann@localhost", "Ann", line, f"c{len(world.archive)}")
        known.wake()
        known.wake()
    assert list(world.documents) == ["t:1", "t:2"]
    assert world.jobs == jobs


def test_the_document_goes_to_the_targets_of_its_topic_alone() -> None:
    for targets, jobs in ((None, 2), (("webhook",), 2), ((), 0), (("git",), 0)):
        world = World()
        known = process(world, replace(TOPIC, targets=targets))
        for line in TALK:
            world.append("ann@localhost", "Ann", line, f"c{len(world.archive)}")
            known.wake()
            known.wake()
        assert (len(world.documents), len(world.jobs)) == (2, jobs)


def test_what_a_moderator_retracts_leaves_the_record_and_the_log() -> None:
    world = World()
    known = process(world)
    world.append("eve@localhost", "Eve", "#agreed Buy my pills.", "c0")
    known.wake()
    assert [entry.text for entry in known.state.entries] == ["Buy my pills."]
    at = START + timedelta(seconds=60)
    world.archive.append(Remark("000900", at, "", None, "", ("mod",), retracts="000001"))
    known.wake()
    assert known.state.entries == ()
    (message,) = fold_corrections(known._told.messages(world.archive[:1] + world.archive[-1:]))
    assert message.text == ""


def test_a_talk_longer_than_what_is_looked_through_goes_on_and_is_told_so_once() -> None:
    world = World()
    known = process(world)
    room: Any = known._room
    room.most = 8
    known.wake()
    for number in range(30):
        world.append("ann@localhost", "Ann", f"We talk of the roof, {number}.", f"c{number}")
        known.wake()
    assert LONG_WORDS.format(most=8) not in [remark.text for remark in world.archive]  # nothing was looked through yet
    for text in ("#action Ann to paint the door", "#topic Paint", "#topic Roof", "publish this, reporter"):
        world.append("ann@localhost", "Ann", text, text)
        known.wake()
        known.wake()
    assert known.state.last == world.archive[-1].id
    assert [entry.text for entry in known.state.entries if entry.kind == "action"] == ["Ann to paint the door"]
    document = json.loads(world.documents["t:1"].body)
    assert 1 <= len(document["log"]) <= 8
    fresh = process(world)
    fresh._room.most = 8  # type: ignore[misc]
    fresh.wake()
    assert [remark.text for remark in world.archive].count(LONG_WORDS.format(most=8)) == 1


def test_a_long_talk_is_read_from_its_start_part_by_part() -> None:
    world = World()
    for number in range(30):
        world.append("ann@localhost", "Ann", f"#action Ann to paint door {number}", f"c{number}")
    known = process(world)
    room: Any = known._room
    room.most = 8
    known.wake()
    known.wake()
    assert len(known.state.entries) == 30
    assert known.saved.last >= "000030"


def test_however_many_unknown_messages_are_corrected_the_archive_is_read_once_for_it() -> None:
    world = World()
    for number in range(700):
        world.append("ann@localhost", "Ann", f"Hello {number}.", f"c{number}")
    reads = []

    async def archive(until: str) -> list[Remark]:
        reads.append(until)
        return [remark for remark in world.archive if remark.id <= until]

    told = RoomTranscript(REPORTER, archive)

    async def corrected() -> list[str | None]:
        for remark in world.archive:
            told.note(remark)
        found = []
        for id_ in ("c3", "c699", "nothing", *(f"no{number}" for number in range(50))):
            world.append("ann@localhost", "Ann", "Better.", f"of {id_}")
            found.append(await told.corrected(replace(world.archive[-1], replaces=id_)))
            told.note(world.archive[-1])
        return found

    answer: list[list[str | None]] = []
    Deferred.fromCoroutine(corrected()).addCallback(answer.append)
    assert answer == [["000004", "000700", *([None] * 51)]]
    assert len(reads) == 1
