"""A meeting with a real room service: the next one's topic, its people and its open actions; silence for one person."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest_twisted

from ccm import namespaces as ns
from ccm.components import reporter
from tests.components.test_reporter import bodies, open_topic, play, said_by_reporter, say, until


def local(topic: Any) -> str:
    """When a topic begins, in its zone."""
    return f"{topic.start.astimezone(ZoneInfo(topic.zone)):%Y-%m-%d %H:%M}"


async def hears(person: Any, room: str, line: str, answer: str) -> str:
    """What the reporter says to a line."""
    before = len(said_by_reporter(person, room))
    await say(person, room, line)
    await until(lambda: any(answer in said for said in said_by_reporter(person, room)[before:]))
    return next(said for said in said_by_reporter(person, room)[before:] if answer in said)


@pytest_twisted.ensureDeferred
async def test_the_next_meeting_has_a_topic_with_the_same_people_and_the_open_actions(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    kim = await stage.person("kim", "Kim", "kim@example.org")
    topic = await open_topic(ann, "Club")
    for address in ("kim@example.org", "lou@example.net"):
        invite = f"<invite xmlns='{ns.INVITATIONS}' address='{address}' topic='{topic['id']}'/>"
        assert (await ann.ask("invitations.localhost", "set", invite))["type"] == "result"
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: said_by_reporter(ann, room))
    await say(ann, room, "#startmeeting Club")
    await say(ann, room, "#action Kim to paint the shed by 2026-12-05")
    await say(ann, room, "#action Ann to buy tea")
    await say(ann, room, "#done A2")
    assert "Tue 1 Dec 2026, 10:00" in await hears(ann, room, "#nextmeeting 2026-12-01 10:00", "The next meeting:")
    said = await hears(ann, room, "#endmeeting", "is planned for Tue 1 Dec 2026, 10:00.")
    assert "I invited" in said
    (next_one,) = [
        each
        for each in (await stage.stores.topics.of_member("ann@localhost", limit=10)).items
        if each.id != topic["id"]
    ]
    assert local(next_one) == "2026-12-01 10:00"
    assert next_one.name.startswith("Club")
    assert next_one.members == ("ann@localhost", "kim@localhost")
    assert {each.address for each in await stage.stores.topics.invitees(next_one.id)} == {
        "kim@example.org", "lou@example.net",
    }  # fmt: skip
    await kim.join(next_one.room, "Kim")
    await hears(kim, next_one.room, "reporter, what do we have so far?", "A1: Kim to paint the shed by 2026-12-05")
    page = await stage.stores.archive.page(next_one.room, limit=50)
    carried = [message for message in page.items if b"Carried over from Club:" in message.stanza]
    assert len(carried) == 1
    assert b"A1 (Kim, due Sat 5 Dec 2026)" in carried[0].stanza
    assert b"buy tea" not in carried[0].stanza
    # a second version that moves it makes no second topic
    await hears(ann, room, "#nextmeeting 2026-12-02 11:00", "The next meeting:")
    await hears(ann, room, "publish again, reporter", "is on Wed 2 Dec 2026, 11:00 now.")
    moved = await stage.stores.topics.get(next_one.id)
    assert local(moved) == "2026-12-02 11:00"
    assert len((await stage.stores.topics.of_member("ann@localhost", limit=10)).items) == 2
    # an action that comes late goes along with the next version
    await say(ann, room, "#action Ann to call Bo")
    await hears(ann, room, "publish again, reporter", "I took the new open actions along")
    await hears(kim, next_one.room, "reporter, what do we have so far?", "A2: Ann to call Bo")


@pytest_twisted.ensureDeferred
async def test_an_action_that_is_taken_out_is_gone_from_the_next_meeting_too(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann, "Club")
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: said_by_reporter(ann, room))
    await say(ann, room, "#startmeeting Club")
    await say(ann, room, "#action Kim to paint the shed")
    await say(ann, room, "#action Kim to ring Zyxwvut at 555 0199")
    await hears(ann, room, "#nextmeeting 2026-12-01 10:00", "The next meeting:")
    await hears(ann, room, "#endmeeting", "is planned for Tue 1 Dec 2026, 10:00.")
    mine = (await stage.stores.topics.of_member("ann@localhost", limit=10)).items
    (next_one,) = [each for each in mine if each.id != topic["id"]]
    await ann.join(next_one.room, "Ann")
    await hears(ann, next_one.room, "reporter, what do we have so far?", "Zyxwvut")
    page = await stage.stores.archive.page(room, limit=50)
    id_ = next(row.id for row in page.items if b"Zyxwvut" in row.stanza)
    wanted = f"<redact xmlns='{ns.REPORTER}' topic='{topic['id']}' message='{id_}'/>"
    assert (await ann.ask("reporter.localhost", "set", wanted))["type"] == "result"
    assert b"Zyxwvut" not in await stage.stores.state.get(f"carry:{next_one.id}")
    carried = [
        row.stanza
        for row in (await stage.stores.archive.page(next_one.room, limit=50)).items
        if b"Carried over from" in row.stanza
    ]
    assert len(carried) == 1
    assert b"paint the shed" in carried[0] and b"Zyxwvut" not in carried[0]
    told = await hears(ann, next_one.room, "reporter, what do we have so far?", "Kim to paint the shed")
    assert "Zyxwvut" not in told


@pytest_twisted.ensureDeferred
async def test_what_somebody_says_while_silent_is_not_stored_also_after_a_restart(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann, "Club")
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: said_by_reporter(ann, room))
    await hears(ann, room, "#off me", "I keep nothing of what you say")
    await say(ann, room, "#agreed The secret.")
    await say(ann, room, "[off] The secret.")
    stage.components["reporter"].stop()
    stage.host(reporter.plugin)
    await say(ann, room, "#agreed The secret.")
    await hears(ann, room, "#on", "I keep what you say again.")
    await say(ann, room, "#agreed The open.")
    await hears(ann, room, "#draft", "The open.")
    page = await stage.stores.archive.page(room, limit=50)
    assert not any(b"The secret" in message.stanza for message in page.items)
    assert sum(body == "#agreed The secret." for _, body in bodies(ann, room)) == 2
