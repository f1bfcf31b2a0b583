"""Several processes change topics: who read it first and saves it last overwrites nobody."""

import threading
from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import create_engine
from twisted.internet.threads import deferToThread

from ccm.errors import Overtaken
from ccm.store.topics import _save
from ccm.testing.contracts_topics import TopicsContract


@pytest_twisted.ensureDeferred
async def test_a_topic_that_was_changed_meanwhile_is_not_overwritten(topics: Any, clock: Any) -> None:
    made = await topics.save(TopicsContract.topic(clock))
    renamed = await topics.save(replace(made, name="Another name"))
    with pytest.raises(Overtaken, match="Read it again"):
        await topics.save(replace(made, state="ended"))
    assert await topics.get(made.id) == renamed


@pytest_twisted.ensureDeferred
async def test_a_topic_is_made_once_and_one_that_is_gone_does_not_come_back(topics: Any, clock: Any) -> None:
    made = await topics.save(TopicsContract.topic(clock))
    with pytest.raises(Overtaken):
        await topics.save(TopicsContract.topic(clock))
    await topics.delete(made.id)
    with pytest.raises(Overtaken):
        await topics.save(replace(made, name="Another name"))
    assert await topics.get(made.id) is None


@pytest.mark.real
@pytest_twisted.ensureDeferred
async def test_the_same_topic_made_by_two_processes_at_once_is_made_by_one(postgres_stores: Any, clock: Any) -> None:
    topic = TopicsContract.topic(clock)
    first, waits = threading.Event(), threading.Event()

    def hold() -> None:
        """Another process: it has written and not yet committed."""
        url = postgres_stores.database._write_engine.url
        with create_engine(url).connect() as other, other.begin():
            _save(other, topic)
            first.set()
            waits.wait(1.0)

    other = deferToThread(hold)
    await deferToThread(first.wait)
    with pytest.raises(Overtaken):
        await postgres_stores.topics.save(topic)
    await other
    assert (await postgres_stores.topics.get(topic.id)).revision == 1
