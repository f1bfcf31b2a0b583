"""What people answer by mail reaches the room, whatever happens to the process that has it at hand."""

import json
from dataclasses import replace
from typing import Any

import pytest_twisted
from test_published_afterwards import publish
from test_reporter import said_by_reporter, until
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm.components import reporter
from ccm.components.outcome_answers import KIND, OutcomeAnswers
from ccm.errors import StoreUnavailable
from ccm.records import Topic


def done(topic: str, item: str = "A1") -> tuple[str, str, str]:
    """Ann's answer, as the page leaves it."""
    facts = {"topic": topic, "jid": "ann@localhost", "item": item, "do": "done"}
    return KIND, f"{KIND}:{item}", json.dumps(facts)


@pytest_twisted.ensureDeferred
async def test_an_answer_that_a_killed_process_had_taken_is_said_when_its_lease_ends(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    stage.components["reporter"].stop()
    await stage.stores.outbox.add([done(topic["id"])])
    assert len(await stage.stores.outbox.claim(KIND, 1, 60.0)) == 1  # by a process that is killed now
    stage.host(reporter.plugin)
    await deferLater(reactor, 0.1, lambda: None)
    assert "Ann says by mail: #done A1" not in said_by_reporter(ann, room)
    stage.advance(seconds=61)
    await until(lambda: "Ann says by mail: #done A1" in said_by_reporter(ann, room))


@pytest_twisted.ensureDeferred
async def test_an_answer_that_could_not_be_said_is_said_later_and_rubbish_keeps_nothing_up(stage: Any) -> None:
    failures: list[Exception] = [StoreUnavailable("the store is away"), JabberError("not-acceptable")]
    said: list[str] = []

    class Known:
        state = type("State", (), {"jids": {"Ann": "ann@localhost"}})

        async def load(self) -> None:
            if failures:
                raise failures.pop()

        async def ask(self, name: str, **more: str) -> None:
            said.append(more["text"])

    async def follow(topic: Topic) -> Any:
        return Known()

    async def nick_of(jid: str) -> str:
        return jid

    topic = Topic("t", "T", "t@conference.localhost", "ann@localhost", "live", None, 60, "UTC", "en", stage.now)
    topic = replace(topic, members=("ann@localhost",))
    await stage.stores.topics.save(topic)
    rubbish = (KIND, "rubbish", json.dumps({"topic": "t", "jid": "ann@localhost", "item": "A1", "do": "due"}))
    await stage.stores.outbox.add([rubbish, done("t"), done("t", "A2")])
    answers = OutcomeAnswers(stage.context("reporter"), follow, nick_of)
    await answers.start()
    try:
        await until(lambda: not failures)
        stage.advance(seconds=5)
        await until(lambda: len(said) == 2)
    finally:
        answers.stop()
    assert sorted(said) == ["Ann says by mail: #done A1", "Ann says by mail: #done A2"]
    assert [job.key for job, _ in await stage.stores.outbox.parked()] == ["rubbish"]
