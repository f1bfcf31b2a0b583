"""
What all sessions of one domain share: handed to each, so that none reaches for a server object.

Leaves out everything of one connection.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ccm.interfaces import IAccounts, ISession
from ccm.records import Account, Verifier
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.shaping import Shaping, unshaped
from ccm.session.tokens import Tokens
from ccm.session.visitors import Visitors, unlimited
from ccm.wire.limits import WireOptions
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from ccm.session.machine import Session

Spawn = Callable[[Coroutine[Any, Any, Any], Callable[[Any], None], Callable[[BaseException], None]], None]


Make = Callable[[], dict[str, Any] | None]


class Save(Protocol):
    """Keeps resumption records: :meth:`ccm.session.keeping.Keeper.save`."""

    def __call__(
        self,
        id_: str,
        make: Make | None,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
        /,
    ) -> bool: ...


class Routing(Protocol):
    """What a session asks of the router."""

    hosts: dict[str, Any]

    def bind(self, session: ISession) -> None:
        """Make it reachable."""

    def unbind(self, session: ISession) -> None:
        """Make it unreachable."""

    def session(self, jid: str) -> Any:
        """The session of a full JID."""

    def sessions_of(self, bare: str) -> tuple[Any, ...]:
        """Every session of an account."""

    def route(self, stanza: Stanza, origin: Any = None) -> None:
        """Bring a stanza to whoever it is for."""

    def fire(self, event: str, *args: Any) -> None:
        """Tell a life event."""

    def stream_features(self, when: str = "bound") -> bytes:
        """What modules advertise."""

    def before_auth(self, stanza: Stanza, origin: object) -> Coroutine[Any, Any, Stanza] | None:
        """What answers an ``iq`` before login."""


def _nothing_pending() -> None:
    return None


def _never() -> float:
    return 0.0


async def _no_pause(_seconds: float) -> None:
    return None


async def _nobody_waits(_name: str) -> Account | None:
    return None


def _keep_nothing(
    _id: str,
    make: Make | None,
    then: Callable[[], None] | None = None,
    _otherwise: Callable[[], None] | None = None,
) -> bool:
    if then is not None:
        if make is not None:
            make()
        then()
    return True


@dataclass(frozen=True, slots=True)
class Realm:
    """
    :ivar host: the domain served by default.
    :ivar verify_password: whether a password fits a verifier; answered off the reactor.
    :ivar spawn: runs a coroutine and calls back.
    :ivar later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :ivar now: seconds, monotonic.
    :ivar random: that many random bytes.
    :ivar secret: key from which salts of unknown names are derived; the same across restarts.
    :ivar barrier: fires once everything queued so far is on disk; ``None`` when nothing is pending.
    :ivar save: keeps a resumption record, or forgets it; see :meth:`ccm.session.keeping.Keeper.save`.
    :ivar visitors: connections, sessions and failed sign-ins by address, one record for all transports.
    :ivar pause: ``await pause(seconds)`` comes back after them.
    :ivar waiting: who has registered with that chat address and not yet confirmed the mail address, as an account that
        is switched off; ``None`` for any other name.
    :ivar guest_host: domain of guests, who sign in by tokens alone; ``""`` if there is none.
    :ivar shaping: how fast clients are read.
    :ivar resumptions: sessions that can be resumed (XEP-0198), by their id.
    :ivar realms: of every domain that is served here, by its name; empty if this is the only one.
    """

    host: str
    router: Routing
    accounts: IAccounts
    tokens: Tokens
    verify_password: Callable[[str, Verifier], Awaitable[bool]]
    spawn: Spawn
    later: Callable[[float, Callable[[], Any]], Callable[[], None]]
    now: Callable[[], float]
    random: Callable[[int], bytes]
    secret: bytes
    options: SessionOptions = field(default_factory=SessionOptions)
    sasl: SaslOptions = field(default_factory=SaslOptions)
    wire: WireOptions = field(default_factory=WireOptions)
    barrier: Callable[[], "Deferred[Any] | None"] = _nothing_pending
    save: Save = _keep_nothing
    visitors: Visitors = field(default_factory=unlimited)
    pause: Callable[[float], Awaitable[Any]] = _no_pause
    shaping: Shaping = field(default_factory=lambda: unshaped(_never))
    waiting: "Callable[[str], Awaitable[Account | None]]" = _nobody_waits
    guest_host: str = ""
    resumptions: "dict[str, Session]" = field(default_factory=dict)
    realms: "Mapping[str, Realm]" = field(default_factory=dict)

    def of(self, host: str) -> "Realm | None":
        """The realm of that domain, which may be this one; ``None`` if it is not served here."""
        return self if host in self.router.hosts else self.realms.get(host)
