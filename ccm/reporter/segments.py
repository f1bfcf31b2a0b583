"""
Topics of a talk that nobody announced: where its words change, and which words are its own in between.

After TextTiling (M. Hearst, 1997): the words before and after each gap are compared, and a talk is parted where they
are least alike. Weights are whole numbers and ties have an order, so every Python finds the same. Leaves out topics
that people announce (:mod:`ccm.reporter.agenda`) and what a word is (:mod:`ccm.reporter.terms`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from operator import mul

from ccm.reporter.remarks import flat
from ccm.reporter.terms import Term, Word, stems_of, terms_of, verbs_of, words_of

LEAST, MOST = 15, 12  # remarks of a segment, segments
_WINDOW, _REACH = 70, 60  # remarks compared on each side of a gap, gaps among which it must stand out
_READ = 1000  # characters of a remark
_SPAN = 17  # a talk of this many remarks times the square of a number has that number of segments
_TURN = re.compile(
    r"\W*(?:(?:ok(?:ay)?|so|alright|all right|right|now|well|next|moving on|anyway|first|second|finally|another|topic|"
    r"back to|let's|shall we|any(?:thing)? (?:other|else))\b|\d\d?[.)]\s)|"
    r".*\b(?:next (?:topic|item|issue|up|on)|mov(?:e|ing) on|agenda|let's (?:talk|start|discuss|move|go|begin))\b"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Remarks from *start* up to, not including, *end*, and the words that are theirs."""

    start: int
    end: int
    title: str


def segments(texts: Sequence[str], names: Iterable[str] = ()) -> tuple[Segment, ...]:
    """
    The parts of a talk; none if it is too short for two of them, or says nothing.

    :param texts: the remarks, in order.
    :param names: of those who speak; they give no title.
    """
    if len(texts) < 2 * LEAST:
        return ()
    people = set[str]().union(*map(stems_of, names))
    spoken = [words_of(text[:_READ]) for text in texts]
    told = [terms_of(remark, people) for remark in spoken]
    starts = _starts([[term[0] for term in terms if len(term) == 1] for terms in told], texts)
    edges = tuple(pairwise((0, *starts, len(texts))))
    counts = [Counter(term for terms in told[start:end] for term in terms) for start, end in edges]
    known: Counter[Term] = Counter()
    for count in counts:
        known.update(count)
    verbs = Counter(stem for remark in spoken for stem in verbs_of(remark))
    verbal = {stem for stem, times in verbs.items() if 3 * times >= known[(stem,)]}
    made = []
    for (start, end), count in zip(edges, counts, strict=True):
        title = _title(_chosen(count, known, verbal), spoken[start:end], told[start:end])
        made.append(Segment(start, end, title))
    return tuple(made) if all(segment.title for segment in made) else ()


def _starts(remarks: Sequence[Sequence[str]], texts: Sequence[str]) -> list[int]:
    """Where segments after the first begin: gaps whose sides are least alike, or where somebody turns to another."""
    count = len(remarks)
    known = Counter(term for remark in remarks for term in remark)
    weights = {term: (count // known[term]).bit_length() for term in sorted(known) if known[term] > 1}
    numbers = {term: number for number, term in enumerate(weights)}
    alike = _likeness(
        [[(numbers[term], weights[term]) for term in remark if term in weights] for remark in remarks], len(numbers)
    )
    depths = [
        max(alike[max(0, gap - _REACH) : gap + 1]) + max(alike[gap : gap + _REACH + 1]) - 2 * here
        for gap, here in enumerate(alike)
    ]
    usual = sum(depths) // len(depths)
    ranked = sorted(
        (-depth - (usual if _TURN.match(flat(texts[gap][:_READ])) else 0), gap)
        for gap, depth in enumerate(depths, LEAST)
    )
    wanted = min(MOST, max(2, isqrt(count // _SPAN))) - 1
    starts: list[int] = []
    for _, gap in ranked:
        if len(starts) < wanted and all(abs(gap - start) >= LEAST for start in starts):
            starts.append(gap)
    return sorted(starts)


def _likeness(remarks: Sequence[Sequence[tuple[int, int]]], size: int) -> list[int]:
    """How alike, in thousandths of the cosine, are the words on both sides of each gap that may begin a segment."""
    before, after = [0] * size, [0] * size
    for place, remark in enumerate(remarks[: LEAST + _WINDOW]):
        for term, weight in remark:
            (before if place < LEAST else after)[term] += weight
    product = sum(map(mul, before, after))
    squares = [sum(map(mul, before, before)), sum(map(mul, after, after))]
    alike = []
    for gap in range(LEAST, len(remarks) - LEAST + 1):
        alike.append(1000 * product // (isqrt(squares[0] * squares[1]) + 1))
        joining = remarks[gap + _WINDOW] if gap + _WINDOW < len(remarks) else ()
        leaving = remarks[gap - _WINDOW] if gap >= _WINDOW else ()
        for moved, side, words in ((-1, 1, remarks[gap]), (1, 0, remarks[gap]), (1, 1, joining), (-1, 0, leaving)):
            mine, other = (after, before) if side else (before, after)
            for term, weight in words:
                step = moved * weight
                product += step * other[term]
                squares[side] += step * (2 * mine[term] + step)
                mine[term] += step
    return alike


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
