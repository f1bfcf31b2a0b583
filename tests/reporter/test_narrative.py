"""The words about a talk: what is told of it, and what each sentence rests on."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from ccm.reporter.narrative import MOST_PARTS, Narrative, Part, Spoken, Told, narrate
from ccm.reporter.phrases import counts_of, together
from ccm.reporter.turns import Line, read

WALLET = (
    "the hardware wallet loses its seed after a restart", "which hardware wallet, the small one?",
    "yes, the seed is gone and the firmware shows an empty screen of the hardware wallet",
    "my firmware is older and keeps the seed", "the new firmware writes the seed too late",
)  # fmt: skip
GARDEN = (
    "the apple trees need a fence before the deer come", "a fence of chestnut around all apple trees?",
    "Chestnut is dear, the deer jump over low fences around the apple trees anyway.",
    "two metres of wire, only around the young apple trees", "ok",
)  # fmt: skip


def talk(*parts, nicks=("ann", "ben", "kim")):
    texts = [text for part in parts for text in part]
    return [Spoken(f"m{n}", nicks[n % len(nicks)], text) for n, text in enumerate(texts)]


def told(*outcomes):
    said = talk(WALLET, GARDEN)
    return narrate(said, [Part("T1", "Wallet", 0, 5), Part("T2", "Garden", 5, 10)], outcomes)


def sentences(narrative: Narrative):
    yield from narrative.summary
    for topic in narrative.topics.values():
        yield from topic
    if narrative.headline is not None:
        yield narrative.headline


def test_every_sentence_rests_on_messages_of_the_talk():
    found = list(sentences(told(Told("decision", "We fence the young trees", "ann", "", "m8"))))
    assert len(found) > 5
    ids = {one.id for one in talk(WALLET, GARDEN)}
    assert all(one.sources and ids.issuperset(one.sources) for one in found)


def test_a_topic_s_sentences_rest_on_its_own_messages():
    found = told()
    assert {source for one in found.topics["T1"] for source in one.sources} <= {f"m{n}" for n in range(5)}
    assert {source for one in found.topics["T2"] for source in one.sources} <= {f"m{n}" for n in range(5, 10)}


def test_a_topic_has_one_to_three_sentences_with_its_phrases():
    found = told()
    assert all(1 <= len(topic) <= 3 for topic in found.topics.values())
    assert "hardware wallet" in found.topics["T1"][0].text
    assert "apple trees" in found.topics["T2"][0].text


def test_what_stands_in_quotes_was_said_so_by_whoever_is_named():
    said = talk(WALLET, GARDEN)
    quotes = [one for topic in told().topics.values() for one in topic if "“" in one.text]
    assert quotes
    for one in quotes:
        by, _, words = one.text.partition(": “")
        (source,) = one.sources
        assert any(s.id == source and s.by == by and words.rstrip("”") in s.text for s in said)


def test_phrases_and_names_are_those_of_the_talk():
    said = " ".join(one.text for one in talk(WALLET, GARDEN)).lower()
    summary = told().summary[0].text.removeprefix("The meeting of the group was mainly about ").rstrip(".")
    for phrase in summary.replace(" and ", ", ").split(", "):
        assert phrase.removeprefix("the ").lower() in said


def test_outcomes_are_told_with_their_messages():
    decision = Told("decision", "We fence the young trees", "ann", "", "m8")
    action = Told("action", "Buy wire", "ben", "kim", "m6")
    found = told(action, decision)
    assert found.headline.text == "Decided: We fence the young trees."
    assert found.headline.sources == ("m8",)
    assert found.topics["T2"][-1].text == "Decided: We fence the young trees."
    assert told(action).topics["T2"][-1].text == "kim is to buy wire."
    assert told(Told("action", "Buy wire", "ben", "", "m6")).topics["T2"][-1].text == "To do: Buy wire."


@pytest.mark.parametrize("texts", [(), ("ok",), ("ok", "+1", "yes", "https://example.org/x"), ("…", "", "  ")])
def test_of_a_talk_that_says_nothing_nothing_is_told(texts):
    found = narrate(talk(texts), [Part("T1", "", 0, len(texts))] if texts else [])
    assert found.headline is None
    assert found.summary == ()
    assert all(topic == () for topic in found.topics.values())


def test_a_talk_without_parts_and_one_of_many_are_told_briefly():
    long = talk(*[WALLET, GARDEN] * 40)
    assert 2 <= len(narrate(long, []).summary) <= MOST_PARTS + 1
    parts = [Part(f"T{n}", "", 5 * n, 5 * n + 5) for n in range(80)]
    assert len(narrate(long, parts).summary) <= MOST_PARTS + 1


def test_whoever_is_told_to_have_said_most_said_most_words_there():
    said = talk(WALLET * 4, GARDEN * 4)
    parts = [Part("T1", "", 0, 20), Part("T2", "", 20, 40)]
    for part, sentence in zip(parts, narrate(said, parts).summary[1:], strict=True):
        spoke = Counter()
        for one in said[part.start : part.end]:
            spoke[one.by] += len(one.text.split())
        assert spoke.most_common(1)[0][0] in sentence.text
        ids = {one.id for one in said[part.start : part.end]}
        assert ids.issuperset(sentence.sources)


def test_only_the_ends_of_a_talk_are_told_as_its_beginning_and_end():
    said = talk(*[WALLET, GARDEN] * 10)
    inner = narrate(said, [Part("T1", "", 20, 45), Part("T2", "", 45, 70)]).summary
    assert not any("began" in one.text or "At the end" in one.text for one in inner)
    outer = narrate(said, [Part("T1", "", 0, 50), Part("T2", "", 50, 100)]).summary
    assert "began" in outer[1].text
    assert "At the end" in outer[-1].text


def test_every_order_of_hashing_tells_the_same():
    code = "from tests.reporter.test_narrative import told; print(told())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_of_several_parts_together_words_are_counted_as_in_each():
    words = read([Line("the harbour wall and the harbour gate"), Line("a gate"), Line("the wall of the harbour")])
    parts = [counts_of(words, 0, 2), counts_of(words, 2, 3)]
    assert parts[0].words == {"harbour": 1, "wall": 1, "gate": 2}
    assert parts[0].often == {("the", "harbour"): 2}
    whole = together(parts)
    assert whole.words == counts_of(words, 0, 3).words == {"harbour": 2, "wall": 2, "gate": 2}
    assert list(whole.stems) == ["harbour", "wall", "gate"]
