"""Queries that go to the driver as they are answer what SQLAlchemy would."""

from typing import Any

import pytest_twisted
from sqlalchemy import BigInteger, Connection, bindparam, insert, select

from ccm.store.prepared import Prepared
from ccm.store.schema import accounts, marks

ROW = {"jid": "ann@example.org", "localpart": "ann", "name": "Ann %", "created": 1, "enabled": True, "verifiers": b"\0"}


@pytest_twisted.ensureDeferred
async def test_rows_have_their_columns_as_attributes_with_the_types_of_the_schema(database: Any) -> None:
    statement = select(accounts).where(accounts.c.jid == bindparam("jid"))

    def change(connection: Connection) -> tuple[Any, Any]:
        connection.execute(insert(accounts).values(**ROW))
        return Prepared(statement).first(connection, jid=ROW["jid"]), connection.execute(
            statement, {"jid": ROW["jid"]}
        ).one()

    mine, theirs = await database.write(change)
    assert {name: getattr(mine, name) for name in ROW} == ROW
    assert mine.enabled is theirs.enabled is True
    assert (mine.email, mine.verifiers) == (None, theirs.verifiers)


@pytest_twisted.ensureDeferred
async def test_values_in_the_statement_and_given_ones_go_together_in_any_order(database: Any) -> None:
    def change(connection: Connection) -> None:
        connection.execute(insert(marks), [{"name": f"100% {n}", "value": n} for n in range(5)])

    await database.write(change)
    chosen = Prepared(
        select(marks.c.name, marks.c.value)
        .where(marks.c.value > bindparam("least"), marks.c.name != "100% 3", marks.c.name.startswith("100%"))
        .order_by(marks.c.value)
        .limit(bindparam("most", type_=BigInteger))
    )
    for most, names in ((9, ["100% 1", "100% 2", "100% 4"]), (1, ["100% 1"])):
        rows = await database.read(lambda connection, most=most: chosen.rows(connection, most=most, least=0))
        assert [row.name for row in rows] == names
    none = await database.read(lambda connection: chosen.first(connection, most=1, least=7))
    assert none is None
    assert await database.read(lambda connection: chosen.scalar(connection, most=1, least=3)) == "100% 4"
