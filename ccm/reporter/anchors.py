"""
For a phrase (a regular expression over words): words of which one must occur in every text that it matches.

A message of thirty words is compared with several hundred phrases; looking first which of them can match at all makes
that cheap. A *key* is ``=word`` (that word), or the first three or four letters of one. Reads the text of the phrase,
word by word: plain words, groups of alternatives, optional groups. Whatever else there is counts as unknown, which
costs time and never a match. Leaves out phrases that may begin inside a word.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

ANY = ""
_NOTHING = frozenset((ANY,))
_WORD = re.compile(r"[a-z0-9]+")
_FREQUENT = frozenset(
    _WORD.findall(
        "the a an is are was were it that this we i they you in on at to of for and or be our its with as what who how "
        "do does did have has had not no will would can could should s re ve d ll t us them by from so one all more "
        "there if"
    )
)
_BORDER = re.compile(r"(?:\\s[+*]?|\\b|\\W[+*]?|\\\.|[ ^$,.;!:-])+\??")
_LITERAL = re.compile(r"[a-z0-9]+")
_QUANTIFIER = re.compile(r"[*+?]\??|\{\d*,?\d*\}\??")


def keys_of_text(words: Iterable[str]) -> set[str]:
    """All keys under which phrases for a text with these words may stand; ``ANY`` among them."""
    return {ANY}.union(*map(_keys_of_word, words))


@lru_cache(maxsize=20_000)
def _keys_of_word(word: str) -> tuple[str, ...]:
    return ("=" + word, word[:3], word[:4]) if len(word) > 2 else ("=" + word,)


def keys_of(low: str) -> set[str]:
    """The keys of a text in lower case."""
    return {ANY}.union(*map(_keys_between_blanks, low.split()))


@lru_cache(maxsize=20_000)
def _keys_between_blanks(text: str) -> frozenset[str]:
    return frozenset(key for word in _WORD.findall(text) for key in _keys_of_word(word))


def words_of(text: str) -> list[str]:
    """The words of a lower-case text; apostrophes and hyphens part them."""
    return _WORD.findall(text)


@lru_cache(maxsize=4_000)
def keys_of_pattern(pattern: str) -> frozenset[str]:
    """Keys of which a text needs one to match; ``{ANY}`` if nothing is sure."""
    return _keys(pattern, True)


def _keys(pattern: str, closed: bool) -> frozenset[str]:
    """*closed*: whether a word's border follows the pattern."""
    branches = alternatives(pattern)
    if len(branches) == 1:
        return min(_needed(pattern, closed), key=_cost, default=_NOTHING)
    return _union([_keys(branch, closed) for branch in branches])


def _union(parts: list[frozenset[str]]) -> frozenset[str]:
    return _NOTHING if any(ANY in part for part in parts) else frozenset().union(*parts)


def _cost(keys: frozenset[str]) -> tuple[int, int, int, int]:
    frequent = sum(key.lstrip("=") in _FREQUENT for key in keys)
    shortest = min(len(key.lstrip("=")) for key in keys)
    return ANY in keys, frequent, -min(shortest, 4), len(keys)


def _needed(pattern: str, closed: bool) -> list[frozenset[str]]:
    """Sets of keys each of which is needed, of a pattern without alternatives of its own."""
    found: list[frozenset[str]] = []
    place, fresh = 0, True  # fresh: a word may begin here
    while place < len(pattern):
        border = _BORDER.match(pattern, place)
        if border:
            place, fresh = border.end(), True
            continue
        literal = _LITERAL.match(pattern, place)
        if literal:
            place = literal.end()
            word, full = literal[0], _closes(pattern, place, closed)
            if _QUANTIFIER.match(pattern, place):
                word, full = word[:-1], False
            if fresh and (full or len(word) > 2):
                found.append(frozenset(("=" + word if full else word[:4],)))
            fresh = False
            continue
        if pattern[place] != "(":
            place = _skip(pattern, place)
            quantifier = _QUANTIFIER.match(pattern, place)
            place, fresh = quantifier.end() if quantifier else place, False
            continue
        end = _skip(pattern, place)
        inner = re.sub(r"^\?(?::|P<\w+>)", "", pattern[place + 1 : end - 1])
        if inner.startswith("?"):
            place = end
            continue
        quantifier = _QUANTIFIER.match(pattern, end)
        place = quantifier.end() if quantifier else end
        spaced = all(branch.endswith((" ", r"\s+")) for branch in alternatives(inner))
        if quantifier and quantifier[0][0] in "*?{":
            fresh = fresh and spaced
            continue
        if fresh:
            found.append(_keys(inner, spaced or _closes(pattern, place, closed)))
        fresh = spaced
    return found


def _closes(pattern: str, place: int, closed: bool) -> bool:
    """Whether a word that ends at *place* cannot go on there."""
    if place >= len(pattern):
        return closed
    if pattern.startswith("'", place):
        return not _QUANTIFIER.match(pattern, place + 1)
    border = _BORDER.match(pattern, place)
    if border:
        first = pattern[place : place + 3]
        return not (first.endswith(("*", "?")) or first[1:2] in ("?", "*", "{")) or first[:2] == r"\b"
    if pattern[place] == "(" and not pattern.startswith("(?", place):
        end = _skip(pattern, place)
        follows = all(
            branch[:1] in (" ", "'", ",") or branch.startswith(r"\s+")
            for branch in alternatives(pattern[place + 1 : end - 1])
        )
        optional = _QUANTIFIER.match(pattern, end)
        if not follows:
            return False
        return _closes(pattern, optional.end(), closed) if optional else True
    return False


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern."""
    parts, start, place = [], 0, 0
    while place < len(pattern):
        if pattern[place] == "|":
            parts.append(pattern[start:place])
            start = place = place + 1
        else:
            place = _skip(pattern, place)
    return [*parts, pattern[start:]]


def _skip(pattern: str, place: int) -> int:
    """Where the group, class or letter at *place* ends."""
    if pattern[place] == "\\":
        return place + 2
    if pattern[place] == "[":
        end = pattern.index("]", place + 2)
        while pattern[end - 1] == "\\":
            end = pattern.index("]", end + 1)
        return end + 1
    if pattern[place] != "(":
        return place + 1
    place += 1
    while place < len(pattern) and pattern[place] != ")":
        place = _skip(pattern, place)
    return place + 1
