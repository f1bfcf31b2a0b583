"""How participants come to read a document that is for them alone: by the mail's link, or by one asked for."""

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import pytest_twisted
from test_published_afterwards import mails, publish
from test_reporter import hold_the_talk, said_by_reporter
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm import namespaces as ns
from ccm.components import outcome_post

REPORTER = "reporter.localhost"


async def link_of(person: Any, topic: Any) -> str:
    asked = f"<reading xmlns='{ns.REPORTER}' topic='{topic['id']}'/>"
    answer = await person.ask(REPORTER, "get", asked)
    assert answer["type"] == "result"
    return str(answer.firstChildElement()["url"])


async def token_of(stage: Any, purpose: str, url: str) -> Any:
    key = urlsplit(url).query.removeprefix("key=")
    return await stage.stores.tokens.look(purpose, hashlib.sha256(key.encode()).digest())


@pytest_twisted.ensureDeferred
async def test_a_document_for_everybody_is_opened_without_a_key(stage: Any, muc: Any) -> None:
    ann, topic, _ = await publish(stage)
    assert await link_of(ann, topic) == "http://localhost:5280/archive/big-data"
    (mail,) = await mails(stage)
    assert "key=" not in mail.get_body(("plain",)).get_content()


@pytest_twisted.ensureDeferred
async def test_a_participant_is_handed_a_key_that_ends(stage: Any, muc: Any) -> None:
    ann, topic, _ = await publish(stage, visibility="members")
    url = await link_of(ann, topic)
    assert url.startswith("http://localhost:5280/archive/big-data?key=")
    kept = await token_of(stage, "reading", url)
    assert (kept.subject, kept.expires - stage.now) == ("ann@localhost", outcome_post.READING_TIME)
    (mail,) = await mails(stage)
    text = mail.get_body(("plain",)).get_content()
    mailed = next(word for word in text.split() if "/archive/big-data?key=" in word)
    assert (await token_of(stage, "outcome", mailed)).subject == "ann@localhost"


@pytest_twisted.ensureDeferred
async def test_nobody_else_is_handed_one(stage: Any, muc: Any) -> None:
    _, topic, _ = await publish(stage, visibility="members")
    eve = await stage.person("eve", "Eve")
    asked = f"<reading xmlns='{ns.REPORTER}' topic='{topic['id']}'/>"
    answer = await eve.ask(REPORTER, "get", asked)
    assert (answer["type"], answer.error.firstChildElement().name) == ("error", "item-not-found")


@pytest_twisted.ensureDeferred
async def test_what_is_for_those_who_have_its_link_is_at_an_address_that_nobody_guesses(stage: Any, muc: Any) -> None:
    ann, topic, room = await publish(stage)
    first = (await stage.stores.topics.get(topic["id"])).document
    assert first == "http://localhost:5280/archive/big-data"
    await mails(stage)
    shown = f"<visibility xmlns='{ns.TOPICS}' id='{topic['id']}' visibility='link'/>"
    await ann.ask("topics.localhost", "set", shown)
    await hold_the_talk(ann, room, (("RESOLVED: The shed is green", None), ("publish now, reporter", "version 2")))
    record = await stage.stores.documents.latest(topic["id"])
    assert re.fullmatch(r"big-data-[0-9a-f]{20}", record.slug)
    url = f"http://localhost:5280/archive/{record.slug}"
    assert await stage.stores.documents.by_slug("big-data") is None, "what could be guessed answers no longer"
    assert any(url in text for text in said_by_reporter(ann, room)), "the room hears of it"
    while (await stage.stores.topics.get(topic["id"])).document != url:
        await deferLater(reactor, 0.01, lambda: None)
    assert await link_of(ann, topic) == url
    (mail,) = await mails(stage)
    assert f"{url}#" in mail.get_body(("plain",)).get_content()
    await hold_the_talk(ann, room, (("RESOLVED: The door is red", None), ("publish now, reporter", "version 3")))
    assert (await stage.stores.documents.latest(topic["id"])).slug == record.slug, "links go on working"
