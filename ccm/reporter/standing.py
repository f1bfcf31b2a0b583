"""
How things stand that are found in free talk: actions that are only read out again, questions that stay open.

Leaves out what is an action at all (:mod:`ccm.reporter.finding`).
"""

import re
from collections.abc import Collection
from typing import Literal

from ccm.reporter.cues import EDGE, Talk, typed
from ccm.reporter.patterns import lowered

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
    r"(?:any|are there|anybody|anyone|hear|is there) .{0,20}(?:objections?|opposed)\b"
    r"(?: (?:to|if|with|on|against) (?P<what>[^?]*))?[^?]*\?"
)
_PROPOSES = re.compile(
    r"\b(?:propos(?:e|es|ed|al)|motion|suggest(?:s|ed)? (?:that|we)|i move (?:that|to)|shall we|should we|"
    r"we ready to|how about|what if we|let['’]?s)\b"
)
_PROPOSED = re.compile(
    r"^(?:(?:so|ok(?:ay)?|well|then|and)[, ]+)?(?:propos(?:al|ed): ?|(?:i|we) (?:propose|suggest|move)(?: that| to)? |"
    r"are we ready to |(?:shall|should) we |how about |let['’]?s )",
    re.IGNORECASE,
)
_NONE = re.compile(r"\W*(?:no(?:ne|pe)?|nothing|not from me|no objections?.*|fine (?:with|by) me.*|go ahead.*)\W*$")
_SENTENCE = re.compile(r"(?<=[a-z0-9)][.!?]) +")
_LONG = 14  # lines that a round of old actions lasts without another one
_OPENS = re.compile(
    r"^\W*(?:(?:that['’]s |it['’]s )?an? )?good question\W*"
    r"(?:$|(?:but |and )?(?:i |we )?(?:don['’]t know|do not know|not sure|no idea))|"
    r"\b(?:(?:i|we) (?:don['’]t|do not) know|not sure|unclear|no idea|open question|remains open|"
    r"still open|park (?:it|this|that)|"
    r"take (?:it|this|that) (?:offline|to the list|to the mailing list)|come back to (?:it|this|that)|needs? "
    r"(?:more|further) (?:thought|discussion)|"
    r"leave (?:it|this|that) open|have to find out)\b"
)
_UNKNOWN = re.compile(  # in a short reply, at the beginning of a sentence
    r"(?:^|[.!?,;…] |\.\.+ ?)(?:(?:hm+|uh+|um|ugh|oh|ha|well|good (?:one|question)|sorry|honestly|tbh|ehrlich|hm|puh|"
    r"gute frage|also|tja)\b[,.!… ]*)*"
    r"(?:(?:i(?:['’]ve)? |i have |got )?no (?:clue|idea)|haven['’]?t (?:a|the) (?:clue|foggiest)|dunno|idk|(?:i "
    r")?don['’]?t know|"
    r"(?:nobody|no one|god|goodness|heaven|who) knows|(?:there['’]?s )?no answer\b|not sure|"
    r"(?:(?:i|we)(?:['’]d| would|['’]ll)? )?(?:have|need|ought|got) to (?:check|ask|look|find out|think|see|measure|"
    r"clarify|count)|gotta (?:check|ask|look)|"
    r"(?:i|we)['’]?(?:d| would) (?:have|need) to (?:\w+)|need to think|"
    r"keine ahnung|(?:das )?wei(?:ß|ss) (?:ich|keiner|niemand)(?: (?:auch|noch|leider))*(?: nicht)?\b|"
    r"(?:das )?müss(?:en|ten) wir (?:noch )?(?:klären|fragen|nachsehen|prüfen|schauen)|muss ich (?:\w+ )?(?:fragen|"
    r"nachsehen|prüfen|schauen))\b"
)
#: Words without one of which no line says that nobody knows.
UNKNOWN = typed(
    "idea clue foggiest dunno idk know knows answer sure check ask look find think see measure clarify count question "
    "unclear open ahnung weiß weiss klären fragen nachsehen prüfen schauen"
)
_SHORT = 16  # words of such a reply
_STILL = re.compile(
    r"\W*(?:(?:and|so|ok(?:ay)?|well),? )*(?:(?:what is )?still (?:open|unclear|to be (?:decided|clarified|"
    r"answered))|(?:an? |the |one )?open (?:question|point|issue)s?|"
    r"unclear|to be (?:clarified|decided)|unsolved|offene? (?:frage|punkt)|noch offen|unklar)(?: is)? ?[:–-] "
    r"?(?P<what>\S.{5,})"
)
_PERSONAL = re.compile(  # what is asked of somebody, not of the matter
    r"(?:^|[.!,;:] )(?:(?:and|so|but|ok|hey|hi|oh)\b,? )*(?!do you (?:know|remember|have)\b|weißt du,? (?:wer|was|wo|"
    r"ob)\b)(?:(?:how|what|where|when|why|who) )?(?:are|were|did|do|"
    r"have|can|could|would|will|how could|how can|weißt|kannst|hast|bist) "
    r"(?:you|u|ya|du|ihr)\b|what(?:['’]s| is)? (?:the )?(?:time|day)\b|wie spät|how(?:['’]s| is| was) (?:it going|"
    r"life|everything|your)|\bmy (?:\w+)\W*$"
)
_REPLIES = re.compile(
    r"\W*(?:yes|yep|yeah|no|nope|sure|ok|okay|will do|of course|i (?:(?:don['’]t|do not) )?think|ja|nein|klar)\b"
    r"(?!,? (?:i |we )?(?:don['’]t know|idea|clue))"
)
_SUGGESTS = re.compile(
    r"\W*(?:(?:so|ok(?:ay)?|well|then|and)[, ]+)?(?:are we ready to \w|shall we \w|"
    r"let['’]?s (?!(?:not|be|see|hear|try|talk|discuss|move on|go on|get back|hope|wait|assume|say)\b)\w|"
    r"i think .{3,80} is (?:fine|ok))"
)
_ASKS = re.compile(
    r"(?:^|[,.;:-] )(?:so |and |but |ok,? |well,? )?(?:what|who|whom|when|where|which|why|how|should|shall|do|"
    r"does|did|is|are|can|could|will|would|has|have|may|must|was|were|wer|was|wann|wo|wie|warum|wieviel|welche[rsmn]?|"
    r"kann|können|darf|dürfen|muss|müssen|ist|sind|hat|haben|gibt|braucht|brauchen|zahlt)\b"
)


def is_suggestion(low: str) -> bool:
    """Whether a line puts something to the others: "shall we …?", "let's …", "I think … is fine"."""
    return _SUGGESTS.match(low) is not None


def suggested(text: str) -> str:
    """What a suggestion suggests; any other text as it is."""
    if text[-1:] != "?" or not is_suggestion(text.lower()):
        return text
    said = _PROPOSED.sub("", text).rstrip(" ?")
    return said[:1].upper() + said[1:]


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


def open_questions(talk: Talk, accepted: Collection[int] = ()) -> list[tuple[int, int]]:
    """
    Places of questions, each with that of the line that says that there is no answer, and none comes later.

    :param accepted: places of requests that somebody took on: they are no questions.
    """
    found: list[tuple[int, int]] = []
    for place, low in enumerate(talk.lows):
        if low[-1:] != "?" and not leaves_open(low):
            continue
        opened = left_open(talk, place)
        if opened is not None and place not in accepted and not _answered(talk, place, opened):
            found.append((place, opened))
    return found


def leaves_open(low: str) -> bool:
    """Whether a line, in lower case, calls a question open."""
    return ("open" in low or "unclear" in low or "offen" in low or "unklar" in low) and _STILL.match(low) is not None


def knows_not(low: str) -> bool:
    """Whether a short line, in lower case, says that nobody knows."""
    return _UNKNOWN.search(low) is not None or _OPENS.search(low) is not None


def left_open(talk: Talk, place: int) -> int | None:
    """The place of the line that says that there is no answer to the question of a line: itself, or one of the next."""
    low = talk.lows[place]
    if leaves_open(low):
        return place
    if low[-1:] != "?" or not 3 < len(talk.words[place]) < 60 or not _ASKS.search(low):
        return None
    nick = talk.lines[place].nick
    for other in range(place + 1, min(len(talk.lows), place + 4)):
        reply = talk.lows[other]
        if talk.lines[other].nick == nick:
            continue
        words = talk.words[other]
        if len(talk.words[place]) > 4 and _OPENS.search(reply):
            return None if _PERSONAL.search(low) else other
        if len(words) < _SHORT and not UNKNOWN.isdisjoint(words) and _UNKNOWN.search(reply):
            return None if _PERSONAL.search(low) or "lol" in reply or "haha" in reply else other
        if _REPLIES.match(reply):
            return None
    return None


def asked(text: str) -> str:
    """The question of a line, without the sentences before it, and without the words that call it open."""
    text = without_cue(text).strip()
    question = _SENTENCE.split(text)[-1]
    question = question if len(question.split()) > 2 else text
    return question[:1].upper() + question[1:]


def without_cue(text: str) -> str:
    """A question without the words before it that call it open; any other text as it is."""
    still = _STILL.match(lowered(text))
    return text[(place := still.start("what"))].upper() + text[place + 1 :] if still else text


def _answered(talk: Talk, place: int, opened: int) -> bool:
    """Whether somebody answers soon after it was said that nobody can."""
    asked = {word.strip(EDGE) for word in talk.words[place]}
    asked = {word for word in asked if len(word) > 4}
    other_question = False
    for other in range(opened + 1, min(len(talk.lows), opened + LATER)):
        low = talk.lows[other]
        if low[-1:] == "?" or _OPENS.search(low):
            other_question |= low[-1:] == "?"
            continue
        if other < opened + 4 and not other_question and _REPLIES.match(low):
            return True
        if len(asked & {word.strip(EDGE) for word in talk.words[other]}) > 1:
            return True
    return False


def unopposed(talk: Talk) -> list[tuple[int, str, tuple[int, ...]]]:
    """
    What somebody asked objections to and nobody had one.

    What it was is said after the question, in it ("to moving …"), or in a proposal before it; or it is left out.

    :returns: the place that says it, in which words, and the places of question and answers.
    """
    found: list[tuple[int, str, tuple[int, ...]]] = []
    for place, low in enumerate(talk.lows):
        asked = _OBJECTIONS.search(low) if "bjection" in low or "pposed" in low else None
        if asked is None:
            continue
        answers, settled = _unopposed(talk, place)
        if not answers:
            continue
        what = talk.lines[place].text[asked.start("what") : asked.end("what")].strip(" ?.!,") if asked["what"] else ""
        if settled > 0 and set(talk.words[settled]) & {word for word in low.split() if len(word) > 4}:
            found.append((settled, talk.lines[settled].text.strip(), (place, *answers)))
        elif len(what.split()) > 1:
            found.append((place, what[:1].upper() + what[1:], tuple(answers)))
        elif not what and (before := _proposal(talk, place)) >= 0:
            said = _PROPOSED.sub("", talk.lines[before].text.strip()).rstrip(" ?")
            found.append((before, said[:1].upper() + said[1:], (place, *answers)))
    return found


def _unopposed(talk: Talk, place: int) -> tuple[list[int], int]:
    """The places of those who agree to a question, none if somebody objects, and of what the asker makes of it."""
    nick, answers, settled = talk.lines[place].nick, list[int](), -1
    for other in range(place + 1, min(len(talk.lows), place + 6)):
        text = talk.lows[other]
        if talk.lines[other].nick == nick:
            if text.startswith("no objection"):
                answers.append(other)
            elif answers and settled < 0 and len(talk.words[other]) > 3 and not text.endswith("?"):
                settled = other
        elif talk.agrees[other] > 0 or talk.nods[other] or _NONE.match(text):
            answers.append(other)
        elif talk.agrees[other] < 0 or "object" in text:
            return [], -1
    return answers, settled


def _proposal(talk: Talk, place: int) -> int:
    """The place of the proposal shortly before a question, or -1."""
    for other in range(place - 1, max(-1, place - 1 - BACK), -1):
        if 3 < len(talk.words[other]) < 40 and _PROPOSES.search(talk.lows[other]):
            return other
    return -1


LATER = 9  # lines after "I don't know" in which an answer still counts
BACK = 6  # lines before "any objections?" in which a proposal is looked for
