"""
Password hashing off the reactor, in a bounded pool of threads (RFC 5802 §3).

Hashing is a lever for denial of service: two threads do it and a bounded queue waits. Leaves out the algorithms,
which are :mod:`ccm.session.verifiers`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.threads import deferToThreadPool

from ccm.errors import StanzaError
from ccm.records import Verifier
from ccm.session.verifiers import check_password, make_verifiers
from ccm.threads import Threads

T = TypeVar("T")


class PasswordThreads:
    """
    :param reactor: where answers are given.
    :param iterations: of new verifiers.
    :param threads: how many hash at a time.
    :param waiting: how many may wait; more are refused.
    """

    def __init__(self, reactor: Any, iterations: int = 100_000, threads: int = 2, waiting: int = 64) -> None:
        self._reactor = reactor
        self._iterations = iterations
        self._bound = threads + waiting
        self._busy = 0
        self._pool = Threads(0, threads, "passwords")

    def start(self) -> None:
        """Make ready."""
        self._pool.start()

    def stop(self) -> None:
        """Finish what runs and end the threads."""
        self._pool.stop()

    async def verify(self, password: str, verifier: Verifier) -> bool:
        """Whether that is the password. :raises StanzaError: ``resource-constraint`` if too many wait."""
        return await self._run(check_password, password, verifier)

    async def make(self, password: str) -> tuple[Verifier, ...]:
        """Verifiers for a new password. :raises StanzaError: as above, or ``not-acceptable``."""
        return await self._run(make_verifiers, password, self._iterations)

    async def _run(self, work: Callable[..., T], *args: Any) -> T:
        if self._busy >= self._bound:
            raise StanzaError("resource-constraint", "Too many are signing in. Try again in a moment.")
        self._busy += 1
        try:
            result: T = await deferToThreadPool(self._reactor, self._pool, work, *args)
            return result
        finally:
            self._busy -= 1
