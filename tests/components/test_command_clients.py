"""Ad-hoc commands for clients as they are: those that send the first choice, show one note, or tell no time."""

from typing import Any

import pytest_twisted
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.components.client_zone import MAX_SILENT, ClientZone
from ccm.testing import command_forms

TOPICS, INVITATIONS = "topics.localhost", "invitations.localhost"


@pytest_twisted.ensureDeferred
async def test_an_optional_list_begins_with_nothing_and_a_required_one_with_the_likeliest(
    stage: Any, rooms: Any
) -> None:
    stage.host(topics.plugin)
    stage.host(invitations.plugin)
    ann = await stage.person("ann", "Ann")
    made = await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#create", name="Audit")
    optional = (await command_forms.begin(ann, INVITATIONS, f"{ns.INVITATIONS}#invite")).fields["topic"]
    assert [option.value for option in optional.options] == ["", made.fields["id"]]
    assert not optional.value
    required = (await command_forms.begin(ann, INVITATIONS, f"{ns.INVITATIONS}#invitations")).fields["topic"]
    assert [option.value for option in required.options] == [required.value] == [made.fields["id"]]
    readers = (await command_forms.begin(ann, TOPICS, f"{ns.TOPICS}#create")).fields["visibility"]
    assert [option.value for option in readers.options] == ["public", "link", "members"]
    assert readers.value == "public"


@pytest_twisted.ensureDeferred
async def test_all_sentences_are_in_one_note(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    shown = await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#create", start="next tue 14:00")
    [note] = shown.notes
    assert len(note.splitlines()) == 2 and "Tue 24 Nov, 14:00 CET" in note


@pytest_twisted.ensureDeferred
async def test_my_topics_are_listed_at_once(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    assert (await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#topics")).notes == ("You have no topics yet.",)
    await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#create", name="Audit")
    [row] = (await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#topics")).rows
    assert row["name"] == "Audit"


@pytest_twisted.ensureDeferred
async def test_a_topic_keeps_its_zone_when_the_client_tells_no_time(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    node = f"{ns.TOPICS}#create"
    made = await command_forms.run(ann, TOPICS, node, name="Audit", start="next tue 14:00", tz="America/New_York")
    moved = await command_forms.run(ann, TOPICS, f"{ns.TOPICS}#reschedule", id=made.fields["id"], start="next wed 9:00")
    assert moved.fields["start"] == "2026-11-25T14:00:00Z"


@pytest_twisted.ensureDeferred
async def test_a_client_that_leaves_the_question_for_its_time_open_is_asked_once(stage: Any) -> None:
    asked = []

    async def ask(request: Any) -> Any:
        asked.append(request.recipient.full())
        raise RequestTimeout

    zones = ClientZone(ask, stage.context("topics"))
    assert [await zones.of("ann@localhost/web") for _ in range(3)] == ["", "", ""]
    assert asked == ["ann@localhost/web"]
    for number in range(MAX_SILENT):
        await zones.of(f"kim@localhost/{number}")
    await zones.of("ann@localhost/web")
    assert asked[-1] == "ann@localhost/web", "what is remembered is bounded"
