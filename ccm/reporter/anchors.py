"""
For a regular expression: words of which one must occur in every text that it matches.

A message of thirty words is compared with several hundred phrases; looking first which of them can match at all makes
that cheap. A *key* is ``=word`` (that word), or the first three or four letters of one. Walks the tree of Python's own
parser of regular expressions (``re._parser``, the same in 3.11 to 3.14). Leaves out patterns that may begin inside a
word.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

ANY = ""
_WORD = re.compile(r"[a-z0-9]+")
_FREQUENT = frozenset(
    [
        "the",
        "a",
        "an",
        "is",
        "are",
        "was",
        "were",
        "it",
        "that",
        "this",
        "we",
        "i",
        "they",
        "you",
        "in",
        "on",
        "at",
        "to",
        "of",
        "for",
        "and",
        "or",
        "be",
        "our",
        "its",
        "with",
        "as",
        "what",
        "who",
        "how",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "not",
        "no",
        "will",
        "would",
        "can",
        "could",
        "should",
        "s",
        "re",
        "ve",
        "d",
        "ll",
        "t",
        "us",
        "them",
        "by",
        "from",
        "so",
        "one",
        "all",
        "more",
        "there",
        "if",
    ]
)


def keys_of_text(words: Iterable[str]) -> set[str]:
    """All keys under which phrases for a text with these words may stand; ``ANY`` among them."""
    return {ANY}.union(*map(_keys_of_word, words))


@lru_cache(maxsize=20_000)
def _keys_of_word(word: str) -> tuple[str, ...]:
    return ("=" + word, word[:3], word[:4]) if len(word) > 2 else ("=" + word,)


def words_of(text: str) -> list[str]:
    """The words of a lower-case text; apostrophes and hyphens part them."""
    return _WORD.findall(text)


def keys_of_pattern(pattern: str) -> frozenset[str]:
    """Keys of which a text needs one to match; ``{ANY}`` if nothing is sure."""
    found = _needs(_parser.parse(pattern), "", False)
    return min(found, key=_cost) if found else frozenset((ANY,))


def _cost(keys: frozenset[str]) -> tuple[int, int, int]:
    frequent = sum(key.lstrip("=") in _FREQUENT for key in keys)
    shortest = min(len(key.lstrip("=")) for key in keys)
    return frequent, -min(shortest, 4), len(keys)


def _needs(items: Sequence[Any], current: str | None, closed: bool) -> list[frozenset[str]]:
    """
    Sets of keys each of which is needed.

    :param current: letters of the word that runs into *items*: ``""`` at a word's border, ``None`` if unknown.
    :param closed: whether a border follows *items*.
    """
    found: list[frozenset[str]] = []

    def flush(full: bool) -> None:
        key = _key(current, full)
        if key:
            found.append(frozenset((key,)))

    items = list(items)
    for position, (kind, value) in enumerate(items):
        after = position + 1 < len(items)
        border = _opens_with_border(items[position + 1 :]) if after else closed
        if kind is op.LITERAL:
            letter = chr(value)
            if letter.isascii() and letter.isalnum():
                current = None if current is None else current + letter
            else:
                flush(True)
                current = ""
        elif kind in (op.ASSERT, op.ASSERT_NOT) or (kind is op.AT and value is not op.AT_BOUNDARY):
            continue
        elif kind is op.AT or _is_border((kind, value)):
            flush(True)
            current = ""
        elif kind is op.SUBPATTERN:
            found.extend(_needs(value[3], current, border))
            current = "" if _ends_with_border(value[3]) else None
        elif kind is op.BRANCH:
            branches = [_needs(branch, current, border) for branch in value[1]]
            if all(branches):
                found.append(frozenset().union(*(min(branch, key=_cost) for branch in branches)))
            current = "" if all(_ends_with_border(branch) for branch in value[1]) else None
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            low, _, inside = value
            if low:
                found.extend(_needs(inside, current, border))
                current = "" if _ends_with_border(inside) else None
            else:
                flush(_opens_with_border(inside) and border)
                current = "" if current == "" and _ends_with_border(inside) else None
        else:
            flush(False)
            current = None
    if current:
        flush(closed)
    return found


def _key(word: str | None, full: bool) -> str:
    if not word:
        return ""
    if full:
        return "=" + word
    return word[:4] if len(word) > 2 else ""


def _is_border(item: tuple[Any, Any]) -> bool:
    kind, value = item
    if kind is op.LITERAL:
        return not chr(value).isalnum()
    if kind is op.IN:
        return all(
            (inner is op.CATEGORY and what is op.CATEGORY_SPACE) or (inner is op.LITERAL and not chr(what).isalnum())
            for inner, what in value
        )
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
        return bool(value[0]) and len(value[2]) == 1 and _is_border(value[2][0])
    return False


def _opens_with_border(items: Sequence[Any]) -> bool:
    """Whether whatever matches *items* begins outside a word."""
    for kind, value in items:
        if kind in (op.ASSERT, op.ASSERT_NOT):
            continue
        if kind is op.AT:
            return True
        if kind is op.SUBPATTERN:
            return _opens_with_border(value[3])
        if kind is op.BRANCH:
            return all(_opens_with_border(branch) for branch in value[1])
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and not value[0]:
            if not _opens_with_border(value[2]):
                return False
            continue
        return _is_border((kind, value))
    return False


def _ends_with_border(items: Sequence[Any]) -> bool:
    items = [item for item in items if item[0] not in (op.ASSERT, op.ASSERT_NOT)]
    if not items:
        return False
    kind, value = items[-1]
    if kind is op.SUBPATTERN:
        return _ends_with_border(value[3])
    if kind is op.BRANCH:
        return all(_ends_with_border(branch) for branch in value[1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and not _is_border(items[-1]):
        return bool(value[0]) and _ends_with_border(value[2])
    return kind is op.AT or _is_border((kind, value))
