"""
Jobs that wait to leave (mail, publication), kept in the transaction that causes them; claimed under a lease.

A claim whose lease ends is claimed again: the work is done at least once, and its *key* lets the other side do it
once. Leaves out doing the work.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, not_, or_, select, update
from twisted.logger import Logger
from zope.interface import implementer

from ccm.interfaces import IDatabase, IOutbox
from ccm.records import JobState, OutboxJob
from ccm.store.prepared import Prepared
from ccm.store.schema import outbox
from ccm.store.times import from_micros, seconds_to_micros
from ccm.store.upsert import insert_new

Jobs = Iterable[tuple[str, str, str]]

_KEPT_SECONDS = 30 * 86_400.0  # how long finished jobs keep their key from being used again
_PARKED_SHOWN = 1_000
# Who is at work on a job has attempts and no note: a retry leaves its reason.
_IDLE = and_(outbox.c.state == "waiting", or_(outbox.c.attempts == 0, outbox.c.note != ""))
_UNFINISHED = outbox.c.state != "done"  # what was recalled meanwhile stays so
_WAITING = Prepared(
    select(outbox.c.id)
    .where(outbox.c.state == "waiting", outbox.c.kind == bindparam("kind"), outbox.c.due <= bindparam("now"))
    .limit(1)
)

log = Logger()


@implementer(IOutbox)
class Outbox:
    """:param now: seconds since the epoch."""

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._listeners: dict[str, list[Callable[[], None]]] = {}

    async def add(self, jobs: Jobs) -> None:
        jobs = tuple(jobs)
        await self._database.write(lambda connection: self.put(connection, jobs))
        self.added(jobs)

    def put(self, connection: Connection, jobs: Jobs) -> tuple[str, ...]:
        """
        Add jobs within somebody else's transaction; call :meth:`added` after its commit.

        :returns: the keys that were new.
        """
        now = seconds_to_micros(self._now())
        made = []
        for kind, key, payload in jobs:
            row = {"kind": kind, "key": key, "payload": payload, "due": now, "created": now}
            if insert_new(connection, outbox, {**row, "state": "waiting", "attempts": 0, "note": ""}):
                made.append(key)
        return tuple(made)

    def added(self, jobs: Jobs) -> None:
        """Tell the listeners of jobs that are now on disk."""
        for kind in {job[0] for job in jobs}:
            for callback in tuple(self._listeners.get(kind, ())):
                try:
                    callback()
                except Exception:  # a listener's fault is not the caller's, whose jobs are kept
                    log.failure("A listener for {kind} jobs failed", kind=kind)

    def listen(self, kind: str, callback: Callable[[], None]) -> Callable[[], None]:
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(callback)
        return lambda: listeners.remove(callback) if callback in listeners else None

    async def claim(self, kind: str, limit: int, lease_seconds: float) -> tuple[OutboxJob, ...]:
        now = seconds_to_micros(self._now())
        # A claim that finds nothing, as most do, costs no commit.
        if await self._database.read(lambda connection: _WAITING.first(connection, kind=kind, now=now)) is None:
            return ()
        until = now + seconds_to_micros(lease_seconds)
        due = and_(outbox.c.state == "waiting", outbox.c.kind == kind, outbox.c.due <= now)

        def change(connection: Connection) -> tuple[OutboxJob, ...]:
            chosen = select(outbox.c.id).where(due).order_by(outbox.c.due, outbox.c.id).limit(limit)
            chosen = chosen.with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer anyway
            lease = (
                update(outbox).where(outbox.c.id.in_(chosen)).values(due=until, attempts=outbox.c.attempts + 1, note="")
            )
            return _jobs(connection.execute(lease.returning(*outbox.c)))

        return await self._database.write(change)

    async def done(self, id_: int, note: str = "") -> None:
        now = seconds_to_micros(self._now())
        old = now - seconds_to_micros(_KEPT_SECONDS)

        def change(connection: Connection) -> None:
            connection.execute(_set(id_, state="done", note=note, payload="", due=now))
            connection.execute(delete(outbox).where(outbox.c.state == "done", outbox.c.due < old))

        await self._database.write(change)

    async def retry(self, id_: int, seconds: float, why: str) -> None:
        due = seconds_to_micros(self._now() + seconds)
        await self._change(_set(id_, state="waiting", due=due, note=why).where(_UNFINISHED))

    async def park(self, id_: int, why: str) -> None:
        await self._change(_set(id_, state="parked", note=why).where(_UNFINISHED))

    async def withdraw(self, key: str) -> bool:
        return await self._database.write(lambda connection: self.drop(connection, (key,)))

    async def recall(self, prefix: str) -> frozenset[str]:
        mine = and_(outbox.c.key.startswith(prefix, autoescape=True), outbox.c.state != "done")
        taken = or_(_IDLE, outbox.c.state == "parked")
        leased = {"state": "done", "payload": "", "note": "withdrawn", "due": seconds_to_micros(self._now())}

        def change(connection: Connection) -> frozenset[str]:
            gone = connection.execute(delete(outbox).where(mine, taken).returning(outbox.c.key)).scalars().all()
            ended = update(outbox).where(mine, not_(taken)).values(**leased)
            return frozenset((*gone, *connection.execute(ended.returning(outbox.c.key)).scalars()))

        return await self._database.write(change)

    def drop(self, connection: Connection, keys: Iterable[str]) -> bool:
        """Take jobs back within somebody else's transaction, as if never put; whether any still waited."""
        mine = and_(outbox.c.key.in_(tuple(keys)), _IDLE)
        return connection.execute(delete(outbox).where(mine).returning(outbox.c.id)).first() is not None

    async def waits(self, key: str) -> bool:
        mine = select(outbox.c.id).where(outbox.c.key == key, _IDLE)
        return await self._database.read(lambda connection: connection.execute(mine).first()) is not None

    async def stands(self, keys: Iterable[str]) -> bool:
        mine = select(outbox.c.id).where(outbox.c.key.in_(tuple(keys)), outbox.c.state == "waiting")
        return await self._database.read(lambda connection: connection.execute(mine).first()) is not None

    async def look(self, keys: Iterable[str]) -> dict[str, JobState]:
        keys = tuple(keys)

        def query(connection: Connection) -> dict[str, JobState]:
            found = {}
            for key in keys:
                ours = or_(outbox.c.key == key, outbox.c.key.startswith(f"{key}:", autoescape=True))
                row = connection.execute(select(outbox).where(ours).order_by(outbox.c.id.desc()).limit(1)).first()
                if row is not None:
                    found[key] = JobState(row.state, row.attempts, row.note, from_micros(row.due))
            return found

        return await self._database.read(query)

    async def parked(self) -> tuple[tuple[OutboxJob, str], ...]:
        statement = select(outbox).where(outbox.c.state == "parked").order_by(outbox.c.id).limit(_PARKED_SHOWN)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return tuple((_job(row), row.note) for row in rows)

    async def revive(self, key: str) -> bool:
        now = seconds_to_micros(self._now())
        mine = and_(outbox.c.key == key, outbox.c.state == "parked")
        anew = update(outbox).where(mine).values(state="waiting", due=now, created=now, attempts=0, note="")
        kinds = await self._database.write(
            lambda connection: [row.kind for row in connection.execute(anew.returning(outbox.c.kind))]
        )
        self.added([(kind, key, "") for kind in kinds])
        return bool(kinds)

    async def release(self) -> None:
        now = seconds_to_micros(self._now())
        leased = and_(outbox.c.state == "waiting", outbox.c.attempts > 0, outbox.c.note == "", outbox.c.due > now)
        await self._change(update(outbox).where(leased).values(due=now))

    async def counts(self) -> dict[tuple[str, str], int]:
        left = select(outbox.c.kind, outbox.c.state, func.count()).where(outbox.c.state != "done")
        rows = await self._database.read(
            lambda connection: connection.execute(left.group_by(outbox.c.kind, outbox.c.state)).all()
        )
        return {(kind, state): int(count) for kind, state, count in rows}

    async def _change(self, statement: Any) -> None:
        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)


def _set(id_: int, **values: Any) -> Any:
    return update(outbox).where(outbox.c.id == id_).values(**values)


def _jobs(rows: Iterable[Any]) -> tuple[OutboxJob, ...]:
    return tuple(sorted(map(_job, rows), key=lambda job: job.id))


def _job(row: Any) -> OutboxJob:
    # A claim counts at once, so that a job that kills its worker is seen to have been tried.
    return OutboxJob(row.id, row.kind, row.key, row.payload, max(row.attempts - 1, 0), from_micros(row.created))
