"""
What invitations need as time passes: reminders, links that end unanswered, calendars that are still wrong.

Looks every minute; what is due is found in the stores, so a restart forgets nothing and sends nothing twice (a
reminder's outbox key is that of its meeting, time and distance). Leaves out when a change is mailed at once.
"""

from datetime import datetime, timedelta

from ccm.components.context import Context
from ccm.components.invitation_answers import Answers, Telling
from ccm.components.invitation_post import Post, newest
from ccm.components.operations import Correction
from ccm.components.room_requests import stamp
from ccm.records import Invitee, Topic

_REMINDED = ("offered", "accepted", "tentative", "joined")


class Rounds:
    """:param hours: how long before a meeting its invitees are reminded."""

    def __init__(self, context: Context, post: Post, answers: Answers, hours: tuple[float, ...]) -> None:
        self._context = context
        self._post = post
        self._answers = answers
        self._hours = tuple(sorted(hours))
        self._capped: dict[str, int] = {}

    async def walk(self) -> tuple[Telling, ...]:
        """Do what is due; whom to tell what."""
        told = []
        await self._post.cancel_abandoned()
        await self._remind()
        for invitee in await self._context.topics.lapsed(self._context.now()):
            told.append(await self._answers.expired(invitee))
        for id_ in tuple(self._capped):
            told += await self.catch_up(id_)
        return tuple(each for each in told if each is not None)

    async def catch_up_all(self) -> tuple[Telling, ...]:
        """Mail every change that a stop kept from being mailed; tell what left meanwhile."""
        told: list[Telling] = []
        for topic in await self._context.topics.active():
            told += await self.catch_up(topic.id)
            for invitee in await self._context.topics.invitees(topic.id):
                if invitee.state == "offered" and invitee.reason and not invitee.jid:
                    told += await self._left(invitee)
        return tuple(told)

    async def _left(self, invitee: Invitee) -> tuple[Telling, ...]:
        """A mail that had to wait may have left while nobody listened."""
        keys = newest(invitee)
        telling = None if await self._context.outbox.stands(keys) else await self._answers.sent(keys[0])
        return (telling,) if telling else ()

    async def catch_up(self, id_: str) -> tuple[Telling, ...]:
        """Mail a topic's change; who got their mails of the day is told later, and whoever invited them now."""
        topic = await self._context.topics.get(id_)
        waiting = await self._post.catch_up(topic) if topic is not None else ()
        known = self._capped.pop(id_, None)
        if topic is None or not waiting:
            return ()
        self._capped[id_] = topic.sequence
        return () if known == topic.sequence else tuple(_wait(topic, invitee) for invitee in waiting)

    # ---- reminders

    async def _remind(self) -> None:
        if not self._hours:
            return
        now = self._context.now()
        for topic in await self._context.topics.starting(now, now + timedelta(hours=self._hours[-1])):
            assert topic.start is not None
            hours = next(each for each in self._hours if topic.start - timedelta(hours=each) <= now)
            due = topic.start - timedelta(hours=hours)
            for known in await self._context.topics.invitees(topic.id):
                invitee = await self._context.topics.invitee(known.id) if self._wants(known, due) else None
                if invitee is not None and self._wants(invitee, due):
                    await self._mail(topic, invitee, hours)

    def _wants(self, invitee: Invitee, due: datetime) -> bool:
        """Whoever was written to since it was due knows."""
        return invitee.state in _REMINDED and invitee.told is not None and invitee.told.at < due

    async def _mail(self, topic: Topic, invitee: Invitee, hours: float) -> None:
        assert topic.start is not None
        if not await self._post.is_willing(invitee.address) or await self._post.is_full(invitee.address):
            return
        key = f"{stamp(topic.start)}:{hours:g}"
        written, job = await self._post.write("remind", topic, invitee, key=key)
        await self._context.topics.save_invitee(written, [job], by="", read=invitee)


def _wait(topic: Topic, invitee: Invitee) -> Telling:
    text = f"{invitee.address} got all mails of a day. I tell {invitee.name} tomorrow what changed: {topic.name}."
    return invitee.inviter, Correction("mail-capped", text, invitee.address)
