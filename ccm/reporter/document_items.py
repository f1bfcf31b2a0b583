"""
What stands under a document's headings: actions, decisions, questions, notes, ideas, each with where it comes from.

What nobody confirmed stands apart wherever people mark what counts, and is only *possible* where the finder is not
sure. Leaves out finding (:mod:`ccm.reporter.finding`) and the words around an item.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ccm.reporter.commands import day_of
from ccm.reporter.dates import due
from ccm.reporter.document_shape import Item, Line
from ccm.reporter.finding import Found, Remark, found
from ccm.reporter.outcomes import MAX_ENTRIES, mark_of, owner_of
from ccm.reporter.rendering import capital
from ccm.reporter.state import Entry, Kind, State
from ccm.reporter.transcript import Message

SURE = 700  # thousandths from which a find in the record stands under its heading, where nobody marks
_FOUND: tuple[Kind, ...] = ("action", "decision", "question")
_LETTER: dict[str, str] = {"action": "A", "decision": "D", "question": "Q"}
_EXACT = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}\W{0,2}(?:st|nd|rd|th)?(?: of)? ?[a-z]{3,9}|[a-z]{3,9}\.? (?:the )?\d{1,2}|"
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\bto(?:day|night|morrow)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Items:
    """What stands under each heading, in the order in which it was said."""

    actions: tuple[Item, ...]
    decisions: tuple[Item, ...]
    questions: tuple[Item, ...]
    notes: tuple[Item, ...]
    ideas: tuple[Item, ...]
    possible_actions: tuple[Item, ...]
    possible_decisions: tuple[Item, ...]


def items_of(
    state: State, lines: Sequence[Line], zone: str, day: str, present: Sequence[str], chair: str = ""
) -> Items:
    """
    Everything that has a number.

    :param day: of the discussion, ISO, for entries without a time.
    :param present: those whose names owners are compared with.
    """
    marked = frozenset(e.kind for e in state.entries if e.kind in _FOUND and e.provenance != "detected")
    made = [(e, _is_sure(e, marked)) for e in state.entries]
    made += _finds(state, lines, zone, present, chair, marked)
    said = {line.id: line.text for line in lines}
    names = {name.lower(): name for name in present}

    def under(*kinds: Kind, sure: bool = True) -> tuple[Item, ...]:
        chosen = [e for kind in kinds for e, is_sure in made if e.kind == kind and is_sure == sure]
        return tuple(_item(e, day, said.get(e.source, e.text), names) for e in chosen)

    questions = tuple(
        msgspec.structs.replace(item, why=_why(item, lines)) if item.status == "open" else item
        for item in under("question")
    )
    return Items(
        under("action"), under("decision"), questions, under("info", "help"), under("idea"),
        under("action", sure=False), under("decision", sure=False),
    )  # fmt: skip


def _is_sure(entry: Entry, marked: frozenset[str]) -> bool:
    """Whether an entry stands under its heading: somebody wrote or confirmed it, or nobody marks and it is likely."""
    return entry.provenance != "detected" or (entry.kind not in marked and entry.confidence >= SURE)


def _finds(
    state: State, lines: Sequence[Line], zone: str, present: Sequence[str], chair: str, marked: frozenset[str]
) -> list[tuple[Entry, bool]]:
    """What stands in free talk and is not on record yet, with whether it is sure."""
    skip = frozenset(place for place, line in enumerate(lines) if _is_no_talk(line))
    remarks = [Remark(line.nick, "" if place in skip else line.text) for place, line in enumerate(lines)]
    known = {(e.kind, source) for e in state.entries for source in (e.source, *e.sources)}
    counters, entries = dict(state.counters), []
    for each in found(remarks, present, chair=chair, marked=marked, skip=skip):
        source = lines[each.place].id
        if (each.kind, source) in known or each.place in skip or len(entries) >= MAX_ENTRIES:
            continue
        counters[each.kind] = counters.get(each.kind, 0) + 1
        entry = _entry(each, f"{_LETTER[each.kind]}{counters[each.kind]}", lines, zone)
        entries.append((entry, each.sure and each.kind not in marked))
    return entries


def _is_no_talk(line: Line) -> bool:
    return line.reporter or not line.text or mark_of(line.text) is not None


def _entry(each: Found, number: str, lines: Sequence[Line], zone: str) -> Entry:
    line = lines[each.place]
    at = datetime.fromisoformat(line.at) if line.at else None
    day = due(f"by {each.phrase}", day_of(Message("", "", "", time=at), zone))[0] if each.phrase else ""
    if each.phrase and not day:
        day = due(each.phrase, day_of(Message("", "", "", time=at), zone))[0]
    return Entry(
        each.kind, number, each.text, each.by, line.id, line.at, each.owner, day, each.phrase, each.status,
        provenance="detected", confidence=each.confidence, how=each.how,
        sources=tuple(lines[place].id for place in each.sources if place != each.place),
    )  # fmt: skip


def _item(e: Entry, day: str, said: str, names: dict[str, str]) -> Item:
    first = (e.at or day)[:10]
    task = capital(owner_of(e.text, e.by, frozenset(names))[1].strip()) if e.kind == "action" else ""
    return Item(
        f"{e.id[0]}-{first}-{int(e.id[1:]):02d}", e.id, e.text, e.by, e.source, e.at, said,
        names.get(e.owner.lower(), e.owner), e.due, e.phrase, e.status, e.topic,
        e.provenance, e.confidence, e.sources, e.how, e.votes, e.supersedes,
        task if task != e.text else "", bool(e.due and e.phrase and not _EXACT.search(e.phrase)),
    )  # fmt: skip


def _why(question: Item, lines: Sequence[Line]) -> str:
    """Whether anybody but the asker spoke after a question was put."""
    places = [place for place, line in enumerate(lines) if line.id == question.source]
    after = lines[places[0] + 1 :] if places else ()
    replied = any(line.text and not line.reporter and line.nick != question.by for line in after)
    return "unsettled" if replied else "unanswered"
