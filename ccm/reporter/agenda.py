"""
How people open a meeting and go from topic to topic without marking their lines.

Numbered lines, an agenda in one line ("1) hello, 2) audit"), and what a chair says ("next point is the style guide",
"on to action items"). Leaves out marked lines (:mod:`ccm.reporter.outcomes`) and topics that nobody announces.
"""

import re

MOST_WORDS = 12  # of a topic's title
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,2})[.)]{1,2}\s+(?P<title>\S[^\n]{1,79})$")
_FIRST_ITEM = re.compile(r"\s*[01][.)]\s+(?:greetings|introductions?|welcome|roll call|opening|hello)\b", re.IGNORECASE)
_WELL = r"^\W*(?:(?:ok|okay|k|alright|all right|so|well|right|now|then|and|yes|great|cool|good)\b[,.:!]*\s+)*"
_LETS = r"(?:let'?s|let us|time to|shall we|we (?:can|should|will|have to)|we'?ll|i'?d like to)"
_OUR = r"(?:the|our|this|today'?s|another)"
_OPENS = re.compile(
    rf"{_WELL}(?:"
    rf"{_LETS} (?:begin|start|get started|kick off|open|do)(?: with)?(?: {_OUR})? ?(?:[\w-]+ ){{0,3}}meeting\b|"
    r"meeting (?:time|started|begins|is open)\b|"
    rf"(?:we would like to |a warm )?welcome\b.{{0,40}}\b(?:to|at) {_OUR}\b.{{0,40}}\bmeeting\b|"
    rf"(?:here(?:'s| is)|link to) (?:{_OUR} )?agenda\b|"
    rf"(?:{_OUR} )?agenda(?: (?:is|for|here|today)\b|\W*:)"
    r")"
)
_ON_TO = (
    r"(?:talk about|discuss|(?:start|begin) with|on to|"
    r"(?:move|moving|go|going|get|jump|continue|proceed|turn)(?: on)? to)\b"
)
_NEXT = re.compile(
    rf"{_WELL}(?:"
    r"(?:the )?(?:next|first|second|third|last|final) (?:up|item|point|topic|thing)(?: (?:on|of) the agenda)?"
    r"(?:,| is| was|:| -)+|"
    rf"(?:{_LETS} )?(?:now )?{_ON_TO}"
    r")\s*(?P<title>\S.*)$"
)
_NO_TITLE = re.compile(
    r"(?:it|that|this|them|the (?:next|rest|other|agenda)|next|(?:item |point |number |topic )?#?\d+|something|"
    r"anything|what|how|whether|if|work|bed|lunch|sleep|the meeting|point|be|do|see|get|have|make)"
    r"\b(?! (?:of|for|about)\b)"
)
_AWAY = (
    "there here later tomorrow today tonight more offline online again further on next now soon then elsewhere after "
    "afterwards time week month year meeting call async together separately back forward ahead him her us you me "
    "everybody everyone people in at with on the"
)
_PLACES = frozenset(_AWAY.split())  # a title of these alone is none
_TOPIC_NUMBER = re.compile(r"\W*topic\s*(?:#\s*)?(?P<number>\d{1,2})\s*(?:[-–—:.]|\s)\s*(?P<title>\S.*)$")
_INLINE = re.compile(r"(?:^|[\s,;])\(?(\d)[.)]{1,2}\s*")


def opens_meeting(low: str) -> bool:
    """Whether a remark opens a meeting or shows its agenda."""
    return ("meeting" in low or "agenda" in low) and bool(_OPENS.match(low))


def agenda_item(text: str, in_meeting: bool) -> str:
    """The title of a numbered agenda line, or ``""``."""
    if text[:1].isspace() or not text[:1].isdigit():
        return ""
    found = _NUMBERED.match(text)
    if found is None or not (in_meeting or _FIRST_ITEM.match(text)):
        return ""
    title = found["title"].strip()
    return "" if title.endswith(("?", ",", ";")) or len(title.split()) > MOST_WORDS else title


def agenda_in(text: str) -> tuple[str, ...]:
    """The titles of an agenda told in one remark: *Agenda: 1) hello, 2) audit, 3) other*; at least two, in order."""
    parts = _INLINE.split(text)
    numbers, titles = parts[1::2], [part.strip(" ,;.\n") for part in parts[2::2]]
    if len(titles) < 2 or [int(number) for number in numbers] != list(
        range(int(numbers[0]), int(numbers[0]) + len(titles))
    ):
        return ()
    return tuple(" ".join(title.split()[:MOST_WORDS]) for title in titles) if all(titles) else ()


def next_topic(text: str, low: str) -> str:
    """The title of the topic that a chair goes on to, or ``""``; for text in lower case of the same length."""
    if len(low) > 160 or low.rstrip().endswith("?"):
        return ""
    found = _NEXT.match(low)
    if found is None or _NO_TITLE.match(found["title"]):
        found = _TOPIC_NUMBER.match(low)
        if found is None:
            return ""
    title = re.split(r"(?<=\w)[.!;]\s|\s[-–—]\s|, (?:and|but|so|then|which|if|as)\b", text[found.start("title") :])[
        0
    ].strip(" .!:,;-")
    words = title.lower().split()
    return title if 0 < len(words) <= MOST_WORDS and not _PLACES.issuperset(words) else ""


def number_in(low: str) -> int:
    """The number of the agenda's point that a chair goes on to, *topic #2 - the fence*, or 0."""
    found = _TOPIC_NUMBER.match(low)
    return int(found["number"]) if found else 0


def agenda_told(text: str) -> tuple[str, ...]:
    """The titles of an agenda whose points stand beside one another, with or without numbers: *website, budget*."""
    points = agenda_in(text) or tuple(point.strip(" .-*•") for point in re.split(r"[,;\n]", text))
    points = tuple(point for point in points if point)
    if len(points) < 2 or any(len(point.split()) > MOST_WORDS or "://" in point for point in points):
        return ()
    return points
