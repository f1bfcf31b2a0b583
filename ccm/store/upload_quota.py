"""
How much may be kept of whom, looked up in the transaction that would keep more: so two at once cannot both fit.

What is kept is counted as it comes and goes, and not added up: everybody's writes wait for that transaction.
"""

from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, not_, or_, select, true, update

from ccm.errors import QuotaReached
from ccm.records import UploadLimits
from ccm.store.schema import upload_sums, uploads
from ccm.store.times import from_micros
from ccm.store.upsert import add

_ALL = ""  # among the owners: everybody
_DAY = 86_400_000_000
_LOOKED_AT = 2_000  # files whose ends are added up to tell when there is room


def check(connection: Connection, owner: str, size: int, limits: UploadLimits, now: int) -> None:
    """
    Whether *size* more bytes of *owner* fit.

    :param now: microseconds since the epoch.
    :raises QuotaReached: with the limit in words, and when there will be room.
    """
    mine = uploads.c.owner == owner
    waiting = and_(mine, uploads.c.state == "place", uploads.c.until > now)
    if limits.open_places:
        count, first = connection.execute(select(func.count(), func.min(uploads.c.until)).where(waiting)).one()
        if count >= limits.open_places:
            raise QuotaReached(
                f"You may have {limits.open_places} uploads waiting. Finish one first.", from_micros(first)
            )
    today = and_(mine, uploads.c.created > now - _DAY)
    count, total = connection.execute(_sum(today)).one()
    if limits.files_per_day and count >= limits.files_per_day:
        nth = select(uploads.c.created).where(today).order_by(uploads.c.created)
        oldest = connection.execute(nth.offset(count - limits.files_per_day).limit(1)).scalar_one()
        raise QuotaReached(f"You may put {limits.files_per_day} files a day here.", from_micros(oldest + _DAY))
    if limits.bytes_per_day and total + size > limits.bytes_per_day:
        again = _when(connection, today, uploads.c.created, total + size - limits.bytes_per_day)
        text = f"You may put {limits.bytes_per_day} bytes a day here."
        raise QuotaReached(text, None if again is None else from_micros(again + _DAY))
    ended = or_(
        and_(uploads.c.state == "place", uploads.c.until <= now),
        and_(uploads.c.state != "place", uploads.c.expires <= now),
    )
    for most, name, whose, text in (
        (limits.bytes_per_account, owner, mine, "You may keep {} bytes here."),
        (limits.bytes_in_all, _ALL, true(), "This server keeps {} bytes of files, and it is full."),
    ):
        total = connection.execute(select(upload_sums.c.bytes).where(upload_sums.c.owner == name)).scalar() or 0
        if not most or total + size <= most:
            continue
        total -= connection.execute(_sum(and_(whose, ended))).one()[1]  # few: the next sweep takes them away
        if total + size > most:
            again = _when(connection, and_(whose, not_(ended)), uploads.c.expires, total + size - most)
            raise QuotaReached(text.format(most), None if again is None else from_micros(again))


def put(connection: Connection, row: dict[str, Any]) -> None:
    """One more file, or place for one."""
    connection.execute(insert(uploads).values(**row))
    _count(connection, row["owner"], row["size"])
    _count(connection, _ALL, row["size"])


def remove(connection: Connection, *which: Any) -> None:
    """Take files, or places for them, away."""
    for owner, total in connection.execute(_by_owner(*which)).all():
        _count(connection, owner, -total)
        _count(connection, _ALL, -total)
    connection.execute(delete(uploads).where(*which))
    connection.execute(delete(upload_sums).where(upload_sums.c.bytes == 0, upload_sums.c.owner != _ALL))


def bequeath(connection: Connection, old: str, new: str) -> None:
    """What was of one owner is of another one."""
    mine = uploads.c.owner == old
    for _, total in connection.execute(_by_owner(mine)).all():
        _count(connection, new, total)
    connection.execute(delete(upload_sums).where(upload_sums.c.owner == old))
    connection.execute(update(uploads).where(mine).values(owner=new))


def _count(connection: Connection, owner: str, bytes_: int) -> None:
    add(connection, upload_sums, owner, "bytes", bytes_)


def _by_owner(*which: Any) -> Any:
    return select(uploads.c.owner, func.sum(uploads.c.size)).where(*which).group_by(uploads.c.owner)


def _sum(whose: Any) -> Any:
    return select(func.count(), func.coalesce(func.sum(uploads.c.size), 0)).where(whose)


def _when(connection: Connection, whose: Any, ends: Any, surplus: int) -> int | None:
    """When so many bytes will have gone, by the column that orders them; ``None`` if they stay."""
    rows = select(ends.label("at"), uploads.c.size).where(whose, ends.is_not(None)).order_by(ends).limit(_LOOKED_AT)
    for row in connection.execute(rows):
        surplus -= row.size
        if surplus <= 0:
            return int(row.at)
    return None
