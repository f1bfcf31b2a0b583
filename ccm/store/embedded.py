"""
Session state in this process, saved into the SQL store, so that sessions resume after a restart.

What changed is saved together a moment later, one save at a time, the latest value of a key alone: after ``kill -9``
the moments since the last save are missing. The bus reaches this process only. Leaves out sharing between nodes: use
Redis (:mod:`ccm.store.redis`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection, delete, or_, select
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ccm.errors import StoreUnavailable
from ccm.interfaces import IDatabase, ISessionState
from ccm.store.schema import state
from ccm.store.times import seconds_to_micros

_PLAIN = ""  # the field of a key that is no hash; a hash's fields begin with a mark
_MARK = "="
_AGAIN_SECONDS = 1.0
_SWEEP_SECONDS = 60.0
_ADD = (
    "INSERT INTO state (key, field, value, expires) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (key, field) DO UPDATE SET value = excluded.value, expires = excluded.expires"
)

log = Logger()


class _Entry:
    """A key's values by field, and when it ends, in seconds since the epoch."""

    __slots__ = ("expires", "fields")

    def __init__(self, expires: float | None) -> None:
        self.fields: dict[str, bytes] = {}
        self.expires = expires


@implementer(ISessionState)
class EmbeddedState:
    """
    :param clock: to save later, and to forget what has expired.
    :param now: seconds since the epoch.
    :param flush_seconds: how long changes gather before they are saved.
    :param max_keys: beyond it new keys are refused.
    """

    def __init__(
        self,
        database: IDatabase,
        clock: IReactorTime,
        now: Callable[[], float],
        flush_seconds: float = 0.05,
        max_keys: int = 1_000_000,
    ) -> None:
        self._database = database
        self._clock = clock
        self._now = now
        self._flush_seconds = flush_seconds
        self._max_keys = max_keys
        self._entries: dict[str, _Entry] = {}
        self._changed: set[str] = set()
        self._new: set[str] = set()  # of those: of which nothing was saved before
        self._saving = False
        self._failures = 0
        self._timer: Any = None
        self._sweeper: Any = None
        self._channels: dict[str, list[Callable[[bytes], None]]] = {}

    async def open(self) -> None:
        """Load what was saved and has not expired."""
        now = seconds_to_micros(self._now())
        live = select(state).where(or_(state.c.expires.is_(None), state.c.expires > now))
        for row in await self._database.read(lambda connection: connection.execute(live).all()):
            expires = None if row.expires is None else row.expires / 1_000_000
            self._entries.setdefault(row.key, _Entry(expires)).fields[row.field] = row.value
        self._sweeper = self._clock.callLater(_SWEEP_SECONDS, self._sweep)

    async def get(self, key: str) -> bytes | None:
        entry = self._live(key)
        return None if entry is None else entry.fields.get(_PLAIN)

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        if key not in self._entries and key not in self._changed:
            self._new.add(key)
        entry = self._entry(key)
        entry.fields = {_PLAIN: value}
        entry.expires = None if ttl_seconds is None else self._now() + ttl_seconds
        self._touch(key)

    async def delete(self, *keys: str) -> None:
        for key in keys:
            if self._entries.pop(key, None) is not None:
                self._touch(key)

    async def keys(self, prefix: str) -> tuple[str, ...]:
        return tuple(key for key in tuple(self._entries) if key.startswith(prefix) and self._live(key) is not None)

    async def hash_set(self, key: str, field: str, value: bytes, ttl_seconds: float | None = None) -> None:
        entry = self._entry(key)
        entry.fields[_MARK + field] = value
        if ttl_seconds is not None:
            entry.expires = self._now() + ttl_seconds
        self._touch(key)

    async def hash_delete(self, key: str, *fields: str) -> None:
        entry = self._live(key)
        if entry is None:
            return
        for field in fields:
            entry.fields.pop(_MARK + field, None)
        if not entry.fields:
            del self._entries[key]
        self._touch(key)

    async def hash_all(self, key: str) -> dict[str, bytes]:
        entry = self._live(key)
        if entry is None:
            return {}
        return {field[1:]: value for field, value in entry.fields.items() if field != _PLAIN}

    async def settle(self) -> None:
        failures = self._failures
        if self._changed:
            keys = frozenset(self._changed)
            try:
                await self._save_now()
            except Exception:
                self._failures += 1
                for key in keys:
                    self._touch(key)
                raise
        elif self._saving and (barrier := self._database.barrier()) is not None:
            await barrier
        if self._failures != failures:
            raise StoreUnavailable("The session state could not be saved. It is tried again in a second.")

    async def publish(self, channel: str, message: bytes) -> None:
        for callback in tuple(self._channels.get(channel, ())):
            try:
                callback(message)
            except Exception:  # a subscriber's fault is not the publisher's
                log.failure("A subscriber of {channel} failed", channel=channel)

    async def subscribe(self, channel: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        self._channels.setdefault(channel, []).append(callback)

        def end() -> None:
            listeners = self._channels.get(channel, [])
            if callback in listeners:
                listeners.remove(callback)
            if not listeners:
                self._channels.pop(channel, None)

        return end

    async def close(self) -> None:
        for timer in (self._timer, self._sweeper):
            if timer is not None and timer.active():
                timer.cancel()
        self._timer = self._sweeper = None
        if self._changed:
            await self._database.write(self._save())

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.expires is not None and entry.expires <= self._now():
            del self._entries[key]
            self._touch(key)
            return None
        return entry

    def _entry(self, key: str) -> _Entry:
        entry = self._live(key)
        if entry is None:
            if len(self._entries) >= self._max_keys:
                raise StoreUnavailable("The session state is full. Raise state.max_keys, or use Redis.")
            entry = self._entries[key] = _Entry(None)
        return entry

    def _touch(self, key: str) -> None:
        self._changed.add(key)
        if self._timer is None and not self._saving:
            self._timer = self._clock.callLater(self._flush_seconds, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if not self._changed:
            return
        keys, change = frozenset(self._changed), self._save()
        self._saving = True
        self._database.write(change).addCallbacks(self._saved, self._lost, errbackArgs=(keys,))  # type: ignore[attr-defined]

    def _save_now(self) -> Awaitable[None]:
        if len(self._changed) == 1 and self._changed == self._new:
            (key,) = self._changed
            entry = self._entries.get(key)
            if entry is not None and entry.fields.keys() == {_PLAIN}:
                self._changed.clear()
                self._new.clear()
                expires = None if entry.expires is None else seconds_to_micros(entry.expires)
                return self._database.append(_ADD, (key, _PLAIN, entry.fields[_PLAIN], expires))
        return self._database.write(self._save())

    def _save(self) -> Callable[[Connection], None]:
        keys = tuple(self._changed)
        rows = [
            {
                "key": key,
                "field": field,
                "value": value,
                "expires": None if entry.expires is None else seconds_to_micros(entry.expires),
            }
            for key in keys
            if (entry := self._entries.get(key)) is not None
            for field, value in entry.fields.items()
        ]
        self._changed.clear()
        self._new.clear()

        def change(connection: Connection) -> None:
            for start in range(0, len(keys), 500):
                connection.execute(delete(state).where(state.c.key.in_(keys[start : start + 500])))
            if rows:
                connection.execute(state.insert(), rows)

        return change

    def _saved(self, _result: None) -> None:
        self._saving = False
        if self._changed:
            self._timer = self._clock.callLater(self._flush_seconds, self._flush)

    def _lost(self, failure: Any, keys: frozenset[str]) -> None:
        if not failure.check(StoreUnavailable):
            log.failure("The session state was not saved; it is tried again in a second.", failure=failure)
        self._saving = False
        self._failures += 1
        self._changed |= keys
        self._timer = self._clock.callLater(_AGAIN_SECONDS, self._flush)

    def _sweep(self) -> None:
        for key in tuple(self._entries):
            self._live(key)
        self._sweeper = self._clock.callLater(_SWEEP_SECONDS, self._sweep)
