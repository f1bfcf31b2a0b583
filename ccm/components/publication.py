"""
Makes a document of a discussion and hands it to the store, with the jobs that take it elsewhere, in one transaction.

Everything in it comes from the archive and the topic, and its time is that of the message that caused it: doing it
again after a crash gives the same document under the same key, which the store then does not keep twice.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as TooLate
from twisted.logger import Logger

from ccm.components import outcome_post
from ccm.components.context import Context
from ccm.components.destinations import goes_to
from ccm.errors import CCMError, StanzaError
from ccm.interfaces import ISummarizer
from ccm.records import DocumentRecord, Topic
from ccm.reporter import discussion, document, render_json, summary
from ccm.reporter.differences import says_otherwise
from ccm.reporter.document_shape import Document
from ccm.reporter.state import State
from ccm.reporter.transcript import Message

log = Logger()

MAX_SLUG = 60
SUMMARY_SECONDS = 120  # of whatever a summariser does
MAX_VARIANTS = 1000
UNGUESSED_DIGITS = 20  # hexadecimal: 80 bits
_UNGUESSED = re.compile(rf"-[0-9a-f]{{{UNGUESSED_DIGITS}}}\Z")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document is made of. *at* is when its publication was asked for."""

    topic: Topic
    state: State
    log: Sequence[Message]
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """
    What the operator says of every document.

    :ivar mails: those who took part are mailed it. :ivar licence: for readers. :ivar retention: likewise.
    """

    mails: bool = False
    licence: str = ""
    retention: str = ""


PLAIN = Edition()


async def drafted(context: Context, draft: Draft, rules: discussion.Context, edition: Edition = PLAIN) -> Document:
    """The document as it would be, kept nowhere."""
    topic = draft.topic
    invited = tuple(each.name for each in await context.topics.invitees(topic.id) if each.state != "revoked")
    meta = document.Meta(
        title=topic.name,
        room=topic.room,
        topic=topic.id,
        scheduled=topic.start,
        zone=topic.zone,
        language=topic.language,
        invited=invited,
        version=draft.version,
        published=draft.at,
        licence=edition.licence,
        retention=edition.retention,
    )
    return await context.apart(document.build, draft.state, draft.log, meta, rules)  # type: ignore[no-any-return]


async def publish(context: Context, draft: Draft, rules: discussion.Context, edition: Edition = PLAIN) -> str:
    """
    Keep the document and its jobs.

    :returns: its public URL.
    :raises StanzaError: if the store refuses it for good.
    """
    topic = draft.topic
    made = await _summarized(context, await drafted(context, draft, rules, edition))
    body = render_json.dumps(made)
    targets = goes_to(topic, context.publishers) if topic.visibility == "public" else ()
    jobs = [_job(target, topic.id, draft.version) for target in targets]
    record = DocumentRecord(
        topic=topic.id,
        revision=draft.version,
        slug=await free_slug(context, topic, made.title),
        title=made.title,
        headline=made.headline,
        body=body,
        key=f"{topic.id}:{draft.version}",
        visibility=topic.visibility,
        published=draft.at,
    )
    url = f"{context.web_url}archive/{record.slug}"
    mailed = edition.mails and await _is_news(context, topic.id, made)
    mails = await outcome_post.jobs_for(context, topic, made, draft.state.jids, url) if mailed else ()
    kept = await context.documents.publish(record, (*jobs, *mails))
    return f"{context.web_url}archive/{kept.slug}"


async def _is_news(context: Context, topic: str, made: Document) -> bool:
    """Whether it says anything that the version before it does not."""
    earlier = [each for each in await context.documents.revisions(topic) if each.revision < made.version]
    if not earlier:
        return True
    before = max(earlier, key=lambda record: record.revision)
    return await context.apart(lambda: says_otherwise(render_json.loads(before.body), made))  # type: ignore[no-any-return]


async def _summarized(context: Context, made: Document) -> Document:
    """The document with a summariser's sentences, as far as they stand; whatever goes wrong, it goes out without."""
    writer = context.summarizer
    if writer is None:
        return made
    asked: Deferred[Any] = Deferred.fromCoroutine(_asked(writer, made))
    asked.addTimeout(SUMMARY_SECONDS, context.clock)
    try:
        return summary.with_summary(made, await asked, writer.name)
    except (CCMError, TooLate) as error:
        log.warn("{id}: no summary by {name}: {why}", id=made.id, name=writer.name, why=str(error) or "too late")
    except Exception:  # a plug-in's mistake must not keep a document back
        log.failure("{id}: the summariser {name} failed.", id=made.id, name=writer.name)
    return made


async def _asked(writer: ISummarizer, made: Document) -> tuple[object, ...]:
    return tuple(await writer.summarize(summary.shown(made), made))


async def free_slug(context: Context, topic: Topic, title: str) -> str:
    """
    The address under which a topic's document stands: the one it has, else one made of its title.

    What only those may read who have its link is at one that nobody guesses; an address that could be guessed is left.
    """
    earlier = await context.documents.latest(topic.id)
    if earlier is not None and (topic.visibility != "link" or _UNGUESSED.search(earlier.slug)):
        return earlier.slug
    stem = slug(title)
    if topic.visibility == "link":
        return f"{stem}-{hashlib.sha256(context.token().encode()).hexdigest()[:UNGUESSED_DIGITS]}"
    for number in range(1, MAX_VARIANTS):
        candidate = stem if number == 1 else f"{stem}-{number}"
        taken = await context.documents.by_slug(candidate)
        if taken is None or taken.topic == topic.id:
            return candidate
    raise StanzaError("conflict", f"Too many documents are called “{title}”. Rename the topic and publish again.")


def slug(title: str) -> str:
    """Lower-case letters, digits and hyphens; never empty."""
    plain = unicodedata.normalize("NFKD", title.casefold().replace("ß", "ss"))
    words = re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char)))
    made = "-".join(words)[:MAX_SLUG].strip("-")
    return made or "talk"


def _job(target: str, topic: str, version: int) -> tuple[str, str, str]:
    key = f"{target}:{topic}:{version}"
    return "publish", key, json.dumps({"target": target, "topic": topic, "revision": version, "key": key})
