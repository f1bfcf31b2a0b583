"""
When SQLite's write-ahead log moves into the database: paced, so that it seldom delays a commit.

Once the log holds some pages, or the writer has had nothing to do for a while, a thread with a connection of its own
moves them (PASSIVE), while commits go on; then the writer moves the few that came meanwhile, so that the log begins
anew. SQLite waits until the database is on disk only when it has moved all there is: the thread goes over the log
again until that was so, or else the writer would wait for all of it. The log keeps its length: a commit that makes a
file longer waits for the file system's journal, too, which takes about twice as long as one that writes over what was
there. Leaves out PostgreSQL, which paces its own.
"""

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from sqlalchemy import Connection
from twisted.logger import Logger

_HEADER, _FRAME = 32, 24 + 4096  # sqlite.org/fileformat2.html §4
_PAGES_A_COMMIT = 2  # estimate, while the log is being overwritten from its beginning
_PATIENCE = 8  # so many times the pages may gather while the thread is at work
_ROUNDS = 5  # so many times the thread goes over the log, if more comes meanwhile
_LONGEST_STOP_SECONDS = 10.0

log = Logger()


class Checkpoints:
    """
    The writer's book-keeping of the log; used in the writer's thread alone.

    :param file: the database file; ``None`` for a database that needs no checkpoints.
    :param pages: how many pages may gather before they move.
    :param connect: a connection for the thread that moves most of them; ``None``: the writer moves them all.
    """

    def __init__(self, file: Path | None, pages: int, connect: Callable[[], Connection] | None = None) -> None:
        self._log = None if file is None else file.with_name(file.name + "-wal")
        self._pages = pages
        self._since = 0
        self._mover = None if connect is None or file is None else Mover(connect)

    @property
    def pending(self) -> bool:
        """Whether the log holds anything to move."""
        return self._log is not None and self._since > 0

    def committed(self, jobs: int) -> bool:
        """Count a commit; answer whether :meth:`pace` is due."""
        self._since += jobs + _PAGES_A_COMMIT
        if self._log is None or self._since < self._pages:
            return False
        return self._since >= _PATIENCE * self._pages or self._moved()

    def idle(self) -> bool:
        """When nothing is to do; answer whether :meth:`pace` is due."""
        return self.pending and self._moved()

    def pace(self, connection: Connection) -> None:
        """Move the pages that no other thread has moved: the next commit writes over the log from its beginning."""
        _move(connection)
        self._since = 0
        if self._mover is not None and self._mover.done:
            self._mover.again()

    def close(self) -> None:
        """End the thread, if there is one."""
        mover, self._mover = self._mover, None
        if mover is not None:
            mover.stop()

    def _moved(self) -> bool:
        """Whether the thread has moved what it was asked to; without one, all is left to the writer."""
        mover = self._mover
        if mover is None:
            return True
        if mover.ready:
            mover.begin()
        return mover.done


class Mover:
    """
    The thread that moves pages while commits go on; it is there from the first time.

    :ivar ready: nothing was asked of it.
    :ivar done: what was asked for is done, or failed.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.ready, self.done = True, False
        self._connect = connect
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread: Thread | None = None

    def begin(self) -> None:
        """Move what is in the log now."""
        self.ready = False
        if self._thread is None:
            self._thread = Thread(target=self._run, name="ccm store checkpoints", daemon=True)
            self._thread.start()
        self._asked.put(True)

    def again(self) -> None:
        """What was done is taken note of."""
        self.ready, self.done = True, False

    def stop(self) -> None:
        """Finish and end; blocks until then."""
        if self._thread is not None:
            self._asked.put(False)
            self._thread.join(_LONGEST_STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        connection: Connection | None = None
        while self._asked.get():
            try:
                connection = connection or self._connect()
                _move_all(connection)
            except Exception as error:  # the log keeps everything; the writer moves it
                log.warn("Could not move the write-ahead log into the database: {error}", error=str(error))
                _let_go(connection)
                connection = None
            self.done = True
        _let_go(connection)


def _let_go(connection: Connection | None) -> None:
    if connection is None:
        return
    try:
        connection.invalidate()
        connection.close()
    except Exception as error:  # a broken connection may fail to close; it is let go all the same
        log.warn("Could not close a connection to the store: {error}", error=str(error))


def _move_all(connection: Connection) -> None:
    """Move until nothing came meanwhile, and what was moved is on disk therefore; not for ever."""
    pages, before = _move(connection), -1
    for _ in range(_ROUNDS - 1):
        if pages == before:
            return
        pages, before = _move(connection), pages


def _move(connection: Connection) -> int:
    """:returns: how many pages the log had when this began."""
    driver: Any = connection.connection.driver_connection
    _, pages, _ = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def unclean(file: Path) -> bool:
    """Whether the last process did not close this database: its log is not empty."""
    log_file = file.with_name(file.name + "-wal")
    return log_file.exists() and log_file.stat().st_size > _HEADER + _FRAME
