"""Several processes change topics: who read it first and saves it last overwrites nobody."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted

from ccm.errors import Overtaken
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
