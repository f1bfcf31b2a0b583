"""Patterns that are looked for quickly find what plain ones do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.patterns import beginning, late

PHRASES = (r"can you\b", r"i(?:'ll| will)\b", r"is\b", "commit", r"you['’]?re\b")
TALK = st.lists(st.sampled_from([*"aciuy .,'’é_1", "can you", "I'll", "i'll", "commit", "is", "this", "you’re"])).map(
    "".join
)


@given(TALK)
def test_the_same_is_found_as_after_a_border_of_words(text: str) -> None:
    quick, plain = beginning(*PHRASES), re.compile(rf"\b(?:{'|'.join(PHRASES)})")
    assert [found.span() for found in quick.finditer(text)] == [found.span() for found in plain.finditer(text)]


def test_other_patterns_are_found_within_words() -> None:
    found = beginning("ant", others=("ent", r"\. x")).findall("grant ant relent a. x")
    assert found == ["ant", "ent", ". x"]


@pytest.mark.parametrize("phrase", ["", "(?:can|may) you", r"\bcan", "’tis"])
def test_a_phrase_without_a_first_letter_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="first letter"):
        beginning(phrase)


def test_a_late_pattern_is_compiled_when_it_is_used() -> None:
    broken, good = late("("), late("(?P<day>mon|tues)day", re.IGNORECASE)
    monday = good.match("Monday")
    assert monday is not None
    assert monday["day"] == "Mon"
    assert [found.span() for found in good.finditer("monday, tuesday")] == [(0, 6), (8, 15)]
    with pytest.raises(re.error):
        broken.search("x")
