"""
What somebody is asked to do and says yes to: "Tom, could you call them until Thursday?" – "Sure, will do".

Leaves out what people take on by themselves (:mod:`ccm.reporter.commitments`, :mod:`ccm.reporter.promises`) and
questions that only look like requests: those without a deed ("can you hear me?") and those that are answered on the
spot ("can you post the link?").
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ccm.reporter.cues import READ, Talk, listed, typed
from ccm.reporter.everyday import DEEDS, WHEN, is_task, when_in
from ccm.reporter.patterns import beginning, lowered
from ccm.reporter.roles_of_actions import order_in, phrase_in
from ccm.reporter.statements import kind_of_verb


class Accepted(NamedTuple):
    """
    A request that somebody said yes to.

    :ivar place: of the request; where anybody was asked, of the yes.
    :ivar other: of the other of the two.
    :ivar owner: who said yes.
    :ivar sure: a time was named, or "I will" was said.
    """

    place: int
    other: int
    owner: str
    text: str
    phrase: str
    sure: bool


_POLITELY = r"(?:(?:please|pls|plz|also|maybe|perhaps|just|then|bitte|mal|noch|take an action (?:item |point )?to) )*"
_ANYBODY = r"(?:some(?:one|body)|any(?:one|body)|one of (?:you|us))"
_ASKED = beginning(
    rf"c(?:an|ould) (?:you|u|ya|{_ANYBODY}|i (?:just )?ask you to)", rf"w(?:ould|ill) (?:you(?: mind)?|u|ya|"
    rf"{_ANYBODY})",
    r"may i (?:just )?ask you to", r"you (?:be )?(?:happy|willing|able|ok|okay) to", r"do you mind",
    r"who (?:can|could|will|would|wants to|is going to)", r"magst du", r"wer (?:kann|könnte)",
    r"k(?:annst du|önntest du|önnt ihr|ann jemand|önnte jemand)", r"würdest du",
    then=rf"\s+{_POLITELY}(?P<what>[a-zäöü@][^?]*)\?",
)  # fmt: skip
_GERMAN = ("k", "mag", "wü", "wer")
_OF_ANYBODY = re.compile(r"(?:some|any)(?:one|body)|one of|who\b|jemand|wer\b")
_WHOM = listed("u ya someone somebody anyone anybody who du jemand wer ihr")
_ORDERED = re.compile(
    rf"(?:^|[.!,:] )(?:please|pls|bitte) {_POLITELY}(?P<what>[a-z][^?!.]*)|^@?[\w|^-]+[,:]? (?:please|pls) "
    rf"(?P<named>[a-z][^?!.]*)",
    re.IGNORECASE,
)
_YES = re.compile(
    r"\W*(?:(?:yes|yep|yup|yeah|yea|sure|ok|okay|k|alright|all right|of course|certainly|absolutely|gladly|will do|"
    r"can do|"
    r"no problem|no prob|no worries|np|with pleasure|happy to|on it|you got it|consider it done|leave it (?:to|with) "
    r"me|"
    r"i will|i['’]?ll|i can|i(?: can)? do|me|mach(?:e)? ich|klar|gerne?|ja|jo|jap|jup|natürlich|geht klar|wird "
    r"gemacht)\b"
    r"(?!,? (?:but|if|though|when|aber|wenn|ich kann nicht|and you)\b)[^?]*|👍)$",
    re.IGNORECASE,
)
#: First words of a yes.
YES = typed(
    "yes yep yup yeah yea sure ok okay k alright all of certainly absolutely gladly will can no np with happy on you "
    "consider leave i i'll ill me mach mache klar gern gerne ja jo jap jup natürlich geht wird 👍"
)
_TAKEN = re.compile(
    r"\b(?:will do|on it|consider it done|leave it (?:to|with) me|you got it|mache? ich|wird gemacht|geht klar)\b|"
    r"\bi(?:['’]?ll| will)\b|^\W*(?:sure|yes|ok)?\W*can do\b|\bi do (?:that|it|this)\b|^\W*me\b",
    re.IGNORECASE,
)
_CAN = re.compile(
    r"\W*(?:(?:yes|sure|ok|yeah),? )?i(?: can)? do\b|\W*i can\b", re.IGNORECASE
)  # enough where nobody was named
_BUT = re.compile(r"\b(?:can['’]?t|cannot|won['’]?t|not|no time|unfortunately|but|nicht|leider)\b", re.IGNORECASE)
_NAME = re.compile(r"@?([A-Za-z][\w|^-]*)")
_AFTERWARDS = re.compile(
    rf"\W*((?:{WHEN.pattern}))(?: maybe| please| latest| if you can)?\W*$"
)  # "…? By Friday maybe."
_ME = re.compile(r"(?<=\w )me\b(?! (?:and|to)\b)")
_AT_ONCE = listed(
    "explain clarify describe scribe repeat say tell see hear paste post link share unmute speak present elaborate "
    "confirm define summarize summarise introduce drop show give go type mute note add expand comment mention point "
    "suggest recommend pass hold check open close"
)
_WITH_TIME = listed("call get make move give tell turn put read take meet talk help")
_ASKING = listed("ask pick get write call check make move take")
WITHIN = 4  # lines after a request in which it is answered
SHORT = 14  # words of a yes


def accepted(talk: Talk) -> list[Accepted]:
    """The requests of a talk that somebody took on, in their order."""
    found = (
        accepted_at(talk, place) for place in range(len(talk.lows)) if may_ask(talk.lows[place], talk.words[place])
    )
    return [one for one in found if one is not None]


def may_ask(low: str, words: Sequence[str]) -> bool:
    """Whether a line, in lower case, with these words may ask somebody for something."""
    if "?" in low:
        return "you" in low or not _WHOM.isdisjoint(words)
    return "please" in low or "pls " in low


def asks(text: str) -> bool:
    """Whether a text has the shape of a request."""
    return (_ASKED.search(lowered(text)) if "?" in text else _ORDERED.search(text)) is not None


def is_yes(text: str) -> bool:
    """Whether a short line may say yes to a request."""
    return _YES.match(text) is not None


def accepted_at(talk: Talk, place: int) -> Accepted | None:
    """The request of a line, if it is one and somebody took it on."""
    text = talk.lines[place].text[:READ]
    asked, ordered = _ASKED.search(lowered(text)) if "?" in text else None, None
    if asked is None and ("?" in text or (ordered := _ORDERED.search(text)) is None):
        return None
    said = asked or ordered
    assert said is not None
    start, end = said.span("what" if asked or said["what"] else "named")
    what, asking = text[start:end], said[0][: start - said.start()]
    asking = lowered(asking)
    german, anybody = asking.startswith(_GERMAN), bool(asked and _OF_ANYBODY.search(asking))
    what, tail = _without_name(talk, what.strip())
    low = lowered(what)
    timed, after = when_in(low), text[said.end() :]
    if timed is None and (later := _AFTERWARDS.match(lowered(after))):
        what, timed = f"{what} {after[later.start(1) : later.end(1)]}", None
    when = phrase_in(what) or (what[timed.start() : timed.end()] if timed else "")
    order = order_in(what)
    told = order.lower().split()
    if len(told) < 3 or not (german or _is_deed(order.lower(), bool(when))):
        return None
    nick = talk.lines[place].nick
    words = [*_NAME.findall(text[: start if asked else said.end()])[-5:], *tail]
    called = {talk.names[word.lower()] for word in words if word.lower() in talk.names}
    if ordered is not None and not (called - {nick} or when):
        return None  # "please note that …"
    for other in range(place + 1, min(len(talk.lows), place + 1 + WITHIN)):
        who = talk.lines[other].nick
        if who == nick or (called and who not in called):
            continue
        reply = talk.lines[other].text
        if len(talk.words[other]) > SHORT or not _YES.match(reply) or _BUT.search(reply):
            return None
        taken = _TAKEN.search(reply) is not None
        if anybody and not (taken or _CAN.match(reply)):
            return None  # "can anybody …?" – "yes": who?
        sure = bool(when) or (taken and told[0] not in _AT_ONCE)
        said_in, rests_on = (other, place) if anybody else (place, other)
        return Accepted(said_in, rests_on, who, _ME.sub(nick, order), when, sure or (anybody and taken))
    return None


def _without_name(talk: Talk, what: str) -> tuple[str, list[str]]:
    """A request without the name at its end, to whom it is said."""
    before, _, last = what.rstrip(" .!").rpartition(", ")
    name = last.strip().lstrip("@")
    return (before, [name]) if before and name.lower() in talk.names else (what, [])


def _is_deed(order: str, when: bool) -> bool:
    verb = order.split(" ", 1)[0]
    if verb in _ASKING or kind_of_verb(verb) == "deed":
        return is_task(order) or verb in _ASKING
    return (when and (verb in _WITH_TIME or is_task(order))) or (verb in DEEDS and is_task(order))
