"""
Which passwords are good enough: the one rule of forms, requests and in-band registration; ``ccm user`` warns by it.

Long enough, and not among the first that anybody would try: zxcvbn estimates how many guesses it takes, knowing common
passwords, names, keyboard rows, dates and the usual replacements of letters, and what is known of the person. Leaves
out rules about kinds of characters, which make passwords worse, and deriving verifiers.
"""

from ccm.errors import CCMError

LEAST_CHARACTERS = 10
#: zxcvbn's score: 2 takes a million guesses and more; sign-in allows 20 in ten minutes.
_LEAST_SCORE = 2
#: Characters that are looked at. Estimating tries the letters that these signs may stand for in all combinations, so
#: the time grows with both: what is within these bounds takes a twentieth of a second at most.
_LOOKED_AT = 32
_SIGNS = frozenset("4@8({[<369&#!1/|0$5+7%2")
_MOST_SIGNS = 10
_LOOKED_AT_WITH_MORE = 14


class WeakPassword(CCMError):
    """The password will not do; the text says why."""


def check(password: str, *personal: str, least: int = LEAST_CHARACTERS) -> None:
    """
    Pass a good password.

    :param personal: what is known of the person: mail address, name, chat address.
    :raises WeakPassword: otherwise.
    """
    if len(password) < least:
        raise WeakPassword(f"Take at least {least} characters; four plain words do well.")
    from zxcvbn import zxcvbn  # its word lists are only loaded by those who set passwords

    known: set[str] = set()
    for text in personal:
        words = text.replace("@", " ").replace(".", " ").split()
        known |= {text, text.partition("@")[0], "".join(words), *words}
    many = len(_SIGNS.intersection(password)) > _MOST_SIGNS
    looked_at = password[: _LOOKED_AT_WITH_MORE if many else _LOOKED_AT]
    if zxcvbn(looked_at, user_inputs=sorted(known))["score"] < _LEAST_SCORE:
        raise WeakPassword(
            "That password is one of the first anybody would try. Take another; four plain words do well."
        )
