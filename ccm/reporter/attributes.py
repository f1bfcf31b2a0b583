"""
Which attributes a remark fills, and with which of its words.

A finding has a weight: a *label* ("The goal is …", "Goal: …") outweighs a *lead* ("aimed at …"), that a *cue*
somewhere in the sentence, that a *weak* hint. Values are exact parts of the remark. Leaves out what is done with
findings
(:mod:`ccm.reporter.discussion`).
"""

import re
from dataclasses import dataclass, replace

from ccm.reporter.likeness import features, trained
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
from ccm.reporter.shapes import shows
from ccm.reporter.templates import CUE, LABEL, LEAD, WEAK, Sign, Signs

ANSWER = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A tie between a part of a remark and an attribute."""

    key: str
    weight: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a remark was read as.

    :ivar asks: key of the attribute that its last question asks for, or ``""``.
    :ivar statement: (start, end) of what is neither question nor small talk, or ``None``.
    :ivar strays: the last question is not of the matter.
    """

    findings: tuple[Finding, ...]
    asks: str
    statement: tuple[int, int] | None
    strays: bool = False


def read(
    text: str,
    signs: Signs,
    topical: str = "",
    asked: str = "",
    exempt: tuple[int, ...] = (),
    parts: list[Sentence] | None = None,
    filled: frozenset[str] = frozenset(),
    following: str = "",
    aside: int = 0,
    judged: bool = True,
) -> Reading:
    """
    Read a remark against one type.

    :param parts: its sentences, if they are known already.
    :param filled: keys that have a value: where a remark may mean several attributes, it means one that has none.
    :param following: key of the attribute to which people would come next; a full statement that nothing else ties
        down is taken for it, weakly.
    :param aside: a sentence of at most so many words is taken for an answer to a question that is not of the matter.
    :param topical: lower-case text of what is already on record.
    :param asked: key that somebody asked for just before; a plain statement answers it.
    :param judged: whether the model has a say beside the rules.
    :param exempt: starts of sentences that state the type: only leads and labels count there.
    """
    low, answered = flat(text), asked
    findings: list[Finding] = []
    stated: list[Sentence] = []
    first = last = -1
    stray = turned = False
    for part in sentences(low, text) if parts is None else parts:
        start, end, sentence, keys = part.start, part.end, part.low, part.keys
        if part.asks and not _SUGGESTION.match(sentence):
            proposed = _PROPOSED_NAME.match(sentence)
            if proposed and "name" in signs.shapes and "name" not in filled:
                findings.append(Finding("name", LEAD, start + proposed.start(1), start + proposed.end(1)))
                continue
            stray = not CHIT_CHAT_KEYS.isdisjoint(keys) and bool(chit_chat(sentence, topical))
            wanted = "" if stray else signs.asked(keys, sentence[after_fillers(sentence) :])
            stray = stray or (not wanted and strays(sentence))
            if wanted or not (stray and turned):
                asked, turned = wanted or ("" if findings or stray else asked), turned or bool(wanted)
            stray = stray and not turned
            continue
        if is_phatic(sentence):
            continue
        small_talk = 0 if CHIT_CHAT_KEYS.isdisjoint(keys) else chit_chat(sentence, topical)
        if (":" in sentence or ";" in sentence or not _OFFHAND_KEYS.isdisjoint(keys)) and _OFFHAND.search(sentence):
            small_talk = max(small_talk, 1)
        if aside and len(sentence.split()) <= aside and not _ANEW.match(sentence):
            small_talk = max(small_talk, 2)
        if start not in exempt and not small_talk and (asked or _TWO_WORDS.search(sentence)):
            stated.append(part)
        found = _sentence(part, signs, small_talk, start in exempt, filled)
        if (not found and asked and start not in exempt and small_talk < 2 and not _SELF_REPLY.match(sentence)) or (
            found and asked and max(f.weight for f in found) <= CUE and all(f.key != asked for f in found)
        ):
            found = [Finding(asked, LEAD, after_fillers(sentence), len(sentence))]
        elif found and asked:
            found = [replace(f, weight=max(f.weight, LEAD)) if f.key == asked else f for f in found]
        elif (
            not (found or start in exempt or findings or small_talk)
            and following
            and _is_full(part, text[start].isupper() or len(sentence) > 45)
        ):
            found = [Finding(following, WEAK, after_fillers(sentence), len(sentence))]
        if found:
            asked = ""
            findings.extend(Finding(f.key, f.weight, f.start + start, f.end + start) for f in found)
        elif findings and findings[-1].weight >= LEAD and not small_talk and start not in exempt:
            before = findings[-1]
            if signs.shapes.get(before.key) not in ("name", "level", "time", "place"):
                findings[-1] = Finding(before.key, before.weight, before.start, end)
        if not small_talk:
            first, last = (start if first < 0 else first), end
    if judged:
        findings = weighed(signs.template.key, stated, low, answered, findings, filled)
    kept = tuple(_trimmed(finding, low, signs.shapes.get(finding.key, "")) for finding in findings)
    statement = (first, last) if first >= 0 else None
    sure = tuple(f for f in kept if f.end > f.start and not (signs.shapes.get(f.key) == "name" and _is_kind(text, f)))
    return Reading(sure, asked, statement, stray)


# Hundredths of log-odds: below, a cue is doubted; above, the model is a cue by itself; above, a weak hint.
DOUBT, LIKELY, MAYBE = -100, 40, 0


_TWO_WORDS = re.compile(r"[a-z]{2}.*\s.*[a-z]{2}")


def weighed(
    type_: str, stated: list[Sentence], low: str, asked: str, findings: list[Finding], filled: frozenset[str]
) -> list[Finding]:
    """The findings in the light of the model: doubtful ones dropped, likely ones that no rule found added."""
    model = trained()
    if not model.knows(type_) or not stated:
        return findings
    scores = model.scores(type_, features(low, asked, tuple(sorted({(f.key, f.weight) for f in findings}))))
    kept = [f for f in findings if f.weight > CUE or scores.get(f.key, 0) >= DOUBT]
    kept = [replace(f, weight=CUE) if f.weight == WEAK and scores.get(f.key, 0) > 0 else f for f in kept]
    had = {f.key for f in kept}
    for key, score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if key in had or score < MAYBE or (had and score < 0) or (score < LIKELY and key in filled):
            continue
        best = max(stated, key=lambda part: (model.scores(type_, features(part.low, asked))[key], -part.start))
        kept.append(Finding(key, CUE if score >= LIKELY else WEAK, best.start + after_fillers(best.low), best.end))
        had.add(key)
    return kept


_KIND = re.compile(r"(?:an?|another|no|some|not|what|that|this|it|one)\b ?")


def _is_kind(text: str, finding: Finding) -> bool:
    """Whether words that stand where a name should only say what kind of thing it is: *I'd call this a requirement*."""
    return finding.weight < LABEL and bool(_KIND.match(text, finding.start, finding.end))


_PROPOSED_NAME = re.compile(r"^\W{0,2}\"([^\"?]{2,40})\"\s*\?$")
_OFFHAND_KEYS = frozenset(f"={word}" for word in "what lol haha wow ugh aw aww yay i me my mine".split())
_SELF_REPLY = re.compile(
    r"\W*(?:(?:always|not|count|only|just) )?(?:me|mine|myself|i|i'm|i'll|i'd)\b(?! (?:think|guess|believe|suppose|say)|(?: and|,| plus| &) [a-z])"
)
_OFFHAND = re.compile(
    r"[:;]-?[)(dp](?!\w)|(?:^|\s):/|^\W*what an?\b|\b(?:lol|haha|wow|ugh|aww?|yay)\b|"
    r"\b(?:i(?! (?:saw|heard|noticed|found|smelled|was told|think|believe|guess|suppose|see|know)\b)|i'm|i've|i'll|me|my|mine)\b"
)
_ANEW = re.compile(
    r"^\W*(?:(?:so|ok|okay|right|anyway|now|well then|here)\b[,:]|here's|to the (?:point|topic)|about |as for )"
)
_SUGGESTION = re.compile(
    r"^\W*(?:so |and |but |ok,? |well,? |then )?(?:why (?:don't|do not|not) (?:we |i |they "
    r")?(?!know\b)|what if (?:we|they)\b|"
    r"(?:couldn't|shouldn't|could not) (?:we|they)\b|how about (?:a|an|some|[a-z]+ing)\b|what about "
    r"(?:a|an|some|[a-z]+ing)\b)"
)


def _is_full(part: Sentence, formal: bool) -> bool:
    """Whether a sentence states something at length, and not of its author or to somebody."""
    return (
        len(part.low.split()) >= 6
        and formal
        and part.low[-1] != "!"
        and not _OF_ONESELF.search(part.low)
        and not _IN_PASSING.match(part.low)
    )


_IN_PASSING = re.compile(
    r"\W*(?:it|it's|this|that|that's|there|there's|what|those|these|they|they're|nothing|none|nobody|some|most|he|she|at|right|"
    r"just|because|which|where|when|if|then|(?:the|a|an|my) (?:other|same|last|next)|anyway|by|ok|okay|yes|no|not|"
    r"we(?:'re|'d|'ll|'ve| are| have| had| were| don't| can't| should| could| need)?(?= (?:still|just|all|to|the|not|be|been|"
    r"in|on|at|here|out|off|back|done|a|an)\b)|one of|speaking|talking)(?![\w'])"
)


_OF_ONESELF = re.compile(
    r"\b(?:i|i'm|i've|i'll|i'd|me|my|mine|your|yours|thanks|thank|hello|hi|hey|sorry|please|haha|"
    r"lol|welcome|tomorrow|"
                         r"shall we|let's|let us|reporter|hope|wonder|guess|minutes?|everyone here|all here)\b|"
                         r"[:;]-?[)(dp](?!\w)")  # fmt: skip


def _sentence(part: Sentence, signs: Signs, small_talk: int, exempt: bool, filled: frozenset[str]) -> list[Finding]:
    """The findings of one sentence, the surest first."""
    low = part.low
    candidates = signs.candidates(part.keys)
    if not candidates and not signs.has_shapes:
        return []
    begin = after_opening(low)
    colon = ":" in low or "–" in low or "—" in low
    best: dict[str, tuple[int, int, int, Finding]] = {}
    for sign in candidates:
        if sign.weight <= small_talk or (exempt and sign.weight < LEAD) or (sign.colon and not colon):
            continue
        if sign.weight == WEAK and sign.key in filled:
            continue
        hit = _hit(sign, low, begin)
        if hit is None:
            continue
        rank, finding = hit
        if sign.weight <= CUE and signs.shapes.get(sign.key) == "name":
            continue
        if finding.key in filled and sign.weight <= CUE:
            if sign.weight == WEAK:
                continue
            rank = (WEAK, *rank[1:])
        if finding.key not in best or rank > best[finding.key][:3]:
            best[finding.key] = (*rank, finding)
    if not exempt and not small_talk:
        _shapes(part, signs, best, filled)
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


def _shapes(
    part: Sentence, signs: Signs, best: dict[str, tuple[int, int, int, Finding]], filled: frozenset[str]
) -> None:
    """Weak findings by the look of a sentence: a time, a place."""
    for key, shape in signs.shapes.items():
        if shape not in ("time", "place") or key in best or key in filled:
            continue
        start = shows(shape, part)
        if start >= 0:
            best[key] = (WEAK, -start, 0, Finding(key, WEAK, after_fillers(part.low), len(part.low)))


_NAME_END = re.compile(
    r"(?:,| and (?:it|we|the|they|then|so|is|was|will|not)\b| because| since| which| that | as it| - | – | — |;|"
    r"\.(?:\s|$)|!|\?| for now| then$| for short| "
    r"i think| if | but | so (?:that|we|it|people)| until| after | is (?:a|an|the|my|what|fine|good|nice|our) | "
    r"instead| as (?:a|the|its|our) | at first| in honou?r|:\s| \()"
)


def _trimmed(finding: Finding, low: str, shape: str) -> Finding:
    """The finding without spaces and lead-in marks at its ends; of a name only the name."""
    start, end = finding.start, finding.end
    while start < end and low[start] in " ,:–—=-":
        start += 1
    if shape == "name" and finding.weight >= LEAD:
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
    finding = _trimmed(Finding("", LEAD, start, len(text)), low, shape)
    return finding.start, finding.end
