"""
kill -9 of the server at random moments of a discussion over TCP, BOSH and WebSocket, with a restart each time.

Nothing that it acknowledged is missing or doubled in the archive, clients resume and get each message once and in
order, what is said to one of them alone arrives if it was acknowledged, the reporter knows what an uninterrupted
replay of the archive tells it, and there is exactly one document.
"""

import json
import os
import random
import sqlite3
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_twisted
from fixtures.real_services import Redis
from fixtures.server import ServerProcess
from real.ledger import Ledger
from real.people import PASSWORD, Person
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.room_archive import _remark
from ccm.components.room_discussion import Saved
from ccm.records import Topic
from ccm.reporter import discussion
from ccm.reporter.effects import Publish
from ccm.reporter.finding import found
from ccm.reporter.state import State, from_json
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message
from ccm.store.options import StateOptions
from ccm.store.redis import RedisState

LINES = 200
RESUMED = 0.95  # of all sessions that a kill interrupts, at least
AT_ONCE = 2  # lines of one speaker that the server has not taken yet
TRANSPORTS = {"ann": "tcp", "kim": "bosh", "lee": "websocket"}
TOLD = (
    "The participants are mainly open source firms, with IBM and Oracle among them.",
    "The reason they give: their IT knows it well and likes commodity licences.",
    "My conclusion is that more and more big data work runs on open source.",
    "The details: Hadoop, R, Mondrian and Jaspersoft.",
    "#action Kim: check the licences by friday",
    "#agreed We take the second of the three offers.",
    "This is a project.",
    "See https://example.org/licences for the texts.",
)


@pytest.mark.real
@pytest.mark.timeout(300)
@pytest_twisted.ensureDeferred
async def test_ten_kills_in_a_discussion_lose_and_double_nothing(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    await hold(server_processes(), tmp_path, kills=10, seed=_seed())


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_fifty_kills_in_a_discussion_lose_and_double_nothing(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    await hold(server_processes(), tmp_path, kills=50, seed=_seed())


@pytest.mark.real
@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest_twisted.ensureDeferred
async def test_kills_lose_and_double_nothing_where_redis_keeps_the_session_state(
    server_processes: Callable[..., ServerProcess], own_redis: Redis, tmp_path: Path
) -> None:
    server = server_processes({"state": {"url": own_redis.url}})
    await hold(server, tmp_path, kills=30, seed=_seed(), redis=own_redis.url)


def _seed() -> int:
    """Another one each time; KILL_SEED repeats a run."""
    return int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))


async def hold(server: ServerProcess, folder: Path, *, kills: int, seed: int, redis: str = "") -> None:
    """*async* The discussion with its kills, and all that must be true of it afterwards."""
    print(f"KILL_SEED={seed} ledger={folder / 'ledger.jsonl'}")
    dice = random.Random(seed)
    ledger = Ledger(folder / "ledger.jsonl")
    await server.add_accounts(PASSWORD, *TRANSPORTS)
    await deferToThread(server.start)
    people = {
        name: Person(reactor, server, ledger, name, transport, random.Random(seed + number))
        for number, (name, transport) in enumerate(TRANSPORTS.items())
    }
    ann = people["ann"]
    for person in people.values():
        person.arrive()
        await person.until(lambda person=person: person.there)
    topic = await _meet(people)

    whispers = random.Random(seed)
    killer = Killer(server, ledger, dice, kills)
    for number in range(LINES):
        killer.line(number)
        speaker = dice.choice(list(people.values()))
        text = dice.choice(TOLD) if dice.random() < 0.3 else f"Remark {number} of many."
        speaker.say(f"line{number}", text)
        speaker.whisper(f"whisper{number}", whispers.choice([name for name in people if name != speaker.name]))
        await speaker.until(lambda speaker=speaker: speaker.untaken < AT_ONCE)
        await deferLater(reactor, dice.random() * 0.02)
    await killer.done()
    for person in people.values():
        await person.until(lambda person=person: not person.untaken)
    url = await _publish(ann)

    archive = await ann.archive()
    for person in people.values():
        await person.until(lambda person=person: set(person.log) == {result["id"] for result in archive})
    for name, person in people.items():
        if person.begun == 1:  # who signed in anew finds nothing of what was said to a session that is over
            await person.until(lambda name=name: not ledger.unheard(name))
    for person in people.values():
        print(f"{person.name} ({person.transport}): {person.begun} sessions, {person.resumed} resumptions")
        await person.leave()
    document = json.loads(urllib.request.urlopen(f"{url}.json", timeout=10).read())
    await deferToThread(server.stop)

    said = [line for line in map(_said, archive) if line is not None]
    assert ledger.differences(said) == []
    assert len(said) == len(ledger.intents) >= LINES
    assert {name: ledger.doubles(name) for name in people} == {name: [] for name in people}
    assert {name: ledger.disorder(name) for name in people} == {name: [] for name in people}
    for person in people.values():
        assert person.resumed >= RESUMED * (person.resumed + person.begun - 1), person.name
    assert killer.kills == kills
    saved = await _state_of(server, topic, redis)
    assert msgspec.to_builtins(from_json(bytes(saved.state))) == msgspec.to_builtins(replay(topic, archive, url))
    assert _documents(server, topic) == 1
    assert document["version"] == 1
    ledger.close()


class Killer:
    """
    Kills at moments that depend on the dice alone, and starts the server again each time.

    Some kills follow the one before at once: while the server starts, while the clients come back.
    """

    def __init__(self, server: ServerProcess, ledger: Ledger, dice: random.Random, kills: int) -> None:
        self.kills = 0
        self._server, self._ledger, self._wanted = server, ledger, kills
        first = [dice.randrange(2, LINES) for _ in range(max(1, kills * 7 // 10))]
        self._moments = sorted((line, dice.random() * 0.05) for line in first)
        self._following = [dice.random() * 1.5 for _ in range(kills - len(first))]
        self._busy: Deferred[None] | None = None

    def line(self, number: int) -> None:
        """That line is about to be said."""
        due = [moment for moment in self._moments if moment[0] == number]
        if due and self._busy is None:
            self._moments = [moment for moment in self._moments if moment not in due[:1]]
            self._busy = Deferred.fromCoroutine(self._kill(due[0][1]))

    async def done(self) -> None:
        """*async* Kill as often as is still wanted; back when the server runs."""
        while self._busy is not None or self.kills < self._wanted:
            if self._busy is None:
                self._busy = Deferred.fromCoroutine(self._kill(0.1))
            await self._busy

    async def _kill(self, delay: float) -> None:
        await deferLater(reactor, delay)
        self._strike()
        while self._following and self.kills < self._wanted and self.kills % 3 == 1:
            self._server.launch()
            await deferLater(reactor, self._following.pop())
            self._strike()
        await deferToThread(self._server.start)
        self._ledger.note("started")
        self._busy = None

    def _strike(self) -> None:
        self._server.kill()
        self.kills += 1
        self._ledger.note("killed", number=self.kills)


async def _meet(people: dict[str, Person]) -> Topic:
    """*async* Ann makes a topic, the others are invited, all enter its room."""
    ann = people["ann"]
    done = await ann.ask("topics.localhost", f"<create xmlns='{ns.TOPICS}' name='Licence audit'/>")
    topic = next(done.firstChildElement().elements(ns.TOPICS, "topic"))
    for name in people:
        if name != "ann":
            wish = f"<invite xmlns='{ns.INVITATIONS}' address='{name}@example.org' topic='{topic['id']}'/>"
            await ann.ask("invitations.localhost", wish)
    for person in people.values():
        await person.enter(topic["room"])
    await ann.until(lambda: any(nick == "Reporter" for nick, _ in ann.log.values()))
    at = datetime.now(UTC)
    return Topic(topic["id"], topic["name"], topic["room"], "ann@localhost", "live", at, 60, topic["tz"], "en", at)


async def _publish(ann: Person) -> str:
    """*async* Ask to publish and skip every question. :returns: the document's address."""
    number = 0
    ann.say("publish", "Publish this, reporter.")

    def reporter_after() -> str:
        mine = max((id_ for id_, (nick, _) in ann.log.items() if nick == "Ann"), default="")
        said = [text for id_, (nick, text) in sorted(ann.log.items()) if nick == "Reporter" and text and id_ > mine]
        return said[-1] if said else ""

    while True:
        await ann.until(lambda: not ann.untaken)
        said = await ann.until(lambda: next((t for t in [reporter_after()] if "/archive/" in t or t.endswith("?")), ""))
        if "/archive/" in said:
            return said.split()[-1].rstrip(".")
        number += 1
        ann.say(f"answer{number}", "skip")
        await ann.until(lambda: any(nick == "Ann" and text == "skip" for nick, text in ann.log.values()))


def _said(result: Element) -> tuple[str, str, str] | None:
    remark = _remark(result)
    assert remark is not None
    if remark.nick == "Reporter":
        return None
    return remark.id, remark.client_ids[0], remark.text


def replay(topic: Topic, archive: list[Element], url: str) -> State:
    """What an uninterrupted reporter knows at the end of that archive."""
    rules = discussion.Context(Templates.load(), roles={topic.owner: "owner"}, zone=topic.zone, find=found)
    state = discussion.new_state()
    said: list[Message] = []
    for result in archive:
        remark = _remark(result)
        assert remark is not None
        if not remark.text:
            continue
        mine = remark.nick == "Reporter"
        message = Message(remark.id, remark.nick, remark.text, remark.jid, remark.at, from_reporter=mine)
        said.append(message)
        state, effects = discussion.settled(discussion.step(state, message, rules), said, rules)
        if any(isinstance(effect, Publish) for effect in effects):
            state, _ = discussion.published(state, url, rules)
    return state


async def _state_of(server: ServerProcess, topic: Topic, redis: str) -> Saved:
    key = f"discussion:{topic.id}"
    if redis:
        state = RedisState(reactor, StateOptions(url=redis))
        await state.open()
        value = await state.get(key)
        await state.close()
        assert value is not None
    else:
        with sqlite3.connect(server.state / "ccm.sqlite") as database:
            (value,) = database.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return msgspec.json.decode(value, type=Saved)


def _documents(server: ServerProcess, topic: Topic) -> int:
    with sqlite3.connect(server.state / "ccm.sqlite") as database:
        (count,) = database.execute("SELECT count(*) FROM documents").fetchone()
    return int(count)
