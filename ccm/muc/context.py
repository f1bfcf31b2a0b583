"""What every room of a service uses: addresses, stores, time, ways to send."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm.errors import StoreUnavailable
from ccm.interfaces import IArchive, IRooms, ISessionState, ISink
from ccm.muc.held import Held
from ccm.muc.options import MucOptions
from ccm.router.hooks import Target
from ccm.router.router import Router, Spawn
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

log = Logger()


@dataclass(frozen=True, slots=True)
class Context:
    """
    :ivar domain: of the service, e.g. ``conference.example.org``.
    :ivar later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :ivar now: seconds since the epoch.
    :ivar spawn: runs a coroutine; see :data:`ccm.router.router.Spawn`.
    :ivar admins: JIDs and domains that count as owners of every room.
    :ivar random: ``random(n)`` answers n unguessable bytes.
    :ivar held: messages that nothing has queued for the disk yet.
    :ivar aloft: ids of those that are being archived and have not been reflected yet, in order.
    """

    domain: str
    router: Router
    archive: IArchive
    store: IRooms
    state: ISessionState | None
    options: MucOptions
    now: Callable[[], float]
    later: Callable[[float, Callable[[], Any]], Callable[[], None]]
    spawn: Spawn
    admins: frozenset[str]
    random: Callable[[int], bytes]
    held: Held = field(default_factory=Held)
    aloft: dict[str, None] = field(default_factory=dict)

    def moment(self) -> datetime:
        """Now, aware and in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def is_admin(self, jid: str) -> bool:
        """Whether that JID (bare or full) counts as owner everywhere; a domain does, those who have it do not."""
        return address.bare(jid) in self.admins

    def give(self, stanza: Stanza) -> None:
        """Bring a stanza to its ``to``: straight to a local session, past the hooks, otherwise by the router."""
        session = self.router.session(stanza.attrs["to"])
        if session is not None:
            session.deliver(stanza)
        else:
            self.router.route(stanza)

    def is_local(self, jid: str) -> bool:
        """Whether that full JID belongs to a host served here."""
        return self.router.target(jid) is Target.SESSION

    def background(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something whose answer nobody waits for; a failure is logged."""
        self.spawn(work, _ignore, _report)


@implementer(ISink)
class Relay:
    """A sink for somebody without a session here: each copy is routed (a component, another server)."""

    __slots__ = ("_router", "jid")

    def __init__(self, router: Router, jid: str) -> None:
        self._router = router
        self.jid = jid

    def deliver(self, stanza: Stanza) -> None:
        """Route it."""
        self._router.route(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        """Route a copy addressed to it."""
        self._router.route(template.stanza.copy(to=self.jid))


@implementer(ISink)
class Backlog:
    """
    A sink in the place of a session that has not yet come back after a restart: it keeps what came.

    :param most: how many stanzas it keeps; the oldest go first.
    """

    __slots__ = ("_most", "jid", "kept")

    def __init__(self, jid: str, most: int) -> None:
        self.jid = jid
        self._most = most
        self.kept: list[FanOut] = []

    def deliver(self, stanza: Stanza) -> None:
        """Keep it."""
        self.deliver_raw(FanOut(stanza, stanza.from_ or ""))

    def deliver_raw(self, template: FanOut) -> None:
        """Keep it."""
        self.kept.append(template)
        if len(self.kept) > self._most:
            del self.kept[0]

    def empty_into(self, sink: ISink) -> None:
        """Hand over all that was kept, in order."""
        kept, self.kept = self.kept, []
        for template in kept:
            sink.deliver_raw(template)


def _ignore(_: object) -> None:
    pass


def _report(error: BaseException) -> None:
    if isinstance(error, StoreUnavailable):
        log.warn("A room could not be saved: {error}", error=error)
    else:
        log.error("Work of a room failed: {error!r}", error=error)
