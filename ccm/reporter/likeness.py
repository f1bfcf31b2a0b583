"""
How much a remark is like those that fill an attribute: a small linear model beside the rules.

The weights are a flat file, trained by ``training/likeness.py`` on discussions written for it. Scoring needs nothing
but this module and adds integers, so it gives the same answer on every Python. Leaves out which words of the remark
count.
"""

import json
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ccm.reporter.templates import Templates

KIND, STATED = "kind", "stated"  # the model of sentences that say what kind of discussion this is
SCALE = 100  # weights are hundredths of the log-odds

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+|[?!:€$%]")


def features(low: str, asked: str = "", found: tuple[tuple[str, int], ...] = ()) -> set[str]:
    """
    What the model sees of a remark.

    :param low: the remark in lower case.
    :param asked: key of the attribute that somebody asked for just before, or ``""``.
    :param found: what the rules found, as (key, weight).
    """
    words = ["#" if word.isdigit() else word for word in _WORD.findall(low)]
    seen = {f"w {word}" for word in words}
    seen |= {f"s {word[:5]}" for word in words if len(word) > 5}
    seen |= {f"e {word[-3:]}" for word in words if len(word) > 5}
    padded = ["^", *words, "$"]
    seen |= {f"b {one} {two}" for one, two in pairwise(padded)}
    for place, word in enumerate(words[:4]):
        seen.add(f"{place} {word}")
    seen.add(f"n {min(len(words), 40).bit_length()}")
    if len(words) < 4:
        seen.add("few")
    if asked:
        seen.add(f"a {asked}")
    for key, weight in found:
        seen.add(f"r {key}")
        seen.add(f"r {key} {weight}")
    if not found:
        seen.add("r none")
    return seen


class Likeness:
    """The weights of every type."""

    def __init__(self, weights: dict[str, dict[str, dict[str, int]]]) -> None:
        #: type -> feature -> ((attribute's place, weight), …)
        self._by_feature: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        for type_, attributes in weights.items():
            self._keys[type_] = tuple(attributes)
            by_feature = self._by_feature.setdefault(type_, {})
            for place, table in enumerate(attributes.values()):
                for feature, weight in table.items():
                    by_feature.setdefault(feature, []).append((place, weight))

    def knows(self, type_: str) -> bool:
        """Whether it was trained for that type; it was not for an operator's own."""
        return type_ in self._keys

    def scores(self, type_: str, seen: set[str]) -> dict[str, int]:
        """Log-odds in hundredths that the remark fills each attribute of the type; above 0 is more likely than not."""
        keys, by_feature = self._keys[type_], self._by_feature[type_]
        totals = [0] * len(keys)
        for feature in ("", *seen):
            for place, weight in by_feature.get(feature, ()):
                totals[place] += weight
        return dict(zip(keys, totals, strict=True))


@cache
def trained() -> Likeness:
    """The model that is shipped."""
    return Likeness(json.loads(files("ccm.reporter").joinpath("likeness.json").read_text(encoding="utf-8")))


def statement_features(low: str, templates: Templates) -> list[tuple[str, set[str]]]:
    """
    Each word of a sentence that names a kind of discussion: its key, and what the model sees around it.

    A meeting is left out: that word is in everybody's mouth.
    """
    low = _ADDRESS.sub(" ", low)
    found = [(match, templates.type_of(re.sub(r"\s+", " ", match[0]))) for match in templates.type_name.finditer(low)]
    seen = []
    for match, key in found:
        if key == "meeting":
            continue
        masked, place = "", 0
        for other, _ in found:
            masked += low[place : other.start()] + (" xkind " if other is match else " xother ")
            place = other.end()
        seen.append((key, _around(_WORD.findall(masked + low[place:]))))
    return seen


_ADDRESS = re.compile(r"https?://\S+")


def _around(words: list[str]) -> set[str]:
    here = words.index("xkind")
    seen = {f"w {word}" for word in words} | {f"n {len(words).bit_length()}", f"at {min(here, 6)}"}
    for distance in range(1, 5):
        before, after = here - distance, here + distance
        seen.add(f"-{distance} {words[before] if before >= 0 else '^'}")
        seen.add(f"+{distance} {words[after] if after < len(words) else '$'}")
    seen.add(f"-- {' '.join(words[max(0, here - 2) : here])}")
    seen.add(f"++ {' '.join(words[here + 1 : here + 3])}")
    seen.add(f"first {' '.join(words[:2])}")
    return seen
