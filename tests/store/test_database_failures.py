"""What breaks below the database: full disks, failing commits, kill -9, damaged and newer files."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import event, text
from twisted.internet import reactor
from twisted.internet.defer import DeferredList

from ccm.errors import ConfigError, StoreUnavailable
from ccm.store.database import Database
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores

INSERT = "INSERT INTO marks (name, value) VALUES (?, ?)"


async def count(database: Database) -> int:
    """How many marks are on disk."""
    return await database.read(
        lambda c: c.execute(text("SELECT count(*) FROM marks WHERE name LIKE 'm%' AND name NOT LIKE '% %'")).scalar()
    )


@pytest_twisted.ensureDeferred
async def test_a_commit_that_fails_fails_its_batch_and_the_next_one_works(sqlite_stores: Any) -> None:
    database = sqlite_stores.database
    opened: list[Any] = []
    event.listen(database._write_engine, "connect", lambda connection, _record: opened.append(connection))

    def commit(_connection: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    event.listen(database._write_engine, "commit", commit)
    jobs = [database.append(INSERT, ("m1", 1)), database.write(lambda c: "never told")]
    barrier = database.barrier()
    results = await DeferredList([*jobs, barrier], consumeErrors=True)
    assert [failure.type for ok, failure in results if not ok] == [StoreUnavailable] * len(results)
    assert not database.available
    event.remove(database._write_engine, "commit", commit)
    await database.append(INSERT, ("m2", 2))
    assert database.available
    assert opened, "the connection whose commit failed must not be used again"
    assert await count(database) == 1


@pytest.mark.parametrize("others", [0, 3])
@pytest_twisted.ensureDeferred
async def test_an_insert_that_is_refused_fails_alone_and_the_next_one_works(stores: Any, others: int) -> None:
    database = stores.database
    await database.append(INSERT, ("m0", 0))
    jobs = [database.append(INSERT, (f"m{i}", i)) for i in range(others + 1)]
    results = await DeferredList(jobs, consumeErrors=True)
    assert [ok for ok, _ in results] == [False] + [True] * others
    assert not results[0][1].check(StoreUnavailable), "the store works; that row was refused"
    assert database.available
    await database.append(INSERT, ("m9", 9))
    assert await count(database) == others + 2


@pytest_twisted.ensureDeferred
async def test_a_full_disk_refuses_and_recovers_without_restart(sqlite_stores: Any) -> None:
    database = sqlite_stores.database

    def pages(limit: int) -> Any:
        return lambda connection, _record=None: connection.execute(f"PRAGMA max_page_count = {limit}")

    # The limit holds for each connection, so also for the one that is opened after the failure.
    full = pages(1)
    event.listen(database._write_engine, "connect", full)
    await database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1") and None)
    blob = b"x" * 100_000
    grow = "INSERT INTO state (key, field, value, expires) VALUES (?, ?, ?, ?)"
    for index in range(3):
        with pytest.raises(StoreUnavailable):
            await database.append(grow, (f"k{index}", "", blob, None))
    event.remove(database._write_engine, "connect", full)
    await database.append(grow, ("after", "", blob, None))
    keys = await database.read(lambda c: c.execute(text("SELECT key FROM state")).scalars().all())
    assert keys == ["after"]


@pytest_twisted.ensureDeferred
async def test_too_many_waiting_jobs_are_refused(tmp_path: Path) -> None:
    database = Database(reactor, StoreOptions(queue_jobs=10), tmp_path)
    await database.open()
    jobs = [database.append(INSERT, (f"m{i}", i)) for i in range(12)]
    results = await DeferredList(jobs, consumeErrors=True)
    assert [ok for ok, _ in results] == [True] * 10 + [False] * 2
    await database.append(INSERT, ("m99", 1))
    await database.close()


@pytest_twisted.ensureDeferred
async def test_closing_writes_what_is_queued_and_refuses_what_comes_later(tmp_path: Path) -> None:
    database = Database(reactor, StoreOptions(), tmp_path)
    await database.open()
    jobs = [database.append(INSERT, (f"m{i}", i)) for i in range(1000)]
    await database.close()
    await database.close()
    assert all(job.called for job in jobs)
    with pytest.raises(StoreUnavailable):
        await database.append(INSERT, ("late", 1))
    with pytest.raises(StoreUnavailable):
        await database.read(lambda c: None)
    assert not (tmp_path / "ccm.sqlite-wal").exists()
    database = Database(reactor, StoreOptions(), tmp_path)
    await database.open()
    assert await count(database) == 1000
    await database.close()


_VICTIM = """
import sys
from pathlib import Path
from twisted.internet import reactor
from ccm.store.database import Database
from ccm.store.options import StoreOptions

database = Database(reactor, StoreOptions(), Path(sys.argv[1]))

def go_on(number):
    done = database.append("INSERT INTO marks (name, value) VALUES (?, ?)", ("m%d" % number, number))
    done.addCallback(lambda _: print(number, flush=True))
    reactor.callLater(0.0005, go_on, number + 1)

from twisted.internet.defer import Deferred
Deferred.fromCoroutine(database.open()).addCallback(lambda _: go_on(0))
reactor.run()
"""


@pytest_twisted.ensureDeferred
async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _VICTIM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as victim:
        assert victim.stdout is not None
        acknowledged = [victim.stdout.readline() for _ in range(300)]
        os.kill(victim.pid, signal.SIGKILL)
        acknowledged += victim.stdout.readlines()
    numbers = {int(line) for line in acknowledged if line.endswith(b"\n")}
    assert len(numbers) >= 300
    database = Database(reactor, StoreOptions(), tmp_path)
    await database.open()
    kept = set(await database.read(lambda c: c.execute(text("SELECT value FROM marks")).scalars().all()))
    await database.close()
    assert numbers <= kept
    assert kept == set(range(len(kept))), "order: no later row without all earlier ones"


@pytest_twisted.ensureDeferred
async def test_a_damaged_file_stops_the_start_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "ccm.sqlite").write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreUnavailable, match=r"store\.url"):
        await Database(reactor, StoreOptions(), tmp_path).open()


@pytest_twisted.ensureDeferred
async def test_a_database_of_a_newer_version_stops_the_start(sqlite_stores: Any, tmp_path: Path) -> None:
    await sqlite_stores.database.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")) and None
    )
    await sqlite_stores.close()
    with pytest.raises(ConfigError, match="newer"):
        await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path)


@pytest_twisted.ensureDeferred
async def test_an_address_of_no_database_is_refused(tmp_path: Path) -> None:
    for url in ("mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"):
        with pytest.raises(ConfigError, match=r"store\.url"):
            Database(reactor, StoreOptions(url=url), tmp_path)


def test_opening_an_up_to_date_database_needs_no_alembic_and_little_time(empty_sqlite: Path, tmp_path: Path) -> None:
    (tmp_path / "ccm.sqlite").write_bytes(empty_sqlite.read_bytes())
    program = (
        "import sys, pathlib\n"
        "from twisted.internet import defer, task\n"
        "from ccm.store.stores import open_stores\n"
        "from ccm.store.options import StateOptions, StoreOptions\n"
        "async def go(reactor):\n"
        "    stores = await open_stores(reactor, StoreOptions(), StateOptions(), pathlib.Path(sys.argv[1]))\n"
        "    await stores.close()\n"
        "    assert 'alembic' not in sys.modules and 'txredisapi' not in sys.modules\n"
        "task.react(lambda reactor: defer.Deferred.fromCoroutine(go(reactor)))\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
    assert time.monotonic() - began < 20
