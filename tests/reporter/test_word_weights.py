"""What a line's words are worth is the sum of their traits' weights, whichever way it is added up."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.cues import NOT_NAMES, ROLES, VERBS, Remark, Talk, listed
from ccm.reporter.finding import trained
from ccm.reporter.traits import Traits
from ccm.reporter.word_weights import WordWeights

WORDS = st.sampled_from(
    sorted(
        listed(
            "proposed resolved: close issue #3 the agreement action Kim kim, chairs to https://x.example/a? +1 -1 we "
            "objections should accept accepted accepting (merge) don’t ! ok 42 a_b _"
        )
    )
)
LINES = st.lists(WORDS, max_size=40).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["Kim", "ana", "bo_b"]), LINES), min_size=1, max_size=6))
def test_a_line_is_worth_the_same_with_and_without_the_names_of_its_traits(talk: list[tuple[str, str]]) -> None:
    traits, model = Traits(Talk([Remark(*line) for line in talk])), trained()
    for place in range(len(talk)):
        assert model.itself("decided", traits, place) == model.score("decided", traits.itself(place))


def test_words_said_twice_count_once() -> None:
    weights = WordWeights({"": 7, "w a": 1, "k propo": 10, "a_b": 100, "^_a": 1000, "1 b": 10_000, "t a b a": 100_000})
    assert weights.of(["a", "b", "a", "b", "proposed", "proposal"]) == 111_111
    assert weights.of(["b"]) == 0
    assert weights.of([]) == 0


@given(st.lists(st.tuples(st.sampled_from(["Kim", "Kimberly Ann", "ana|away", "e"]), LINES), max_size=6))
def test_votes_between_two_lines_are_those_that_are_there(talk: list[tuple[str, str]]) -> None:
    read = Talk([Remark(*line) for line in talk])
    for start, end in pairwise(range(-3, len(talk) + 4, 2)):
        assert read.voted(start, end) == sum(map(abs, read.agrees[max(0, start) : max(0, end)]))


@given(
    st.lists(st.sampled_from(["Kim", "Kimberly", "ana|away", "Benno", "x", "Ed"]), max_size=4),
    st.text("kimberlyaned", min_size=3, max_size=9),
)
def test_a_word_calls_whoever_has_a_nick_that_begins_like_it(nicks: list[str], word: str) -> None:
    read = Talk([Remark(nick, "hello there") for nick in nicks])
    parts = [name for name in read.names if len(name) > 2]
    like = any(part.startswith(word) or (len(part) > 3 and word.startswith(part)) for part in parts)
    other = word in VERBS or word in NOT_NAMES or word in ROLES
    assert read.calls(word) == (word in read.names or (like and not other))


@given(st.lists(st.text("Kim \t\n\xa0a", max_size=12), max_size=4), st.text("kima", max_size=4))
def test_a_word_is_typed_where_blanks_are_around_it(texts: list[str], word: str) -> None:
    typed = {one for text in texts for one in text.split()}
    assert Talk([Remark("Kim", text) for text in texts]).has_typed(word) == (word in typed)


@given(st.lists(LINES, min_size=2, max_size=8))
def test_lines_are_alike_by_the_words_that_they_share(lines: list[str]) -> None:
    traits = Traits(Talk([Remark("Kim", line) for line in lines]))
    mine, low = traits.content(0), traits.talk.words[0]
    shares = [0]
    for place in range(1, len(lines)):
        both = len(mine & traits.content(place))
        if not traits.talk.agrees[place] and len(traits.talk.words[place]) > 1 and (both > 1 or len(mine) == 1):
            shares.append(10 * both // len(mine | traits.content(place)) if 10 * both >= 3 * len(mine) else 0)
    again = max(shares) if len(mine) >= 3 or (mine and len(low) > 1) else 0
    fresh = Traits(traits.talk)  # which has not read what any line says
    assert fresh.repeats(0, on=True) == sum(again >= least for least in (3, 5, 9))
