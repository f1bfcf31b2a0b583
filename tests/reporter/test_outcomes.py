"""Marked lines, owners, links, due dates, agenda lines."""

from datetime import date

import pytest

from ccm.reporter.agenda import agenda_item
from ccm.reporter.anchors import ANY, keys_of_pattern, keys_of_text, words_of
from ccm.reporter.dates import due
from ccm.reporter.orders import addressed, asks_to_publish
from ccm.reporter.outcomes import links_of, mark_of, owner_of

NAMES = frozenset({"kim", "ann", "gkellogg"})


@pytest.mark.parametrize(
    ("text", "verb", "rest"),
    [
        ("ACTION: do it", "action", "do it"),
        ("Action item: do it", "action", "do it"),
        ("#action do it", "action", "do it"),
        ("/agreed fine", "decision", "fine"),
        ("RESOLVED: A: b", "decision", "A: b"),
        ("Topic: Money", "topic", "Money"),
        ("PROPOSED: sell", "proposal", "sell"),
        ("#help", "help", ""),
        ("**RESOLVED:** yes", "decision", "yes"),
    ],
)
def test_a_marked_line_is_read(text, verb, rest):
    mark = mark_of(text)
    assert (mark.verb, mark.text) == (verb, rest)


@pytest.mark.parametrize(
    "text",
    [
        "the action: he fell",
        "/me waves",
        "actionable: no",
        "#42 is open",
        "resolved",
        "link http://x.org",
        "ISSUE-12: resolved",
    ],
)
def test_plain_talk_is_not_marked(text):
    assert mark_of(text) is None


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("kim to call", "kim"),
        ("Kim Lee to call", "Kim Lee"),
        ("Kim, Ann to call", "Kim, Ann"),
        ("ann: check it", "ann"),
        ("check it (kim)", "kim"),
        ("Chairs to publish", "Chairs"),
        ("AC to PR", "AC"),
        ("I'll do it", "me"),
        ("I ask Brightwatt for a quote by next Wednesday", "me"),
        ("try to find out", ""),
        ("the door needs to be shut", ""),
        ("Merge.", ""),
    ],
)
def test_the_owner_is_who_the_action_names(text, owner):
    assert owner_of(text, "me", NAMES)[0] == owner


PEOPLE = frozenset({"kim", "ann weber", "tom baker", "pia", "omar", "dora", "cleo"})


@pytest.mark.parametrize(
    ("text", "owner", "task"),
    [
        ("Tom Baker and Kim to test the export", "Tom Baker and Kim", "test the export"),
        ("pia, omar: test", "pia, omar", "test"),
        ("test it (pia and omar)", "pia and omar", "test it"),
        ("test it [owners: pia, omar]", "pia, omar", "test it"),
        ("@pia test it", "pia", "test it"),
        ("@pia and @omar test it", "pia and omar", "test it"),
        ("Dora (and cleo as backup) to book the room", "Dora", "book the room (and cleo as backup)"),
        ("pia to mop, omar to dust", "pia and omar", "pia to mop, omar to dust"),
        ("Kim and I to do it", "Kim and me", "do it"),
        ("Tom Baker, Kim: do it", "Tom Baker, Kim", "do it"),
        ("Kim: check it", "Kim", "check it"),
        ("Lou: call Bo", "Lou", "call Bo"),
    ],
)
def test_several_owners_are_those_whom_the_action_names(text, owner, task):
    assert owner_of(text, "me", PEOPLE) == (owner, task)


@pytest.mark.parametrize(
    "text",
    [
        "Note: call Bo", "Docs: update them", "Bug: the door", "Website: new footer", "write the FAQ (PDF and HTML)",
        "add tables and figures to the report", "ask Kim and Lou to test", "Write to Kim and Lou: they know",
        "publish X and Y to the site", "12: call",
    ],
)  # fmt: skip
def test_headings_things_and_those_who_are_asked_own_nothing(text):
    assert owner_of(text, "me", PEOPLE)[0] == ""


@pytest.mark.parametrize("text", ["a, " * 1300, "(" * 3900, "@a " * 1300, "Ab and " * 500, "x (a, b" * 500])
def test_no_text_keeps_the_reader_of_owners_long(text):
    assert owner_of(text, "me", PEOPLE)


def test_links_end_before_the_marks_around_them():
    text = "see (https://a.org/b_(c)), mailto:x@y.org. and javascript:alert(1) or https://a.org/b_(c)"
    assert links_of(text) == ("https://a.org/b_(c)", "mailto:x@y.org")


BASE = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("do it by Friday", "2026-11-27"),
        ("do it by tuesday", "2026-12-01"),
        ("by tomorrow", "2026-11-25"),
        ("before the end of the week", "2026-11-27"),
        ("by end of November", "2026-11-30"),
        ("by EOD", "2026-11-24"),
        ("by COB", "2026-11-24"),
        ("by 5 December", "2026-12-05"),
        ("by December 5th, 2027", "2027-12-05"),
        ("on 2026-12-24", "2026-12-24"),
        ("in two weeks", "2026-12-08"),
        ("in a fortnight", "2026-12-08"),
        ("by the 5th", "2026-12-05"),
        ("by Q1", "2027-03-31"),
        ("next week", "2026-12-04"),
        ("by the end of next month", "2026-12-31"),
        ("by 31 February", ""),
        ("do it soon", ""),
        ("I may do it", ""),
    ],
)
def test_a_due_date_is_read_from_its_phrase(text, day):
    assert due(text, BASE).iso == day


def test_without_a_base_only_full_dates_are_read():
    assert tuple(due("by Friday", None)) == ("", "")
    assert tuple(due("by 2026-12-24", None)) == ("2026-12-24", "by 2026-12-24")


def test_numbered_lines_are_topics_only_in_a_meeting_or_after_a_greeting():
    assert agenda_item("2. Review", True) == "Review"
    assert agenda_item("2. Review", False) == ""
    assert agenda_item("0. Introduction", False) == "Introduction"
    assert agenda_item("1. is that right?", True) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Publish this, reporter.",
        "reporter: publish",
        "ok reporter, please publish it now",
        "@reporter publish the document please",
        "Reporter, could you publish this?",
        "That's it, publish it, reporter!",
        "I have to run. Reporter, publish this discussion please.",
        "ok that's all we know, could you publish this, reporter?",
        "Right. Reporter, please publish this.",
        "Good enough for tonight. Publish this, reporter.",
        "so, reporter, please publish what we have",
        "Reporter, you can publish this now.",
    ],
)
def test_a_request_to_publish_is_understood(text):
    low = text.lower()
    said, _ = addressed(low, ("reporter",))
    assert asks_to_publish(said, True)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("publish now, reporter", "publish now"),
        ("reporter, publish it as it is", "publish now"),
        ("reporter, you can publish this now", "publish"),
        ("reporter, publish what we have", "publish"),
    ],
)
def test_only_plain_words_pass_over_the_interview(text, wish):
    said, _ = addressed(text, ("reporter",))
    assert asks_to_publish(said, True) == wish


@pytest.mark.parametrize(
    "text",
    [
        "We publish a magazine.",
        "the reporter published this",
        "Do not publish this, reporter.",
        "Please don't publish it yet, reporter.",
        "Reporter, when will you publish this?",
        "We'll see. The reporter publishes in the end.",
        "When do we publish?",
        "They want to publish it in May.",
    ],
)
def test_talk_of_publishing_is_no_request(text):
    low = text.lower()
    said, _ = addressed(low, ("reporter",))
    assert not asks_to_publish(said or low, bool(said))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(was|were)\s+(caused|triggered)\s+by", "it was triggered by rain"),
        (r"difficult(y|ies)", "many difficulties"),
        (r"what('s|\s+is)\s+hard", "what's hard"),
        (r"(very\s+)?(important|urgent)(\s|$)", "urgent"),
        (r"[0-9]+\s?%", "40 %"),
    ],
)
def test_the_keys_of_a_pattern_occur_in_every_text_it_matches(pattern, text):
    keys = keys_of_pattern(pattern)
    assert keys & keys_of_text(words_of(text))
    assert keys == {ANY} or not keys & keys_of_text(words_of("nothing of the kind"))
