"""Publication jobs: the revision that a job names, its receipt, and what is told of it."""

import json
from dataclasses import replace

import pytest
import pytest_twisted

from ccm.errors import Rejected, Unavailable
from ccm.publish.jobs import PublishJobs
from ccm.records import DocumentRecord, OutboxJob, Receipt
from ccm.reporter import render_json
from ccm.testing.contracts_publish import document


class Target:
    """Keeps what it is given."""

    def __init__(self):
        self.given = []
        self.fails = None

    async def publish(self, published, key):
        if self.fails is not None:
            self.given.append("failed")
            raise self.fails
        self.given.append((published.version, key))
        return Receipt("https://blog.example/1", "1", str(published.version))


@pytest.fixture
def told():
    return []


@pytest.fixture
def jobs(sqlite_stores, told, clock):
    async def tell(channel, facts):
        told.append((channel, facts))

    target = Target()
    made = PublishJobs(sqlite_stores.documents, {"blog": target}, tell, clock.seconds)
    made.target = target
    return made


async def keep(stores, clock, revision, visibility="public"):
    body = render_json.dumps(document("t", revision))
    record = DocumentRecord("t", revision, "t", "T", "", body, f"t:{revision}", visibility, clock.moment())
    await stores.documents.publish(record, ())


def job(revision, target="blog"):
    work = {"target": target, "topic": "t", "revision": revision, "key": f"t:{revision}"}
    return OutboxJob(1, "publish", f"{target}:t:{revision}", json.dumps(work))


@pytest_twisted.ensureDeferred
async def test_a_publication_leaves_its_receipt_and_is_told(jobs, sqlite_stores, clock, told):
    await keep(sqlite_stores, clock, 1)
    assert await jobs.deliver(job(1)) == "https://blog.example/1"
    assert jobs.target.given == [(1, "blog:t:1")]
    assert (await sqlite_stores.documents.receipts("t"))["blog"].url == "https://blog.example/1"
    assert told == [("publish-done", {"topic": "t", "target": "blog", "url": "https://blog.example/1"})]


@pytest_twisted.ensureDeferred
async def test_what_a_target_has_is_replaced_although_a_newer_revision_is_not_public(jobs, sqlite_stores, clock):
    for revision, visibility in ((1, "public"), (2, "public"), (3, "members")):
        await keep(sqlite_stores, clock, revision, visibility)
    for revision in (1, 2):
        again = job(revision)
        again = replace(again, payload=json.dumps({**json.loads(again.payload), "of": "public"}))
        await jobs.deliver(again)
        await jobs.deliver(job(revision))
    assert jobs.target.given == [(2, "blog:t:2")]


@pytest_twisted.ensureDeferred
async def test_an_overtaken_revision_does_not_replace_a_newer_one(jobs, sqlite_stores, clock):
    await keep(sqlite_stores, clock, 1)
    await keep(sqlite_stores, clock, 2)
    await jobs.deliver(job(2))
    assert "has taken its place" in await jobs.deliver(job(1))
    assert jobs.target.given == [(2, "blog:t:2")]


@pytest_twisted.ensureDeferred
async def test_a_target_or_revision_that_is_gone_is_refused_with_the_remedy(jobs, sqlite_stores, clock):
    await keep(sqlite_stores, clock, 1)
    with pytest.raises(Rejected, match=r"configure \[publish.shelf\] again"):
        await jobs.deliver(job(1, "shelf"))
    with pytest.raises(Rejected, match="no longer kept"):
        await jobs.deliver(job(3))


@pytest_twisted.ensureDeferred
async def test_a_publication_given_up_is_told_with_its_reason(jobs, told):
    await jobs.parked(job(1), "WordPress does not answer")
    assert told == [("publish-failed", {"topic": "t", "target": "blog", "reason": "WordPress does not answer"})]


@pytest_twisted.ensureDeferred
async def test_a_target_that_fails_again_and_again_is_left_alone_for_a_while(jobs, sqlite_stores, clock):
    await keep(sqlite_stores, clock, 1)
    jobs.target.fails = Unavailable("blog.example answered 503: busy")
    for _ in range(5):
        with pytest.raises(Unavailable, match="503"):
            await jobs.deliver(job(1))
    assert len(jobs.target.given) == 5
    with pytest.raises(Unavailable, match="503") as caught:
        await jobs.deliver(job(1))
    assert caught.value.retry_after == 4.0
    assert not caught.value.ambiguous
    assert len(jobs.target.given) == 5
    clock.advance(4.1)
    with pytest.raises(Unavailable):
        await jobs.deliver(job(1))
    assert len(jobs.target.given) == 6
    clock.advance(8.1)
    jobs.target.fails = None
    await jobs.deliver(job(1))
    jobs.target.fails = Unavailable("busy", retry_after=60)
    for _ in range(4):
        with pytest.raises(Unavailable):
            await jobs.deliver(job(1))
    jobs.target.fails = Rejected("no")
    for _ in range(9):
        with pytest.raises(Rejected):
            await jobs.deliver(job(1))


@pytest_twisted.ensureDeferred
async def test_a_target_that_asks_for_ever_is_left_alone_for_an_hour(jobs, sqlite_stores, clock):
    await keep(sqlite_stores, clock, 1)
    jobs.target.fails = Unavailable("busy", retry_after=float("inf"))
    for _ in range(5):
        with pytest.raises(Unavailable):
            await jobs.deliver(job(1))
    with pytest.raises(Unavailable) as caught:
        await jobs.deliver(job(1))
    assert (len(jobs.target.given), caught.value.retry_after) == (5, 3600.0)
