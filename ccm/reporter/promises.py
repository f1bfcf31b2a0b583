"""
What people take on, or are asked to do, in plain talk: "I'll send it on Friday", "Kim, can you check?".

Leaves out how actions are written down ("Kim to check", :mod:`ccm.reporter.statements`).
"""

import re
from collections.abc import Sequence

from ccm.reporter.cues import Talk, listed
from ccm.reporter.everyday import is_private
from ccm.reporter.patterns import beginning
from ccm.reporter.roles_of_actions import roles_of
from ccm.reporter.statements import kind_of_verb

SURE, MAYBE, NOTHING = 400, 50, -999  # scores of what needs no model
SHORT = 25  # words of a line: what is said at length tells how things stand
FIRST = 4  # the first person among the ways of speaking
_WAYS = {"first": FIRST, "you": 3, "other": 2, "stated": 2, "some": 1}
_WILL_DO = r"(?:ok,? |sure,? |yes,? )?will\b"
_COMMITS = beginning(
    r"i(?:['’]ll| will| take| can| could| should| need to| have to|['’]d|['’]m going| am going| plan)\b",
    r"c(?:(?:an|ould) you\b|ommit)", r"w(?:ould|ill) you\b", r"please\b", r"let me\b", r"action\b",
    r"some(?:one|body)\b", r"my (?:next )?action",
    others=("volunteer", *(rf"{mark} {_WILL_DO}" for mark in (r"\.", "!", ";", ","))),
)  # fmt: skip
_WILL_AT_ONCE = re.compile(_WILL_DO)
_OBJECT = re.compile(
    r"\b(?:prs?|issues?|e-?mails?|mail|lists?|documents?|drafts?|pages?|links?|notes?|minutes|agenda|repo|"
    r"repository|sections?|examples?|proposals?|reviews?|specs?|tests?|wiki|slides?|survey|poll|charts?|invoices?|"
    r"tickets?|reports?|summary|invites?|comments?|release|budget|offers?|figures|numbers)\b|https?:|#\d"
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|great|perfect|excellent|awesome|sounds good|please do|go ahead|that would be|cool|"
    r"appreciate)\b"
)
_ASKS = re.compile(r"\b(?:who|any(?:one|body)?|some(?:one|body)|volunteers?|(?:can|could|would|will) you|action)\b")
_QUICK = re.compile(
    r"(?:share|link|post|drop|paste|show|re-?post|read|add (?:you|that|it|this)|review (?:what|where|how))\b"
)
_NO_DEED = re.compile(
    r"(?:present|introduce|announce|repeat|mention|start|continue|attend|move|leave|join|talk|discuss|explain|cover|have|"
    r"be|get|make|see|know|think|stop|(?:put|spend) (?:(?:in )?(?:some|more|a bit of) )?time)\b|"
    r".*\b(?:in|within) (?:the next |a )?(?:\d+ |few )*(?:minutes?|seconds?)\b"
)
_HEDGES = re.compile(
    r"\b(?:once|as soon as|try|hope|hopefully|guess|i think|likely|going to|plan|like to|glad|happy)\b|i['’]m\b|i am\b"
)
_AT_ONCE = ("i'll", "i will", "i can", "ok, i", "ok i", "yes, i", "sure, i", "i’ll", "so i")
_PERHAPS = re.compile(r"\b(?:if|unless|could|would|might|maybe|perhaps|when|may|wondering|probably)\b")
_WHETHER = re.compile(r"\b(?:see|check|ask|know|find out|sure|test|verify|tell you|look|investigate) (?:if|when)\b")
_NOT = re.compile(r"n['’]t\b|\b(?:not|never|already|did|would have|have been)\b")
_TELLS = re.compile(
    r"(?:just )?(?:(?:say|note|mention|add|remind|clarify|stress) (?:that|everyone|everybody|people|you|here)|"
    r"point out|be clear|follow up on what)\b"
)
_ANYBODY = re.compile(r"\b(?:some(?:one|body)|one of us) (?:should|needs? to|must|has to|ought to|will)\b")
_WILL = re.compile(r"will\b|['’]ll\b|\bcommit|\bmy (?:next )?action|\bi take\b")
_WITH_TIME = listed("call move put read meet")
_WHOM = listed("him her them you it that")
_LIGHT = re.compile(
    r"have .+ (?:up|done|ready|out|finished|in place)\b|do (?:some|a bit of|the) [a-z]+ing\b|take (?:the|care of) [a-z]"
)


def spoken(talk: Talk, place: int) -> list[int] | None:
    """
    Of a line in which somebody takes something on, or is asked to: whole numbers, for trees.

    ``None`` for a line in which nobody does, or which does not say what.
    """
    low = talk.lows[place]
    if _COMMITS.search(low) is None and _WILL_AT_ONCE.match(low) is None:
        return None
    roles = roles_of(talk, place, stated=False)
    if roles.way not in _WAYS:
        return None
    said, clause = roles.text.lower(), roles.clause or low
    told = said.split()
    verb = told[0].strip(".,:;") if told else ""
    deed = kind_of_verb(verb) == "deed" or _LIGHT.match(said) is not None
    deed = deed or (bool(roles.phrase) and len(told) > 2 and verb in _WITH_TIME)
    if (len(told) == 2 and told[1] in _WHOM) or is_private(said):
        return None  # "ask him": nobody knows whom
    if deed and (_TELLS.match(said) or told[1:2] == ["because"]):
        return None
    if not deed and not roles.sources:
        return None
    around = [talk.lows[other] if 0 <= other < len(talk.lows) else "" for other in range(place - 2, place + 4)]
    before, after = " ".join(around[:2]), " ".join(around[3:])
    return [
        _WAYS[roles.way],
        deed,
        "?" in low,
        _PERHAPS.search(clause) is not None and _PERHAPS.search(_WHETHER.sub("", clause)) is not None,
        _NOT.search(clause) is not None,
        bool(roles.phrase),
        bool(roles.sources),
        bool(roles.owner),
        len(talk.words[place]),
        len(told),
        _OBJECT.search(said) is not None,
        _THANKS.search(after) is not None,
        _ASKS.search(before) is not None,
        "?" in around[1],
        "action" in before or "action" in low or "action" in after,
        _WILL.search(clause) is not None,
        "i can" in low,
        "i could" in low,
        "i should" in low or "need to" in low,
        " you" in low,
        place + 1 < len(talk.nods) and talk.nods[place + 1],
        min(talk.mentions, 5),
        clause.startswith(_AT_ONCE),
        _ANYBODY.search(clause) is not None,
        _HEDGES.search(clause) is not None,
        _NO_DEED.match(said) is not None or (not roles.phrase and _QUICK.match(said) is not None),
    ]


def promise(seen: Sequence[int]) -> int:
    """
    What the parts of an action are worth that somebody takes on in plain words ("I'll send it").

    It is one when it answers a question and is thanked for. So it is in a short line that says "will" of a deed, with
    a time or, where the clause begins with "I'll" and speaks to nobody, with a thing that can be seen to be done; but
    not with "I hope", "once it is done", nor of what is done at once ("I'll share the link").
    """
    way, deed, asks, perhaps, negated, when, _, _, count, _, thing, thanked, asked, answers, _, will = seen[:16]
    to_you, at_once, anybody, hedges, slight = seen[19], *seen[22:26]
    if anybody and deed and not asks and not perhaps and not negated:
        return MAYBE
    if way != FIRST or asks or negated or perhaps:
        return NOTHING
    if thanked and asked and answers and not hedges and not slight:
        return SURE
    clear = deed and will and count <= SHORT and not hedges and not slight
    if clear and (when or (thing and at_once and not to_you)):
        return SURE
    return MAYBE if deed and (will or at_once or when) else NOTHING
