"""One at a time for each key: what reads a record, waits, and writes it back must not be overtaken by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twisted.internet.defer import DeferredLock


class Turns:
    """A lock for each key that is in use."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[DeferredLock, int]] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for one's turn; it lasts as long as the block."""
        lock, users = self._locks.get(key, (DeferredLock(), 0))
        self._locks[key] = lock, users + 1
        try:
            await lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            users = self._locks[key][1] - 1
            if users:
                self._locks[key] = lock, users
            else:
                del self._locks[key]
