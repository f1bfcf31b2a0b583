"""
A router with its services, a clock that a test moves, and sessions that write down what they get.

What module tests are made of; the stores are those of :mod:`ccm.testing.memory`.
"""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ccm.interfaces import ISession
from ccm.router.contacts import Contacts
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.testing.memory import (
    MemoryAccounts,
    MemoryAccountXML,
    MemoryArchive,
    MemoryPubSubNodes,
    MemoryRosters,
    MemoryState,
)
from ccm.testing.memory_personal import MemoryOffline, MemoryPersonalArchive
from ccm.testing.memory_tokens import MemoryTokens
from ccm.testing.memory_uploads import MemoryPushTargets, MemoryUploads
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza


class Hands:
    """A clock that a test moves: seconds since the epoch, and what is to happen later."""

    def __init__(self, now: float = 1_767_225_600.0) -> None:
        self.seconds = now
        self._calls: list[tuple[float, Callable[[], Any]]] = []

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def datetime(self) -> datetime:
        """The same as an aware UTC ``datetime``."""
        return datetime.fromtimestamp(self.seconds, UTC)

    def later(self, seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
        """Call *function* when :meth:`advance` has come so far; answers a function that calls it off."""
        entry = (self.seconds + seconds, function)
        self._calls.append(entry)

        def cancel() -> None:
            if entry in self._calls:
                self._calls.remove(entry)

        return cancel

    def advance(self, seconds: float) -> None:
        """Let time pass, doing what falls due in its order."""
        until = self.seconds + seconds
        while due := [entry for entry in self._calls if entry[0] <= until]:
            first = min(due, key=lambda entry: entry[0])
            self._calls.remove(first)
            self.seconds = max(self.seconds, first[0])
            first[1]()
        self.seconds = until


@implementer(ISession)
class RecordingSession:
    """A bound session that writes down every stanza delivered to it, in ``received``."""

    def __init__(self, jid: str, transport: str = "tcp") -> None:
        self.jid = jid
        self.transport = transport
        self.priority: int | None = None
        self.presence: Stanza | None = None
        self.state: dict[str, Any] = {}
        self.hibernating = False
        self.resumed = False
        self.dropped = False
        self.received: list[Stanza] = []
        self.closed: str | None = None

    def deliver(self, stanza: Stanza) -> None:
        self.received.append(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        self.received.append(template.stanza.copy(to=self.jid))

    def close(self, condition: str, text: str = "") -> None:
        self.closed = f"{condition} {text}".strip()


def spawn(
    coroutine: Coroutine[Any, Any, Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]
) -> None:
    """How a router runs the coroutines of its handlers, on Deferreds."""
    Deferred.fromCoroutine(coroutine).addCallbacks(done, lambda failure: failed(failure.value))


def make_services(host: str = "localhost", hands: Hands | None = None, **others: Any) -> Services:
    """Services on fakes; name those that are to be others."""
    hands = hands or Hands()
    archive = MemoryArchive()
    fakes: dict[str, Any] = {
        "host": host,
        "later": hands.later,
        "now": hands.now,
        "accounts": MemoryAccounts(host, hands.datetime),
        "rosters": MemoryRosters(),
        "account_xml": MemoryAccountXML(),
        "pubsub_nodes": MemoryPubSubNodes(),
        "archive": archive,
        "personal": MemoryPersonalArchive(hands.datetime, archive.next_id),
        "offline": MemoryOffline(),
        "tokens": MemoryTokens(hands.datetime),
        "state": MemoryState(hands.now),
        "uploads": MemoryUploads(hands.now),
        "push_targets": MemoryPushTargets(),
        "urls": {"web": f"http://{host}/", "uploads": f"http://{host}/upload/"},
    }
    chosen = fakes | others
    chosen.setdefault("contacts", Contacts(chosen["rosters"], spawn))
    return Services(**chosen)


def make_router(services: Services) -> Router:
    """A router that serves the host of those services."""
    router = Router(services.accounts.exists, spawn)
    router.add_host(services.host)
    return router


def result_of(awaitable: Awaitable[Any]) -> Any:
    """The value of something awaitable that needs nobody else to finish; raises what it raised."""

    async def wait() -> Any:
        return await awaitable

    values: list[Any] = []
    errors: list[BaseException] = []
    spawn(wait(), values.append, errors.append)
    if errors:
        raise errors[0]
    if not values:
        raise AssertionError("It is still waiting for somebody.")
    return values[0]
