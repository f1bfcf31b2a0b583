"""
What people take on in plain words, with a time: "I can make the list by Friday", "I buy a hose tomorrow".

The grammar is that of a promise: *I*, a way of saying that one will (or the bare present), a deed, a time. A condition,
a no, a question or a past in the same sentence and it is none; a doubt and it is only possible. What is done for
oneself is no task (:mod:`ccm.reporter.everyday`). Leaves out promises without a time, which a model judges
(:mod:`ccm.reporter.promises`), and what is asked for (:mod:`ccm.reporter.requests`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ccm.reporter.cues import READ, Talk, listed
from ccm.reporter.everyday import TIMES, is_german_task, is_task, when_in
from ccm.reporter.patterns import lowered
from ccm.reporter.roles_of_actions import to_whom, together, with_matter
from ccm.reporter.statements import TAKES_NOTES


class Commitment(NamedTuple):
    """
    Something that somebody takes on.

    :ivar phrase: the words that say until when.
    :ivar sure: nothing in the sentence leaves a doubt.
    :ivar sources: places of lines before that say what is meant.
    """

    place: int
    owner: str
    text: str
    phrase: str
    sure: bool
    sources: tuple[int, ...]


#: Words without one of which no line is looked at.
SPEAKS = listed("i i'll i’ll ill i'm i’m im gonna will ich let")
_MODALS = listed("i'll i’ll ill will shall can could might may gonna going let ll")
_MODAL = (
    r"i ?['’]?ll|i will|i shall|i['’]?m (?:going to|gonna)|i am going to|im (?:going to|gonna)|i can(?!['’]?t|not)|"
    r"i could|i might|i may|let me|gonna|will"
)
_BY_THE_WAY = (
    r"(?:also|then|just|happily|gladly|definitely|certainly|quickly|try (?:to|and)|probably|maybe|perhaps|go ahead and|"
    r"be able to|do my best to|of course|surely|simply|now|make sure to|take an action to)"
)
_TAKES_ON = re.compile(rf"(?<![\w'’])(?P<how>{_MODAL}) (?P<by>(?:{_BY_THE_WAY} )*)(?P<what>[a-z].*)")
_BARE = re.compile(r"(?<![\w'’])i (?P<what>(?P<verb>[a-z]+) .*)")
_ICH = re.compile(
    r"(?<!\w)(?:ich (?P<verb>werde|kann|[a-zäöüß]+e)|(?P<turned>werde|kann|[a-zäöüß]+e) ich)\b (?P<what>.+)"
)
_NOT_SO = re.compile(
    r"n['’]t\b|\b(?:(?:ca|wo|do|does|did|is|are|was|were|have|has|could|should|would)nt|not|never|already|if|unless|"
    r"would have|could have|should have|was|were|had|wish|cannot|nicht|"
    r"kein\w*|"
    r"falls|wenn|said|told|says|thought|nobody|no one|hardly|every|when|or not|wonder)\b"
)
_WHETHER = re.compile(
    r"\b(?:ask|see|check|know|find out|test|verify|tell|investigate|wissen|fragen?)\b(?: \S+){0,4}? (?:if|when|wenn)\b"
)
_DOUBTS = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|may|could|would|should|i['’]d|try|hope|hopefully|guess|i think|"
    r"ideally|depends|"
    r"vielleicht|eventuell|wohl|mal sehen)\b"
)
_ELLIPTIC = ("gonna", "will", "let me")
_AMBIGUOUS = listed("put cut read set let hit quit shut split cost spread")  # I put it there on Friday: past or not
_ENDS = re.compile(r"(?<=[.!?;])[.!?;)]*\s+|\n|\s(?:–|—|-{1,2})\s")
_GOES_ON = re.compile(
    r",? (?:but|because|since|so that|as (?:i|we)\b|which|whose|then (?:we|you)\b|so (?:we|you|it)\b)|, (?:i['’]?ll|"
    r"i will|will) do (?:it|that|so)\b|"
    r",? weil\b|, (?:ok(?:ay)?|right|promised?|ja)\b\W*$"
)
_LONGEST = 28  # words of a sentence
_BEFORE = 7  # words of it before "I"


def committed(talk: Talk) -> list[Commitment]:
    """What people of a talk take on with a time, in their order."""
    found = []
    for place, words in enumerate(talk.words):
        if not (TIMES.isdisjoint(words) or SPEAKS.isdisjoint(words)) and (one := commitment(talk, place)) is not None:
            found.append(one)
    return found


def commitment(talk: Talk, place: int) -> Commitment | None:
    """What the speaker of a line takes on in it."""
    text = " ".join(talk.lines[place].text[:READ].split())
    if (said := undertaken(text)) is None:
        return None
    owner, _ = together(talk, _speaker(talk, place, text), said.low, said.begin)
    roles = with_matter(talk, place, owner, to_whom(talk, said.what), said.phrase, "first")
    return Commitment(place, roles.owner, roles.text, roles.phrase, said.sure, roles.sources)


class Undertaken(NamedTuple):
    """
    What a text says that its speaker takes on.

    :ivar low: the sentence, in lower case. :ivar begin: where in it somebody says "I".
    """

    low: str
    begin: int
    what: str
    phrase: str
    sure: bool


def undertaken(text: str) -> Undertaken | None:
    """The first sentence of a text in which its speaker takes something on with a time."""
    for sentence in _ENDS.split(text):
        low = lowered(sentence)
        words = low.split()
        if not 2 < len(words) <= _LONGEST or low[-1] == "?" or SPEAKS.isdisjoint(words) or TIMES.isdisjoint(words):
            continue
        if (
            (said := _said(low, words)) is None
            or (when := when_in(low)) is None
            or _NOT_SO.search(_WHETHER.sub("", low))
        ):
            continue
        begin, start = said
        what = sentence[start:]
        if end := _GOES_ON.search(lowered(what), 8):
            what = what[: end.start()]
        return Undertaken(low, begin, what, sentence[when.start() : when.end()], _DOUBTS.search(low) is None)
    return None


_SPOKEN = re.compile(
    r"(?:@?(?P<who>[^\W\d_][\w.|^-]{0,30}(?: [\w.|'-]{1,30}){0,2}): )?"
    r"(?:(?:and|so|but|then|ok(?:ay)?|well|yes|yeah|yep|sure|great|right|fine|al?right|now|thanks|thank you|cool|"
    r"perfect|good|super|gut|ja|gern|no (?:problem|worries))\b[,.!: ]*)*"
    r"(?P<i>i ?['’]?ll|i will|i shall|i can|i['’]?m (?:going to|gonna)|i am going to|let me) "
    rf"(?:{_BY_THE_WAY} )*(?P<what>[a-z]\S* \S.*)",
    re.IGNORECASE | re.DOTALL,
)


def in_first_person(text: str, by: str) -> tuple[str, str] | None:
    """
    Whom words bind that somebody put down as an action, and what to do, where a promise follows other words.

    "Great. I'll ask the council" binds who says it; "kim: great, I'll ask them" binds Kim, whose words it quotes.
    """
    found = _SPOKEN.match(text)
    if found is None or not found.start("i"):
        return None
    return found["who"] or by, found["what"][:1].upper() + found["what"][1:]


def _speaker(talk: Talk, place: int, text: str) -> str:
    """Who says it: of "kim: I'll …", written down by somebody who takes notes, that is Kim."""
    nick = talk.lines[place].nick
    name, colon, _ = text.partition(": ")
    quoted = talk.names.get(name.strip("<>@").lower()) if colon else None
    return quoted if quoted and talk.quotes_by(nick) >= TAKES_NOTES else nick


def _said(low: str, words: Sequence[str]) -> tuple[int, int] | None:
    """Where in a sentence its speaker takes something on, and where the deed begins."""
    if not _MODALS.isdisjoint(words) and (found := _TAKES_ON.search(low)) is not None and _is_main(low, found.start()):
        begin = found.start()
        if found["how"] in _ELLIPTIC and low[:begin].rstrip()[-1:].isalnum() and _OPENING.search(low[:begin]) is None:
            return None
        return (begin, found.start("what")) if is_task(found["what"], known=found["how"] == "will") else None
    if "i" in words and (found := _BARE.search(low)) is not None and _is_main(low, found.start()):
        task = found["verb"] not in _AMBIGUOUS and is_task(found["what"], known=True)
        return (found.start(), found.start("what")) if task else None
    if "ich" in words and (found := _ICH.search(low)) is not None:
        verb = found["verb"] or found["turned"]
        if verb in ("werde", "kann"):
            return found.start(), found.start("what")
        if is_german_task(verb):
            return found.start(), found.start("verb") if found["verb"] else found.start("what")
    return None


_OPENING = re.compile(
    r"(?:^|[.,;:!–—-] ?)(?:(?:and|so|but|then|ok(?:ay)?|k|well|yes|yeah|yep|sure|great|right|fine|al?right|now|also|"
    r"thanks|cool|me|perfect|good|no worries|np)\b[,.!: ]*)*$"
)
_SUBORDINATE = re.compile(
    r"\b(?:that|which|who|what|how|why|where|while|because|since|than|whether|as|think|know|knew|hope|sure|he|she|"
    r"they|it|you|"
    r"we|mean|say)\b(?! one\b)"
)


def _is_main(low: str, start: int) -> bool:
    """Whether the words before *I* leave it the subject of the sentence: nothing, "great,", "for the party"."""
    before = low[:start]
    if _OPENING.search(before):
        return True
    return before.count(" ") <= _BEFORE and _SUBORDINATE.search(before) is None
