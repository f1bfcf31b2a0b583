"""
What people agree on in plain words: a proposal and somebody else's yes, or a line that says that it is decided.

"I think we should print only two hundred." – "Agreed." is a decision, and so are "Then it's decided, we stay",
"we go with larch", "late birds it is", and "agreed, two bikes" where bikes were spoken of. Sure where somebody else
agrees in so many words, or several nod; one "ok" to a proposal leaves it possible, a "no" or a "hmm" undoes it.
Leaves out votes and what is read back after them (:mod:`ccm.reporter.finding`), and what is told at length of what
"we decided" (:mod:`ccm.reporter.settled`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ccm.reporter.cues import EDGE, READ, Talk, listed, typed
from ccm.reporter.patterns import lowered


class Agreement(NamedTuple):
    """
    Something agreed on.

    :ivar place: of the line that says what.
    :ivar sources: places of the lines that agree.
    :ivar sure: it was said to be decided, or somebody else agreed in so many words.
    """

    place: int
    text: str
    sources: tuple[int, ...]
    sure: bool


#: Words without one of which a line proposes nothing.
PROPOSING = typed(
    "should could let's let’s lets shall propose suggest suggestion proposal about why vote agreed lass lasst sollen "
    "wollen sollten "
    "schlage vorschlag einverstanden allowed permitted forbidden banned free required mandatory optional erlaubt "
    "verboten ok? okay? deal? everyone?"
)
#: Words that say that something is decided.
SETTLED = typed("agreed decided settled decide decision verdict beschlossen entschieden abgemacht einverstanden deal")
_SETTLING = SETTLED | typed("go stick settle then answer wir")
#: Words that begin an answer that agrees.
ANSWERING = typed(
    "agreed agree i +1 👍 deal sold sounds works fine good great let's let’s lets love yes yess yesss yeah yep yup ok "
    "okay k sure nice "
    "perfect cool super lovely fair in seconded you've like me einverstanden abgemacht passt dafür bin gute machen "
    "ja jo gut prima klar "
    "top ah absolutely definitely"
)
_SO = (
    r"(?:(?:so|ok(?:ay)?|k|well|then|right|al?right|great|good|fine|yes|yeah|yep|cool|perfect|now|and|done|all right|"
    r"haha|ha|"
    r"na gut|gut|also|dann|ja|super|i(?:['’]ve)? changed? my mind)\b[,:.!]? )*"
)
_DECIDED = re.compile(
    rf"{_SO}(?:"
    r"(?:it(?:['’]?s| is)|that(?:['’]?s| is)|thats|its) (?:decided|settled|agreed)(?: then)?(?:,| that|:| –| -|;) ?|"
    r"(?:then )?we(?:['’]ve| have)? (?:all )?(?:just |now )?(?:decided|agreed)(?: now)?(?::|, ?|;) ?|"
    r"(?:ok )?(?:agreed|decided|settled|deal|abgemacht|beschlossen|entschieden|einverstanden)(?::| –| -| then:) ?|"
    r"(?:the |our |my )?(?:final )?(?:decision|verdict)(?: is| then)?(?::|,| that) ?|final answer(?::| is) ?|"
    r"(?:es ist|das ist|ist)? ?(?:damit |also )?(?:beschlossen|entschieden|abgemacht)(?::|,) ?(?:dass )?|"
    r"ist es (?:beschlossen|entschieden)(?::|,) ?"
    r")(?P<what>\S.{3,})"
)
_GO_WITH = re.compile(
    rf"{_SO}(?P<what>(?:we(?:['’]?ll| will| are going to)?|let['’]?s|i say we|wir) "
    r"(?:go with|stick with|stick to|settle on|settle for|nehmen|bleiben bei|machen) (?!it\b|that\b|what|the "
    r"flow\b)\S.+|"
    r"(?<=then )we(?:['’]?ll| will)? (?:take|use|keep|buy|call it) (?!it\b|that\b|this\b|them\b)\S.+)"
)
_IT_IS = re.compile(rf"{_SO}(?P<what>(?P<thing>\S+(?: \S+){{0,3}}) it is)(?: then)?\W*$")
_KIND = re.compile(r"(?:an? )?(?:project|incident|challenge|requirement|venture|meeting)$")
_AGREED_TO = re.compile(rf"{_SO}agreed, (?P<what>\S.*)")
_DECIDE_SO = re.compile(
    r"^(?:we decide (?:that|it|so)(?: so)?|(?:so|that|it)(?:['’]s| is) decided(?: then)?|das ist beschlossen)\W*$"
)
_OURS = re.compile(r"^(?:we(?:['’]?ll| will)|we) \S+ \S.*")
_FINITE = re.compile(  # a comment ("agreed, it is enough"), or no name of a thing ("there it is")
    r"\b(?:i|you|he|she|they|it|that|is|are|was|were|be|has|have|had|does|do|did|will|would|could|should|can|may|"
    r"reads?|but|though|"
    r"although|because|best|worst|nobody|thanks?)\b|['’](?:s|re|m|ve|d|ll)\b"
)
_NO_THING = re.compile(
    r"\b(?:there|here|such|says?|know|think|guess|depends|yeah|what(?:ever)?|how|where|who|which(?:ever)?|not|this|"
    r"so|as|with|yes|oh)\b"
)
_EARLIER = re.compile(
    r"\b(?:last|previous) (?:time|week|meeting|month|year|call)|\b(?:ago|already|earlier|originally|back then|if|"
    r"disagree|"
    r"letztes|schon|damals)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?;…])(?<!\b\d\.)(?<!\b\d\d\.)[.!?)]*\s+|\n")

# ---- proposals

_WE = r"(?:that )?we(?:['’]?d| would| could| should|['’]ll| just)? (?:should |could |all |better |also |just |simply )*"
_PROPOSES = re.compile(
    rf"{_SO}(?:hm+,? |hmm+,? |maybe |perhaps |honestly,? |imo,? |in my (?:opinion|view),? |for me,? )*(?:"
    r"(?P<opinion>(?:i think|i['’]?d say|i would say|i guess|i feel|i believe|ich finde|ich denke|ich meine),? "
    r"(?:that )?"
    r"(?:we|wir) (?:should|ought to|could|need to|sollten) (?:all |just |also |really )*)|"
    rf"(?:i(?:['’]?d| would)? (?:suggest|propose|vote|say)|my (?:proposal|suggestion|idea)(?: is| would be)?:?|"
    rf"suggestion:|proposal:|"
    rf"(?:ich schlage vor|mein vorschlag(?: ist| wäre)?:?|vorschlag:)),? ?(?:dass |{_WE}|(?:that )?(?:to )?)|"
    r"(?:shall|should|sollen|wollen|sollten) (?:we|wir) |(?:why don['’]?t|what if) we |how about (?:we |if we )?|"
    r"what about (?:we |if we )|"
    r"let['’]?s |lass(?:t)? uns |(?P<wish>we (?:should|(?P<could>could)|ought to) (?:just |also |all |really )*)"
    r")(?P<what>\S.{4,})"
)
_RULES = re.compile(
    rf"{_SO}(?P<what>\S.{{2,60}} (?:is|are|stays?|ist|sind) (?:not |no longer |nicht |un)?(?:allowed|permitted|"
    rf"forbidden|banned|free|required|"
    r"mandatory|compulsory|optional|erlaubt|verboten|frei)\b.*)"
)
_TAG = re.compile(
    r"(?:[.,;!]|\s[–-])\s*(?:agreed|ok(?:ay)?|all right|al?right|deal|everybody ok(?:ay)?|ok with (?:everyone|"
    r"everybody|you)|is that ok(?:ay)?|"
    r"fine with (?:you|everyone|everybody)|einverstanden)(?: everyone| everybody| all)?\s*\?$"
)
_NO_PROPOSAL = re.compile(
    r"(?:not? (?:forget|worry|be|say)\b|say\b|see\b|go\b(?! (?:with|for|ahead with|by|to the)\b)|start(?: now)?\W*$|"
    r"begin\W*$|(?:get )?start(?:ed)?(?: with)?\b(?= |\W*$)(?! .*\b\w{4,})|"
    r"hope\b|wait\b|talk\b|discuss\b|move on|continue\b|go on|take (?:a|five|ten|this|it|that)\b|have (?:a |some "
    r")?(?:lunch|dinner|coffee|break|tea|beer|drink|look)|"
    r"call it a day|get (?:going|coffee|lunch|some|back|a )|eat\b|drink\b|sleep\b|be\b|pretend\b|assume\b|not\W*$|do "
    r"(?:this|that|it)\b|leave (?:it|that|this)\b|"
    r".*\bas an? (?:project|incident|challenge|requirement|venture|meeting)\b|have (?:called|asked|done|been|known|"
    r"gone)|anfangen|weitermachen|los\b|essen\b|come back|party\b|meet up\b|"
    r"hear\b|think\b|look\b|know\b|find out\b|try to\b|clarify\b|make sure\b|note\b|remember\b|thank\b|"
    r"give\b.*\bminutes\b)"
)
_LUNCH = re.compile(
    r"\b(?:lunch|dinner|coffee|pub|beers?|break|pizza|cinema|karaoke|drinks?|mittag|kaffee|bier|pause)\b"
)

_AGREES = re.compile(
    r"\W*(?:(?:yes|yeah|yep|ok|okay|oh|ah|good idea|great idea|ja|fine|sure|sold|right)\b[,.!]* )*"
    r"(?:agreed|i agree|agree|\+1|👍|deal|sold|sounds (?:good|great|fine|right)|works for (?:me|us)|(?:fine|good|ok|"
    r"okay) (?:by|with|w/?|for) (?:me|us)|"
    r"let['’]?s (?:do (?:that|it|this|so)|go (?:with|for) (?:that|it))|love (?:it|that)|(?:yes|oh yes|yess+)[,!]? "
    r"(?:please|pls|let['’]?s|definitely|absolutely)|"
    r"good idea|great idea|i['’]?m (?:in favou?r|for (?:it|that))|in favou?r|seconded|you(?:['’]ve| have) convinced "
    r"me|like it|me too|"
    r"i like (?:it|that)|no objections?|einverstanden|abgemacht|passt|dafür|bin dafür|gute idee|machen wir(?: so)?|"
    r"so machen wir(?: es|'s|s)?)\b"
    r"(?!,? (?:but|though|if|when|except|aber)\b)(?! (?:with (?!me\b|us\b|it\b|that\b|you\b)|to\b))",
)
_NODS = re.compile(
    r"\W*(?:yes+|yeah|yep|yup|ok|okay|k|fine|sure|great|good|nice|perfect|cool|super|lovely|right|fair|ja|jo|gut|"
    r"prima|klar|top)(?: (?:then|ok|enough|yes|ja|one))?\W*$"
)
_OBJECTS = re.compile(
    r"\W*(?:no(?! (?:problem|objection|worries))|nope|nah|but\b|hm+\b|not sure|i (?:don['’]?t|do not|disagree|would "
    r"rather|['’]?d rather)|wait\b|"
    r"i['’]?m (?:against|not)|actually\b|too (?:\w+)\b|nein|nicht|aber|lieber nicht)"
)
_CONFIRMS = re.compile(
    rf"{_SO}(?:let['’]?s do (?:that|it|this|so)|we(?:['’]ll| will)? do (?:that|it) so|machen wir so|so machen wir(?: "
    rf"es|s)?)\W*$"
)

WITHIN = 4  # lines after a proposal in which it is agreed to
BACK = 6  # lines before "agreed, two bikes" in which they are spoken of
LONGEST = 26  # words of what is agreed on
SHORT = 12  # words of an answer are fewer
MOST_WORDS = 60  # of a line
_PLAIN = listed(
    "the and for with that this then agreed okay well just only also have from they them what which year our your"
)


def agreements(talk: Talk) -> list[Agreement]:
    """What the people of a talk agree on, in its order."""
    found: list[Agreement] = []
    answers = [
        0 < len(words) < SHORT and words[0] in ANSWERING and agrees(low)
        for low, words in zip(talk.lows, talk.words, strict=True)
    ]
    for place, words in enumerate(talk.words):
        if may_settle(talk.lows[place], words) and (text := told(talk, place)):
            _add(found, Agreement(place, text, (), True))
        elif (
            True in answers[place + 1 : place + 1 + WITHIN]
            and not PROPOSING.isdisjoint(words)
            and (one := agreed_to(talk, place)) is not None
        ):
            _add(found, one)
    return found


def may_settle(low: str, words: Sequence[str]) -> bool:
    """Whether a line, in lower case, with these words may say that something is decided."""
    if _SETTLING.isdisjoint(words) and " it is" not in low[-12:]:
        return False
    return 1 < len(words) < MOST_WORDS and (
        not SETTLED.isdisjoint(words)
        or " it is" in low[-12:]
        or "then we" in low
        or "go with" in low
        or "stick with" in low
        or "settle on" in low
        or "final answer" in low
        or low.startswith("wir ")
    )


def _add(found: list[Agreement], one: Agreement) -> None:
    """Take one up, unless it says again what was agreed just before."""
    mine = _content(one.text)
    for other in reversed(found[-3:]):
        theirs = _content(other.text)
        if one.place - other.place <= 2 * WITHIN and 2 * len(mine & theirs) >= min(len(mine), len(theirs)) > 0:
            return
    found.append(one)


def told(talk: Talk, place: int) -> str:
    """What a line says is decided, or ``""``."""
    for said in settling(talk.lines[place].text):
        if said.back:
            what = said.what or (talk.lines[place - 1].text.strip() if place else "")
            if what and what[-1] != "?" and 1 < what.count(" ") < LONGEST:
                begin = re.match(_SO, lowered(what))
                return _worded(what[begin.end() if begin else 0 :])
        elif not said.thing or _spoken_of(talk, place, said.thing):
            return _worded(said.what)
    return ""


class Settling(NamedTuple):
    """
    A sentence that says that something is decided.

    :ivar thing: what must have been spoken of just before; ``""`` if it stands for itself.
    :ivar back: it means the sentence before it, which is *what*, or else the line before.
    """

    what: str
    thing: str = ""
    back: bool = False


def settling(text: str) -> list[Settling]:
    """The sentences of a text that say that something is decided."""
    found: list[Settling] = []
    parts = [part.strip() for part in _SENTENCE.split(" ".join(text[:READ].split())) if part.strip()]
    for number, part in enumerate(parts):
        low = lowered(part)
        if low[-1] == "?" or _EARLIER.search(low):
            continue
        if _DECIDE_SO.match(low):
            found.append(Settling(parts[number - 1] if number else "", back=True))
            continue
        one = _DECIDED.match(low) or _GO_WITH.match(low)
        if one is not None and one["what"].count(" ") < LONGEST:
            found.append(Settling(part[one.start("what") :]))
        elif (one := _AGREED_TO.match(low)) is not None and _FINITE.search(one["what"]) is None:
            found.append(Settling(part[one.start("what") :], one["what"]))
        elif (one := _IT_IS.match(low)) is not None:
            thing = one["thing"]
            if not (_NO_THING.search(thing) or _KIND.match(thing) or _FINITE.search(thing)):
                found.append(Settling(part[one.start("what") :], thing))
    return found


def agrees(low: str) -> bool:
    """Whether a short line, in lower case, may agree to a proposal."""
    return _AGREES.match(low) is not None or _NODS.match(low) is not None or low.startswith("+1")


def _spoken_of(talk: Talk, place: int, what: str) -> bool:
    """Whether what somebody agrees to was spoken of just before."""
    mine = _content(what)
    return any(mine & _content(talk.lows[other]) for other in range(max(0, place - BACK), place))


def _content(text: str) -> set[str]:
    words = {word.strip(EDGE) for word in text.lower().split()}
    return {word for word in words if len(word) > 2 and word not in _PLAIN}


def agreed_to(talk: Talk, place: int) -> Agreement | None:
    """The proposal of a line, if it is one and others agree to it."""
    said = proposed(talk.lines[place].text[:READ])
    if said is None:
        return None
    what, plainly, certainly = said
    nick, agree, nod, text = talk.lines[place].nick, list[int](), list[int](), ""
    for other in range(place + 1, min(len(talk.lows), place + 1 + WITHIN)):
        reply = talk.lows[other]
        first, _, rest = reply.partition(". ") if "." in reply else reply.partition("! ")
        if talk.lines[other].nick == nick:
            if _OBJECTS.match(reply):
                return None
            if "?" in reply and len(talk.words[other]) > 4:
                break
        elif _CONFIRMS.match(first):
            agree.append(other)
            text = talk.lines[other].text[-len(rest) :] if _OURS.match(rest) and "?" not in rest else text
        elif talk.agrees[other] < 0 or _OBJECTS.match(reply):
            return Agreement(place, what, tuple(agree), False) if agree else None
        elif len(talk.words[other]) < SHORT and (_agrees_only(talk, other) or _AGREES.match(reply)):
            agree.append(other)
        elif _NODS.match(reply):
            nod.append(other)
        elif "?" in reply or proposed(talk.lines[other].text[:READ]):
            break  # what follows answers that
    if not agree and not (nod and plainly):
        return None
    sure = (bool(agree) and certainly) or len({talk.lines[other].nick for other in nod}) > 1
    return Agreement(place, _worded(text) if text else what, (*agree, *nod), sure)


def _agrees_only(talk: Talk, place: int) -> bool:
    """Whether a line is a vote in favour and no more: "+1 to the other idea" is for something else."""
    return talk.agrees[place] > 0 and len(talk.words[place]) < 5 and not _FOR_ELSE.search(talk.lows[place])


_FOR_ELSE = re.compile(r"^\W*\d* (?:to|for) (?!me\b|us\b|it\b|this\b|that\b)")


def proposed(text: str) -> tuple[str, bool, bool] | None:
    """What a line proposes, worded for the record, whether it asks the others for it, and whether more than "could"."""
    text = " ".join(text.split())
    tagged = _TAG.search(text.lower()) if text[-1:] == "?" else None
    parts = [part for part in _SENTENCE.split(text[: tagged.start()] if tagged else text) if part]
    if not parts or len(parts) > 4:
        return None
    for part in parts[-1:] if tagged else parts:
        low = lowered(part)
        words = low.split()
        if not 2 < len(words) <= LONGEST or (tagged is None and PROPOSING.isdisjoint(words)):
            continue
        if _LUNCH.search(low) or _EARLIER.search(low):
            continue
        found = _PROPOSES.match(low)
        if found is None and (rule := _RULES.match(low)) and low[-1] != "?":
            return _worded(part[rule.start("what") :]), False, True
        if found is None and tagged and not low.startswith("i "):
            begin = re.match(_SO, low)
            return _worded(part[begin.end() if begin else 0 :]), True, True
        if found is not None and not _NO_PROPOSAL.match(found["what"]) and " or " not in found["what"]:
            return _worded(part[found.start("what") :]), not (found["wish"] or found["opinion"]), not found["could"]
    return None


_TAIL = re.compile(r",? (?:because|since|but|so that|if (?:that|it)['’]?s|weil|right|ok(?:ay)?)\b.*$|[\s.,;:!?–-]+$")


def _worded(said: str) -> str:
    """A decision without the mark at its end, with a capital."""
    text = said.strip(" \"'“”").rstrip(" .,;:!?–-")
    if (end := _TAIL.search(text.lower(), 12)) is not None:
        text = text[: end.start()]
    return text[:1].upper() + text[1:]
