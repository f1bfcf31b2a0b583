"""
Message archives (XEP-0313 1.1.2 with XEP-0059 1.0 paging), appended to through the fast lane.

Ids are the time in microseconds and a mark of the process, as text of one length. They never go back: not when the
clock does, nor after a restart, since a *ceiling* that no id has passed is on disk first. An id also bounds the time
of its message, so that a page by time reads a stretch of one index, however large the archive is. Leaves out counting
(but for ``limit=0``), which would not scale.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Connection, and_, bindparam, func, select, update
from zope.interface import implementer

from ccm.errors import StanzaError
from ccm.interfaces import IArchive, IDatabase
from ccm.records import Archived, Page
from ccm.store import message_index
from ccm.store.prepared import Prepared
from ccm.store.schema import archive, marks
from ccm.store.times import from_micros, seconds_to_micros, to_micros

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

_INSERT = "INSERT INTO archive (owner, id, with_jid, sender, stamp, stanza, origin_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
_MARK = (
    "INSERT INTO marks (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > marks.value"
)
_CEILING = "archive ceiling"  # no id was given that is later
_SLACK = "archive slack"  # no message's stamp is further from its id's time
_AHEAD_MICROS = 10_000_000
_LEAST_SLACK_MICROS = 60_000_000
_ORIGIN_WINDOW = timedelta(hours=24)
_MOST_IDS = 200
_END = "g"  # after every id, which begin with hexadecimal digits

_SEEN = Prepared(
    select(archive.c.id)
    .where(archive.c.owner == bindparam("owner"), archive.c.origin_id == bindparam("origin"))
    .where(archive.c.sender == bindparam("sender"), archive.c.stamp > bindparam("since"))
    .order_by(archive.c.id)
    .limit(1)
)
_KNOWN = Prepared(select(archive.c.id).where(archive.c.owner == bindparam("owner"), archive.c.id == bindparam("id")))
_OWN = select(archive).where(archive.c.owner == bindparam("owner")).limit(bindparam("limit", type_=BigInteger))
_AFTER = Prepared(_OWN.where(archive.c.id > bindparam("after")).order_by(archive.c.id))
_BEFORE = Prepared(_OWN.where(archive.c.id < bindparam("before")).order_by(archive.c.id.desc()))


@implementer(IArchive)
class Archive:
    """
    :param now: seconds since the epoch.
    :ivar appended: how many messages were kept since the start.
    """

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._process = secrets.token_hex(2)
        self._last = 0
        self._ceiling = 0
        self._slack = _LEAST_SLACK_MICROS
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
        micros = int(self._now() * 1_000_000)
        if micros <= self._last:
            micros = self._last + 1
        self._last = micros
        if micros > self._ceiling:
            # Queued before the message that gets this id, hence on disk no later.
            self._ceiling = micros + _AHEAD_MICROS
            self._database.append(_MARK, (_CEILING, self._ceiling)).addErrback(self._ceiling_lost)
        return f"{micros:014x}{self._process}"

    def append(self, message: Archived) -> "Deferred[None]":
        stamp = to_micros(message.stamp)
        distance = abs(_micros_of(message.id) - stamp)
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
        ids: tuple[str, ...] = (),
        limit: int = 50,
    ) -> Page:
        conditions = [archive.c.owner == owner]
        if with_ == owner:
            # A room means all its occupants, an account its notes to itself; written so that no index misleads.
            prefix = func.substr(archive.c.with_jid + "/", 1, len(owner) + 1)
            conditions.append(prefix == owner + "/")
        elif with_ is not None:
            conditions.append(archive.c.with_jid == with_)
        if start is not None:
            conditions += [archive.c.stamp >= to_micros(start), archive.c.id >= _id_at(to_micros(start) - self._slack)]
        if end is not None:
            conditions += [archive.c.stamp <= to_micros(end), archive.c.id < _id_at(to_micros(end) + self._slack + 1)]
        if len(ids) > _MOST_IDS:
            raise StanzaError("policy-violation", f"Ask for at most {_MOST_IDS} messages by id at once.")
        if ids:
            conditions.append(archive.c.id.in_(ids))
        return await self._database.read(
            lambda connection: _page(connection, owner, conditions, after, before, ids, limit)
        )

    async def seen_origin(self, owner: str, sender: str, origin_id: str) -> str | None:
        underway = self._underway.get((owner, sender, origin_id))
        if underway is not None:
            return underway
        since = seconds_to_micros(self._now()) - _ORIGIN_WINDOW // timedelta(microseconds=1)
        values = {"owner": owner, "origin": origin_id, "sender": sender, "since": since}
        return await self._database.read(lambda connection: _SEEN.scalar(connection, **values))

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


def _page(
    connection: Connection,
    owner: str,
    conditions: list[Any],
    after: str | None,
    before: str | None,
    ids: tuple[str, ...],
    limit: int,
) -> Page:
    if ids:
        _known(connection, owner, ids)
    _known(connection, owner, tuple(edge for edge in (after, before) if edge))
    if limit <= 0:
        total = connection.execute(select(func.count()).select_from(archive).where(and_(*conditions))).scalar()
        return Page((), complete=not total, total=total)
    whole = after is None and not before
    backwards = before is not None
    rows: Sequence[Any]
    if len(conditions) == 1 and not (backwards and after):  # of the owner: what is asked for all the time
        if backwards:
            rows = _BEFORE.rows(connection, owner=owner, before=before or _END, limit=limit + 1)
        else:
            rows = _AFTER.rows(connection, owner=owner, after=after or "", limit=limit + 1)
    else:
        if after is not None:
            conditions = [*conditions, archive.c.id > after]
        if before:
            conditions = [*conditions, archive.c.id < before]
        order = archive.c.id.desc() if backwards else archive.c.id
        rows = connection.execute(select(archive).where(*conditions).order_by(order).limit(limit + 1)).all()
    complete = len(rows) <= limit
    items = [_archived(row) for row in rows[:limit]]
    if backwards:
        items.reverse()
    if whole and complete:
        return Page(tuple(items), True, total=len(items), index=0 if items else None)
    return Page(tuple(items), complete)


def _known(connection: Connection, owner: str, ids: tuple[str, ...]) -> None:
    if not ids or (len(ids) == 1 and _KNOWN.first(connection, owner=owner, id=ids[0]) is not None):
        return
    statement = select(func.count()).select_from(archive).where(archive.c.owner == owner, archive.c.id.in_(ids))
    if connection.execute(statement).scalar() != len(set(ids)):
        raise StanzaError("item-not-found", "There is no such message in this archive. Start from the first page.")


def _archived(row: Any) -> Archived:
    return Archived(
        row.id, row.owner, row.with_jid, row.sender, from_micros(row.stamp), bytes(row.stanza), row.origin_id
    )


def _marks(connection: Connection) -> dict[str, int]:
    return {
        row.name: row.value for row in connection.execute(select(marks).where(marks.c.name.in_((_CEILING, _SLACK))))
    }


def _id_at(micros: int) -> str:
    return f"{min(max(micros, 0), 0xFFFFFFFFFFFFFF):014x}"


def _micros_of(id_: str) -> int:
    try:
        return int(id_[:14], 16)
    except ValueError:
        raise ValueError(f"{id_!r} is no archive id: take it from next_id().") from None
