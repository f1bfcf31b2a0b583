"""
The topic of the next meeting: made when the talk is published, with the same people and the open actions.

The topics and invitations components do it, as they would for the owner. Done again after a crash, the topic is found
in the session state and not made twice, and only those are invited who are not there yet. Leaves out when it is to be
(:mod:`ccm.reporter.followup`).
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256

from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm.components.context import Context
from ccm.components.destinations import written
from ccm.components.room_requests import Sibling
from ccm.components.when import zone_of
from ccm.errors import StanzaError
from ccm.records import Topic
from ccm.reporter.followup import spell_time

KEPT_SECONDS = 366 * 86400
MAX_NAMED = 8
_NOT_ASKED = ("revoked", "bounced", "expired")


class NextMeeting:
    """
    :param topics: asks the topics component.
    :param invitations: asks the invitations component.
    :param say: ``(room, id, text)`` says something in a room, once for each id.
    """

    def __init__(
        self,
        context: Context,
        topics: Sibling,
        invitations: Sibling,
        say: Callable[[str, str, str], Awaitable[None]],
    ) -> None:
        self._context = context
        self._topics = topics
        self._invitations = invitations
        self._say = say

    async def make(self, topic: Topic, at: str, carried: str) -> str:
        """
        :param at: local ISO time in the topic's zone.
        :param carried: what the reporter says in the new room of the actions that go along, or ``""``.
        :returns: what to say of it in the old room.
        :raises JabberError: if the topic cannot be made.
        """
        known = await self._context.state.get(f"follow:{topic.id}")
        made = await self._context.topics.get(known.decode()) if known is not None else None
        if made is not None:
            words = await self._change(made, topic, at, carried)
        else:
            made = await self._create(topic, at, carried)
            words = [f"{made.name} is planned for {spell_time(at)}."]
        asked, failed = await self._invite(topic, made)
        await self._topics.set("changed", id=made.id)
        if asked:
            words.append(f"I invited {_named(asked)}.")
        words += [f"I could not invite {each}" for each in failed[:MAX_NAMED]]
        return " ".join(words) or f"{made.name} stays on {spell_time(at)}."

    async def _create(self, topic: Topic, at: str, carried: str) -> Topic:
        answer = await self._topics.set(
            "create",
            for_=topic.owner,
            name=topic.name,
            start=at,
            tz=topic.zone,
            visibility=topic.visibility,
            targets=written(topic.targets),
            language=topic.language,
            request=f"follow {topic.id} {at}",
        )
        id_ = next(child for child in answer.elements() if child.name == "topic")["id"]
        if carried:
            await self._context.state.set(f"carry:{id_}", carried.encode(), KEPT_SECONDS)
        await self._context.state.set(f"follow:{topic.id}", id_.encode(), KEPT_SECONDS)
        made = await self._context.topics.get(id_)
        if made is None:
            raise StanzaError("item-not-found", "It was deleted at once.")
        return made

    async def _change(self, made: Topic, topic: Topic, at: str, carried: str) -> list[str]:
        """Move the topic that was made, if it is to be at another time, and take along what is new."""
        before = made.start.astimezone(zone_of(topic.zone)).strftime("%Y-%m-%dT%H:%M") if made.start else ""
        words = []
        if before != at:
            await self._topics.set("reschedule", for_=topic.owner, id=made.id, start=at, tz=topic.zone)
            words.append(f"{made.name} is on {spell_time(at)} now.")
        first = await self._context.state.get(f"carry:{made.id}")
        if carried and carried.encode() != first:
            digest = sha256(carried.encode()).hexdigest()[:16]
            await self._say(made.room, f"carried.{topic.id}.{digest}", carried)
            words.append(f"I took the new open actions along into {made.name}.")
        return words

    async def _invite(self, topic: Topic, made: Topic) -> tuple[list[str], list[str]]:
        """Those invited to the other topic, and those in it whom nobody invited, come along, if they are not there."""
        asked: list[str] = []
        failed: list[str] = []
        there = {each.address for each in await self._context.topics.invitees(made.id)}
        here = {topic.owner, *made.members}
        for invitee in await self._context.topics.invitees(topic.id):
            if invitee.state in _NOT_ASKED or invitee.address in there or (invitee.jid or "") in here:
                continue
            here.add(invitee.jid or invitee.address)
            try:
                await self._invitations.set(
                    "invite",
                    for_=topic.owner,
                    address=invitee.address,
                    topic=made.id,
                    sure="true",
                    request=f"follow {made.id} {invitee.id}",
                )
                asked.append(invitee.name)
            except JabberError as error:
                failed.append(f"{invitee.name}: {error.text or error.condition}")
        for jid in topic.members:
            if jid not in here:
                try:
                    await self._topics.set("admit", id=made.id, jid=jid)
                except JabberError as error:
                    failed.append(f"{jid.partition('@')[0]}: {error.text or error.condition}")
        return asked, failed


def _named(names: list[str]) -> str:
    shown = names[:MAX_NAMED]
    if len(names) > MAX_NAMED:
        shown.append(f"{len(names) - MAX_NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
