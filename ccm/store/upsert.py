"""Insert or replace a row by its key, in both databases."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, row: dict[str, Any], key: tuple[str, ...] = ()) -> None:
    """
    Insert *row*; if its *key* is there already, replace the other columns named in it.

    :param key: columns with a unique index; the primary key when empty.
    """
    keys = key or tuple(column.name for column in table.primary_key)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in keys}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement)


def insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert *row* unless one of its unique keys is there already; answers whether it was inserted."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    key = next(iter(table.primary_key))
    statement = dialect.insert(table).values(**row).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None
