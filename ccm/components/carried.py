"""
Actions that went along into the next meeting, taken out there too when their words are taken out here.

What the reporter has not said there yet is said without them. What it has said is taken back for everybody (XEP-0425
0.3.0) and said again without them, and its first wording goes from what was published of that meeting. Leaves out
topics that nobody made as the next meeting.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol

from ccm.components import redaction
from ccm.components.context import Context
from ccm.components.next_meeting import KEPT_SECONDS
from ccm.components.room_archive import Remark
from ccm.records import Topic
from ccm.reporter.followup import CARRIED

MOST_MEETINGS = 50
NOTHING_LEFT = "nothing any more."


class NextRoom(Protocol):
    """What is done in the room of the next meeting."""

    async def since(self, room: str, after: str | None) -> list[Remark]:
        """The archive after an id."""

    async def say(self, room: str, id_: str, text: str) -> None:
        """Once for each id."""

    async def moderate(self, room: str, id_: str, reason: str) -> None:
        """One that is gone already is fine."""


async def take_back(context: Context, topic: Topic, is_hidden: Callable[[str], bool], room: NextRoom) -> None:
    """
    :param is_hidden: whether a text tells of what was taken out of *topic*.
    """
    for _ in range(MOST_MEETINGS):
        known = await context.state.get(f"follow:{topic.id}")
        following = await context.topics.get(known.decode()) if known is not None else None
        if following is None:
            return
        topic = following
        waiting = await context.state.get(f"carry:{topic.id}")
        if waiting is not None and is_hidden(waiting.decode()):
            left = without(waiting.decode(), is_hidden)
            await context.state.set(f"carry:{topic.id}", left.encode(), KEPT_SECONDS)
        await _take_back_there(context, topic, is_hidden, room)


async def _take_back_there(context: Context, topic: Topic, is_hidden: Callable[[str], bool], room: NextRoom) -> None:
    for remark in await room.since(topic.room, None):
        if remark.jid == context.domain and remark.text.startswith(CARRIED) and is_hidden(remark.text):
            await room.moderate(topic.room, remark.id, "")
            left = without(remark.text, is_hidden)
            await room.say(topic.room, f"carried.{topic.id}.{sha256(left.encode()).hexdigest()[:16]}", left)
            await redaction.take_out(context, topic, (remark.id,))


def without(text: str, is_hidden: Callable[[str], bool]) -> str:
    """What was carried over, without the lines that tell of it."""
    head, *lines = text.split("\n")
    return "\n".join((head, *([line for line in lines if not is_hidden(line)] or (NOTHING_LEFT,))))
