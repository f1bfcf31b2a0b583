"""Versions of a document and what changed between them, asked for by who takes part."""

from typing import Any

import pytest_twisted
from test_published_afterwards import publish
from test_reporter import hold_the_talk

from ccm import namespaces as ns
from ccm.components.versions_desk import LONGEST_ROW, MOST_BYTES, MOST_ROWS, _within
from ccm.reporter.differences import Group, Part
from ccm.wire.stanza import text

REPORTER = "reporter.localhost"


def ask_for(name: str, topic: Any, **more: str) -> str:
    given = "".join(f" {key}='{value}'" for key, value in more.items())
    return f"<{name} xmlns='{ns.REPORTER}' topic='{topic['id']}'{given}/>"


@pytest_twisted.ensureDeferred
async def test_participants_see_all_versions_and_what_changed(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage, visibility="members")
    await hold_the_talk(ann, room, (("#edit D1 Two licences", None), ("publish now, reporter", "version 2")))
    answer = await ann.ask(REPORTER, "get", ask_for("versions", topic))
    listed = list(answer.firstChildElement().elements())
    assert [(each["number"], each["by"]) for each in listed] == [("2", "Ann"), ("1", "Ann")]
    assert all(each["at"].endswith("Z") and each["headline"] for each in listed)

    answer = await ann.ask(REPORTER, "get", ask_for("changes", topic))
    changes = answer.firstChildElement()
    assert (changes["from"], changes["to"]) == ("1", "2")
    groups = {group["title"]: list(group.elements()) for group in changes.elements()}
    (row,) = groups["Decisions"]
    told = [(part.name, str(part)) for part in row.elements()]
    assert any(kind == "del" and "One" in text for kind, text in told)
    assert any(kind == "ins" and "Two" in text for kind, text in told)
    assert "Actions" not in groups
    back = await ann.ask(REPORTER, "get", ask_for("changes", topic, **{"from": "2", "to": "1"}))
    assert back.firstChildElement()["to"] == "1"


@pytest_twisted.ensureDeferred
async def test_what_is_not_there_and_who_takes_no_part_is_refused(stage: Any, muc: Any) -> None:
    ann, topic, _ = await publish(stage)
    for more, condition in (({"to": "9"}, "item-not-found"), ({}, "item-not-found"), ({"to": "x"}, "bad-request")):
        answer = await ann.ask(REPORTER, "get", ask_for("changes", topic, **more))
        assert (answer["type"], answer.error.firstChildElement().name) == ("error", condition)
    eve = await stage.person("eve", "Eve")
    answer = await eve.ask(REPORTER, "get", ask_for("versions", topic))
    assert answer.error.firstChildElement().name == "item-not-found"


def many(count: int, words: str) -> list[Group]:
    return [Group("Conversation", tuple((Part("ins", f"{number} {words}"),) for number in range(count)))]


def test_an_answer_is_bounded_in_rows_and_in_bytes() -> None:
    few = many(MOST_ROWS, "Yes.")
    assert _within(few) == (few, False)
    (group,), more = _within(many(MOST_ROWS + 1, "Yes."))
    assert (len(group.rows), more) == (MOST_ROWS, True)
    (group,), more = _within(many(300, "<&é" * 300))
    sent = sum(len(text(part.text)) for row in group.rows for part in row)
    assert more and MOST_BYTES * 0.9 < sent < MOST_BYTES


def test_a_row_of_many_words_is_cut_and_both_sides_are_seen() -> None:
    row = (Part("del", "a" * 200_000), Part("ins", "b" * 200_000))
    (group,), more = _within([Group("About", (row, (Part("ins", "short"),)))])
    (old, new), (short,) = group.rows
    assert more and short.text == "short"
    assert len(old.text) + len(new.text) == LONGEST_ROW + 2 and old.text.endswith("a…") and new.text.endswith("b…")
    assert _within([Group("About", ((Part("del", "a" * 100), Part("ins", "b" * 100)),))])[1] is False
