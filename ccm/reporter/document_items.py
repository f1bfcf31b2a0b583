"""
What stands under a document's headings: actions, decisions, questions, notes, ideas, each with where it comes from.

What was found in free talk and nobody confirmed is only *possible* where people mark what counts, or where the finder
is not sure. Leaves out finding (:mod:`ccm.reporter.finding`) and the words around an item.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ccm.reporter.document_shape import Item, Line
from ccm.reporter.outcomes import owner_of
from ccm.reporter.rendering import capital
from ccm.reporter.state import Entry, Kind, State

_OUTCOMES: tuple[Kind, ...] = ("action", "decision", "question")


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


def items_of(state: State, lines: Sequence[Line], day: str, present: Sequence[str]) -> Items:
    """
    Everything that has a number.

    :param day: of the discussion, ISO, for entries without a time.
    :param present: those whose names owners are compared with.
    """
    marked = any(e.provenance != "detected" for e in state.entries if e.kind in _OUTCOMES)
    made = [(e, _is_sure(e, marked)) for e in state.entries if (e.kind, e.status) != ("idea", "agreed")]
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


def _is_sure(entry: Entry, marked: bool) -> bool:
    """Whether an entry stands under its heading: somebody wrote or confirmed it, or nobody marks and it is sure."""
    return entry.provenance != "detected" or (entry.sure and not marked)


def _item(e: Entry, day: str, said: str, names: dict[str, str]) -> Item:
    first = (e.at or day)[:10]
    task = capital(owner_of(e.text, e.by, frozenset(names))[1].strip()) if e.kind == "action" else ""
    return Item(
        f"{e.id[0]}-{first}-{int(e.id[1:]):02d}", e.id, e.text, e.by, e.source, e.at, said,
        names.get(e.owner.lower(), e.owner), e.due, e.phrase, e.status, e.topic,
        e.provenance, e.confidence, _sources(e), e.how, e.votes, e.supersedes,
        task if task != e.text else "", e.assumed,
    )  # fmt: skip


def _sources(e: Entry) -> tuple[str, ...]:
    """Further messages that an entry rests on, the one that confirmed it among them."""
    return tuple(dict.fromkeys(id_ for id_ in (*e.sources, e.confirmed) if id_ and id_ != e.source))


def _why(question: Item, lines: Sequence[Line]) -> str:
    """Whether anybody but the asker spoke after a question was put."""
    places = [place for place, line in enumerate(lines) if line.id == question.source]
    after = lines[places[0] + 1 :] if places else ()
    replied = any(line.text and not line.reporter and line.nick != question.by for line in after)
    return "unsettled" if replied else "unanswered"
