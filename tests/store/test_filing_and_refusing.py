"""Who reads an archive while messages are being entered gets them all; what cannot be queued is said to be lost."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from ccm.errors import StoreUnavailable
from ccm.records import Archived
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"
INSERT = "INSERT INTO marks (name, value) VALUES (?, ?)"


def say(personal: Any, count: int) -> None:
    for _ in range(count):
        personal.keep(b"<message/>", ANN, "", BOB, "", by_sender=True, by_recipient=True)


@pytest_twisted.ensureDeferred
async def test_who_reads_while_messages_are_entered_gets_them_all(sqlite_stores: Any) -> None:
    personal = sqlite_stores.personal
    say(personal, 2_500)
    reads = [Deferred.fromCoroutine(personal.page(BOB, limit=5_000)) for _ in range(3)]
    say(personal, 1)
    reads.append(Deferred.fromCoroutine(personal.page(ANN, limit=5_000)))
    pages = [page for _, page in await DeferredList(reads, fireOnOneErrback=True)]
    assert [len(page.items) >= 2_500 for page in pages] == [True] * 4
    assert len(pages[3].items) == 2_501


class OfThatClock:
    """The reactor, but for what is to be done a second later or more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def callLater(self, seconds: float, *call: Any) -> Any:
        return (self._clock if seconds >= 1 else reactor).callLater(seconds, *call)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)


@pytest_twisted.ensureDeferred
async def test_messages_wait_to_be_entered_while_much_is_said_in_rooms(tmp_path: Path, empty_sqlite: Path) -> None:
    shutil.copy(empty_sqlite, tmp_path / "ccm.sqlite")
    clock, steps = Clock(), list[str]()
    stores = await open_stores(OfThatClock(clock), StoreOptions(), StateOptions(), tmp_path)

    async def advance(_: int) -> bool:
        steps.append("filing")
        return False

    stores.personal.advance = advance  # type: ignore[method-assign]
    say(stores.personal, 3)
    now, ids = datetime.now(UTC), [stores.archive.next_id() for _ in range(300)]
    kept = [stores.archive.append(Archived(id_, "room@x", "room@x/ann", ANN, now, b"<message/>")) for id_ in ids]
    clock.advance(5)
    assert steps == []  # 60 a second
    clock.advance(5)
    assert steps == ["filing"]
    await DeferredList(kept, fireOnOneErrback=True)
    await stores.close()


def entered(stores: Any) -> Deferred[dict[str, int]]:
    """How many messages are in whose archive."""
    rows = "SELECT owner, count(*) FROM personal_archive GROUP BY owner"
    return stores.database.read(lambda connection: dict(connection.exec_driver_sql(rows).all()))


@pytest_twisted.ensureDeferred
async def test_who_reads_among_many_has_their_own_entered_and_no_others(sqlite_stores: Any) -> None:
    personal = sqlite_stores.personal
    say(personal, 600)
    personal.keep(b"<message/>", CID, "", ANN, "", by_sender=True, by_recipient=True)
    assert len((await personal.page(CID)).items) == 1
    assert await entered(sqlite_stores) == {CID: 1}
    assert len((await personal.page(ANN, limit=5_000)).items) == 601
    personal.keep(b"<message/>", CID, "", CID, "", by_sender=True, by_recipient=True)
    assert len((await personal.page(CID)).items) == 2
    assert await entered(sqlite_stores) == {CID: 2, ANN: 601}
    await personal.file()
    assert await entered(sqlite_stores) == {CID: 2, ANN: 601, BOB: 600}


@pytest_twisted.ensureDeferred
async def test_what_was_taken_out_of_an_archive_is_not_entered_again(sqlite_stores: Any) -> None:
    personal = sqlite_stores.personal
    say(personal, 600)
    assert len((await personal.page(ANN, limit=1)).items) == 1
    assert await personal.trim(ANN, 599, 10) is False
    await personal.file()
    assert await entered(sqlite_stores) == {ANN: 599, BOB: 600}


@pytest_twisted.ensureDeferred
async def test_a_filing_that_fails_is_done_by_whoever_waited_for_it(
    sqlite_stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    personal, database = sqlite_stores.personal, sqlite_stores.database
    await personal.file()
    say(personal, 3)
    write, failed = database.write, Deferred()
    monkeypatch.setattr(database, "write", lambda change: failed)
    first = Deferred.fromCoroutine(personal.page(BOB))
    second = Deferred.fromCoroutine(personal.page(BOB))
    monkeypatch.setattr(database, "write", write)
    failed.errback(StoreUnavailable("The disk is full."))
    (good, _), (well, page) = await DeferredList([first, second], consumeErrors=True)
    assert not good and well and len(page.items) == 3


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_queued_is_refused_to_whoever_posts_it(sqlite_stores: Any) -> None:
    database = sqlite_stores.database
    database._options.queue_jobs = 2
    database.post(INSERT, ("m1", 1))
    database.post(INSERT, ("m2", 1))
    with pytest.raises(StoreUnavailable, match="Too many writes"):
        database.post(INSERT, ("m3", 1))
    await database.barrier()
    database.post(INSERT, ("m3", 1))
    await sqlite_stores.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        database.post(INSERT, ("m4", 1))


@pytest_twisted.ensureDeferred
async def test_a_posted_row_that_is_refused_alone_is_told_in_the_log(sqlite_stores: Any) -> None:
    database = sqlite_stores.database
    await database.append(INSERT, ("m1", 1))
    with capturedLogs() as events:
        database.post(INSERT, ("m1", 2))
        await database.append(INSERT, ("m2", 1))
    assert [event["log_format"] for event in events] == ["A row that nobody waits for was refused: {why}"]
