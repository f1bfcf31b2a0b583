"""Where notifications of accounts go (XEP-0357)."""

from typing import Any

from sqlalchemy import Connection, delete, select
from zope.interface import implementer

from ccm.interfaces import IDatabase, IPushTargets
from ccm.records import PushTarget
from ccm.store.schema import push_targets as kept


@implementer(IPushTargets)
class PushTargets:
    """:param database: where they are kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    async def all(self) -> tuple[PushTarget, ...]:
        statement = select(kept).order_by(kept.c.seq)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(PushTarget(row.owner, row.service, row.node, row.client, row.options) for row in rows)

    async def save(self, target: PushTarget) -> None:
        row = {
            "owner": target.owner,
            "service": target.service,
            "node": target.node,
            "client": target.client,
            "options": target.options,
        }

        def change(connection: Connection) -> None:
            connection.execute(delete(kept).where(*_are(target.owner, target.service, target.node)))
            connection.execute(kept.insert().values(**row))

        await self._database.write(change)

    async def delete(self, owner: str, service: str, node: str | None = None) -> None:
        def change(connection: Connection) -> None:
            connection.execute(delete(kept).where(*_are(owner, service, node)))

        await self._database.write(change)


def _are(owner: str, service: str, node: str | None) -> list[Any]:
    named = [kept.c.owner == owner, kept.c.service == service]
    return named if node is None else [*named, kept.c.node == node]
