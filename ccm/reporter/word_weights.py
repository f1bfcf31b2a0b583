"""
What the words of a line are worth, by themselves and two or three together.

The same as the sum of the weights of the traits that :mod:`ccm.reporter.traits` names for them, without making those
names. Leaves out all traits that are no words.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat

MOST_WORDS = 24  # of a line
_FIRST = ("0", "1", "2", "3")  # places at the beginning of a line


class WordWeights:
    """The weights of the words of lines in one table of the model."""

    def __init__(self, table: Mapping[str, int]) -> None:
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._places: tuple[dict[str, int], ...] = ({}, {}, {}, {})
        self._pairs: dict[tuple[str, str], int] = {}
        self._begins: dict[tuple[str, ...], int] = {}
        for trait, weight in table.items():
            kind, blank, rest = trait.partition(" ")
            if not blank:
                one, _, two = trait.partition("_")
                if two:
                    self._pairs[one, two] = weight
            elif kind == "w":
                self._words[rest] = weight
            elif kind == "k":
                self._stems[rest] = weight
            elif kind == "t":
                self._begins[tuple(rest.split(" "))] = weight
            elif kind in _FIRST:
                self._places[int(kind)][rest] = weight

    def of(self, tokens: Sequence[str], most: int = MOST_WORDS) -> int:
        """What the words of a line are worth."""
        said, none = tokens[:most], repeat(0)
        once = set(said)
        worth = sum(map(self._words.get, once, none))
        worth += sum(map(self._stems.get, {word[:5] for word in once if len(word) > 5}, none))
        together = zip(("^", *said), said, strict=False)  # none of them twice, if no word is
        worth += sum(map(self._pairs.get, together if len(once) == len(said) else set(together), none))
        for known, word in zip(self._places, said, strict=False):
            if word in known:
                worth += known[word]
        return worth + self._begins.get(tuple(tokens[:3]), 0)
