"""
Who does what until when: the parts of an action, from the line that says it and those before it.

Owners are named ("Kim to …", "AC to …", "Chairs to …", "… (Kim)"), speak for themselves ("I'll …"), are spoken to
("Kim, can you …") or quoted by whoever takes notes ("kim: I'll …"). An order without a name, or a passive, is nobody's.
Leaves out dates (:mod:`ccm.reporter.dates`) and whether it is an action at all (:mod:`ccm.reporter.finding`).
"""

import re
from typing import NamedTuple

from ccm.reporter.cues import READ, ROLES, VERBS, Talk, listed
from ccm.reporter.patterns import beginning, lowered
from ccm.reporter.statements import TAKES_NOTES, kind_of_verb


class Roles(NamedTuple):
    """
    The parts of an action.

    :ivar owner: as it was said, or the nick of whoever said it, or ``""``.
    :ivar text: what to do, verb first.
    :ivar sources: places of lines before that say what is meant.
    :ivar way: how it was said: ``stated``, in the ``first`` person, to ``you``, of an ``other``, of ``some`` one, as an
        ``order``, ``none`` of these.
    :ivar clause: of what is spoken: the clause that says it, in lower case.
    """

    owner: str
    text: str
    phrase: str
    sources: tuple[int, ...] = ()
    way: str = "none"
    clause: str = ""


_ONE_NAME = r"@?[A-Za-z][\w.|^'-]{0,24}(?: \w\.)?(?: [A-Z][\w.'-]*){0,2}"
_NAMES = rf"{_ONE_NAME}(?:(?:,? (?:and|&|or|\+) |, ?|/ ?){_ONE_NAME}){{0,4}}"
_STATED = re.compile(
    rf"\s*(?:the )?(?P<who>{_NAMES})(?: \([^)]{{1,24}}\))?\s*"
    r"(?::? to|,? (?:will|should|shall|must|please|needs to|has to|agreed to|agrees to|volunteered to|volunteers "
    r"to|is to|"
    r"are to|takes an? (?:new )?action to|took an? (?:new )?action to|going to|is going to|to please)|[:,])"
    r"\s+(?P<what>\S.*)",
    re.DOTALL,
)
_BARE = re.compile(rf"\s*(?:the )?(?P<who>{_NAMES})\s+(?P<what>(?P<verb>[a-z][\w-]*)\b.*)", re.DOTALL)
_AFTER = re.compile(
    r"(?P<what>.*\w)[.,;]?\s*(?:[,(\[–—-]|->|by)\s*@?(?P<who>[A-Za-z][\w.|-]{0,24}(?: [A-Z][\w'-]+)?)\s*[)\].]*\s*$",
    re.DOTALL,
)
_WILL = r"ill(?= [a-z]+ (?!you\b|we\b|they\b|be\b))"
_AT_ONCE = [  # at the beginning of a text or clause
    rf"{first}(?:(?<=^{first})|(?<=[.!;,] {first})){rest}"
    for first, rest in (("w", _WILL), *((word[0], rf"{word[1:]},? (?<!\w )w{_WILL}") for word in ("ok", "sure", "yes")))
]
_FIRST = beginning(
    r"i(?:\s?['’]?ll| will| shall| can(?!['’]t|not| see| hear| understand| imagine)| could|"
    r"['’]?d (?:be )?(?:happy|glad|willing) to| am (?:going|happy|glad|willing) to|"
    r"['’]?m (?:going|happy|glad|willing|gonna)(?: to)?| (?:need|have|plan|want|intend|volunteer|promise) to| should|"
    r" must|['’]?d like to|['’]?ve (?:got )?to| am|['’]?m|(?:['’]?ve| have| hereby)? commit(?:ted)? to|"
    r"(?= take (?:the|care)\b))",
    "let me", "happy to", "glad to", "my (?:next )?action items? (?:include|are|is)",
    others=_AT_ONCE,
    then=r"\s+(?:also |then |just |try to |try and |probably |definitely |certainly |be (?:happy|glad) to |happily |"
    r"gladly |take an? (?:new )?action (?:item )?to |go ahead and |be able to |do my best to |volunteer to )*"
    r"(?P<what>[a-z].*)",
)  # fmt: skip
_WITH = re.compile(r"(?:\b@)?\b(?P<with>[a-z][\w|^-]{1,24}) and $")
_YOU = beginning(
    "c(?:an|ould) you", "w(?:ould|ill) you", "please",
    r"you (?:can|could|should|will|need to|have to|might want to)", "you['’]ll",
    then=r"\s+(?:please |also |maybe |perhaps |just )*(?P<what>[a-z].*)",
)  # fmt: skip
_OTHER = re.compile(
    rf"(?:\b(?:can|could|would|will|should|maybe|perhaps|ask|let)\s+(?P<who>{_ONE_NAME})\s+(?:please |to |also |"
    rf"maybe )?|"
    rf"(?<![\w.])(?P<him>{_ONE_NAME})\s+(?:will|can|could|should|is going to|is to|has to|needs to|"
    rf"to)\s+)(?P<what>[a-z].*)",
    re.DOTALL,
)
_OUGHT = r"(?:['’]ll| (?:should|needs? to|must|will|can|could|has to|have to|ought to|might))"
_SOMEONE = beginning(
    rf"some(?:(?:one|body){_OUGHT}| volunteers? to)", rf"any(?:(?:one|body){_OUGHT}| volunteers? to)",
    "action(?: item)? to",
    rf"w(?:e|ho){_OUGHT}", rf"one of us{_OUGHT}", rf"they{_OUGHT}", "let['’]?s", "need(?:s|ed)? to", "todo:?",
    then=r"\s+(?:also |probably |really |please |just |then )*(?P<what>[a-z].*)",
)  # fmt: skip
_WANTED = re.compile(
    r"\b(?:who|(?:can|could|would|will) (?:you|some(?:one|body)|any(?:one|body))|some(?:one|body)|any(?:one|body)|"
    r"any volunteers?)"
    r"(?: (?:can|could|will|would|wants? to|should|needs to|has to|like to|to|please))* (?P<what>[a-z]\S* \S.*)",
    re.IGNORECASE | re.DOTALL,
)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_UNTIL = beginning(
    "b(?:y|efore)", "until", "till", "no later than", "due",
    then=r"\s+(?:the )?(?:(?:end of )?(?:next |this |the )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"tomorrow|tonight|eod|cob|next (?:week|month|meeting|call|time|release)|(?:the )?end of (?:the |this |next )?\w+|"
    rf"{_MONTH}[a-z]*\.? \d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}[a-z]*|"
    r"\d{4}-\d\d-\d\d|the \d{1,2}(?:st|nd|rd|th))\b",
)  # fmt: skip
_DAY = beginning(
    r"t(?:oday|omorrow|onight|his (?:week|afternoon|evening|weekend)|(?:ues|hurs)day)\b", r"next week\b",
    r"after (?:the|this) (?:call|meeting)\b", r"monday\b", r"wednesday\b", r"friday\b",
)  # fmt: skip
_QUOTED = re.compile(
    r"\s*<?(?P<who>[A-Za-z][\w.|^-]{0,24}(?: [A-Z][\w'-]+)?)>?: +(?:\.\.\.\s*|…\s*)?(?P<what>\S.*)", re.DOTALL
)
_NOBODY = listed(
    "i we you he she it they this that there what who how when why where if so but and or not the a an need needs want "
    "going have has had is are was were be do does yes no ok okay also just well then now maybe please let let's "
    "someone "
    "somebody anyone anybody everything something nothing people one then after before once since people folks us me "
    "proposal proposed issue issues pr prs action actions todo note topic minor next first second third all as "
    "in on at "
    "for with from by to able happy like ready due try order it's i'm i'd i'll ideally again perhaps here"
)
_VAGUE = listed("that this it so those these them one the a do take look handle on at into an action")
_END = re.compile(
    r"(?<=[a-z0-9)\"'’])[.!?](?=\s+[A-Z(]|\s*$)|[;?!](?=\s|$)|\s+(?:–|—|-{1,2})\s+|,? (?:but|because|since|if "
    r"that['’]s)\b ?|\.{3}|…|, (?:then|so|and then|if|right|ok(?:ay)?)\b"
)
_LIGHT = listed("have do get take")
_YOU_THERE = re.compile(r"\byou\b", re.IGNORECASE)
_ANSWERS = re.compile(r"\W*(?:yes|yep|yeah|sure|ok|okay|of course|right|agreed)\b")
_IT = re.compile(
    r"\w+(?: \w+)? (?:it|them|that|this|those|these)(?=\W*$| (?:to|up|on|in|by|for|over|out|into|with|off|today|"
    r"tomorrow|tonight|next|this)\b)"
)
_THING = re.compile(
    r"https?://\S+|(?:\b(?:issue|pr|pull request|ticket) )?#\d+|\b(?:the|a|an|our|my|your) "
    r"(?:(?!(?:is|are|was|were|to|for|that|and|or|of|in|on|at|with|will|can|has|have|had|not|from|by|as|we|i|you|it)\b)"
    r"[A-Za-z][\w'’-]*(?: (?=[a-z]))?){1,3}",
    re.IGNORECASE,
)
_STOPS = re.compile(r"[.!?;](?=\s|$)|,? (?:but|because|since)\b")
MOST = 240  # characters of a text


def roles_of(talk: Talk, place: int, *, stated: bool) -> Roles:
    """
    The parts of the action that a line says.

    :param stated: it is written as minutes are ("Kim to …"); otherwise it is spoken ("I'll …").
    """
    line = talk.lines[place]
    text, nick = line.text[:READ].strip(), line.nick
    quoted = _QUOTED.match(text)
    phrase = phrase_in(text)
    if stated:
        owner, what = owner_stated(talk, text)
        if owner is not None:
            return Roles(owner, order_in(what), phrase, way="stated")
    addressed = ""
    if quoted and quoted["who"].lower() in talk.names:
        addressed = talk.names[quoted["who"].lower()]
        text = quoted["what"]
    low = lowered(text)
    for way, pattern in (("first", _FIRST), ("you", _YOU), ("other", _OTHER), ("some", _SOMEONE)):
        found = pattern.search(text if pattern is _OTHER else low)
        if found is None:
            continue
        begin, what = found.start(), text[found.start("what") :]
        if pattern is _FIRST:
            later = _FIRST.search(low, found.start("what"))
            here = kind_of_verb(infinitive(what.split()[0]).lower())
            if later and low.startswith("will", later.start()) and here != "deed":
                begin, what = later.start(), text[later.start("what") :]  # "I'm testing it. Will have it up tomorrow."
            if low.startswith("will", begin) and (what.split()[0].lower() not in VERBS | _LIGHT or "?" in text):
                continue
            owner = addressed if addressed and talk.quotes_by(nick) >= TAKES_NOTES else nick
            what = to_whom(talk, what)
            owner, begin = together(talk, owner, low, begin)
        elif pattern is _YOU:
            owner = addressed or _spoken_to(talk, place, text[:begin])
        elif pattern is _OTHER:
            who = (found["who"] or found["him"]).lstrip("@")
            if who.split()[0].lower() in _NOBODY or (
                who.lower() not in talk.names and who.split()[0].lower() not in talk.names
            ):
                continue
            owner = who
        else:
            owner = ""
        return with_matter(talk, place, owner, what, phrase, way)._replace(clause=_clause(text, begin))
    owner, what = owner_stated(talk, text)
    if owner:
        return Roles(owner, order_in(what), phrase, way="stated")
    return with_matter(talk, place, addressed, text, phrase, "none" if owner is None else "order")


def together(talk: Talk, owner: str, low: str, begin: int) -> tuple[str, int]:
    """Whom a promise in the first person binds, and where it begins: "Kim and I will …" is said for two."""
    if low.endswith(" and ", 0, begin) and (both := _WITH.search(low, max(0, begin - 31), begin)):
        if other := talk.names.get(both["with"]):
            owner = f"{other} and {owner}"
        return owner, both.start()
    return owner, begin


def phrase_in(text: str) -> str:
    """The words of a text that say until when, or ``""``."""
    low = lowered(text)
    until, day = _UNTIL.search(low), _DAY.search(low)
    found = day if until is None or (day is not None and day.start() < until.start()) else until
    return text[found.start() : found.end()] if found else ""


def owner_stated(talk: Talk, text: str) -> tuple[str | None, str]:
    """The owner whom a statement names, ``""`` if it is an order to nobody, ``None`` if it is no statement."""
    found = _STATED.match(text)
    if found and _is_owner(talk, found["who"], sure=True):
        return _clean(found["who"]), found["what"]
    found = _BARE.match(text)
    if (
        found
        and found["verb"] in VERBS
        and found["verb"] not in ("to", "will")
        and _is_owner(talk, found["who"], sure=False)
    ):
        return _clean(found["who"]), found["what"]
    found = _AFTER.match(text)
    if found and (found["who"].lower() in talk.names or found["who"].lower() in ROLES) and len(found["what"]) > 8:
        return _clean(found["who"]), found["what"]
    words = text.split(None, 1)
    if words and words[0].lower().strip(".,:!") in VERBS:
        return "", text
    return None, text


def _is_owner(talk: Talk, who: str, *, sure: bool) -> bool:
    first = re.split(r"[\s,/&]", who.lstrip("@"), maxsplit=1)[0].lower()
    if first in _NOBODY:
        return False
    if who.lower() in talk.names or first in talk.names or first in ROLES or who[0] == "@":
        return True
    if first in VERBS:
        return False
    return sure or who[0].isupper()


def _clean(who: str) -> str:
    return who.replace("@", "").strip(" ,")


def _spoken_to(talk: Talk, place: int, before: str) -> str:
    """Whom "can you" means: a name in front of it, or whoever spoke last."""
    for word in re.findall(r"[A-Za-z][\w|^-]*", before)[-3:]:
        if word.lower() in talk.names:
            return talk.names[word.lower()]
    tail = talk.words[place][-1:] if talk.words[place] else []
    for word in tail:
        word = word.strip("?.,!@")
        if word in talk.names:
            return talk.names[word]
    nick = talk.lines[place].nick
    for other in range(place - 1, max(-1, place - 4), -1):
        if talk.lines[other].nick != nick:
            return talk.lines[other].nick
    return ""


def with_matter(talk: Talk, place: int, owner: str, what: str, phrase: str, way: str) -> Roles:
    """The text, with what was asked just before if by itself it says only "that", and the thing that "it" means."""
    what = order_in(what)
    said = set(what.lower().strip(".!").split())
    it = _IT.match(what)
    if len(said - _VAGUE) > 2 and not it:
        return Roles(owner, what, phrase, way=way)
    nick = talk.lines[place].nick
    for other in range(place - 1, max(-1, place - 5), -1):
        line = talk.lines[other]
        if len(talk.words[other]) > 4 and not talk.agrees[other]:
            asked = _WANTED.search(line.text[:READ])
            if (
                asked is not None
                and way == "first"
                and line.nick != nick
                and said <= _VAGUE | {what.split()[0].lower()}
            ):
                return Roles(owner, order_in(asked["what"]), phrase, (other,), way)
            break
    if it and place and _replied_to(talk, place, place - 1):
        things = dict.fromkeys(thing.strip() for thing in _THING.findall(talk.lines[place - 1].text[:READ]))
        if len(things) == 1:  # of several, "it" could be any
            return Roles(owner, f"{what.rstrip('.!')} ({next(iter(things))})", phrase, (place - 1,), way)
    return Roles(owner, what, phrase, way=way)


def to_whom(talk: Talk, what: str) -> str:
    """A name at the end, to whom it is said, in place of "you": "send you them, Pia" is "send Pia them"."""
    before, _, last = what.rstrip(" .!").rpartition(", ")
    if not before or (name := talk.names.get(last.lstrip("@").lower())) is None:
        return what
    return _YOU_THERE.sub(lambda _: name, before, 1)


def _replied_to(talk: Talk, place: int, other: int) -> bool:
    """Whether a line goes on from the one before it: the same speaker, or an answer."""
    nick = talk.lines[place].nick
    return (
        talk.lines[other].nick == nick or talk.lows[other][-1:] == "?" or _ANSWERS.match(talk.lows[place]) is not None
    )


def _clause(text: str, start: int) -> str:
    """The clause that begins before *start*, up to the end of its sentence."""
    begin = max(text.rfind(mark, 0, start) for mark in ",;.!?:—–") + 1
    end = _STOPS.search(text, start + 4)
    return text[begin : end.start() if end else len(text)].strip().lower()


def order_in(what: str) -> str:
    """The order in a text: its first sentence, with a capital."""
    end = _END.search(what, 12)
    if end:
        what = what[: end.start()]
    first, _, rest = what.partition(" ")
    what = f"{infinitive(first)} {rest}"
    what = _cut(" ".join(what.split()).rstrip(" .,;:"), MOST)
    return what[:1].upper() + what[1:]


def infinitive(word: str) -> str:
    """``posting`` -> ``post``, if that is a verb that is known; anything else as it is."""
    low = word.lower()
    if not low.endswith("ing") or low in VERBS:
        return word
    stem = low[:-3]
    for verb in (stem, stem + "e", stem[:-1]):
        if verb in VERBS or verb in _LIGHT:
            return verb
    return word


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
