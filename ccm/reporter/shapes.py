"""
What a value looks like: a time, a place, people, a level, a state, a deed.

Works on lower-case text. Leaves out to which attribute such a value belongs (:mod:`ccm.reporter.attributes`).
"""

import re

from ccm.reporter.anchors import words_of
from ccm.reporter.remarks import Sentence

DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
TIME = re.compile(
    rf"\b(?:yesterday|last (?:night|week|month|year|summer|winter|spring|autumn|{DAY}|{MONTH})|this (?:morning|"
    rf"afternoon|evening)|"
    rf"on {DAY}(?: morning| afternoon| evening| night)?|(?:on|since|until|in|early|late|mid) (?:the "
    rf")?(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? )?{MONTH}"
    rf"(?: \d{{1,2}}(?:st|nd|rd|th)?)?(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}|{MONTH} "
    rf"\d{{1,2}}|(?:in|since|during) (?:19|20)\d\d|\d{{4}}-\d\d-\d\d|"
    rf"(?:at|around|about|since|from|before|after|by|until|between) (?:about |around |roughly |half past |quarter "
    rf"(?:past|to) )?(?:\d{{1,2}}(?:[:.]\d\d)? ?(?:am|pm|a\.m\.|p\.m\.|o'clock|h\b|hours)|"
    rf"\d{{1,2}}[:.]\d\d|noon|midnight|half past \w+|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    rf"twelve) o'clock)|"
    rf"(?:\d+|an?|one|two|three|four|five|six|seven|a few|several) (?:minutes?|hours?|days?|weeks?|months?|"
    rf"years?) ago|(?:over|during) the (?:night|weekend)|"
    rf"{DAY} (?:morning|afternoon|evening|night)|at (?:night|dawn|dusk|lunchtime|noon|midnight)|\d{{1,2}}[:.]\d\d)\b"
)
PLACE = re.compile(
    r"\b(?:in|at|on|near|inside|outside|behind|under|above|between|next to|opposite|in front of|from) (?:the |"
    r"our |a |an |this |that |building |hall |room |"
    r"[\w-]+ ){0,4}?(?:room|rooms|building|hall|office|offices|street|station|site|plant|warehouse|kitchen|"
    r"basement|floor|corridor|lab|laboratory|"
    r"cent(?:re|er)|centre|data cent(?:re|er)|branch|city|town|village|school|hospital|airport|park|car park|"
    r"parking lot|garage|yard|roof|stairs|staircase|"
    r"canteen|lobby|entrance|gate|dock|harbour|harbor|bridge|road|crossing|junction|corner|square|market|shop|"
    r"store|library|museum|platform|bay|"
    r"workshop|factory|depot|farm|field|garden|canal|river|lake|beach|tunnel|docks?|pier|stairwell|area|zone|"
    r"district|quarter|houses?|home|wall|ramp|aisle|shelf|rack|attic|porch|terrace|lift|elevator|campus|"
    r"headquarters|cellar|tower|church|theatre|stadium|"
    r"server room|ward|classroom|gym|highway|motorway|roundabout|loading bay|hangar|annex|wing|pool|quay|studio|"
    r"reception)s?\b"
)
_PEOPLE = re.compile(
    r"\b(?:people|users?|staff|students?|teachers?|developers?|customers?|clients?|citizens?|families|parents|"
    r"children|kids|adults|seniors|"
    r"engineers?|managers?|everyone|everybody|anyone|anybody|companies|firms|businesses|schools|teams?|"
    r"departments?|readers|visitors|patients|nurses|"
    r"doctors?|dr|prof|professor|researchers|scientists|volunteers|members|neighbours|neighbors|residents|"
    r"tourists|farmers|owners|operators|"
    r"administrators|admins|freelancers|commuters|tenants|pensioners|women|men|youngsters|teenagers|beginners|"
    r"newcomers|workers|employees|"
    r"households|librarians|pupils|journalists|artists|musicians|cyclists|drivers|shoppers|gardeners|cooks|"
    r"guests|colleagues|pros|professionals|"
    r"mr|mrs|ms|accountant|colleague|consultant|lawyer|architect|electrician|plumber|boss|neighbour|neighbor|"
    r"nurse|engineer|manager|director|"
    r"amateurs|hobbyists|makers|founders|investors|shops|restaurants|bakeries|cities|municipalities|ngos|"
    r"charities|folks)\b"
)
_PEOPLE_FIRST = re.compile(
    r"^\W*(?:(?:mainly|mostly|for|just|only|all|some|any|the|our|a|an|every|young|old|small|local|city|it|my|your|other|first|"
    r"[\w-]+'s|[\w-]*(?:ing|al|ic|ed|an|ish|ior|ern|y|ive))[ ,]+){0,4}"
    + _PEOPLE.pattern
    + r"(?! (?:can|get|gets|let|lets|helps?|makes?|need|needs|will|should|do|does|did|use|want|come|"
    r"organi[sz]e|collect|meet)\b)"
)
_LEVEL = re.compile(
    r"^\W*(?:very |quite |rather |really |fairly |extremely |top |the |a |it's |it is |i'd say |must be |should "
    r"be |definitely |"
    r"pretty )*(?:high(?:est)?|low(?:est)?|medium|middle|normal|urgent|critical|minor|major|top|must[- ]have|"
    r"should[- ]have|could[- ]have|nice[- ]to[- ]have|"
    r"p[0-5]|[0-9]|first|second|third|number one|essential|optional|important|average|moderate)\b"
)
_STATE = re.compile(
    r"\b(?:started|begun|done|finished|draft|progress|planned|planning|pilot|prototype|testing|tested|approved|"
    r"open|proposed|review|backlog|"
    r"blocked|hold|beta|running|live|idea|percent|%|halfway|early|under way|underway|so far|ready|waiting|on "
    r"paper|development|new)\b"
)


_SITE = re.compile(
    r"^\W*(?:the|our|a) (?:[\w-]+ ){0,2}?(?:office|branch|room|hall|building|plant|warehouse|"
    r"station|site|basement|kitchen|lab|"
                   r"school|hospital|street|shop|floor|workshop|depot|garage)\b")  # fmt: skip
_DEED = re.compile(
    r"^\W*(?:just |simply |first |maybe |perhaps |by )?(?:send|use|build|let|make|give|offer|train|hire|add|put|"
    r"start|begin|ask|buy|rent|move|split|share|"
    r"introduce|set up|teach|pay|invite|hold|run|open|write|create|automate|replace|reduce|simplify|turn|bring|"
    r"launch|sell|test|try|find|plan|organi[sz]e|"
    r"\w+ing)\b"
)


_FRAGMENT = re.compile(
    r"^\W*(?:somewhere |right |just |all )?(?:at|in|on|near|inside|outside|behind|between|next to|opposite) "
    r"(?!(?:least|all|most|first|general|short|fact|"
    r"my|conclusion|detail|particular|case|time|case|addition|principle|practice|that|this way|a nutshell|brief|"
    r"order|it|hold|top|duty|call)\b)"
    r"[\w'-]+(?:[, ]+[\w'-]+){0,9}[.!]?$"
)
_FUTURE = re.compile(r"\b(?:tomorrow|next(?! to)|will|see you|i'll|let's|meet|again)\b")


# Words of which one, or a figure, is in every time; beginnings of which one is in every place.
_TIME_KEYS = frozenset(
    f"={word}"
    for word in (
        "yesterday night week month year summer winter spring autumn morning afternoon evening noon midnight past clock "
        "ago weekend dawn dusk lunchtime monday tuesday wednesday thursday friday saturday sunday january february march "
        "april may june july august september october november december"
    ).split()
)
_PLACE_KEYS = frozenset(f"={word}" for word in "in at on near inside outside behind under above between next opposite from "
                        "somewhere".split())  # fmt: skip


def shows(shape: str, part: Sentence) -> int:
    """Where a sentence shows a ``time`` or a ``place`` that is not yet to come, or -1."""
    low = part.low
    if shape == "time":
        if part.keys.isdisjoint(_TIME_KEYS) and not _FIGURE.search(low):
            return -1
        found = TIME.search(low)
    elif part.keys.isdisjoint(_PLACE_KEYS):
        return -1
    else:
        found = PLACE.search(low)
        if found is None and len(low) <= 90:
            found = _FRAGMENT.match(low)
            found = None if found is not None and TIME.search(low) else found
    return found.start() if found and not _FUTURE.search(low) else -1


_FIGURE = re.compile(r"\d")


def shape_of(low: str) -> str:
    """What a short answer looks like: ``level``, ``time``, ``place``, ``people``, ``state``, ``deed`` or ``""``."""
    if _LEVEL.match(low) and len(low) < 60:
        return "level"
    words = words_of(low)
    if len(words) <= 12:
        if TIME.search(low):
            return "time"
        if PLACE.match(low.lstrip(" ")) or _SITE.match(low):
            return "place"
        if _PEOPLE_FIRST.match(low):
            return "people"
        if _STATE.search(low):
            return "state"
    if _DEED.match(low):
        return "deed"
    return ""
