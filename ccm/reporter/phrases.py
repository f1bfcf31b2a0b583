"""
What a part of a talk is about: the words, and pairs of words, that most of its remarks say.

Works on English; leaves out which sentences are made of them (:mod:`ccm.reporter.narrative`).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

from ccm.reporter.terms import is_verbal, stem_of
from ccm.reporter.turns import Words

_JOINED = re.compile(r"(?:[\w@/\\=<{$#_-]|\w[.:])$")  # before a phrase that is part of an address or a longer word
_JOINING = re.compile(r"[\w@/\\=>}_]|[.:-]\w")
READ = 20  # remarks of a part
_MOST = 14  # words of a part that are weighed
_THRICE = 3  # remarks of a part that have a single word, if it names the part
_BEFORE_A_THING = "the|an?|this|that|these|our|your|my|their|his|her|its|each|every|all|any|some|no|new|old"
_PAIR = 2  # what a pair counts beside a word


class Phrase(NamedTuple):
    """Words as somebody wrote them, and the place of the first remark that has them."""

    text: str
    place: int
    weight: int
    stems: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """
    How many remarks of a part, those that say most, say words by which something can be called, and pairs that end so.

    :ivar stems: of these words. :ivar part: (place, all words) of each remark.
    :ivar often: the pairs that are said twice or more.
    """

    stems: dict[str, str]
    words: Counter[str]
    pairs: Counter[tuple[str, str]]
    part: Sequence[tuple[int, list[str]]]
    often: dict[tuple[str, str], int]
    ranked: dict[frozenset[str], "_Ranked"] = field(default_factory=dict)


class _Ranked(NamedTuple):
    """Words that can name something, with their stems, and weights of words and pairs of them."""

    stems: dict[str, str]
    forms: list[tuple[int, tuple[str, ...]]]


def counts_of(said: Words, start: int, end: int) -> Counts:
    """What the remarks from *start* up to *end* say; counted once."""
    known = said.counted.get((start, end))
    if not isinstance(known, Counts):
        known = said.counted[start, end] = _counted(said, start, end)
    return known


def _counted(said: Words, start: int, end: int) -> Counts:
    places: Sequence[int] = range(start, end)
    if end - start > READ:
        masks = said.masks
        places = sorted(sorted(places, key=lambda place: (-masks[place].bit_count(), place))[:READ])
    part = [(place, said.words[place]) for place in places]
    every = dict.fromkeys(chain.from_iterable(words for _, words in part))
    stems = {word: stem for word in every if (stem := _named_by(word))}
    words = Counter([word for _, words in part for word in dict.fromkeys(words) if word in stems])
    pairs = Counter([pair for _, words in part for pair in pairwise(words) if pair[1] in stems])
    return Counts(stems, words, pairs, part, {pair: times for pair, times in pairs.items() if times > 1})


def together(those: Sequence[Counts]) -> Counts:
    """The counts of several parts as one."""
    stems: dict[str, str] = {}
    words, pairs = Counter[str](), Counter[tuple[str, str]]()
    for counts in those:
        stems |= counts.stems
        words.update(counts.words)
        pairs.update(counts.often)
    return Counts(stems, words, pairs, [remark for counts in those for remark in counts.part], pairs)


def phrases(
    counts: Counts, texts: Sequence[str], people: set[str], most: int, beside: Counts | None = None
) -> list[Phrase]:
    """
    The phrases of a part, weightiest first, no word in two of them.

    :param people: stems of names; they are no phrase.
    :param beside: the whole talk, for phrases that this part has and the others have not.
    """
    whose = frozenset(people)
    if whose not in counts.ranked:
        counts.ranked[whose] = _ranked(counts, whose)
    stems, forms = counts.ranked[whose]
    ranked = forms if beside is None else [(_contrast(form, counts, beside), form) for _, form in forms]
    ranked = sorted(ranked, key=lambda item: (-item[0], item[1]))
    found: list[Phrase] = []
    taken: set[str] = set()
    for weight, form in ranked:
        its = {stems[word] for word in form}
        if its & taken or (phrase := _written(form, counts, texts, weight, frozenset(its))) is None:
            continue
        taken |= its
        found.append(phrase)
        if len(found) == most:
            break
    return found


def _ranked(counts: Counts, people: frozenset[str]) -> _Ranked:
    words = counts.words
    stems = {word: stem for word, stem in counts.stems.items() if stem not in people}
    often = {word for word in stems if words[word] > 1}
    verbs: Counter[str] = Counter()
    for pair, times in counts.pairs.items():
        if pair[1] in often and is_verbal(pair[0]):
            verbs[pair[1]] += times
    for word, times in verbs.items():
        if 2 * times >= words[word]:
            del stems[word]
    told: dict[str, int] = {}
    best: dict[str, str] = {}
    for word, stem in stems.items():
        times = words[word]
        if stem not in told:
            told[stem], best[stem] = times, word
        else:
            told[stem] += times
            if times > words[best[stem]]:
                best[stem] = word
    top = sorted([(-times, stem) for stem, times in told.items() if times > 1])[:_MOST]
    if len(top) < _MOST:
        top += [(-1, stem) for stem in sorted([stem for stem, times in told.items() if times == 1])[: _MOST - len(top)]]
    forms: list[tuple[int, tuple[str, ...]]] = [(-2 * times, (best[stem],)) for times, stem in top]
    forms += [
        (2 * _PAIR * times + min(told[stems[one]], told[stems[other]]), (one, other))
        for (one, other), times in counts.often.items()
        if one in stems and other in stems and stems[one] != stems[other]
    ]
    return _Ranked(stems, forms)


@lru_cache(maxsize=20_000)
def _named_by(word: str) -> str:
    """The stem of a word by which something can be called, or ``""``."""
    return "" if word.endswith("'s") else stem_of(word)


def places_of(phrase: Phrase, texts: Sequence[str], start: int, end: int) -> list[int]:
    """The remarks of a part that have a phrase as it is written."""
    words = phrase.text.lower()
    return [place for place in range(start, end) if words in texts[place].lower()]


def is_telling(phrase: Phrase, texts: Sequence[str], start: int, end: int) -> bool:
    """Whether a phrase may name what a part is about: two words said twice, or a thing that three remarks speak of."""
    places = places_of(phrase, texts, start, end)
    if len(phrase.stems) > 1:
        return len(places) > 1
    low = phrase.text.lower()
    if len(places) < _THRICE or low.endswith(("ing", "ed")):
        return False
    if phrase.text != low:
        return True
    thing = re.compile(rf"\b(?:{_BEFORE_A_THING})\s+{re.escape(low)}\b")
    return low.endswith("s") or any(thing.search(texts[place].lower()) for place in places)


def _contrast(form: tuple[str, ...], counts: Counts, beside: Counts) -> int:
    """How much a phrase is this part's own."""
    if len(form) == 1:
        return counts.words[form[0]] ** 2 * 1000 // max(1, beside.words[form[0]])
    return 3 * counts.pairs[form[0], form[1]] ** 2 * 1000 // max(1, beside.pairs[form[0], form[1]])


def _written(
    form: tuple[str, ...], counts: Counts, texts: Sequence[str], weight: int, stems: frozenset[str]
) -> Phrase | None:
    """The phrase as the first remark has it; ``None`` where something stands between its words."""
    words = " ".join(form)
    for place, remark in counts.part:
        if form[0] not in remark:
            continue
        text = texts[place]
        start = text.lower().find(words)
        end = start + len(words)
        if start >= 0 and not _JOINED.search(text, max(0, start - 2), start) and not _JOINING.match(text, end):
            return Phrase(_case(text, start, end), place, weight, stems)
    return None


def _case(text: str, start: int, end: int) -> str:
    """As it is written, but without the capital of a sentence's beginning; names in capitals keep theirs."""
    words = text[start:end]
    begins = start == 0 or text[:start].rstrip()[-1:] in ".!?:"
    return words[:1].lower() + words[1:] if begins and words[1:] == words[1:].lower() else words
