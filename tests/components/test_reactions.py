"""A thumb below a question of the reporter's answers it, from any client (XEP-0444)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_twisted
from test_reporter import bodies, open_topic, play, said_by_reporter, say, until

from ccm import namespaces as ns
from ccm.components.room_archive import Remark
from ccm.components.room_transcript import RoomTranscript
from ccm.reporter import discussion
from ccm.reporter.state import new_state

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINE = "reporter.example.org"
QUESTION = "A4? Kim: call the printer. #ok A4 / #no A4\nA5? Bo: pay. #ok A5 / #no A5"


def remark(id_: str, who: str, text: str = "", to: str | None = None, *reactions: str) -> Remark:
    jid = MINE if who == "Reporter" else f"{who.lower()}@example.org"
    return Remark(id_, START, who, jid, text, (f"c{id_}",), reacts_to=to, reactions=reactions)


def typed(*remarks: Remark) -> list[str]:
    """What people said by words or reactions, read as a whole and, the same, one by one after a restart."""

    async def archive(_until: str) -> list[Remark]:
        return list(remarks)

    told = [message.text for message in RoomTranscript(MINE, archive).messages(remarks) if not message.from_reporter]
    live = RoomTranscript(MINE, archive)
    one_by_one: list[str] = []

    async def follow() -> None:
        for each in remarks[1:]:  # the first was taken before the restart
            each = await live.typed(each)
            live.note(each)
            one_by_one.extend([each.text] if each.text and not live.mine(each) else [])

    with pytest.raises(StopIteration):
        follow().send(None)
    assert one_by_one == told
    return told


@pytest.mark.parametrize(
    ("reactions", "words"),
    [
        (("👍",), ["#ok A4 A5"]),
        (("👍🏽",), ["#ok A4 A5"]),
        (("✔️",), ["#ok A4 A5"]),
        (("👎", "😬"), ["#no A4 A5"]),
        (("👍", "👎"), []),
        (("🎉",), []),
        ((), []),
    ],
)
def test_a_thumb_stands_for_what_one_could_type(reactions: tuple[str, ...], words: list[str]) -> None:
    assert typed(remark("1", "Reporter", QUESTION), remark("2", "Kim", "", "1", *reactions)) == words


def test_the_same_thumb_again_says_nothing_another_one_does() -> None:
    thumbs = (("👍",), ("👍", "🎉"), (), ("👍",), ("👎",))
    asked = remark("1", "Reporter", QUESTION)
    said = typed(asked, *(remark(str(at), "Kim", "", "1", *each) for at, each in enumerate(thumbs, 2)))
    assert said == ["#ok A4 A5", "#ok A4 A5", "#no A4 A5"]


def test_a_thumb_below_what_people_say_is_a_reaction_and_no_more() -> None:
    first = remark("1", "Reporter", "I am the reporter.")
    assert typed(first, remark("2", "Kim", "#ok A4 would do it"), remark("3", "Bo", "", "2", "👍")) == [
        "#ok A4 would do it"
    ]
    assert typed(first, remark("2", "Bo", "", "1", "👍")) == []


@pytest_twisted.ensureDeferred
async def test_a_thumb_in_the_room_confirms_what_was_found(stage: Any, muc: Any) -> None:
    seen = play(stage)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann)
    room = topic["room"]
    await ann.join(room, "Ann")
    await until(lambda: any(nick == "Reporter" for nick, _ in bodies(ann, room)))
    for text in ("Good morning all", "Bo to check the lease with the owner", "#topic Money"):
        await say(ann, room, text)
    await until(lambda: any("#ok A1" in text for text in said_by_reporter(ann, room)))
    question = next(each for each in ann.received if "#ok A1" in each.toXml())
    stanza_id = next(question.elements(ns.STANZA_ID, "stanza-id"))["id"]
    ann.send(
        f"<message to='{room}' type='groupchat' id='thumb'><reactions xmlns='{ns.REACTIONS}' id='{stanza_id}'>"
        "<reaction>👍</reaction></reactions><store xmlns='urn:xmpp:hints'/></message>"
    )
    known = seen.discussions[room]
    await until(lambda: [each.provenance for each in known.state.entries if each.id == "A1"] == ["confirmed"])
    await until(lambda: not known._working)
    state = new_state()
    messages = known._told.messages(await seen.archive.since(room, None))
    for place, message in enumerate(messages, 1):
        turn = discussion.step(state, message, known.rules)
        state, _ = discussion.settled(turn, messages[:place], known.rules)
    assert discussion.to_json(state) == discussion.to_json(known.state)
