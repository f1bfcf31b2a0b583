"""
Presence: RFC 6121 §4 (broadcast, probes, unavailable at the end of a session) and directed presence (§4.6).

A session that hibernates keeps its presence; one that came back from a record has it again. Directed presence is
remembered in the session's marks so that rooms hear when its owner is gone. Leaves out who may see whom, which
:mod:`ccm.modules.subscriptions` decides, and polite delays for broadcasts.
"""

from typing import Any

from ccm import address
from ccm.bounds import CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.modules.presence_out import show
from ccm.modules.subscription_states import SEEN_BY, SEES
from ccm.router.contacts import Items
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, parse_element

_ELSEWHERE = (Target.ACCOUNT, Target.SESSION, Target.OTHER)


class PresenceOptions(Section):
    """To how many addresses at once a session may show itself directly, rooms among them."""

    max_directed: CountOr0 = 1000


class Presence:
    """Tells contacts who is here; each broadcast costs one template and a dictionary lookup a contact."""

    def __init__(self, router: Router, services: Services, options: PresenceOptions) -> None:
        self._router = router
        self._contacts = services.contacts
        self._max_directed = options.max_directed

    # ---- what a client sends

    @on.presence(to=Target.NONE)
    def broadcast(self, stanza: Stanza, origin: Any) -> Any:
        """A client's presence without an address (§4.2, §4.4, §4.5), or the server's word that one is gone."""
        if not self._router.is_client(origin):
            if origin is None and stanza.type == "unavailable" and stanza.from_ is not None:
                template = FanOut(stanza, stanza.from_)
                self._contacts.when(address.bare(stanza.from_), lambda items: self._spread(template, items))
            return HANDLED
        if stanza.type is None:
            self._available(origin, stanza)
        elif stanza.type == "unavailable":
            self._unavailable(origin, stanza)
        elif stanza.type != "error":
            raise StanzaError("bad-request", f"Presence of type “{stanza.type[:20]}” needs an address.")
        return HANDLED

    @on.any("presence", to=_ELSEWHERE, phase=Phase.FILTER)
    def remember(self, stanza: Stanza, origin: Any) -> None:
        """Directed presence (§4.6.2): who was told must hear of the end."""
        type_ = stanza.type
        if type_ not in (None, "unavailable") or not self._router.is_client(origin):
            return
        to = stanza.attrs["to"]
        directed: dict[str, int] = origin.state.setdefault("directed", {})
        if type_ is not None:
            directed.pop(to, None)
        elif to not in directed:
            if len(directed) >= self._max_directed:
                raise StanzaError("policy-violation", f"You may be in {self._max_directed} places. Leave one first.")
            directed[to] = 1

    # ---- what arrives for an account

    @on.presence("available", to=Target.ACCOUNT)
    @on.presence("unavailable", to=Target.ACCOUNT)
    def arrived(self, stanza: Stanza, _origin: Any) -> Any:
        """RFC 6121 §8.5.2.1.2: to every available resource."""
        for session in self._router.sessions_of(stanza.attrs["to"]):
            if session.presence is not None:
                session.deliver(stanza)
        return HANDLED

    @on.presence("probe", to=(Target.ACCOUNT, Target.SESSION))
    def probed(self, stanza: Stanza, _origin: Any) -> Any:
        """RFC 6121 §4.3.2: who may see is shown what there is."""
        to, asker = address.bare(stanza.attrs["to"]), stanza.from_ or ""
        if self._router.is_account(to):
            self._contacts.when(to, lambda items: self._answer(to, asker, items))
        else:
            self._router.route(Stanza("presence", {"type": "unsubscribed", "from": to, "to": address.bare(asker)}))
        return HANDLED

    # ---- the life of a session

    @on.event("session-bound")
    @on.event("session-resumed")
    def restored(self, session: Any) -> None:
        """A session made from a record after a restart is as available as it was; its contacts need not hear of it."""
        kept = session.state.get("presence")
        if kept and session.presence is None:
            session.presence = Stanza.from_element(parse_element(kept.encode()))
            session.priority = _priority(session.presence)
            self._router.fire("session-presence", session)

    @on.event("session-closed")
    def ended(self, session: Any) -> None:
        """RFC 6121 §4.5.2: the server sends unavailable for a client that could not."""
        if session.presence is not None or session.state.get("directed"):
            self._unavailable(session, Stanza("presence", {"type": "unavailable", "from": session.jid}))

    # ---- inside

    def _available(self, session: Any, stanza: Stanza) -> None:
        priority = _priority(stanza)
        first = session.presence is None
        session.priority, session.presence = priority, stanza
        session.state["presence"] = stanza.to_bytes(declared=True).decode()
        bare = address.bare(session.jid)
        self._contacts.when(bare, lambda items: self._announce(session, bare, stanza, first, items))
        if first:
            self._router.fire("session-available", session)
        self._router.fire("session-presence", session)

    def _announce(self, session: Any, bare: str, stanza: Stanza, first: bool, items: Items) -> None:
        own = [s for s in self._router.sessions_of(bare) if s.presence is not None]
        template = FanOut(stanza, session.jid)
        for other in own:
            other.deliver_raw(template)  # §4.2.2: to the resource itself as well
        self._spread(template, items)
        if not first:
            return
        for other in own:
            if other is not session and other.presence is not None:
                session.deliver(other.presence.copy(to=session.jid))
        for item in items.values():
            if item.subscription in SEES:
                self._probe(session, bare, item.jid)
            if item.pending_in:  # §3.1.3: "each time the contact creates an available resource"
                session.deliver(Stanza("presence", {"type": "subscribe", "from": item.jid, "to": bare}))

    def _unavailable(self, session: Any, stanza: Stanza) -> None:
        was_available = session.presence is not None
        session.priority = session.presence = None
        session.state.pop("presence", None)
        template = FanOut(stanza, session.jid)
        for to in session.state.pop("directed", ()):
            self._router.route(template.stanza.copy(to=to))
        if not was_available:
            return
        bare = address.bare(session.jid)
        for other in self._router.sessions_of(bare):
            if other.presence is not None:
                other.deliver_raw(template)
        self._contacts.when(bare, lambda items: self._spread(template, items))
        self._router.fire("session-unavailable", session, stanza)

    def _spread(self, template: FanOut, items: Items) -> None:
        """To each contact that may see it: straight to the sessions of those who are here."""
        router, bare = self._router, address.bare(template.stanza.from_ or "")
        sessions, hosts = router.sessions, router.hosts
        for item in items.values():
            if item.subscription not in SEEN_BY or router.apart(bare, item.jid):
                continue
            here = sessions.get(item.jid)
            if here is not None:
                for session in here.values():
                    if session.presence is not None:
                        session.deliver_raw(template)
            elif address.domain(item.jid) not in hosts:
                router.route(template.stanza.copy(to=item.jid))

    def _probe(self, session: Any, bare: str, contact: str) -> None:
        if self._router.apart(bare, contact):
            return
        if address.domain(contact) in self._router.hosts:
            for other in self._router.sessions_of(contact):
                if other.presence is not None:
                    session.deliver(other.presence.copy(to=session.jid))
        else:
            self._router.route(Stanza("presence", {"type": "probe", "from": bare, "to": contact}))

    def _answer(self, to: str, asker: str, items: Items) -> None:
        item = items.get(address.bare(asker))
        if address.bare(asker) != to and (item is None or item.subscription not in SEEN_BY):
            self._router.route(Stanza("presence", {"type": "unsubscribed", "from": to, "to": address.bare(asker)}))
        elif not show(self._router, to, asker):
            self._router.route(Stanza("presence", {"type": "unavailable", "from": to, "to": asker}))


def _priority(stanza: Stanza) -> int:
    """:raises StanzaError: ``bad-request`` if it is no integer between -128 and 127 (RFC 6121 §4.7.2.3)."""
    written = stanza.child_text("priority")
    if written is None:
        return 0
    try:
        priority = int(written)
    except ValueError:
        priority = 999
    if not -128 <= priority <= 127:
        raise StanzaError("bad-request", "A priority is an integer between -128 and 127.")
    return priority


plugin = Module("presence", "RFC 6121 §4", Presence, (), PresenceOptions)
