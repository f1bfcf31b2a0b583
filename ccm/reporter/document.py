"""
The document that a discussion comes to: a frozen tree, from which every form is rendered.

Built from the state, the log up to the message that asked for publication, and what the topic knows. Nothing in it is
made up: every statement names its message. Leaves out rendering, and any look at a clock.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from ccm.reporter.discussion import Context, questions_of
from ccm.reporter.outcomes import mark_of, stamp
from ccm.reporter.segments import segments
from ccm.reporter.state import Entry, State
from ccm.reporter.transcript import Message, fold_corrections

SCHEMA = "urn:ccm:document:0"
PRODUCER = "CCM chat reporter 1"
LONG = 40  # remarks from which on a discussion of any type has topics, announced or found


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    What the document takes from outside the discussion.

    :ivar room: the room's address, kept inside the document's JSON and printed nowhere.
    :ivar published: when this version goes out; ``None`` takes the time of the log's last message.
    """

    title: str = ""
    room: str = ""
    topic: str = ""
    chair: str = ""
    scheduled: datetime | None = None
    zone: str = "UTC"
    language: str = "en"
    invited: tuple[str, ...] = ()
    version: int = 1
    published: datetime | None = None
    approved_by: str = ""
    licence: str = ""


class Quote(msgspec.Struct, frozen=True):
    """Somebody's words and where they stand."""

    text: str
    by: str
    source: str
    at: str


class Section(msgspec.Struct, frozen=True):
    """An attribute with what was said of it; without quotes when nobody did."""

    key: str
    label: str
    quotes: tuple[Quote, ...]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    An action, decision, question, note, idea or call for help.

    :ivar id: ``A1`` in the discussion, ``A-2026-11-22-01`` for good.
    :ivar said: the whole line as it was typed.
    :ivar provenance: ``marked`` by somebody; ``detected`` in free talk, with *confidence* in thousandths; then
        ``confirmed``.
    :ivar sources: ids of further messages that it rests on.
    :ivar how: of a decision: ``consensus``, ``vote``, ``ruling``, or ``""`` where nobody said.
    :ivar votes: option -> names.
    :ivar supersedes: number of the decision whose place this one takes.
    """

    id: str
    number: str
    text: str
    by: str
    source: str
    at: str
    said: str
    owner: str = ""
    due: str = ""
    phrase: str = ""
    status: str = "open"
    topic: str = ""
    provenance: str = "marked"
    confidence: int = 1000
    sources: tuple[str, ...] = ()
    how: str = ""
    votes: dict[str, tuple[str, ...]] = {}
    supersedes: str = ""


class Topic(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    A topic in the order of the agenda, or of the talk.

    :ivar status: ``reached``, ``planned`` (and not reached), or ``found``: nobody announced it, its title is made of
        words that were said then more than at other times.
    :ivar minutes: ``None`` without times or when it was not reached.
    """

    id: str
    title: str
    source: str
    at: str
    status: str
    minutes: int | None
    items: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """An address that somebody gave."""

    url: str
    title: str
    by: str
    source: str
    at: str


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the log. *kept*: ``said``, ``corrected`` or ``withdrawn`` (then without text)."""

    id: str
    nick: str
    at: str
    text: str
    kept: str = "said"
    reporter: bool = False


class Document(msgspec.Struct, frozen=True):
    """
    The published record of a discussion.

    :ivar id: stable for topic or title, without version.
    :ivar headline: one sentence of the people's own, or a count.
    :ivar status: ``approved``, ``unopposed`` (its grace period passed) or ``draft``.
    :ivar digest: hash of everything in it.
    """

    schema: str
    id: str
    title: str
    type: str
    type_label: str
    headline: str
    topic: str
    language: str
    zone: str
    scheduled: str
    started: str
    ended: str
    published: str
    chair: str
    status: str
    approved_by: str
    version: int
    sections: tuple[Section, ...]
    actions: tuple[Item, ...]
    decisions: tuple[Item, ...]
    questions: tuple[Item, ...]
    notes: tuple[Item, ...]
    ideas: tuple[Item, ...]
    topics: tuple[Topic, ...]
    links: tuple[Link, ...]
    present: tuple[str, ...]
    invited: tuple[str, ...]
    log: tuple[Line, ...]
    off_record: int
    licence: str
    producer: str
    digest: str


def build(state: State, log: Sequence[Message], meta: Meta, context: Context) -> Document:
    """
    The document of a discussion as it stands.

    :param log: every archived message up to the one that asked for publication, in order.
    """
    lines = _lines(log)
    kept = [message for message in log if message.on_record]
    times = [message.time for message in kept if message.time is not None]
    spoke = [m.nick for m in kept if not m.from_reporter and not m.retracts]
    present = tuple(dict.fromkeys((*spoke, *state.people)))
    published = meta.published or (times[-1] if times else None)
    title = _title(state, meta)
    said = {line.id: line.text for line in lines}
    at = {line.id: line.at for line in lines}  # a corrected line keeps its place in time
    day = (times[0] if times else published or datetime(1970, 1, 1, tzinfo=UTC)).date().isoformat()
    items = {kind: _items(state, kind, day, said, present) for kind in ("action", "decision", "question", "idea")}
    sections = tuple(
        Section(key, label, tuple(Quote(v.text, v.by, v.source, at.get(v.source, v.at)) for v in values))
        for key, label, _, values in questions_of(state, context)
    )
    approved_by = meta.approved_by or state.approved_by
    document = Document(
        schema=SCHEMA,
        id=meta.topic or _slug(title),
        title=title,
        type=state.type,
        type_label=context.templates.get(state.type).label,
        headline=_headline(sections, items["decision"], items["action"]),
        topic=meta.topic,
        language=meta.language,
        zone=meta.zone,
        scheduled=stamp(meta.scheduled),
        started=stamp(times[0]) if times else "",
        ended=stamp(times[-1]) if times else "",
        published=stamp(published),
        chair=meta.chair or state.chair,
        status="approved" if approved_by else "unopposed" if state.version and not state.ended else "draft",
        approved_by=approved_by,
        version=meta.version,
        sections=sections,
        actions=tuple(sorted(items["action"], key=lambda item: (item.owner != "", item.owner.lower()))),
        decisions=items["decision"],
        questions=items["question"],
        notes=_items(state, "info", day, said, present) + _items(state, "help", day, said, present),
        ideas=items["idea"],
        topics=_topics(state, times[-1] if times else None)
        or _found_topics(state, lines, present, stamp(times[-1]) if times else ""),
        links=tuple(Link(e.text, e.phrase, e.by, e.source, e.at) for e in state.entries if e.kind == "link"),
        present=present,
        invited=tuple(name for name in meta.invited if name not in present),
        log=lines,
        off_record=sum(not message.on_record or _is_off(message) for message in log),
        licence=meta.licence,
        producer=PRODUCER,
        digest="",
    )
    return msgspec.structs.replace(document, digest=_digest(document))


def _title(state: State, meta: Meta) -> str:
    name = state.attributes.get("name", ()) or state.attributes.get("subject", ())
    first = name[0].text.strip() if name else ""
    return meta.title or state.title or (first if 0 < len(first) <= 80 else "") or "Discussion"


def _headline(sections: tuple[Section, ...], decisions: Sequence[Item], actions: Sequence[Item]) -> str:
    """The first words about goal or matter; for a meeting its counts."""
    by_key = {section.key: section.quotes for section in sections}
    for key in ("introduction", "outcome", "goal", "identification", "what", "story"):
        if by_key.get(key):
            return by_key[key][0].text
    counts = f"{_count(len(decisions), 'decision')} and {_count(len(actions), 'action')}."
    return counts[0].upper() + counts[1:]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _items(state: State, kind: str, day: str, said: dict[str, str], present: Sequence[str]) -> tuple[Item, ...]:
    return tuple(_item(e, day, said.get(e.source, e.text), present) for e in state.entries if e.kind == kind)


def _item(e: Entry, day: str, said: str, present: Sequence[str]) -> Item:
    first = (e.at or day)[:10]
    names = {name.lower(): name for name in present}
    return Item(
        f"{e.id[0]}-{first}-{int(e.id[1:]):02d}", e.id, e.text, e.by, e.source, e.at, said,
        names.get(e.owner.lower(), e.owner), e.due, e.phrase, e.status, e.topic,
        e.provenance, e.confidence, e.sources, e.how, e.votes, e.supersedes,
    )  # fmt: skip


def _topics(state: State, last: datetime | None) -> tuple[Topic, ...]:
    """Topics with the time until the next one began."""
    topics = [e for e in state.entries if e.kind == "topic"]
    made: list[Topic] = []
    for index, e in enumerate(topics):
        following = topics[index + 1].at if index + 1 < len(topics) else stamp(last)
        minutes = _minutes(e.at, following)
        items = tuple(i.id for i in state.entries if i.topic == e.id and i.kind in ("action", "decision", "question"))
        status = "reached" if e.status in ("current", "over") else "planned"
        made.append(Topic(e.id, e.text, e.source, e.at, status, minutes, items))
    return tuple(made)


def _found_topics(state: State, lines: Sequence[Line], people: Sequence[str], last: str) -> tuple[Topic, ...]:
    """Topics of a meeting, or of a long talk, in which nobody announced any."""
    said = [line for line in lines if line.text and not line.reporter and mark_of(line.text) is None]
    if state.type != "meeting" and len(said) < LONG:
        return ()
    found = segments([line.text for line in said], people)
    places = {line.id: place for place, line in enumerate(lines)}
    edges = [places[said[segment.start].id] for segment in found[1:]]
    outcomes = [e for e in state.entries if e.kind in ("action", "decision", "question") and e.source in places]
    made: list[Topic] = []
    for number, (segment, start, end) in enumerate(zip(found, (0, *edges), (*edges, len(lines)), strict=False), 1):
        first = said[segment.start]
        minutes = _minutes(first.at, lines[end].at if end < len(lines) else last)
        items = tuple(e.id for e in outcomes if start <= places[e.source] < end)
        made.append(Topic(f"T{number}", segment.title, first.id, first.at, "found", minutes, items))
    return tuple(made)


def _minutes(start: str, end: str) -> int | None:
    if not start or not end:
        return None
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, round(span.total_seconds() / 60))


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
        kept = "withdrawn" if before and not message.text else "corrected" if message.text != before else "said"
        lines.append(Line(message.id, message.nick, stamp(message.time), message.text, kept, message.from_reporter))
    return tuple(lines)


def _digest(document: Document) -> str:
    """The hash of everything that stands in a document, so that any reader can check it."""
    plain = msgspec.json.encode(msgspec.structs.replace(document, digest=""), order="deterministic")
    return hashlib.sha256(plain).hexdigest()


def _slug(title: str) -> str:
    words = re.findall(r"[^\W_]+", title.lower())
    return "-".join(words)[:60].rstrip("-") or "discussion"
