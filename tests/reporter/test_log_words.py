"""What the conversation of a published document says of commands: what they did."""

from datetime import timedelta

import pytest

from ccm.reporter import render_html, render_json, render_markdown
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.document_shape import Line
from ccm.reporter.log_words import quoted, shown, told
from ccm.reporter.transcript import Message
from tests.reporter.talking import BEGAN


def line(text, nick="Ann", *, reporter=False):
    return Line("m1", nick, "", text, reporter=reporter)


@pytest.mark.parametrize(
    ("nick", "text", "who", "words"),
    [
        ("Reporter", "Ann says: #assign A1 Ann", "Ann", "took A1"),
        ("Reporter", "Ann says: #assign A1 to Kim", "Ann", "gave A1 to Kim"),
        ("Reporter", "Ann says by mail: #done A1", "Ann", "said that A1 is done"),
        ("Ann", "#edit action 1 Ask the council", "Ann", "put A1 into other words: “Ask the council”"),
        ("Ann", "#due A2 next friday", "Ann", "set a day for A2: next friday"),
        ("Ann", "#ok A4", "Ann", "confirmed A4"),
        ("Ann", "#drop A1", "Ann", "took A1 off the record"),
        ("Ann", "/vote yes", "Ann", "voted “yes”"),
    ],
)
def test_a_command_stands_there_as_what_it_did(nick, text, who, words):
    found = told(line(text, nick, reporter=nick == "Reporter"))
    assert (found.nick, found.text, found.did) == (who, words, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#action Great. I'll ask", "Action: Great. I'll ask"),
        ("#agreed larch", "Agreed: larch"),
        ("ACTION: Kim to write", "ACTION: Kim to write"),
        ("s/larch/oak/", "s/larch/oak/"),
        ("#edit it", "#edit it"),
        ("#1 fan", "#1 fan"),
        ("Kim says: #done A1", "Kim says: #done A1"),
        ("", ""),
    ],
)
def test_what_is_said_stands_there_as_it_was_said(text, words):
    found = told(line(text))
    assert (found.nick, found.text, found.did) == ("Ann", words, False)


def test_the_reporters_receipt_for_a_command_is_left_out_and_nothing_else():
    receipt = line("A1 is off the record.", "Reporter", reporter=True)
    log = [receipt, line("#drop A1"), receipt, line("Which one?", "Reporter", reporter=True), receipt]
    assert [each for each, _ in shown(log)] == [log[0], log[1], log[3], log[4]]


def test_what_was_marked_is_quoted_without_its_sign_and_a_command_not_at_all():
    assert quoted("#action Great. I'll ask") == "Great. I'll ask"
    assert quoted("ACTION: ask") == "ACTION: ask"
    assert quoted("Ann says: we begin") == "Ann says: we begin"
    assert quoted("Ann says: #ok P1") == quoted("#ok P1") == ""


def test_a_page_shows_no_command_and_the_record_keeps_each(context):
    said = [
        ("Ann", "#action Great. I'll ask the council for a key.", False),
        ("Reporter", "Ann says: #assign A1 Kim", True),
        ("Ann", "#drop A1", False),
        ("Reporter", "A1 is off the record.", True),
        ("Ann", "#question who pays?", False),
    ]
    log = [Message(f"m{n}", nick, text, None, BEGAN + timedelta(minutes=n), from_reporter=by_reporter)
           for n, (nick, text, by_reporter) in enumerate(said)]  # fmt: skip
    state = new_state()
    for message in log:
        state, _ = step(state, message, context)
    document = build(state, log, Meta(title="Key"), context)
    page, text = render_html.fragment(document), render_markdown.text(document)
    for form in (page, text):
        assert "#assign" not in form
        assert "#drop" not in form
        assert "gave A1 to Kim" in form
        assert "A1 is off the record." not in form
        assert "Question: who pays?" in form
    assert "“#question" not in page
    kept = [each.text for each in render_json.loads(render_json.dumps(document)).log]
    assert kept == [text for _, text, _ in said]
