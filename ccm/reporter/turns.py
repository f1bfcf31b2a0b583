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
from functools import cache, reduce
from importlib.resources import files
from itertools import accumulate, chain, pairwise, repeat
from math import isqrt
from operator import add, and_, getitem, or_
from typing import NamedTuple

WORD_TABLES = ("word", "before", "after")  # words of the remark itself, of the one before and of the one after
NEVER = -1200  # hundredths of the log-odds
_READ = 600  # characters of a remark
_WORD = re.compile(r"https?://\S+|[a-z]+(?:'[a-z]+)?|\d+|[?!+:]")
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
_SCALES = (4, 8, 32)  # remarks on each side of a gap that are compared


class Line(NamedTuple):
    """
    A remark of a talk.

    :ivar by: who said it. :ivar at: when, in seconds from anywhere, if that is known.
    """

    text: str
    by: str = ""
    at: int | None = None


class Words(NamedTuple):
    """
    What a talk's remarks say.

    :ivar words: of each remark. :ivar masks: its telling words as a set of bits.
    """

    words: list[list[str]]
    masks: list[int]


class _Vocabulary(dict[str, str]):
    """Word as written -> the word as the model knows it; *bits* has those that tell what a talk is about."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.bits: dict[str, int] = {}
        self._names, self._stems = names, dict[str, int]()

    def __missing__(self, word: str) -> str:
        bit, found = 0, word
        if word[0].isdigit():
            found = "#"
        elif word.startswith("http"):
            found = "@"
        elif word in self._names:
            found = "<"
        elif len(word) > 3 and word not in COMMON:
            bit = 1 << self._stems.setdefault(word[:6], len(self._stems))
        self[word], self.bits[word] = found, bit
        return found


def read(lines: Sequence[Line]) -> Words:
    """The words of each remark; names of those who speak are one word, so are numbers, so are addresses."""
    names = {part for name in {line.by for line in lines} for part in re.findall("[a-z]{3,}", name.lower())}
    known = _Vocabulary(names - _TITLES)
    words, masks = [], []
    for line in lines:
        raw = _WORD.findall(line.text[:_READ].lower().replace("’", "'"))
        words.append(list(map(known.__getitem__, raw)))
        masks.append(reduce(or_, map(known.bits.__getitem__, raw), 0))
    return Words(words, masks)


_TITLES = {"user", "interface", "project", "manager", "industrial", "designer", "marketing", "and", "the", "chair"}


def parts(said: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Of a remark the words that count for itself, for the one after it and for the one before it."""
    return said[:24], said if len(said) < 16 else said[:8] + said[-8:], said[:12]


def pairs(said: list[str]) -> Iterable[tuple[str, str]]:
    """The words of a remark that stand together."""
    first = ["^", *said[:24], "$"] if len(said) < 24 else ["^", *said[:24]]
    return pairwise(first)


def looks(lines: Sequence[Line], read_: Words, chair: str = "") -> list[tuple[int, ...]]:
    """Of each remark everything but its words, as small whole numbers."""
    count = len(lines)
    columns = [*_of_speakers(lines, chair), *_of_shapes(lines, read_.words), *_of_times(lines)]
    columns += _of_places(count)
    columns += _of_words(read_.masks)
    return list(zip(*columns, strict=True))


def _steps(value: int, edges: Sequence[int]) -> int:
    return bisect_right(edges, value)


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
    share = [_steps(1000 * often[nick] // count, (20, 50, 100, 200, 300, 450)) for nick in nicks]
    last: dict[str, int] = {}
    since = []
    for place, nick in enumerate(nicks):
        since.append(_steps(place - last[nick], (2, 3, 5, 9, 17, 33)) if nick in last else 7)
        last[nick] = place
    return [same, role, share, since]


def _of_shapes(lines: Sequence[Line], words: Sequence[Sequence[str]]) -> list[list[int]]:
    """How remarks are written: long or short, with an address, a question, assent."""
    size = [_steps(len(said), (1, 2, 3, 5, 9, 15, 25, 50)) for said in words]
    lows = [line.text[:_READ].lower() for line in lines]
    address, seen = [], set[str]()
    for low, said in zip(lows, words, strict=True):
        found = _ADDRESS.search(low) if "http" in low else None
        if found is None:
            address.append(0)
            continue
        new = found[1] not in seen
        seen.add(found[1])
        address.append(1 + new + 2 * _steps(len(said), (3, 9)) + 6 * _kind(found[1]))
    mark = [
        "?.:!".find(low[-1:]) + 1 + 5 * line.text[:1].isupper() if low else 10
        for low, line in zip(lows, lines, strict=True)
    ]
    number = [1 if low[:1].isdigit() and _NUMBERED.match(low) else 2 if "#" in low else 0 for low in lows]
    assent = [1 if len(said) < 8 and _ASSENT.match(low) else 0 for low, said in zip(lows, words, strict=True)]
    total = [0, *accumulate(assent)]
    count = len(lines)
    lately = [total[place] - total[max(0, place - 4)] for place in range(count)]
    before = [_steps(total[place] - total[max(0, place - 10)], (1, 2, 4, 6)) for place in range(count)]
    soon = [total[min(count, place + 4)] - total[place] for place in range(count)]
    after = [4 * agrees + min(some, 3) for agrees, some in zip(assent, lately, strict=True)]
    short = [0, *(min(n, 4) for n in size[:-1])]
    next_ = [*size[1:], 0]
    leading = [min(kind, 1) + 2 * min(others, 4) for kind, others in zip(address, short, strict=True)]
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
    plain = [0, *(1 + _steps(pause, (1, 10, 30, 60, 120, 240)) if pause >= 0 else 0 for pause in pauses)]
    beside = [0, *(1 + _steps(10 * pause // usual, (5, 10, 20, 40, 80)) if pause >= 0 else 0 for pause in pauses)]
    return [plain, beside]


def _of_places(count: int) -> list[list[int]]:
    edges = (1, 2, 3, 5, 8, 12, 20, 40)
    whole = _steps(count, (25, 50, 100, 200, 400, 800))
    return [
        [_steps(place, edges) for place in range(count)],
        [_steps(count - place, edges) for place in range(count)],
        [10 * place // count for place in range(count)],
        [whole] * count,
    ]


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
    columns, sides = [], {}
    for scale in _SCALES:
        row = unions[scale]
        before, after = row[widest - scale : widest - scale + count], row[widest : widest + count]
        sides[scale] = before, after
        alike = [
            1000 * (one & other).bit_count() // (isqrt(one.bit_count() * other.bit_count()) + 1)
            for one, other in zip(before, after, strict=True)
        ]
        depths = _depths(alike, 3 * scale)
        columns += [_tenths(alike), _ranks(depths), list(map(_DEPTH.__getitem__, depths))]
    born = [(there & ~gone).bit_count() for there, gone in zip(sides[8][1], sides[widest][0], strict=True)]
    dead = [(there & ~coming).bit_count() for there, coming in zip(sides[8][0], sides[widest][1], strict=True)]
    both = list(map(min, born, dead))
    going = [mask.bit_count() for mask in map(and_, *sides[8])]
    known = [0, *accumulate(masks, or_)]
    new = [10 * (mask & ~old).bit_count() // (mask.bit_count() + 1) for mask, old in zip(masks, known, strict=False)]
    news = list(map(min, map(add, map(add, new, [*new[1:], 0]), [*new[2:], 0, 0]), repeat(25)))
    return [*columns, *map(_tenths, (born, dead, going)), _ranks(both), new, news]


def _depths(alike: list[int], reach: int) -> list[int]:
    """How deep each gap lies between the heights on both sides of it."""
    left = _highest(alike, reach)
    right = _highest(alike[::-1], reach)[::-1]
    return [one + other - 2 * here for one, other, here in zip(left, right, alike, strict=True)]


def _highest(values: list[int], reach: int) -> list[int]:
    """Of each value the highest among it and at most so many before it, by doubling."""
    width, row = 1, values
    while 2 * width <= reach:
        row = row[:width] + list(map(max, row, row[width:]))
        width *= 2
    return row


def _tenths(values: list[int]) -> list[int]:
    """For each value in which tenth of all it is."""
    count = len(values)
    tenth = {value: 10 * rank // count for rank, value in enumerate(sorted(values))}
    return list(map(tenth.__getitem__, values))


def _ranks(values: list[int]) -> list[int]:
    """For each value the magnitude of its rank from the highest: 0, 1, 2, 2, 3, 3, 3, 3, 4 …."""
    last = len(values) - 1
    rank = {value: (last - place).bit_length() for place, value in enumerate(sorted(values))}
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
        self._words = [words[table] for table in WORD_TABLES]
        self.stays, self.gone = stays, gone

    def scores(self, lines: Sequence[Line], read_: Words, chair: str = "") -> list[int]:
        """Hundredths of the log-odds that each remark begins a topic; the first always does and counts as never."""
        if not lines:
            return []
        used = set(chain.from_iterable(read_.words))
        here, before, after = ({word: table.get(word, 0) for word in used} for table in self._words)
        pair = self._pairs.get
        own, left, right = [], [0], []
        for said in read_.words:
            mine, for_next, for_last = parts(said)
            own.append(sum(map(here.__getitem__, set(mine))) + sum(filter(None, map(pair, pairs(said)))))
            left.append(sum(map(before.__getitem__, for_next)))
            right.append(sum(map(after.__getitem__, for_last)))
        right = [*right[1:], 0]
        found = [
            max(NEVER, min(-NEVER, self._base + mine + one + other + sum(map(getitem, self._looks, look))))
            for mine, one, other, look in zip(own, left, right, looks(lines, read_, chair), strict=False)
        ]
        found[0] = NEVER
        return found


@cache
def trained() -> Turns:
    """The model that is shipped."""
    return Turns(**json.loads(files("ccm.reporter").joinpath("turns.json").read_text(encoding="utf-8")))
