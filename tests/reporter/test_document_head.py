"""A document's head and the words of its items: nothing twice, nothing empty, nothing that contradicts a field."""

import json
import re
from datetime import UTC, datetime

import msgspec
import pytest

from ccm.cli.replay import replay, republished
from ccm.reporter import render_atom, render_html, render_json, render_markdown, rendering, wording
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.document_shape import Item, Quote, Section
from ccm.reporter.state import Entry
from ccm.reporter.transcript import Message, read_log

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def talk(*lines, time=AT):
    parts = [line.partition(": ") for line in lines]
    return [Message(f"m{n}", nick, text, time=time) for n, (nick, _, text) in enumerate(parts, 1)]


def document_of(messages, context, *more, **meta):
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)
    state = msgspec.structs.replace(state, entries=(*state.entries, *more))
    return build(state, messages, Meta(title="T", **meta), context)


def forms(document):
    return render_markdown.text(document), render_html.page(document, stylesheet="s.css")


def test_the_lead_tells_what_came_of_it_and_is_left_out_where_nothing_did(context):
    document = document_of(talk("ann: ACTION: ben to pay by 2 December", "ann: ACTION: kim to ask by Friday"), context)
    assert document.headline == ""
    for text in forms(document):
        assert text.count("What came of it: 2 actions (the first due Fri 27 Nov 2026).") == 1
    plain = document_of(talk("ann: hello"), context)
    markdown, html = forms(plain)
    assert 'class="lead"' not in html
    assert "What came of it" not in markdown
    assert "() " not in render_atom.entry(plain, url="https://x.org/a")


def test_no_words_of_people_stand_twice_above_the_conversation(context):
    decided = document_of(talk("ann: #agreed we move", "ann: hm"), context)
    assert decided.headline == "Decided: we move"
    about = (Section("introduction", "Introduction", (Quote("One door.", "ann", "m2", ""),)),)
    told = msgspec.structs.replace(decided, sections=about, headline="One door.")
    for document, words in ((decided, "e move"), (told, "One door")):
        markdown, html = forms(document)
        assert markdown.partition("## The conversation")[0].count(words) == 1
        for page in (html.partition("<body")[2], render_html.fragment(document)):
            record = re.sub(r'<div class="side-note">.*?</div>', "", page.partition('<section id="log">')[0])
            assert record.count(words) == 1


def test_nothing_said_of_the_type_leaves_no_section_about_it(context):
    for text in forms(document_of(talk("ann: ACTION: ben to pay"), context)):
        assert "About" not in text


def test_every_attribute_stands_under_its_label_and_leads_to_its_words(context):
    document = document_of(talk("ann: hello", "kim: One door.", "kim: For all"), context)
    given = (("name", "t."), ("introduction", "One door."), ("audience", "For all"))
    sections = tuple(
        Section(key, key.capitalize(), (Quote(text, "kim", f"m{n}", ""),)) for n, (key, text) in enumerate(given, 1)
    )
    html = render_html.page(msgspec.structs.replace(document, headline="One door", sections=sections), stylesheet="s")
    about = html.partition('<section id="about">')[2].partition("</section>")[0]
    assert re.findall(r"<dt[^>]*>(\w+)</dt>", about) == ["Name", "Introduction", "Audience"]
    assert [f'href="#m-m{n}"' in about for n in (1, 2, 3)] == [True] * 3


def test_the_page_reads_in_the_order_of_numbers_with_gaps_marked_and_bookkeeping_at_its_end(context):
    talked = talk("ann: ACTION: ben to pay", "ann: ACTION: kim to ask", "ann: ACTION: ben to call")
    found = Entry(
        "action", "A4", "book a room", "ann", "m1", "", "", provenance="confirmed", confidence=450, confirmed="m2"
    )
    document = document_of(talked, context, found)
    html = render_html.page(document, stylesheet="s", versions={"what changed": "/c"})
    assert re.findall(r'class="mark a">(A\d)<', html) == ["A1", "A2", "A3", "A4"]
    moved = tuple(sorted(document.actions, key=lambda item: item.id, reverse=True))
    assert rendering.by_number(moved) == moved
    assert '<b class="none">Nobody yet</b>' in html
    assert "% sure" not in html
    body, _, foot = html.partition('<footer class="colophon">')
    assert '<a href="/c">what changed</a>' in foot
    assert [words for words in ("Versions:", "sha256:") if words in body] == []
    assert document.digest[:16] in foot.partition("<details><summary>Checksums</summary>")[2]


def test_decisions_and_actions_begin_with_a_capital_in_every_form(context):
    for text in forms(document_of(talk("ann: #agreed close the issues", "ann: ACTION: merge it"), context)):
        assert "Close the issues" in text
        assert "Merge it" in text


def test_a_superseded_decision_says_so_and_is_not_counted(context):
    document = document_of(talk("ann: #agreed We launch", "ann: #supersede D1 We wait"), context)
    assert "1 decision," in wording.counts(document)
    assert document.headline == "Decided: We wait"
    for text in forms(document):
        assert "superseded by D2" in text


def test_voters_are_named_in_every_form(context):
    votes = {"yes": ("Ann", "Ben"), "no": ("Kim",)}
    document = document_of(
        talk("ann: hello"), context, Entry("decision", "D1", "We move", "ann", "m1", "", how="vote", votes=votes)
    )
    for text in forms(document):
        assert "yes: Ann, Ben; no: Kim" in text


def test_a_possible_action_has_its_owner_and_its_task_in_every_form(context):
    found = Entry(
        "action", "A1", "check the budget", "Bob", "m1", "", "Bob", provenance="detected", confidence=600, sure=False
    )
    document = document_of(talk("Bob: I may check the budget"), context, found)
    for text in forms(document):
        assert "Check the budget" in text
        assert "Bob?" in text


def test_marking_one_kind_leaves_finds_of_other_kinds_where_they_are(context):
    sure = {"provenance": "detected", "confidence": 950, "sure": True}
    decision = Entry("decision", "D1", "We move", "ann", "m1", "", **sure)
    action = Entry("action", "A9", "call her", "ann", "m1", "", **sure)
    document = document_of(talk("ann: hello", "ann: ACTION: ben to pay"), context, decision, action)
    assert [item.number for item in document.decisions] == ["D1"]
    assert [item.number for item in document.possible_actions] == ["A9"]


def test_where_minutes_are_kept_by_hand_nothing_else_stands_under_actions_or_decisions(context):
    sure = {"provenance": "detected", "confidence": 950, "sure": True}
    decision = Entry("decision", "D1", "We move", "ann", "m1", "", **sure)
    marked = ("ann: ACTION: ben to pay", "ann: ACTION: kim to call", "ann: ACTION: ben to write")
    assert [i.number for i in document_of(talk("ann: hello", *marked[:2]), context, decision).decisions] == ["D1"]
    document = document_of(talk("ann: hello", *marked), context, decision)
    assert (document.decisions, [item.number for item in document.possible_decisions]) == ((), ["D1"])


@pytest.mark.parametrize("other", ["kim_", "Kim", "KIM", "_kim"])
def test_one_person_under_two_spellings_is_there_once(context, other):
    document = document_of(talk("kim: hello", f"{other}: back again"), context, invited=("Kim", "Lou"))
    assert document.present == ("kim",)
    assert document.absent == ("Lou",)
    assert document_of(talk("Ann_Weber: hi", "ann weber: hi"), context).present == ("Ann_Weber",)


def test_the_day_of_a_log_without_times_is_printed_and_dates_what_is_due(context, tmp_path):
    log = tmp_path / "a.jsonl"
    said = [{"nick": "ann", "text": "hello"}, {"nick": "ann", "text": "ACTION: ben to pay by Friday"}]
    said += [{"nick": "ann", "text": "publish now, reporter"}]
    log.write_text(json.dumps({"id": "x", "title": "T", "date": "2026-11-24", "messages": said}) + "\n")
    (meeting,) = read_log(log)
    document = replay(meeting, context)
    assert (document.day, document.started) == ("2026-11-24", "")
    assert document.actions[0].due == "2026-11-27"
    for text in forms(document):
        assert "Tuesday 24 November 2026" in text
    kept = render_json.dumps(document)
    assert render_json.dumps(republished(render_json.loads(kept), context)) == kept


def item(text, due="", phrase=""):
    return Item("x", "A1", text, "ann", "m1", "2026-11-22T10:00:00Z", text, "Ann", due, phrase)


@pytest.mark.parametrize(
    ("it", "words"),
    [
        (item("update the page by Friday", "2026-11-30", "next Monday"), "Update the page, due Mon 30 Nov 2026"),
        (item("update the page by Friday.", "2026-11-27", "by Friday"), "Update the page, due Fri 27 Nov 2026"),
        (item("By Friday, update the page", "2026-11-27", "by Friday"), "Update the page, due Fri 27 Nov 2026"),
        (
            item("send it by Friday to the board.", "2026-11-27", "by Friday"),
            "Send it to the board, due Fri 27 Nov 2026",
        ),
        (item("clean up (due Friday)", "2026-11-27", "due Friday"), "Clean up, due Fri 27 Nov 2026"),
        (item("update the page by Friday", "2026-11-27", "the 27th"), "Update the page, due Fri 27 Nov 2026"),
        (item("merge it today", "2026-11-22", "today"), "Merge it, due Sun 22 Nov 2026"),
        (item("merge it", "2026-11-22", "today"), "Merge it, due Sun 22 Nov 2026"),
        (item("call tomorrow", "2026-11-23", "tomorrow"), "Call tomorrow, due Mon 23 Nov 2026"),
        (item("move it to Friday", "2026-11-27", "Friday"), "Move it to Friday, due Fri 27 Nov 2026"),
        (item("book flights for Friday", "2026-11-27", "for Friday"), "Book flights for Friday, due Fri 27 Nov 2026"),
        (item("fix the Q1 numbers", "2027-03-31", "Q1"), "Fix the Q1 numbers, due Wed 31 Mar 2027"),
        (item("report at the next meeting.", "", "at the next meeting"), "Report at the next meeting, "),
        (item("paint doors, gates etc.", "", "soon"), "Paint doors, gates etc., due “soon”"),
    ],
)
def test_what_is_due_is_told_once_and_not_against_its_field(it, words):
    assert f"{wording.task(it)}, {wording.due(it)}" == words


def test_a_day_that_was_assumed_is_told_with_the_words_it_was_taken_from():
    it = msgspec.structs.replace(item("pay the bill in a fortnight", "2026-12-06", "in a fortnight"), assumed=True)
    assert (wording.task(it), wording.due(it)) == ("Pay the bill", "due Sun 6 Dec 2026 (assumed from “in a fortnight”)")


def test_the_head_names_every_chair(context):
    document = document_of(talk("ann: #chair ann ben", "ben: ACTION: ann to pay", "kim: Hello"), context)
    assert document.chair == "ann, ben"
    assert all("ann, ben" in form for form in forms(document))


def test_the_contents_name_every_heading_and_how_much_stands_below_it(context):
    sure = {"provenance": "detected", "confidence": 950, "sure": True}
    found = Entry("action", "A9", "call her", "ann", "m1", "", "", **sure)
    said = talk("ann: ACTION: ben to pay", "ann: #agreed We move", "ann: #agreed We stay", "ann: INFO: it rains")
    html = render_html.page(document_of(said, context, found), stylesheet="s")
    contents = re.search(r'<nav class="toc".*?</nav>', html)[0]
    listed = re.findall(r'href="#([\w-]+)">([^<]+?)(?: <span class=num>(\d+)</span>)?</a>', contents)
    headings = re.findall(r'<section id="([\w-]+)"><h2>([^<]+)</h2>', html)
    assert [row[:2] for row in listed] == [*headings, ("log", "The conversation")]
    numbers = {id_: number for id_, _, number in listed}
    assert [numbers[id_] for id_ in ("actions", "decisions", "possible-actions", "notes")] == ["1", "2", "1", ""]
