"""
Topics of a talk: where each begins, and what to call it.

Without an agenda a linear model tells how likely each remark begins a topic (:mod:`ccm.reporter.turns`), and those are
taken that are likely to be right together (:mod:`ccm.reporter.boundaries`); a topic is called by words that are said
in it more than elsewhere. With an agenda its titles are laid along the talk (:mod:`ccm.reporter.alignment`). Weights
are whole numbers and ties have an order, so every Python finds the same. Leaves out topics that people announce
(:mod:`ccm.reporter.agenda`) and what a phrase is (:mod:`ccm.reporter.phrases`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ccm.reporter.alignment import aligned
from ccm.reporter.boundaries import begins
from ccm.reporter.phrases import counts_of, is_telling, phrases, together
from ccm.reporter.rendering import capital
from ccm.reporter.terms import stems_of
from ccm.reporter.turns import Line, Words, read, trained

__all__ = ["LEAST", "Line", "Segment", "segments"]

LEAST = 8  # remarks of a talk that is parted
_EARLY = 8  # remarks of a part of which one may be its title
_FEW = 3  # words that state nothing
_STOPS = re.compile(r"(?<=\w)[.!]\s+")
_GREETS = re.compile(
    r"\W*(?:(?:hi|hello|hey|morning|good (?:morning|afternoon|evening)|welcome|thanks?|thank you|ok(?:ay)?|yes|yeah|"
    r"yep|no|sure|sorry|lol|haha|bye|same|me too|sounds good|\+1)\b|[\w .-]{1,30}:\s|https?:)",
    re.IGNORECASE,
)
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
    titles = _titles(edges, lines, seen, names)
    return tuple(Segment(start, end, title) for (start, end), title in zip(edges, titles, strict=True))


def _planned(scores: Sequence[int], lines: Sequence[Line], agenda: Sequence[str]) -> tuple[Segment, ...]:
    """The agenda's titles where they were talked about; those that were not are left out."""
    places = aligned(scores, [line.text for line in lines], agenda)
    taken = [(place, item) for item, place in enumerate(places) if place is not None]
    edges = [*(place for place, _ in taken), len(lines)]
    return tuple(Segment(place, end, agenda[item], item) for (place, item), end in zip(taken, edges[1:], strict=True))


def _titles(edges: Sequence[tuple[int, int]], lines: Sequence[Line], words: Words, people: set[str]) -> list[str]:
    """For each segment two or three phrases that it has more than the others."""
    texts = [line.text for line in lines]
    counts = [counts_of(words, start, end) for start, end in edges]
    whole = together(counts)
    titles: list[str] = []
    for (start, end), its in zip(edges, counts, strict=True):
        found = [one for one in phrases(its, texts, people, 3, beside=whole) if is_telling(one, texts, start, end)]
        if len(found) == 3 and 2 * found[2].weight < found[0].weight:
            found.pop()
        title = ", ".join(phrase.text for phrase in found)
        alone = len(found) == 1 and len(found[0].stems) == 1
        title = title[:1].upper() + title[1:]
        if alone or not title:
            title = _beginning(texts[start:end]) or title
        titles.append(title or f"Part {len(titles) + 1}")
    return titles


def _states(text: str) -> bool:
    """Whether a remark may stand for what comes after it: a sentence that is no greeting, question or answer."""
    return len(text.split()) > _FEW and not _GREETS.match(text) and not text.rstrip().endswith(("?", ":", "…"))


def _beginning(texts: Sequence[str]) -> str:
    """The first of the early remarks that states something, cut at a word, or ``""``."""
    first = next((text for text in texts[:_EARLY] if _states(text)), "")
    sentence = _STOPS.split(first, maxsplit=1)[0]
    words = capital(sentence if len(sentence.split()) > _FEW else first).split()
    title = ""
    for word in words:
        if title and len(title) + len(word) >= _TITLE:
            return f"{title} …"
        title = f"{title} {word}".strip()
    return title[:_TITLE]
