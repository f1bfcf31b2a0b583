"""A summariser on the way to publication: rooms are told, and no failure of it keeps a document back."""

import json
from typing import Any

import pytest
import pytest_twisted
from test_reporter import bodies, hold_the_talk, open_topic, play, say, until
from twisted.plugin import IPlugin
from zope.interface import implementer

from ccm.cli.replay import republished
from ccm.components import reporter
from ccm.errors import Unavailable
from ccm.interfaces import ISummarizer
from ccm.reporter import render_json
from ccm.reporter.discussion import Context
from ccm.reporter.templates import Templates


@implementer(IPlugin, ISummarizer)
class Model:
    """Cites the newest message that holds a word, and invents one."""

    name = "tiny-1"
    options = None

    def __init__(self, word: str = "cheaper") -> None:
        self.word = word
        self.seen: list[str] = []

    def configure(self, options: Any, services: Any) -> "Model":
        return self

    def announcement(self) -> str:
        return "The language model tiny-1 is given what was said on the record."

    async def summarize(self, transcript: Any, document: Any) -> Any:
        self.seen = [line.text for line in transcript]
        about = next(line for line in reversed(transcript) if self.word in line.text)
        return (about.text, (about.id,)), ("The whole thing was a great success.", ("m0",))


class Refusing(Model):
    async def summarize(self, transcript: Any, document: Any) -> Any:
        raise Unavailable("llm.example answered 503.")


class Broken(Model):
    async def summarize(self, transcript: Any, document: Any) -> Any:
        raise ZeroDivisionError


class Odd(Model):
    async def summarize(self, transcript: Any, document: Any) -> Any:
        return ("no pair", 5, None, ("<script>alert(1)</script> the cheaper way", (transcript[0].id,)))


TALK = (
    ("This is a project.", "understood"),
    ("The goal is a cheaper heating for the school.", None),
    ("[off] between us, the boiler was my fault", None),
    ("Publish now, reporter.", "Published: http://localhost:5280/archive/"),
)


async def published(stage: Any, model: Any) -> tuple[Any, str, list[str]]:
    """The document of a talk, its stored bytes, and what the reporter said."""
    play(stage)
    stage.components["reporter"].stop()
    stage.host(reporter.plugin, summarizer=model)
    ann = await stage.person("ann", "Ann", "ann@example.org")
    topic = await open_topic(ann, "Warm rooms")
    await ann.join(topic["room"], "Ann")
    await until(lambda: any("I am the reporter" in body for _, body in bodies(ann, topic["room"])))
    await say(ann, topic["room"], "Hello.")
    await hold_the_talk(ann, topic["room"], TALK)
    record = await stage.stores.documents.by_slug("warm-rooms")
    assert record is not None
    said = [body for nick, body in bodies(ann, topic["room"]) if nick == "Reporter"]
    return render_json.loads(record.body), record.body, said


@pytest_twisted.ensureDeferred
async def test_its_sentences_are_frozen_in_the_document_and_the_room_was_told(stage: Any, muc: Any) -> None:
    model = Model()
    document, body, said = await published(stage, model)
    assert [sentence.text for sentence in document.summary] == ["The goal is a cheaper heating for the school."]
    assert document.summarizer == "tiny-1"
    assert "The language model tiny-1 is given what was said on the record." in said[0]
    assert not any("boiler" in text for text in model.seen)
    assert not any("I am the reporter" in text for text in model.seen)
    assert render_json.dumps(republished(document, Context(Templates.load()))) == body


@pytest.mark.parametrize("model", [Refusing(), Broken(), Odd()], ids=lambda model: type(model).__name__)
@pytest_twisted.ensureDeferred
async def test_whatever_it_does_the_document_goes_out(stage: Any, muc: Any, model: Any) -> None:
    document, body, _ = await published(stage, model)
    assert document.summarizer == ""
    assert "script" not in json.dumps(json.loads(body)["summary"])
    assert render_json.dumps(republished(document, Context(Templates.load()))) == body


@pytest_twisted.ensureDeferred
async def test_without_one_nothing_is_announced(stage: Any, muc: Any) -> None:
    document, _, said = await published(stage, None)
    assert "language model" not in said[0]
    assert document.summarizer == ""
