"""The write-ahead log moves into the database while commits go on, and begins anew."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from ccm.store.checkpoint import Checkpoints, unclean
from ccm.store.engines import writer_engine
from ccm.store.options import StoreOptions

PAGES = 50
PATIENCE_SECONDS = 20.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = writer_engine(StoreOptions(), tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        driver(connection).execute("CREATE TABLE words (word TEXT)")
        yield connection


def driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def commit(checkpoints: Checkpoints, connection: Connection) -> bool:
    driver(connection).execute("INSERT INTO words VALUES (?)", ("x" * 500,))
    due = checkpoints.committed(1)
    if due:
        checkpoints.pace(connection)
    return due


def until_due(checkpoints: Checkpoints, connection: Connection) -> int:
    """Commit until the log was moved; how often."""
    deadline, count = time.monotonic() + PATIENCE_SECONDS, 1
    while not commit(checkpoints, connection):
        assert time.monotonic() < deadline
        count += 1
    return count


def test_the_log_begins_anew_though_commits_go_on_while_a_thread_moves_it(
    engine: Engine, writing: Connection, tmp_path: Path
) -> None:
    checkpoints = Checkpoints(tmp_path / "ccm.sqlite", PAGES, engine.connect)
    for _ in range(5):
        until_due(checkpoints, writing)
        commit(checkpoints, writing)
        busy, pages, moved = driver(writing).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert (busy, moved) == (0, pages)
        assert pages < PAGES / 2, "those of the last commit alone"
    checkpoints.close()


class Log:
    """A connection to a database whose log grows while it is moved: so many pages each time one looks."""

    def __init__(self, *lengths: int) -> None:
        self.lengths, self.looks = lengths, 0
        self.connection = self.driver_connection = self

    def execute(self, _: str) -> Any:
        length = self.lengths[min(self.looks, len(self.lengths) - 1)]
        self.looks += 1
        return SimpleNamespace(fetchone=lambda: (0, length, length))

    def invalidate(self) -> None:
        pass

    close = invalidate


@pytest.mark.parametrize(("lengths", "looks"), [((80, 90, 95, 95), 4), ((80, 80), 2), (tuple(range(80, 100)), 5)])
def test_the_thread_moves_until_nothing_came_meanwhile_so_that_the_writer_waits_for_no_disk(
    writing: Connection, tmp_path: Path, lengths: tuple[int, ...], looks: int
) -> None:
    log: Any = Log(*lengths)
    checkpoints = Checkpoints(tmp_path / "ccm.sqlite", PAGES, lambda: log)
    until_due(checkpoints, writing)
    checkpoints.close()
    assert log.looks == looks


def test_the_writer_moves_the_log_itself_when_the_thread_takes_too_long(writing: Connection, tmp_path: Path) -> None:
    over = threading.Event()

    def never() -> Connection:
        over.wait()
        raise sqlite3.OperationalError("nobody waits for this")

    checkpoints = Checkpoints(tmp_path / "ccm.sqlite", PAGES, never)
    assert until_due(checkpoints, writing) == ceil(8 * PAGES / 3)  # a commit counts for three
    assert until_due(checkpoints, writing) == ceil(8 * PAGES / 3)
    over.set()
    checkpoints.close()


def test_a_thread_that_fails_leaves_the_work_to_the_writer(writing: Connection, tmp_path: Path) -> None:
    asked: list[int] = []

    def broken() -> Connection:
        asked.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    checkpoints = Checkpoints(tmp_path / "ccm.sqlite", PAGES, broken)
    until_due(checkpoints, writing)
    until_due(checkpoints, writing)
    checkpoints.close()
    assert len(asked) == 2, "it is tried again each time"
    assert driver(writing).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[0] == 0


def test_when_all_rest_the_log_is_moved_and_then_written_over_at_its_length(
    engine: Engine, writing: Connection, tmp_path: Path
) -> None:
    file, log = tmp_path / "ccm.sqlite", tmp_path / "ccm.sqlite-wal"
    checkpoints = Checkpoints(file, PAGES, engine.connect)
    for _ in range(5):
        commit(checkpoints, writing)
    length, deadline = log.stat().st_size, time.monotonic() + PATIENCE_SECONDS
    while checkpoints.pending:
        assert time.monotonic() < deadline
        if checkpoints.idle():
            checkpoints.pace(writing)
    assert not checkpoints.idle(), "nothing is to do"
    commit(checkpoints, writing)
    assert log.stat().st_size == length
    assert driver(writing).execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1] < 5, "those of the last commit alone"
    checkpoints.close()
    assert unclean(file)


def test_at_the_end_the_writer_moves_what_is_left_itself(engine: Engine, writing: Connection, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "ccm.sqlite", PAGES, engine.connect)
    commit(checkpoints, writing)
    checkpoints.close()
    assert checkpoints.idle()
    checkpoints.pace(writing)
    assert not checkpoints.pending
