"""
Messages taken out of what was published: of every stored revision, so of every form of it, and of every target.

Whoever takes a message back in the room after publication (XEP-0424 0.4), moderates it (XEP-0425 0.3.0), or asks for it
here, has it taken out everywhere. Doing it again changes nothing, so a kill in the middle is made good by doing it once
more. Leaves out the room's own archive, which the room keeps (:mod:`ccm.muc.moderation`).
"""

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace

from twisted.logger import Logger

from ccm.components import outcome_post
from ccm.components.context import Context
from ccm.components.destinations import goes_to
from ccm.records import DocumentRecord, Topic
from ccm.reporter import redaction, render_json
from ccm.reporter.document import Document
from ccm.reporter.rendering import anchor
from ccm.reporter.transcript import Message, fold_corrections

log = Logger()

Jobs = tuple[tuple[str, str, str], ...]


async def take_out(
    context: Context, topic: Topic, ids: Iterable[str], jids: Mapping[str, str] | None = None
) -> tuple[DocumentRecord, ...]:
    """
    Take messages out of everything published of a topic.

    :param ids: stanza-ids. :param jids: nick -> bare JID of those who spoke, for mails that have not left.
    :returns: the revisions that are different now.
    """
    gone = frozenset(ids)
    while True:
        before = await context.documents.revisions(topic.id)
        after = await context.apart(_redacted, before, gone)
        if after == before:
            return ()
        changed = await _replace(context, topic, before, after)
        if changed is not None:
            log.info("{room}: {count} versions were redacted.", room=topic.room, count=len(changed))
            await _mail_anew(context, topic, changed, jids or {})
            return changed


async def _replace(
    context: Context, topic: Topic, before: tuple[DocumentRecord, ...], after: tuple[DocumentRecord, ...]
) -> tuple[DocumentRecord, ...] | None:
    """Store the other texts; ``None`` if there are other revisions than before by now."""
    jobs = _jobs(context, topic, before, after, await context.documents.receipts(topic.id))
    stale = False

    def change(records: tuple[DocumentRecord, ...]) -> tuple[tuple[DocumentRecord, ...], Jobs]:
        nonlocal stale
        stale = records != before
        return (records, ()) if stale else (after, jobs)

    changed = await context.documents.rewrite(topic.id, change)
    return None if stale else changed


def _redacted(records: tuple[DocumentRecord, ...], gone: frozenset[str]) -> tuple[DocumentRecord, ...]:
    documents = _documents(records)
    if not redaction.told(documents, gone):
        return records
    return tuple(map(_record, records, redaction.redacted(documents, gone)))


def _jobs(
    context: Context,
    topic: Topic,
    before: tuple[DocumentRecord, ...],
    after: tuple[DocumentRecord, ...],
    receipts: Container[str],
) -> Jobs:
    """The newest public revision once more, if it is different, to those who are to have it, or have it still."""
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if new.visibility == "public"]
    if not pairs or pairs[-1][0] == pairs[-1][1]:
        return ()  # of an older revision the targets have nothing any more
    shown, goes = pairs[-1][1], goes_to(topic, context.publishers)
    return tuple(
        _job(target, shown)
        for target in context.publishers
        if target in receipts or (target in goes and shown == after[-1])
    )


async def _mail_anew(
    context: Context, topic: Topic, changed: Sequence[DocumentRecord], jids: Mapping[str, str]
) -> None:
    """Mails with the old text that have not left do not leave; the newest version's are written anew."""
    waited: frozenset[str] = frozenset()
    for record in changed:
        waited = await outcome_post.withdraw(context, topic, record.revision)
    newest = await context.documents.latest(topic.id)
    if newest is None or newest != changed[-1] or not waited:
        return
    document = render_json.loads(newest.body)
    url = f"{context.web_url}archive/{newest.slug}"
    mark = f":{document.digest[:12]}"
    await context.outbox.add(await outcome_post.jobs_for(context, topic, document, jids, url, only=waited, mark=mark))


async def catch_up(context: Context, topic: Topic, messages: Sequence[Message]) -> tuple[DocumentRecord, ...]:
    """Take out what was withdrawn in the room by now. :param messages: everything in the room's archive."""
    gone = {message.id for message in fold_corrections(messages) if not message.text}
    jids = {message.nick: message.jid for message in messages if message.jid and not message.from_reporter}
    return await take_out(context, topic, gone, jids) if gone else ()


async def named(context: Context, topic: Topic, text: str) -> frozenset[str]:
    """Ids of the messages that somebody means by a stanza-id, or by a link to a line of a document."""
    wanted = text.strip().rpartition("#")[2]
    documents = _documents(await context.documents.revisions(topic.id))
    return redaction.naming(documents, lambda id_: wanted in (id_, anchor(id_)))


async def telling(context: Context, topic: Topic, ids: Iterable[str]) -> int:
    """How many published versions tell what those messages said; ask before they are taken out."""
    before, gone = await context.documents.revisions(topic.id), frozenset(ids)
    after = await context.apart(_redacted, before, gone)
    return sum(old != new for old, new in zip(before, after, strict=True))


async def hidden(context: Context, topic: Topic, ids: Iterable[str]) -> Callable[[str], bool]:
    """Tells of a text whether it repeats what those messages said; ask before they are taken out."""
    records = await context.documents.revisions(topic.id)
    gone = frozenset(ids)
    tells: Callable[[str], bool] = await context.apart(lambda: redaction.secret(_documents(records), gone))
    return tells


def _documents(records: Iterable[DocumentRecord]) -> tuple[Document, ...]:
    return tuple(render_json.loads(record.body) for record in records)


def _record(record: DocumentRecord, document: Document) -> DocumentRecord:
    body = render_json.dumps(document)
    if document == render_json.loads(record.body):
        return record
    return replace(record, headline=document.headline, body=body)


def _job(target: str, record: DocumentRecord) -> tuple[str, str, str]:
    """Publication of the same revision once more; its key is that of the text."""
    key = f"{target}:{record.topic}:{record.revision}:{render_json.loads(record.body).digest[:12]}"
    payload = {"target": target, "topic": record.topic, "revision": record.revision, "key": key, "of": "public"}
    return "publish", key, json.dumps(payload)
