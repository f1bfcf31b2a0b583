"""
Words to the reporter: whether a remark is addressed to it, and whether it asks for publication.

Works on lower-case text with straight apostrophes. Leaves out what the other orders do (:mod:`ccm.reporter.commands`).
"""

import re
from functools import lru_cache

from ccm.reporter.remarks import is_question

_GREETING = r"(?:(?:hey|hi|hello|ok|okay|so|dear|please|and|now|thanks|good|right|great|well|then|alright|fine)[, ]+)*"
_TOLD_OF_IT = re.compile(
    r"(?:is|was|has|will|said|says|asked|did|does|records?|noted?|wrote|should|can't|keeps|already|never|just)\b"
)
_STOP = re.compile(r"[.!?…]+[\"')]*\s+|\n+|\s[–—-]\s")


@lru_cache(maxsize=16)
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    quoted = re.escape(name)
    return (
        re.compile(rf"^\W*{_GREETING}@?(?:chat )?{quoted}\b\s*[,:;!.–—-]*\s*(.+)$", re.DOTALL),
        re.compile(rf"^(.+?)(?:,\s*|\s+)(?:@|dear |mr |ms )?{quoted}\s*[.!?)]*$", re.DOTALL),
        re.compile(rf"^(.+?),\s*@?{quoted}\s*,\s*(.+)$", re.DOTALL),
        re.compile(
            rf"^\W*{_GREETING}(?:would|could|can|will|may (?:i|we) ask|(?:i|we)(?:'d| would) (?:like|ask)|i ask|let) (?:the |our )?"
            rf"{quoted} (?:to )?((?:please |kindly |now )*publish\b.+)$",
            re.DOTALL,
        ),
    )


def addressed(low: str, names: tuple[str, ...]) -> tuple[str, int]:
    """
    What a remark says to the reporter, without its name, or ``""`` if it is not addressed to it.

    :returns: that, and where in the remark the words to the reporter begin.
    """
    for name in names:
        if name not in low:
            continue
        places = [0, *(stop.end() for stop in _STOP.finditer(low))]
        ends = [*(stop.start() for stop in _STOP.finditer(low)), len(low)]
        if len(places) == 1:
            said = _said(low, name)
            if said:
                return said, 0
            continue
        for position, place in enumerate(places):
            begin = _patterns(name)[0].match(low[place:])
            if begin and not _tells_of_it(begin):
                return begin[1].strip(" ?.!"), place
            said = _said(low[place : ends[position]], name)
            if said:
                return said, place
    return "", 0


def _tells_of_it(begin: re.Match[str]) -> bool:
    """Whether a remark speaks of the reporter: *the reporter said …*, but not *reporter, did you …*."""
    return begin[0][: begin.start(1)].rstrip()[-1:] not in ",:;!" and bool(_TOLD_OF_IT.match(begin[1]))


def _said(low: str, name: str) -> str:
    begins, closes, amid, asks = _patterns(name)
    if asked := asks.match(low):
        return asked[1].strip(" ?.!")
    begin = begins.match(low)
    if begin and not _tells_of_it(begin):
        return begin[1].strip(" ?.!")
    end = closes.match(low)
    if end and not re.search(r"\b(?:the|a|an|our|by|from|to|with|of|your|any|every|news|each)$", end[1]):
        return end[1].strip(" ,.!?")
    middle = amid.match(low)
    return f"{middle[1]} {middle[2]}".strip(" ?.!") if middle else ""


_WISH = (
    r"(?:(?:ok|okay|so|now|and|then|great|right|well|good|fine|alright|all right|i think|that's it|that's all|thanks|yes|"
    r"please|pls|plz|kindly|could you|can you|would you|will you|you can|you could|you may|you might|i'd say|i'd like you to|we're done|"
    r"let's|let us|go ahead and|go on and|time to|it's time to|we can|we could|we should|now|i'd like to|just|done|go|"
    r"everybody happy\?|feel free to|want you to|i want you to|i want to|we want to|we'd like you to|we'd like to)[,.:;!]*\s+)*"
)
_PUBLISH = re.compile(
    rf"(?:^|[,;:.!?–—]\s+|\s-\s|\b(?:so|and|then)\s+){_WISH}"
    r"(?:publish|post|release|(?:put|get|send) (?:this|it|that|everything)(?: all)?(?=\s+(?:online|out|up|on the web|on the site)\b))(?:\s+(?:this|it|that|now|(?:the|this|that|our|my) (?:[\w-]+ )?[\w-]+|everything|"
    r"all(?: of (?:it|this|that))?|what (?:we|you)(?:'ve| have)(?: got| here| noted| written| collected| so far)*|"
    r"please|pls|plz|then|one|thing|as it is|as is|anyway|up|out|online|on the (?:web|site)|"
    r"again|once more|the (?:changes?|amendments?|corrections?|new version|next version)|immediately|at once|right away|straight away|today|tonight|for us|for (?:all|everyone|everybody)|"
    r"when you(?:'re| are) ready|if you (?:can|would|will|like|please)))*"
    r"\W*(?:please|pls|plz|now|thanks|thx|thank you|then|will you|would you|could you|ok|okay)?\W*$"
)
_PURPOSE = re.compile(r",? so (?:that )?(?:[\w'-]+ ){1,3}?(?:can|may|could|will|knows?|sees?|has|have)\b[^.?!]*$")
_PUBLISH_NOW = re.compile(r"\bpublish now\b|\b(?:anyway|as (?:it )?is|at once|immediately|right away|straight away)\b")


def asks_to_publish(said: str, to_reporter: bool) -> str:
    """``"publish"``, ``"publish now"`` or ``""``; plain imperatives count also when the reporter is not named."""
    if "publish" not in said and not (to_reporter and re.search(r"\b(?:post|release|online|out|up|on the)\b", said)):
        return ""
    said = _PURPOSE.sub("", said.strip())
    if to_reporter:
        found = _PUBLISH.search(said)
    else:
        found = _PLAIN.match(said)
        if said.startswith(("can ", "could ", "we should", "we can")) or is_question(said):
            return ""
    if not found:
        return ""
    return "publish now" if _PUBLISH_NOW.search(said) else "publish"


_PLAIN = re.compile(
    rf"^{_WISH}publish(?:\s+(?:this|it|now|again|that|everything|please|as it is|anyway|at once|immediately|right away|"
    r"the (?:\w+ )?(?:document|summary|page|report|minutes|record|result|discussion|outcome)))*"
    r"\W*(?:please|now|thanks|thank you|then)?\W*$"
)
