"""What one version says otherwise than another."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccm.reporter.context import Context
from ccm.reporter.differences import Part, _parts, differences, says_otherwise
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
CONTEXT = Context(Templates.load())


def document_of(*texts, **meta):
    state, log = new_state(), []
    for n, text in enumerate(texts, 1):
        log.append(Message(f"m{n}", "ann", text, time=AT + timedelta(minutes=n)))
        state, _ = step(state, log[-1], CONTEXT)
    return build(state, log, Meta(title="T", published=AT, **meta), CONTEXT)


def rows_of(groups, title):
    (group,) = [group for group in groups if group.title == title]
    return group.rows


def test_the_same_document_differs_in_nothing():
    document = document_of("RESOLVED: It is green", "ACTION: ann to pay")
    assert differences(document, document) == ()


def test_what_is_new_gone_and_changed_is_told_apart():
    old = document_of("RESOLVED: The shed is green", "ACTION: ann to pay", "#drop D1")
    new = document_of("RESOLVED: The shed is dark green", "ACTION: ann to pay", "QUESTION: Who?", version=2)
    groups = differences(old, new)
    assert rows_of(groups, "Decisions") == ((Part("ins", "D1 The shed is dark green"),),)
    assert rows_of(groups, "Questions") == ((Part("ins", "Q1 Who? Nobody else spoke after it."),),)
    changed = rows_of(groups, "Conversation")[0]
    assert Part("ins", "dark ") in changed
    assert "Actions" not in [group.title for group in groups]


def test_how_the_talk_went_on_and_when_it_was_approved_is_no_news():
    old = document_of("RESOLVED: The shed is green")
    assert not says_otherwise(old, document_of("RESOLVED: The shed is green", "Thanks, all", version=2))
    assert says_otherwise(old, document_of("RESOLVED: The shed is green", "ACTION: ann to pay", version=2))


def test_what_is_gone_stands_where_it_stood():
    lines = ("RESOLVED: One", "RESOLVED: Two", "RESOLVED: Three")
    old = document_of(*lines)
    without = document_of(*lines, "#drop D2")
    (row,) = rows_of(differences(old, without), "Decisions")
    assert row == (Part("del", "D2 Two"),)


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_parts_of_a_statement_make_up_both(old, new):
    parts = list(_parts(old, new))
    assert "".join(part.text for part in parts if part.kind != "ins") == old
    assert "".join(part.text for part in parts if part.kind != "del") == new
