"""
Topics of a talk: where each begins, and what to call it.

Without an agenda a linear model tells how likely each remark begins a topic (:mod:`ccm.reporter.turns`), and those are
taken that are likely to be right together (:mod:`ccm.reporter.boundaries`); a topic is called by words that are said
in it more than elsewhere. With an agenda its titles are laid along the talk (:mod:`ccm.reporter.alignment`). Weights
are whole numbers and ties have an order, so every Python finds the same. Leaves out topics that people announce
(:mod:`ccm.reporter.agenda`) and what a word is (:mod:`ccm.reporter.terms`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ccm.reporter.alignment import aligned
from ccm.reporter.boundaries import begins
from ccm.reporter.terms import Term, Word, stems_of, terms_of, verbs_of, words_of
from ccm.reporter.turns import Line, Words, read, trained

__all__ = ["LEAST", "Line", "Segment", "segments"]

LEAST = 8  # remarks of a talk that is parted
_READ = 1000  # characters of a remark
_TELLING = 12  # remarks of a segment that are read for its title
_TITLE = 60  # characters of a title that is a remark's beginning


@dataclass(frozen=True, slots=True)
class Segment:
    """
    Remarks from *start* up to, not including, *end*, and what to call them.

    :ivar item: number of the agenda's title that this is, from 0; ``None`` for words of the talk.
    """

    start: int
    end: int
    title: str
    item: int | None = None


def segments(
    said: Sequence[Line] | Sequence[str],
    people: Iterable[str] = (),
    agenda: Sequence[str] = (),
    chair: str = "",
    words: Words | None = None,
) -> tuple[Segment, ...]:
    """
    The parts of a talk; none if it is too short for two of them, or says nothing.

    :param said: the remarks, in order. :param people: names that give no title, beside those who speak.
    :param agenda: titles in the order in which they are taken up. :param chair: who leads, if that is known.
    :param words: of the remarks, if they were read already.
    """
    lines = [Line(one) if isinstance(one, str) else one for one in said]
    if not agenda and len(lines) < LEAST:
        return ()
    seen = read(lines) if words is None else words
    if not any(seen.masks):
        return ()
    turns = trained()
    scores = turns.scores(lines, seen, chair)
    if agenda:
        return _planned(scores, lines, agenda)
    starts = begins(turns, scores)
    if not starts:
        return ()
    edges = list(pairwise((0, *starts, len(lines))))
    names = set[str]().union(*map(stems_of, {*people, *(line.by for line in lines)}))
    titles = _titles(edges, lines, seen.masks, names)
    return tuple(Segment(start, end, title) for (start, end), title in zip(edges, titles, strict=True))


def _planned(scores: Sequence[int], lines: Sequence[Line], agenda: Sequence[str]) -> tuple[Segment, ...]:
    """The agenda's titles where they were talked about; those that were not are left out."""
    places = aligned(scores, [line.text for line in lines], agenda)
    taken = [(place, item) for item, place in enumerate(places) if place is not None]
    edges = [*(place for place, _ in taken), len(lines)]
    return tuple(Segment(place, end, agenda[item], item) for (place, item), end in zip(taken, edges[1:], strict=True))


def _titles(
    edges: Sequence[tuple[int, int]], lines: Sequence[Line], masks: Sequence[int], people: set[str]
) -> list[str]:
    """For each segment its words, read from those of its remarks that say most."""
    read_: list[list[list[Word]]] = []
    for start, end in edges:
        ranked = sorted(range(start, end), key=lambda place: (-masks[place].bit_count(), place))
        read_.append([words_of(lines[place].text[:_READ]) for place in sorted(ranked[:_TELLING])])
    told = [[terms_of(remark, people) for remark in remarks] for remarks in read_]
    counts = [Counter(term for terms in remarks for term in terms) for remarks in told]
    known: Counter[Term] = Counter()
    for count in counts:
        known.update(count)
    verbs = Counter(stem for remarks in read_ for remark in remarks for stem in verbs_of(remark))
    verbal = {stem for stem, times in verbs.items() if 3 * times >= known[(stem,)]}
    titles = []
    for (start, end), count, remarks, terms in zip(edges, counts, read_, told, strict=True):
        title = _title(_chosen(count, known, verbal), remarks, terms)
        titles.append(title or _beginning([line.text for line in lines[start:end]]))
    return titles


def _beginning(texts: Sequence[str]) -> str:
    """The first remark of three words and more, cut at a word."""
    words = next((text.split() for text in texts if len(text.split()) > 2), texts[0].split())
    title = ""
    for word in words:
        if title and len(title) + len(word) >= _TITLE:
            return f"{title} …"
        title = f"{title} {word}".strip()
    return title[:_TITLE]


def _chosen(count: Counter[Term], known: Counter[Term], verbal: set[str]) -> list[Term]:
    """Two or three words, or pairs of words, that most remarks of a segment have and few of the others."""
    ranked = sorted(
        (-(times * times * 1000 * (2 * len(term) - 1) // known[term]), place, term)
        for place, (term, times) in enumerate(count.items())
        if verbal.isdisjoint(term) and (len(term) == 1 or times > 1)
    )
    chosen: list[Term] = []
    for score, _, term in ranked:
        if len(chosen) == 3 or (len(chosen) == 2 and 2 * score > ranked[0][0]):
            break
        if not any(stem in other for other in chosen for stem in term):
            chosen.append(term)
    return chosen


def _title(chosen: Sequence[Term], remarks: Sequence[Sequence[Word]], told: Sequence[dict[Term, None]]) -> str:
    """The terms in the form in which most remarks have them, the first of equals, with a capital at the start."""
    forms: dict[Term, Counter[str]] = {term: Counter() for term in chosen}
    for remark, terms in zip(remarks, told, strict=True):
        for term in chosen:
            if term not in terms:
                continue
            stems = [stem for _, stem, _ in remark]
            for place, stem in enumerate(stems):
                if stem == term[0] and tuple(stems[place : place + len(term)]) == term:
                    forms[term][" ".join(word.text for word in remark[place : place + len(term)])] += 1
    title = ", ".join(max(form, key=form.__getitem__) for form in forms.values())
    return title[:1].upper() + title[1:]
