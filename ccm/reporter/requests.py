"""
What somebody is asked to do and says yes to: "Tom, could you call them until Thursday?" – "Sure, will do".

Leaves out what people take on by themselves (:mod:`ccm.reporter.promises`) and questions that only look like requests:
those without a deed ("can you hear me?") and those that are answered on the spot ("can you post the link?").
"""

import re
from typing import NamedTuple

from ccm.reporter.cues import READ, Talk, listed
from ccm.reporter.roles_of_actions import order_in, phrase_in
from ccm.reporter.statements import kind_of_verb


class Accepted(NamedTuple):
    """
    A request that somebody said yes to.

    :ivar place: of the request.
    :ivar answer: of the yes.
    :ivar owner: who said yes.
    :ivar sure: a time was named, or "I will" was said.
    """

    place: int
    answer: int
    owner: str
    text: str
    phrase: str
    sure: bool


_ASKED = re.compile(
    r"\b(?:(?:can|could|would|will) you|(?:can|could|may) i (?:just )?ask you to|"
    r"(?:are |would )?you (?:be )?(?:happy|willing|able|ok|okay) to|would you mind|do you mind)\s+"
    r"(?:please |also |maybe |perhaps |just |then |take an action (?:item |point )?to )*(?P<what>[a-z][^?]*)\?",
    re.IGNORECASE,
)
_YES = re.compile(
    r"\W*(?:(?:yes|yep|yeah|sure|ok|okay|of course|certainly|absolutely|gladly|will do|can do|no problem|with pleasure|"
    r"happy to|i will|i['’]ll|i can do)\b(?!,? but\b)[^?]*)$",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"\bwill do\b|\bi(?:['’]ll| will)\b|^\W*(?:sure|yes|ok)?\W*can do\b", re.IGNORECASE)
_NAME = re.compile(r"@?([A-Za-z][\w|^-]*)")
_AT_ONCE = listed(
    "explain clarify describe scribe repeat say tell see hear paste post link share unmute speak present elaborate "
    "confirm define summarize summarise introduce drop show give go type mute note add expand comment mention point "
    "suggest recommend"
)
WITHIN = 4  # lines after a request in which it is answered
SHORT = 14  # words of a yes


def accepted(talk: Talk) -> list[Accepted]:
    """The requests of a talk that somebody took on, in their order."""
    found: list[Accepted] = []
    for place, low in enumerate(talk.lows):
        if "you" not in low or "?" not in low or (asked := _ASKED.search(talk.lines[place].text[:READ])) is None:
            continue
        text = order_in(asked["what"].strip())
        told = text.lower().split()
        when = phrase_in(asked["what"])
        if len(told) < 3 or not _is_deed(told[0], bool(when)):
            continue
        before = talk.lines[place].text[: asked.start()]
        called = {talk.names[word.lower()] for word in _NAME.findall(before)[-3:] if word.lower() in talk.names}
        nick = talk.lines[place].nick
        for other in range(place + 1, min(len(talk.lows), place + 1 + WITHIN)):
            who = talk.lines[other].nick
            if who == nick or (called and who not in called):
                continue
            reply = talk.lines[other].text
            if len(talk.words[other]) <= SHORT and _YES.match(reply):
                sure = bool(when) or (_TAKEN.search(reply) is not None and told[0] not in _AT_ONCE)
                found.append(Accepted(place, other, who, text, when, sure))
            break
    return found


def _is_deed(verb: str, when: bool) -> bool:
    return kind_of_verb(verb) == "deed" or (when and verb in _WITH_TIME) or verb in _DEEDS


_DEEDS = listed("ask pick get write call check make move take")
_WITH_TIME = listed("call get make move give tell turn put read take meet talk help")
