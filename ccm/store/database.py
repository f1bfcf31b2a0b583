"""
The durable store as the reactor sees it: SQLAlchemy Core on SQLite (default) or PostgreSQL.

Writes go to one thread with group commit (:mod:`ccm.store.writer`), queries to a pool of reader threads
(:mod:`ccm.store.reads`); results come back once for each batch. *Acknowledged means on disk*: every Deferred fires
after the commit, never before. Both queues are bounded. Leaves out retrying: who is refused tells the peer to try it
again.
"""

from collections import deque
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from twisted.internet.defer import Deferred, fail
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm.errors import StoreClosed, StoreUnavailable
from ccm.interfaces import IDatabase
from ccm.store.checkpoint import Checkpoints, unclean
from ccm.store.engines import database_file, is_broken, reader_engine, writer_engine
from ccm.store.options import StoreOptions
from ccm.store.reads import Reads
from ccm.store.upgrade import upgrade
from ccm.store.writer import Job, Writer
from ccm.threads import Threads

T = TypeVar("T")

log = Logger()


@implementer(IDatabase)
class Database:
    """
    :param reactor: gives threads their way back (``callFromThread``).
    :param state_dir: where SQLite's file is, unless the options name another.
    :ivar available: whether the last commit succeeded.
    """

    def __init__(self, reactor: Any, options: StoreOptions, state_dir: Path) -> None:
        self._reactor = reactor
        self._options = options
        self._write_engine = writer_engine(options, state_dir)
        self._read_engine = reader_engine(options, state_dir)
        self._file = database_file(self._write_engine)
        self._readers = Threads(1, options.reader_threads, "ccm store reader")
        self._reads = Reads(reactor, self._read_engine, self._readers, options.read_queue)
        self._queued = 0
        self._settled = 0
        self._posted: list[Job] = []
        self._call: Any = None
        self._barriers: deque[tuple[int, Deferred[None]]] = deque()
        self._writer: Writer | None = None
        self.available = False

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._write_engine.dialect.name

    @property
    def waiting(self) -> int:
        """Writes that are not on disk yet."""
        return self._queued - self._settled

    async def open(self) -> None:
        """
        Bring the schema up to date and begin to take work.

        :raises StoreUnavailable: if the database cannot be opened, or is damaged.
        :raises ConfigError: if it is newer than this program.
        """
        self._readers.start()
        try:
            await self._in_thread(lambda: _prepare(self._write_engine, self._file, self._options))
        except BaseException:
            self._let_go()
            raise
        checkpoints = Checkpoints(self._file, self._options.checkpoint_pages, self._write_engine.connect)
        self._writer = Writer(self._write_engine, self._options.batch_jobs, checkpoints, self._settle)
        self._writer.start()
        self.available = True

    async def close(self) -> None:
        """Write what is queued, empty the log, let go of the files. Closing twice does nothing."""
        self._send()
        writer, self._writer = self._writer, None
        if writer is None:
            return
        await self._in_thread(writer.stop)
        self._let_go()

    def read(self, query: Callable[[Connection], T], key: Hashable = None) -> "Deferred[T]":
        """See :meth:`ccm.interfaces.IDatabase.read`. Fails with ``StoreUnavailable`` if too many queries wait."""
        if self._writer is None:
            return fail(_closed())
        return self._reads.ask(query, key)

    def write(self, change: Callable[[Connection], T]) -> "Deferred[T]":
        """See :meth:`ccm.interfaces.IDatabase.write`."""
        done: Deferred[T] = Deferred()
        return self._put(Job(done, change), done)

    def append(self, statement: str, row: tuple[Any, ...]) -> "Deferred[None]":
        """See :meth:`ccm.interfaces.IDatabase.append`."""
        done: Deferred[None] = Deferred()
        return self._put(Job(done, None, statement, row), done)

    def post(self, statement: str, row: tuple[Any, ...]) -> None:
        """See :meth:`ccm.interfaces.IDatabase.post`."""
        if self._writer is None:
            raise _closed()
        if self._queued - self._settled >= self._options.queue_jobs:
            raise _full()
        posted = self._posted
        posted.append(Job(None, None, statement, row))
        self._queued += 1
        if len(posted) == 1:
            self._call = self._reactor.callLater(self._options.linger_milliseconds / 1000, self._send)
        elif len(posted) >= self._options.batch_jobs:
            self._send()

    def _send(self) -> None:
        """Queue what was posted."""
        posted, self._posted = self._posted, []
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None
        if self._writer is not None:
            for job in posted:
                self._writer.put(job)

    def barrier(self) -> "Deferred[None] | None":
        """See :meth:`ccm.interfaces.IDatabase.barrier`."""
        if self._posted:
            self._send()
        if self._settled == self._queued:
            return None
        done: Deferred[None] = Deferred()
        self._barriers.append((self._queued, done))
        return done

    def _put(self, job: Job, done: "Deferred[Any]") -> "Deferred[Any]":
        if self._writer is None:
            return fail(_closed())
        if self._queued - self._settled >= self._options.queue_jobs:
            return fail(_full())
        if self._posted:
            self._send()
        self._queued += 1
        self._writer.put(job)
        return done

    def _settle(self, batch: list[Job], committed: bool) -> None:
        self._reactor.callFromThread(self._deliver, batch, committed)

    def _deliver(self, batch: list[Job], committed: bool) -> None:
        self.available = committed
        self._settled += len(batch)
        lost = None
        if not committed:
            lost = batch[0].outcome
            # A barrier taken before this batch settled rests on it, however much more it waits for.
            waiting, self._barriers = self._barriers, deque()
        else:
            waiting = deque()
            while self._barriers and self._barriers[0][0] <= self._settled:
                waiting.append(self._barriers.popleft())
        for job in batch:
            if job.done is None:
                if committed and isinstance(job.outcome, Failure):
                    log.error("A row that nobody waits for was refused: {why}", why=job.outcome.getErrorMessage())
            elif not job.done.called:
                job.done.callback(job.outcome)  # a Failure makes it an errback
        for _, barrier in waiting:
            if not barrier.called:
                barrier.callback(lost)  # the Failure, or None

    def _let_go(self) -> None:
        self.available = False
        self._reads.send()
        self._readers.stop()
        self._read_engine.dispose()
        self._write_engine.dispose()

    def _in_thread(self, function: Callable[[], T]) -> "Deferred[T]":
        return deferToThreadPool(self._reactor, self._readers, function)


def _full() -> StoreUnavailable:
    return StoreUnavailable("Too many writes wait for the disk. Try again later.")


def _closed() -> StoreClosed:
    return StoreClosed("The store is closed. Try again when the server is up.")


def _prepare(engine: Engine, file: Path | None, options: StoreOptions) -> None:
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        check = file is not None and file.exists() and unclean(file)
        with engine.connect() as connection:
            if check and file is not None:
                _check(connection, file, options.check_at_start_mib)
            upgrade(connection)
    except Exception as error:
        if is_broken(error):
            where = file or engine.url.render_as_string(hide_password=True)
            raise StoreUnavailable(
                f"The database {where} cannot be opened: {error}. Check store.url, its permissions and the disk."
            ) from error
        raise


def _check(connection: Connection, file: Path, limit_mib: int) -> None:
    if file.stat().st_size > limit_mib << 20:
        log.warn(
            "{file} was not closed cleanly and is too large to check at start; run PRAGMA quick_check on a backup",
            file=str(file),
        )
        return
    with connection.begin():
        found = connection.exec_driver_sql("PRAGMA quick_check(5)").scalars().all()
    if found != ["ok"]:
        raise StoreUnavailable(f"{file} is damaged ({found[0]}). Restore the last backup.")
    log.info("{file} was not closed cleanly; it was checked and is sound", file=str(file))
