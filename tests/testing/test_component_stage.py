"""What tests of components are made of, tried on a component of CCM's own and on a small one."""

from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.identity import component
from ccm.components.operations import Answer, Correction, Field, Operation, Request, done
from ccm.components.topics import plugin as topics
from ccm.errors import StanzaError
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing import command_forms
from ccm.testing.component_stage import ComponentStage, refusal, result

NS = "urn:example:small"


class Small:
    """Says what it was told."""

    name = "small"
    options = None

    def handlers(self, context: Any, _: Any) -> list[Any]:
        async def colours(_: str) -> tuple[tuple[str, str], ...]:
            return (("r", "Red"), ("b", "Blue"))

        async def say(request: Request) -> Answer:
            if request.values.get("colour") == "b":
                raise StanzaError("not-acceptable", "Not blue.")
            row = {"colour": request.need("colour"), "at": context.now().isoformat()}
            return Answer(done(NS), (("colour", "Colour"), ("at", "At")), (row,), (Correction("c", "Fine."),))

        async def load(_: Request) -> Answer:
            await context.topics.get("k3f9x2")
            return Answer()

        field = Field("colour", "Colour", required=True, options=colours)
        table = (Operation("say", "set", "Say", say, (field,)), Operation("load", "get", "Load", load))
        return component("Small", NS, table, context, 10)


@pytest_twisted.ensureDeferred
async def test_a_form_is_filled_in_and_its_result_read() -> None:
    with ComponentStage(Small()) as stage:
        ann = await stage.person()
        assert await command_forms.commands(ann, stage.jid) == {f"{NS}#say": "Say", f"{NS}#load": "Load"}
        stage.clock.advance(60)
        shown = await command_forms.run(ann, stage.jid, f"{NS}#say", colour="r")
        assert shown.notes == ("Fine.",)
        assert shown.fields == {"colour": "r", "at": "2026-01-01T00:01:00+00:00"}


@pytest_twisted.ensureDeferred
async def test_a_value_that_a_client_could_not_choose_is_an_error_of_the_test() -> None:
    with ComponentStage(Small()) as stage:
        form = await command_forms.begin(await stage.person(), stage.jid, f"{NS}#say")
        with pytest.raises(AssertionError, match="colour offers r, b, not g"):
            await form.submit(colour="g")
        with pytest.raises(AssertionError, match="There is no field color; there are colour"):
            await form.submit(color="r")
        with pytest.raises(AssertionError, match=r"It was refused: not-acceptable – Not blue\."):
            await form.submit(colour="b")
        assert refusal(await form.answer(colour="b")) == ("not-acceptable", "Not blue.")
        with pytest.raises(AssertionError, match="It was not refused"):
            refusal(await form.answer(colour="r"))


@pytest_twisted.ensureDeferred
async def test_a_store_that_was_not_given_is_named() -> None:
    with ComponentStage(Small()) as stage, pytest.raises(AssertionError, match="give the stage topics="):
        await stage.context.topics.get("k3f9x2")


@pytest_twisted.ensureDeferred
async def test_once_it_is_down_nobody_answers() -> None:
    with ComponentStage(Small()) as stage:
        ann = await stage.person()
    answer = await ann.ask(stage.jid, "set", f"<say xmlns='{NS}' colour='r'/>")
    assert refusal(answer)[0] in ("service-unavailable", "remote-server-not-found")


@pytest_twisted.ensureDeferred
async def test_a_component_of_ours_on_real_stores(tmp_path: Path) -> None:
    stores = await open_stores(
        reactor, StoreOptions(durability="relaxed"), StateOptions(), tmp_path, host="localhost", now=lambda: 1.8e9
    )
    try:
        with ComponentStage(topics, stores=stores) as stage:
            ann = await stage.person("ann", "Ann")
            rooms = stage.neighbour(stage.context.rooms)
            answer = await ann.ask(stage.jid, "set", f"<create xmlns='{ns.TOPICS}' name='Licences'/>")
            [topic] = result(answer).elements(ns.TOPICS, "topic")
            assert (await stores.topics.get(topic["id"])).name == "Licences"
            assert {element["to"] for element in rooms.elements} == {topic["room"]}
    finally:
        await stores.close()


@pytest_twisted.ensureDeferred
async def test_a_neighbour_answers_and_refuses() -> None:
    def answers(iq: Element) -> str:
        if iq["type"] == "set":
            raise StanzaError("forbidden", "Look only.")
        return f"<seen xmlns='{NS}'/>"

    with ComponentStage(Small()) as stage:
        ann = await stage.person()
        stage.neighbour("other.localhost", answers)
        assert result(await ann.ask("other.localhost", "get", f"<look xmlns='{NS}'/>")).name == "seen"
        assert refusal(await ann.ask("other.localhost", "set", f"<do xmlns='{NS}'/>")) == ("forbidden", "Look only.")
