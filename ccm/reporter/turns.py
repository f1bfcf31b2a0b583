"""
How likely each remark of a talk begins a topic.

A linear model on what stands around the gap before a remark: the words of the remark and of its neighbours, who
speaks, addresses, pauses, cries of assent, and whether the words before the gap go on after it (M. Hearst, 1997). The
weights are whole numbers in a flat file, trained by ``training/topics.py``, so every Python comes to the same score.
Leaves out which of the likely places are taken (:mod:`ccm.reporter.segments`).
"""

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.resources import files
from itertools import accumulate, chain, pairwise, repeat
from math import isqrt
from operator import add, and_, or_, sub
from typing import NamedTuple

WORD_TABLES = ("word", "before", "after")  # words of the remark itself, of the one before and of the one after
NEVER = -1200  # hundredths of the log-odds
_READ = 600  # characters of a remark
_PAIRED = 24  # words of a remark that count for itself
_SHORT = 12  # words of a remark that count for the one before it
_WORD = re.compile(r"https?://\S++|[a-z]++(?:'[a-z]++)?+|\d++|[?!+:]")
_ADDRESS = re.compile(r"https?://(\S+)")
_ASSENT = re.compile(
    r"\W*(?:[+-]1|\+0|agreed?|yes|yep|yeah|sounds good|sgtm|lgtm|ok(?:ay)?|thanks?|thank you|great|cool|none|nope|no)\b"
)
_NUMBERED = re.compile(r"\W*\d\d?[.):]")
_EVERYWHERE = (
    "able about actually after again all also and another any anything are around back because been before being both "
    "but can can't come could did didn't different does doesn't doing don't done down each even every few first for "
    "from get getting give goes going good got had has have having here how i'll i'm i've into it's its just kind know "
    "last less let let's like little look looking lot made make makes many maybe mean might more most much need needs "
    "new next not now okay one only other our out over part people point probably put question quite really right "
    "said same say see should since some something sort still stuff such sure take talk than that that's the their "
    "them then there there's these they they're thing things think this those though through time too trying two up "
    "use used using very want was way we'll we're we've well were what when where which while who why will with work "
    "would yeah yes you your"
)
COMMON = frozenset(_EVERYWHERE.split())
_DEPTH = bytes(bisect_right((20, 50, 100, 150, 200, 250, 300, 400, 500, 600), depth) for depth in range(2001))
_LONG = 1 << 30  # remarks since somebody spoke who never did
_bits = int.bit_count
_BITS = 24  # of a lane
_LANE, _HALF = (1 << _BITS) - 1, 1 << (_BITS - 1)
_SCALES = (4, 8, 32)  # remarks on each side of a gap that are compared


class Line(NamedTuple):
    """
    A remark of a talk.

    :ivar by: who said it. :ivar at: when, in seconds from anywhere, if that is known.
    """

    text: str
    by: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """
    What a talk's remarks say.

    :ivar words: of each remark. :ivar masks: its telling words as a set of bits.
    :ivar counted: what :mod:`ccm.reporter.phrases` counted of them.
    """

    words: list[list[str]]
    masks: list[int]
    counted: dict[tuple[int, int], object] = field(default_factory=dict)


def read(lines: Sequence[Line]) -> Words:
    """The words of each remark; names of those who speak are one word, so are numbers, so are addresses."""
    names = {part for name in {line.by for line in lines} for part in re.findall("[a-z]{3,}", name.lower())} - _TITLES
    raw = [_WORD.findall(line.text[:_READ].lower().replace("’", "'")) for line in lines]
    known, bits = _vocabulary(dict.fromkeys(chain.from_iterable(raw)), names)
    word, bit = known.__getitem__, bits.__getitem__
    return Words(
        [list(map(word, said)) for said in raw], [reduce(or_, filter(None, map(bit, said)), 0) for said in raw]
    )


def _vocabulary(written: Iterable[str], names: set[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Word as written -> the word as the model knows it; and the bit of those that tell what a talk is about."""
    known = {word: "#" if word.isdecimal() else word for word in written}
    bits = dict.fromkeys(known, 0)
    stems: dict[str, int] = {}
    for word in names & known.keys():
        known[word] = "<"
    for word in [word for word in known if len(word) > 3 and word not in COMMON]:
        if word.startswith("http"):
            known[word] = "@"
        elif known[word] == word:
            bits[word] = 1 << stems.setdefault(word[:6], len(stems))
    return known, bits


_TITLES = {"user", "interface", "project", "manager", "industrial", "designer", "marketing", "and", "the", "chair"}


def parts(said: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Of a remark the words that count for itself, for the one after it and for the one before it."""
    return said[:_PAIRED], said if len(said) < 16 else said[:8] + said[-8:], said[:_SHORT]


def pairs(said: list[str]) -> Iterable[tuple[str, str]]:
    """The words of a remark that stand together."""
    first = ["^", *said[:_PAIRED], "$"] if len(said) < _PAIRED else ["^", *said[:_PAIRED]]
    return pairwise(first)


def looks(lines: Sequence[Line], read_: Words, chair: str = "") -> list[tuple[int, ...]]:
    """Of each remark everything but its words, as small whole numbers."""
    return list(zip(*_columns(lines, read_, chair), strict=True))


def _columns(lines: Sequence[Line], read_: Words, chair: str) -> list[list[int]]:
    """Each look of all remarks."""
    columns = [*_of_speakers(lines, chair), *_of_shapes(lines, read_.words), *_of_times(lines)]
    return [*columns, *_of_places(len(lines)), *_of_words(read_.masks)]


def _steps(values: Sequence[int], *edges: int) -> list[int]:
    """For each value how many edges it has reached."""
    steps = {value: bisect_right(edges, value) for value in set(values)}
    return list(map(steps.__getitem__, values))


def _of_speakers(lines: Sequence[Line], chair: str) -> list[list[int]]:
    """Who speaks: the same as before and after, the one who speaks most, somebody new."""
    nicks = [line.by for line in lines]
    count = len(nicks)
    often = Counter(nicks)
    most = often.most_common(1)[0][0]
    around = [*nicks[-1:], *nicks, "", ""] if count else []
    same = [
        (before == here) + 2 * (here == after) + 4 * (after == later)
        for before, here, after, later in zip(["", *nicks], nicks, around[2:], around[3:], strict=False)
    ]
    role = [(nick == most) + 2 * (nick == nicks[0]) + 4 * (nick == chair) for nick in nicks]
    share = {nick: bisect_right((20, 50, 100, 200, 300, 450), 1000 * times // count) for nick, times in often.items()}
    last: dict[str, int] = {}
    since = []
    for place, nick in enumerate(nicks):
        since.append(place - last[nick] if nick in last else _LONG)
        last[nick] = place
    return [same, role, list(map(share.__getitem__, nicks)), _steps(since, 2, 3, 5, 9, 17, 33, _LONG)]


def _of_shapes(lines: Sequence[Line], words: Sequence[Sequence[str]]) -> list[list[int]]:
    """How remarks are written: long or short, with an address, a question, assent."""
    size = _steps(list(map(len, words)), 1, 2, 3, 5, 9, 15, 25, 50)
    lows = [line.text[:_READ].lower() for line in lines]
    address, seen = [], set[str]()
    for low, said in zip(lows, words, strict=True):
        found = _ADDRESS.search(low) if "http" in low else None
        if found is None:
            address.append(0)
            continue
        new = found[1] not in seen
        seen.add(found[1])
        address.append(1 + new + 2 * bisect_right((3, 9), len(said)) + 6 * _kind(found[1]))
    mark = [
        "?.:!".find(low[-1:]) + 1 + 5 * line.text[:1].isupper() if low else 10
        for low, line in zip(lows, lines, strict=True)
    ]
    number = [1 if low[:1].isdigit() and _NUMBERED.match(low) else 2 if "#" in low else 0 for low in lows]
    assent = [1 if len(said) < 8 and _ASSENT.match(low) else 0 for low, said in zip(lows, words, strict=True)]
    total = [0, *accumulate(assent)]
    count = len(lines)
    lately = list(map(sub, total[:count], chain(repeat(0, 4), total)))
    before = _steps(list(map(sub, total[:count], chain(repeat(0, 10), total))), 1, 2, 4, 6)
    soon = list(map(sub, chain(total[4:], repeat(total[-1])), total[:count]))
    after = [4 * agrees + (some if some < 3 else 3) for agrees, some in zip(assent, lately, strict=True)]
    next_ = [*size[1:], 0]
    leading = [
        (kind > 0) + 2 * (others if others < 4 else 4) for kind, others in zip(address, [0, *size], strict=False)
    ]
    return [
        size, [9, *size[:-1]], next_, address, [0, *(min(a, 1) for a in address[:-1])], [*address[1:], 0], mark, number,
        lately, before, soon, after, leading,
    ]  # fmt: skip


def _kind(address: str) -> int:
    if "/issues/" in address or "/pull/" in address:
        return 1
    if "lists." in address or "/archives/" in address:
        return 2
    if "docs." in address or "hackmd" in address or "wiki" in address:
        return 3
    return 4 if "minutes" in address or "agenda" in address else 0


def _of_times(lines: Sequence[Line]) -> list[list[int]]:
    """The pause before each remark, as it is and beside the usual one."""
    pauses = [
        here.at - before.at if here.at is not None and before.at is not None else -1 for before, here in pairwise(lines)
    ]
    known = sorted(pause for pause in pauses if pause >= 0)
    if 2 * len(known) < len(pauses):
        return [[0] * len(lines)] * 2
    usual = known[len(known) // 2] + 5 if known else 5
    beside = [10 * pause // usual for pause in pauses]
    return [[0, *_steps(pauses, 0, 1, 10, 30, 60, 120, 240)], [0, *_steps(beside, 0, 5, 10, 20, 40, 80)]]


def _of_places(count: int) -> list[list[int]]:
    steps = _steps(range(count + 1), 1, 2, 3, 5, 8, 12, 20, 40)
    whole = bisect_right((25, 50, 100, 200, 400, 800), count)
    return [steps[:count], steps[:0:-1], [10 * place // count for place in range(count)], [whole] * count]


def _of_words(masks: Sequence[int]) -> list[list[int]]:
    """How far the words before a gap go on after it, and how many end and begin there."""
    count = len(masks)
    widest = _SCALES[-1]
    padded = [0] * widest + list(masks) + [0] * widest
    unions, width = {1: padded}, 1
    while width < widest:
        row = unions[width]
        unions[2 * width] = list(map(or_, row, row[width:]))
        width *= 2
    columns, sides, sizes, shared = [], {}, {}, {}
    tenths = [10 * rank // count for rank in range(count)]
    ranks = [(count - 1 - rank).bit_length() for rank in range(count)]
    for scale in _SCALES:
        row = unions[scale]
        before, after = row[widest - scale : widest - scale + count], row[widest : widest + count]
        size = list(map(_bits, row))
        sides[scale] = before, after
        sizes[scale] = size[widest - scale : widest - scale + count], size[widest : widest + count]
        shared[scale] = list(map(_bits, map(and_, before, after)))
        alike = [
            1000 * both // (isqrt(one * other) + 1)
            for both, one, other in zip(shared[scale], *sizes[scale], strict=True)
        ]
        depths = _depths(alike, 3 * scale)
        columns += [_ranked(alike, tenths), _ranked(depths, ranks), list(map(_DEPTH.__getitem__, depths))]
    born = list(map(sub, sizes[8][1], map(_bits, map(and_, sides[8][1], sides[widest][0]))))
    dead = list(map(sub, sizes[8][0], map(_bits, map(and_, sides[8][0], sides[widest][1]))))
    both = list(map(min, born, dead))
    known = [0, *map(_bits, accumulate(masks, or_))]
    new = [10 * (now - old) // (mask.bit_count() + 1) for mask, old, now in zip(masks, known, known[1:], strict=False)]
    news = list(map(min, map(add, map(add, new, [*new[1:], 0]), [*new[2:], 0, 0]), repeat(25)))
    columns += [_ranked(values, tenths) for values in (born, dead, shared[8])]
    return [*columns, _ranked(both, ranks), new, news]


def _depths(alike: list[int], reach: int) -> list[int]:
    """How deep each gap lies between the heights on both sides of it."""
    count = len(alike)
    width, row = 1, alike  # row: of each value the highest among it and those before it, *width* together
    while 2 * width <= reach:
        row = row[:width] + [one if one > other else other for one, other in zip(row, row[width:], strict=False)]
        width *= 2
    last = list(accumulate(alike[: -min(width, count + 1) : -1], max))
    right = row[width - 1 :] + last[::-1]  # the highest among each value and those after it
    return [one + other - 2 * here for one, other, here in zip(row, right, alike, strict=True)]


def _ranked(values: list[int], worth: Sequence[int]) -> list[int]:
    """For each value what its rank from the lowest is worth; of equal ones the highest counts."""
    rank = dict(zip(sorted(values), worth, strict=True))
    return list(map(rank.__getitem__, values))


class Turns:
    """
    The weights.

    :param words: table -> word -> weight. :param pairs: the same of two words, with a blank between.
    :param looks: of each look the weight of each number.
    :param stays: by the score in steps of ten, from the lowest: thousandths of the log-odds that no topic begins.
    :param gone: by those in steps of ten: thousandths of the probability that none begins.
    """

    def __init__(
        self,
        base: int,
        words: dict[str, dict[str, int]],
        pairs: dict[str, int],
        looks: list[list[int]],
        stays: list[int],
        gone: list[int],
    ) -> None:
        self._base, self._looks = base, looks
        self._pairs = {tuple(pair.split(" ")): weight for pair, weight in pairs.items()}
        self._words = Counter[str]()  # the weights of a word in all tables, as one number, in lanes
        for lane, table in enumerate(WORD_TABLES):
            for word, weight in words[table].items():
                self._words[word] += weight << _BITS * lane
        self.stays, self.gone = stays, gone

    def scores(self, lines: Sequence[Line], read_: Words, chair: str = "") -> list[int]:
        """Hundredths of the log-odds that each remark begins a topic; the first always does and counts as never."""
        if not lines:
            return []
        used = set(chain.from_iterable(read_.words))
        worth = dict(zip(used, map(self._words.get, used, repeat(0)), strict=True)).__getitem__
        of_pair = self._pairs.get
        own, left, right = [], [self._base], []
        for said in read_.words:
            together = sum(map(of_pair, pairs(said), repeat(0)))
            if len(said) <= _SHORT and len(set(said)) == len(said):  # all three parts are the same
                itself, before, after = _lanes(sum(map(worth, said)))
            else:
                mine, for_next, for_last = parts(said)
                itself = _lanes(sum(map(worth, set(mine))))[0]
                before = _lanes(sum(map(worth, for_next)))[1]
                after = _lanes(sum(map(worth, for_last)))[2]
            own.append(itself + together)
            left.append(self._base + before)
            right.append(after)
        right = [*right[1:], 0]
        looked = [
            map(weights.__getitem__, column)
            for weights, column in zip(self._looks, _columns(lines, read_, chair), strict=True)
        ]
        found = [max(NEVER, min(-NEVER, score)) for score in map(sum, zip(own, left, right, *looked, strict=False))]
        found[0] = NEVER
        return found


def _lanes(sum_: int) -> tuple[int, int, int]:
    """The three numbers that a sum of weights is."""
    one = ((sum_ + _HALF) & _LANE) - _HALF
    rest = (sum_ - one) >> _BITS
    other = ((rest + _HALF) & _LANE) - _HALF
    return one, other, (rest - other) >> _BITS


@cache
def trained() -> Turns:
    """The model that is shipped."""
    return Turns(**json.loads(files("ccm.reporter").joinpath("turns.json").read_text(encoding="utf-8")))
