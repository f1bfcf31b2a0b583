"""
What tells a task from everyday life: the time that goes with it, and what people do for themselves.

"I'll ring the council on Thursday" is a task; "I'll be late on Thursday" and "I'll get a coffee" are none. English, and
the German that most needs it. Leaves out who does it (:mod:`ccm.reporter.commitments`) and what day a time is
(:mod:`ccm.reporter.dates`).
"""

import re

from ccm.reporter.cues import VERBS, listed, typed

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\b"
)
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"
    r"(?: ?(?:morning|afternoon|evening|night|noon|früh|vormittag|nachmittag|abend|mittag))?\b"
)
_SPAN = (
    r"(?:week(?:end)?|month|quarter|year|morning|afternoon|evening|(?<!this )(?:meeting|session|call|release)|"
    r"woche(?:nende)?|monat|termin|sitzung)\b(?!['’]| ago)"
)
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)?(?: of)? {_MONTH}|{_MONTH}\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b|"
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}\b\.?|\d{1,2}(?:st|nd|rd|th)\b)"
)
_NEXT = r"(?:the |this |next |coming |following |diese[nmrs]? |nächste[nmrs]? |kommende[nmrs]? )"
_SOON = r"(?:tomorrow|tmrw|tmr|tonight|today|morgen|übermorgen|heute)\b(?!['’])"
_DAY = rf"{_NEXT}{{0,2}}(?:{_WEEKDAY}|{_SPAN}|{_DATE})|{_SOON}"
_EDGE = r"(?:the |zum )?(?:end|start|beginning|middle|ende|anfang|mitte)(?: of| der| des| dieser)? "
_MOST = r"(?:about |around |at (?:the )?latest |spätestens )?"
WHEN = re.compile(
    rf"(?<!\w)(?:(?:by|before|until|till?|bis(?: zum| zur)?|due|no later than|vor) {_MOST}"
    rf"(?:(?:{_EDGE})?(?:{_DAY})|the end of\b|(?:eod|cob|noon|midnight|{_MONTH})\b)|"
    rf"(?:on|am) {_NEXT}{{0,2}}(?:{_WEEKDAY}|{_DATE})|(?:at|over|am) (?:the |this |next )?(?:weekend|wochenende)\b|"
    rf"{_SOON}|"
    rf"(?:this|next|coming|diese[nrs]?|nächste[nrs]?|kommende[nrs]?) (?:{_WEEKDAY}|{_SPAN})|{_WEEKDAY}(?!['’]s|s\b)|"
    r"(?:in|within) (?:the |a |an |one |two |three |four |\d |einer |zwei |drei )+(?:days?|weeks?|months?|fortnight|"
    r"tagen?|"
    r"wochen?)\b)"
)

#: Words without one of which no text names such a time.
TIMES = typed(
    "by before until untill till til 'til bis within due tomorrow tmrw tmr tonight today morgen übermorgen heute noon "
    "monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag "
    "sonntag week weekend month year morning afternoon evening meeting call woche wochenende monat days"
)
_OF_SOMETHING = re.compile(
    r"\b(?:for|to|of|from|about|through|since|after|than|in|as|which is|for the|zum|für|von)(?: the| our)? $"
)

_OF_ELSE = re.compile(
    r"\b(?:if|whether|who|why|how|what|ob|warum|wie|wer) [^,;]*(?<!, )$"
)  # "… if she plays on Friday"


def when_in(low: str) -> re.Match[str] | None:
    """The time in a text in lower case that may go with a task; not that of "the agenda for Friday"."""
    for found in WHEN.finditer(low):
        if _OF_SOMETHING.search(low, 0, found.start()) is None and not _OF_ELSE.search(low, 0, found.start()):
            return found
    return None


#: Deeds of everyday work, beside those of meetings.
DEEDS = VERBS | listed(
    "buy paint phone ring text pay scan bake cook mow repair mend sew wash sweep weed plant water borrow lend rent "
    "hire "
    "pack load translate carry hand hang reserve renew glue saw drill restock proofread draw sketch type photograph "
    "film "
    "advertise interview count feed iron sand empty refill exchange replace fetch tidy vacuum lock unlock bring sell "
    "bake build dig prune quote reset reboot deploy debug patch backup type cut sew stock top fill clear print"
)
#: What is no task even with a time.
_LIVES = listed(
    "be have see go come leave stay sleep eat drink watch miss know think arrive travel fly drive walk wake feel love "
    "like hate need want wait join attend live die say believe remember forget hope guess imagine bet admit assume "
    "mean "
    "wonder understand start begin stop end continue look listen try explain present introduce mention repeat announce "
    "discuss celebrate marry retire relax rest swim ski party dance sing laugh cry dream agree hear move skip pass get "
    "never always still not happily stick keep let win lose enjoy meet visit speak play become find suffer work turn "
    "prefer sick better"
)
_WITH_THING = re.compile(  # of these some are tasks
    r"(?:get (?!up\b|home\b|back\b|there\b|here\b|married\b|to\b|in\b|out\b|old|ready\b|on\b|off\b|away\b|some sleep|"
    r"(?:a |the |my )?"
    r"(?:\w+ )?(?:coffee|tea|lunch|dinner|breakfast|beers?|drinks?|bus|train|tram|flight|plane|rest|sleep|haircut|"
    r"day))\S+ ?|"
    r"have (?!to\b).+ (?:up|done|ready|out|finished|in place|fixed|sent|printed|mended|repaired|working|written)\b|"
    r"go (?:\S+ ){1,6}and (?:ask|get|buy|fetch|talk|speak|see about|look at|measure|check|pick|collect|tell|find)\b|"
    r"find (?:out|a|an|some|somebody|someone|us|the)\b|keep (?:an eye|track|the)\b|turn (?:the|it|them|this|our)\b|"
    r"look (?:into|up|for|after|at the)\b|see (?:to|about)\b|speak (?:to|with)\b|work (?:on|out)\b|move (?:the|our|"
    r"all|it|them)\b|"
    r"start (?:the|a|an|on|collecting|writing|printing)\b|pass (?:it|this|that|them|the .+) (?:on|along|to)\b|"
    r"be in touch with\b)"
)
_PRIVATE = re.compile(
    r"(?:take|get|grab|fetch|buy|make|catch|book|cook|need|drink|eat|do) .*?\b(?:coffee|tea|lunch|dinner|breakfast|"
    r"brunch|beers?|pint|"
    r"nap|shower|bus|train|tram|plane|flight|taxi|(?:day|week|morning|afternoon|time) off|break|holidays?|bath|"
    r"haircut|yoga|nothing)\b|"
    r"(?:take (?:the )?(?:car|bike|ferry|stairs|lift)\b|bet|buy you|owe|make (?:it|love)\b(?! (?:available|work|"
    r"public)))|"
    r"(?:pick|take|bring|call|drive|walk|wash|collect|ring|phone|feed|cook) .*?\bmy (?:own )?(?:sons?|daughters?|"
    r"kids?|children|wife|"
    r"husband|mum|mom|mother|dad|father|parents|boy|girl|boyfriend|girlfriend|dog|cat|hair|car|nan|gran\w*)\b|"
    r"(?:put|spend|dedicate|devote|give) .*?\b(?:time|effort|thoughts?|go|shot|try)\b|tell you\b(?! (?:the|how|when|"
    r"what|which|whether|by))|think\b|call it\b|let you\b(?! know\b)"
)


def is_private(said: str) -> bool:
    """Whether words that begin with a verb, in lower case, are what people do for themselves: take the bus, get a "
    "beer."""
    return _PRIVATE.match(said) is not None


def is_task(said: str, known: bool = False) -> bool:
    """
    Whether words that begin with a verb, in lower case, are a task.

    :param known: the verb must be a deed that is known; otherwise any is one that people do not live by.
    """
    verb = said.split(" ", 1)[0].strip(".,:;!")
    if not verb.isalpha() or is_private(said) or WHEN.match(said):
        return False
    if verb in _LIVES:
        return _WITH_THING.match(said) is not None
    return verb in DEEDS or not known


_GERMAN_LIVES = listed(
    "bin habe hab war hatte gehe komme fahre fliege bleibe schlafe esse trinke sehe denke glaube hoffe freue wünsche "
    "brauche liege sitze arbeite verstehe meine heiße würde hätte könnte wäre möchte konnte wollte sollte musste "
    "dachte "
    "wurde weine lache laufe reise feiere bade dusche koche gucke schaue höre kenne wette stehe lebe liebe hasse "
    "vermisse finde finds fände spiele lese"
)
_GERMAN_PRESENT = listed(
    "miete biete leite bereite berichte richte beantworte antworte arbeite leiste poste teste warte"
)


def is_german_task(verb: str) -> bool:
    """Whether a German verb in the first person, ``hole`` or ``schicke``, says that somebody does something."""
    if verb in _GERMAN_LIVES or not verb.endswith("e") or len(verb) < 4:
        return False
    return not verb.endswith("te") or verb in _GERMAN_PRESENT
