"""
Which rows of the rooms' archives are in its indexes by occupant and by origin-id.

SQLite writes a whole page for each index that a row enters, and moves it into the database later: a message alone in
its commit took six pages. So a row enters these two indexes with many others, once what it says is read for the index
of words (:mod:`ccm.store.message_index`), and takes three. PostgreSQL logs changes instead of pages: there rows enter
at once.
"""

from typing import Any

from sqlalchemy import Connection, and_, text, update

from ccm.store.schema import archive

#: An id may be given so long before its message is appended.
_LATE_MICROS = 60_000_000


def at_once(dialect: str) -> bool:
    """Whether rows are in all indexes from the first."""
    return dialect != "sqlite"


def file(connection: Connection, after: int, last: int) -> None:
    """Enter the rows from one place of SQLite's table (but without it) to another."""
    if not at_once(connection.dialect.name):
        stretch = text("archive.rowid > :after AND archive.rowid <= :last").bindparams(after=after, last=last)
        connection.execute(update(archive).where(stretch, ~archive.c.filed).values(filed=True))


def stretches(until: int) -> tuple[Any, Any]:
    """
    Conditions for what the indexes hold, and for what came since, which the primary key finds.

    :param until: time of the last row that was entered, in µs since the epoch.
    """
    return archive.c.filed, and_(~archive.c.filed, archive.c.id > f"{max(until - _LATE_MICROS, 0):014x}")
