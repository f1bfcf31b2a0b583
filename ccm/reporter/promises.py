"""
What people take on, or are asked to do, in plain talk: "I'll send it on Friday", "Kim, can you check?".

Leaves out how actions are written down ("Kim to check", :mod:`ccm.reporter.statements`).
"""

import re
from collections.abc import Sequence

from ccm.reporter.cues import Talk
from ccm.reporter.roles_of_actions import roles_of
from ccm.reporter.statements import kind_of_verb

SURE, MAYBE, NOTHING = 400, -300, -999  # scores of what needs no model
FIRST = 4  # the first person among the ways of speaking
_WAYS = {"first": FIRST, "you": 3, "other": 2, "stated": 2, "some": 1}
_COMMITS = re.compile(
    r"\bi(?:['’]ll| will| can| could| should| need to| have to|['’]d|['’]m going| am going| plan)\b|"
    r"\b(?:can|could|would|will) you\b|\bplease\b|\blet me\b|\baction\b|\bsome(?:one|body)\b|volunteer"
)
_OBJECT = re.compile(
    r"\b(?:prs?|issues?|e-?mails?|mail|lists?|docs?|documents?|drafts?|text|pages?|links?|notes?|minutes|agenda|repo|"
    r"repository|sections?|examples?|proposals?|reviews?|meetings?|specs?|tests?|wiki|chairs?|group|slides?|"
    r"survey|poll|"
    r"tickets?|reports?|summary|calls?|invites?|comments?|code|release|budget|offer|plan|figures|numbers)\b|https?:|#\d"
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|great|perfect|excellent|awesome|sounds good|please do|go ahead|that would be|cool|"
    r"appreciate)\b"
)
_ASKS = re.compile(r"\b(?:who|any(?:one|body)?|some(?:one|body)|volunteers?|(?:can|could|would|will) you|action)\b")
_AT_ONCE = ("i'll", "i will", "i can", "ok, i", "ok i", "yes, i", "sure, i", "i’ll")
_PERHAPS = re.compile(r"\b(?:if|unless|could|would|might|maybe|perhaps|when|may|wondering|probably)\b")
_NOT = re.compile(r"n['’]t\b|\b(?:not|never|no|already|was|were|did|had|have been|done)\b")


def spoken(talk: Talk, place: int) -> list[int] | None:
    """
    Of a line in which somebody takes something on, or is asked to: whole numbers, for trees.

    ``None`` for a line in which nobody does, or which does not say what.
    """
    low = talk.lows[place]
    if _COMMITS.search(low) is None:
        return None
    roles = roles_of(talk, place, stated=False)
    if roles.way not in _WAYS:
        return None
    told = roles.text.lower().split()
    deed = bool(told) and kind_of_verb(told[0].strip(".,:;")) == "deed"
    if not deed and not roles.sources:
        return None
    around = [talk.lows[other] if 0 <= other < len(talk.lows) else "" for other in range(place - 2, place + 4)]
    before, after = " ".join(around[:2]), " ".join(around[3:])
    return [
        _WAYS[roles.way],
        deed,
        "?" in low,
        _PERHAPS.search(low) is not None,
        _NOT.search(low) is not None,
        bool(roles.phrase),
        bool(roles.sources),
        bool(roles.owner),
        len(talk.words[place]),
        len(told),
        _OBJECT.search(roles.text.lower()) is not None,
        _THANKS.search(after) is not None,
        _ASKS.search(before) is not None,
        "?" in around[1],
        "action" in before or "action" in low or "action" in after,
        "will" in low or "'ll" in low or "’ll" in low,
        "i can" in low,
        "i could" in low,
        "i should" in low or "need to" in low,
        " you" in low,
        place + 1 < len(talk.nods) and talk.nods[place + 1],
        min(talk.mentions, 5),
        low.startswith(_AT_ONCE),
    ]


def promise(seen: Sequence[int]) -> int:
    """
    What the parts of an action are worth that somebody takes on in plain words ("I'll send it").

    With an owner, a deed and a time it is one; so it is when it answers a question and is thanked for, and when the
    line begins with "I'll", names a thing that can be seen to be done, and speaks to nobody.
    """
    way, deed, asks, perhaps, negated, when, _, _, _, _, thing, thanked, asked, answers, _, will = seen[:16]
    to_you, at_once = seen[19], seen[22]
    if way != FIRST or asks or negated or perhaps:
        return NOTHING
    if (deed and when) or (thanked and asked and answers) or (deed and thing and will and at_once and not to_you):
        return SURE
    return MAYBE if deed or answers else NOTHING
