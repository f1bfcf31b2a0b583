"""
When SQLite's write-ahead log moves into the database: paced, so that it seldom delays a commit.

PASSIVE once the log holds some pages, TRUNCATE when the writer has had nothing to do for a while. Leaves out
PostgreSQL, which paces its own.
"""

from pathlib import Path

from sqlalchemy import Connection
from twisted.logger import Logger

_HEADER, _FRAME = 32, 24 + 4096  # sqlite.org/fileformat2.html §4
_PAGES_A_COMMIT = 4  # estimate, while the log is being overwritten from its beginning

log = Logger()


class Checkpoints:
    """
    The writer's book-keeping of the log; used in the writer's thread alone.

    :param file: the database file; ``None`` for a database that needs no checkpoints.
    :param pages: how many pages may gather before they move.
    """

    def __init__(self, file: Path | None, pages: int) -> None:
        self._log = None if file is None else file.with_name(file.name + "-wal")
        self._pages = pages
        self._since = 0

    @property
    def pending(self) -> bool:
        """Whether the log holds anything to move."""
        return self._log is not None and self._since > 0

    def committed(self, jobs: int) -> bool:
        """Count a commit; answer whether :meth:`pace` is due."""
        self._since += jobs + _PAGES_A_COMMIT
        return self._log is not None and self._since >= self._pages

    def pace(self, connection: Connection) -> None:
        """After a commit, once enough pages have gathered: move them."""
        self._run(connection, "PASSIVE")
        self._since = 0

    def idle(self, connection: Connection) -> None:
        """When nothing is to do: move all pages and empty the log."""
        if self.pending:
            self._run(connection, "TRUNCATE")
            self._since = 0

    def _run(self, connection: Connection, mode: str) -> None:
        row = connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            f"PRAGMA wal_checkpoint({mode})"
        ).fetchone()
        if row is not None and row[0] and mode == "TRUNCATE":
            log.debug("A reader holds the write-ahead log; it is emptied later")


def unclean(file: Path) -> bool:
    """Whether the last process did not close this database: its log is not empty."""
    log_file = file.with_name(file.name + "-wal")
    return log_file.exists() and log_file.stat().st_size > _HEADER + _FRAME
