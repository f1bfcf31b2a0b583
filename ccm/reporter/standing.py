"""
How things stand that are found in free talk: actions that are only read out again, questions that stay open.

Leaves out what is an action at all (:mod:`ccm.reporter.finding`).
"""

import re
from typing import Literal

from ccm.reporter.cues import Talk

_ROUND = re.compile(
    r"\b(?:review(?:ing)?|status|old|open|outstanding|previous|pending|overdue|last (?:week|time|meeting|"
    r"month)['’]?s?|go (?:through|over)|carried)\b"
    r".{0,30}\b(?:action|actions|action items?|todos?|to-dos?|homework)\b|"
    r"\b(?:action|actions|action items?) (?:review|status|round|from (?:the )?(?:last|previous))\b"
)
_DONE = re.compile(
    r"\W*(?:(?:that(?:['’]s| is| was)|this is|it(?:['’]s| is)|yes,?|ok,?|all) )?(?:been )?(?:done|completed?|"
    r"finished|closed|fixed|merged)\b[^?]*$"
)
_CARRIED = re.compile(
    r"\b(?:still (?:open|to do|pending|working|on my list|outstanding)|in progress|ongoing|not (?:yet|done|"
    r"started|finished)|no progress|carr(?:y|ied) "
    r"(?:it |this |that )?(?:over|forward)|pending|keep (?:it |this |that )?open|next (?:week|meeting|time))\b"
)
_TURN = re.compile(r"\W*(?:next (?:topic|item|up)|moving on|new (?:topic|actions?|business)|topic:|let's move)")
_OBJECTIONS = re.compile(
    r"(?:any|are there|anybody|anyone|no|hear|is there) .{0,20}(?:objections?|opposed)(?: (?:to|if|with|"
    r"on))?\b(?P<what>[^?]*)\?"
)
_NONE = re.compile(r"\W*(?:no(?:ne|pe)?|nothing|not from me|no objections?.*|fine (?:with|by) me.*|go ahead.*)\W*$")
_LONG = 14  # lines that a round of old actions lasts without another one
_OPENS = re.compile(
    r"\b(?:(?:i|we) (?:don['’]t|do not) know|not sure|good question|unclear|no idea|open question|remains open|"
    r"still open|park (?:it|this|that)|"
    r"take (?:it|this|that) (?:offline|to the list|to the mailing list)|come back to (?:it|this|that)|needs? "
    r"(?:more|further) (?:thought|discussion)|"
    r"leave (?:it|this|that) open|have to find out)\b"
)
_ASKS = re.compile(
    r"(?:^|[,.;:-] )(?:so |and |but |ok,? |well,? )?(?:what|who|whom|when|where|which|why|how|should|shall|do|"
    r"does|did|is|are|can|could|will|would|has|have)\b"
)


class Rounds:
    """Where in a talk old actions are gone through."""

    def __init__(self, talk: Talk) -> None:
        self._talk, self._within = talk, set[int]()
        left = 0
        for place, low in enumerate(talk.lows):
            if "action" in low or "todo" in low or "to-do" in low:
                if left and "new action" in low:
                    left = 0
                elif _ROUND.search(low):
                    left = _LONG + 1
            elif left and _TURN.match(low):
                left = 0
            if left:
                left -= 1
                self._within.add(place)

    def status(self, place: int) -> Literal["open", "done", "carried"]:
        """How an action stands that a line states."""
        if place not in self._within:
            return "open"
        answer = [low for low in self._talk.lows[place + 1 : place + 3] if len(low) < 120]
        if any(_DONE.match(low) for low in answer):
            return "done"
        return "carried"


def open_questions(talk: Talk) -> list[tuple[int, int]]:
    """Places of questions, each with that of the line that says that there is no answer."""
    found: list[tuple[int, int]] = []
    for place, low in enumerate(talk.lows):
        if low[-1:] != "?" or not 4 < len(talk.words[place]) < 60 or not _ASKS.search(low):
            continue
        nick = talk.lines[place].nick
        for other in range(place + 1, min(len(talk.lows), place + 4)):
            if talk.lines[other].nick != nick and _OPENS.search(talk.lows[other]):
                found.append((place, other))
                break
    return found


def unopposed(talk: Talk) -> list[tuple[int, str, tuple[int, ...]]]:
    """
    What somebody asked objections to and nobody had one.

    :returns: the place that says it, in which words, and the places of question and answers.
    """
    found: list[tuple[int, str, tuple[int, ...]]] = []
    for place, low in enumerate(talk.lows):
        asked = _OBJECTIONS.search(low) if "bjection" in low or "pposed" in low else None
        if asked is None:
            continue
        nick, answers, settled = talk.lines[place].nick, list[int](), -1
        for other in range(place + 1, min(len(talk.lows), place + 6)):
            text = talk.lows[other]
            if talk.lines[other].nick == nick:
                if answers and settled < 0 and len(talk.words[other]) > 3 and not text.endswith("?"):
                    settled = other
            elif talk.agrees[other] > 0 or talk.nods[other] or _NONE.match(text):
                answers.append(other)
            elif talk.agrees[other] < 0 or "object" in text:
                answers = []
                break
        if not answers:
            continue
        what = talk.lines[place].text[asked.start("what") : asked.end("what")].strip(" ?.!")
        if settled > 0 and set(talk.words[settled]) & {word for word in low.split() if len(word) > 4}:
            found.append((settled, talk.lines[settled].text.strip(), (place, *answers)))
        elif len(what.split()) > 1:
            found.append((place, what[:1].upper() + what[1:], tuple(answers)))
    return found
