"""
Actions that people call so: "I'll take an action to …", "action Kim to …", "Kim, can you take that action?".

Who says the word gives one out, so no model judges it. Leaves out lines that are marked (``ACTION:``,
:mod:`ccm.reporter.marks`) and what is told of old actions ("I took an action to …", "I have an action to …").
"""

import re
from typing import NamedTuple

from ccm.reporter.cues import EDGE, NOT_NAMES, READ, ROLES, VERBS, Talk, is_verb
from ccm.reporter.patterns import late
from ccm.reporter.roles_of_actions import order_in, phrase_in, roles_of
from ccm.reporter.statements import TAKES_NOTES, kind_of_verb


class Given(NamedTuple):
    """
    An action that somebody gives out or takes.

    :ivar sources: places of further lines: where it is said what to do, or who takes it.
    """

    place: int
    owner: str
    text: str
    phrase: str
    sources: tuple[int, ...] = ()


_AN_ACTION = r"(?:an|the|that|this|one|another) (?:new )?action(?: items?| points?)?\b"
_ALSO = r"(?:(?:also|then|just|please|happily|gladly) )*"
_TAKE = r"(?:take|have|want|get|like|accept|own|pick up)(?: on)?"
_TO = r"(?:,? (?:to|of) (?P<what>[a-z][^?]*)| for (?P<thing>[^?]*))?"
_MINE = late(
    rf"(?:\b(?:i(?:['’]ll| will| can| could|['’]m happy to|['’]d be happy to)|let me|happy to)|"
    rf"(?:^|[.,:;!] )will) {_ALSO}(?:take|accept|own|pick up)(?: on)? {_AN_ACTION}{_TO}",
    re.IGNORECASE,
)
_YOURS = late(
    rf"(?:(?P<called>[\w|^.-]+)(?:[,:] ?| )?)?\b(?:can|could|would|will|do|does|should) (?P<who>[\w|^.-]+) {_ALSO}"
    rf"{_TAKE} {_AN_ACTION}{_TO}",
    re.IGNORECASE,
)
_ORDER = late(
    r"\W*(?:(?:so|ok|okay|new|and)[,:]? )*(?:an )?action(?: item| point)?(?: (?:on|for|to)|[.,–—…-]+)?(?:\s+)"
    r"(?P<who>@?[\w|^.-]+(?:(?: (?-i:[A-Z])[\w.'-]+)|(?:,? (?:and|&) @?[\w|^.-]+))*),? to (?P<what>[a-z][^?]*)$",
    re.IGNORECASE,
)
_NOBODYS = late(r"\W*action (?:item|point)(?:\.\s+|\s+to )(?P<what>[A-Za-z][^?]*)$", re.IGNORECASE)
_ASKED = late(
    r"\b(?:(?:can|could|would|does|do) (?:some(?:one|body)|any(?:one|body)|you)|who (?:can|could|will|wants? to))\b"
    r"(?P<what>[^?]*)\?",
    re.IGNORECASE,
)
_HEAD = late(
    rf"\s*(?:(?:want|like|volunteer|please|help|to) )*(?:{_TAKE} {_AN_ACTION} (?:to|of) )?(?P<what>[a-z].*)",
    re.IGNORECASE,
)
_NO = re.compile(r"\W*(?:no|nope|not|sorry|i can['’]?t|i can not)\b")
_SENTENCE = re.compile(r"(?<=[a-z0-9)])[.!] ")
_POINTS = frozenset(("that", "this", "it", "so"))
_POINTS_AT = frozenset(("that's", "that’s", "it's", "it’s", "this", "it"))
_NO_OWNERS = frozenset(("item", "items", "point", "points", "review", "status"))
_BACK = 3  # lines before in which what to do may stand
_ON = 3  # lines after in which somebody may refuse


def given_out(talk: Talk) -> list[Given]:
    """The actions of a talk that people call so, in its order."""
    found: list[Given] = []
    for place, low in enumerate(talk.lows):
        if "action" not in low:
            continue
        one = _given(talk, place, talk.lines[place].text[:READ])
        if one is not None and one.text.count(" ") > 0:
            found.append(one)
    return found


def _given(talk: Talk, place: int, text: str) -> Given | None:
    nick = talk.lines[place].nick
    if mine := _MINE.search(text):
        owner = nick
        quoted = talk.names.get(talk.words[place][0].rstrip(":").lower()) if talk.words[place][0][-1] == ":" else None
        if quoted and talk.quotes_by(nick) >= TAKES_NOTES:
            owner = quoted
        return _worded(talk, place, owner, mine)
    if yours := _YOURS.search(text):
        owner = _called(talk, yours["who"]) or (_called(talk, yours["called"] or "") if yours["who"] == "you" else "")
        if owner and not _refused(talk, place):
            return _worded(talk, place, owner, yours)
        return None
    if order := _ORDER.match(text):
        first = re.split(r"[\s,&]", order["who"].lstrip("@"), maxsplit=1)[0].lower()
        verb = order["what"].split()[0].strip(EDGE).lower()
        if first == "me":
            return _made(place, nick, order["what"])
        if first not in _NO_OWNERS and (talk.calls(first) or first in ROLES or first not in NOT_NAMES | VERBS):
            return _made(place, order["who"].replace("@", ""), order["what"]) if is_verb(verb) else None
    if (nobodys := _NOBODYS.match(text)) and nobodys["what"].split()[0].strip(EDGE).lower() in VERBS:
        return _made(place, "", nobodys["what"])
    return None


def _called(talk: Talk, word: str) -> str:
    """The nick of whoever is called so; a role as it is."""
    word = word.strip("@,:.").lower()
    return talk.names.get(word) or (word if word in ROLES else "")


def _refused(talk: Talk, place: int) -> bool:
    """Whether the next to speak says no."""
    nick = talk.lines[place].nick
    for other in range(place + 1, min(len(talk.lows), place + 1 + _ON)):
        if talk.lines[other].nick != nick:
            return _NO.match(talk.lows[other]) is not None
    return False


def _made(place: int, owner: str, what: str, *sources: int) -> Given:
    return Given(place, owner, order_in(what.strip()), phrase_in(_SENTENCE.split(what, maxsplit=1)[0]), sources)


def _worded(talk: Talk, place: int, owner: str, found: re.Match[str]) -> Given | None:
    """What is to be done: as it is said there, or in the line before that asks for it."""
    if found["thing"] and found["thing"].strip(" .") not in ("this", "that", "it"):
        return _made(place, owner, f"see to {found['thing']}")
    what = found["what"]
    if what and not _is_vague(what):
        return _made(place, owner, what)
    for other in range(place + 1, min(len(talk.lows), place + 1 + _ON)):
        if (
            talk.names.get(talk.lines[other].nick.lower()) == owner
        ):  # "Kim, can you take that action?" – "I'll call them"
            said = roles_of(talk, other, stated=False)
            if said.way == "first" and kind_of_verb(said.text.split()[0].lower()) == "deed":
                return Given(place, owner, said.text, said.phrase, (other,))
            break
    for other in range(place - 1, max(-1, place - 1 - _BACK), -1):
        before = talk.lines[other].text[:READ]
        asked = _ASKED.search(before)
        if asked is not None and (head := _HEAD.match(asked["what"])) and head["what"].split()[0].lower() in VERBS:
            return _made(place, owner, head["what"], other)
    return None


def _is_vague(what: str) -> bool:
    """Whether somebody must know what was said before: "do that", "make sure that's true"."""
    words = re.split(r"\s[-–—]|[.,;]", what.lower(), maxsplit=1)[0].split()
    return (len(words) < 3 and words[-1] in _POINTS) or (len(words) < 5 and not _POINTS_AT.isdisjoint(words))
