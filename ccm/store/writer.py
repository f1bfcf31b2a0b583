"""
The one thread that writes, with *group commit*: it commits whatever came in during the last commit.

Jobs run in the order they were queued, each in a savepoint of its own (a run of like inserts in one), so that a job
that fails takes nothing with it; a batch of nothing but inserts is first tried without. If the commit fails, all jobs
of the batch fail with ``StoreUnavailable`` and the connection is closed and opened anew: an ``fsync`` that failed is
never tried again on the same handle, since the system may have dropped the pages. Leaves out deciding who may write;
see :mod:`ccm.store.database`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ccm.errors import StoreUnavailable
from ccm.store.checkpoint import Checkpoints
from ccm.store.engines import is_broken

IDLE_SECONDS = 2.0
_UNAVAILABLE = (
    "The store does not accept writes now; nothing was kept. Check the disk and the database, then try again."
)

log = Logger()
_statement = attrgetter("statement")


@dataclass(slots=True)
class Job:
    """
    One piece of work: a *change* to call, or a *statement* and its *row*.

    :ivar done: ``None`` if nobody waits.

    :ivar outcome: the result, or the ``Failure``; valid once the job was settled.
    """

    done: "Deferred[Any] | None"
    change: Callable[[Connection], Any] | None = None
    statement: str = ""
    row: tuple[Any, ...] = ()
    outcome: Any = None


class Writer:
    """
    :param settle: called in the writer's thread once for every batch, in order: with its jobs, and whether they
        were committed.
    """

    def __init__(
        self, engine: Engine, batch_jobs: int, checkpoints: Checkpoints, settle: Callable[[list[Job], bool], None]
    ) -> None:
        self._engine = engine
        self._batch_jobs = batch_jobs
        self._checkpoints = checkpoints
        self._settle = settle
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._driver: Any = None  # SQLite's own connection
        self._numbered = engine.dialect.paramstyle != "qmark"
        self._failing = False
        self._thread = Thread(target=self._run, name="ccm store writer", daemon=True)

    def start(self) -> None:
        """Begin to take jobs."""
        self._thread.start()

    def put(self, job: Job) -> None:
        """Queue a job; never blocks."""
        self._queue.put(job)

    def stop(self) -> None:
        """Finish what is queued, then end; blocks until then."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            batch, running = self._next()
            if batch:
                self._commit(batch)
            elif running and self._checkpoints.idle():
                self._checkpoint()
        self._checkpoints.close()
        if self._checkpoints.idle():
            self._checkpoint()
        self._disconnect()

    def _next(self) -> tuple[list[Job], bool]:
        queue, batch = self._queue, list[Job]()
        try:
            # With nothing left to move into the database there is nothing to wake up for.
            job = queue.get(timeout=IDLE_SECONDS if self._checkpoints.pending else None)
        except Empty:
            return batch, True
        while job is not None:
            batch.append(job)
            # Nobody else takes from the queue; asking it first spares a lone job an exception.
            if len(batch) >= self._batch_jobs or queue.empty():
                return batch, True
            job = queue.get_nowait()
        return batch, False

    def _commit(self, batch: list[Job]) -> None:
        try:
            connection = self._connect()
            if self._driver is None or not _appended(self._driver, batch):
                with connection.begin():
                    self._perform(connection, batch)
        except Exception as error:  # whatever it was, none of the batch is on disk
            self._failed(batch, error)
            return
        self._failing = False
        self._settle(batch, True)
        if self._checkpoints.committed(len(batch)):
            self._checkpoint()

    def _failed(self, batch: list[Job], error: Exception) -> None:
        if not self._failing:
            log.error("The store does not accept writes: {error}", error=str(error))
        self._failing = True
        self._disconnect()
        refusal = Failure(StoreUnavailable(_UNAVAILABLE))
        for job in batch:
            job.outcome = refusal
        self._settle(batch, False)

    def _perform(self, connection: Connection, batch: list[Job]) -> None:
        start = 0
        while start < len(batch):
            job = batch[start]
            if job.change is not None:
                _savepoint(connection, job, job.change)
                start += 1
                continue
            end = start + 1
            while end < len(batch) and batch[end].change is None and batch[end].statement == job.statement:
                end += 1
            self._append(connection, batch[start:end])
            start = end

    def _append(self, connection: Connection, run: list[Job]) -> None:
        statement = run[0].statement
        if self._numbered:
            statement = statement.replace("?", "%s")
        cursor = connection.connection.cursor()
        try:
            cursor.execute("SAVEPOINT run")
            try:
                cursor.executemany(statement, [job.row for job in run])
            except Exception as error:
                if is_broken(error):
                    raise
                cursor.execute("ROLLBACK TO SAVEPOINT run")
                _one_by_one(cursor, statement, run)
            cursor.execute("RELEASE SAVEPOINT run")
        finally:
            cursor.close()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            if not self._numbered:
                self._driver = self._connection.connection.driver_connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except Exception as error:  # a broken connection may fail to close; it is let go all the same
            log.warn("Could not close the connection to the store: {error}", error=str(error))

    def _checkpoint(self) -> None:
        try:
            self._checkpoints.pace(self._connect())
        except Exception as error:  # the log keeps everything; the next commit opens the database anew
            log.warn("Could not move the write-ahead log into the database: {error}", error=str(error))
            self._disconnect()


def _appended(driver: Any, batch: list[Job]) -> bool:
    """
    Commit a batch of nothing but inserts by SQLite's driver alone, which spares half of what a small commit costs.

    :returns: whether it is committed; if not, nothing of it is, and each job is to be tried by itself.
    """
    if len(batch) == 1:
        return batch[0].change is None and _lone(driver, batch[0])
    if any(job.change is not None for job in batch):
        return False
    driver.execute("BEGIN IMMEDIATE")
    try:
        for statement, run in groupby(batch, _statement):
            driver.executemany(statement, [job.row for job in run])
    except Exception as error:
        if is_broken(error):
            raise
        driver.execute("ROLLBACK")
        return False
    driver.execute("COMMIT")
    return True


def _lone(driver: Any, job: Job) -> bool:
    """A statement outside a transaction is one by itself: SQLite commits it before ``execute`` returns."""
    try:
        driver.execute(job.statement, job.row)
    except Exception as error:
        if is_broken(error):
            raise
        return False
    return True


def _savepoint(connection: Connection, job: Job, change: Callable[[Connection], Any]) -> None:
    try:
        with connection.begin_nested():
            job.outcome = change(connection)
    except Exception as error:
        if is_broken(error) and isinstance(error, DBAPIError):
            raise
        job.outcome = Failure()


def _one_by_one(cursor: Any, statement: str, run: list[Job]) -> None:
    for job in run:
        cursor.execute("SAVEPOINT one")
        try:
            cursor.execute(statement, job.row)
        except Exception as error:
            if is_broken(error):
                raise
            job.outcome = Failure()
            cursor.execute("ROLLBACK TO SAVEPOINT one")
        cursor.execute("RELEASE SAVEPOINT one")
