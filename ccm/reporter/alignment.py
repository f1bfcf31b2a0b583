"""
An agenda laid along a talk: where each of its titles was taken up.

The best way is found as a whole (A. Viterbi, 1967): a title begins where a topic is likely to begin and its words are
said soon after, and its words go on while it lasts. Titles keep their order. Leaves out agendas that nobody kept to:
a title of which no word is said, at a place where no topic seems to begin, still gets its share.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

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
    words = _evidence(texts, titles)
    best: list[int] = []
    ways: list[list[int]] = []
    before: list[int] = []
    for number, here in enumerate(words):
        soon = _soon(here)
        total = [0, *accumulate(here)]
        begin = [one + _BEGINS * other - _LASTS * gone for one, other, gone in zip(likely, soon, total, strict=False)]
        if not number:
            best, ways = begin, [[-1] * count]
        else:
            came, way, highest, place = [_NONE], [-1], _NONE, -1
            for n in range(1, count):
                if best[n - 1] > highest:
                    highest, place = best[n - 1], n - 1
                came.append(highest + _LASTS * before[n])
                way.append(place)
            best = [one + other if one > _NONE // 2 else _NONE for one, other in zip(came, begin, strict=True)]
            ways.append(way)
        before = total
    place = max(range(count), key=lambda n: (best[n], -n))
    found: list[int | None] = [place]
    for way in reversed(ways[1:]):
        place = way[place]
        found.append(place)
    return [*reversed(found), *[None] * (len(agenda) - len(titles))]


_NONE = -(10**12)


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
