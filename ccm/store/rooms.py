"""Rooms as they last (XEP-0045), each a record that is kept whole."""

import msgspec
from sqlalchemy import Connection, delete, select
from zope.interface import implementer

from ccm import address
from ccm.interfaces import IDatabase, IRooms
from ccm.records import RoomRecord
from ccm.store import message_index
from ccm.store.schema import archive, rooms
from ccm.store.upsert import upsert


@implementer(IRooms)
class Rooms:
    """:param database: where they are kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    async def load_all(self, service: str) -> tuple[RoomRecord, ...]:
        blobs: list[bytes] = await self._database.read(
            lambda connection: list(
                connection.execute(
                    select(rooms.c.record).where(rooms.c.service == service).order_by(rooms.c.jid)
                ).scalars()
            )
        )
        return tuple(msgspec.json.decode(blob, type=RoomRecord) for blob in blobs)

    async def save(self, room: RoomRecord) -> None:
        row = {"jid": room.jid, "service": address.domain(room.jid), "record": msgspec.json.encode(room)}

        def change(connection: Connection) -> None:
            upsert(connection, rooms, row)

        await self._database.write(change)

    async def delete(self, jid: str) -> None:
        def change(connection: Connection) -> None:
            connection.execute(delete(rooms).where(rooms.c.jid == jid))
            connection.execute(delete(archive).where(archive.c.owner == jid))
            message_index.forget_room(connection, jid)

        await self._database.write(change)
