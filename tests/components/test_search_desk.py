"""Searching by IQ and by command: what comes back, page by page, and what never does."""

from typing import Any

import pytest_twisted
from test_reporter import REPORTER, hold_the_talk, open_topic, play, say, until_kept
from twisted.words.xish.domish import Element

from ccm import namespaces as ns


async def search(person: Any, words: str, more: str = "", rsm: str = "") -> Element:
    payload = f"<search xmlns='{ns.REPORTER}' words='{words}' {more}>{rsm}</search>"
    answer = await person.ask(REPORTER, "get", payload)
    assert answer["type"] == "result", answer.toXml()
    element: Element = answer.firstChildElement()
    return element


def hits(element: Element) -> list[Element]:
    return list(element.elements(ns.REPORTER, "hit"))


def count(element: Element) -> str:
    return str(next(next(element.elements(ns.RSM, "set")).elements(ns.RSM, "count")))


@pytest_twisted.ensureDeferred
async def test_documents_come_first_then_what_was_said_with_the_words_marked(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann, "Mirrors")
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#agreed All mirrors get a licence.")
    await hold_the_talk(ann, topic["room"], [("publish now, reporter", "Published: ")])
    kept = await until_kept(stage, topic, "published")
    found = await search(ann, "licence mirror")
    document, said = hits(found)
    assert (document["kind"], document["url"], document["name"]) == ("document", kept.document, "Mirrors")
    assert (said["kind"], said["topic"], said["by"]) == ("message", topic["id"], "Ann")
    assert [str(each) for each in said.elements(ns.REPORTER, "mark")] == ["mirrors", "licence"]
    assert "".join(_texts(said)) == "#agreed All mirrors get a licence."
    page = await stage.stores.archive.page(topic["room"], ids=(said["id"],))
    assert b"All mirrors" in page.items[0].stanza
    assert count(found) == "2"
    assert [hit["kind"] for hit in hits(await search(ann, "mirror", "kind='messages'"))] == ["message"]
    assert hits(await search(ann, "mirror", "topic='elsewhere'")) == []


def _texts(element: Element) -> list[str]:
    return [each if isinstance(each, str) else str(each) for each in element.children]


@pytest_twisted.ensureDeferred
async def test_a_stranger_finds_nothing_of_it_but_what_is_public(stage: Any, muc: Any) -> None:
    play(stage)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    topic = await open_topic(ann, "Mirrors")
    await ann.ask(
        "topics.localhost", "set", f"<visibility xmlns='{ns.TOPICS}' id='{topic['id']}' visibility='members'/>"
    )
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "#agreed All mirrors get a licence.")
    await hold_the_talk(ann, topic["room"], [("publish now, reporter", "Published: ")])
    await until_kept(stage, topic, "published")
    assert count(await search(bob, "mirrors")) == "0"
    assert count(await search(bob, "mirrors", f"topic='{topic['id']}'")) == "0"
    document, _ = hits(await search(ann, "mirrors"))
    assert not document.hasAttribute("url")  # there is no page for it


@pytest_twisted.ensureDeferred
async def test_results_come_page_by_page(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    for number in range(7):
        await say(ann, topic["room"], f"Mirror number {number}.")
    seen: list[str] = []
    after = ""
    for size in (3, 3, 1):
        rsm = f"<set xmlns='{ns.RSM}'><max>3</max>{after}</set>"
        found = await search(ann, "mirror", rsm=rsm)
        assert len(hits(found)) == size
        seen += [hit["id"] for hit in hits(found)]
        last = next(next(found.elements(ns.RSM, "set")).elements(ns.RSM, "last"))
        after = f"<after>{last}</after>"
    assert len(set(seen)) == 7
    wrong = f"<search xmlns='{ns.REPORTER}' words='x'><set xmlns='{ns.RSM}'><after>mine</after></set></search>"
    assert "item-not-found" in (await ann.ask(REPORTER, "get", wrong)).toXml()


@pytest_twisted.ensureDeferred
async def test_any_client_searches_by_a_command(stage: Any, muc: Any) -> None:
    play(stage)
    ann = await stage.person("ann", "Ann")
    topic = await open_topic(ann)
    await ann.join(topic["room"], "Ann")
    await say(ann, topic["room"], "The mirrors are slow.")
    form = (
        f"<command xmlns='{ns.COMMANDS}' node='{ns.REPORTER}#search' action='complete'>"
        f"<x xmlns='{ns.DATA_FORMS}' type='submit'><field var='words'><value>mirrors</value></field></x></command>"
    )
    answer = await ann.ask(REPORTER, "set", form)
    assert "The mirrors are slow." in answer.toXml() and f"#/t/{topic['id']}/m/" in answer.toXml()
    assert "Nothing was found." in (await ann.ask(REPORTER, "set", form.replace("mirrors", "windows"))).toXml()
    for wrong in ("words=''", "words='x' kind='people'"):
        refused = await ann.ask(REPORTER, "get", f"<search xmlns='{ns.REPORTER}' {wrong}/>")
        assert refused["type"] == "error" and "bad-request" in refused.toXml()
