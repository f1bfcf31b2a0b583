"""
The topic of the next meeting: made when the talk is published, with the same people and the open actions.

The topics and invitations components do it, as they would for the owner. Done again after a crash it is found in the
session state and not made twice. Leaves out when the next meeting is (:mod:`ccm.reporter.followup`).
"""

from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm.components.context import Context
from ccm.components.room_requests import Sibling
from ccm.records import Topic
from ccm.reporter.followup import spell_time

KEPT_SECONDS = 366 * 86400
MAX_NAMED = 8
_NOT_ASKED = ("revoked", "bounced", "expired")


class NextMeeting:
    """
    :param topics: asks the topics component.
    :param invitations: asks the invitations component.
    """

    def __init__(self, context: Context, topics: Sibling, invitations: Sibling) -> None:
        self._context = context
        self._topics = topics
        self._invitations = invitations

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
            await self._topics.set("reschedule", for_=topic.owner, id=made.id, start=at, tz=topic.zone)
            return f"{made.name} is on {spell_time(at)} now."
        answer = await self._topics.set(
            "create",
            for_=topic.owner,
            name=topic.name,
            start=at,
            tz=topic.zone,
            visibility=topic.visibility,
            language=topic.language,
            request=f"follow {topic.id} {at}",
        )
        element = next(child for child in answer.elements() if child.name == "topic")
        id_, name = element["id"], element.getAttribute("name") or topic.name
        if carried:
            await self._context.state.set(f"carry:{id_}", carried.encode(), KEPT_SECONDS)
        await self._context.state.set(f"follow:{topic.id}", id_.encode(), KEPT_SECONDS)
        asked, failed = await self._invite(topic, id_)
        await self._topics.set("changed", id=id_)
        words = [f"{name} is planned for {spell_time(at)}."]
        if asked:
            words.append(f"I invited {_named(asked)}.")
        words += [f"I could not invite {each}" for each in failed[:MAX_NAMED]]
        return " ".join(words)

    async def _invite(self, topic: Topic, id_: str) -> tuple[list[str], list[str]]:
        """Those who were invited to the other topic, and those in it whom nobody invited: all come along."""
        asked: list[str] = []
        failed: list[str] = []
        here = {topic.owner}
        for invitee in await self._context.topics.invitees(topic.id):
            if invitee.state in _NOT_ASKED or (invitee.jid or "") in here:
                continue
            here.add(invitee.jid or "")
            try:
                await self._invitations.set(
                    "invite",
                    for_=topic.owner,
                    address=invitee.address,
                    topic=id_,
                    sure="true",
                    request=f"follow {id_} {invitee.id}",
                )
                asked.append(invitee.name)
            except JabberError as error:
                failed.append(f"{invitee.name}: {error.text or error.condition}")
        for jid in topic.members:
            if jid not in here:
                try:
                    await self._topics.set("admit", id=id_, jid=jid)
                except JabberError as error:
                    failed.append(f"{jid.partition('@')[0]}: {error.text or error.condition}")
        return asked, failed


def _named(names: list[str]) -> str:
    shown = names[:MAX_NAMED]
    if len(names) > MAX_NAMED:
        shown.append(f"{len(names) - MAX_NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
