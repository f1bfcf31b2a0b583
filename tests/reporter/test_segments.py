"""Topics that nobody announced: found where the words of a talk change."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ccm.cli.replay import replay, republished
from ccm.reporter import render_html, render_json, render_markdown
from ccm.reporter.segments import LEAST, Line, segments
from ccm.reporter.transcript import Meeting, Message

WALLET = (
    "the hardware wallet loses its seed after a restart", "which hardware wallet, the small one?",
    "yes, the seed is gone and the firmware shows an empty screen", "my firmware is older and keeps the seed",
    "the new firmware writes the seed too late", "a restart before the write empties the hardware wallet",
)  # fmt: skip
GARDEN = (
    "the apple trees need a fence before the deer come", "a fence of chestnut around all apple trees?",
    "chestnut is dear, the deer jump over low fences anyway", "two metres of wire, only around the young trees",
    "the gardeners have wire left from the greenhouse", "deer hate the greenhouse lights, by the way",
)  # fmt: skip


def talk(*parts, rounds=4):
    return [text for part in parts for _ in range(rounds) for text in part]


def meeting(texts, nicks=("ann", "ben"), every=30):
    began = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    messages = (
        Message(f"m{n}", nicks[n % len(nicks)], text, time=began + timedelta(seconds=every * n))
        for n, text in enumerate(texts)
    )
    return Meeting("t1", "Talk", None, "ann", tuple(messages))


def test_a_talk_is_parted_where_its_words_change():
    found = segments(talk(WALLET, GARDEN))
    assert [(s.start, s.end) for s in found] == [(0, 24), (24, 48)]
    wallet, garden = (s.title.lower() for s in found)
    assert "seed" in wallet or "hardware wallet" in wallet
    assert "deer" in garden or "apple trees" in garden


def test_titles_are_two_or_three_terms_as_people_wrote_them_with_a_capital_at_the_start():
    texts = talk(WALLET, GARDEN)
    said = " ".join(texts).lower()
    for segment in segments(texts):
        terms = segment.title.split(", ")
        assert 2 <= len(terms) <= 3
        assert segment.title[0].isupper()
        assert all(term.lower() in said for term in terms)


def test_no_title_holds_names_addresses_fillers_or_verbs():
    texts = [f"kim_2: I think https://example.org/zebra {text} lol, kim thinks so, we deploy" for text in talk(WALLET)]
    texts += [f"ok kim should really look at foo@example.org {text} thanks, to deploy" for text in talk(GARDEN)]
    titles = " ".join(s.title for s in segments(texts, ["kim_2"])).lower().replace(",", "").split()
    assert titles
    assert not {"kim", "kim_2", "think", "thinks", "lol", "zebra", "example", "foo", "really", "deploy"} & set(titles)


def test_short_talks_and_talks_that_say_nothing_have_no_segments():
    assert segments(talk(WALLET)[: LEAST - 1]) == ()
    assert segments(["ok", "yes, sure", "+1"] * 20) == ()
    assert segments([]) == ()


@pytest.mark.parametrize("rounds", [3, 5, 40])
def test_segments_follow_one_another_to_the_end_and_are_not_many(rounds):
    texts = talk(WALLET, GARDEN, rounds=rounds)
    found = segments(texts)
    assert 2 <= len(found) <= 13
    assert [s.start for s in found] == [0, *(s.end for s in found[:-1])]
    assert found[-1].end == len(texts)


def test_a_chair_who_goes_on_to_the_next_point_begins_a_topic():
    texts = [*talk(WALLET, rounds=2), "ok, next topic: the fence", *talk(GARDEN, rounds=2)]
    said = [Line(text, "kim" if text.startswith("ok,") else ("ann", "ben")[n % 2]) for n, text in enumerate(texts)]
    assert 12 in {s.start for s in segments(said, chair="kim")}


def test_an_agenda_s_titles_are_found_in_the_talk_in_their_order():
    found = segments(talk(WALLET, GARDEN), agenda=["The hardware wallet", "Apple trees and deer"])
    assert [(s.start, s.title, s.item) for s in found] == [
        (0, "The hardware wallet", 0),
        (24, "Apple trees and deer", 1),
    ]
    assert found[-1].end == 48


def test_an_agenda_longer_than_the_talk_loses_its_last_titles_only():
    found = segments(["hello", "the wallet", "the garden"], agenda=["Hello", "Wallet", "Garden", "Fence", "Other"])
    assert [(s.start, s.item) for s in found] == [(0, 0), (1, 1), (2, 2)]


def test_every_order_of_hashing_finds_the_same():
    code = (
        "from tests.reporter.test_segments import GARDEN, WALLET, talk\n"
        "from ccm.reporter.segments import segments\n"
        "print(segments(talk(WALLET, GARDEN, WALLET, rounds=9), {'ann', 'ben'}))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_the_document_of_an_unmarked_talk_has_topics_and_says_that_they_were_found(context):
    texts = talk(WALLET, GARDEN)
    texts[30] = "#action ben to buy wire"
    document = replay(meeting(texts), context)
    assert [(t.id, t.status, t.source, t.minutes) for t in document.topics] == [
        ("T1", "found", "m0", 12),
        ("T2", "found", "m24", 12),
    ]
    assert [t.items for t in document.topics] == [(), ("A1",)]
    for text in (render_markdown.text(document), render_html.page(document, stylesheet="s.css")):
        assert "Nobody announced these topics." in text
        assert "12 min" in text


def test_announced_topics_stand_alone(context):
    document = replay(meeting(["#topic Wallets", *talk(WALLET, GARDEN)]), context)
    assert [(t.title, t.status) for t in document.topics] == [("Wallets", "reached")]
    assert "Nobody announced" not in render_markdown.text(document)


def test_a_short_talk_has_no_topics_unless_it_is_a_meeting(context):
    texts = [*talk(WALLET, rounds=3)[:-2], *talk(GARDEN, rounds=3)[:-2]]
    assert replay(meeting(texts), context).topics == ()
    assert len(replay(meeting(["#startmeeting", *texts]), context).topics) == 2


def test_words_off_the_record_and_withdrawn_ones_give_no_title(context):
    held = meeting(talk(WALLET, GARDEN))
    hidden = [Message(f"x{n}", "ann", "zebra zebra stripes", on_record=False) for n in range(20)]
    hidden += [Message(f"y{n}", "ann", "[off] zebra stripes") for n in range(20)]
    gone = [Message("z1", "ann", "zebra stripes"), Message("z2", "ann", "", retracts="z1")]
    document = replay(Meeting("t1", "Talk", None, "ann", (*hidden, *gone, *held.messages)), context)
    assert len(document.topics) == 2
    assert "zebra" not in " ".join(t.title for t in document.topics).lower()


def test_a_document_with_found_topics_replays_to_the_same_bytes(context):
    document = replay(meeting([*talk(WALLET, GARDEN), "#agreed We fence.", "publish now, reporter"]), context)
    assert len(document.topics) > 1
    assert {t.status for t in document.topics} == {"found"}
    kept = render_json.dumps(document)
    assert render_json.dumps(republished(render_json.loads(kept), context)) == kept
