"""
How much a remark is like those that fill an attribute: a linear model beside the rules.

The weights are a flat file, trained by ``training/likeness.py`` on discussions written for it. Scoring needs nothing
but this module and adds integers, so it gives the same answer on every Python. Leaves out which words of the remark
count, and which remark of a discussion is taken (:mod:`ccm.reporter.candidates`).
"""

import json
import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ccm.reporter.templates import Templates

KIND, STATED = "kind", "stated"  # the model of sentences that say what kind of discussion this is
TALK = "talk"  # the model of whole discussions
SCALE = 100  # weights are hundredths of the log-odds

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+|[?!:€$%]")
_QUOTED = re.compile(r"[\"“«„][^\"”»“]{2,60}[\"”»“]")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][\w-]+")
_PROPER = re.compile(r"(?<=[a-z,] )[A-Z]\w+ [A-Z]\w+")
LEAST_TALK = 100  # characters
_SMILE = re.compile(r"[:;]-?[)D(P]|[\U0001F300-\U0001FAFF]|\b(?:lol|haha\w*|omg)\b")


def features(
    text: str, low: str, *, question: str = "", asked: str = "", found: tuple[tuple[str, int], ...] = (), place: int = 3
) -> set[str]:
    """
    What the model sees of a remark.

    :param low: the remark in lower case.
    :param question: what somebody else asked just before, in lower case, or ``""``.
    :param asked: key of the attribute that this question is about, or ``""``.
    :param found: what the rules found, as (key, weight).
    :param place: how many remarks came before it; three and more are one.
    """
    words = ["#" if word.isdigit() else word for word in WORD.findall(low)]
    seen = _of_words(words)
    if question:
        before = WORD.findall(question)
        seen.add("p?")
        seen.update(f"p {word}" for word in before)
        seen.update(f"pb {one} {two}" for one, two in pairwise(before))
    if asked:
        seen.add(f"a {asked}")
        seen.add("asked")
    surest = 0
    for key, weight in found:
        seen.add(f"r {key}")
        seen.add(f"r {key} {weight}")
        surest = max(surest, weight)
    seen.add(f"rr {surest}")
    seen.add(f"pos {min(place, 3)}")
    seen.update(_look(text))
    return seen


def _of_words(words: list[str]) -> set[str]:
    seen = {f"w {word}" for word in words}
    seen |= {f"s {word[:5]}" for word in words if len(word) > 5}
    seen |= {f"e {word[-3:]}" for word in words if len(word) > 5}
    seen |= {f"b {one} {two}" for one, two in pairwise(["^", *words, "$"])}
    for place, word in enumerate(words[:4]):
        seen.add(f"{place} {word}")
    seen.add(f"n {min(len(words), 40).bit_length()}")
    if len(words) < 4:
        seen.add("few")
    return seen


def _look(text: str) -> set[str]:
    """How it is written: quotes, capitals within, its last mark, a smile."""
    seen = {f"cap {min(3, len(_CAPITAL.findall(text)))}"}
    if _QUOTED.search(text):
        seen.add("quoted")
    if _PROPER.search(text):
        seen.add("proper")
    if text.endswith(("?", "!")):
        seen.add(f"ends {text[-1]}")
    if _SMILE.search(text):
        seen.add("smile")
    return seen


class Likeness:
    """
    The weights of every type.

    :param columns: type -> keys of its attributes, in the order of the weights.
    :param weights: type -> feature -> weights; the feature ``""`` stands for what every remark has.
    """

    def __init__(self, columns: dict[str, list[str]], weights: dict[str, dict[str, list[int]]]) -> None:
        self._columns, self._weights = columns, weights

    def knows(self, type_: str) -> bool:
        """Whether it was trained for that type; it was not for an operator's own."""
        return type_ in self._columns

    def scores(self, type_: str, seen: set[str]) -> dict[str, int]:
        """Log-odds in hundredths that the remark fills each attribute of the type; above 0 is more likely than not."""
        keys, weights = self._columns[type_], self._weights[type_]
        rows = [row for feature in seen if (row := weights.get(feature)) is not None]
        rows.append(weights[""])
        return dict(zip(keys, map(sum, zip(*rows, strict=True)), strict=True))


@cache
def trained() -> Likeness:
    """The model that is shipped."""
    found = json.loads(files("ccm.reporter").joinpath("likeness.json").read_text(encoding="utf-8"))
    return Likeness(found["columns"], found["weights"])


def words_of_talk(low: str) -> set[str]:
    """What the model sees of a whole discussion."""
    return {f"w {word}" for word in WORD.findall(low)}


def of_talk(low: str) -> dict[str, int]:
    """How much what was said is like a discussion of each type that the model knows, as against all the others."""
    model = trained()
    if len(low) < LEAST_TALK or not model.knows(TALK):
        return {}
    return model.scores(TALK, words_of_talk(low))


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
        seen.append((key, _around(WORD.findall(masked + low[place:]))))
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
