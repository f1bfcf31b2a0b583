"""
Which of the likely places begin topics: the choice with the least expected Pk (D. Beeferman and others, 1999).

Two remarks half a topic apart are of one topic or of two. Each such window in which a topic is likely to begin speaks
for a beginning in it, each other one against. The best choice is found exactly, in a time linear in the remarks. Leaves
out how likely each place is (:mod:`ccm.reporter.turns`).
"""

from collections.abc import Sequence
from itertools import accumulate

from ccm.reporter.turns import NEVER, Turns

_STEP = 10  # of the tables in the model
_MOST = 12  # topics after the first that are expected at most


def begins(turns: Turns, scores: Sequence[int]) -> list[int]:
    """Where topics begin after the first, in order; for the hundredths of log-odds that each place begins one."""
    count = len(scores)
    stays = [turns.stays[(score - NEVER) // _STEP] for score in scores]
    gone = turns.gone
    last = len(gone) - 1
    likely = sum(1000 - gone[min(last, stay // _STEP)] for stay in stays)
    expected = min(1000 * _MOST, likely)  # thousandths of topics after the first
    width = max(3, (1000 * count + expected + 1000) // (2 * (expected + 1000)))
    total = [0, *accumulate(stays)]
    gains = [
        500 - gone[min(last, (total[place + width + 1] - total[place + 1]) // _STEP)] for place in range(count - width)
    ]
    return _covering([*gains, *[0] * min(width, count)], width)


def _covering(gains: Sequence[int], width: int) -> list[int]:
    """
    The places, *width* apart at least, whose windows have the highest sum of gains.

    The windows of a place are the *width* before it, so the best choice that ends with a place goes on from the best
    one that ends a width before it.
    """
    total = [0, *accumulate(gains)]
    best, before = [0], [0]  # by place: the highest sum of a choice that ends with it, and the place before it
    far = 0
    for place in range(1, len(gains)):
        out = max(0, place - width)
        if best[out] > best[far]:
            far = out
        best.append(best[far] + total[place] - total[out])
        before.append(far)
    place = max(range(len(best)), key=lambda n: (best[n], -n))
    found: list[int] = []
    while place > 0:
        found.append(place)
        place = before[place]
    return found[::-1]
