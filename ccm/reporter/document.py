"""
The document that a discussion comes to: a frozen tree, from which every form is rendered.

Built from the state, the log up to the message that asked for publication, and what the topic knows. Nothing in it is
made up: every statement names its message. Leaves out rendering, and any look at a clock.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from ccm.reporter import silence
from ccm.reporter.dates import due
from ccm.reporter.discussion import Context, questions_of
from ccm.reporter.document_items import items_of, people_of, person_key
from ccm.reporter.document_shape import (
    PRODUCER,
    SCHEMA,
    Document,
    FollowUp,
    Item,
    Line,
    Link,
    Meta,
    Quote,
    Section,
    Sentence,
    Topic,
    superseded,
)
from ccm.reporter.document_topics import topics_of
from ccm.reporter.document_words import in_words
from ccm.reporter.outcomes import stamp
from ccm.reporter.state import State
from ccm.reporter.transcript import Message, fold_corrections

__all__ = [
    "PRODUCER",
    "SCHEMA",
    "Document",
    "FollowUp",
    "Item",
    "Line",
    "Link",
    "Meta",
    "Quote",
    "Section",
    "Sentence",
    "Topic",
    "build",
    "sealed",
]

NEXT = "next_meeting"  # the attribute that says when people meet again


def build(state: State, log: Sequence[Message], meta: Meta, context: Context) -> Document:
    """
    The document of a discussion as it stands.

    :param log: every archived message up to the one that asked for publication, in order.
    """
    log = silence.told(log, context.names)
    lines = _lines(log)
    kept = [message for message in log if message.on_record]
    times = [message.time for message in kept if message.time is not None]
    spoke = [m.nick for m in kept if not m.from_reporter and not m.retracts and m.nick]
    nicks = tuple(dict.fromkeys((*spoke, *state.people)))
    shown = people_of(nicks)
    published = meta.published or (times[-1] if times else None)
    last = stamp(times[-1]) if times else ""
    title = _title(state, meta)
    chair = meta.chair or ", ".join(filter(None, (state.chair, *state.cochairs)))
    at = {line.id: line.at for line in lines}  # a corrected line keeps its place in time
    day = times[0].date().isoformat() if times else meta.day or stamp(published)[:10]
    names = {name.lower(): shown[person_key(name)] for name in nicks}
    items = items_of(state, lines, day, names, meta.zone)
    counted = (*items.actions, *items.decisions, *items.questions)
    sections = tuple(
        Section(key, label, tuple(Quote(v.text, v.by, v.source, at.get(v.source, v.at)) for v in values))
        for key, label, _, values in questions_of(state, context)
    )
    refused = {each.partition(" ")[2] for each in state.refused}
    reached = topics_of(state, lines, nicks, counted, last, context.names)
    topics = in_words(lines, reached, counted, context.names, refused)
    approved_by = meta.approved_by or state.approved_by
    met = {person_key(name) for name in nicks}
    document = Document(
        schema=SCHEMA,
        id=meta.topic or _slug(title),
        title=title,
        type=state.type,
        type_label=context.templates.get(state.type).label,
        headline=headline(sections, items.decisions),
        topic=meta.topic,
        language=meta.language,
        zone=meta.zone,
        scheduled=stamp(meta.scheduled),
        started=stamp(times[0]) if times else "",
        ended=last,
        published=stamp(published),
        chair=chair,
        status="approved" if approved_by else "unopposed" if state.version and not state.ended else "draft",
        approved_by=approved_by,
        approved_at=(meta.approved_at or state.approved_at) if approved_by else "",
        version=meta.version,
        sections=sections,
        actions=tuple(sorted(items.actions, key=lambda item: (item.owner != "", item.owner.lower()))),
        decisions=items.decisions,
        questions=items.questions,
        notes=items.notes,
        ideas=items.ideas,
        possible_actions=items.possible_actions,
        possible_decisions=items.possible_decisions,
        topics=topics,
        links=tuple(Link(e.text, e.phrase, e.by, e.source, e.at) for e in state.entries if e.kind == "link"),
        present=tuple(shown.values()),
        invited=meta.invited,
        absent=tuple(name for name in meta.invited if person_key(name) not in met),
        follow_up=meta.follow_up or _follow_up(state, sections, meta.zone),
        log=lines,
        off_record=sum(not message.on_record or _is_off(message) for message in log),
        licence=meta.licence,
        retention=meta.retention,
        producer=PRODUCER,
        summarizer=meta.summarizer,
        summary=_cited(meta.summary, lines),
        day="" if times else meta.day,
        input="",
        digest="",
    )
    return sealed(document)


def sealed(document: Document) -> Document:
    """The document with the hashes of its log and of everything in it, so that any reader can check them."""
    log = msgspec.json.encode((document.log, document.off_record), order="deterministic")
    document = msgspec.structs.replace(document, input=hashlib.sha256(log).hexdigest(), digest="")
    plain = msgspec.json.encode(document, order="deterministic")
    return msgspec.structs.replace(document, digest=hashlib.sha256(plain).hexdigest())


def headline(sections: tuple[Section, ...], decisions: Sequence[Item]) -> str:
    """The first words about goal or matter, or the first decision that stands; ``""`` where there is neither."""
    by_key = {section.key: section.quotes for section in sections}
    for key in ("introduction", "outcome", "goal", "identification", "what", "story"):
        if by_key.get(key):
            return by_key[key][0].text
    gone = superseded(decisions)
    standing = next((item.text.strip() for item in decisions if item.number not in gone), "")
    return f"Decided: {standing}" if standing else ""


def _follow_up(state: State, sections: tuple[Section, ...], zone: str) -> FollowUp | None:
    """The next meeting as it was announced, or its day where somebody said one."""
    if state.following is not None:
        return FollowUp(state.following.at, state.following.phrase, state.following.source)
    for quote in (quote for section in sections if section.key == NEXT for quote in section.quotes):
        found = due(quote.text, datetime.fromisoformat(quote.at) if quote.at else None, zone)
        if found.iso and not found.doubt:
            return FollowUp(found.iso, quote.text, quote.source)
    return None


def _cited(summary: tuple[Sentence, ...], lines: Sequence[Line]) -> tuple[Sentence, ...]:
    """The sentences that rest on lines of the log, and on nothing else."""
    known = {line.id for line in lines if line.text}
    return tuple(sentence for sentence in summary if sentence.sources and known.issuperset(sentence.sources))


def _title(state: State, meta: Meta) -> str:
    name = state.attributes.get("name", ()) or state.attributes.get("subject", ())
    first = name[0].text.strip() if name else ""
    return meta.title or state.title or (first if 0 < len(first) <= 80 else "") or "Discussion"


def _is_off(message: Message) -> bool:
    return message.text.lstrip()[:5].lower() == "[off]"


def _without_aside(message: Message) -> Message:
    """Of a line that goes off the record only the command: what follows it was meant to stay among those present."""
    found = _OFF.match(message.text)
    return replace(message, text=found[1]) if found and not message.from_reporter else message


_OFF = re.compile(r"\s*([#/]off)\b(?!\s*(?:me)?\s*$).", re.IGNORECASE | re.DOTALL)


def _lines(log: Sequence[Message]) -> tuple[Line, ...]:
    """The log as it is printed: corrections in place, withdrawn lines without words, nothing off the record."""
    texts = {message.id: _without_aside(message).text for message in log}
    lines: list[Line] = []
    for message in fold_corrections(m for m in log if m.on_record and not _is_off(m)):
        before = texts[message.id]
        message = _without_aside(message)
        kept = "withdrawn" if not message.text else "corrected" if message.text != before else "said"
        lines.append(Line(message.id, message.nick, stamp(message.time), message.text, kept, message.from_reporter))
    return tuple(lines)


def _slug(title: str) -> str:
    words = re.findall(r"[^\W_]+", title.lower())
    return "-".join(words)[:60].rstrip("-") or "discussion"
