"""
Changes of the record: filling attributes, converting the type, adding and taking back what a message brought.

Every function takes a state and answers the next one. Leaves out when to do which (:mod:`ccm.reporter.discussion`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ccm.reporter.attributes import ANSWER, Finding, read
from ccm.reporter.outcomes import MAX_ENTRIES, stamp
from ccm.reporter.remarks import flat, sentences
from ccm.reporter.state import Asked, Entry, Pending, State, Value
from ccm.reporter.templates import CUE, LABEL, LEAD, WEAK, Signs, Template
from ccm.reporter.transcript import Message

MAX_VALUES = 12
MAX_PENDING = 300
MAX_PENDING_CHARS = 2000
replace = msgspec.structs.replace


def changed(state: State, **changes: object) -> State:
    """The state with these fields, one revision on."""
    return replace(state, revision=state.revision + 1, **changes)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from."""

    id: str
    by: str
    at: str

    @classmethod
    def of(cls, message: Message) -> "Source":
        """The source that a message is."""
        return cls(message.id, message.nick, stamp(message.time))


def fill(state: State, finding: Finding, text: str, source: Source, shape: str) -> State:
    """Put a finding into its attribute, or leave the state as it is when what stands there is surer."""
    said = text[finding.start : finding.end].strip()
    if not said or finding.weight < WEAK:
        return state
    value = Value(said, source.by, source.id, source.at, False, finding.weight)
    standing = state.attributes.get(finding.key, ())
    if any(old.source == value.source and old.text == value.text for old in standing):
        return state
    direct = tuple(old for old in standing if not old.carried)
    if len(direct) != len(standing):
        kept = direct if finding.weight > CUE else standing
        if kept is standing:
            return state
        direct = kept
    best = max((old.weight for old in direct), default=0)
    if not direct:
        values: tuple[Value, ...] = (value,)
    elif shape in ("name", "level"):
        if finding.weight < LABEL and finding.weight <= best:
            return state
        values = (value,)
    elif finding.weight <= WEAK or (finding.weight == CUE and (best > LEAD or len(direct) >= 3)):
        return state
    elif finding.weight > best and best <= WEAK:
        values = (value,)
    elif len(direct) >= MAX_VALUES or (finding.weight == LEAD and len(direct) >= 5):
        return state
    else:
        values = (*direct, value)
    return changed(state, attributes={**state.attributes, finding.key: values})


def topical(state: State) -> str:
    """Everything on record in lower case, to tell the matter from small talk."""
    return " ".join(value.text.lower() for values in state.attributes.values() for value in values)


def keep_pending(state: State, message: Message) -> State:
    """Remember a remark until the type is known."""
    pending = (*state.pending, Pending(message.id, message.nick, message.text[:MAX_PENDING_CHARS], stamp(message.time)))
    return replace(state, pending=pending[-MAX_PENDING:])


def aside(asked: Asked | None) -> int:
    """Of how many words an answer to that question may be, when it is not of the matter: then it fills nothing."""
    if asked is None or asked.key:
        return 0
    return 12 if asked.left > 1 else 6


def readings(pending: Iterable[Pending], signs: Signs) -> list[tuple[Pending, Finding]]:
    """Every finding in the remarks kept so far, read as a discussion of that type."""
    found: list[tuple[Pending, Finding]] = []
    asked: Asked | None = None
    for remark in pending:
        open_ = asked if asked is not None and asked.by != remark.by else None
        parts = sentences(flat(remark.text), remark.text)
        reading = read(remark.text, signs, "", open_.key if open_ else "", parts=parts, aside=aside(open_))
        found.extend((remark, finding) for finding in reading.findings)
        if reading.asks:
            asked = Asked(reading.asks, remark.by, 4)
        elif parts and parts[-1].asks and not reading.findings:
            asked = Asked("", remark.by, 2 if reading.strays else 1)
        elif reading.findings or asked is None or asked.by != remark.by:
            asked = None
    return found


def convert(state: State, template: Template, old: Template, signs: Signs, *, carry: bool = True) -> State:
    """
    Make the discussion one of *template*'s type.

    What people said plainly of the new attributes counts first; then the values of the old attributes are carried over;
    then what they may have meant.
    """
    fresh = replace(
        state, type=template.key, attributes={}, asking="", asked=None, skipped=(), revision=state.revision + 1
    )
    found = readings(state.pending, signs)
    for remark, finding in found:
        if finding.weight >= LEAD:
            source = Source(remark.source, remark.by, remark.at)
            fresh = fill(fresh, finding, remark.text, source, signs.shapes[finding.key])
    used = {value.source for values in fresh.attributes.values() for value in values}
    attributes = dict(fresh.attributes)
    keys = {attribute.key for attribute in template.attribute}
    for attribute in old.attribute if carry else ():
        target = attribute.carry.get(template.key, "")
        values = state.attributes.get(attribute.key, ())
        if target not in keys or not values or target in fresh.attributes:
            continue
        moved = tuple(replace(v, carried=True) for v in values if v.source not in used and v.weight > WEAK)
        if moved:
            attributes[target] = (*attributes.get(target, ()), *moved)
    fresh = replace(fresh, attributes=attributes)
    used = {value.source for values in attributes.values() for value in values}
    used |= {v.source for values in state.attributes.values() for v in values if v.weight >= LEAD}
    for remark, finding in found if not template.strict else ():
        if finding.weight == CUE and finding.key not in attributes and remark.source not in used:
            source = Source(remark.source, remark.by, remark.at)
            fresh = fill(fresh, finding, remark.text, source, signs.shapes[finding.key])
    return fresh


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


def drop_value(state: State, key: str) -> State:
    """Empty an attribute."""
    return changed(state, attributes={k: v for k, v in state.attributes.items() if k != key})


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a message had brought: entries, and keys of attributes that it answered when asked."""

    entries: tuple[Entry, ...]
    answered: tuple[str, ...]


def take_back(state: State, source: str) -> tuple[State, TakenBack]:
    """The state without anything that the message *source* brought."""
    gone = tuple(e for e in state.entries if e.source == source)
    answered = tuple(
        key
        for key, values in state.attributes.items()
        if any(v.source == source and v.weight == ANSWER for v in values)
    )
    attributes = {key: kept for key, values in state.attributes.items() if (kept := _without(values, source))}
    pending = tuple(remark for remark in state.pending if remark.source != source)
    if not gone and attributes == state.attributes:
        return replace(state, pending=pending), TakenBack((), ())
    entries = tuple(e for e in state.entries if e.source != source)
    topic = "" if any(e.id == state.topic for e in gone) else state.topic
    return changed(state, entries=entries, attributes=attributes, pending=pending, topic=topic), TakenBack(
        gone, answered
    )


def _without(values: Iterable[Value], source: str) -> tuple[Value, ...]:
    return tuple(value for value in values if value.source != source)
