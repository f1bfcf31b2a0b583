"""
Entering messages in the archives of those who keep them, after they were kept: see :mod:`ccm.store.personal`.

A *watermark* says how far the messages were entered for everybody. Whoever reads while many are not gets their own
entered first. What is entered twice is there once. Leaves out when to do it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, delete, exists, func, insert, literal, or_, select, update

from ccm.store.schema import marks, personal_archive, personal_messages
from ccm.store.upsert import upsert

BY_SENDER, BY_RECIPIENT = 1, 2
STEP_ROWS = 250  # in one commit, which others wait for
_FILED = "personal messages filed"  # the seq of the last message that was
_MARK_BITS = 12
_COLUMNS = ["owner", "id", "with_jid", "resource", "seq"]

_entry, _said = personal_archive.c, personal_messages.c
_FOR_SENDER = _said.kept_by.in_((BY_SENDER, BY_SENDER + BY_RECIPIENT))
_FOR_RECIPIENT = and_(_said.kept_by.in_((BY_RECIPIENT, BY_SENDER + BY_RECIPIENT)), _said.sender != _said.recipient)


def seq_of(id_: str) -> int:
    """Where a message stands in the table: its time and a part of its process's mark, as one number."""
    return int(id_[:14], 16) << _MARK_BITS | int(id_[14:], 16) & (1 << _MARK_BITS) - 1


def seq_at(micros: int, mark: int = 0) -> int:
    """Where a message of this time stands, kept by the process of this mark."""
    return micros << _MARK_BITS | mark


def file(connection: Connection, late: int, most: int = STEP_ROWS) -> bool:
    """
    Enter the next messages into the archives of those who keep them.

    :param late: what came after it may be followed by something before it, if several processes write.
    :returns: whether that was all.
    """
    filed = _filed(connection)
    step = select(_said.seq).where(_said.seq > filed).order_by(_said.seq).limit(most).subquery()
    count, last = connection.execute(select(func.count(), func.max(step.c.seq))).one()
    if not count:
        return True
    stretch = and_(_said.seq > filed, _said.seq <= last)
    _enter(connection, stretch, stretch)
    whole = bool(count < most)
    if connection.dialect.name != "sqlite" and whole:
        last = max(filed, min(last, late))
    upsert(connection, marks, {"name": _FILED, "value": last})
    return whole


def unfiled_of(connection: Connection, owner: str, seen: int, late: int) -> tuple[list[int], int]:
    """
    The messages of one account that were not entered yet: a look at all of everybody's that were not.

    :param seen: how far somebody looked for this owner already.
    :param late: as for :func:`file`.
    :returns: where they stand, and how far this looked.
    """
    begin = max(seen, _filed(connection))
    mine = or_(and_(_said.sender == owner, _FOR_SENDER), and_(_said.recipient == owner, _FOR_RECIPIENT))
    last = connection.execute(select(func.max(_said.seq))).scalar() or 0
    found = connection.execute(select(_said.seq).where(_said.seq > begin, mine).order_by(_said.seq)).scalars().all()
    return list(found), max(begin, last if connection.dialect.name == "sqlite" else min(last, late))


def file_own(connection: Connection, owner: str, seqs: Sequence[int]) -> None:
    """Enter these messages into the archive of one who keeps them."""
    these = _said.seq.in_(seqs)
    _enter(connection, and_(these, _said.sender == owner), and_(these, _said.recipient == owner))


def empty(connection: Connection, owner: str) -> bool:
    """
    The next step in which nothing of an account that is gone stays, but for what others keep.

    :returns: whether that was the last one.
    """
    if not file(connection, 0):
        return False
    mine = _entry.owner == owner
    ids = connection.execute(select(_entry.id).where(mine).order_by(_entry.id).limit(STEP_ROWS)).scalars().all()
    if ids:
        drop(connection, mine & (_entry.id <= ids[-1]), owner)
    return len(ids) < STEP_ROWS


def drop(connection: Connection, which: Any, owner: str) -> None:
    """Take entries out of one archive, and the messages that nobody else keeps."""
    mine = _said.seq.in_(select(_entry.seq).where(which))
    by_owner = case((_said.sender == owner, BY_SENDER), else_=BY_RECIPIENT)
    connection.execute(delete(personal_messages).where(mine, _said.kept_by == by_owner))
    connection.execute(update(personal_messages).where(mine).values(kept_by=_said.kept_by - by_owner))
    connection.execute(delete(personal_archive).where(which))


def _filed(connection: Connection) -> int:
    return connection.execute(select(marks.c.value).where(marks.c.name == _FILED)).scalar() or 0


def _enter(connection: Connection, sent: Any, received: Any) -> None:
    """Enter the messages of the first condition for who sent them, those of the second for who received them."""
    for whose, other, resource, which in (
        (_said.sender, _said.recipient, _said.recipient_resource, and_(sent, _FOR_SENDER)),
        (_said.recipient, _said.sender, _said.sender_resource, and_(received, _FOR_RECIPIENT)),
    ):
        rows = select(whose, _said.id, other, resource, _said.seq).where(which).order_by(whose, _said.id)
        if connection.dialect.name == "sqlite":
            connection.execute(insert(personal_archive).prefix_with("OR IGNORE").from_select(_COLUMNS, rows))
        else:
            taken = select(literal(1)).where(_entry.owner == whose, _entry.id == _said.id)
            connection.execute(insert(personal_archive).from_select(_COLUMNS, rows.where(~exists(taken))))
