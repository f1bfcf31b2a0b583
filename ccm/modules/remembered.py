"""
What accounts of this domain have set, all of it in memory, since stanzas are held against it.

What could not be read is never taken for nothing: nobody changes it, and whoever holds stanzas against it is told
that it is not known. All of it is read again after a while, and whenever somebody wants to change something.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError, StoreUnavailable
from ccm.modules.aside import until_done

log = Logger()

T = TypeVar("T")
R = TypeVar("R")


class Remembered(Generic[T]):
    """
    Loaded once, kept up by whoever changes it, under a lock.

    :param hosts: the domains whose accounts these are; others' are in the same store, and change unheard.
    :param later: ``later(seconds, function)`` calls it then.
    :ivar of: bare JID -> what that account has; accounts without any are not there.
    :ivar complete: all of it is known.
    """

    def __init__(self, hosts: Container[str], later: Callable[[float, Callable[[], None]], object]) -> None:
        self.of: dict[str, T] = {}
        self.complete = False
        self._hosts = hosts
        self._later = later
        self._lock = DeferredLock()
        self._loaded = False
        self._unread: set[str] = set()
        self._read: Callable[[], Awaitable[None]]

    def load(
        self, rows: Callable[[], Awaitable[Iterable[tuple[str, R]]]], take: Callable[[str, R], object], what: str
    ) -> None:
        """
        Have *take* put in what the store has of each account.

        :param rows: reads it; called anew after a failure.
        :param what: a few constant words for the log, e.g. ``"reading block lists"``.
        """

        async def read() -> None:
            for owner, row in await rows():
                if address.domain(owner) not in self._hosts:
                    continue
                try:
                    take(owner, row)
                except Exception:
                    self._unread.add(owner)
                    log.failure("What {jid} has set is not known, and may be damaged: {what}.", jid=owner, what=what)
            self._loaded, self.complete = True, not self._unread

        async def loading() -> None:
            await self._lock.acquire()  # nobody changes what is not here yet
            try:
                if not self._loaded:
                    await read()
            finally:
                self._lock.release()

        self._read = read
        until_done(loading, what, self._later)

    def knows(self, owner: str) -> bool:
        """Whether what an account of these domains has is in :attr:`of`, or it is known that it has nothing."""
        return self.complete or (self._loaded and owner not in self._unread)

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncIterator[None]:
        """
        Have what an account has to oneself: it is loaded, and nobody else changes it meanwhile.

        :raises StanzaError: ``resource-constraint`` (wait) if nothing can be read now, ``internal-server-error`` if
            that row cannot be.
        """
        await self._lock.acquire()
        try:
            if not self._loaded:
                try:
                    await self._read()
                except StoreUnavailable as error:
                    raise StanzaError("resource-constraint", "What you have set cannot be read now.", "wait") from error
            if owner in self._unread:
                raise StanzaError("internal-server-error", "What you have set cannot be read. Ask the operator.")
            yield
        finally:
            self._lock.release()

    def keep(self, owner: str, value: T | None) -> None:
        """Put in what an account has, or take it out if that is nothing."""
        if value:
            self.of[owner] = value
        else:
            self.of.pop(owner, None)

    def forget(self, owner: str) -> T | None:
        """The account is gone, and whoever has its name next has set nothing; answers what it had."""
        self._unread.discard(owner)
        self.complete = self._loaded and not self._unread
        return self.of.pop(owner, None)


def unknown() -> StanzaError:
    """What is said of a stanza that cannot be held against what somebody has set."""
    return StanzaError("resource-constraint", "What they have set cannot be read now. Send it again later.", "wait")
