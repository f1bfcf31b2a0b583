"""Mail addresses that asked not to be invited; only their hashes are kept, so that the list tells nobody's address."""

from collections.abc import Callable
from hashlib import sha256

from sqlalchemy import Connection, delete, select
from zope.interface import implementer

from ccm.interfaces import IDatabase, ISuppression
from ccm.store.schema import suppressed
from ccm.store.times import seconds_to_micros
from ccm.store.upsert import insert_new


@implementer(ISuppression)
class Suppression:
    """:param now: seconds since the epoch."""

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def add(self, address: str) -> None:
        row = {"hash": _hash(address), "at": seconds_to_micros(self._now())}

        def change(connection: Connection) -> None:
            insert_new(connection, suppressed, row)

        await self._database.write(change)

    async def remove(self, address: str) -> None:
        statement = delete(suppressed).where(suppressed.c.hash == _hash(address))

        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)

    async def has(self, address: str) -> bool:
        statement = select(suppressed.c.at).where(suppressed.c.hash == _hash(address))
        return await self._database.read(lambda connection: connection.execute(statement).first()) is not None


def _hash(address: str) -> bytes:
    return sha256(address.strip().casefold().encode()).digest()
