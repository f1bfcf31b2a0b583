"""
Which remark fills which attribute: everything that may fill one is kept, and the best assignment as a whole counts.

A remark that could fill two attributes goes where the discussion has nothing better; one that is displaced takes the
next attribute it fits. Scores are hundredths of the log-odds (:mod:`ccm.reporter.likeness`); what the model does not
know has the score of the rule that found it. Leaves out how a remark is read (:mod:`ccm.reporter.attributes`).
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec

LEAST = -80  # below, a remark is no candidate
SURE = 200  # from here on a sentence may fill a second attribute …
NEAR = 150  # … which it fits almost as well as the first
MORE = 250  # said for sure …
JOINS = 450  # … and so sure that an attribute may take it as a second sentence
DOUBTED = 190  # below, people are asked whether that is what they mean
TOLD = 60  # but not for what is said plainly; below stand "the name is fine by me" and its like
MUCH = 600  # nothing is surer, but an answer
CARRIED = 0  # what came over from the discussion's former type: nearly everything else is better
ANSWERED = 100_000  # answered when asked, or put right by hand
BEST = 6  # candidates kept for each attribute
SUBSETS = 10  # attributes among whose subsets the best is looked for
VALUES = 4  # sentences in an attribute


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Words that may fill an attribute.

    :ivar text: an exact part of the message.
    :ivar source: archive id of the message.
    :ivar at: its time, ISO 8601 in UTC, or ``""``.
    :ivar place: where in the message the sentence begins.
    :ivar plain: people said what it is: "the goal is …".
    :ivar carried: came over from the discussion's former type.
    :ivar instead: somebody put right what was there before: nothing earlier stands beside it.
    :ivar asked: key of the attribute that people were asked for when they said it, if it may be another's after all.
    """

    key: str
    score: int
    text: str
    by: str
    source: str
    at: str = ""
    place: int = 0
    plain: bool = False
    carried: bool = False
    instead: bool = False
    asked: str = ""


def kept(heard: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The best of each attribute, in the order in which they were said; of answers the latest."""
    order = tuple(heard)

    def rank(place: int) -> tuple[int, int]:
        score = order[place].score
        return -score, -place if score >= ANSWERED else place

    ranked = sorted(range(len(order)), key=rank)
    counts: dict[str, int] = {}
    stay: list[int] = []
    for place in ranked:
        key = order[place].key
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= BEST:
            stay.append(place)
    return tuple(order[place] for place in sorted(stay))


def assigned(heard: tuple[Candidate, ...], singles: frozenset[str]) -> dict[str, tuple[Candidate, ...]]:
    """
    What fills each attribute.

    :param singles: keys that hold one value, of which the latest sure one counts: a name, a level.
    """
    chosen = _matched(heard, singles)
    taken = {_sentence(c) for c in chosen.values()}
    best = {_sentence(c): c for c in sorted(heard, key=lambda c: c.score)}
    for key in dict.fromkeys(c.key for c in heard if c.key not in chosen):
        surest = max((c for c in heard if c.key == key), key=lambda c: c.score)
        if surest.score >= max(SURE, best[_sentence(surest)].score - NEAR):
            chosen[key] = surest
    filled: dict[str, tuple[Candidate, ...]] = {}
    for key, first in chosen.items():
        more = [
            c
            for c in heard
            if c is not first
            and c.key == key
            and key not in singles
            and _joins(c, first, heard)
            and _sentence(c) not in taken
            and best[_sentence(c)].key == key
            and c.text != first.text
        ]
        taking = {id(c) for c in sorted(more, key=lambda c: -c.score)[: VALUES - 1]} | {id(first)}
        filled[key] = tuple(c for c in heard if id(c) in taking)
    return filled


def _joins(c: Candidate, first: Candidate, heard: tuple[Candidate, ...]) -> bool:
    """Whether a candidate may stand beside the first: answers beside answers, what is sure beside what is sure."""
    if first.carried or c.carried:
        return first.carried and c.carried
    if first.score < ANSWERED:
        return c.score >= JOINS
    since = max((number for number, each in enumerate(heard) if each.key == c.key and each.instead), default=-1)
    return c.score >= ANSWERED and next(n for n, each in enumerate(heard) if each is c) >= since


def guessed(heard: tuple[Candidate, ...], singles: frozenset[str]) -> dict[str, int]:
    """What is so doubtful that people are asked for it, and nobody said plainly ("Name: Open data portal")."""
    told = {c.key for c in heard if c.plain and c.score >= TOLD}
    return {key: score for key, score in doubtful(heard, singles, DOUBTED).items() if key not in told}


def doubtful(heard: tuple[Candidate, ...], singles: frozenset[str], below: int) -> dict[str, int]:
    """What is filled by nothing sure, but by a guess that people may confirm or replace: key -> score."""
    filled = assigned(heard, singles)
    best = {key: max(c.score for c in found) for key, found in filled.items() if not any(c.carried for c in found)}
    return {key: score for key, score in best.items() if score < below}


def alternatives(heard: tuple[Candidate, ...], singles: frozenset[str]) -> dict[str, tuple[Candidate, ...]]:
    """What else might fill each attribute, the likeliest first: everything heard that does not fill it now."""
    filled = assigned(heard, singles)
    found: dict[str, list[Candidate]] = {}
    for c in sorted(heard, key=lambda each: -each.score):
        if all(c is not each for each in filled.get(c.key, ())):
            found.setdefault(c.key, []).append(c)
    return {key: tuple(each) for key, each in found.items()}


def worth(heard: tuple[Candidate, ...], singles: frozenset[str], but: str = "") -> int:
    """What all that was guessed counts together, in hundredths of log-odds; without what fills *but*."""
    guessed = tuple(c for c in heard if c.score < ANSWERED and c.key != but)
    return sum(min(c.score, MUCH) - LEAST for c in _matched(guessed, singles).values())


def _matched(heard: tuple[Candidate, ...], singles: frozenset[str]) -> dict[str, Candidate]:
    """
    One candidate an attribute, one attribute a sentence, the highest sum of scores: over all subsets of keys.

    A type of more than `SUBSETS` attributes takes the surest first instead: the subsets would be too many.
    """
    bits = {key: 1 << number for number, key in enumerate(dict.fromkeys(c.key for c in heard))}
    order = {id(c): number for number, c in enumerate(heard)}

    def gain(c: Candidate) -> int:
        if c.score >= ANSWERED:
            return ANSWERED * 100 + order[id(c)]
        later = order[id(c)] if c.key in singles and c.score >= SURE else -order[id(c)]
        return (min(c.score, MUCH) - LEAST) * 100 + later // 4

    if len(bits) > SUBSETS:
        first: dict[str, Candidate] = {}
        taken: set[tuple[str, int]] = set()
        for candidate in sorted(heard, key=lambda c: -gain(c)):
            if candidate.key not in first and _sentence(candidate) not in taken:
                first[candidate.key] = candidate
                taken.add(_sentence(candidate))
        return first
    rows = groupby(sorted(heard, key=_sentence), key=_sentence)
    best: dict[int, tuple[int, tuple[Candidate, ...]]] = {0: (0, ())}
    for _, row in rows:
        after = dict(best)
        for candidate in row:
            bit, more = bits[candidate.key], gain(candidate)
            for used, (sum_, picked) in best.items():
                if not used & bit and sum_ + more > after.get(used | bit, (-1,))[0]:
                    after[used | bit] = (sum_ + more, (*picked, candidate))
        best = after
    _, picked = max(best.values(), key=lambda found: found[0])
    return {c.key: c for c in picked}


def _sentence(candidate: Candidate) -> tuple[str, int]:
    return candidate.source, candidate.place
