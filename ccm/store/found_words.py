"""
Words as searches see them: what is compared, and which part of a text is shown with the words that were found.

All words must be there, each may go on ("licen" finds licences); case and accents do not matter. Leaves out stemming.
"""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
MOST_WORDS = 16
SHOWN = 160

#: A text in parts, each with whether it was found.
Parts = tuple[tuple[str, bool], ...]


def words_of(query: str) -> tuple[str, ...]:
    """The words that somebody typed, as they are compared; the first 16."""
    return tuple(dict.fromkeys(folded(word) for word in _WORD.findall(query)[:MOST_WORDS]))


def folded(word: str) -> str:
    """Lower case and without accents."""
    if word.isascii():
        return word.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(char))


def flat(text: str, most: int) -> str:
    """Every word of a text as it is compared, the first *most* characters."""
    return " ".join(folded(word) for word in _WORD.findall(text[:most]))


def sqlite_match(words: Iterable[str]) -> str:
    """As FTS5 reads it."""
    return " ".join(f'"{word}"*' for word in words)


def postgresql_match(words: Iterable[str]) -> str:
    """As ``tsquery`` reads it."""
    return " & ".join(f"'{word}':*" for word in words)


def shown(text: str, words: tuple[str, ...]) -> Parts:
    """The part of *text* around the first words that were found, with all of them marked; its beginning without any."""
    text = " ".join(text.split())
    places = [hit.span() for hit in _WORD.finditer(text) if folded(hit[0]).startswith(words)] if words else []
    start, end = _window(text, places[0][0] if places else 0)
    parts: list[tuple[str, bool]] = []
    at = start
    if start:
        parts.append(("…", False))
    for left, right in places:
        if left >= at and right <= end:
            if left > at:
                parts.append((text[at:left], False))
            parts.append((text[left:right], True))
            at = right
    tail = text[at:end] + ("…" if end < len(text) else "")
    if tail:
        parts.append((tail, False))
    return tuple(parts)


def _window(text: str, first: int) -> tuple[int, int]:
    if len(text) <= SHOWN:
        return 0, len(text)
    start = max(0, min(first - SHOWN // 4, len(text) - SHOWN))
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = min(len(text), start + SHOWN)
    if end < len(text):
        end = max(text.rfind(" ", first, end), first + 1) if text.rfind(" ", first, end) > first else end
    return start, end
