"""
Message archives of rooms (XEP-0313 1.1.3), appended to through the fast lane.

Ids are the time in microseconds and a mark of the process, as text of one length. They never go back: not when the
clock does, nor after a restart, since a *ceiling* that no id has passed is on disk first. An id also bounds the time
of its message, so that a page by time reads a stretch of one index, however large the archive is. Leaves out pages
(:mod:`ccm.store.pages`) and archives of accounts (:mod:`ccm.store.personal`).
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update
from zope.interface import implementer

from ccm.interfaces import IArchive, IDatabase
from ccm.records import Archived, Page
from ccm.store import message_index, room_filing
from ccm.store.pages import Pages
from ccm.store.schema import archive, marks
from ccm.store.times import from_micros, seconds_to_micros, to_micros

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

_INSERT = (
    "INSERT INTO archive (owner, id, with_jid, sender, stamp, stanza, origin_id, filed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_MARK = (
    "INSERT INTO marks (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > marks.value"
)
_CEILING = "archive ceiling"  # no id was given that is later
_SLACK = "archive slack"  # no message's stamp is further from its id's time
_AHEAD_MICROS = 10_000_000
_LEAST_SLACK_MICROS = 60_000_000
_ORIGIN_WINDOW = timedelta(hours=24)


@implementer(IArchive)
class Archive:
    """
    :param now: seconds since the epoch.
    :ivar appended: how many messages were kept since the start.
    :ivar process: what ids of this process end with.
    """

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self.process = secrets.token_hex(2)
        self._last = 0
        self._ceiling = 0
        self._slack = _LEAST_SLACK_MICROS
        self._filed = room_filing.at_once(database.dialect)
        self.appended = 0
        self._underway: dict[tuple[str, str, str], str] = {}

    async def open(self) -> None:
        """Find out which ids were given before."""
        found = await self._database.read(_marks)
        self._slack = max(self._slack, found.get(_SLACK, 0))
        self._last = self._ceiling = max(found.get(_CEILING, 0), 0)

    async def close(self) -> None:
        """Let ids go on from the last one instead of from the ceiling."""
        last = self._last
        statement = update(marks).where(marks.c.name == _CEILING, marks.c.value == self._ceiling).values(value=last)

        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)

    def next_id(self) -> str:
        return f"{self.next_micros():014x}{self.process}"

    def next_micros(self) -> int:
        """The time of a fresh id, which :attr:`process` makes complete."""
        micros = int(self._now() * 1_000_000)
        if micros <= self._last:
            micros = self._last + 1
        self._last = micros
        if micros > self._ceiling:
            # Queued before the message that gets this id, hence on disk no later.
            self._ceiling = micros + _AHEAD_MICROS
            self._database.append(_MARK, (_CEILING, self._ceiling)).addErrback(self._ceiling_lost)
        return micros

    def append(self, message: Archived) -> "Deferred[None]":
        stamp = to_micros(message.stamp)
        distance = abs(micros_of(message.id) - stamp)
        if distance > self._slack:
            self._slack = 2 * distance
            self._database.append(_MARK, (_SLACK, self._slack)).addErrback(self._slack_lost)
        row = (
            message.owner,
            message.id,
            message.with_,
            message.sender,
            stamp,
            message.stanza,
            message.origin_id,
            self._filed,
        )
        done = self._database.append(_INSERT, row)
        self.appended += 1
        if message.origin_id is not None:
            key = (message.owner, message.sender, message.origin_id)
            self._underway[key] = message.id
            done.addBoth(self._settled, key)
        return done

    async def page(
        self,
        owner: str,
        *,
        with_: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str | None = None,
        before: str | None = None,
        between: tuple[str | None, str | None] = (None, None),
        ids: tuple[str, ...] = (),
        limit: int = 50,
    ) -> Page:
        conditions: list[Any] = []
        whole = with_ is None or with_ == owner  # a room means all its occupants
        if not whole:
            conditions.append(archive.c.with_jid == with_)
        if start is not None:
            conditions += [archive.c.stamp >= to_micros(start), archive.c.id >= id_at(to_micros(start) - self._slack)]
        if end is not None:
            conditions += [archive.c.stamp <= to_micros(end), archive.c.id < id_at(to_micros(end) + self._slack + 1)]

        def read(connection: Connection) -> Page:
            parts = {} if whole else {"stretches": room_filing.stretches(message_index.until(connection))}
            edges: Any = {"after": after, "before": before, "between": between, **parts}
            return _PAGES.page(connection, owner, conditions, ids=ids, limit=limit, **edges)

        return await self._database.read(read)

    async def seen_origin(self, owner: str, sender: str, origin_id: str) -> str | None:
        underway = self._underway.get((owner, sender, origin_id))
        if underway is not None:
            return underway
        since = seconds_to_micros(self._now()) - _ORIGIN_WINDOW // timedelta(microseconds=1)
        mine = archive.c.owner == owner, archive.c.origin_id == origin_id, archive.c.sender == sender
        # In no order: SQLite would rather read a room from its beginning than sort the one or two that there are.
        statement = select(archive.c.id).where(*mine, archive.c.stamp > since)

        def look(connection: Connection) -> str | None:
            parts = room_filing.stretches(message_index.until(connection))
            return min(
                (id_ for part in parts for id_ in connection.execute(statement.where(part)).scalars()), default=None
            )

        return await self._database.read(look)

    async def retract(self, owner: str, id_: str, tombstone: bytes) -> None:
        statement = update(archive).where(archive.c.owner == owner, archive.c.id == id_).values(stanza=tombstone)

        def change(connection: Connection) -> None:
            connection.execute(statement)
            message_index.forget(connection, owner, (id_,))

        await self._database.write(change)

    async def bequeath(self, owner: str, old: str, new: str) -> None:
        statement = update(archive).where(archive.c.owner == owner, archive.c.sender == old).values(sender=new)

        def change(connection: Connection) -> None:
            connection.execute(statement)
            message_index.bequeath(connection, owner, old, new)

        await self._database.write(change)

    async def said_by(self, sender: str, *, after: str | None = None, limit: int = 50) -> Page:
        statement = select(archive).where(archive.c.sender == sender, archive.c.id > (after or ""))
        statement = statement.order_by(archive.c.id).limit(limit + 1)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return Page(tuple(map(_archived, rows[:limit])), len(rows) <= limit)

    def _settled(self, result: Any, key: tuple[str, str, str]) -> Any:
        self._underway.pop(key, None)
        return result

    def _ceiling_lost(self, _failure: Any) -> None:
        self._ceiling = 0  # the next id puts it on disk again; the message of this one was lost with it

    def _slack_lost(self, _failure: Any) -> None:
        self._slack = _LEAST_SLACK_MICROS


def _archived(row: Any) -> Archived:
    return Archived(
        row.id, row.owner, row.with_jid, row.sender, from_micros(row.stamp), bytes(row.stanza), row.origin_id
    )


def _marks(connection: Connection) -> dict[str, int]:
    return {
        row.name: row.value for row in connection.execute(select(marks).where(marks.c.name.in_((_CEILING, _SLACK))))
    }


def id_at(micros: int) -> str:
    """What every id of that time begins with, and no earlier one reaches."""
    return f"{min(max(micros, 0), 0xFFFFFFFFFFFFFF):014x}"


def micros_of(id_: str) -> int:
    """The time in an id. :raises ValueError: if it is none."""
    try:
        return int(id_[:14], 16)
    except ValueError:
        raise ValueError(f"{id_!r} is no archive id: take it from next_id().") from None


_PAGES = Pages(archive, select(archive), _archived)
