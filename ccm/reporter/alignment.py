"""
An agenda laid along a talk: where each of its titles was taken up.

A title begins where a topic is likely to begin and its words are said soon after, and its words go on while it lasts.
All ways to lay the titles along the talk in their order are weighed together (L. Rabiner, 1989); of them the one is
taken that has the least expected Pk (D. Beeferman and others, 1999). Logarithms are whole numbers and sums of them come
from a table, so every Python finds the same. Leaves out agendas that nobody kept to: a title of which no word is said,
at a place where no topic seems to begin, still gets its share.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from math import exp, log1p
from typing import NamedTuple

from ccm.reporter.turns import COMMON, NEVER

_TOKEN = re.compile(r"[a-z]+|\d+")
_OFTEN = (
    "issue issues topic discus review https http www com org github update meetin questi action item items status "
    "agenda next"
)
_VAGUE = frozenset(_OFTEN.split())
_NEAR, _FADES = 5, 7  # remarks after a beginning whose words count for it, tenths that each counts of the one before
_MOST, _BEGINS, _LASTS = 1500, 3, 2  # of words at a beginning; times that they count there, and while a topic lasts
_RIVAL = 3  # tenths that the best other title's words count against one


_UNIT, _STEP = 100_000, 1000  # of one in a logarithm, and in a score
_FINE = _UNIT // _STEP
_NONE = -(10**12)
_FAR = 12  # logarithms further apart are not added
_ENDS_EARLY = -4 * _UNIT  # for each title that was not reached
_WHOLE = 1_000_000  # of a probability
_LIKELY = 5  # what a likely place counts beside a lower Pk: one of so many


def aligned(scores: Sequence[int], texts: Sequence[str], agenda: Sequence[str]) -> list[int | None]:
    """
    Where each title begins; ``None`` for those that a talk has no room for.

    :param scores: of each remark the hundredths of log-odds that it begins a topic.
    """
    count, titles = len(texts), agenda[: len(texts)]
    if not count or not titles:
        return [None] * len(agenda)
    likely = [max(NEVER, score) * 10 for score in scores]
    likely[0] = max(likely[1:], default=0) // 2
    ways = _weighed(likely, _evidence(texts, titles))
    width = _half_a_topic(ways)
    found = _best(_gains(ways, width), width, ways.begins)
    return [*found, *[None] * (len(agenda) - len(titles))]


class _Ways(NamedTuple):
    """
    All ways to lay titles along a talk: logarithms of their shares, by title and remark.

    :ivar begins: that a title begins there. :ivar begun: that it has begun by then, but for what comes after.
    :ivar lasts: that it lasts until there at least, but for what came before.
    """

    begins: list[list[int]]
    begun: list[list[int]]
    lasts: list[list[int]]


def _weighed(likely: Sequence[int], words: Sequence[Sequence[int]]) -> _Ways:
    """
    The ways of an agenda.

    :param likely: of each remark the log-odds that a topic begins.
    :param words: of each title and remark what it says of the title.
    """
    count, titles = len(likely), len(words)
    gone = [[_LASTS * _FINE * total for total in (0, *accumulate(row))] for row in words]
    comes = [
        [_FINE * (one + _BEGINS * other) - before for one, other, before in zip(likely, _soon(row), its, strict=False)]
        for row, its in zip(words, gone, strict=True)
    ]
    begun, starts = [_sums(comes[0])], [comes[0]]
    for title in range(1, titles):
        before = [_NONE, *(one + more for one, more in zip(begun[-1], gone[title - 1][1:], strict=False))]
        starts.append([one + other for one, other in zip(before, comes[title], strict=False)])
        begun.append(_sums(starts[-1]))
    lasts: list[list[int]] = []
    for title in reversed(range(titles)):
        last = gone[title][count] + _ENDS_EARLY * (titles - 1 - title)
        if not lasts:
            lasts.append([last] * (count + 1))
            continue
        later = lasts[-1][1:]
        next_ = [a + b + c for a, b, c in zip(gone[title], comes[title + 1], later, strict=False)]
        lasts.append(_sums([last, *reversed(next_)])[::-1])
    lasts.reverse()
    whole = [
        [one + other for one, other in zip(row, its[1:], strict=True)] for row, its in zip(starts, lasts, strict=True)
    ]
    every = _sums(whole[0])[-1]
    return _Ways(
        [[one - every for one in row] for row in whole], [[one - every for one in row] for row in begun], lasts
    )


def _half_a_topic(ways: _Ways) -> int:
    """Half the remarks of a topic, if those before the first title are one as well."""
    topics = (len(ways.begins) + 1) * _WHOLE - _chance(ways.begins[0][0])
    return max(2, (_WHOLE * len(ways.begins[0]) + topics) // (2 * topics))


def _gains(ways: _Ways, width: int) -> list[int]:
    """By remark how much likelier than not a topic begins within *width* after it, in millionths."""
    count = len(ways.begins[0])
    not_yet = [*_sums(ways.begins[0][::-1])[::-1], _NONE]
    gains = []
    for place in range(count - width):
        end = place + width + 1
        same = _chance(not_yet[end])
        for begun, lasts in zip(ways.begun, ways.lasts, strict=True):
            same += _chance(begun[place] + lasts[end])
        gains.append(_WHOLE // 2 - same)
    return [*gains, *[0] * min(count, width)]


def _best(gains: Sequence[int], width: int, begins: Sequence[Sequence[int]]) -> list[int]:
    """One place for each title, in order: the highest sum of the gains of the windows with a beginning."""
    count = len(gains)
    total = [0, *accumulate(gains)]
    before = [total[max(0, place - width)] for place in range(count)]
    least = -14 * _UNIT
    best = [
        (total[place] - before[place] if place else 0) + max(least, one) // _LIKELY
        for place, one in enumerate(begins[0])
    ]
    ways: list[list[int]] = []
    for row in begins[1:]:
        found, way = [_NONE], [0]
        far, near = -1, deque[int]()
        for place in range(1, count):
            while near and best[near[-1]] - total[near[-1]] <= best[place - 1] - total[place - 1]:
                near.pop()
            near.append(place - 1)
            out = place - width
            if out >= 0 and (far < 0 or best[out] > best[far]):
                far = out
            while near[0] <= out:
                near.popleft()
            came, worth = near[0], best[near[0]] - total[near[0]]
            if far >= 0 and best[far] - before[place] >= worth:
                came, worth = far, best[far] - before[place]
            found.append(worth + total[place] + max(least, row[place]) // _LIKELY)
            way.append(came)
        best = found
        ways.append(way)
    place = max(range(count), key=lambda n: (best[n], -n))
    places = [place]
    for way in reversed(ways):
        place = way[place]
        places.append(place)
    return places[::-1]


def _sums(logarithms: Iterable[int]) -> list[int]:
    """The logarithms of the sums of all up to each."""
    more, last = _tables()[0], _FAR * _STEP
    found: list[int] = []
    total = _NONE
    for one in logarithms:
        apart = (total - one) // _FINE
        if apart >= 0:
            total += more[apart] if apart < last else 0
        else:
            total = one + (more[-apart] if -apart < last else 0)
        found.append(total)
    return found


def _chance(logarithm: int) -> int:
    """The probability of a logarithm, in millionths."""
    apart = -logarithm // _FINE
    return 0 if apart >= _FAR * _STEP else _tables()[1][max(0, apart)]


@cache
def _tables() -> tuple[list[int], list[int]]:
    """By thousandths: what the logarithm of a sum is above the higher one, and what a probability is."""
    steps = [step / _STEP for step in range(_FAR * _STEP + 1)]
    return [round(_UNIT * log1p(exp(-step))) for step in steps], [round(_WHOLE * exp(-step)) for step in steps]


def _soon(here: Sequence[int]) -> list[int]:
    """What is said of a title at each place and soon after, the later the less."""
    found = []
    for place in range(len(here)):
        total, share = 0, 10_000
        for one in here[place : place + _NEAR]:
            total += one * share
            share = share * _FADES // 10
        found.append(max(-1000, min(_MOST, total // 10_000)))
    return found


def _evidence(texts: Sequence[str], titles: Sequence[str]) -> list[list[int]]:
    """Of each title and remark how many of the title's words the remark says, rare words more, in thousandths."""
    said = [_stems(text) for text in texts]
    times = Counter(stem for stems in said for stem in stems)
    wanted = [_stems(title) for title in titles]
    shared = Counter(stem for stems in wanted for stem in stems)
    rows = []
    for stems in wanted:
        weights = {
            stem: ((len(texts) + 1) * 16 // (2 * times[stem] + 1)).bit_length() * 100 // shared[stem]
            // (2 if stem in _VAGUE else 1)
            for stem in sorted(stems) if stem in times
        }  # fmt: skip
        whole = sum(weights.values()) + 150
        rows.append([sum(weights[stem] for stem in weights.keys() & here) * 1000 // whole for here in said])
    if len(rows) < 2:
        return rows
    ranked = [sorted(column)[-2:] for column in zip(*rows, strict=True)]
    return [
        [
            one - _RIVAL * (second if one == first else first) // 10
            for one, (second, first) in zip(row, ranked, strict=True)
        ]
        for row in rows
    ]


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        word[:6] for word in _TOKEN.findall(text.lower()) if word not in COMMON and (len(word) > 2 or word.isdigit())
    )
