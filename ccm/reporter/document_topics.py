"""
A document's topics: those of the agenda and those announced, or else those that the words of a long talk show.

Leaves out the words about each (:mod:`ccm.reporter.narrative`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ccm.reporter.agenda import agenda_in, agenda_item, next_topic
from ccm.reporter.document_shape import Item, Line, Topic
from ccm.reporter.outcomes import mark_of
from ccm.reporter.remarks import flat
from ccm.reporter.segments import segments
from ccm.reporter.state import Entry, State
from ccm.reporter.turns import Line as Spoken

LONG = 40  # remarks from which on a discussion of any type has topics, announced or found
ROW = 3  # topics told one after the other, with nothing between them, are an agenda


@dataclass(frozen=True, slots=True)
class Reached:
    """A topic with the lines from *start* up to, not including, *end*; both 0 if it was not reached."""

    topic: Topic
    start: int = 0
    end: int = 0


def topics_of(
    state: State, lines: Sequence[Line], people: Sequence[str], items: Sequence[Item], last: str
) -> tuple[Reached, ...]:
    """
    The topics in the order of the agenda, then of the talk.

    :param items: that may belong to one. :param last: time of the last message.
    """
    return _announced(state, lines, items, last) or _found(state, lines, people, items, last)


def _announced(state: State, lines: Sequence[Line], items: Sequence[Item], last: str) -> tuple[Reached, ...]:
    """Topics with the time until the next one began."""
    topics = [e for e in state.entries if e.kind == "topic"]
    agenda = _agenda(topics, lines)
    begun = {e.id: begin for e in topics if (begin := _begin(e, e.id in agenda, lines)) is not None}
    taken_up = any(id_ in begun for id_ in agenda)
    order = sorted(begun.values())
    made: list[Reached] = []
    for e in topics:
        place = begun.get(e.id)
        reached = e.status != "planned" and (place is not None or not taken_up)
        minutes, start, end = None, 0, 0
        if reached and place is not None:
            start, end = place, next((later for later in order if later > place), len(lines))
            minutes = _minutes(lines[start].at, lines[end].at if end < len(lines) else last)
        numbers = tuple(item.number for item in items if item.topic == e.id)
        status = "reached" if reached else "planned"
        made.append(Reached(Topic(e.id, e.text, e.source, e.at, status, minutes, numbers, e.id in agenda), start, end))
    return tuple(made)


def _agenda(topics: Sequence[Entry], lines: Sequence[Line]) -> frozenset[str]:
    """Ids of topics that were told in a row before they were talked about, or whose plan is all there is of them."""
    places = {line.id: place for place, line in enumerate(lines) if not line.reporter}
    talk = [place for place, line in enumerate(lines) if line.text and not line.reporter]
    rank = {place: number for number, place in enumerate(talk)}
    rows: list[list[Entry]] = []
    for e in topics:
        before = places.get(rows[-1][-1].source) if rows else None
        here = places.get(e.source)
        if before is not None and here is not None and rank.get(here, -9) - rank.get(before, -9) in (0, 1):
            rows[-1].append(e)
        else:
            rows.append([e])
    planned = {e.id for row in rows for e in row if len(row) >= ROW or _is_told_at_once(row, lines, places)}
    return frozenset(planned | {e.id for e in topics if e.status == "planned"})


def _is_told_at_once(row: Sequence[Entry], lines: Sequence[Line], places: dict[str, int]) -> bool:
    """Whether one remark told them all."""
    return len(row) > 1 and len({e.source for e in row}) == 1 and bool(agenda_in(lines[places[row[0].source]].text))


def _begin(topic: Entry, planned: bool, lines: Sequence[Line]) -> int | None:
    """Where a topic was taken up: of one on the agenda, after the agenda; ``None`` if it never was."""
    for place, line in enumerate(lines):
        if line.id == topic.source and not planned:
            return place
        if line.reporter or line.id == topic.source or len(line.text) > 200 or not planned:
            continue
        mark = mark_of(line.text)
        title = mark.text if mark is not None and mark.verb == "topic" else ""
        title = title or agenda_item(line.text, True) or next_topic(line.text, flat(line.text))
        if title.lower() == topic.text.lower():
            return place
    return None


def _found(
    state: State, lines: Sequence[Line], people: Sequence[str], items: Sequence[Item], last: str
) -> tuple[Reached, ...]:
    """Topics of a meeting, or of a long talk, in which nobody announced any."""
    said = [line for line in lines if line.text and not line.reporter and mark_of(line.text) is None]
    if state.type != "meeting" and len(said) < LONG:
        return ()
    found = segments([Spoken(line.text, line.nick, _seconds(line.at)) for line in said], people, chair=state.chair)
    places = {line.id: place for place, line in enumerate(lines)}
    edges = [places[said[segment.start].id] for segment in found[1:]]
    outcomes = [item for item in items if item.source in places]
    made: list[Reached] = []
    for number, (segment, start, end) in enumerate(zip(found, (0, *edges), (*edges, len(lines)), strict=False), 1):
        first = said[segment.start]
        minutes = _minutes(first.at, lines[end].at if end < len(lines) else last)
        numbers = tuple(item.number for item in outcomes if start <= places[item.source] < end)
        topic = Topic(f"T{number}", segment.title, first.id, first.at, "found", minutes, numbers)
        made.append(Reached(topic, start, end))
    return tuple(made)


def _seconds(at: str) -> int | None:
    return int(datetime.fromisoformat(at).timestamp()) if at else None


def _minutes(start: str, end: str) -> int | None:
    if not start or not end:
        return None
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, round(span.total_seconds() / 60))
