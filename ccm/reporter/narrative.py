"""
What was said, in sentences: one to three for each topic, a summary and a headline for the whole.

The words are people's own: phrases that many remarks of a part have, whole sentences in quotes, and the outcomes on
record. The rest are fixed wordings that state only what was counted: who spoke most, what came after what. Each
sentence names the messages that it rests on. The same talk gives the same words. Leaves out what a phrase is
(:mod:`ccm.reporter.phrases`) and what was decided (:mod:`ccm.reporter.finding`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ccm.reporter.document_shape import Sentence
from ccm.reporter.phrases import Counts, Phrase, counts_of, is_telling, phrases, places_of, together
from ccm.reporter.terms import stems_of
from ccm.reporter.turns import Line, Words, read

__all__ = ["Narrative", "Part", "Sentence", "Spoken", "Told", "narrate"]

EACH, WHOLE = 2, 3  # phrases of a part, and of all, in a summary
LEAST_PARTS, MOST_PARTS = 4, 6  # told one by one in a summary …
LONG = 60  # … if there are parts of so many remarks to halve
SHORT = 3  # remarks; a shorter part is told by its outcomes only
_QUOTE = 200  # characters
_ENDS = re.compile(r"(?<=[.!?])\s+")
_EMPTY = re.compile(r"\W*(?:https?://\S+|[+-][01]\b)?\W*$")


class Spoken(NamedTuple):
    """A remark: its message's id, who said it, what."""

    id: str
    by: str
    text: str


class Part(NamedTuple):
    """A topic: remarks from *start* up to, not including, *end*."""

    id: str
    title: str
    start: int
    end: int


class Told(NamedTuple):
    """An outcome on record, with the id of the message that it comes from."""

    kind: Literal["action", "decision", "question"]
    text: str
    by: str
    owner: str
    source: str


@dataclass(frozen=True, slots=True)
class Narrative:
    """
    The words for a discussion.

    :ivar headline: ``None`` where nothing was said that could be one.
    :ivar topics: by id of the part.
    """

    headline: Sentence | None = None
    topics: Mapping[str, tuple[Sentence, ...]] = field(default_factory=dict)
    summary: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Talk:
    """A talk as it was read once."""

    said: Sequence[Spoken]
    words: Words
    texts: list[str]
    people: set[str]

    counted: dict[tuple[int, int], Counts] = field(default_factory=dict)

    def phrases(self, start: int, end: int, most: int) -> list[Phrase]:
        """What those remarks are about."""
        if (start, end) not in self.counted:
            self.counted[start, end] = counts_of(self.words, start, end)
        if not most:
            return []
        return phrases(self.counted[start, end], self.texts, self.people, most)

    def whole(self, parts: Sequence[Part], most: int) -> list[Phrase]:
        """What these parts together are about."""
        for part in parts:
            self.phrases(part.start, part.end, 0)
        counts = together([self.counted[part.start, part.end] for part in parts])
        return phrases(counts, self.texts, self.people, most)


def narrate(
    said: Sequence[Spoken], parts: Sequence[Part], outcomes: Sequence[Told] = (), words: Words | None = None
) -> Narrative:
    """
    The words for a talk, its parts and outcomes.

    :param said: every remark on record, in order. :param parts: in order; may be none.
    :param words: of the remarks, if they were read already.
    """
    talk, chosen, whole = _heard(said, parts, words)
    return Narrative(
        _headline(talk, whole, outcomes),
        {part.id: _of_part(talk, part, outcomes) for part in parts},
        _summary(talk, whole, chosen),
    )


def summary(said: Sequence[Spoken], parts: Sequence[Part], words: Words | None = None) -> tuple[Sentence, ...]:
    """Only the sentences about the whole; the arguments are those of :func:`narrate`."""
    talk, chosen, whole = _heard(said, parts, words)
    return _summary(talk, whole, chosen)


def _heard(
    said: Sequence[Spoken], parts: Sequence[Part], words: Words | None
) -> tuple[_Talk, list[Part], list[Phrase]]:
    """The talk, the parts that are told one by one, and what the whole is about."""
    names = {one.by for one in said}
    people = set[str]().union(*map(stems_of, names)) if names else set()
    words = read([Line(one.text, one.by) for one in said]) if words is None else words
    talk = _Talk(said, words, [one.text for one in said], people)
    chosen = _told_one_by_one(parts or [Part("", "", 0, len(said))])
    return talk, chosen, talk.whole(chosen, WHOLE)


def _headline(talk: _Talk, whole: Sequence[Phrase], outcomes: Sequence[Told]) -> Sentence | None:
    """The first decision, or what most of it was about."""
    decided = next((one for one in outcomes if one.kind == "decision"), None)
    if decided is not None:
        return Sentence(f"Decided: {_clause(decided.text)}", (decided.source,))
    if not whole:
        return None
    some = whole[:3]
    return Sentence(f"A discussion of {_conjoined([one.text for one in some])}.", _sources(talk, some))


def _of_part(talk: _Talk, part: Part, outcomes: Sequence[Told]) -> tuple[Sentence, ...]:
    """What it was about and who spoke, a sentence of it, what came of it."""
    told = []
    here = talk.phrases(part.start, part.end, 4) if part.end - part.start >= SHORT else []
    here = [one for one in here if is_telling(one, talk.texts, part.start, part.end)]
    if len(here) > 1:
        told.append(_spoke_of(talk, part, here))
        if (quote := _quote(talk, part, here, {one.source for one in outcomes})) is not None:
            told.append(quote)
    came = _outcome(talk, part, outcomes)
    return (*told, came)[:3] if came is not None else tuple(told[:3])


def _spoke_of(talk: _Talk, part: Part, here: Sequence[Phrase]) -> Sentence:
    """Who said these phrases, the two who did so most often, with their first remarks."""
    said = [place for one in here for place in places_of(one, talk.texts, part.start, part.end)]
    times = Counter(talk.said[place].by for place in said)
    who = [name for name, _ in sorted(times.items(), key=lambda item: (-item[1], item[0]))[:2]]
    firsts = [talk.said[min(place for place in said if talk.said[place].by == name)].id for name in who]
    sources = tuple(dict.fromkeys((*_sources(talk, here), *firsts)))
    return Sentence(f"{_conjoined(who)} spoke of {_conjoined([one.text for one in here])}.", sources)


def _outcome(talk: _Talk, part: Part, outcomes: Sequence[Told]) -> Sentence | None:
    """What was decided in a part, else who is to do what."""
    ids = {one.id for one in talk.said[part.start : part.end]}
    here = [one for one in outcomes if one.source in ids]
    for one in here:
        if one.kind == "decision":
            return Sentence(f"Decided: {_clause(one.text)}", (one.source,))
    for one in here:
        if one.kind == "action":
            words = f"{one.owner} is to {_lower(one.text)}" if one.owner else f"To do: {one.text}"
            return Sentence(_clause(words), (one.source,))
    return None


_ABOUT = "The meeting of the group was mainly about {words}."
_ALONE = "The group had a discussion on {words}, in which {who} had the most to say."
_BEGAN = "The meeting began with a discussion of {words}, and {who} had the most to say in it."
_THEN = (
    "Then came a discussion of {words}, in which {who} had the most to say.",
    "After that, the group moved on to {words}, and {who} had the most to say on it.",
    "In the next part of the meeting, they talked about {words}, to which {who} contributed the most.",
    "They also had a discussion on {words}, in which {who} had the most to say.",
)
_ENDED = "At the end of the meeting, the group talked about {words}, to which {who} contributed the most."


def _summary(talk: _Talk, whole: Sequence[Phrase], chosen: Sequence[Part]) -> tuple[Sentence, ...]:
    """What the whole was about, then its parts one after the other."""
    if not whole:
        return ()
    told = [Sentence(_ABOUT.format(words=_conjoined(list(map(_the, whole)))), _sources(talk, whole))]
    used: set[str] = set()
    for number, part in enumerate(chosen):
        here = [one for one in talk.phrases(part.start, part.end, 9) if not one.stems <= used][:EACH]
        if not here:
            continue
        used |= set().union(*(one.stems for one in here))
        who, first = _speaker(talk, part)
        text = _lead(number, part, chosen, len(talk.said)).format(words=_conjoined(list(map(_the, here))), who=who)
        told.append(Sentence(text, tuple(dict.fromkeys((*_sources(talk, here), first)))))
    return tuple(told)


def _lead(number: int, part: Part, chosen: Sequence[Part], count: int) -> str:
    """How the sentence goes about a part; only what stands at an end of the talk is told as its beginning or end."""
    if len(chosen) == 1:
        return _ALONE
    if not number and 10 * part.start <= count:
        return _BEGAN
    if number + 1 == len(chosen) and 10 * part.end >= 9 * count:
        return _ENDED
    return _THEN[max(0, number - 1) % len(_THEN)]


def _told_one_by_one(parts: Sequence[Part]) -> list[Part]:
    """The longest parts, in order; of a talk of few long ones their halves."""
    kept = sorted(parts, key=lambda part: (part.start - part.end, part.start))[:MOST_PARTS]
    while len(kept) < LEAST_PARTS and kept[0].end - kept[0].start >= LONG:
        id_, title, start, end = kept.pop(0)
        middle = (start + end) // 2
        kept += [Part(id_, title, start, middle), Part(id_, title, middle, end)]
        kept.sort(key=lambda part: (part.start - part.end, part.start))
    return sorted(kept, key=lambda part: part.start)


def _speaker(talk: _Talk, part: Part) -> tuple[str, str]:
    """Who spoke most words in a part, and the id of the longest remark of theirs."""
    spoke: Counter[str] = Counter()
    for place in range(part.start, part.end):
        spoke[talk.said[place].by] += len(talk.words.words[place])
    name = min(spoke, key=lambda one: (-spoke[one], one))
    theirs = [place for place in range(part.start, part.end) if talk.said[place].by == name]
    return name, talk.said[max(theirs, key=lambda place: (len(talk.words.words[place]), -place))].id


def _quote(talk: _Talk, part: Part, here: Sequence[Phrase], told: set[str]) -> Sentence | None:
    """
    The sentence that says most of what a part is about, word for word.

    :param told: ids of messages that are told elsewhere; nor is that quoted which announced the part.
    """
    best: tuple[int, int, str] | None = None
    for place in range(part.start, part.end):
        text = talk.texts[place]
        announces = place == part.start and part.title.lower() in text.lower()
        if (
            len(text) < 40
            or announces
            or talk.said[place].id in told
            or not any(one.text.lower() in text.lower() for one in here)
        ):
            continue
        for sentence in _ENDS.split(text):
            low = sentence.lower()
            length = len(sentence.split())
            if not length >= 6 or len(sentence) > _QUOTE or sentence.endswith("?") or "http" in low:
                continue
            score = sum(one.weight for one in here if one.text.lower() in low) * 100 // (8 + length)
            if score and (best is None or score > best[0]):
                best = score, place, sentence
    if best is None:
        return None
    _, place, sentence = best
    return Sentence(f"{talk.said[place].by}: “{sentence.strip()}”", (talk.said[place].id,))


def _the(phrase: Phrase) -> str:
    """With its article, unless it is a name."""
    return f"the {phrase.text}" if phrase.text == phrase.text.lower() else phrase.text


def _sources(talk: _Talk, some: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(talk.said[one.place].id for one in some))


def _clause(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "”")) else f"{text}."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _conjoined(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
