"""What a room hears of the targets of its document: what waits, what was given up, what is there after all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, succeed
from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm.components.publication_news import PublicationNews, delayed, given_up
from ccm.records import DocumentRecord, Receipt, Topic
from ccm.reporter import render_json
from ccm.testing.contracts_publish import document

KEY = "wordpress:t1:1"
ARCHIVE = "https://chat.example.org/archive/licences"


class Room:
    """Hears what is said; refuses while *closed*."""

    def __init__(self):
        self.heard = []
        self.ids = []
        self.closed = False

    async def say(self, room, id_, text):
        if self.closed:
            raise JabberError("not-acceptable")
        self.ids.append(id_)
        self.heard.append(text)


class Bench:
    """One published topic with one job, and who tells of it."""

    def __init__(self, stores, clock):
        self.stores = stores
        self.room = Room()
        self._work = []
        self.context = SimpleNamespace(
            state=stores.state,
            outbox=stores.outbox,
            topics=stores.topics,
            documents=stores.documents,
            now=clock.moment,
            spawn=self._spawn,
        )
        self._clock = clock

    def _spawn(self, work):
        self._work.append(Deferred.fromCoroutine(work))

    async def prepare(self):
        at = self._clock.moment()
        topic = Topic("t1", "Licences", "t1@conference.x", "ann@x", "published", at, 60, "UTC", "en", at)
        await self.stores.topics.save(replace(topic, document=ARCHIVE))
        body = render_json.dumps(document("t1"))
        record = DocumentRecord("t1", 1, "licences", "Licences", "", body, "t1:1", "public", at)
        await self.stores.documents.publish(record, [("publish", KEY, "{}")])
        await self.reporter()

    async def reporter(self):
        """As after a restart of the reporter."""
        if hasattr(self, "news"):
            self.news.stop()
        self.news = PublicationNews(self.context, self.room, succeed)
        await self.news.start()

    async def claimed(self):
        (job,) = await self.stores.outbox.claim("publish", 1, 60)
        return job.id

    async def fails(self, why, seconds=1.0):
        await self.stores.outbox.retry(await self.claimed(), seconds, why)
        await self.changed()
        self._clock.advance(seconds)

    async def is_there(self):
        await self.stores.documents.add_receipt("t1", 1, "wordpress", Receipt("https://blog.example/1", "1", "1"))
        await self.stores.outbox.done(await self.claimed(), "https://blog.example/1")
        await self.changed()

    async def changed(self):
        told = {"topic": "t1", "target": "wordpress", "key": KEY}
        await self.stores.state.publish("publish-changed", json.dumps(told).encode())
        while self._work:
            await self._work.pop(0)


@pytest_twisted.async_yield_fixture
async def bench(sqlite_stores, clock):
    made = Bench(sqlite_stores, clock)
    await made.prepare()
    yield made
    made.news.stop()


@pytest_twisted.ensureDeferred
async def test_what_goes_well_is_not_news(bench):
    await bench.is_there()
    assert bench.room.heard == []


@pytest_twisted.ensureDeferred
async def test_a_fault_that_passes_at_once_is_not_news(bench):
    for _ in range(3):
        await bench.fails("blog.example answered 503: busy")
    await bench.is_there()
    assert bench.room.heard == []


@pytest_twisted.ensureDeferred
async def test_a_fault_that_stays_is_said_once_and_its_end_too(bench):
    for seconds in (1, 2, 4, 8, 16):
        await bench.fails("blog.example answered 503: busy", seconds)
    await bench.is_there()
    assert bench.room.heard == [
        "WordPress does not take it yet: blog.example answered 503: busy; I keep trying, next in 8 s.",
        "WordPress has the document now: https://blog.example/1",
    ]
    await bench.changed()
    assert len(bench.room.heard) == 2


@pytest_twisted.ensureDeferred
async def test_a_pause_that_the_target_wants_is_said_at_once(bench):
    await bench.fails("blog.example answered 429: Slow down.", 180)
    (words,) = bench.room.heard
    assert (
        words == "WordPress does not take it yet: blog.example answered 429: Slow down; I keep trying, next in 3 min."
    )


@pytest_twisted.ensureDeferred
async def test_a_job_that_is_given_up_is_said_once_and_again_for_another_reason(bench):
    await bench.stores.outbox.park(await bench.claimed(), "Check the password.")
    for _ in range(2):
        await bench.changed()
        await bench.reporter()
    words = f"WordPress did not take it: Check the password. The archive has it: {ARCHIVE}"
    assert bench.room.heard == [words]
    assert await bench.stores.outbox.revive(KEY)
    await bench.stores.outbox.park(await bench.claimed(), "Check the name.")
    await bench.changed()
    assert len(bench.room.heard) == 2
    assert len(set(bench.room.ids)) == 2
    assert await bench.stores.outbox.revive(KEY)
    await bench.is_there()
    assert bench.room.heard[2:] == ["WordPress has the document now: https://blog.example/1"]


@pytest_twisted.ensureDeferred
async def test_what_happened_while_nobody_listened_is_said_at_the_start(bench):
    await bench.fails("busy", 60)
    bench.news.stop()
    await bench.is_there()
    assert len(bench.room.heard) == 1
    await bench.reporter()
    assert bench.room.heard[1:] == ["WordPress has the document now: https://blog.example/1"]
    await bench.reporter()
    assert len(bench.room.heard) == 2


@pytest_twisted.ensureDeferred
async def test_what_a_room_did_not_hear_is_said_later(bench):
    bench.room.closed = True
    await bench.fails("busy", 60)
    bench.room.closed = False
    await bench.fails("busy", 60)
    assert len(bench.room.heard) == 1


@pytest.mark.parametrize(
    ("target", "why", "words"),
    [
        ("jcr", "JCR: x has no workspace y. Check it.", "JCR: x has no workspace y. Check it. The archive has it."),
        ("blog", "no such page.", "blog did not take it: no such page. The archive has it."),
    ],
)
def test_a_target_is_named_once(target, why, words):
    assert given_up(target, why, "") == words


def test_pauses_are_told_in_seconds_or_minutes():
    now = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    for seconds, words in ((0, "next in 1 s."), (89, "next in 89 s."), (600, "next in 10 min.")):
        assert delayed("git", "git: x", now + timedelta(seconds=seconds), now).endswith(words)
