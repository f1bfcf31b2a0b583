"""
What is read out twice: a proposal, and the same words again once people voted for it.

Nine in ten lines that repeat an earlier one word for word, with votes between the two, say what was decided. Leaves out
lines that are only alike (:mod:`ccm.reporter.traits`).
"""

import re
from collections.abc import Iterable

from ccm.reporter.cues import Talk

REACH = 60  # lines between a proposal and its second reading
LEAST = 8  # letters and figures of a line that is worth comparing
_LETTERS = re.compile(r"[a-z0-9]+")
_LABEL = re.compile(
    r"\W*(?:pre-?|draft |counter)?(?:propos(?:al|ed)(?: resolution)?(?: \d+\w?)?|resolved|resolution|suggestion)"
    r" ?[:.]\W*"
)
_THING = re.compile(r"(?:#|issues?[ /-]|pull/|\bprs? )(\d+)")


class ReadBack:
    """Which of some lines repeat one another word for word, whatever label stands before them."""

    def __init__(self, talk: Talk, places: Iterable[int]) -> None:
        self._talk = talk
        self.words: dict[int, str] = {}
        self.before: dict[int, tuple[int, int]] = {}
        self.after: dict[int, tuple[int, int]] = {}
        seen: dict[str, int] = {}
        for place in sorted(places):
            low = talk.lows[place]
            label = _LABEL.match(low)
            said = "".join(_LETTERS.findall(low[label.end() :] if label else low))
            if len(said) < LEAST:
                continue
            self.words[place] = said
            first = seen.get(said, -REACH - 1)
            if place - first <= REACH:
                votes = sum([vote > 0 for vote in talk.agrees[first:place]])
                self.before[place] = self.after[first] = (place - first, votes)
            seen[said] = place
        self.voted = sum([votes > 0 for _, votes in self.before.values()])

    def seen(self, place: int) -> tuple[int, ...]:
        """How far the same words are before and after a line, with how many votes between, and how many others are."""
        before, after = self.before.get(place, (0, 0)), self.after.get(place, (0, 0))
        return (*before, *after, self.voted - (before[1] > 0) - (after[1] > 0))

    def apart(self, one: int, other: int) -> bool:
        """Whether two lines that are alike mean different things: each is read out twice, or names other numbers."""
        mine, theirs = self.words.get(one), self.words.get(other)
        if mine == theirs:
            return False
        if self.twice(one) and self.twice(other):
            return True
        lows = self._talk.lows
        ours, others = set(_THING.findall(lows[one])), set(_THING.findall(lows[other]))
        return bool(ours - others and others - ours)

    def same(self, one: int, other: int) -> bool:
        """Whether two lines say the same word for word."""
        return one in self.words and self.words[one] == self.words.get(other)

    def twice(self, place: int) -> bool:
        """Whether a line is one of two that say the same word for word."""
        return place in self.before or place in self.after

    def decided(self) -> list[int]:
        """The lines that repeat what several voted for, if that is how this talk records decisions."""
        return [place for place, (_, votes) in self.before.items() if votes > 1] if self.voted > 1 else []
