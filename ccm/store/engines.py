"""
SQLAlchemy engines with the settings that durability rests on, and what counts as a failure of the store itself.

SQLite: write-ahead log, ``synchronous=FULL`` (or ``NORMAL``), no automatic checkpoints, transactions begun by us.
PostgreSQL: psycopg 3, ``synchronous_commit`` on (or off). Leaves out other databases.
"""

import sqlite3
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from ccm.store.options import StoreOptions

# Result codes after which nothing of the transaction can be trusted (sqlite.org/rescode.html).
_BROKEN_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
# Classes of SQLSTATE: connection, resources, intervention, system error, configuration, internal.
_BROKEN_SQLSTATE = ("08", "53", "57", "58", "F0", "XX")


def writer_engine(options: StoreOptions, state_dir: Path) -> Engine:
    """The engine of the one connection that writes; each ``connect()`` opens a new one."""
    url = options.sqlalchemy_url(state_dir)
    engine = create_engine(url, poolclass=NullPool, connect_args=_connect_arguments(url, options))
    _prepare(engine, options, writes=True)
    return engine


def reader_engine(options: StoreOptions, state_dir: Path) -> Engine:
    """The engine of the connections that read, one for each reader thread."""
    url = options.sqlalchemy_url(state_dir)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=options.reader_threads,
        max_overflow=0,
        connect_args=_connect_arguments(url, options),
    )
    _prepare(engine, options, writes=False)
    return engine


def database_file(engine: Engine) -> Path | None:
    """SQLite's file; ``None`` for another database."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database)


def is_broken(error: BaseException) -> bool:
    """Whether an error means that the store failed, rather than one statement."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig or error
    if isinstance(error, sqlite3.Error):
        # Extended codes keep the primary one in their low byte.
        code: int = getattr(error, "sqlite_errorcode", 0)
        return (code & 0xFF) in _BROKEN_SQLITE
    if "psycopg" in sys.modules:  # otherwise the error is none of its: it loads with the first PostgreSQL engine
        import psycopg

        if isinstance(error, psycopg.Error):
            if error.sqlstate is None:
                return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            return error.sqlstate.startswith(_BROKEN_SQLSTATE)
    return isinstance(error, OSError)


def _connect_arguments(url: str, options: StoreOptions) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"check_same_thread": False, "timeout": options.busy_timeout_seconds, "isolation_level": None}
    return {"connect_timeout": max(2, round(options.busy_timeout_seconds)), "application_name": "ccm"}


def _prepare(engine: Engine, options: StoreOptions, *, writes: bool) -> None:
    if engine.dialect.name == "sqlite":
        pragmas = _pragmas(options, writes=writes)
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

        @event.listens_for(engine, "connect")
        def set_pragmas(connection: sqlite3.Connection, _record: Any) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")

        # COMPAT: the driver begins transactions too late for savepoints, so it is told not to (isolation_level=None).
        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            connection.connection.driver_connection.execute(begin)  # type: ignore[union-attr]

        return

    settings = [f"SET synchronous_commit = {'on' if options.durability == 'full' else 'off'}"]
    if not writes:
        settings.append("SET default_transaction_read_only = on")

    @event.listens_for(engine, "connect")
    def set_session(connection: Any, _record: Any) -> None:
        for setting in settings:
            connection.execute(setting)
        connection.commit()


def _pragmas(options: StoreOptions, *, writes: bool) -> tuple[str, ...]:
    both = ("trusted_schema = OFF", "foreign_keys = ON", "cell_size_check = ON", "temp_store = MEMORY")
    if not writes:
        return (*both, "query_only = ON")
    return (
        "journal_mode = WAL",
        f"synchronous = {'FULL' if options.durability == 'full' else 'NORMAL'}",
        "wal_autocheckpoint = 0",
        f"journal_size_limit = {options.journal_limit_mib << 20}",
        "cache_size = -16384",
        *both,
    )
