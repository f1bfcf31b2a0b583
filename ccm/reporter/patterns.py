"""
Patterns that are looked for in every remark, written so that most places of it are passed over at once; and late ones.

``re`` tries each alternative of ``\\b(?:one|two)`` at every letter. If all alternatives begin with a letter of their
own, it goes from one such letter to the next: ten times as fast. Leaves out what is looked for.
"""

import re
from collections.abc import Sequence
from typing import Any, cast


class _Late:
    """A pattern that is compiled when it is first asked for anything."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def late(text: str, flags: int = 0) -> re.Pattern[str]:
    """
    The same as ``re.compile``, once it is used: for the many patterns of which a process needs few.

    Not for patterns of which every remark needs one: those are there when the first remark comes.
    """
    return cast("re.Pattern[str]", _Late(text, flags))


def lowered(text: str) -> str:
    """The text in lower case, letter for letter: what is found in it stands at the same place in the text."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


def beginning(*phrases: str, others: Sequence[str] = (), then: str = "") -> re.Pattern[str]:
    """
    Finds any of these phrases at the beginning of a word, as ``\\b(?:one|two)`` does.

    :param phrases: patterns that each begin with one letter that stands for itself.
    :param others: patterns that are looked for within words as well; each begins with a letter or mark of its own, too.
    :param then: what follows each of them; ``.`` in it stands for line breaks, too.
    :raises ValueError: for a phrase that does not.
    """
    rest: dict[str, list[str]] = {}
    for phrase in phrases:
        if not phrase[:1].isalpha():
            raise ValueError(f"The pattern {phrase!r} begins with no letter: write its first letter first.")
        rest.setdefault(phrase[0], []).append(phrase[1:])
    starts = (rf"{first}(?<!\w{first})(?:{'|'.join(more)})" for first, more in rest.items())
    every = "|".join((*starts, *others))
    return re.compile(f"(?:{every}){then}", re.DOTALL) if then else re.compile(every)
