"""
Queries that are compiled once and then given to the driver as they are.

SQLAlchemy takes several times as long to run a query that reads one row as the database does. What is asked for all
the time goes past it; the text is still SQLAlchemy's, in either dialect. Values are what the driver takes (text,
numbers, bytes). Leaves out statements that write, and lists of values (``IN``).
"""

from collections import namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select


class _Compiled(NamedTuple):
    text: str
    names: tuple[str, ...] | None  # of the values in their order; None if the driver wants them by name
    given: dict[str, Any]  # values that stand in the statement itself
    row: Callable[[Any], Any]  # makes one of what the driver answers


class Prepared:
    """:param statement: a ``select`` with ``bindparam`` for each value that differs."""

    def __init__(self, statement: "Select[Any]") -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """All rows, with their columns as attributes. :raises Exception: what the driver raises."""
        text, names, given, row = self._compiled.get(connection.dialect.name) or self._compile(connection)
        if given:
            values = {**given, **values}
        driver: Any = connection.connection.driver_connection
        parameters = values if names is None else [values[name] for name in names]
        return [row(each) for each in driver.execute(text, parameters).fetchall()]

    def first(self, connection: Connection, **values: Any) -> Any:
        """The first row, or ``None``."""
        rows = self.rows(connection, **values)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The first column of the first row, or ``None``."""
        row = self.first(connection, **values)
        return None if row is None else row[0]

    def _compile(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        found: Any = self._statement.compile(dialect=dialect)
        given = {name: value for name, value in found.params.items() if not found.binds[name].required}
        columns = list(self._statement.selected_columns)
        make: Any = namedtuple("Row", [column.name for column in columns], rename=True)  # type: ignore[misc]
        row: Callable[[Any], Any] = make._make
        readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        if any(readers):

            def row(values: Any) -> Any:
                return make(
                    *(value if read is None else read(value) for read, value in zip(readers, values, strict=True))
                )

        names = tuple(found.positiontup) if found.positional else None
        compiled = self._compiled[dialect.name] = _Compiled(found.string, names, given, row)
        return compiled
