"""
What takes a line or its author off the record, read alike by the room, by the index of what was said and by the fold.

``[off]`` at the beginning of a line, in whatever case; ``#on`` alone in a line as the way back, so that words that only
begin like it stay as private as their author wished. Leaves out who is off the record: :mod:`ccm.reporter.silence`.
"""

import re

_ASIDE = re.compile(r"\s*\[off\]", re.IGNORECASE)
_BACK = re.compile(r"\s*[#/]on(?:\s+(?:me|again|now|please|(?:the\s+)?record))*\s*[.!]*\s*$", re.IGNORECASE)
# Characters may be written as references, or as CDATA: then only the text tells.
_MAY_BE_ASIDE = re.compile(rb"\[off\]|&#|<!\[CDATA", re.IGNORECASE)


def is_aside(text: str) -> bool:
    """Whether a line asks not to be kept."""
    return bool(_ASIDE.match(text))


def may_be_aside(written: bytes) -> bool:
    """Whether a line may be one, from its bytes on the wire; ``False`` is sure."""
    return bool(_MAY_BE_ASIDE.search(written))


def comes_on(text: str) -> bool:
    """Whether a line puts its author, or the room, on the record again."""
    return bool(_BACK.match(text))
