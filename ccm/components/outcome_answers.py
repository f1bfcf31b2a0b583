"""
What people say of their actions on the page behind a mail's links, brought into the room and so into the record.

The page leaves a job in the outbox; the reporter says in the room who says what by mail, and takes it as if they had
typed it there. A worker looks for jobs, so that one which a killed process had taken is taken again. Leaves out the
page (:mod:`ccm.web.outcome`).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm.components.context import Context, Worker
from ccm.components.room_discussion import RoomDiscussion
from ccm.errors import Rejected, Unavailable
from ccm.records import OutboxJob, Topic

KIND = "outcome-answer"
CHANNEL = "outcome-answered"


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
        self._worker: Worker | None = None
        self._stops: list[Callable[[], None]] = []

    async def start(self) -> None:
        """Take what waits, and from now on what comes, here or, when somebody looks, in another process."""
        if self._context.workers is None:
            return
        self._worker = worker = self._context.workers(KIND, self._take)
        self._stops.append(await self._context.state.subscribe(CHANNEL, lambda _: worker.poke()))
        worker.start()

    def stop(self) -> None:
        """Take nothing more; what waits is kept."""
        while self._stops:
            self._stops.pop()()
        if self._worker is not None:
            self._context.spawn(self._worker.stop())
            self._worker = None

    async def _take(self, job: OutboxJob) -> str:
        """:raises Unavailable: if the room does not hear it now. :raises Rejected: if it says nothing."""
        try:
            facts = json.loads(job.payload)
            words, id_, jid = command(facts), facts["topic"], facts["jid"]
        except (ValueError, KeyError) as error:
            raise Rejected(f"What came by mail cannot be read: {error!r}") from error
        topic = await self._context.topics.get(id_)
        if topic is None or jid not in topic.members:
            return "That topic is gone, or they take no part in it any more."
        try:
            await self._tell(topic, jid, words, job.key)
        except (JabberError, RequestTimeout) as error:
            why = str(error) or "the room did not answer"
            raise Unavailable(f"{topic.room} did not hear what came by mail: {why}") from error
        return ""

    async def _tell(self, topic: Topic, jid: str, words: str, key: str) -> None:
        known = await self._follow(topic)
        await known.load()
        nick = next((n for n, each in known.state.jids.items() if each == jid), "")
        nick = nick or await self._nick_of(jid)
        text = f"{nick} says by mail: {words}"
        await known.ask("say", nick=nick, jid=jid, text=text, cause=key.replace(":", "."), words=words)


def command(facts: Mapping[str, str]) -> str:
    """What they could have typed. :raises ValueError: if it is none of the three answers."""
    item, do = facts["item"], facts["do"]
    if do == "done":
        return f"#done {item}"
    if do == "not-me":
        return f"#assign {item} nobody"
    return f"#due {item} {date.fromisoformat(facts['due']).isoformat()}"
