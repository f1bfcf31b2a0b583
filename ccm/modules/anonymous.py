"""
What those may do who signed in as nobody (XEP-0175 1.2 §5, SASL ANONYMOUS): talk, in rooms and with people.

They are sessions of a host of ours without an account. They subscribe to nobody and ask nothing of components but to be
shown what they may see, so that nothing is kept for them: no contacts, no topics, no account. That they have no roster,
archive or messages that wait is each module's own rule. Leaves out which hosts let them in: ``sasl.anonymous_hosts``,
and that what they say stays at its domain unless the options say otherwise (:mod:`ccm.router.neighbours`).
"""

from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.router.hooks import Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

_ANYWHERE = (Target.NONE, Target.HOST, Target.ACCOUNT, Target.SESSION, Target.OTHER)


class AnonymousOptions(Section):
    """``elsewhere``: whether they may write to other domains, here or at other servers."""

    elsewhere: bool = False


class Anonymous:
    """Knows who is here without an account; everybody else costs one look whether anybody is."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._rooms = f"conference.{services.host}"
        self._here: set[str] = set()

    @on.event("session-bound")
    @on.event("session-resumed")
    def arrived(self, session: Any) -> None:
        """Somebody came."""
        if not self._router.is_account(address.bare(session.jid)):
            self._here.add(session.jid)

    @on.event("session-closed")
    def gone(self, session: Any) -> None:
        """And went."""
        self._here.discard(session.jid)

    @on.any("iq", to=_ANYWHERE, phase=Phase.FILTER)
    @on.presence("subscribe", to=_ANYWHERE, phase=Phase.FILTER)
    @on.presence("subscribed", to=_ANYWHERE, phase=Phase.FILTER)
    @on.presence("unsubscribe", to=_ANYWHERE, phase=Phase.FILTER)
    @on.presence("unsubscribed", to=_ANYWHERE, phase=Phase.FILTER)
    def check(self, stanza: Stanza, origin: Any) -> None:
        """:raises StanzaError: ``forbidden`` for what would have to be kept for them."""
        if self._here and getattr(origin, "jid", "") in self._here and not self._may(stanza):
            raise StanzaError("forbidden", "That is for people with an account. Register, and sign in with it.")

    def _may(self, stanza: Stanza) -> bool:
        if stanza.kind == "presence":
            return False
        domain = address.domain(stanza.to) if stanza.to else ""
        person = "@" in (stanza.to or "") or domain in self._router.hosts or not domain
        component = not person and domain != self._rooms
        return not component or stanza.type != "set" or stanza.payload == (ns.PING, "ping")


plugin = Module("anonymous", "XEP-0175 1.2", Anonymous, (), AnonymousOptions)
