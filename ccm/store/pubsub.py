"""Nodes and their items (XEP-0060), ordered by when they were published; of an account that is gone none are kept."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, delete, func, select
from zope.interface import implementer

from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IDatabase, IPubSubNodes
from ccm.store.schema import accounts
from ccm.store.schema import pubsub_items as kept
from ccm.store.schema import pubsub_nodes as nodes
from ccm.store.upsert import upsert

_MOST_SERVICES = 500  # in one query: databases bound the values of a statement


@implementer(IPubSubNodes)
class PubSubNodes:
    """:param database: where they are kept."""

    def __init__(self, database: IDatabase) -> None:
        self._database = database

    async def get(self, service: str, name: str) -> bytes | None:
        statement = select(nodes.c.record).where(nodes.c.service == service, nodes.c.name == name)
        found: bytes | None = await self._database.read(lambda connection: connection.execute(statement).scalar())
        return found

    async def of(self, service: str) -> dict[str, bytes]:
        statement = select(nodes.c.name, nodes.c.record).where(nodes.c.service == service).order_by(nodes.c.name)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return {row.name: row.record for row in rows}

    async def save(self, service: str, name: str, record: bytes) -> None:
        row = {"service": service, "name": name, "record": record}

        def change(connection: Connection) -> None:
            if _is_there(connection, service):
                upsert(connection, nodes, row)

        await self._database.write(change)

    async def delete(self, service: str, name: str | None = None) -> None:
        def change(connection: Connection) -> None:
            for table, column in ((nodes, nodes.c.name), (kept, kept.c.node)):
                statement = delete(table).where(table.c.service == service)
                connection.execute(statement if name is None else statement.where(column == name))

        await self._database.write(change)

    async def publish(self, service: str, name: str, item: r.PubSubItem, most: int) -> None:
        row = {"service": service, "node": name, "id": item.id, "publisher": item.publisher, "xml": item.xml}

        def change(connection: Connection) -> None:
            if not _is_there(connection, service):
                return
            connection.execute(delete(kept).where(*_of(service, name), kept.c.id == item.id))
            connection.execute(kept.insert().values(**row))
            _trim(connection, service, name, most)

        await self._database.write(change)

    async def retract(self, service: str, name: str, id_: str) -> bool:
        statement = delete(kept).where(*_of(service, name), kept.c.id == id_)
        gone: bool = await self._database.write(lambda connection: bool(connection.execute(statement).rowcount))
        return gone

    async def trim(self, service: str, name: str, most: int) -> None:
        await self._database.write(lambda connection: _trim(connection, service, name, most))

    async def items(
        self, service: str, name: str, *, ids: tuple[str, ...] = (), most: int = 0
    ) -> Sequence[r.PubSubItem]:
        statement = select(kept).where(*_of(service, name)).order_by(kept.c.seq.desc())
        if ids:
            statement = statement.where(kept.c.id.in_(ids))
        if most:
            statement = statement.limit(most)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple(map(_item, reversed(rows)))

    async def page(
        self,
        service: str,
        name: str,
        *,
        ids: tuple[str, ...] = (),
        most: int,
        most_bytes: int,
        after: str | None = None,
        before: str | None = None,
    ) -> tuple[Sequence[r.PubSubItem], int]:
        wanted = [*_of(service, name), *([kept.c.id.in_(ids)] if ids else [])]
        order = kept.c.seq if after else kept.c.seq.desc()

        def query(connection: Connection) -> tuple[list[Any], int]:
            total = connection.execute(select(func.count()).select_from(kept).where(*wanted)).scalar() or 0
            bounds = [kept.c.seq > _seq(connection, service, name, after)] if after else []
            bounds += [kept.c.seq < _seq(connection, service, name, before)] if before else []
            sizes = select(kept.c.seq, func.length(kept.c.xml).label("size")).where(*wanted, *bounds)
            room, last, first = most_bytes, None, None
            for row in connection.execute(sizes.order_by(order).limit(most)):
                room -= row.size
                if room < 0 and last is not None:
                    break
                first, last = row.seq if first is None else first, row.seq
            if first is None or last is None:
                return [], total
            found = select(kept).where(*wanted, kept.c.seq.between(min(first, last), max(first, last)))
            return list(connection.execute(found.order_by(kept.c.seq)).all()), total

        rows, total = await self._database.read(query)
        return tuple(map(_item, rows)), total

    async def newest(self, services: Iterable[str], names: Iterable[str]) -> Sequence[tuple[bytes, r.PubSubItem]]:
        wanted, asked = tuple(services), tuple(names)
        chunks = [wanted[start : start + _MOST_SERVICES] for start in range(0, len(wanted), _MOST_SERVICES)]

        def query(connection: Connection) -> list[Any]:
            rows: list[Any] = []
            for chunk in chunks:
                joined = kept.join(nodes, (nodes.c.service == kept.c.service) & (nodes.c.name == kept.c.node))
                rows += connection.execute(
                    select(kept, nodes.c.record)
                    .select_from(joined)
                    .where(kept.c.service.in_(chunk), kept.c.node.in_(asked))
                    .order_by(kept.c.service, kept.c.node, kept.c.seq)
                ).all()
            return rows

        rows = await self._database.read(query) if chunks and asked else []
        last = [one for one, after in pairwise([*rows, None]) if after is None or _place(one) != _place(after)]
        return tuple((row.record, _item(row)) for row in last)


def _is_there(connection: Connection, service: str) -> bool:
    """Whether it is a domain, or somebody who still has an account: what they are about to publish is nobody's else."""
    if "@" not in service:
        return True
    return connection.execute(select(accounts.c.jid).where(accounts.c.jid == service)).first() is not None


def _of(service: str, name: str) -> tuple[Any, Any]:
    return kept.c.service == service, kept.c.node == name


def _seq(connection: Connection, service: str, name: str, id_: str) -> int:
    found: int | None = connection.execute(select(kept.c.seq).where(*_of(service, name), kept.c.id == id_)).scalar()
    if found is None:
        raise StanzaError("item-not-found", "That item is not there any more. Start from the newest.")
    return found


def _place(row: Any) -> tuple[str, str]:
    return row.service, row.node


def _item(row: Any) -> r.PubSubItem:
    return r.PubSubItem(row.id, row.publisher, row.xml)


def _trim(connection: Connection, service: str, name: str, most: int) -> None:
    newest = select(kept.c.seq).where(*_of(service, name)).order_by(kept.c.seq.desc()).limit(most)
    connection.execute(delete(kept).where(*_of(service, name), kept.c.seq.not_in(newest)))
