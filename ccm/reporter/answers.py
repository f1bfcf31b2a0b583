"""
Which question an answer belongs to: people do not always answer in the order in which they are asked.

A remark counts as the answer to the question asked unless it is far more like the answer to another; with each answer,
one that was given before may change places with it. Leaves out what an answer is at all and what is asked next
(:mod:`ccm.reporter.interview`).
"""

from typing import NamedTuple

from ccm.reporter import record
from ccm.reporter.candidates import ANSWERED, Candidate, assigned, worth
from ccm.reporter.hearing import EXACT, Said, likeness
from ccm.reporter.remarks import flat
from ccm.reporter.state import Asked, State
from ccm.reporter.templates import Signs

# Hundredths of log-odds: what it counts for an answer that its question was asked; the same where two would change
# places, which the two of them show; how much it must be like the answer to another question.
AS_ASKED, AS_ASKED_BOTH, LIKE_ANOTHER = 400, 250, 200
NO_ANSWER = -10_000  # what cannot be one
NAME_WORDS = 9


class Place(NamedTuple):
    """
    Where an answer goes.

    :ivar like: how much it is like what fills that attribute, in hundredths of log-odds.
    :ivar moved: the answer before it that makes room, if any, and the attribute that this one fills from now on.
    """

    key: str
    like: int
    moved: tuple[Candidate, str] | None = None


def placed(text: str, state: State, signs: Signs) -> Place:
    """
    The attribute that an answer fills: the best of all places, and of all changes of place with an answer before it.

    What people stated plainly is no such place, but what was only guessed.
    """
    singles = record.singles_of(signs.template)
    answered = {c.key for c in state.heard if c.score >= ANSWERED}
    guesses = tuple(c for c in state.heard if c.key not in answered)
    told = {c.key for values in assigned(guesses, singles).values() for c in values if c.plain and not c.carried}
    wanted = [a.key for a in signs.template.attribute if a.key == state.asking or a.key not in answered | told]
    most = worth(guesses, singles)
    lost = {key: most - worth(guesses, singles, key) if key != state.asking else 0 for key in wanted}

    def gain(said: str, key: str, asked: str, own: int = AS_ASKED_BOTH) -> tuple[int, int]:
        """How much it is like that, and how much it is worth there: less by what it takes from the guesses."""
        like = _like(said, key, signs)
        likely = like >= LIKE_ANOTHER or key == asked
        return like, (like + own * (key == asked) if likely else NO_ANSWER) - lost.get(key, 0)

    places: list[tuple[tuple[int, int], str, tuple[Candidate, str] | None]]
    places = [(gain(text, key, state.asking, AS_ASKED), key, None) for key in wanted]
    for before in state.heard:
        if before.asked and signs.shapes[before.key] not in EXACT:
            like, here = gain(text, before.key, state.asking)
            here -= gain(before.text, before.key, before.asked)[1]
            for key in wanted:
                if signs.shapes[key] not in EXACT:
                    there = gain(before.text, key, before.asked)[1]
                    places.append(((like, here + there), before.key, (before, key)))
    (like, _), key, moved = max(places, key=lambda place: (place[0][1], place[1] == state.asking))
    return Place(key, like, moved)


def _like(text: str, key: str, signs: Signs) -> int:
    """How much a remark is like an answer to the question for *key*."""
    attribute = signs.template.get(key)
    if attribute.shape == "name" and len(text.split()) > NAME_WORDS and '"' not in flat(text):
        return NO_ANSWER
    return likeness(Said(text, "-", Asked(key, "", attribute.question.lower(), 1)), key, signs)
