"""Topics, those who take part in them and those invited to them, with the count of the mails this caused."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, and_, bindparam, cast, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from zope.interface import implementer

from ccm.errors import Overtaken, StanzaError
from ccm.interfaces import IDatabase, ITopics
from ccm.records import Invitee, InviteeState, Page, Told, Topic
from ccm.store.accounts import email_key
from ccm.store.outbox import Outbox
from ccm.store.prepared import Prepared
from ccm.store.schema import invitation_links, invitees, mails, topic_members, topics
from ccm.store.times import (
    from_micros,
    optional_micros,
    optional_moment,
    seconds_to_micros,
    to_micros,
)
from ccm.store.upsert import insert_new, upsert

_MAIL = "mail"
_MAILS_KEPT_SECONDS = 8 * 86_400.0
_BUSY_SHOWN = 50
_MINUTE = 60_000_000
_LIVE = ("planned", "live", "ended")

_BY_ID = Prepared(select(topics).where(topics.c.id == bindparam("id")))
_BY_ROOM = Prepared(select(topics).where(topics.c.room == bindparam("room")))
_OF_MEMBER = Prepared(
    select(topics)
    .join(topic_members, topic_members.c.topic == topics.c.id)
    .where(topic_members.c.jid == bindparam("jid"))
    .order_by(topic_members.c.created.desc(), topic_members.c.topic.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_HOW_MANY = Prepared(select(func.count()).select_from(topic_members).where(topic_members.c.jid == bindparam("jid")))
_INVITEES = Prepared(select(invitees).where(invitees.c.topic == bindparam("topic")).order_by(invitees.c.seq))
_INVITEE = Prepared(select(invitees).where(invitees.c.id == bindparam("id")))


@implementer(ITopics)
class Topics:
    """
    :param outbox: takes the mails of invitations.
    :param now: seconds since the epoch.
    """

    def __init__(self, database: IDatabase, outbox: Outbox, now: Callable[[], float]) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def get(self, id_: str) -> Topic | None:
        return await self._database.read(lambda connection: _found(_BY_ID.first(connection, id=id_)), ("topic", id_))

    async def by_room(self, room: str) -> Topic | None:
        return await self._database.read(lambda connection: _found(_BY_ROOM.first(connection, room=room)))

    async def of_member(self, jid: str, *, after: str | None = None, limit: int = 50) -> Page:
        return await self._database.read(lambda connection: _of_member(connection, jid, after, limit))

    async def active(self, *, limit: int = 10_000) -> tuple[Topic, ...]:
        statement = select(topics).where(topics.c.state.in_(_LIVE)).order_by(topics.c.created, topics.c.id).limit(limit)
        return tuple(map(_topic, await self._rows(statement)))

    async def busy(self, jid: str, start: datetime, end: datetime) -> tuple[Topic, ...]:
        over = topics.c.start + cast(topics.c.minutes, BigInteger) * _MINUTE > to_micros(start)
        mine = and_(topic_members.c.jid == jid, topics.c.state.in_(("planned", "live")))
        statement = select(topics).join(topic_members, topic_members.c.topic == topics.c.id)
        statement = statement.where(mine, topics.c.start < to_micros(end), over).order_by(topics.c.start, topics.c.id)
        return tuple(map(_topic, await self._rows(statement.limit(_BUSY_SHOWN))))

    async def names_of(self, owner: str) -> frozenset[str]:
        rows = await self._rows(select(topics.c.name).where(topics.c.owner == owner))
        return frozenset(row.name for row in rows)

    async def save(self, topic: Topic) -> Topic:
        return await self._database.write(lambda connection: _save(connection, topic))

    async def delete(self, id_: str) -> None:
        """
        Remove a topic with its members and invitees; what it published stays.

        An invitee whose calendar has not been told stays, too, without links: see :meth:`abandoned`.
        """

        def change(connection: Connection) -> None:
            connection.execute(delete(topics).where(topics.c.id == id_))
            connection.execute(delete(topic_members).where(topic_members.c.topic == id_))
            gone = select(invitees.c.id).where(invitees.c.topic == id_)
            connection.execute(delete(invitation_links).where(invitation_links.c.invitee.in_(gone)))
            connection.execute(delete(invitees).where(invitees.c.topic == id_, invitees.c.told_sequence.is_(None)))

        await self._database.write(change)

    async def invitees(self, topic: str) -> tuple[Invitee, ...]:
        return await self._database.read(
            lambda connection: tuple(map(_invitee, _INVITEES.rows(connection, topic=topic))), ("invitees", topic)
        )

    async def invitee(self, id_: str) -> Invitee | None:
        row = await self._database.read(lambda connection: _INVITEE.first(connection, id=id_))
        return None if row is None else _invitee(row)

    async def invitee_by_token(self, hash_: bytes) -> Invitee | None:
        if not hash_:
            return None
        theirs = select(invitation_links.c.invitee).where(invitation_links.c.hash == hash_)
        rows = await self._rows(select(invitees).where(invitees.c.id.in_(theirs)).limit(1))
        return _invitee(rows[0]) if rows else None

    async def link_used(self, hash_: bytes) -> bool:
        used = select(invitation_links.c.used).where(invitation_links.c.hash == hash_)
        return await self._database.read(lambda connection: connection.execute(used).scalar() is not None)

    async def redeem_link(self, hash_: bytes, jid: str) -> Invitee | None:
        now = seconds_to_micros(self._now())
        unused = and_(invitation_links.c.hash == hash_, invitation_links.c.used.is_(None))
        lasting = or_(invitees.c.expires.is_(None), invitees.c.expires > now)
        valid = select(invitees.c.id).where(invitees.c.state != "revoked", lasting)
        statement = update(invitation_links).where(unused, invitation_links.c.invitee.in_(valid)).values(used=now)

        def change(connection: Connection) -> Invitee | None:
            id_ = connection.execute(statement.returning(invitation_links.c.invitee)).scalar()
            if id_ is None:
                return None
            mine = invitees.c.id == id_
            connection.execute(update(invitees).where(mine).values(state="joined", jid=jid, reason=""))
            return _invitee(connection.execute(select(invitees).where(mine)).one())

        return await self._database.write(change)

    async def invitee_by_mail_token(self, token: str) -> Invitee | None:
        if not token:
            return None
        rows = await self._rows(select(invitees).where(invitees.c.mail_token == token).limit(1))
        return _invitee(rows[0]) if rows else None

    async def abandoned(self, *, limit: int = 100) -> tuple[Invitee, ...]:
        alone = and_(invitees.c.told_sequence.is_not(None), invitees.c.topic.not_in(select(topics.c.id)))
        return tuple(
            map(_invitee, await self._rows(select(invitees).where(alone).order_by(invitees.c.seq).limit(limit)))
        )

    async def lapsed(self, now: datetime, *, limit: int = 100) -> tuple[Invitee, ...]:
        over = and_(invitees.c.state == "offered", invitees.c.expires <= to_micros(now))
        rows = await self._rows(select(invitees).where(over).order_by(invitees.c.expires).limit(limit))
        return tuple(map(_invitee, rows))

    async def starting(self, after: datetime, before: datetime) -> tuple[Topic, ...]:
        soon = and_(topics.c.state == "planned", topics.c.start > to_micros(after), topics.c.start <= to_micros(before))
        return tuple(map(_topic, await self._rows(select(topics).where(soon).order_by(topics.c.start))))

    async def save_invitee(
        self,
        invitee: Invitee,
        jobs: Iterable[tuple[str, str, str]] = (),
        *,
        by: str | None = None,
        instead_of: Iterable[str] = (),
        read: Invitee | None = None,
    ) -> Invitee | None:
        jobs = tuple(jobs)
        now = seconds_to_micros(self._now())

        def change(connection: Connection) -> Invitee | None:
            kept = invitee if read is None else _merged(connection, invitee, read)
            if kept is None:
                return None
            upsert(connection, invitees, _invitee_row(kept), key=("id",))
            _keep_link(connection, kept, now)
            self._outbox.drop(connection, instead_of)
            new = self._outbox.put(connection, jobs)
            for kind, key, _ in jobs:
                if kind == _MAIL and key in new:
                    _count_mail(connection, invitee.address, invitee.inviter if by is None else by, now)
            return kept

        kept = await self._database.write(change)
        if kept is not None:
            self._outbox.added(jobs)
        return kept

    async def delete_invitee(self, id_: str, jobs: Iterable[tuple[str, str, str]] = ()) -> None:
        jobs = tuple(jobs)

        def change(connection: Connection) -> None:
            connection.execute(delete(invitation_links).where(invitation_links.c.invitee == id_))
            connection.execute(delete(invitees).where(invitees.c.id == id_))
            self._outbox.put(connection, jobs)

        await self._database.write(change)
        self._outbox.added(jobs)

    async def mark_invitee(self, id_: str, among: Sequence[InviteeState], **changes: Any) -> Invitee | None:
        def change(connection: Connection) -> Invitee | None:
            mine = and_(invitees.c.id == id_, invitees.c.state.in_(among))
            row = connection.execute(select(invitees).where(mine).with_for_update()).first()
            if row is None:
                return None
            changed = replace(_invitee(row), **changes)
            connection.execute(update(invitees).where(invitees.c.id == id_).values(**_invitee_row(changed)))
            return changed

        return await self._database.write(change)

    async def mails_since(self, address: str, since: datetime) -> int:
        return await self._count(mails.c.address_key == email_key(address), since)

    async def mails_by(self, inviter: str, since: datetime) -> int:
        return await self._count(mails.c.inviter == inviter, since)

    async def _count(self, condition: Any, since: datetime) -> int:
        counted = select(func.count()).select_from(mails).where(condition, mails.c.at >= to_micros(since))
        return await self._database.read(lambda connection: connection.execute(counted).scalar() or 0)

    async def _rows(self, statement: Any) -> Sequence[Any]:
        return await self._database.read(lambda connection: connection.execute(statement).all())


def _found(row: Any) -> Topic | None:
    return None if row is None else _topic(row)


def _of_member(connection: Connection, jid: str, after: str | None, limit: int) -> Page:
    mine = topic_members
    if after is None:
        rows: Sequence[Any] = _OF_MEMBER.rows(connection, jid=jid, limit=limit + 1)
    else:
        statement = select(topics).join(mine, mine.c.topic == topics.c.id).where(mine.c.jid == jid)
        edge = select(mine.c.created).where(mine.c.jid == jid, mine.c.topic == after)
        created = connection.execute(edge).scalar()
        if created is None:
            raise StanzaError("item-not-found", "That topic is not among yours any more. Start from the first page.")
        older = and_(mine.c.created == created, mine.c.topic < after)
        statement = statement.where(or_(mine.c.created < created, older))
        order = (mine.c.created.desc(), mine.c.topic.desc())
        rows = connection.execute(statement.order_by(*order).limit(limit + 1)).all()
    total = _HOW_MANY.scalar(connection, jid=jid)
    return Page(tuple(map(_topic, rows[:limit])), len(rows) <= limit, total=total)


def _save(connection: Connection, topic: Topic) -> Topic:
    stored = select(topics.c.revision).where(topics.c.id == topic.id).with_for_update()
    known = connection.execute(stored).scalar() or 0
    if topic.revision != known:
        raise Overtaken(f"The topic {topic.id} was changed meanwhile. Read it again.")
    revision = known + 1
    room_of = select(topics.c.id).where(topics.c.room == topic.room, topics.c.id != topic.id)
    if connection.execute(room_of).first() is not None:
        raise StanzaError("conflict", "That room belongs to another topic. Choose another name for it.")
    row = {
        "id": topic.id,
        "name": topic.name,
        "room": topic.room,
        "owner": topic.owner,
        "state": topic.state,
        "start": optional_micros(topic.start),
        "minutes": topic.minutes,
        "zone": topic.zone,
        "language": topic.language,
        "created": to_micros(topic.created),
        "members": msgspec.json.encode(topic.members),
        "visibility": topic.visibility,
        "document": topic.document,
        "revision": revision,
        "sequence": topic.sequence,
        "targets": None if topic.targets is None else msgspec.json.encode(topic.targets),
        "empty_since": optional_micros(topic.empty_since),
    }
    try:
        if known:
            connection.execute(update(topics).where(topics.c.id == topic.id).values(row))
        else:
            connection.execute(insert(topics).values(row))
    except IntegrityError as error:  # another process has made it in the same moment
        raise Overtaken(f"The topic {topic.id} was made meanwhile. Read it again.") from error
    connection.execute(delete(topic_members).where(topic_members.c.topic == topic.id))
    rows = [{"jid": jid, "topic": topic.id, "created": row["created"]} for jid in dict.fromkeys(topic.members)]
    if rows:
        connection.execute(insert(topic_members), rows)
    return replace(topic, revision=revision)


def _count_mail(connection: Connection, address: str, inviter: str, now: int) -> None:
    old = now - seconds_to_micros(_MAILS_KEPT_SECONDS)
    connection.execute(delete(mails).where(mails.c.address_key == email_key(address), mails.c.at < old))
    connection.execute(insert(mails).values(address_key=email_key(address), inviter=inviter, at=now))


def _keep_link(connection: Connection, invitee: Invitee, now: int) -> None:
    """Each mail's link works until all are ended."""
    if invitee.token_hash:
        insert_new(connection, invitation_links, {"hash": invitee.token_hash, "invitee": invitee.id, "at": now})
    else:
        connection.execute(delete(invitation_links).where(invitation_links.c.invitee == invitee.id))


def _merged(connection: Connection, wanted: Invitee, read: Invitee) -> Invitee | None:
    """What was *wanted* of an invitee as it was *read*, on what is stored now; ``None`` if it was taken back since."""
    row = connection.execute(select(invitees).where(invitees.c.id == read.id).with_for_update()).first()
    if row is None:
        return None
    stored = _invitee(row)
    if stored.state == "revoked" != read.state:
        return None
    if wanted.state != "revoked" and (stored.state, stored.jid) != (read.state, read.jid):  # the invitee's own doing
        wanted = replace(wanted, state=stored.state, jid=stored.jid, reason=stored.reason)
    mine = {each.name: getattr(wanted, each.name) for each in fields(read)}
    return replace(stored, **{name: value for name, value in mine.items() if value != getattr(read, name)})


def _topic(row: Any) -> Topic:
    return Topic(
        id=row.id,
        name=row.name,
        room=row.room,
        owner=row.owner,
        state=row.state,
        start=optional_moment(row.start),
        minutes=row.minutes,
        zone=row.zone,
        language=row.language,
        created=from_micros(row.created),
        members=msgspec.json.decode(row.members, type=tuple[str, ...]),
        visibility=row.visibility,
        document=row.document,
        revision=row.revision,
        sequence=row.sequence,
        targets=None if row.targets is None else msgspec.json.decode(row.targets, type=tuple[str, ...]),
        empty_since=optional_moment(row.empty_since),
    )


def _invitee_row(invitee: Invitee) -> dict[str, Any]:
    told = invitee.told
    return {
        "id": invitee.id,
        "topic": invitee.topic,
        "address": invitee.address,
        "name": invitee.name,
        "inviter": invitee.inviter,
        "state": invitee.state,
        "jid": invitee.jid,
        "reason": invitee.reason,
        "token_hash": invitee.token_hash or None,
        "expires": optional_micros(invitee.expires),
        "mail_token": invitee.mail_token or None,
        "shift": invitee.shift,
        "told_sequence": told.sequence if told else None,
        "told_name": told.name if told else None,
        "told_start": optional_micros(told.start) if told else None,
        "told_at": to_micros(told.at) if told else None,
    }


def _invitee(row: Any) -> Invitee:
    told = None
    if row.told_sequence is not None:
        told = Told(row.told_sequence, row.told_name, optional_moment(row.told_start), from_micros(row.told_at))
    return Invitee(
        id=row.id,
        topic=row.topic,
        address=row.address,
        name=row.name,
        inviter=row.inviter,
        state=row.state,
        jid=row.jid,
        reason=row.reason,
        token_hash=row.token_hash or b"",
        expires=optional_moment(row.expires),
        mail_token=row.mail_token or "",
        shift=row.shift,
        told=told,
    )
