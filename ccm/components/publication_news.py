"""
What rooms hear of the publication of their document: that a target makes it wait, gave it up, has it after all.

One sentence each, once: what was said is kept, so that a restart says nothing twice and what happened meanwhile is
still said. That all went well at once is not news. Leaves out the outcome's own elements
(:mod:`ccm.components.publication_states`).
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm.components.context import Context
from ccm.components.reporter_room import ReporterRoom
from ccm.records import JobState, Topic

log = Logger()

CHANNELS = ("publish-changed", "publish-failed")
KEPT_SECONDS = 90 * 86400
#: A shorter pause is not worth a word: most faults pass by themselves. The outbox comes to it at the fourth failure.
LATE_SECONDS = 5.0
TARGETS = {
    "wordpress": "WordPress",
    "jcr": "JCR",
    "hippo": "Hippo",
    "git": "git",
    "webhook": "The webhook",
}
_TOLD = "publish-failed:"


class PublicationNews:
    """
    :param follow: is asked to be in a topic's room before anything is said there.
    """

    def __init__(self, context: Context, room: ReporterRoom, follow: Callable[[Topic], Awaitable[object]]) -> None:
        self._context = context
        self._room = room
        self._follow = follow
        self._one_by_one = DeferredLock()
        self._stops: list[Callable[[], None]] = []

    async def start(self) -> None:
        """*async* Say what happened meanwhile; listen from now on."""
        for channel in CHANNELS:
            self._stops.append(await self._context.state.subscribe(channel, self._heard))
        await self._look("")

    def stop(self) -> None:
        """Listen no longer."""
        while self._stops:
            self._stops.pop()()

    def _heard(self, told: bytes) -> None:
        try:
            key = json.loads(told).get("key", "")
        except (ValueError, AttributeError):
            key = ""
        self._context.spawn(self._look(str(key)))

    async def _look(self, key: str) -> None:
        """At one job, or without a key at all that may be news."""
        await self._one_by_one.acquire()
        try:
            for each in (key,) if key else await self._keys():
                state = (await self._context.outbox.look((each,))).get(each)
                if state is not None:
                    await self._tell(each, state)
        finally:
            self._one_by_one.release()

    async def _keys(self) -> list[str]:
        parked = [job.key for job, _ in await self._context.outbox.parked() if job.kind == "publish"]
        told = [key.removeprefix(_TOLD) for key in await self._context.state.keys(_TOLD)]
        return list(dict.fromkeys((*parked, *told)))

    async def _tell(self, key: str, job: JobState) -> None:
        mark = f"{_TOLD}{key}"
        told = await self._context.state.get(mark)
        news = self._news(job, told)
        if not news:
            return
        target, topic_id, _ = key.split(":", 2)
        topic = await self._context.topics.get(topic_id)
        if topic is not None:
            await self._follow(topic)
            id_ = f"{news}.{hashlib.sha256(f'{key} {job.note}'.encode()).hexdigest()[:20]}"
            try:
                await self._room.say(topic.room, id_, await self._words(news, target, topic, job))
            except (JabberError, RequestTimeout) as error:
                log.warn("{room} did not hear what became of {key}: {why}", room=topic.room, key=key, why=error)
                return  # the next change, or the next start, tries again
        if news == "there":
            await self._context.state.delete(mark)
        else:
            await self._context.state.set(mark, _mark(news, job), KEPT_SECONDS)

    def _news(self, job: JobState, told: bytes | None) -> str:
        """``failed``, ``late`` or ``there``; ``""`` if there is nothing to say."""
        if job.state == "parked":
            return "" if told in (b"told", _mark("failed", job)) else "failed"
        if job.state == "done":
            return "there" if told is not None else ""
        wait = (job.due - self._context.now()).total_seconds()
        return "late" if job.note and wait >= LATE_SECONDS and told is None else ""

    async def _words(self, news: str, target: str, topic: Topic, job: JobState) -> str:
        if news == "failed":
            return given_up(target, job.note, topic.document or "")
        if news == "late":
            return delayed(target, job.note, job.due, self._context.now())
        receipt = (await self._context.documents.receipts(topic.id)).get(target)
        return arrived(target, receipt.url if receipt is not None else "")


def given_up(target: str, why: str, document: str) -> str:
    """What the room hears when a publisher did not take a document."""
    return f"{_reason(target, why, 'did not take it')}. The archive has it{': ' + document if document else '.'}"


def delayed(target: str, why: str, due: datetime, now: datetime) -> str:
    """What it hears when one does not take it yet."""
    seconds = max(1, round((due - now).total_seconds()))
    pause = f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
    return f"{_reason(target, why, 'does not take it yet')}; I keep trying, next in {pause}."


def arrived(target: str, url: str) -> str:
    """What it hears when one has it after all."""
    return f"{_name(target)} has the document now{': ' + url if url else '.'}"


def _reason(target: str, why: str, what: str) -> str:
    name, reason = _name(target), why.strip().rstrip(".")
    return reason if name.lower() in reason.lower() else f"{name} {what}: {reason}"


def _name(target: str) -> str:
    return TARGETS.get(target, target)


def _mark(news: str, job: JobState) -> bytes:
    return b"late" if news == "late" else f"failed:{hashlib.sha256(job.note.encode()).hexdigest()[:20]}".encode()
