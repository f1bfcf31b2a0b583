"""Contacts, one blob an account: a roster is always read and written whole (RFC 6121 §2)."""

from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select
from zope.interface import implementer

from ccm.interfaces import IDatabase, IRosters
from ccm.records import RosterItem
from ccm.store.prepared import Prepared
from ccm.store.removals import aside
from ccm.store.schema import rosters
from ccm.store.upsert import upsert

_ITEMS = Prepared(select(rosters.c["items"]).where(rosters.c.jid == bindparam("jid")))


@implementer(IRosters)
class Rosters:
    """:param database: where they are kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    async def load(self, jid: str) -> dict[str, RosterItem]:
        blob: bytes | None = await self._database.read(lambda connection: _ITEMS.scalar(connection, jid=jid))
        items = () if blob is None else msgspec.msgpack.decode(blob, type=tuple[RosterItem, ...])
        return {item.jid: item for item in items}

    async def left_by(self, jid: str) -> dict[str, RosterItem]:
        return await self.load(aside(jid))

    async def save(self, jid: str, items: dict[str, RosterItem]) -> None:
        row: dict[str, Any] = {"jid": jid, "items": msgspec.msgpack.encode(tuple(items.values()))}

        def change(connection: Connection) -> None:
            upsert(connection, rosters, row)

        await self._database.write(change)
