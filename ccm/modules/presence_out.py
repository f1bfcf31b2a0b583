"""Somebody's presence shown to, or withdrawn from, one other address (RFC 6121 §3 and §4.3)."""

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
