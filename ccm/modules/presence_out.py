"""Somebody's presence shown to, or withdrawn from, one other address, also for good (RFC 6121 §3 and §4.3)."""

from typing import Any

from ccm.modules.subscription_states import SEEN_BY, SEES
from ccm.records import RosterItem
from ccm.router.router import Router
from ccm.wire.stanza import Stanza


def show(router: Router, bare: str, to: str) -> int:
    """Send the presence of each available resource of *bare*; answers how many there were."""
    available = [session.presence for session in router.sessions_of(bare) if session.presence is not None]
    for presence in available:
        router.route(presence.copy(to=to))
    return len(available)


def withdraw(router: Router, bare: str, to: str) -> None:
    """Send ``unavailable`` for each available resource of *bare*."""
    for session in router.sessions_of(bare):
        if session.presence is not None:
            router.route(Stanza("presence", {"type": "unavailable", "from": session.jid, "to": to}))


def leave(router: Router, session: Any, to: str) -> None:
    """Take back what a session showed to one address directly (§4.6): it leaves a room so."""
    session.state["directed"].pop(to, None)
    router.route(Stanza("presence", {"type": "unavailable", "from": session.jid, "to": to}))


def part(router: Router, bare: str, old: RosterItem) -> None:
    """End both directions of what was there between somebody and a contact (RFC 6121 §2.5.2)."""
    if old.subscription in SEES or old.ask:
        router.route(Stanza("presence", {"type": "unsubscribe", "from": bare, "to": old.jid}))
    if old.subscription in SEEN_BY or old.pending_in:
        if old.subscription in SEEN_BY:
            withdraw(router, bare, old.jid)
        router.route(Stanza("presence", {"type": "unsubscribed", "from": bare, "to": old.jid}))
