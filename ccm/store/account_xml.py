"""
XML that accounts keep at the server: vCards, private storage, block lists.

Of an account that is gone nothing is kept any more, whoever was about to: its name may be somebody else's next.
"""

from sqlalchemy import Connection, delete, func, select
from zope.interface import implementer

from ccm.interfaces import IAccountXML, IDatabase
from ccm.store.schema import account_xml as kept
from ccm.store.schema import accounts
from ccm.store.upsert import upsert, upsert_all


@implementer(IAccountXML)
class AccountXML:
    """:param database: where it is kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    async def get(self, owner: str, name: str) -> bytes | None:
        statement = select(kept.c.xml).where(kept.c.owner == owner, kept.c.name == name)
        found: bytes | None = await self._database.read(lambda connection: connection.execute(statement).scalar())
        return found

    async def set(self, owner: str, pieces: dict[str, bytes | None]) -> None:
        def change(connection: Connection) -> None:
            if not _there(connection, [owner]):
                return
            for name, xml in pieces.items():
                if xml is None:
                    connection.execute(delete(kept).where(kept.c.owner == owner, kept.c.name == name))
                else:
                    upsert(connection, kept, {"owner": owner, "name": name, "xml": xml})

        await self._database.write(change)

    async def set_each(self, name: str, pieces: dict[str, bytes]) -> None:
        def change(connection: Connection) -> None:
            rows = [{"owner": owner, "name": name, "xml": pieces[owner]} for owner in _there(connection, [*pieces])]
            if rows:
                upsert_all(connection, kept, rows)

        await self._database.write(change)

    async def size(self, owner: str) -> int:
        statement = select(func.coalesce(func.sum(func.length(kept.c.xml)), 0)).where(kept.c.owner == owner)
        return int(await self._database.read(lambda connection: connection.execute(statement).scalar_one()))

    async def all(self, name: str) -> dict[str, bytes]:
        statement = select(kept.c.owner, kept.c.xml).where(kept.c.name == name)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return {row.owner: row.xml for row in rows}


def _there(connection: Connection, owners: list[str]) -> list[str]:
    """Those who have an account, and domains, which keep what their administrators set."""
    known = set(connection.execute(select(accounts.c.jid).where(accounts.c.jid.in_(owners))).scalars())
    return [owner for owner in owners if owner in known or "@" not in owner]
