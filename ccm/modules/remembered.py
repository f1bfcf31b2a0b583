"""What accounts of this domain have set, all of it in memory, since stanzas are held against it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from twisted.internet.defer import DeferredLock

from ccm import address
from ccm.modules.aside import aside

T = TypeVar("T")
R = TypeVar("R")


class Remembered(Generic[T]):
    """
    Loaded once, kept up by whoever changes it, under a lock.

    :param hosts: the domains whose accounts these are; others' are in the same store, and change unheard.
    :ivar of: bare JID -> what that account has; accounts without any are not there.
    """

    def __init__(self, hosts: Container[str]) -> None:
        self.of: dict[str, T] = {}
        self._hosts = hosts
        self._lock = DeferredLock()

    def load(self, rows: Awaitable[Iterable[tuple[str, R]]], take: Callable[[str, R], object], what: str) -> None:
        """
        Have *take* put in what the store has of each account.

        :param what: a few constant words for the log, e.g. ``"reading block lists"``.
        """

        async def loading() -> None:
            async with self.turn():  # nobody changes what is not here yet
                for owner, row in await rows:
                    if address.domain(owner) in self._hosts:
                        take(owner, row)

        aside(loading(), what)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Have it to oneself: all is loaded, and nobody else changes it meanwhile."""
        await self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def keep(self, owner: str, value: T | None) -> None:
        """Put in what an account has, or take it out if that is nothing."""
        if value:
            self.of[owner] = value
        else:
            self.of.pop(owner, None)
