"""
Pages of archives (XEP-0313 1.1.3 with XEP-0059 1.0): one way to read them, for rooms and for accounts.

An archive is what one *owner* has in a table, in the order of its ids. Leaves out counting (but for a limit of 0),
which would not scale, and what a row holds.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Table, bindparam, func, select, true

from ccm.errors import StanzaError
from ccm.records import Archived, Page
from ccm.store.prepared import Prepared

MOST_IDS = 200
_END = "g"  # after every id, which begin with hexadecimal digits


class Pages:
    """
    :param table: with the columns ``owner`` and ``id``.
    :param rows: selects what :param:`made` makes a message of.
    """

    def __init__(self, table: Table, rows: "Select[Any]", made: Callable[[Any], Archived]) -> None:
        self._table = table
        self._rows = rows
        self._made = made
        own = rows.where(table.c.owner == bindparam("owner")).limit(bindparam("limit", type_=BigInteger))
        self._after = Prepared(own.where(table.c.id > bindparam("after")).order_by(table.c.id))
        self._before = Prepared(own.where(table.c.id < bindparam("before")).order_by(table.c.id.desc()))
        known = select(table.c.id).where(table.c.owner == bindparam("owner"), table.c.id == bindparam("id"))
        self._known_one = Prepared(known)

    def page(
        self,
        connection: Connection,
        owner: str,
        conditions: Sequence[Any],
        *,
        after: str | None,
        before: str | None,
        between: tuple[str | None, str | None] = (None, None),
        ids: tuple[str, ...],
        limit: int,
        stretches: Sequence[Any] = (true(),),
    ) -> Page:
        """
        A page, in ascending order.

        :param conditions: beside that of the owner.
        :param stretches: a condition for each part of the archive that has an index of its own, in their order.
        :raises StanzaError: ``item-not-found`` for an unknown id; ``policy-violation`` for too many.
        """
        table = self._table
        if len(ids) > MOST_IDS:
            raise StanzaError("policy-violation", f"Ask for at most {MOST_IDS} messages by id at once.")
        if ids:
            self._known(connection, owner, ids)
            conditions = [*conditions, table.c.id.in_(ids)]
        self._known(connection, owner, tuple(edge for edge in (after, before, *between) if edge))
        if between[0]:
            conditions = [*conditions, table.c.id > between[0]]
        if between[1]:
            conditions = [*conditions, table.c.id < between[1]]
        if limit <= 0:
            counted = select(func.count()).select_from(table).where(table.c.owner == owner, *conditions)
            total = sum(connection.execute(counted.where(stretch)).scalar() or 0 for stretch in stretches)
            return Page((), complete=not total, total=total)
        backwards = before is not None
        rows = self._read(connection, owner, conditions, after, before, limit, stretches)
        complete = len(rows) <= limit
        items = [self._made(row) for row in rows[:limit]]
        if backwards:
            items.reverse()
        if after is None and not before and complete:
            return Page(tuple(items), True, total=len(items), index=0 if items else None)
        return Page(tuple(items), complete)

    def _read(
        self,
        connection: Connection,
        owner: str,
        conditions: Sequence[Any],
        after: str | None,
        before: str | None,
        limit: int,
        stretches: Sequence[Any],
    ) -> Sequence[Any]:
        """One row more than asked for, if there is one."""
        if not conditions and not (before is not None and after):  # what is asked for all the time
            if before is not None:
                return self._before.rows(connection, owner=owner, before=before or _END, limit=limit + 1)
            return self._after.rows(connection, owner=owner, after=after or "", limit=limit + 1)
        id_ = self._table.c.id
        wanted = [self._table.c.owner == owner, *conditions]
        if after is not None:
            wanted.append(id_ > after)
        if before:
            wanted.append(id_ < before)
        order = id_.desc() if before is not None else id_
        statement, rows = self._rows.where(*wanted).order_by(order), list[Any]()
        for stretch in reversed(stretches) if before is not None else stretches:
            rows += connection.execute(statement.where(stretch).limit(limit + 1 - len(rows))).all()
        return rows

    def _known(self, connection: Connection, owner: str, ids: tuple[str, ...]) -> None:
        if not ids or (len(ids) == 1 and self._known_one.first(connection, owner=owner, id=ids[0]) is not None):
            return
        table = self._table
        statement = select(func.count()).select_from(table).where(table.c.owner == owner, table.c.id.in_(ids))
        if connection.execute(statement).scalar() != len(set(ids)):
            raise StanzaError("item-not-found", "There is no such message in this archive. Start from the first page.")
