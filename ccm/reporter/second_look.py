"""
A second look at what could be an outcome, once all of a talk was read: who records here, and how.

Where somebody writes actions down, their other orders are actions too, and what was only said is less likely to be
one; where decisions are read back after the vote, a proposal that was not is less likely to be one. What is seen are
whole numbers, for the trees of :mod:`ccm.reporter.trees`. Leaves out the first look (:mod:`ccm.reporter.traits`).
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ccm.reporter.traits import Traits

_SURE = {"stated": -150, "decided": 0}  # of the first score
LEAST = {"stated": -480, "order": -850, "decided": -330}  # below it a line gets no second look
_NONE = -900  # the score of a line that got none
_KINDS = {"clear": 3, "named": 2, "order": 1, "other": 0}


class Scores(NamedTuple):
    """What the model says of each line that could be something: place -> hundredths of the log-odds."""

    stated: Mapping[int, int]
    spoken: Mapping[int, int]  # by its trees alone
    decided: Mapping[int, int]


class SecondLook:
    """The talk as a whole, after the first look."""

    def __init__(self, traits: Traits, first: Scores) -> None:
        self._traits, self._first = traits, first
        lines = traits.talk.lines
        self._stated = Counter(lines[p].nick for p, score in first.stated.items() if score >= _SURE["stated"])
        self._decided = Counter(
            lines[p].nick for p, score in first.decided.items() if score >= _SURE["decided"] and traits.repeats(p) > 1
        )
        self._said = Counter(line.nick for line in lines)

    def stated(self, place: int) -> list[int]:
        """Of a line that could state an action."""
        talk, scores = self._traits.talk, self._first.stated
        score, nick = scores[place], talk.lines[place].nick
        itself = score >= _SURE["stated"]
        mine = self._stated[nick] - itself
        return [
            score,
            mine,
            self._stated.total() - itself - mine,
            10 * mine // max(1, self._said[nick] - 1),
            _KINDS[self._traits.kind_of(place)],
            self._first.decided.get(place, _NONE),
            len(talk.words[place]),
            nick == talk.leader,
            *_near(scores, place),
            *self._traits.votes_around(place),
        ]

    def decided(self, place: int) -> list[int]:
        """Of a line that could be a decision."""
        traits, scores = self._traits, self._first.decided
        talk, score = traits.talk, scores[place]
        nick, low = talk.lines[place].nick, talk.lows[place]
        back, on = traits.repeats(place), traits.repeats(place, on=True)
        itself = score >= _SURE["decided"] and back > 1
        mine = self._decided[nick] - itself
        return [
            score,
            mine,
            self._decided.total() - itself,
            back,
            on,
            len(talk.words[place]),
            "?" in low,
            nick == talk.leader,
            self._first.stated.get(place, _NONE),
            *_near(scores, place),
            *traits.votes_around(place),
            100 * talk.votes // max(1, len(talk.lines)),
            min(place, 60),
            "propos" in low,
        ]


def _near(scores: Mapping[int, int], place: int) -> tuple[int, int]:
    """The best first scores shortly before and after a line."""
    return (
        max([scores.get(other, _NONE) for other in range(place - 6, place)]),
        max([scores.get(other, _NONE) for other in range(place + 1, place + 7)]),
    )
