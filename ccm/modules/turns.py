"""Changes of one account's things, one after another: each reads what there is and writes it anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twisted.internet.defer import DeferredLock


class Turns:
    """Whose turn it is, by a name such as a bare JID; a name that nobody waits for costs nothing."""

    def __init__(self) -> None:
        self._locks: dict[str, DeferredLock] = {}

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Wait for the turn, and have it meanwhile."""
        lock = self._locks.setdefault(name, DeferredLock())
        await lock.acquire()
        try:
            yield
        finally:
            if not lock.waiting:
                del self._locks[name]
            lock.release()
