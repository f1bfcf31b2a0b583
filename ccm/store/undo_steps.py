"""What users may still take back: a bounded number of steps for each, for a bounded time."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from zope.interface import implementer

from ccm.interfaces import IDatabase, IUndoSteps
from ccm.records import UndoStep
from ccm.store.schema import undo_steps
from ccm.store.times import from_micros, seconds_to_micros, to_micros

MAX_STEPS_PER_USER = 100


@implementer(IUndoSteps)
class UndoSteps:
    """:param now: seconds since the epoch."""

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def keep(self, step: UndoStep) -> None:
        now = seconds_to_micros(self._now())
        row = {
            "id": step.id,
            "user": step.user,
            "component": step.component,
            "at": to_micros(step.at),
            "expires": to_micros(step.expires),
            "work": step.work,
            "choices": step.choices,
        }
        mine = select(undo_steps.c.seq).where(undo_steps.c.user == step.user)
        edge = mine.order_by(undo_steps.c.seq.desc()).offset(MAX_STEPS_PER_USER).limit(1)

        def change(connection: Connection) -> None:
            connection.execute(insert(undo_steps).values(**row))
            oldest = connection.execute(edge).scalar()
            if oldest is not None:
                over = (undo_steps.c.user == step.user, undo_steps.c.seq <= oldest)
                connection.execute(delete(undo_steps).where(*over))
            connection.execute(delete(undo_steps).where(undo_steps.c.expires <= now))

        await self._database.write(change)

    async def get(self, id_: str) -> UndoStep | None:
        return await self._first(select(undo_steps).where(undo_steps.c.id == id_))

    async def latest(self, user: str, component: str) -> UndoStep | None:
        mine = (undo_steps.c.user == user, undo_steps.c.component == component)
        return await self._first(select(undo_steps).where(*mine).order_by(undo_steps.c.seq.desc()).limit(1))

    async def take(self, id_: str) -> UndoStep | None:
        statement = delete(undo_steps).where(undo_steps.c.id == id_).returning(*undo_steps.c)
        row = await self._database.write(lambda connection: connection.execute(statement).first())
        return self._valid(row)

    async def _first(self, statement: Any) -> UndoStep | None:
        return self._valid(await self._database.read(lambda connection: connection.execute(statement).first()))

    def _valid(self, row: Any) -> UndoStep | None:
        if row is None or row.expires <= seconds_to_micros(self._now()):
            return None
        return UndoStep(
            row.id, row.user, row.component, from_micros(row.at), from_micros(row.expires), row.work, row.choices
        )
