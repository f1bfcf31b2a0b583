"""
Who does what until when: the parts of an action, from the line that says it and those before it.

Owners are named ("Kim to …", "AC to …", "Chairs to …", "… (Kim)"), speak for themselves ("I'll …"), are spoken to
("Kim, can you …") or quoted by whoever takes notes ("kim: I'll …"). An order without a name, or a passive, is nobody's.
Leaves out dates (:mod:`ccm.reporter.dates`) and whether it is an action at all (:mod:`ccm.reporter.finding`).
"""

import re
from typing import NamedTuple

from ccm.reporter.cues import READ, ROLES, VERBS, Talk, listed


class Roles(NamedTuple):
    """
    The parts of an action.

    :ivar owner: as it was said, or the nick of whoever said it, or ``""``.
    :ivar text: what to do, verb first.
    :ivar sources: places of lines before that say what is meant.
    :ivar way: how it was said: ``stated``, in the ``first`` person, to ``you``, of an ``other``, of ``some`` one, as an
        ``order``, ``none`` of these.
    """

    owner: str
    text: str
    phrase: str
    sources: tuple[int, ...] = ()
    way: str = "none"


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
_FIRST = re.compile(
    r"\b(?:i\s?['’]?ll|i will|i shall|i can(?!['’]t|not| see| hear| understand| imagine)|i could|i['’]?d (?:be "
    r")?(?:happy|glad|willing) to|"
    r"i am (?:going|happy|glad|willing) to|i['’]?m (?:going|happy|glad|willing|gonna)(?: to)?|i (?:need|have|plan|"
    r"want|intend|volunteer|promise) "
    r"to|i should|i must|let me|i['’]?d like to|i['’]?ve (?:got )?to|happy to|glad to|i am|i['’]?m)\s+"
    r"(?:also |then |just |try to |try and |probably |definitely |certainly |be (?:happy|glad) to |happily |"
    r"gladly |take an? (?:new )?action (?:item )?to |"
    r"go ahead and |be able to |do my best to |volunteer to )*(?P<what>[a-z].*)",
    re.IGNORECASE | re.DOTALL,
)
_YOU = re.compile(
    r"\b(?:(?:can|could|would|will) you|you (?:can|could|should|will|need to|have to|might want to)|you['’]ll|"
    r"please)\s+(?:please |also |maybe |perhaps "
    r"|just )*(?P<what>[a-z].*)",
    re.IGNORECASE | re.DOTALL,
)
_OTHER = re.compile(
    rf"(?:\b(?:can|could|would|will|should|maybe|perhaps|ask|let)\s+(?P<who>{_ONE_NAME})\s+(?:please |to |also |"
    rf"maybe )?|"
    rf"(?<![\w.])(?P<him>{_ONE_NAME})\s+(?:will|can|could|should|is going to|is to|has to|needs to|"
    rf"to)\s+)(?P<what>[a-z].*)",
    re.DOTALL,
)
_SOMEONE = re.compile(
    r"\b(?:(?:someone|somebody|anyone|anybody|we|one of us|who|they)(?:['’]ll| (?:should|needs? to|must|will|can|"
    r"could|has to|have to|ought "
    r"to|might))|let['’]?s|(?:any|some) volunteers? to|action(?: item)? to|need(?:s|ed)? to|todo:?)\s+"
    r"(?:also |probably |really |please |just |then )*(?P<what>[a-z].*)",
    re.IGNORECASE | re.DOTALL,
)
_WANTED = re.compile(
    r"\b(?:who|(?:can|could|would|will) (?:you|some(?:one|body)|any(?:one|body))|some(?:one|body)|any(?:one|body)|"
    r"any volunteers?)"
    r"(?: (?:can|could|will|would|wants? to|should|needs to|has to|like to|to|please))* (?P<what>[a-z]\S* \S.*)",
    re.IGNORECASE | re.DOTALL,
)
_PHRASE = re.compile(
    r"\b(?:by|before|until|till|no later than|due)\s+(?:the )?(?:(?:end of )?(?:next |this |the )?(?:mon|tues|"
    r"wednes|thurs|fri|satur|sun)day|"
    r"tomorrow|tonight|eod|cob|next (?:week|month|meeting|call|time|release)|(?:the )?end of (?:the |this |next )?\w+|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}|\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|"
    r"feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]*|\d{4}-\d\d-\d\d|the \d{1,2}(?:st|nd|rd|th))\b|\b(?:today|tomorrow|tonight|this (?:week|afternoon|"
    r"evening|weekend)|next week|"
    r"after (?:the|this) (?:call|meeting)|(?:mon|tues|wednes|thurs|fri)day)\b",
    re.IGNORECASE,
)
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
MOST = 240  # characters of a text
TAKES_NOTES = 3  # lines that begin with another's name, from which on somebody writes down what others say


def roles_of(talk: Talk, place: int, *, stated: bool) -> Roles:
    """
    The parts of the action that a line says.

    :param stated: it is written as minutes are ("Kim to …"); otherwise it is spoken ("I'll …").
    """
    line = talk.lines[place]
    text, nick = line.text[:READ].strip(), line.nick
    quoted = _QUOTED.match(text)
    phrase_found = _PHRASE.search(text)
    phrase = phrase_found[0] if phrase_found else ""
    if stated:
        owner, what = owner_stated(talk, text)
        if owner is not None:
            return Roles(owner, _verb_first(what), phrase, way="stated")
    addressed = ""
    if quoted and quoted["who"].lower() in talk.names:
        addressed = talk.names[quoted["who"].lower()]
        text = quoted["what"]
    for way, pattern in (("first", _FIRST), ("you", _YOU), ("other", _OTHER), ("some", _SOMEONE)):
        found = pattern.search(text)
        if found is None:
            continue
        what = found["what"]
        if pattern is _FIRST:
            owner = addressed if addressed and talk.quotes_by(nick) >= TAKES_NOTES else nick
        elif pattern is _YOU:
            owner = addressed or _spoken_to(talk, place, text[: found.start()])
        elif pattern is _OTHER:
            who = (found["who"] or found["him"]).lstrip("@")
            if who.split()[0].lower() in _NOBODY or (
                who.lower() not in talk.names and who.split()[0].lower() not in talk.names
            ):
                continue
            owner = who
        else:
            owner = ""
        return _with_matter(talk, place, owner, what, phrase, way)
    owner, what = owner_stated(talk, text)
    if owner:
        return Roles(owner, _verb_first(what), phrase, way="stated")
    return _with_matter(talk, place, addressed, text, phrase, "none" if owner is None else "order")


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


def _with_matter(talk: Talk, place: int, owner: str, what: str, phrase: str, way: str) -> Roles:
    """The text, with what was asked just before if by itself it says only "that"."""
    what = _verb_first(what)
    if len(set(what.lower().strip(".!").split()) - _VAGUE) > 2:
        return Roles(owner, what, phrase, way=way)
    best, source = "", -1
    for other in range(place - 1, max(-1, place - 5), -1):
        words = talk.words[other]
        if len(words) > 4 and not talk.agrees[other]:
            best, source = talk.lines[other].text[:READ].strip(), other
            break
    if not best:
        return Roles(owner, what, phrase, way=way)
    asked = _WANTED.search(best)
    if asked is not None and way == "first":  # "who can print it?" – "I'll do that"
        return Roles(owner, _verb_first(asked["what"]), phrase, (source,), way)
    return Roles(owner, f"{what.rstrip('.!')} ({_cut(best, MOST - len(what))})", phrase, (source,), way)


def _verb_first(what: str) -> str:
    """The order in a text: its first sentence, with a capital."""
    end = _END.search(what, 12)
    if end:
        what = what[: end.start()]
    what = _cut(" ".join(what.split()).rstrip(" .,;:"), MOST)
    return what[:1].upper() + what[1:]


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
