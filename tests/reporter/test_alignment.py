"""An agenda along a talk: the shares of all ways to lay it, and the way that is taken."""

from itertools import combinations
from math import exp

import pytest

from ccm.reporter.alignment import _UNIT, _soon, _weighed, aligned

LIKELY = [0, -900, 700, -2000, 400, -300, -1500]
WORDS = [[900, 0, 0, 300, 0, 0, 0], [0, 0, 800, 0, 500, 0, 0], [0, 300, 0, 0, 0, 700, 200]]


def share(places):
    """What a way counts by the definition: beginnings, words soon after them, words while a title lasts."""
    ends = [*places[1:], len(LIKELY)]
    logarithm = -4000 * (len(WORDS) - len(places))
    for row, place, end in zip(WORDS, places, ends, strict=False):
        logarithm += LIKELY[place] + 3 * _soon(row)[place] + 2 * sum(row[place:end])
    return exp(logarithm / 1000)


def test_the_shares_of_all_ways_are_those_of_each_way_counted_by_itself():
    ways = [way for titles in (1, 2, 3) for way in combinations(range(len(LIKELY)), titles)]
    every = sum(map(share, ways))
    found = _weighed(LIKELY, WORDS).begins
    for title in range(len(WORDS)):
        for place in range(len(LIKELY)):
            right = sum(share(way) for way in ways if len(way) > title and way[title] == place) / every
            assert exp(found[title][place] / _UNIT) == pytest.approx(right, abs=0.005)


@pytest.mark.parametrize("count", range(1, 7))
def test_each_title_that_has_room_gets_a_place_after_the_one_before(count):
    places = aligned([-500] * 4, ["one", "two wallets", "three gardens", "four"], ["x"] * count)
    taken = [place for place in places if place is not None]
    assert len(places) == count
    assert len(taken) == min(count, 4)
    assert taken == sorted(set(taken))


def test_titles_begin_where_their_words_are_said_and_topics_are_likely():
    texts = [
        "hello all",
        "the wallet loses its seed",
        "which wallet",
        "the small one",
        "now the garden",
        "the apple trees",
    ] * 2
    texts[6:] = ["a fence for the garden", "of chestnut", "now the budget", "the budget is spent", "all of it", "bye"]
    scores = [-1200, 200, -600, -600, 200, -600, -600, -600, 200, -600, -600, -300]
    assert aligned(scores, texts, ["Wallet", "Garden", "Budget"]) == [1, 4, 8]
