"""Which topics a document has, what they are called, and what is told of them."""

from datetime import UTC, datetime, timedelta

import pytest

from ccm.cli.replay import replay, republished
from ccm.reporter import render_json, render_markdown
from ccm.reporter.agenda import agenda_in, agenda_told, next_topic
from ccm.reporter.narrative import Part, Spoken, narrate
from ccm.reporter.remarks import flat
from ccm.reporter.segments import segments
from ccm.reporter.transcript import Meeting, Message

WEBSITE = (
    "the website needs a new landing page", "who wrote the old landing page of the website?",
    "kim did, the website is ten years old", "visitors leave the website from the landing page",
    "a landing page with fewer pictures loads faster", "then we test the landing page on phones",
)  # fmt: skip
BUDGET = (
    "the budget has four hundred left", "is the printer in the budget?",
    "the printer is paid from the budget of last year", "we save the rest of the budget for paint",
    "paint is dear, the budget will not do", "half of the paint then, and the budget is safe",
)  # fmt: skip


def meeting(texts, nicks=("ann", "ben")):
    began = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    messages = (
        Message(f"m{n}", nicks[n % len(nicks)], text, time=began + timedelta(seconds=30 * n))
        for n, text in enumerate(texts)
    )
    return Meeting("t1", "Talk", None, "ann", tuple(messages))


@pytest.mark.parametrize("title", ["there", "more", "later", "tomorrow", "offline", "next time", "here later"])
def test_place_words_are_no_titles(title):
    assert next_topic(f"ok, let's discuss {title}", f"ok, let's discuss {title}") == ""
    assert next_topic("ok, let's discuss the fence", "ok, let's discuss the fence") == "the fence"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Topic #1 - call times", "call times"),
        ("... Topic #2 - architecture updates", "architecture updates"),
        ("Topic 3: the fence", "the fence"),
        ("topic #4", ""),
    ],
)
def test_a_numbered_topic_is_announced(text, title):
    assert next_topic(text, flat(text)) == title


def test_points_of_an_agenda_may_have_both_a_dot_and_a_bracket():
    assert agenda_in("agenda: 1.) new call time 2.) the fence") == ("new call time", "the fence")
    assert agenda_told("website, budget") == ("website", "budget")
    assert agenda_told("the website") == ()


def test_points_taken_up_by_their_numbers_are_those_of_the_agenda(context):
    texts = ["#startmeeting", "here is the agenda: 1.) the website 2.) money"]
    texts += ["Topic #1 - landing page", *WEBSITE, "Topic #2 - what is left", *BUDGET]
    document = replay(meeting(texts), context)
    assert [(t.title, t.status, t.source) for t in document.topics] == [
        ("the website", "reached", "m1"),
        ("money", "reached", "m1"),
    ]
    assert [t.minutes for t in document.topics] == [4, 3]


def test_a_marked_agenda_counts_as_announced_and_what_nobody_spoke_of_as_not_reached(context):
    texts = ["#startmeeting", "AGENDA: website, budget, zebras", *WEBSITE, *BUDGET, "publish now, reporter"]
    document = replay(meeting(texts), context)
    assert [(t.title, t.status, t.planned) for t in document.topics] == [
        ("website", "reached", True),
        ("budget", "reached", True),
        ("zebras", "planned", True),
    ]
    assert "Nobody announced" not in render_markdown.text(document)
    kept = render_json.dumps(document)
    assert render_json.dumps(republished(render_json.loads(kept), context)) == kept


def test_what_was_said_before_the_first_announced_topic_has_its_place(context):
    document = replay(meeting(["#startmeeting", *WEBSITE, *WEBSITE, "#topic Budget", *BUDGET]), context)
    assert [(t.title, t.status, t.source) for t in document.topics] == [
        ("Before the first topic", "before", "m1"),
        ("Budget", "reached", "m13"),
    ]
    assert "Nobody announced" not in render_markdown.text(document)
    short = replay(meeting(["#startmeeting", "hello", "#topic Budget", *BUDGET]), context)
    assert [t.title for t in short.topics] == ["Budget"]


def test_nobody_goes_on_to_a_topic_of_one_line(context):
    texts = ["#startmeeting", "#topic Website", *WEBSITE, "let's move on to the fence"]
    assert [t.title for t in replay(meeting(texts), context).topics] == ["Website"]
    texts += BUDGET
    assert [t.title for t in replay(meeting(texts), context).topics] == ["Website", "the fence"]


def test_a_meeting_has_found_topics_from_thirty_remarks_on(context):
    texts = [*WEBSITE, *WEBSITE, *BUDGET, *BUDGET]
    assert replay(meeting(["#startmeeting", *texts]), context).topics == ()
    assert replay(meeting(["#startmeeting", *WEBSITE * 3, *BUDGET * 3]), context).topics != ()


def test_orders_to_the_reporter_are_no_part_of_a_topic(context):
    order = "reporter, please remove the zebra stripes from the zebra minutes of the website"
    texts = [
        line for pair in zip([*WEBSITE * 3, *BUDGET * 3], [order, "s/zebra/horse/"] * 18, strict=True) for line in pair
    ]
    document = replay(meeting(["#startmeeting", *texts]), context)
    assert document.topics
    told = [t.title for t in document.topics] + [s.text for t in document.topics for s in t.narrative]
    assert not [words for words in told if "zebra" in words or "reporter" in words]


def test_single_odd_words_are_no_title_and_a_part_without_good_ones_begins_as_it_began():
    odd = [
        "Hello", "Interested in the work of Tim. Going to pay attention.", "feel free to add", "a ball in your court",
        "adding it drops the behavior", "pay attention to prep", "feel free", "adding more",
    ]  # fmt: skip
    titles = [part.title for part in segments([*odd, *[text for text in WEBSITE for _ in range(4)]])]
    assert titles[0] in ("Interested in the work of Tim", "Part 1")


def spoken(texts, nicks):
    return [Spoken(f"m{n}", nick, text) for n, (nick, text) in enumerate(zip(nicks, texts, strict=True))]


def test_who_is_named_said_the_phrases():
    said = spoken([*WEBSITE, *["ok, that is fine with me, thanks"] * 4], ["ann"] * 6 + ["lou"] * 4)
    (first, *_) = narrate(said, [Part("T1", "Website", 0, 10)]).topics["T1"]
    assert first.text.startswith("ann spoke of ")
    assert "lou" not in first.text


def test_without_two_good_phrases_nothing_is_told():
    texts = ["the printer", "hello all", "a cat sat", "we wait now", "good grief"]
    assert narrate(spoken(texts, "abcde"), [Part("T1", "x", 0, 5)]).topics["T1"] == ()


def test_the_line_that_announces_a_topic_is_not_quoted():
    line = "Now the landing page of the website, and who makes the website landing page"
    said = spoken([line, *WEBSITE], ["ann"] * 7)
    title = "the landing page of the website"
    told = narrate(said, [Part("T1", title, 0, 7)]).topics["T1"]
    assert told
    assert not [one for one in told if "who makes" in one.text]
