"""
What people say of their actions on the page behind a mail's links, brought into the room and so into the record.

The page leaves a job in the outbox; the reporter says in the room who says what by mail, and takes it as if they had
typed it there. Leaves out the page (:mod:`ccm.web.outcome`).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm.components.context import Context
from ccm.components.room_discussion import RoomDiscussion
from ccm.records import OutboxJob, Topic

log = Logger()

KIND = "outcome-answer"
CHANNEL = "outcome-answered"
AT_ONCE = 20
LEASE_SECONDS = 120.0
PAUSE_SECONDS = 30.0


class OutcomeAnswers:
    """
    :param follow: answers the discussion of a topic, followed from now on.
    :param nick_of: how a room knows a bare JID.
    """

    def __init__(
        self,
        context: Context,
        follow: Callable[[Topic], Awaitable[RoomDiscussion]],
        nick_of: Callable[[str], Awaitable[str]],
    ) -> None:
        self._context = context
        self._follow = follow
        self._nick_of = nick_of
        self._one_by_one = DeferredLock()
        self._stops: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Take what waits, and from now on what comes."""
        self._stops.append(await self._context.state.subscribe(CHANNEL, lambda _: self._soon()))
        self._soon()

    def stop(self) -> None:
        """Take nothing more; what waits is kept."""
        while self._stops:
            self._stops.pop()()

    def _soon(self) -> None:
        self._context.spawn(self._take())

    async def _take(self) -> None:
        await self._one_by_one.acquire()
        try:
            while jobs := await self._context.outbox.claim(KIND, AT_ONCE, LEASE_SECONDS):
                for job in jobs:
                    await self._one(job)
        finally:
            self._one_by_one.release()

    async def _one(self, job: OutboxJob) -> None:
        outbox = self._context.outbox
        facts = json.loads(job.payload)
        topic = await self._context.topics.get(facts["topic"])
        if topic is None or facts["jid"] not in topic.members:
            await outbox.done(job.id, "That topic is gone, or they take no part in it any more.")
            return
        try:
            await self._tell(topic, facts, job.key)
        except (JabberError, RequestTimeout) as error:
            log.warn("{room} did not hear what came by mail: {why}", room=topic.room, why=str(error))
            await outbox.retry(job.id, PAUSE_SECONDS, str(error) or "the room did not answer")
            self._context.clock.callLater(PAUSE_SECONDS, self._soon)
            return
        await outbox.done(job.id)

    async def _tell(self, topic: Topic, facts: Mapping[str, str], key: str) -> None:
        known = await self._follow(topic)
        await known.load()
        nick = next((n for n, jid in known.state.jids.items() if jid == facts["jid"]), "")
        nick = nick or await self._nick_of(facts["jid"])
        words = command(facts)
        text = f"{nick} says by mail: {words}"
        await known.ask("say", nick=nick, jid=facts["jid"], text=text, cause=key.replace(":", "."), words=words)


def command(facts: Mapping[str, str]) -> str:
    """What they could have typed. :raises ValueError: if it is none of the three answers."""
    item, do = facts["item"], facts["do"]
    if do == "done":
        return f"#done {item}"
    if do == "not-me":
        return f"#assign {item} nobody"
    return f"#due {item} {date.fromisoformat(facts['due']).isoformat()}"
