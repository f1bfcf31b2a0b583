"""What a module may use, by name; modules get this and never the server."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm.interfaces import (
    IAccounts,
    IAccountXML,
    IArchive,
    IOffline,
    IPersonalArchive,
    IPubSubNodes,
    IPushTargets,
    IRosters,
    ISessionState,
    ITokens,
    IUploads,
)
from ccm.router.contacts import Contacts

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


def _nothing_pending() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """
    :ivar host: the domain served.
    :ivar contacts: rosters as modules read and change them; nobody else writes to ``rosters``.
    :ivar later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :ivar now: seconds since the epoch, for stamps.
    :ivar urls: public addresses by use: ``web`` (base, ends with ``/``), ``bosh``, ``websocket``, ``uploads`` (base).
    :ivar barrier: fires once all queued so far is on disk, records of sessions among it; ``None`` if nothing is queued.
    :ivar guest_host: domain of guests; ``""`` if there are none.
    :ivar end: ``end(again)`` stops the whole server, and starts it anew if *again*; ``None`` for a domain whose
        administrators are not to decide that.
    :ivar tell: ``await tell(event, …)`` tells the modules of every domain of the process; ``None`` if there is one
        alone.
    :ivar is_own: whether the domain is the server's own, and no further one.
    """

    host: str
    later: Callable[[float, Callable[[], Any]], Callable[[], None]]
    now: Callable[[], float]
    accounts: IAccounts
    rosters: IRosters
    contacts: Contacts
    account_xml: IAccountXML
    pubsub_nodes: IPubSubNodes
    archive: IArchive
    personal: IPersonalArchive
    offline: IOffline
    tokens: ITokens
    state: ISessionState
    uploads: IUploads
    push_targets: IPushTargets
    urls: dict[str, str]
    guest_host: str = ""
    barrier: "Callable[[], Deferred[Any] | None]" = _nothing_pending
    end: Callable[[bool], None] | None = None
    tell: Callable[..., Awaitable[None]] | None = None
    is_own: bool = True
