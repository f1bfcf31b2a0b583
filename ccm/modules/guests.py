"""
What guests may do: take part in the one topic that they were invited to (``docs/protocol.md``, Guests).

Asks nothing of anybody: the scope of the token that a guest came in with is a mark of the session. Ends the session
when the visit is over. Leaves out what rooms and components refuse to whoever is no member.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.router.hooks import Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.guests import MARK, Scope
from ccm.wire.stanza import Stanza

_ANYWHERE = (Target.NONE, Target.HOST, Target.ACCOUNT, Target.SESSION, Target.OTHER)
_COMMAND = (ns.COMMANDS, "command")
#: Requests of type set, and commands, that a guest may send to each component; None is every one.
_COMPONENTS: dict[str, frozenset[str] | None] = {
    "topics": frozenset({"topics", "topic"}),
    "invitations": frozenset({"invitations", "rsvp"}),
    "reporter": None,
    "accounts": frozenset({"claim", "export"}),
    "upload": frozenset(),  # which has a say of its own: modules.upload.guests
}
_OWN = frozenset(
    {(ns.TOKEN, "token"), (ns.TOKEN, "revoke"), ("urn:xmpp:carbons:2", "enable"), ("urn:xmpp:carbons:2", "disable")}
)
_SUBSCRIPTIONS = frozenset({"subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"})


class Guests:
    """Knows the guests who are signed in; everybody else costs one look whether there are any."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._host = services.host
        self._domain = services.guest_host
        self._now = services.now
        self._later = services.later
        self._scopes: dict[str, Scope] = {}
        self._timers: dict[str, Callable[[], None]] = {}

    @on.event("session-bound")
    @on.event("session-resumed")
    def arrived(self, session: Any) -> None:
        """A guest came in, or came back: until the visit ends."""
        if not self._domain or address.domain(session.jid) != self._domain:
            return
        try:
            scope = Scope.parse(session.state.get(MARK, ""))
        except ValueError:
            session.close("not-authorized", "Follow the link of your invitation to come in.")
            return
        self._left(session.jid)
        self._scopes[session.jid] = scope
        seconds = max((scope.until - datetime.fromtimestamp(self._now(), UTC)).total_seconds(), 0)
        self._timers[session.jid] = self._later(seconds, lambda: self._over(session))

    @on.event("session-closed")
    def gone(self, session: Any) -> None:
        """The session has ended; another one may have its address already."""
        current = self._router.session(session.jid)
        if session.jid in self._scopes and (current is None or current is session):
            self._left(session.jid)

    @on.any("iq", to=_ANYWHERE, phase=Phase.FILTER)
    @on.any("message", to=_ANYWHERE, phase=Phase.FILTER)
    @on.any("presence", to=_ANYWHERE, phase=Phase.FILTER)
    def check(self, stanza: Stanza, origin: Any) -> None:
        """:raises StanzaError: ``forbidden`` for what a guest may not send."""
        if not self._scopes:
            return
        scope = self._scopes.get(getattr(origin, "jid", ""))
        if scope is not None and not self._may(scope, stanza):
            raise StanzaError("forbidden", "Guests take part in one topic. Keep your place with an account to do more.")

    def _may(self, scope: Scope, stanza: Stanza) -> bool:
        own = address.bare(stanza.from_ or "")
        to = stanza.to or own
        bare, domain = address.bare(to), address.domain(to)
        if stanza.type == "error" or (stanza.kind == "iq" and stanza.type == "result"):
            return bare in (own, scope.room, domain)  # who asks guests: the server, components, whoever is in the room
        if bare in (own, self._host, self._domain):
            return _of_own(stanza)
        if domain == address.domain(scope.room):
            return _in_room(scope, stanza, bare)
        name, _, rest = domain.partition(".")
        return bare == domain and rest == self._host and name in _COMPONENTS and _to_component(name, stanza)

    def _over(self, session: Any) -> None:
        session.close("not-authorized", "Your visit has ended. Ask for a new link, or follow the one you have again.")

    def _left(self, jid: str) -> None:
        self._scopes.pop(jid, None)
        cancel = self._timers.pop(jid, None)
        if cancel is not None:
            cancel()


def _of_own(stanza: Stanza) -> bool:
    """To the server, or to the guest's own address."""
    if stanza.kind == "iq" and stanza.type == "set":
        return stanza.payload in _OWN
    return stanza.kind != "presence" or stanza.type not in _SUBSCRIPTIONS


def _in_room(scope: Scope, stanza: Stanza, bare: str) -> bool:
    """To rooms: their own alone, where they invite nobody."""
    if bare != scope.room:
        return stanza.kind == "iq" and stanza.type == "get" and bare == address.domain(scope.room)
    if stanza.kind != "message" or not stanza.has(ns.MUC_USER, "x"):
        return True
    return not any(any(x.elements(ns.MUC_USER, "invite")) for x in stanza.element.elements(ns.MUC_USER, "x"))


def _to_component(name: str, stanza: Stanza) -> bool:
    """What is asked for is read by a component itself, which shows members their topic alone."""
    if stanza.kind == "presence":
        return True
    if stanza.kind != "iq":
        return False
    allowed = _COMPONENTS[name]
    if allowed is None or stanza.type == "get" or stanza.payload is None:
        return True
    if stanza.payload == _COMMAND:
        node = next(stanza.element.elements(*_COMMAND)).getAttribute("node") or ""
        return node.rpartition("#")[2] in allowed
    return stanza.payload[1] in allowed


plugin = Module("guests", "CCM", Guests)
