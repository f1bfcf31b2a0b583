"""
What a remark may fill: the rules find ties, the model weighs them all, those that are left are candidates.

For a type that the model was not trained for (an operator's own) the rules alone count. Leaves out which candidate is
taken in the end (:mod:`ccm.reporter.candidates`).
"""

import re
from typing import NamedTuple

from ccm.reporter.attributes import Finding, Reading, read, trimmed
from ccm.reporter.candidates import LEAST, MUCH, Candidate
from ccm.reporter.likeness import Likeness, features, trained
from ccm.reporter.remarks import Sentence, after_fillers, chit_chat, flat, is_phatic, is_question, sentences
from ccm.reporter.shapes import DAY, MONTH
from ccm.reporter.state import Asked
from ccm.reporter.templates import CUE, LABEL, LEAD, WEAK, Signs

EXACT = ("name", "level")  # shapes of which only the words themselves count; of all others whole sentences do
LEADS_UP, GOES_ON = -100, -370  # the least score of a sentence just before, or just after, that says more of the same
FEW_WORDS = 4  # of what may be a name though nothing shows that it is one
CLOSE = 120  # by how much it may be more like another attribute
RULE = {LABEL: MUCH, LEAD: 500, CUE: 460, WEAK: 10}  # all but the last may join others in an attribute
UNTIED = 0  # the least score of a sentence in which no rule found anything
TRUST = {LABEL: 150, LEAD: 100, CUE: 40, WEAK: 0}  # what a rule counts beside what the model makes of it
REMEMBERED = 200  # characters of a question


class Said(NamedTuple):
    """
    A remark with what its meaning depends on.

    :ivar question: what was asked before, if anything.
    :ivar place: how many remarks came before it.
    """

    text: str
    by: str
    question: Asked | None = None
    place: int = 3


class Tie(NamedTuple):
    """
    Words of a remark and an attribute.

    :ivar sentence: where their sentence begins.
    :ivar plain: people said what it is: "the goal is …".
    """

    key: str
    score: int
    start: int
    end: int
    sentence: int
    plain: bool = False

    def candidate(self, text: str, by: str, source: str, at: str) -> Candidate:
        """The same, to be remembered."""
        return Candidate(self.key, self.score, text[self.start : self.end], by, source, at, self.sentence, self.plain)


class Heard(NamedTuple):
    """A remark as it was read: what the rules say, what it may fill, and the question that stands after it."""

    reading: Reading
    ties: tuple[Tie, ...]
    question: Asked | None


def hear(said: Said, signs: Signs, parts: list[Sentence] | None = None, but: tuple[int, ...] = ()) -> Heard:
    """
    Read a remark as one of a discussion of that type.

    :param parts: its sentences, if they are known already.
    :param but: where sentences begin that say what kind of discussion this is.
    """
    low = flat(said.text)
    parts = sentences(low, said.text) if parts is None else parts
    asked = said.question if said.question is not None and said.question.by != said.by else None
    reading = read(said.text, signs, asked.key if asked else "", parts)
    after = next_question(said, low, reading)
    model, type_ = trained(), signs.template.key
    if not model.knows(type_):
        return Heard(reading, tuple(_by_rule(finding, parts) for finding in reading.findings), after)
    if is_phatic(low) and not reading.findings:
        return Heard(reading, (), after)
    stated = [part for part in parts if part.start not in but and not is_phatic(part.low)]
    sums = [_sum(model, type_, said, low, reading)]
    if len(stated) != 1:
        sums += [_sum_alone(model, type_, said, part, reading) for part in stated]
    if not reading.findings and all(model.is_unlikely(type_, total) for total in sums):
        return Heard(reading, (), after)
    whole, *each = [model.apart(type_, total) for total in sums]
    each = [whole] if len(stated) == 1 else each
    ties = []
    trust = _trust(reading, stated)
    least = LEAST if reading.findings else UNTIED
    for key, score in whole.items():
        alone = [scores[key] for scores in each]
        likely = alone.index(max(alone)) if alone else -1
        for number, part in enumerate(stated):
            here = max(score, alone[number]) if number == likely else alone[number]
            here += trust.get((key, number), 0)
            if here <= least:
                continue
            tie = _tie(key, here, said.text, low, part, reading, signs)
            if tie and signs.shapes[key] not in EXACT:
                tie = _stretched(tie, number, stated, each)
            if tie and (here > UNTIED or any(f.key == key and _within(f, part) for f in reading.findings)):
                ties.append(tie)
    return Heard(reading, tuple(ties), after)


def likeness(said: Said, key: str, signs: Signs) -> int:
    """How much a remark is like what fills an attribute; 0 where the model does not know the type."""
    model, type_ = trained(), signs.template.key
    if not model.knows(type_):
        return 0
    low = flat(said.text)
    asked = said.question.key if said.question is not None and said.question.by != said.by else ""
    reading = read(said.text, signs, asked, sentences(low, said.text))
    return model.apart(type_, _sum(model, type_, said, low, reading))[key]


def seen(said: Said, low: str, reading: Reading) -> set[str]:
    """What the model sees of a remark: the same in training."""
    asked = said.question if said.question is not None and said.question.by != said.by else None
    return features(
        said.text,
        low,
        question=asked.text if asked else "",
        asked=asked.key if asked else "",
        found=tuple(sorted({(f.key, f.weight) for f in reading.findings})),
        place=said.place,
    )


def _trust(reading: Reading, stated: list[Sentence]) -> dict[tuple[str, int], int]:
    """What the rules count: (key, number of a sentence) -> the most of what they found there."""
    trust: dict[tuple[str, int], int] = {}
    for finding in reading.findings:
        for number, part in enumerate(stated):
            if _within(finding, part):
                tie = finding.key, number
                trust[tie] = max(trust.get(tie, 0), TRUST[finding.weight])
    return trust


def _within(finding: Finding, part: Sentence) -> bool:
    return part.start <= finding.start < part.end


def _sum(model: Likeness, type_: str, said: Said, low: str, reading: Reading) -> int:
    asked = said.question if said.question is not None and said.question.by != said.by else None
    found = tuple({(f.key, f.weight) for f in reading.findings})
    question, key = (asked.text, asked.key) if asked else ("", "")
    return model.sum_of(type_, said.text, low, question, key, found, said.place)


def _sum_alone(model: Likeness, type_: str, said: Said, part: Sentence, reading: Reading) -> int:
    """The scores of one sentence of several, in one number."""
    found = tuple(f for f in reading.findings if _within(f, part))
    alone = Said(said.text[part.start : part.end], said.by, said.question, said.place)
    return _sum(model, type_, alone, part.low, Reading(found, "", None))


def next_question(said: Said, low: str, reading: Reading) -> Asked | None:
    """The question that stands after a remark: its own, or the one before while nobody else has said anything."""
    if is_question(low):
        return Asked(reading.asks, said.by, low[:REMEMBERED], 2)
    before = said.question
    if before is None or before.left == 0 or (before.by != said.by and not is_phatic(low)):
        return None
    return Asked(before.key, before.by, before.text, before.left - 1)


def _by_rule(finding: Finding, parts: list[Sentence]) -> Tie:
    sentence = _sentence_of(finding.start, parts)
    return Tie(finding.key, RULE[finding.weight], finding.start, finding.end, sentence, finding.weight >= LEAD)


def _sentence_of(place: int, parts: list[Sentence]) -> int:
    return max((part.start for part in parts if part.start <= place), default=0)


def _tie(key: str, score: int, text: str, low: str, part: Sentence, reading: Reading, signs: Signs) -> Tie | None:
    """The words of a sentence that fill an attribute: those the rules found, else all that have any weight."""
    start, end = part.start + after_fillers(part.low), part.end
    within = [finding for finding in reading.findings if _within(finding, part)]
    for finding in within:
        if finding.key == key:
            alone = finding.weight < LABEL and all(f.key == key or f.weight < LEAD for f in within)
            alone = alone and signs.shapes[key] not in EXACT
            first, last = (start, end) if alone else (finding.start, finding.end)
            return Tie(key, score, first, last, part.start, finding.weight >= LEAD)
    if signs.shapes[key] == "name":
        named = _name_in(text, start, end)
        if named is None:
            return None
        start, end = named
    found = trimmed(Finding(key, CUE, start, end), low, "")
    return Tie(key, score, found.start, found.end, part.start) if found.end > found.start else None


def _stretched(tie: Tie, number: int, stated: list[Sentence], each: list[dict[str, int]]) -> Tie:
    """The words of an attribute with the sentences around them that are about the same and about nothing more."""
    start, end = tie.start, tie.end
    if tie.start <= stated[number].start + after_fillers(stated[number].low):
        for part, scores in zip(stated[:number][::-1], each[:number][::-1], strict=True):
            if not _goes_with(tie.key, part, scores, LEADS_UP):
                break
            start = part.start + after_fillers(part.low)
    if tie.end >= stated[number].end:
        for part, scores in zip(stated[number + 1 :], each[number + 1 :], strict=True):
            if not _goes_with(tie.key, part, scores, GOES_ON):
                break
            end = part.end
    return tie._replace(start=start, end=end)


def _goes_with(key: str, part: Sentence, scores: dict[str, int], least: int) -> bool:
    """Whether a sentence beside the one that fills an attribute belongs to the same thought."""
    others = max((score for other, score in scores.items() if other != key), default=least)
    return scores[key] >= max(least, others - CLOSE) and others <= UNTIED and not part.asks and not chit_chat(part.low)


_QUOTED = re.compile(r"[\"“«„]([^\"”»“]{2,60})[\"”»“]")
_PROPER = re.compile(r"[A-Z][\w'&-]*(?: (?:(?:of|the|and|for|de|in|&) )?[A-Z0-9][\w'&-]*)*")
_NO_NAME = re.compile(
    rf"(?:I|I['’]\w+|OK|[A-Z]{{1,3}}|(?:{DAY}|{MONTH})\w*|"
    r"(?:(?:Good|Guten?) )?(?:Morning|Evening|Night|Day|Morgen|Tag|Abend|Nacht))",
    re.IGNORECASE,
)


def _name_in(text: str, start: int, end: int) -> tuple[int, int] | None:
    """
    A name within a sentence: what is quoted, or its longest run of capitals.

    One capital word at the beginning is none; of a sentence without capitals a name is what has few words.
    """
    quoted = _QUOTED.search(text, start, end)
    if quoted:
        return quoted.span(1)
    runs = [run for run in _PROPER.finditer(text, start, end) if run.start() > start or " " in run[0]]
    named = [run.span() for run in runs if not _NO_NAME.fullmatch(run[0])]
    if named:
        return max(named, key=lambda run: run[1] - run[0])
    return (start, end) if not runs and len(text[start:end].split()) <= FEW_WORDS else None
