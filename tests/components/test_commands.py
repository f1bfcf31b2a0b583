"""Ad-hoc commands (XEP-0050) as any client sends them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_twisted

from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.components.client_zone import zone_of_offset

TOPICS = "topics.localhost"
NODE = f"{ns.TOPICS}#"


def command(name: str, inner: str = "", **attributes: str) -> str:
    text = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<command xmlns='{ns.COMMANDS}' node='{NODE}{name}'{text}>{inner}</command>"


def submit(**values: str) -> str:
    fields = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items())
    return f"<x xmlns='{ns.DATA_FORMS}' type='submit'>{fields}</x>"


def shown(answer: Any) -> dict[str, str]:
    """Fields of the result's form."""
    assert answer["type"] == "result", answer.toXml()
    assert answer.command["status"] == "completed"
    return {field["var"]: str(field.value or "") for field in answer.command.x.elements(ns.DATA_FORMS, "field")}


@pytest_twisted.ensureDeferred
async def test_every_operation_of_people_is_a_command(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(TOPICS, "get", f"<query xmlns='{ns.DISCO_ITEMS}' node='{ns.COMMANDS}'/>")
    nodes = {item["node"]: item["name"] for item in answer.query.elements(ns.DISCO_ITEMS, "item")}
    names = (
        "topics",
        "topic",
        "create",
        "rename",
        "reschedule",
        "visibility",
        "targets",
        "end",
        "delete",
        "undo",
        "choose",
    )
    assert set(nodes) == {NODE + name for name in names}
    assert nodes[NODE + "create"] == "Create a topic"
    info = await ann.ask(TOPICS, "get", f"<query xmlns='{ns.DISCO_INFO}' node='{NODE}create'/>")
    assert "command-node" in info.toXml()
    unknown = await ann.ask(TOPICS, "get", f"<query xmlns='{ns.DISCO_INFO}' node='{NODE}admit'/>")
    assert "item-not-found" in unknown.toXml()


@pytest_twisted.ensureDeferred
async def test_a_form_is_filled_in_and_the_result_shows_what_was_guessed(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    form = await ann.ask(TOPICS, "set", command("create", action="execute"))
    assert form.command["status"] == "executing"
    labels = {field["var"]: field.getAttribute("label") for field in form.command.x.elements(ns.DATA_FORMS, "field")}
    assert labels["start"] == "Time, as you would say it"
    assert "required" not in form.toXml()
    session = form.command["sessionid"]
    done = await ann.ask(TOPICS, "set", command("create", submit(name="Audit"), action="complete", sessionid=session))
    assert shown(done)["name"] == "Audit"
    notes = [str(note) for note in done.command.elements(ns.COMMANDS, "note")]
    assert notes == ["No time was given, so Audit starts when the first guest arrives."]


@pytest_twisted.ensureDeferred
async def test_each_command_of_topics_does_its_work(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    id_ = shown(await ann.ask(TOPICS, "set", command("create", submit(name="One"))))["id"]
    assert shown(await ann.ask(TOPICS, "set", command("rename", submit(id=id_, name="Two"))))["name"] == "Two"
    moved = shown(await ann.ask(TOPICS, "set", command("reschedule", submit(id=id_, start="next tue 14:00"))))
    assert moved["start"] == "2026-11-24T13:00:00Z"
    assert shown(await ann.ask(TOPICS, "set", command("topic", submit(id=id_))))["state"] == "planned"
    listed = await ann.ask(TOPICS, "set", command("topics", submit()))
    assert [str(cell.value) for item in listed.command.x.elements(ns.DATA_FORMS, "item") for cell in item.elements()][
        :2
    ] == [id_, "Two"]
    assert shown(await ann.ask(TOPICS, "set", command("end", submit(id=id_))))["state"] == "ended"
    assert shown(await ann.ask(TOPICS, "set", command("delete", submit(id=id_))))["id"] == id_
    assert await stage.stores.topics.get(id_) is None


@pytest_twisted.ensureDeferred
async def test_forms_of_readers_and_targets_begin_with_what_holds_now(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin, publishers=("archive", "git", "wordpress"))
    ann = await stage.person("ann", "Ann")

    async def begun(name: str) -> list[str]:
        form = (await ann.ask(TOPICS, "set", command(name, action="execute"))).command.x
        field = next(each for each in form.elements(ns.DATA_FORMS, "field") if each["var"] == name)
        return [str(value) for value in field.elements(ns.DATA_FORMS, "value")]

    id_ = shown(await ann.ask(TOPICS, "set", command("create", submit(name="One", visibility="members"))))["id"]
    assert (await begun("visibility"), await begun("targets")) == (["members"], ["all"])
    kept = shown(await ann.ask(TOPICS, "set", command("targets", submit(id=id_, targets="git"))))
    assert (kept["visibility"], kept["targets"]) == ("members", "git")
    assert await begun("targets") == ["git"]
    shown(await ann.ask(TOPICS, "set", command("targets", submit(id=id_, targets="archive"))))
    assert await begun("targets") == ["archive"]
    other = shown(await ann.ask(TOPICS, "set", command("create", submit(name="Two", visibility="link"))))["id"]
    assert (await begun("visibility"), await begun("targets")) == ([""], [])
    for name in ("visibility", "targets"):
        left = await ann.ask(TOPICS, "set", command(name, submit(id=other)))
        assert (shown(left)["visibility"], shown(left)["targets"]) == ("link", "all")
        assert str(left.command.note) == "Nothing was chosen, so it stays as it is."


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_guessed_is_asked_for_in_words(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    stage.host(invitations.plugin)
    ann = await stage.person("ann", "Ann")
    refused = await ann.ask(TOPICS, "set", command("rename", submit(name="Two")))
    assert "“Topic” is needed." in refused.toXml()
    node = f"{ns.INVITATIONS}#invite"
    text = f"<command xmlns='{ns.COMMANDS}' node='{node}'>{submit(address='kim@example.org', sure='1')}</command>"
    invited = await ann.ask("invitations.localhost", "set", text)
    assert shown(invited)["address"] == "kim@example.org"


@pytest_twisted.ensureDeferred
async def test_bad_steps_are_refused(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    assert "item-not-found" in (await ann.ask(TOPICS, "set", command("admit", submit(id="x", jid="y")))).toXml()
    assert "item-not-found" in (await ann.ask(TOPICS, "set", command("nonsense"))).toXml()
    assert "bad-request" in (await ann.ask(TOPICS, "set", command("create", action="prev"))).toXml()
    assert "bad-request" in (await ann.ask(TOPICS, "set", command("create", action="complete"))).toXml()
    double = f"<x xmlns='{ns.DATA_FORMS}' type='submit'><field var='id'/><field var='id'/></x>"
    assert "bad-request" in (await ann.ask(TOPICS, "set", command("end", double))).toXml()
    canceled = await ann.ask(TOPICS, "set", command("create", action="cancel", sessionid="s"))
    assert canceled.command["status"] == "canceled"


@pytest_twisted.ensureDeferred
async def test_the_clients_zone_is_asked_for_when_none_is_given(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    ann.tells_time = True
    asked = ann.ask(TOPICS, "set", command("create", submit(name="Audit", start="tomorrow at 15:00")))
    time = await ann.hears(lambda e: e.name == "iq" and e["type"] == "get")
    told = f"<time xmlns='{ns.TIME}'><tzo>-05:00</tzo><utc>2026-11-22T10:00:00Z</utc></time>"
    ann.send(f"<iq to='{TOPICS}' type='result' id='{time['id']}'>{told}</iq>")
    assert shown(await asked)["start"] == "2026-11-23T20:00:00Z"


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+01:00", "Europe/Berlin"),
        ("-05:00", "Etc/GMT+5"),
        ("+09:00", "Etc/GMT-9"),
        ("Z", "Etc/GMT"),
        ("+05:30", "Europe/Berlin"),
        ("nonsense", "Europe/Berlin"),
    ],
)
def test_an_offset_stands_for_a_zone(offset: str, zone: str) -> None:
    assert zone_of_offset(offset, "Europe/Berlin", datetime(2026, 11, 22, tzinfo=UTC)) == zone
    ZoneInfo(zone)


@pytest_twisted.ensureDeferred
async def test_a_form_offers_topics_and_alternatives_to_choose_from(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    ids = []
    for name, start in (("Audit", "tomorrow at 3"), ("Budget", "")):
        stage.advance(seconds=1)
        ids.append(shown(await ann.ask(TOPICS, "set", command("create", submit(name=name, start=start))))["id"])
    form = (await ann.ask(TOPICS, "set", command("rename", action="execute"))).command.x
    which = next(field for field in form.elements(ns.DATA_FORMS, "field") if field.getAttribute("var") == "id")
    assert which["type"] == "list-single"
    labels = {str(option.value): option["label"] for option in which.elements(ns.DATA_FORMS, "option")}
    assert labels == {ids[1]: "Budget", ids[0]: "Audit (Mon 23 Nov, 15:00 CET, tomorrow)"}
    form = (await ann.ask(TOPICS, "set", command("choose", action="execute"))).command.x
    other = next(field for field in form.elements(ns.DATA_FORMS, "field") if field.getAttribute("var") == "alternative")
    assert [option["label"] for option in other.elements(ns.DATA_FORMS, "option")] == [
        "Mon 23 Nov, 10:00 CET, tomorrow",
        "Tue 24 Nov, 10:00 CET, in 2 days",
    ]
    done = await ann.ask(TOPICS, "set", command("choose", submit(alternative="a2")))
    assert shown(done)["start"] == "2026-11-24T09:00:00Z"
