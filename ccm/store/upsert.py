"""Insert or replace a row by its key, in both databases."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def upsert(connection: Connection, table: Table, row: dict[str, Any], key: tuple[str, ...] = ()) -> None:
    """
    Insert *row*; if its *key* is there already, replace the other columns named in it.

    :param key: columns with a unique index; the primary key when empty.
    """
    upsert_all(connection, table, [row], key)


def upsert_all(connection: Connection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...] = ()) -> None:
    """The same with several *rows*, at least one, that name the same columns."""
    keys = key or tuple(column.name for column in table.primary_key)
    statement: Any = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, rows)


def add(connection: Connection, table: Table, key: str, column: str, amount: int) -> None:
    """Add to the number in a row, which is made if need be. :param key: value of the primary key."""
    row = {next(iter(table.primary_key)).name: key, column: amount}
    statement: Any = _insert(connection, table).values(**row)
    more = table.c[column] + statement.excluded[column]
    keys = [each.name for each in table.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={column: more}))


def insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert *row* unless one of its unique keys is there already; answers whether it was inserted."""
    key = next(iter(table.primary_key))
    statement = _insert(connection, table).values(**row).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


def _insert(connection: Connection, table: Table) -> Any:
    """The database's own insert, which knows what to do on a conflict."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # takes 0.2 s: only where it is used

    return postgresql.insert(table)
