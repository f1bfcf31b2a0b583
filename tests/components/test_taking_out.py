"""Taking messages out of what was published: how it goes about the store."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_twisted

from ccm.components import redaction
from ccm.records import DocumentRecord, Receipt
from ccm.reporter import render_json
from ccm.reporter.document_shape import Document, Line
from ccm.testing.contracts_publish import document

AT = datetime(2026, 11, 22, tzinfo=UTC)


def revision(number: int, visibility: str = "public") -> DocumentRecord:
    """One whose message ``m1`` says *Zyxwvut*."""
    made: Document = redaction.redaction.change(document("t", number), log=(Line("m1", "Ann", "", "Zyxwvut", "said"),))
    return DocumentRecord("t", number, "t", "T", "", render_json.dumps(made), f"t:{number}", visibility, AT)


class Documents:
    """Revisions; the next one is published while the first look at them is worked upon."""

    def __init__(self, *records: DocumentRecord, soon: DocumentRecord | None = None) -> None:
        self.records, self.soon = records, soon
        self.rewrites = 0
        self.jobs: list[Any] = []

    async def revisions(self, topic: str) -> tuple[DocumentRecord, ...]:
        known = self.records
        if self.soon is not None:
            self.records, self.soon = (*known, self.soon), None
        return known

    async def receipts(self, topic: str) -> dict[str, Receipt]:
        return {"wordpress": Receipt("", "", "")}

    async def latest(self, topic: str) -> DocumentRecord:
        return self.records[-1]

    async def rewrite(self, topic: str, change: Any) -> tuple[DocumentRecord, ...]:
        self.rewrites += 1
        before = self.records
        self.records, jobs = change(before)
        changed = tuple(new for old, new in zip(before, self.records, strict=True) if new != old)
        self.jobs += jobs if changed else ()
        return changed


@pytest.fixture
def taken_out():
    async def take(documents: Documents, *ids: str) -> Any:
        async def apart(function: Any, *arguments: Any) -> Any:
            return function(*arguments)

        async def recall(prefix: str) -> frozenset[str]:
            return frozenset()

        context = SimpleNamespace(
            documents=documents, apart=apart, publishers=("archive", "wordpress", "git"),
            outbox=SimpleNamespace(recall=recall),
        )  # fmt: skip
        topic = SimpleNamespace(id="t", room="r@c.example", members=(), targets=None)
        return await redaction.take_out(context, topic, ids)  # type: ignore[arg-type]

    return take


@pytest_twisted.ensureDeferred
async def test_what_no_version_shows_costs_no_transaction(taken_out: Any) -> None:
    documents = Documents(revision(1), revision(2))
    assert await taken_out(documents, "another") == ()
    assert documents.rewrites == 0


@pytest_twisted.ensureDeferred
async def test_a_version_that_is_published_meanwhile_is_redacted_too(taken_out: Any) -> None:
    documents = Documents(revision(1), soon=revision(2))
    assert len(await taken_out(documents, "m1")) == 2
    assert not any("Zyxwvut" in record.body for record in documents.records)
    assert {job[1].partition(":t:")[2][:2] for job in documents.jobs} == {"2:"}


@pytest_twisted.ensureDeferred
async def test_after_a_topic_was_narrowed_the_targets_that_have_it_get_the_public_version_again(taken_out: Any) -> None:
    documents = Documents(revision(1), revision(2), revision(3, "members"))
    await taken_out(documents, "m1")
    (job,) = documents.jobs
    assert job[1].startswith("wordpress:t:2:")
