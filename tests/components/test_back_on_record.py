"""Who is off the record for themselves comes back by words, which nothing archives."""

from typing import Any

import pytest
import pytest_twisted
from test_reporter import bodies, open_topic, play, said_by_reporter, say, until


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("words", ["On the record, reporter.", "#on"])
async def test_who_was_left_out_comes_back_by_words(stage: Any, muc: Any, words: str) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any(nick == "Reporter" for nick, _ in bodies(ann, room)))
    await say(ann, room, "Leave me out, reporter.")
    await until(lambda: any("I keep nothing of what you say" in text for text in said_by_reporter(ann, room)))
    await say(ann, room, "velociraptor one")
    await say(ann, room, words)
    await until(lambda: any("I keep what you say again" in text for text in said_by_reporter(ann, room)))
    await say(ann, room, "velociraptor two")
    page = await stage.stores.archive.page(room, limit=100)
    kept = b"".join(row.stanza for row in page.items)
    assert b"velociraptor one" not in kept and b"velociraptor two" in kept
