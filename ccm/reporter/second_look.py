"""
A second look at what could be an outcome, once all of a talk was read: who records here, and how.

Where somebody writes actions down, their other orders are actions too, and what was only said is less likely to be
one; where decisions are read back after the vote, a proposal that was not is less likely to be one. What is seen are
whole numbers, for the trees of :mod:`ccm.reporter.trees`. Leaves out the first look (:mod:`ccm.reporter.traits`).
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ccm.reporter.cues import EDGE, VERBS, listed
from ccm.reporter.readback import ReadBack
from ccm.reporter.statements import begins_with_thing
from ccm.reporter.traits import Traits

_SURE = {"stated": -150, "decided": 0}  # of the first score
LEAST = {"stated": -480, "order": -850, "decided": -400}  # below it a line gets no second look
FAR = 60  # lines
_NONE = -900  # the score of a line that got none
_KINDS = {"clear": 3, "named": 2, "order": 1, "other": 0}
_TALLY = re.compile(r"[:,(]?\s*[+-]\d(?:\.\d+)?\W*$|\+1,? |\bvote\b.*\d")
_SETTLED = ("approved", "accepted", "resolved", "agreed", "adopted")
_TALKS = listed("i we so and but ok if it that this there yes no")
_GROUP = listed("wg cg group the pwg ccg")


class Scores(NamedTuple):
    """What the model says of each line that could be something: place -> hundredths of the log-odds."""

    stated: Mapping[int, int]
    spoken: Mapping[int, int]  # by its trees alone
    decided: Mapping[int, int]


class SecondLook:
    """
    The talk as a whole, after the first look.

    :ivar read_back: what is repeated word for word of what could be decided.
    """

    def __init__(self, traits: Traits, first: Scores) -> None:
        self._traits, self._first = traits, first
        lines = traits.talk.lines
        self._stated = Counter(lines[p].nick for p, score in first.stated.items() if score >= _SURE["stated"])
        self._decided = Counter(
            lines[p].nick for p, score in first.decided.items() if score >= _SURE["decided"] and traits.repeats(p) > 1
        )
        self._said = Counter(line.nick for line in lines)
        self.read_back = ReadBack(traits.talk, first.decided)
        self._clear: dict[str, list[int]] = {}
        for place in first.stated:
            if traits.kind_of(place) == "clear":
                self._clear.setdefault(lines[place].nick, []).append(place)
        self._every = [place for places in self._clear.values() for place in places]

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
            *self._recorded(place),
        ]

    def _recorded(self, place: int) -> tuple[int, ...]:
        """Where actions are written down plainly close by, by the same or by anybody, and how this line is written."""
        talk = self._traits.talk
        text, mine = talk.lines[place].text, self._clear.get(talk.lines[place].nick, [])
        return (
            min([abs(other - place) for other in mine if other != place], default=FAR),
            min([abs(other - place) for other in self._every if other != place], default=FAR),
            begins_with_thing(talk.words[place]),
            place in self.read_back.before or place in self.read_back.after,
            len(mine),
            len(self._every),
            min(len(talk.lines) // 20, 20),
            text[:1].isupper(),
            talk.lows[place][-1:] == ".",
            talk.lows[place][-1:] == "?",
        )

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
            *self.read_back.seen(place),
            *self._built(place),
        ]

    def _built(self, place: int) -> tuple[int, ...]:
        """How a line is written that could be a decision, and how close people vote."""
        talk = self._traits.talk
        low, words, text = talk.lows[place], talk.words[place], talk.lines[place].text
        first = words[0].strip(EDGE)
        return (
            _TALLY.search(low) is not None,
            first in VERBS,
            low.startswith(("see ", "http", "link", "topic", "next")),
            text[:1].isupper(),
            low[-1:] == ".",
            "minutes" in low,
            any(word in low for word in _SETTLED),
            first in _TALKS,
            not _GROUP.isdisjoint(words[:3]),
            len(self._traits.content(place)),
            "http" in low,
            any(sign.isdigit() for sign in low),
            talk.lines[place + 1].nick == talk.lines[place].nick if place + 1 < len(talk.lines) else False,
            sum(map(abs, talk.agrees[place + 1 : place + 3])),
            sum(map(abs, talk.agrees[max(0, place - 3) : place])),
        )


def _near(scores: Mapping[int, int], place: int) -> tuple[int, int]:
    """The best first scores shortly before and after a line."""
    return (
        max([scores.get(other, _NONE) for other in range(place - 6, place)]),
        max([scores.get(other, _NONE) for other in range(place + 1, place + 7)]),
    )
