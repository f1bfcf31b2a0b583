"""The document and its renderings, and ``ccm replay``."""

import argparse
import dataclasses
import io
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from icalendar import Calendar
from markdown_it import MarkdownIt

from ccm.cli.replay import add, fold, replay, run
from ccm.reporter import render_atom, render_html, render_ics, render_json, render_markdown, rendering
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.state import Entry
from ccm.reporter.transcript import LogError, Message, read_log

CORPUS = Path(__file__).parent / "corpus" / "meetings.jsonl"
AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
NASTY = '<script>alert(1)</script> & "x" [a](javascript:alert(1)) https://a.org/?q=<b>&"c" javascript:alert(2) `*_#|'


def document_of(messages, context, **meta):
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)
    return build(state, messages, Meta(**meta), context)


def talk(*texts, nick="ann", time=AT):
    return [Message(f"m{n}", nick, text, time=time) for n, text in enumerate(texts, 1)]


def all_forms(document):
    return (
        render_html.page(document, stylesheet="s.css"),
        render_markdown.text(document),
        render_json.dumps(document),
        render_atom.entry(document, url="https://x.org/a"),
        render_ics.calendar(document).decode(),
    )


@pytest.mark.parametrize("meeting", read_log(CORPUS), ids=lambda meeting: meeting.id)
def test_exactly_the_marked_lines_stand_under_actions_and_decisions(context, meeting):
    expected = {json.loads(line)["id"]: json.loads(line)["expect"] for line in CORPUS.read_text().splitlines()}[
        meeting.id
    ]
    document = replay(meeting, context)
    assert sorted(item.text for item in document.actions) == sorted(expected["actions"])
    assert sorted(item.text for item in document.decisions) == sorted(expected["decisions"])
    ids = {line.id for line in document.log}
    assert all(item.source in ids for item in (*document.actions, *document.decisions, *document.links))


def test_a_meeting_without_marks_says_that_nothing_was_decided(context):
    meeting = next(m for m in read_log(CORPUS) if m.id == "unmarked")
    document = replay(meeting, context)
    assert [topic.title for topic in document.topics] == ["Greetings", "What was done", "Next release"]
    assert [link.url for link in document.links] == ["https://example.org/notes"]
    for text in all_forms(document)[:2]:
        assert "No decisions were recorded." in text
        assert "No actions were recorded." in text


def test_the_same_log_gives_the_same_bytes(context):
    for meeting in read_log(CORPUS):
        assert all_forms(replay(meeting, context)) == all_forms(replay(meeting, context))


def test_json_comes_back_equal_and_a_foreign_schema_is_refused(context):
    document = replay(read_log(CORPUS)[0], context)
    text = render_json.dumps(document)
    assert render_json.loads(text) == document
    with pytest.raises(ValueError, match="Upgrade CCM"):
        render_json.loads(text.replace("urn:ccm:document:1", "urn:ccm:document:9"))
    with pytest.raises(ValueError, match="Not a CCM document"):
        render_json.loads("{}")


def test_the_published_schema_is_the_code():
    path = Path(__file__).parents[2] / "docs" / "document-schema.json"
    assert path.read_text() == render_json.schema()


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.targets, self.hrefs, self.tags = [], [], [], []

    def handle_starttag(self, tag, attrs):
        fields = dict(attrs)
        self.tags.append((tag, fields))
        if "id" in fields:
            self.ids.append(fields["id"])
        if tag == "a":
            self.hrefs.append(fields["href"])


def test_every_link_into_the_page_has_its_target(context):
    for meeting in read_log(CORPUS):
        page = Page()
        page.feed(render_html.page(replay(meeting, context), stylesheet="s.css", home="/archive/", feed="/feed"))
        assert len(page.ids) == len(set(page.ids))
        assert {h[1:] for h in page.hrefs if h.startswith("#")} <= set(page.ids)


def test_what_people_type_stays_text(context):
    messages = talk(
        f"The reason: {NASTY}", f"ACTION: {NASTY}", f"RESOLVED: {NASTY}", f"#topic {NASTY}", nick="<b>x</b>"
    )
    document = document_of(messages, context, title=NASTY)
    html, markdown, *_ = all_forms(document)
    page = Page()
    page.feed(html)
    assert [fields.get("type") for tag, fields in page.tags if tag == "script"] == ["application/ld+json"]
    assert not [tag for tag, _ in page.tags if tag == "b" and "<b>x" in html]
    assert all(h.startswith(("#", "https://a.org/")) for h in page.hrefs)
    assert all("noopener" in f["rel"] for tag, f in page.tags if tag == "a" and f["href"].startswith("http"))
    page = Page()
    page.feed(MarkdownIt("commonmark", {"html": False}).render(markdown))
    assert all(h.startswith(("#", "https://a.org/")) for h in page.hrefs)


def test_the_page_carries_schema_org_data(context):
    html = render_html.page(document_of(talk("ACTION: ann to pay by Friday"), context, title="T"), stylesheet="s.css")
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])
    assert found["@type"] == "Event"
    assert found["potentialAction"][0]["agent"]["name"] == "ann"
    assert found["potentialAction"][0]["endTime"] == "2026-11-27"


def test_actions_become_tasks_of_a_calendar(context):
    document = document_of(talk("ACTION: ann to pay by Friday"), context, title="T", topic="t1", published=AT)
    (task,) = Calendar.from_ical(render_ics.calendar(document, url="https://x.org/t")).walk("VTODO")
    assert task["uid"] == "t1-A-2026-11-24-01@ccm"
    assert str(task["due"].dt) == "2026-11-27"
    assert task["url"] == "https://x.org/t#m-m1"


def test_the_feed_entry_is_well_formed(context):
    document = document_of(talk(f"The reason: {NASTY}\x00\x1b"), context, title=NASTY + "\x00")
    assert ElementTree.fromstring(render_atom.entry(document, url="https://x.org/?a&b")).tag == "entry"


@pytest.mark.parametrize("line", ["#off the landlord is broke", "/OFF the landlord is broke"])
def test_what_is_said_in_the_line_that_goes_off_the_record_is_printed_nowhere(context, line):
    document = document_of(talk("The reason is rain.", line), context)
    assert [said.text for said in document.log][-1].lower() in ("#off", "/off")
    assert not any("landlord" in text for text in all_forms(document))


def test_corrected_and_withdrawn_lines_are_shown_as_such_and_off_record_ones_not(context):
    messages = [
        *talk("The reason is rain.", "Secretly, I like it.", "[off] really"),
        Message("m4", "ann", "The reason is snow.", time=AT, replaces="m1"),
        Message("m5", "ann", "", time=AT, retracts="m2"),
        Message("m6", "ann", "hush", time=AT, on_record=False),
    ]
    document = document_of(messages, context)
    assert [(line.text, line.kept) for line in document.log] == [
        ("The reason is snow.", "corrected"),
        ("", "withdrawn"),
    ]
    assert document.off_record == 2
    assert [q.text for s in document.sections if s.key == "why" for q in s.quotes] == ["snow."]
    for text in all_forms(document):
        assert "Secretly" not in text
        assert "hush" not in text


def test_no_address_of_a_person_or_room_is_printed(context):
    messages = [Message("m1", "ann", "ACTION: ann to pay", jid="ann@example.org", time=AT)]
    document = document_of(messages, context, title="T", room="r@conference.example.org")
    assert not any("example.org" in text for text in all_forms(document)[:3])


def test_actions_nobody_owns_come_first(context):
    document = document_of(talk("ACTION: zoe to sing", "ACTION: bells must ring", "ACTION: ann to pay"), context)
    assert [item.owner for item in document.actions] == ["", "ann", "zoe"]


def test_anchors_of_different_ids_differ():
    assert render_html.anchor("a b") != render_html.anchor("a_20_b") or True
    assert len({render_html.anchor(id_) for id_ in ("a", "a b", "a_20_b", "a-b", "ä", "A")}) == 6


# ---- the command


def replayed(*argv):
    out = io.StringIO()
    parser = argparse.ArgumentParser()
    add(parser)
    return run(parser.parse_args(argv), out), out.getvalue()


def test_replay_prints_each_form(tmp_path):
    for form, mark in (("md", "# Weekly"), ("html", "<!doctype html>"), ("json", "{")):
        code, text = replayed(str(CORPUS), "--meeting", "weekly", "--format", form)
        assert code == 0
        assert text.startswith(mark)


def test_replay_traces_one_object_a_message(tmp_path, context):
    log = tmp_path / "s.log"
    log.write_text("<ann> This is a project.\n<ben> The goal is peace.\n<ann> publish now, reporter\n")
    code, text = replayed(str(log), "--trace")
    lines = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert [line["type"] for line in lines] == ["project"] * 3
    assert lines[1]["attributes"]["goal"] == [{"text": "peace.", "by": "ben", "source": "m2", "carried": False}]
    assert lines[2]["mode"] == "published"
    assert lines[0]["effects"][0] == {"effect": "converted", "old": "incident", "new": "project"}


def test_replay_of_a_log_that_never_publishes_ends_it(context):
    turns = list(fold(talk("The reason is rain."), context))
    assert [state.mode for _, state, _ in turns] == ["listening", "published"]


def test_replay_names_what_is_wrong(tmp_path):
    with pytest.raises(LogError, match="Name an existing log file"):
        replayed(str(tmp_path / "none.log"))


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("it's a garden.", "It's a garden."),
        ("iPhone users", "iPhone users"),
        ("x2 and y3", "x2 and y3"),
        ("https://example.org", "https://example.org"),
        ("Green", "Green"),
        ("", ""),
        ("élan", "Élan"),
    ],
)
def test_a_value_is_printed_with_a_capital_and_otherwise_as_it_was_said(said, printed):
    assert rendering.capital(said) == printed


# ---- the head, items and topics


def test_the_head_tells_planned_and_real_times_standing_and_counts(context):
    messages = [*talk("#chair ann", "ACTION: ann to pay", "publish now, reporter")]
    document = document_of(
        messages, context, title="T", scheduled=AT, version=2, approved_by="ann", published=AT, invited=("Ann", "Lou")
    )
    assert (document.absent, document.invited) == (("Lou",), ("Ann", "Lou"))
    html, markdown, *_ = all_forms(document)
    for words in (
        "Planned for Tuesday 24 November 2026, 14:05 UTC",
        "Held ",
        "Chaired by",
        "Approved by ann, Tue 24 Nov 2026, 14:05 UTC, version 2, amended",
        "What came of it: 1 action.",
        "3 messages",
        "Absent: Lou.",
        "Kept until the operator",
    ):
        assert words in html
        assert words in markdown
    assert document.input[:16] in html
    assert document.input != document.digest


def test_an_action_starts_with_its_verb_beside_its_owner_and_tells_its_phrase(context):
    document = document_of(talk("ACTION: ann to pay the rent by the end of next week"), context)
    (action,) = document.actions
    assert (action.text, action.task, action.owner) == (
        "ann to pay the rent by the end of next week",
        "Pay the rent by the end of next week",
        "ann",
    )
    markdown = render_markdown.text(document)
    assert "**ann**" in markdown
    assert f"due {rendering.short_day(action.due)}" in markdown
    assert "the end of next week" in markdown


def test_what_nobody_confirmed_is_only_possible_where_people_mark(context):
    def entry(number, **more):
        text = f"Thing {number}"
        return Entry("action", number, text, "ann", "m1", "", "Bob", provenance="detected", confidence=870, **more)

    messages = talk("We should do things.", "ACTION: Kim to paint")
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)
    detected = (entry("A8", sure=True), entry("A9", sure=False))
    marked = msgspec.structs.replace(state, entries=(*(e for e in state.entries if e.kind == "action"), *detected))
    document = build(marked, messages, Meta(title="T"), context)
    possible = [i.number for i in document.possible_actions]
    assert ([i.number for i in document.actions], possible) == (["A1"], ["A8", "A9"])
    for text in all_forms(document)[:2]:
        assert "Possible actions" in text
        assert "not confirmed" in text
    html, markdown = all_forms(document)[:2]
    assert "% sure" not in html
    assert "found in the talk (87 % sure), not confirmed" in markdown
    assert "<b>Bob?</b>" in html
    assert "— Bob?" in markdown
    assert len(Calendar.from_ical(render_ics.calendar(document)).walk("VTODO")) == 1
    unmarked = build(msgspec.structs.replace(marked, entries=detected), messages, Meta(title="T"), context)
    assert ([i.number for i in unmarked.actions], [i.number for i in unmarked.possible_actions]) == (["A8"], ["A9"])


def test_a_decision_tells_how_it_was_taken_and_what_it_replaces(context):
    document = document_of(talk("RESOLVED: It is green", "RESOLVED: It is blue"), context, title="T")
    first, second = document.decisions
    votes = {"yes": ("ann", "ben"), "no": ("kim",)}
    second = msgspec.structs.replace(second, how="vote", votes=votes, owner="ben", supersedes="D1", sources=("m1",))
    document = msgspec.structs.replace(document, decisions=(first, second))
    assert "By vote: yes 2, no 1; proposed by ben; takes the place of D1" in render_markdown.text(document)
    html = render_html.page(document, stylesheet="s.css")
    assert f'takes the place of <a href="#{first.id}">D1</a>' in html
    assert "yes: ann, ben; no: kim" in html
    assert '<a href="#m-m2">In the log</a>, also <a href="#m-m1">ann, 14:05</a>' in html
    assert "([ann, 14:05](#m-m2), [ann, 14:05](#m-m1))" in render_markdown.text(document)


def test_an_open_question_tells_why(context):
    messages = [*talk("QUESTION: Who pays?"), *[Message("m2", "ben", "hm", time=AT)]]
    assert document_of(messages, context).questions[0].why == "unsettled"
    document = document_of(talk("QUESTION: Who pays?"), context)
    assert document.questions[0].why == "unanswered"
    assert "Nobody else spoke after it." in render_markdown.text(document)


def test_an_agenda_s_topics_are_reached_or_not(context):
    lines = (
        "#topic Budget",
        "#topic Shed",
        "#topic Gate",
        "let us begin",
        "#topic Budget",
        "so",
        "#topic Cats",
        "meow",
    )
    messages = [Message(f"m{n}", "ann", text, time=AT + timedelta(minutes=n)) for n, text in enumerate(lines)]
    document = document_of(messages, context)
    assert [(t.title, t.status, t.planned, t.minutes) for t in document.topics] == [
        ("Budget", "reached", True, 2),
        ("Shed", "planned", True, None),
        ("Gate", "planned", True, None),
        ("Cats", "reached", False, 1),
    ]
    markdown = render_markdown.text(document)
    assert "not reached" in markdown
    assert "not on the agenda" in markdown


def test_a_next_meeting_is_an_event_of_the_calendar(context):
    context = dataclasses.replace(context, zone="Europe/Berlin")
    messages = talk("#startmeeting T", "#nextmeeting 2026-12-01 10:00")
    document = document_of(messages, context, title="T", topic="t", zone="Europe/Berlin")
    assert document.follow_up.start == "2026-12-01T10:00"
    (event,) = Calendar.from_ical(render_ics.calendar(document, url="https://x.org/t")).walk("VEVENT")
    assert event["dtstart"].dt == datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    assert "Next meeting: Tue 1 Dec 2026, 10:00" in render_markdown.text(document)


def test_files_are_told_from_links(context):
    document = document_of(talk("see https://example.org/plan.pdf and https://example.org/"), context)
    assert "Links and files" in render_markdown.text(document)
    assert [rendering.is_file(link.url) for link in document.links] == [True, False]


def test_a_document_of_the_schema_before_is_read_and_shown(context):
    fields = json.loads(render_json.dumps(document_of(talk("RESOLVED: Rain"), context, title="T", invited=("Lou",))))
    for name in ("approved_at", "possible_actions", "possible_decisions", "absent", "follow_up", "input", "summarizer"):
        del fields[name]
    for name in ("retention", "summary"):
        del fields[name]
    document = render_json.loads(json.dumps({**fields, "schema": "urn:ccm:document:0"}))
    assert document.absent == ("Lou",)
    assert "Rain" in render_html.page(document, stylesheet="s.css")


def test_a_log_with_a_tombstone_shows_a_withdrawn_line(context):
    messages = [*talk("The reason is rain."), Message("m2", "ben", "", time=AT)]
    assert [line.kept for line in document_of(messages, context).log] == ["said", "withdrawn"]
