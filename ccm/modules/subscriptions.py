"""
Presence subscriptions: RFC 6121 §3, for both sides that live here.

The stanzas of clients are taken by a filter, which changes the sender's roster and sends them on from the bare JID;
those that arrive for an account are then handled. Leaves out the content of a stored request: what is sent again at
sign-in is a bare ``subscribe``.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.modules.presence_out import part, show, withdraw
from ccm.modules.roster_push import RosterPush
from ccm.modules.subscription_states import TYPES, Outcome, inbound, outbound
from ccm.router.contacts import Items
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

F = TypeVar("F", bound=Callable[..., Any])
_ANYWHERE = (Target.HOST, Target.ACCOUNT, Target.SESSION, Target.OTHER)
_HERE = (Target.ACCOUNT, Target.SESSION)


class SubscriptionOptions(Section):
    """How many contacts, requests from strangers included, one account may gather."""

    max_contacts: CountOr0 = 2000


def _each_type(to: tuple[Target, ...], phase: Phase) -> Callable[[F], F]:
    def mark(method: F) -> F:
        for type_ in TYPES:
            method = on.presence(type_, to=to, phase=phase)(method)
        return method

    return mark


class Subscriptions:
    """Who may see whose presence."""

    def __init__(self, router: Router, services: Services, options: SubscriptionOptions) -> None:
        self._router = router
        self._contacts = services.contacts
        self._rosters = services.rosters
        self._max = options.max_contacts
        self._pushes = RosterPush(router)
        router.add_stream_feature(lambda: b"<sub xmlns='urn:xmpp:features:pre-approval'/>")

    @_each_type(_ANYWHERE, Phase.FILTER)
    def sent(self, stanza: Stanza, origin: Any) -> Any:
        """A client's stanza (§3.1.2, §3.2.2, §3.3.2, §3.4.2)."""
        if not self._router.is_client(origin):
            return None
        user = address.bare(origin.jid)
        contact = address.bare(stanza.to or "")
        if user != contact:
            onward = stanza.copy(from_=user, to=contact)
            if not self._router.is_account(user):
                self._router.route(onward)  # a guest has no roster to keep it in
            else:
                self._contacts.when(user, lambda items: self._send(user, contact, onward, items))
        return HANDLED

    @_each_type(_HERE, Phase.HANDLE)
    def arrived(self, stanza: Stanza, _origin: Any) -> Any:
        """A stanza for an account (§3.1.3, §3.1.6, §3.2.3, §3.3.3); to nobody's address it is ignored (§8.5.1)."""
        user = address.bare(stanza.to or "")
        contact = address.bare(stanza.from_ or "")
        if self._router.is_account(user) and user != contact:
            self._contacts.when(user, lambda items: self._receive(user, contact, stanza, items))
        return HANDLED

    @on.event("account-deleted")
    async def parted(self, jid: str) -> None:
        """An account is gone, and so is what was between it and its contacts: who has its name next is a stranger."""
        if address.domain(jid) in self._router.hosts:
            for item in (await self._rosters.left_by(jid)).values():
                part(self._router, jid, item)

    def _send(self, user: str, contact: str, stanza: Stanza, items: Items) -> None:
        if contact not in items and len(items) >= self._max:
            full = StanzaError("policy-violation", f"A roster holds {self._max} contacts. Remove one first.")
            for session in self._router.sessions_of(user):
                session.deliver(stanza.copy(from_=session.jid).error(full))
            return
        outcome = outbound(items.get(contact), contact, stanza.type or "")
        self._keep(user, contact, outcome, items)
        if outcome.hidden:
            withdraw(self._router, user, contact)
        if outcome.passed:
            self._router.route(stanza)
        if outcome.shown:
            show(self._router, user, contact)

    def _receive(self, user: str, contact: str, stanza: Stanza, items: Items) -> None:
        if contact not in items and len(items) >= self._max:
            return  # strangers must not fill a roster; RFC 6121 §13.3 lets a server drop such requests
        outcome = inbound(items.get(contact), contact, stanza.type or "")
        self._keep(user, contact, outcome, items)
        if outcome.reply is not None:
            self._router.route(Stanza("presence", {"type": outcome.reply, "from": user, "to": contact}))
        if outcome.passed:
            onward = stanza.copy(from_=contact, to=user)
            for session in self._router.sessions_of(user):
                if session.presence is not None or (stanza.type != "subscribe" and session.state.get("roster")):
                    session.deliver(onward)
        if outcome.hidden:
            withdraw(self._router, user, contact)
        if outcome.shown:
            show(self._router, user, contact)

    def _keep(self, user: str, contact: str, outcome: Outcome, items: Items) -> None:
        if outcome.changed:
            self._contacts.write(user, contact, outcome.item)
        if outcome.push:
            self._pushes.push(user, items, contact)


plugin = Module("subscriptions", "RFC 6121 §3", Subscriptions, (ns.PRE_APPROVAL,), SubscriptionOptions)
