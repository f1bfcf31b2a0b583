"""
Nicknames: what may be one and which two look the same (XEP-0045 §17.1, RFC 8266, RFC 7622 §3.4).

Two nicks are the same when their keys are (:func:`ccm.people.skeleton`). Leaves out the full table of Unicode TS #39.
"""

import unicodedata
from functools import lru_cache

from precis_i18n import get_profile

from ccm import people
from ccm.errors import StanzaError

_NICKNAME = get_profile("Nickname")
_FORBIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINERS = "\u200d\ufe0f"  # they hold emoji together


def check(nick: str, most: int) -> str:
    """
    A nick as it may be shown.

    :param most: code points it may have; 0 is no limit.
    :raises StanzaError: ``jid-malformed`` for an empty or forbidden one, ``not-acceptable`` for one that is too long
        or would be mistaken for another.
    """
    if not nick:
        raise StanzaError("jid-malformed", "Choose a nickname: send presence to room/nickname.")
    if most and len(nick) > most:
        raise StanzaError("not-acceptable", f"That nickname is too long: it may have {most} characters.")
    return _checked(nick)


@lru_cache(4096)
def _checked(nick: str) -> str:
    prepared = unicodedata.normalize("NFKC", nick)
    if any(unicodedata.category(letter) in _FORBIDDEN and letter not in _JOINERS for letter in prepared):
        raise StanzaError("jid-malformed", "That nickname holds characters that cannot be seen. Choose another one.")
    visible = "".join(letter for letter in prepared if letter not in _JOINERS)
    try:
        enforced = _NICKNAME.enforce(visible)
    except UnicodeError as error:
        raise StanzaError("jid-malformed", "That nickname holds characters that are not allowed.") from error
    if enforced.casefold() != visible.casefold():
        raise StanzaError("not-acceptable", "A nickname begins and ends with a letter and has single spaces.")
    return prepared


@lru_cache(4096)
def key(nick: str) -> str:
    """What two nicks share that would be taken for the same."""
    return people.skeleton(nick)
