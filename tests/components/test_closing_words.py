"""What the reporter says when a talk ends is what is next."""

from typing import Any

import pytest
import pytest_twisted
from test_reporter import bodies, hold_the_talk, open_topic, play, said_by_reporter, until

from ccm import namespaces as ns

TOPICS = "topics.localhost"


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize(
    ("lines", "next_"),
    [
        ([("Hello all.", None)], "Write “publish this, reporter” and I write it up."),
        (
            [("This is a project.", "understood"), ("Publish this, reporter.", "?")],
            "My question still waits for an answer.",
        ),
    ],
)
async def test_who_was_asked_is_not_told_to_ask_for_the_document(stage: Any, muc: Any, lines: Any, next_: str) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any(nick == "Reporter" for nick, _ in bodies(ann, room)))
    await hold_the_talk(ann, room, lines)
    await ann.ask(TOPICS, "set", f"<end xmlns='{ns.TOPICS}' id='{topic['id']}'/>")
    await until(lambda: "The talk has ended." in said_by_reporter(ann, room)[-1])
    assert said_by_reporter(ann, room)[-1] == f"The talk has ended. {next_}"
