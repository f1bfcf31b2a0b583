"""
Which attributes a remark fills, and with which of its words.

A finding has a weight: a *label* ("The goal is …", "Goal: …") outweighs a *lead* ("aimed at …"), that a *cue*
somewhere in the sentence, that a *weak* hint. Values are exact parts of the remark. Leaves out what is done with
findings
(:mod:`ccm.reporter.discussion`).
"""

import re
from typing import NamedTuple

from ccm.reporter.patterns import beginning
from ccm.reporter.remarks import (
    CHIT_CHAT_KEYS,
    Sentence,
    after_fillers,
    after_opening,
    chit_chat,
    flat,
    is_phatic,
    sentences,
    strays,
)
from ccm.reporter.shapes import TIME, shows
from ccm.reporter.templates import CUE, LABEL, LEAD, WEAK, Sign, Signs


class Finding(NamedTuple):
    """A tie between a part of a remark and an attribute."""

    key: str
    weight: int
    start: int
    end: int


class Reading(NamedTuple):
    """
    What the rules read in a remark.

    :ivar asks: key of the attribute that its last question asks for, or ``""``.
    :ivar statement: (start, end) of what is neither question nor small talk, or ``None``.
    """

    findings: tuple[Finding, ...]
    asks: str
    statement: tuple[int, int] | None


def read(text: str, signs: Signs, asked: str = "", parts: list[Sentence] | None = None) -> Reading:
    """
    Read a remark against one type.

    :param asked: key that somebody asked for just before; a plain statement answers it.
    :param parts: its sentences, if they are known already.
    """
    low = flat(text)
    findings: list[Finding] = []
    first = last = -1
    for part in sentences(low, text) if parts is None else parts:
        start, end, sentence, keys = part.start, part.end, part.low, part.keys
        named = _named(sentence, text[start:end], part.asks, signs) if "name" in signs.shapes else None
        if named is not None:
            findings.append(Finding("name", LEAD, start + named[0], start + named[1]))
            asked = ""
            first, last = (start if first < 0 else first), end
            continue
        if part.asks and not _SUGGESTION.match(sentence):
            stray = bool(chit_chat(sentence)) or strays(sentence)
            wanted = "" if chit_chat(sentence) else signs.asked(keys, sentence[after_fillers(sentence) :])
            asked = wanted or ("" if findings or stray else asked)
            continue
        if is_phatic(sentence):
            continue
        small_talk = 0 if CHIT_CHAT_KEYS.isdisjoint(keys) else chit_chat(sentence)
        if (":" in sentence or ";" in sentence or not _OFFHAND_KEYS.isdisjoint(keys)) and (
            _OFFHAND.search(sentence) or _WHAT_A.match(sentence)
        ):
            small_talk = max(small_talk, 1)
        found = _sentence(part, signs, small_talk)
        to_whom = signs.shapes.get(asked) == "people"
        if (not found and asked and small_talk < 2 and (to_whom or not _SELF_REPLY.match(sentence))) or (
            found and asked and max(f.weight for f in found) <= CUE and all(f.key != asked for f in found)
        ):
            found = [Finding(asked, LEAD, after_fillers(sentence), len(sentence))]
        elif found and asked:
            found = [f._replace(weight=max(f.weight, LEAD)) if f.key == asked else f for f in found]
        if found:
            asked = ""
            findings.extend(Finding(f.key, f.weight, f.start + start, f.end + start) for f in found)
        if not small_talk:
            first, last = (start if first < 0 else first), end
    kept = tuple(trimmed(finding, low, signs.shapes.get(finding.key, "")) for finding in findings)
    sure = tuple(f for f in kept if f.end > f.start and not (signs.shapes.get(f.key) == "name" and _is_kind(text, f)))
    return Reading(sure, asked, (first, last) if first >= 0 else None)


_KIND = re.compile(r"(?:an?|another|no|some|not|what|that|this|it|one)\b ?")


def _is_kind(text: str, finding: Finding) -> bool:
    """Whether words that stand where a name should only say what kind of thing it is: *I'd call this a requirement*."""
    return finding.weight < LABEL and bool(_KIND.match(text, finding.start, finding.end))


def _named(low: str, text: str, asks: bool, signs: Signs) -> tuple[int, int] | None:
    """Where a sentence that is nothing else proposes or settles a name: *"Attic Light"?*, *Two Wheels?*, *two wheels it is*."""
    found = (_PROPOSED_NAME.match(low) or _ASKED_NAME.match(text)) if asks else _CHOSEN_NAME.match(low)
    place = found.lastindex or 1 if found else 1
    name = found[place].lower() if found else ""
    if not found or TIME.search(name) or name in (signs.template.key, *signs.template.words):
        return None
    return found.span(place)


_PROPOSED_NAME = re.compile(
    r"^\W{0,2}(?:(?:so|or|then|and|maybe|perhaps|what about|how about) )*\"([^\"?]{2,40})\"(?: then| maybe| perhaps|"
    r" as (?:an?|the) (?:[a-z]+ )?(?:name|title))?\s*\?$|^[^?]{0,40}\b(?:write|call|put|name|title)\b[^?]{0,20}\"([^\"?]{2,40})\"[^?]{0,60}\?$"
)
_ASKED_NAME = re.compile(r"\W*(?:So |Or |Then |Maybe )?([A-Z][\w'-]*(?: (?:(?:&|and|of|the) )?[A-Z][\w'-]*)+)\s*\?$")
_CHOSEN_NAME = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|yes|yeah|so|then|right|all right|alright|fine|good|great)\b\W*)*"
    r"((?!(?:what|how|who|where|when|that|this|as|so|yes|no|whatever|because)\b)[^,.;:!?]{3,40}?) it is\b\W*(?:then\W*)?$"
)
_OFFHAND_KEYS = frozenset(f"={word}" for word in "what lol haha wow ugh aw aww yay i me my mine".split())
_SELF_REPLY = re.compile(
    r"\W*(?:(?:always|not|count|only|just) )?(?:me|mine|myself|i|i'm|i'll|i'd)\b(?! (?:think|guess|believe|suppose|say)|(?: and|,| plus| &) [a-z])"
)
_OFFHAND = beginning(
    r"lol\b", r"haha\b", r"wow\b", r"ugh\b", r"aww?\b", r"yay\b", r"m(?:[ey]|ine)\b", r"i'(?:m|ve|ll)\b",
    r"i(?! (?:saw|heard|noticed|found|smelled|was told|think|believe|guess|suppose|see|know)\b)\b",
    others=(r":-?[)(dp](?!\w)", r";-?[)(dp](?!\w)", r":(?<!\S:)/"),
)  # fmt: skip
_WHAT_A = re.compile(r"\W*what an?\b")
_SUGGESTION = re.compile(
    r"^\W*(?:so |and |but |ok,? |well,? |then )?(?:why (?:don't|do not|not) (?:we |i |they "
    r")?(?!know\b)|what if (?:we|they)\b|"
    r"(?:couldn't|shouldn't|could not) (?:we|they)\b|how about (?:a|an|some|[a-z]+ing)\b|what about "
    r"(?:a|an|some|[a-z]+ing)\b)"
)


def _sentence(part: Sentence, signs: Signs, small_talk: int) -> list[Finding]:
    """The findings of one sentence, the surest first."""
    low = part.low
    candidates = signs.candidates(part.keys)
    if not candidates and not signs.has_shapes:
        return []
    begin = after_opening(low)
    colon = ":" in low or "–" in low or "—" in low
    best: dict[str, tuple[int, int, int, Finding]] = {}
    for sign in candidates:
        if sign.weight <= small_talk or (sign.colon and not colon):
            continue
        if sign.weight <= CUE and signs.shapes.get(sign.key) == "name":
            continue
        hit = _hit(sign, low, begin)
        if hit is None:
            continue
        rank, finding = hit
        if finding.key not in best or rank > best[finding.key][:3]:
            best[finding.key] = (*rank, finding)
    if not small_talk:
        _shapes(part, signs, best)
    if not best:
        return []
    ranked = sorted(best.values(), key=lambda item: item[:3], reverse=True)
    top = ranked[0][3]
    if top.weight == LABEL:
        return [top]
    chosen = [top]
    for _, position, _, other in ranked[1:]:
        shape = signs.shapes.get(other.key)
        apart = abs(position - ranked[0][1]) > 3
        if (other.weight >= LEAD and apart and top.weight >= LEAD) or (
            shape in ("time", "place") and top.weight < LABEL
        ):
            chosen.append(other)
    return _parted(chosen, low)


def _hit(sign: Sign, low: str, begin: int) -> tuple[tuple[int, int, int], Finding] | None:
    if sign.weight == LABEL:
        for start in (begin, after_fillers(low)) if begin else (0,):
            found = sign.pattern.match(low[start:])
            if found:
                rank = (LABEL, -found.start("noun"), len(found["noun"]))
                return rank, Finding(sign.key, LABEL, start + found.start("rest"), len(low))
        return None
    found = sign.pattern.search(low)
    if found is None or _negated(low, found.start()):
        return None
    if sign.rest:
        if not found["rest"].strip(" .,!-:;"):
            return None
        return (sign.weight, -found.start(), found.start("rest") - found.start()), Finding(
            sign.key, sign.weight, found.start("rest"), len(low)
        )
    length = found.end() - found.start() if sign.weight > WEAK else 0
    return (sign.weight, -found.start(), length), Finding(sign.key, sign.weight, after_fillers(low), len(low))


_NOT = re.compile(r"\b(?:not|n't|don't|isn't) (?:really |so much |just |about )?$")


def _negated(low: str, place: int) -> bool:
    return bool(_NOT.search(low, max(0, place - 20), place))


def _parted(chosen: list[Finding], low: str) -> list[Finding]:
    """End each substance that follows a lead where the next one's clause begins."""
    if len(chosen) < 2:
        return chosen
    ordered = sorted(chosen, key=lambda finding: finding.start)
    parted: list[Finding] = []
    for finding, following in zip(ordered, [*ordered[1:], None], strict=True):
        end = finding.end
        if (
            following is not None
            and finding.weight == LEAD
            and following.start > finding.start
            and following.weight == LEAD
        ):
            cut = max(
                low.rfind(mark, finding.start + 1, following.start)
                for mark in (", ", " and ", " - ", "; ", " because", " - ")
            )
            end = cut if cut > finding.start else end
        parted.append(Finding(finding.key, finding.weight, finding.start, end))
    return parted


def _shapes(part: Sentence, signs: Signs, best: dict[str, tuple[int, int, int, Finding]]) -> None:
    """Weak findings by the look of a sentence: a time, a place."""
    for key, shape in signs.seen:
        if key in best:
            continue
        start = shows(shape, part)
        if start >= 0:
            best[key] = (WEAK, -start, 0, Finding(key, WEAK, after_fillers(part.low), len(part.low)))


_NAME_END = re.compile(
    r"(?:,| and (?:it|we|the|they|then|so|is|was|will|not)\b| because| since| which| that | as it| - | – | — |;|"
    r"\.(?:\s|$)|!|\?| for now| then$| for short| "
    r"i (?:think|guess|suppose|believe)|i'd say| if | but | so (?:that|we|it|people)| until| after | is (?:a|an|the|my|what|fine|good|nice|our) | "
    r"instead| as (?:a|the|its|our) | at first| in honou?r|:\s| \()"
)


def trimmed(finding: Finding, low: str, shape: str) -> Finding:
    """The finding without spaces and lead-in marks at its ends; of a name only the name."""
    start, end = finding.start, finding.end
    while start < end and low[start] in " ,:–—=-":
        start += 1
    if shape == "name" and finding.weight >= LEAD:
        if low[start - 1 : start] == '"' and low.count('"', 0, start) % 2:
            start -= 1
        if low[start : start + 1] in "\"'«„":
            close = max(low.find(mark, start + 1, end) for mark in ('"', "'", "»"))
            if close > start:
                return Finding(finding.key, finding.weight, start + 1, close)
        for lead in ("simply ", "just ", "called ", "maybe ", "probably ", "it ", "something like "):
            if low.startswith(lead, start):
                start += len(lead)
        cut = _NAME_END.search(low, start + 1, end)
        end = cut.start() if cut else end
        while end > start and low[end - 1] in " .,!?\"'":
            end -= 1
        if low[start : start + 1] in "\"'":
            start += 1
    while end > start and low[end - 1].isspace():
        end -= 1
    return Finding(finding.key, finding.weight, start, end)


def answer(text: str, shape: str) -> tuple[int, int]:
    """The part of a remark that answers a direct question: all of it, of a name only the name."""
    low = flat(text)
    start = after_fillers(low)
    if start >= len(text.rstrip()):
        start = 0
    finding = trimmed(Finding("", LEAD, start, len(text)), low, shape)
    return finding.start, finding.end
