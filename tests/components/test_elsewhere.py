"""All three components outside the server, over XEP-0114: the same talk, the same document."""

import json
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm.components import invitations, reporter, topics

PLUGINS = {plugin.name: plugin for plugin in (topics.plugin, invitations.plugin, reporter.plugin)}

TALK = (
    ("The participants are mainly open source firms, with IBM and Oracle among them.", None),
    ("The reason they give: their IT knows it well and likes commodity licences.", None),
    ("My conclusion is that more and more big data work runs on open source.", None),
    ("The details: Hadoop, R, Mondrian and Jaspersoft.", None),
    ("This is a project.", "understood"),
    ("Publish this, reporter.", "introduce the project"),
    ("It gets you to big data sooner and for less.", "?"),
    ("IT people.", "Published: "),
)


async def open_door(door: Any, stage: Any, name: str) -> Any:
    plugin = PLUGINS[name]
    context = stage.context(name)
    return await door.external(context.domain, list(plugin.handlers(context, plugin.options())))


async def gone(stage: Any, domain: str) -> None:
    while domain in stage.router.domains():
        await deferLater(reactor, 0.01, lambda: None)


async def hold(ann: Any, room: str, text: str, answer: str | None) -> None:
    before = len(ann.texts())
    ann.send(f"<message to='{room}' type='groupchat' id='m{before}'><body>{text}</body></message>")
    for _ in range(1500):
        heard = ann.texts()[before:]
        if text in heard and (answer is None or any(answer in body for body in heard if body != text)):
            return
        await deferLater(reactor, 0.01, lambda: None)
    raise AssertionError((text, answer, ann.texts()[before:]))


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("killed", ["", "topics", "invitations", "reporter"])
async def test_a_talk_with_each_component_elsewhere(stage: Any, muc: Any, door: Any, killed: str) -> None:
    services = {name: await open_door(door, stage, name) for name in PLUGINS}
    ann = await stage.person("ann", "Ann")
    await stage.person("kim", "Kim", "kim@example.org")
    invite = f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org' name='Big data'/>"
    answer = await ann.ask("invitations.localhost", "set", invite)
    assert answer["type"] == "result", answer.toXml()
    topic = next(answer.firstChildElement().elements(ns.TOPICS, "topic"))
    assert (await stage.stores.topics.get(topic["id"])).members == ("ann@localhost", "kim@localhost")
    await ann.join(topic["room"], "Ann")
    for number, (text, reply) in enumerate(TALK):
        await hold(ann, topic["room"], text, reply)
        if killed and number == 5:  # in the middle of the interview
            await services[killed].stopService()
            await gone(stage, f"{killed}.localhost")
            await open_door(door, stage, killed)
    document = await stage.stores.documents.by_slug("big-data")
    filled = {
        section["key"]: [quote["text"] for quote in section["quotes"]]
        for section in json.loads(document.body)["sections"]
    }
    assert set(filled) == {"name", "introduction", "goal", "audience", "status"}
    assert all(filled.values()), filled
    assert len(await stage.stores.documents.revisions(topic["id"])) == 1
    said = [text for text in ann.texts() if text not in dict(TALK)]
    assert len(said) == len(set(said)), said
    for _ in range(300):
        kept = await stage.stores.topics.get(topic["id"])
        if kept.state == "published":
            break
        await deferLater(reactor, 0.01, lambda: None)
    assert kept.document == "http://localhost:5280/archive/big-data"
