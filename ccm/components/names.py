"""
Guesses the name of a topic and keeps names distinct.

A name is a line of text for people; it is cleaned, never refused, except for control characters which could change
a mail's headers.
"""

import re
from collections.abc import Collection

from ccm.errors import StanzaError

MAX_CHARACTERS = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """
    One line without needless space, cut at 120 characters.

    :raises StanzaError: ``not-acceptable`` for control characters or directional overrides.
    """
    text = text.strip()
    if _CONTROL.search(text):
        raise StanzaError("not-acceptable", "A name is one line of plain text. Take the control characters out.")
    text = " ".join(text.split())
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1].rstrip() + "…"


def guess(owner: str, invitee: str = "") -> str:
    """A name for a topic that was given none."""
    if invitee:
        return f"Talk with {invitee}"
    return f"{owner}’{'' if owner.endswith('s') else 's'} talk"


def vary(name: str, taken: Collection[str]) -> str:
    """The name itself, or ``name (2)``, ``name (3)`` … if it is taken; case does not count."""
    used = {other.casefold() for other in taken}
    if name.casefold() not in used:
        return name
    stem = re.sub(r" \(\d+\)$", "", name)
    number = 2
    while f"{stem} ({number})".casefold() in used:
        number += 1
    return f"{stem} ({number})"


def from_address(local: str) -> str:
    """A display name made of the local part of an address: ``kim.lee+x`` is *Kim Lee*."""
    words = [word for word in re.split(r"[._\-\s\d]+", local.partition("+")[0]) if word]
    return " ".join(word[:1].upper() + word[1:] for word in words) or local
