"""
Contract suite of :class:`ccm.interfaces.IPublisher`.

Fixtures: ``publisher``, configured; ``shelf``, an object with ``async titles()`` and ``async text(url)`` that reads
what the target shows. Leaves out how a target fails: each has its own ways.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest_twisted

from ccm.reporter.context import Context
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Document, Meta, build
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message

TALK = ("DECISION: One licence for every data set", "ACTION: ann to publish the text by Friday")
NASTY = "DECISION: Keep <script>alert(1)</script> & <img src=x onerror=alert(2)> out"


def document(topic: str, version: int = 1, talk: Sequence[str] = TALK, title: str = "Open data portal") -> Document:
    """A document as the reporter builds it."""
    context = Context(Templates.load())
    at = datetime(2026, 11, 23, 14, version, tzinfo=UTC)
    log = [Message(f"m{n}", "ann", text, time=at) for n, text in enumerate(talk, 1)]
    state = new_state()
    for message in log:
        state, _ = step(state, message, context)
    return build(state, log, Meta(title=title, topic=topic, version=version), context)


class PublisherContract:
    """One document a topic, whatever is sent how often."""

    @pytest_twisted.ensureDeferred
    async def test_a_published_document_is_where_the_receipt_says(self, publisher: Any, shelf: Any) -> None:
        receipt = await publisher.publish(document("where"), "t:where:1")
        assert receipt.url.startswith("http")
        assert receipt.remote_id
        assert receipt.version == "1"
        assert "One licence for every data set" in await shelf.text(receipt.url)

    @pytest_twisted.ensureDeferred
    async def test_publishing_twice_leaves_one_document(self, publisher: Any, shelf: Any) -> None:
        first = await publisher.publish(document("twice", title="Said twice"), "t:twice:1")
        second = await publisher.publish(document("twice", title="Said twice"), "t:twice:1")
        assert (second.url, second.remote_id) == (first.url, first.remote_id)
        assert (await shelf.titles()).count("Said twice") == 1

    @pytest_twisted.ensureDeferred
    async def test_a_revised_document_takes_the_place_of_the_former(self, publisher: Any, shelf: Any) -> None:
        first = await publisher.publish(document("again", title="Revised"), "t:again:1")
        revised = document("again", 2, (*TALK, "DECISION: Two mirrors stay"), title="Revised")
        second = await publisher.publish(revised, "t:again:2")
        assert second.remote_id == first.remote_id
        assert second.version == "2"
        assert (await shelf.titles()).count("Revised") == 1
        assert "Two mirrors stay" in await shelf.text(second.url)

    @pytest_twisted.ensureDeferred
    async def test_a_redacted_document_takes_the_place_of_the_same_version(self, publisher: Any, shelf: Any) -> None:
        first = await publisher.publish(document("less", talk=(*TALK, "DECISION: Zanzibar pays")), "t:less:1")
        assert "Zanzibar" in await shelf.text(first.url)
        second = await publisher.publish(document("less", title="With less"), "t:less:1:r1")
        assert (second.url, second.remote_id, second.version) == (first.url, first.remote_id, "1")
        assert (await shelf.titles()).count("With less") == 1
        assert "Zanzibar" not in await shelf.text(second.url)

    @pytest_twisted.ensureDeferred
    async def test_documents_of_two_topics_stand_side_by_side(self, publisher: Any, shelf: Any) -> None:
        one = await publisher.publish(document("one", title="Side by side"), "t:one:1")
        two = await publisher.publish(document("two", title="Side by side"), "t:two:1")
        assert one.remote_id != two.remote_id
        assert (await shelf.titles()).count("Side by side") == 2
