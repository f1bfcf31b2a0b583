"""
Decisions that are told as such in plain words: "We decided to …", "we agreed that …", "we consider this approved".

Leaves out votes and what is read back after them (:mod:`ccm.reporter.finding`), and what nobody objects to
(:mod:`ccm.reporter.standing`).
"""

import re

from ccm.reporter.cues import Talk, typed

_TELLING = typed("decided agreed consider settled winner")
_TOLD = re.compile(
    r"^\W*(?:(?:so|ok(?:ay)?|well|then|right|great|good|fine)[,:]? )*(?:"
    r"we(?:['’]ve| have)? (?:all )?(?:just )?(?:decided|agreed)(?: now)?|"
    r"(?:it(?:['’]s| is)|that(?:['’]s| is)) (?:decided|agreed|settled))(?: to | on | that |: |, )"
    r"(?P<what>\S.{7,})",
    re.IGNORECASE | re.DOTALL,
)
_APPROVED = re.compile(
    r"\b(?:we|i)(?:['’]ll| will| can)? consider (?:this|that|it|the \w+(?: \w+)?) (?:as )?"
    r"(?P<how>approved|accepted|agreed|decided|settled|adopted|passed)\b",
    re.IGNORECASE,
)
_THIS = re.compile(
    r"\b(?:this|the) (?P<what>(?:[a-z][\w-]* )?(?:request|proposal|plan|budget|motion|offer|draft|change|pr|idea))\b",
    re.IGNORECASE,
)
_CLEAR = re.compile(r"^\W*(?:the )?clear winner is (?P<what>\S.{3,})", re.IGNORECASE | re.DOTALL)
_EARLIER = re.compile(
    r"\b(?:last|previous) (?:time|week|meeting|month|year|call)|\b(?:ago|already|earlier|originally|back then|"
    r"in the past|disagree|if)\b|\?\W*$",
    re.IGNORECASE,
)
_NOT_WHAT = re.compile(r"(?:disagree|that|it|this|yes|no)\b\W*$", re.IGNORECASE)
_STOPS = re.compile(r"(?<=\w)[.!?;](?=\s|$)|,? (?:but|because|since)\b")


def settled(talk: Talk) -> list[tuple[int, str]]:
    """The places of lines that say what was decided, each with its words."""
    found: list[tuple[int, str]] = []
    for place, low in enumerate(talk.lows):
        if _TELLING.isdisjoint(talk.words[place]):
            continue
        if _EARLIER.search(low):
            continue
        text = " ".join(talk.lines[place].text.split())
        if (told := _TOLD.match(text)) or (told := _CLEAR.match(text)):
            end = _STOPS.search(told["what"], 8)
            what = told["what"][: end.start()] if end else told["what"]
            if not _NOT_WHAT.match(what):
                found.append((place, what[:1].upper() + what[1:].rstrip(" .!,;")))
        elif approved := _APPROVED.search(text):
            thing = _THIS.search(text[: approved.start()])
            if thing:
                found.append((place, f"{approved['how'].capitalize()}: {thing['what']}"))
            else:
                begin = max(text.rfind(mark, 0, approved.start()) for mark in ".!?;") + 1
                end = _STOPS.search(text, approved.end())
                found.append((place, text[begin : end.start() if end else len(text)].strip()))
    return found
