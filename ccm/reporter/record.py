"""
Changes of the record: filling attributes, converting the type, adding, replacing and dropping entries.

Every function takes a state and answers the next one. Leaves out when to do which (:mod:`ccm.reporter.discussion`), and
taking back what a message brought (:mod:`ccm.reporter.withdrawal`).
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from ccm.reporter.candidates import ANSWERED, CARRIED, Candidate, assigned, kept
from ccm.reporter.candidates import alternatives as ranked
from ccm.reporter.corrections import Words, corrected
from ccm.reporter.hearing import Said, hear
from ccm.reporter.outcomes import MAX_ENTRIES, stamp
from ccm.reporter.remarks import flat
from ccm.reporter.state import Asked, Entry, Pending, State, Value
from ccm.reporter.templates import Signs, Template
from ccm.reporter.transcript import Message

MAX_PENDING = 300
MAX_PENDING_CHARS = 2000
OPENING = 40  # remarks that tell what kind of talk it is
replace = msgspec.structs.replace


def changed(state: State, **changes: object) -> State:
    """The state with these fields, one revision on."""
    return replace(state, revision=state.revision + 1, **changes)


class Source(NamedTuple):
    """Where a value came from."""

    id: str
    by: str
    at: str

    @classmethod
    def of(cls, message: Message) -> "Source":
        """The source that a message is."""
        return cls(message.id, message.nick, stamp(message.time))


def consider(state: State, found: Iterable[Candidate], template: Template) -> State:
    """Take candidates into account: what fills the attributes may change."""
    more = tuple(found)
    return _refilled(state, (*state.heard, *more), template) if more else state


def alternatives(state: State, template: Template) -> dict[str, tuple[Candidate, ...]]:
    """What else was said that might fill each attribute, the likeliest first."""
    return ranked(state.heard, singles_of(template))


def singles_of(template: Template) -> frozenset[str]:
    """The keys that hold one value."""
    return frozenset(a.key for a in template.attribute if a.shape in ("name", "level"))


def put_right(state: State, heard: tuple[Candidate, ...], template: Template) -> State:
    """The state after a correction, with what is heard now."""
    return _refilled(state, heard, template)


def _refilled(state: State, heard: tuple[Candidate, ...], template: Template) -> State:
    """The state with these candidates and what follows from them."""
    heard = kept(heard)
    if heard == state.heard:
        return state
    filled = assigned(heard, singles_of(template))
    attributes = {
        a.key: tuple(Value(c.text, c.by, c.source, c.at, c.carried) for c in filled[a.key])
        for a in template.attribute
        if a.key in filled
    }
    if attributes == state.attributes:
        return replace(state, heard=heard)
    return changed(state, heard=heard, attributes=attributes)


def answered(state: State, key: str, text: str, source: Source, template: Template, asked: str = "") -> State:
    """Fill an attribute by an answer to its question: nothing displaces that."""
    said = text.strip()
    if not said:
        return state
    return consider(state, (Candidate(key, ANSWERED, said, source.by, source.id, source.at, asked=asked),), template)


def moved(state: State, answer: Candidate, key: str, template: Template) -> State:
    """Let an answer fill another attribute."""
    heard = tuple(replace(each, key=key) if each is answer else each for each in state.heard)
    return _refilled(state, heard, template)


def keep_pending(state: State, message: Message) -> State:
    """Remember a remark until the type is known."""
    pending = (*state.pending, Pending(message.id, message.nick, message.text[:MAX_PENDING_CHARS], stamp(message.time)))
    return replace(state, pending=pending[-MAX_PENDING:])


def heard_as(pending: Iterable[Pending], signs: Signs) -> list[Candidate]:
    """Every candidate in the remarks kept so far, read as a discussion of that type."""
    found: list[Candidate] = []
    question: Asked | None = None
    for place, remark in enumerate(pending):
        words = Words(remark.text, remark.by, remark.source, remark.at, question)
        change = corrected(words, tuple(found), signs)
        if change is not None:
            found, question = list(change.heard), None
            if change.rest < 0:
                continue
            remark = replace(remark, text=remark.text[change.rest :])
        read = hear(Said(remark.text, remark.by, question, place), signs)
        found.extend(tie.candidate(remark.text, remark.by, remark.source, remark.at) for tie in read.ties)
        question = read.question
    return found


def pending_texts(state: State) -> list[str]:
    """The remarks that were made first while the type was unknown, in lower case."""
    return [flat(remark.text) for remark in state.pending[:OPENING]]


def convert(state: State, template: Template, old: Template, signs: Signs, *, carry: bool = True) -> State:
    """
    Make the discussion one of *template*'s type.

    What was said is read again as a discussion of that type, except what was surer where it stood; values of the old
    attributes that people stated plainly are carried over and stand where nothing better is found.
    """
    keys = {attribute.key for attribute in template.attribute}
    chosen = {(attribute, value.source) for attribute, values in state.attributes.items() for value in values}
    sure = [c for c in state.heard if (c.key, c.source) in chosen and c.plain]
    taken = {attribute.takes[old.key]: attribute.key for attribute in template.attribute if old.key in attribute.takes}
    targets = {a.key: a.carry.get(template.key) or taken.get(a.key, "") for a in old.attribute if carry}
    carried = [
        replace(c, key=targets[c.key], score=CARRIED, carried=True) for c in sure if targets.get(c.key, "") in keys
    ]
    meant = {(c.source, c.place): c.score for c in sure}
    again = [c for c in heard_as(state.pending, signs) if c.score >= meant.get((c.source, c.place), 0)]
    fresh = replace(
        state,
        type=template.key,
        heard=(),
        attributes={},
        asking="",
        asked=None,
        skipped=(),
        revision=state.revision + 1,
    )
    return _refilled(fresh, (*carried, *again), template)


def add_entry(state: State, entry: Entry, counters: dict[str, int]) -> State:
    """Put a marked line on record; a topic ends the one before."""
    if len(state.entries) >= MAX_ENTRIES:
        return state
    entries = state.entries
    topic = state.topic
    if entry.kind == "topic":
        entries = tuple(
            replace(e, status="over") if e.kind == "topic" and e.status == "current" else e for e in entries
        )
        topic = entry.id
    return changed(state, entries=(*entries, entry), counters=counters, topic=topic)


def replace_entry(state: State, entry: Entry) -> State:
    """Put *entry* in the place of the one with its id."""
    return changed(state, entries=tuple(entry if e.id == entry.id else e for e in state.entries))


def drop_entry(state: State, id_: str) -> State:
    """Take an entry off the record; its id is not given again."""
    topic = "" if state.topic == id_ else state.topic
    return changed(state, entries=tuple(e for e in state.entries if e.id != id_), topic=topic)


def drop_value(state: State, key: str, template: Template) -> State:
    """Empty an attribute, for good: what was said of it so far does not fill it again."""
    return _refilled(state, tuple(c for c in state.heard if c.key != key), template)


def without(state: State, template: Template, *, source: str = "", by: str = "") -> State:
    """The state in which a message, or all that somebody said, fills nothing."""
    heard = tuple(c for c in state.heard if c.source != source and c.by != by)
    pending, recent = (
        tuple(remark for remark in remarks if remark.source != source and remark.by != by)
        for remarks in (state.pending, state.recent)
    )
    return _refilled(replace(state, pending=pending, recent=recent), heard, template)
