"""
How much a remark is like those that fill an attribute: a linear model beside the rules.

The weights are a flat file, trained by ``training/likeness.py`` on discussions written for it. Scoring needs nothing
but this module and adds integers, so it gives the same answer on every Python. Leaves out which words of the remark
count, and which remark of a discussion is taken (:mod:`ccm.reporter.candidates`).
"""

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, pairwise

from ccm.reporter.templates import Templates

KIND, STATED = "kind", "stated"  # the model of sentences that say what kind of discussion this is
TALK = "talk"  # the model of whole discussions
SCALE = 100  # weights are hundredths of the log-odds

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+|[?!:€$%]")
_QUOTED = re.compile(r"[\"“«„][^\"”»“]{2,60}[\"”»“]")
_QUOTES = frozenset("“«„")
_CAPITAL = re.compile(r"[A-Z](?<=[a-z,] [A-Z])[\w-]+")
_PROPER = re.compile(r"[A-Z](?<=[a-z,] [A-Z])\w+ [A-Z]\w+")
_CAPITALS = ("cap 0", "cap 1", "cap 2", "cap 3")
LEAST_TALK = 100  # characters
_FIGURE = re.compile("[0-9]")
_FACE = re.compile(r"[:;]-?[)D(P]|[\U0001F300-\U0001FAFF]")
_LAUGHTER = re.compile(r"\b(?:lol|haha\w*|omg)\b")


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
    return seen | _of_circumstances(asked, found, place) | set(_look(text))


def _of_circumstances(asked: str, found: tuple[tuple[str, int], ...], place: int) -> set[str]:
    """What was asked for, what the rules found, how early it is."""
    seen = {f"a {asked}", "asked"} if asked else set[str]()
    surest = 0
    for key, weight in found:
        seen.add(f"r {key}")
        seen.add(f"r {key} {weight}")
        surest = max(surest, weight)
    seen.add(f"rr {surest}")
    seen.add(f"pos {min(place, 3)}")
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


def _look(text: str) -> list[str]:
    """How it is written: quotes, capitals within, its last mark, a smile."""
    capitals = 0 if text[1:].islower() else len(_CAPITAL.findall(text))
    seen = [_CAPITALS[min(3, capitals)]]
    if ('"' in text or not (text.isascii() or _QUOTES.isdisjoint(text))) and _QUOTED.search(text):
        seen.append("quoted")
    if capitals and _PROPER.search(text):
        seen.append("proper")
    if text.endswith(("?", "!")):
        seen.append(f"ends {text[-1]}")
    face = ":" in text or ";" in text or not text.isascii()
    if (face and _FACE.search(text)) or (("lol" in text or "haha" in text or "omg" in text) and _LAUGHTER.search(text)):
        seen.append("smile")
    return seen


class Likeness:
    """
    The weights of every type.

    A row of weights is kept as one whole number, its weights in lanes of 24 bits: so a sum of rows is one sum.

    :param columns: type -> keys of its attributes, in the order of the weights.
    :param weights: type -> feature -> weights; the feature ``""`` stands for what every remark has.
    """

    def __init__(self, columns: dict[str, list[str]], weights: dict[str, dict[str, list[int]]]) -> None:
        self._columns = columns
        self._tables = {type_: _tables(weights[type_]) for type_ in columns}
        self._of_case = lru_cache(maxsize=1_000)(self._case)
        self._halves = {type_: sum(_HALF << _BITS * lane for lane in range(len(columns[type_]))) for type_ in columns}

    def knows(self, type_: str) -> bool:
        """Whether it was trained for that type; it was not for an operator's own."""
        return type_ in self._columns

    def scores(self, type_: str, seen: Iterable[str]) -> dict[str, int]:
        """Log-odds in hundredths that the remark fills each attribute of the type; above 0 is more likely than not."""
        tables = self._tables[type_]
        total = tables[REST][""]
        for feature in seen:
            table, key = _place(feature)
            total += tables[table].get(key, 0)
        return self.apart(type_, total)

    def scores_of_words(self, type_: str, words: Iterable[str]) -> dict[str, int]:
        """The scores of words without any order."""
        tables = self._tables[type_]
        return self.apart(type_, tables[REST][""] + sum(filter(None, map(tables["w"].get, words))))

    def scores_of(
        self, type_: str, text: str, low: str, question: str, asked: str, found: tuple[tuple[str, int], ...], place: int
    ) -> dict[str, int]:
        """The scores of what :func:`features` sees, without naming each feature."""
        return self.apart(type_, self.sum_of(type_, text, low, question, asked, found, place))

    def sum_of(
        self, type_: str, text: str, low: str, question: str, asked: str, found: tuple[tuple[str, int], ...], place: int
    ) -> int:
        """The same, all in one number."""
        tables = self._tables[type_]
        words = WORD.findall(low)
        if _FIGURE.search(low):
            words = ["#" if word.isdigit() else word for word in words]
        once, count = set(words), len(words)
        look = [_LENGTHS[count if count < 40 else 40], *_look(text)]
        if count < 4:
            look.append("few")
        together = pairwise(("^", *words, "$"))  # none of them twice, if no word is
        rows = [
            map(tables[REST].get, look),
            map(tables["w"].get, once),
            map(tables["b"].get, together if len(once) == count else set(together)),
            map(dict.get, map(tables.__getitem__, _FIRST), words),
        ]
        if long := [word for word in once if len(word) > 5]:
            rows.append(map(tables["s"].get, {word[:5] for word in long}))
            rows.append(map(tables["e"].get, {word[-3:] for word in long}))
        total = self._of_case(type_, asked, found, place) + sum(filter(None, chain.from_iterable(rows)))
        return total + tables[REST].get("p?", 0) + self._after(type_, question) if question else total

    def _case(self, type_: str, asked: str, found: tuple[tuple[str, int], ...], place: int) -> int:
        """What a remark is worth for the circumstances in which it is made: there are few."""
        rest = self._tables[type_][REST]
        return rest[""] + sum(filter(None, map(rest.get, _of_circumstances(asked, found, place))))

    def _after(self, type_: str, question: str) -> int:
        """The rows of the words of a question that was asked before."""
        tables = self._tables[type_]
        before = WORD.findall(question)
        total = sum(filter(None, map(tables["p"].get, set(before))))
        return total + sum(filter(None, map(tables["pb"].get, set(pairwise(before)))))

    def is_unlikely(self, type_: str, total: int) -> bool:
        """Whether all scores in a number are below 0."""
        half = self._halves[type_]
        return not (total + half) & half

    def apart(self, type_: str, total: int) -> dict[str, int]:
        """The scores in one number."""
        found = {}
        for key in self._columns[type_]:
            lane = ((total + _HALF) & (_LANE - 1)) - _HALF
            found[key] = lane
            total = (total - lane) >> _BITS
        return found


Table = dict[object, int]
REST = ""
_BITS = 24
_LANE, _HALF = 1 << _BITS, 1 << (_BITS - 1)
_FIRST = ("0", "1", "2", "3")
_LENGTHS = tuple(f"n {count.bit_length()}" for count in range(41))
_WORDS = frozenset(("w", "s", "e", "p", *_FIRST))
_PAIRS = frozenset(("b", "pb"))


def _place(feature: str) -> tuple[str, object]:
    """The table in which a feature stands, and its key there."""
    table, blank, key = feature.partition(" ")
    if not blank or not (table in _WORDS or table in _PAIRS):
        return REST, feature
    return (table, key) if table in _WORDS else (table, tuple(key.split(" ")))


def _tables(weights: dict[str, list[int]]) -> dict[str, Table]:
    tables: dict[str, Table] = {table: {} for table in (REST, *sorted(_WORDS | _PAIRS))}
    for feature, row in weights.items():
        table, key = _place(feature)
        tables[table][key] = sum(weight << (_BITS * lane) for lane, weight in enumerate(row))
    return tables


@cache
def trained() -> Likeness:
    """The model that is shipped."""
    found = json.loads(files("ccm.reporter").joinpath("likeness.json").read_text(encoding="utf-8"))
    return Likeness(found["columns"], found["weights"])


def words_of_talk(low: str) -> set[str]:
    """What the model sees of a whole discussion."""
    return {f"w {word}" for word in WORD.findall(low)}


def of_talk(*lows: str) -> dict[str, int]:
    """How much what was said is like a discussion of each type that the model knows, as against all the others."""
    model = trained()
    if sum(map(len, lows)) + len(lows) - 1 < LEAST_TALK or not model.knows(TALK):
        return {}
    return model.scores_of_words(TALK, set[str]().union(*map(_words_said, lows)))


@lru_cache(maxsize=160)
def _words_said(low: str) -> frozenset[str]:
    return frozenset(WORD.findall(low))


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
