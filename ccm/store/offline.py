"""Messages that wait for accounts whose clients are away (XEP-0160 1.0.1), by the ids of archives: in their order."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, select
from zope.interface import implementer

from ccm.interfaces import IDatabase, IOffline
from ccm.records import Waiting
from ccm.store.prepared import Prepared
from ccm.store.schema import offline
from ccm.store.times import from_micros, to_micros

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

_INSERT = (
    "INSERT INTO offline (owner, id, stamp, archived, stanza) VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner, id) DO NOTHING"
)
_OF = Prepared(
    select(offline)
    .where(offline.c.owner == bindparam("owner"))
    .order_by(offline.c.id)
    .limit(bindparam("limit", type_=BigInteger))
)
_SIZES = select(offline.c.owner, func.count(), func.sum(func.length(offline.c.stanza))).group_by(offline.c.owner)


@implementer(IOffline)
class Offline:
    """:param database: where they are kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    def keep(self, message: Waiting) -> "Deferred[None]":
        row = (message.owner, message.id, to_micros(message.stamp), message.archived, message.stanza)
        return self._database.append(_INSERT, row)

    async def done(self, owner: str, ids: Iterable[str]) -> None:
        statement = delete(offline).where(offline.c.owner == owner, offline.c.id.in_(tuple(ids)))

        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)

    async def of(self, owner: str, limit: int) -> Sequence[Waiting]:
        barrier = self._database.barrier()
        if barrier is not None:
            await barrier
        rows = await self._database.read(lambda connection: _OF.rows(connection, owner=owner, limit=limit))
        return tuple(map(_waiting, rows))

    async def sizes(self) -> dict[str, tuple[int, int]]:
        def query(connection: Connection) -> dict[str, tuple[int, int]]:
            return {owner: (count, size or 0) for owner, count, size in connection.execute(_SIZES)}

        return await self._database.read(query)


def _waiting(row: Any) -> Waiting:
    return Waiting(row.owner, row.id, from_micros(row.stamp), bytes(row.stanza), bool(row.archived))
