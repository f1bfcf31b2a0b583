"""
A document's topics: those of the agenda and those announced, or else those that the words of a long talk show.

Leaves out the words about each (:mod:`ccm.reporter.narrative`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ccm.reporter.agenda import agenda_in, agenda_item, agenda_told, next_topic, number_in
from ccm.reporter.document_shape import Item, Line, Topic
from ccm.reporter.orders import addressed
from ccm.reporter.outcomes import mark_of
from ccm.reporter.remarks import flat
from ccm.reporter.segments import segments
from ccm.reporter.state import Entry, State
from ccm.reporter.turns import Line as Spoken

LONG = 40  # remarks from which on a discussion of any type has topics, announced or found
FROM = 30  # remarks of a meeting from which on it has topics that nobody announced
BEFORE = 8  # remarks before the first announced topic from which on they are told
ROW = 3  # topics told one after the other, with nothing between them, are an agenda


Names = Sequence[str]


@dataclass(frozen=True, slots=True)
class Reached:
    """A topic with the lines from *start* up to, not including, *end*; both 0 if it was not reached."""

    topic: Topic
    start: int = 0
    end: int = 0


def topics_of(
    state: State, lines: Sequence[Line], people: Sequence[str], items: Sequence[Item], last: str, names: Names = ()
) -> tuple[Reached, ...]:
    """
    The topics in the order of the agenda, then of the talk.

    :param items: that may belong to one. :param last: time of the last message. :param names: of the reporter.
    """
    made = _announced(state, lines, items, last)
    if made:
        return (*_before(made, lines, items, names), *made)
    said = [lines[place] for place in remarks_of(lines, names)]
    return _told(state, lines, said, items, last) or _found(state, lines, said, (*people, *names), items, last)


def remarks_of(lines: Sequence[Line], names: Names) -> list[int]:
    """Places of what people said to one another: no marked lines, commands, or words to the reporter."""
    return [
        place
        for place, line in enumerate(lines)
        if line.text
        and not line.reporter
        and line.text.lstrip()[:1] not in ("#", "/")
        and mark_of(line.text) is None
        and not addressed(flat(line.text), tuple(names))[0]
    ]


def _before(made: Sequence[Reached], lines: Sequence[Line], items: Sequence[Item], names: Names) -> tuple[Reached, ...]:
    """What was said before the first topic that somebody announced, if that is much."""
    start = min((each.start for each in made if each.end), default=0)
    said = [lines[place] for place in remarks_of(lines[:start], names)]
    if len(said) < BEFORE:
        return ()
    sources = {line.id for line in lines[:start]}
    numbers = tuple(item.number for item in items if not item.topic and item.source in sources)
    first = said[0]
    topic = Topic(
        "T0", "Before the first topic", first.id, first.at, "before", _minutes(first.at, lines[start].at), numbers
    )
    return (Reached(topic, 0, start),)


def _told(
    state: State, lines: Sequence[Line], said: Sequence[Line], items: Sequence[Item], last: str
) -> tuple[Reached, ...]:
    """The points of a marked agenda that nobody announced again, laid along what was said after it."""
    places = {line.id: place for place, line in enumerate(lines)}
    marks = [(line, mark) for line in lines if not line.reporter and (mark := mark_of(line.text)) is not None]
    told = [(line, titles) for line, mark in marks if mark.verb == "agenda" and (titles := agenda_told(mark.text))]
    if not told:
        return ()
    agenda, titles = told[-1]
    after = [line for line in said if places[line.id] > places[agenda.id]]
    words = " ".join(flat(line.text) for line in after)
    taken = [title for title in titles if any(len(w) > 2 and w in words for w in flat(title).split())]
    found = {}
    if len(after) >= len(taken) > 0:
        spoken = [Spoken(line.text, line.nick, _seconds(line.at)) for line in after]
        found = {part.title: part for part in segments(spoken, agenda=taken, chair=state.chair)}
    made: list[Reached] = []
    for number, title in enumerate(titles, 1):
        part = found.get(title)
        if part is None:
            made.append(Reached(Topic(f"T{number}", title, agenda.id, agenda.at, "planned", None, (), True)))
            continue
        first = after[part.start]
        start, end = places[first.id], places[after[part.end].id] if part.end < len(after) else len(lines)
        numbers = tuple(item.number for item in items if start <= places.get(item.source, -1) < end)
        minutes = _minutes(first.at, lines[end].at if end < len(lines) else last)
        made.append(
            Reached(Topic(f"T{number}", title, first.id, first.at, "reached", minutes, numbers, True), start, end)
        )
    return tuple(made)


def _announced(state: State, lines: Sequence[Line], items: Sequence[Item], last: str) -> tuple[Reached, ...]:
    """Topics with the time until the next one began."""
    topics = [e for e in state.entries if e.kind == "topic"]
    agenda = _agenda(topics, lines)
    begun = {e.id: begin for e in topics if (begin := _begin(e, e.id in agenda, lines)) is not None}
    gone = _by_number(topics, begun, agenda, lines)
    begun = {id_: begin for id_, begin in begun.items() if id_ not in gone}
    gone |= _of_one_line(begun, agenda, lines)
    topics = [e for e in topics if e.id not in gone]
    begun = {id_: begin for id_, begin in begun.items() if id_ not in gone}
    taken_up = any(id_ in begun for id_ in agenda)
    order = sorted(begun.values())
    made: list[Reached] = []
    for e in topics:
        place = begun.get(e.id)
        reached = place is not None or (e.status != "planned" and not taken_up)
        minutes, start, end = None, 0, 0
        if reached and place is not None:
            start, end = place, next((later for later in order if later > place), len(lines))
            minutes = _minutes(lines[start].at, lines[end].at if end < len(lines) else last)
        numbers = tuple(item.number for item in items if item.topic == e.id)
        status = "reached" if reached else "planned"
        made.append(Reached(Topic(e.id, e.text, e.source, e.at, status, minutes, numbers, e.id in agenda), start, end))
    return tuple(made)


def _by_number(
    topics: Sequence[Entry], begun: dict[str, int], agenda: frozenset[str], lines: Sequence[Line]
) -> set[str]:
    """Points of the agenda that were taken up by their numbers begin there; the ids of what those lines made."""
    numbered = {line.id for line in lines if not line.reporter and number_in(flat(line.text))}
    planned = [e for e in topics if e.id in agenda and e.source not in numbered]
    gone = set()
    for place, line in enumerate(lines):
        number = 0 if line.reporter else number_in(flat(line.text))
        point = planned[number - 1] if 0 < number <= len(planned) else None
        if point is None or point.id in begun or line.id == point.source:
            continue
        begun[point.id] = place
        gone |= {e.id for e in topics if e.source == line.id}
    return gone


def _of_one_line(begun: dict[str, int], agenda: frozenset[str], lines: Sequence[Line]) -> set[str]:
    """Topics that somebody went on to without a mark, and of which then nothing more was said."""
    order = sorted(begun.values())
    gone = set()
    for id_, start in begun.items():
        end = next((later for later in order if later > start), len(lines))
        more = sum(bool(line.text) and not line.reporter for line in lines[start + 1 : end])
        if not more and id_ not in agenda and mark_of(lines[start].text) is None:
            gone.add(id_)
    return gone


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
    state: State,
    lines: Sequence[Line],
    said: Sequence[Line],
    people: Sequence[str],
    items: Sequence[Item],
    last: str,
) -> tuple[Reached, ...]:
    """Topics of a meeting, or of a long talk, in which nobody announced any."""
    if len(said) < (FROM if state.type == "meeting" else LONG):
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
