"""
What stands under a document's headings: actions, decisions, questions, notes, ideas, each with where it comes from.

What was found in free talk and nobody confirmed is only *possible* where people mark such things, or where the finder
is not sure. Leaves out finding (:mod:`ccm.reporter.finding`) and the words around an item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ccm.reporter.dates import due
from ccm.reporter.document_shape import Item, Line
from ccm.reporter.outcomes import minuted, owner_of
from ccm.reporter.rendering import capital
from ccm.reporter.state import Entry, Kind, State


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


def people_of(nicks: Sequence[str]) -> dict[str, str]:
    """Those who were there, each once: by key the first way in which the name was written."""
    shown: dict[str, str] = {}
    for nick in nicks:
        shown.setdefault(person_key(nick), nick)
    return shown


def person_key(nick: str) -> str:
    """What *Ann_Weber*, *ann weber* and *ann_weber_* have in common."""
    return " ".join(nick.casefold().replace("_", " ").split()) or nick


def items_of(state: State, lines: Sequence[Line], day: str, names: Mapping[str, str], zone: str = "UTC") -> Items:
    """
    Everything that has a number.

    :param day: of the discussion, ISO, for entries without a time; ``""`` if that is not known.
    :param names: of those present in lower case, which owners are compared with -> how they are written.
    """
    marked = minuted(state.entries)
    made = [(e, _is_sure(e, e.kind in marked)) for e in state.entries if (e.kind, e.status) != ("idea", "agreed")]
    said = {line.id: line.text for line in lines}

    def under(*kinds: Kind, sure: bool = True) -> tuple[Item, ...]:
        chosen = [e for kind in kinds for e, is_sure in made if e.kind == kind and is_sure == sure]
        return tuple(_item(e, day, said.get(e.source, e.text), names, zone) for e in chosen)

    questions = tuple(
        msgspec.structs.replace(item, why=_why(item, lines)) if item.status == "open" else item
        for item in under("question")
    )
    return Items(
        under("action"), under("decision"), questions, under("info", "help"), under("idea"),
        under("action", sure=False), under("decision", sure=False),
    )  # fmt: skip


def _is_sure(entry: Entry, marked: bool) -> bool:
    """Whether it stands under its heading: written or confirmed by somebody, or sure where nobody marks such things."""
    return entry.provenance != "detected" or (entry.sure and not marked)


def _item(e: Entry, day: str, said: str, names: Mapping[str, str], zone: str) -> Item:
    first = (e.at or day or "1970-01-01")[:10]
    if day and e.kind == "action" and not (e.at or e.due):
        found = due(e.phrase or e.text, datetime.fromisoformat(f"{day}T12:00:00+00:00"), zone)
        if found.iso and not found.doubt:
            e = msgspec.structs.replace(e, due=found.iso, phrase=found.phrase, assumed=found.assumed)
    task = capital(owner_of(e.text, e.by, frozenset(names))[1].strip()) if e.kind == "action" else ""
    return Item(
        f"{e.id[0]}-{first}-{int(e.id[1:]):02d}", e.id, e.text, e.by, e.source, e.at, said,
        names.get(e.owner.lower(), e.owner), e.due, e.phrase, e.status, e.topic,
        e.provenance, e.confidence, _sources(e), e.how, e.votes, e.supersedes,
        task if task != e.text else "", e.assumed, edited=e.edited,
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
