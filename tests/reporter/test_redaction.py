"""Messages taken out of published documents: nothing of their words is left in any form."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ccm.reporter import render_atom, render_html, render_ics, render_json, render_markdown
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, Sentence, build
from ccm.reporter.redaction import redacted, told
from ccm.reporter.transcript import Message

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def talk(*lines):
    """Messages of ``nick: text``; the nick ``Reporter`` is the reporter's."""
    made = []
    for n, line in enumerate(lines, 1):
        nick, _, text = line.partition(": ")
        reporter = nick == "Reporter"
        made.append(Message(f"m{n}", nick, text, time=AT + timedelta(minutes=n), from_reporter=reporter))
    return made


def document_of(messages, context, **meta):
    state = new_state()
    for message in messages:
        state, _ = step(state, message, context)
    return build(state, messages, Meta(title="Plot", topic="t1", **meta), context)


def forms(document):
    return "\n".join(
        (
            render_html.page(document, stylesheet="s.css"),
            render_markdown.text(document),
            render_json.dumps(document),
            render_atom.entry(document, url="https://x.org/a"),
            render_ics.calendar(document).decode().replace("\r\n ", ""),
        )
    )


def test_a_marked_line_that_is_taken_out_leaves_no_word_anywhere(context):
    messages = talk(
        "Reporter: I note what you say.",
        "ann: The goal is a garden for everybody.",
        "ben: ACTION: kim to ring Zyxwvut at 555 0199 by Friday, see https://zyx.example/list.pdf",
        "Reporter: A1: kim to ring Zyxwvut at 555 0199 by Friday.",
        "kim: ok",
        "ann: RESOLVED: The shed is green",
    )
    document = document_of(messages, context)
    assert "Zyxwvut" in forms(document)
    (after,) = redacted([document], ["m3"])
    text = forms(after)
    for word in ("Zyxwvut", "0199", "zyx.example"):
        assert word.lower() not in text.lower()
    assert after.actions == ()
    assert after.links == ()
    assert [item.text for item in after.decisions] == ["The shed is green"]
    assert [(line.id, line.kept) for line in after.log if not line.text] == [("m3", "withdrawn"), ("m4", "withdrawn")]
    assert "withdrawn" in text
    assert after.digest != document.digest
    assert after.input != document.input


def test_an_entry_that_a_taken_out_line_reworded_is_as_it_was_first_said(context):
    messages = talk("ben: ACTION: kim to ring the landlord", "ann: #edit A1 kim to ring that crook Quux")
    (after,) = redacted([document_of(messages, context)], ["m2"])
    assert [item.text for item in after.actions] == ["kim to ring the landlord"]
    assert "Quux" not in forms(after)


def test_an_owner_named_by_a_taken_out_line_is_forgotten(context):
    messages = talk("ben: ACTION: ring the landlord", "ann: #assign A1 Quux", "kim: fine with me")
    (after,) = redacted([document_of(messages, context)], ["m2"])
    assert "Quux" not in forms(after)
    assert [(item.number, item.owner) for item in after.actions] == [("A1", "")]


def test_what_other_people_said_themselves_stays_and_what_they_quoted_goes(context):
    messages = talk(
        "ann: The password is hunter2 for now",
        "ben: > The password is hunter2 for now\nthen change the password",
        "kim: RESOLVED: The password is changed",
    )
    (after,) = redacted([document_of(messages, context)], ["m1"])
    assert "hunter2" not in forms(after)
    assert [line.text for line in after.log] == ["", "then change the password", "RESOLVED: The password is changed"]
    assert [item.text for item in after.decisions] == ["The password is changed"]


def test_a_sentence_of_the_narrative_that_rests_on_it_goes(context):
    messages = talk("ann: #topic Budget", "ben: Quux wants ten thousand", "kim: we have five thousand")
    document = document_of(messages, context)
    told_ = (Sentence("Quux wants ten thousand.", ("m2",)), Sentence("There is five thousand.", ("m3",)))
    topic = msgspec.structs.replace(document.topics[0], narrative=told_)
    (after,) = redacted([msgspec.structs.replace(document, topics=(topic,))], ["m2"])
    assert [sentence.text for sentence in after.topics[0].narrative] == ["There is five thousand."]


def test_what_one_revision_knows_of_a_message_goes_from_all(context):
    first = talk("ann: The reason is Quux.", "Reporter: Noted: Quux.")
    second = [
        *first,
        Message("m3", "ann", "The reason is rain.", time=AT + timedelta(minutes=9), replaces="m1"),
        Message("m4", "Reporter", "So it is no longer Quux.", time=AT + timedelta(minutes=9), from_reporter=True),
    ]
    documents = [document_of(first, context), document_of(second, context, version=2)]
    assert told(documents, ["m1"])
    after = redacted(documents, ["m1"])
    assert not told(after, ["m1"])
    for document in after:
        assert "Quux" not in forms(document)
        assert document.headline == ""


def test_taking_out_what_nobody_said_or_twice_changes_nothing(context):
    document = document_of(talk("ann: The reason is rain.", "ben: yes"), context)
    assert redacted([document], ["m9"]) == (document,)
    once = redacted([document], ["m1"])
    assert redacted(once, ["m1"]) == once


def test_a_redacted_document_is_read_back_equal(context):
    (after,) = redacted([document_of(talk("ann: The reason is rain.", "ben: yes"), context)], ["m1"])
    assert render_json.loads(render_json.dumps(after)) == after


@pytest.mark.parametrize("said", ["rain", "Rain!", "RAIN rain", "ACTION: rain"])
def test_a_message_of_one_word_is_taken_out_whatever_its_case(context, said):
    messages = talk(f"ann: {said}", "Reporter: You said rain.", "ben: no idea")
    (after,) = redacted([document_of(messages, context)], ["m1"])
    assert "rain" not in forms(after).lower().replace("training", "")
