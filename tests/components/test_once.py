"""What is asked twice is done once: a process dies, the server asks another one."""

from dataclasses import replace
from typing import Any

import pytest_twisted
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components import topics
from ccm.components.once import Once, key_of
from ccm.components.operations import Answer, Gate, Operation, Request, execute
from ccm.errors import Overtaken, StanzaError

CREATE = f"<create xmlns='{ns.TOPICS}' name='Licence audit'/>"


def ask(person: Any, id_: str, payload: str = CREATE) -> Any:
    """Under that id, as often as one likes."""
    count = sum(element.getAttribute("id") == id_ for element in person.received)

    def answers(element: Element) -> bool:
        ids = [each for each in person.received if each.name == "iq" and each.getAttribute("id") == id_]
        return len(ids) > count and element is ids[-1]

    person.send(f"<iq to='topics.localhost' type='set' id='{id_}'>{payload}</iq>")
    return person.hears(answers)


def topic_of(answer: Element) -> Element:
    found: Element = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    return found


@pytest_twisted.ensureDeferred
async def test_the_same_request_made_again_makes_no_second_topic(stage: Any, rooms: Any) -> None:
    for repeats in (True, False):  # with a memory of answers, and by what is in the store alone
        stage.host(topics.plugin, repeats=repeats)
        ann = await stage.person("ann", "Ann")
        id_ = f"again-{repeats}"
        first, second = await ask(ann, id_), await ask(ann, id_)
        assert first["type"] == second["type"] == "result"
        assert topic_of(first)["id"] == topic_of(second)["id"]
        stage.components["topics"].stop()
        stage.router.unbind(ann)
    assert len(await stage.stores.topics.active()) == 2


@pytest_twisted.ensureDeferred
async def test_another_id_or_another_wish_is_another_request(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin, repeats=True)
    ann = await stage.person("ann", "Ann")
    for id_, payload in (("one", CREATE), ("two", CREATE), ("two", CREATE.replace("Licence", "Budget"))):
        assert (await ask(ann, id_, payload))["type"] == "result"
    assert len(await stage.stores.topics.active()) == 3


@pytest_twisted.ensureDeferred
async def test_an_id_used_again_later_is_another_request(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    await ask(ann, "one")
    stage.advance(minutes=3)
    await ask(ann, "one")
    assert len(await stage.stores.topics.active()) == 2


@pytest_twisted.ensureDeferred
async def test_what_others_changed_meanwhile_is_read_again_and_not_overwritten(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    made = await stage.stores.topics.get(topic_of(await ask(ann, "one"))["id"])
    tries = []

    async def rename(request: Request) -> Answer:
        topic = await stage.stores.topics.get(made.id)
        tries.append(topic.revision)
        if len(tries) == 1:  # another process
            await stage.stores.topics.save(replace(topic, members=(*topic.members, "kim@localhost")))
        await stage.stores.topics.save(replace(topic, name="Another name"))
        return Answer()

    await execute(Operation("rename", "set", "", rename), Request("ann@localhost/x", {}), Gate())
    topic = await stage.stores.topics.get(made.id)
    assert (topic.name, topic.members, len(tries)) == ("Another name", ("ann@localhost", "kim@localhost"), 2)


@pytest_twisted.ensureDeferred
async def test_who_is_always_overtaken_is_told_so(stage: Any) -> None:
    async def run(_request: Request) -> Answer:
        raise Overtaken("again")

    try:
        await execute(Operation("x", "set", "", run), Request("ann@localhost/x", {}), Gate())
    except StanzaError as error:
        assert error.condition == "resource-constraint"
    else:
        raise AssertionError("nobody said so")


@pytest_twisted.ensureDeferred
async def test_an_error_is_not_remembered(stage: Any) -> None:
    once, calls = Once(stage.context("topics", repeats=True)), []

    async def work() -> Element | None:
        calls.append(1)
        if len(calls) == 1:
            raise StanzaError("conflict")
        return Element(("u", "done"))

    for _ in range(3):
        try:
            answer = await once.do("key", work)
        except StanzaError:
            continue
        assert answer is not None
        assert answer.name == "done"
    assert len(calls) == 2


def test_the_key_tells_requests_apart() -> None:
    def iq(id_: str = "1", sender: str = "ann@localhost/x", name: str = "create") -> Element:
        element = Element((ns.CLIENT, "iq"))
        element["id"], element["from"] = id_, sender
        element.addElement((ns.TOPICS, name))
        return element

    keys = [key_of(each, "topics.localhost") for each in (iq(), iq("2"), iq(sender="kim@localhost/x"), iq(name="end"))]
    keys.append(key_of(iq(), "invitations.localhost"))
    assert len(set(keys)) == 5
    assert key_of(iq(), "topics.localhost") == keys[0]
