"""
XEP-0280 Message Carbons 1.0.1: a person's other clients get copies of what one of them sends and receives.

Copied are messages of type chat and those of type normal with a body, unless marked private (§6.1). Private messages
of rooms are copied when sent, not when received: they were for the client that is in the room. Leaves out copies of
errors.
"""

from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.modules.stanza_ids import of_sender
from ccm.router.hooks import Order, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

CARBONS = "urn:xmpp:carbons:2"
_PRIVATE = ((CARBONS, "private"), (ns.HINTS, "no-copy"), (CARBONS, "received"), (CARBONS, "sent"))
_BODY = (ns.CLIENT, "body")
_ANYBODY = (Target.ACCOUNT, Target.SESSION, Target.OTHER)


class Carbons:
    """Watches messages of accounts that asked for copies; others cost one dictionary lookup."""

    def __init__(self, router: Router, _services: Services, _options: Any) -> None:
        self._router = router
        #: bare JID -> full JIDs that want copies
        self._wanting: dict[str, set[str]] = {}

    @on.iq("set", CARBONS, "enable", to=(Target.NONE, Target.ACCOUNT))
    def enable(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0280 §4."""
        self._own(stanza, origin).state["carbons"] = True
        self.noticed(origin)
        return stanza.result()

    @on.iq("set", CARBONS, "disable", to=(Target.NONE, Target.ACCOUNT))
    def disable(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0280 §5."""
        self._own(stanza, origin).state.pop("carbons", None)
        self.gone(origin)
        return stanza.result()

    @on.event("session-bound")
    @on.event("session-resumed")
    def noticed(self, session: Any) -> None:
        """One that came back from a record wants what it wanted before."""
        if session.state.get("carbons"):
            self._wanting.setdefault(address.bare(session.jid), set()).add(session.jid)

    @on.event("session-closed")
    def gone(self, session: Any) -> None:
        """It wants nothing any more."""
        bare = address.bare(session.jid)
        wanting = self._wanting.get(bare)
        if wanting is not None:
            wanting.discard(session.jid)
            if not wanting:
                del self._wanting[bare]

    @on.any("message", to=_ANYBODY, phase=Phase.FILTER, order=Order.COPY)
    def copy(self, stanza: Stanza, origin: Any) -> None:
        """XEP-0280 §7 and §8."""
        if not self._wanting:
            return
        to, from_ = stanza.attrs["to"], stanza.from_ or ""
        receiver, sender = address.bare(to), address.bare(from_)
        if receiver in self._wanting and _is_eligible(stanza) and not stanza.has(ns.MUC_USER):
            reached = self._reached(to, stanza.type)
            if reached:
                self._send("received", stanza, receiver, reached)
        if sender in self._wanting and sender != receiver and self._router.is_client(origin) and _is_eligible(stanza):
            self._send("sent", of_sender(stanza, receiver, sender), sender, {from_})

    def _own(self, stanza: Stanza, origin: Any) -> Any:
        if stanza.to is not None and stanza.to != address.bare(stanza.from_ or ""):
            raise StanzaError("forbidden", "Copies are asked for on one's own account.")
        if not self._router.is_client(origin):
            raise StanzaError("not-allowed", "Only clients get copies.")
        return origin

    def _reached(self, to: str, type_: str | None) -> set[str]:
        """The sessions that get the message itself; none if it goes back to its sender."""
        if self._router.session(to) is not None:
            return {to}
        if "/" in to and type_ != "chat":
            return set()  # it was for that session alone (RFC 6121 §8.5.3.2.1)
        sessions = self._router.sessions_of(address.bare(to))
        return {s.jid for s in sessions if s.priority is not None and s.priority >= 0}

    def _send(self, name: str, stanza: Stanza, bare: str, but: set[str]) -> None:
        forwarded = f"<forwarded xmlns='{ns.FORWARD}'>".encode() + stanza.to_bytes(declared=True) + b"</forwarded>"
        inner = f"<{name} xmlns='{CARBONS}'>".encode() + forwarded + f"</{name}>".encode()
        attrs = {"from": bare, "type": stanza.type or "normal"}
        for jid in self._wanting[bare] - but:
            session = self._router.session(jid)
            if session is not None:
                session.deliver(Stanza("message", {**attrs, "to": jid}, inner, ((CARBONS, name),)))


def _is_eligible(stanza: Stanza) -> bool:
    type_ = stanza.type
    if type_ != "chat" and (type_ not in (None, "normal") or _BODY not in stanza.children):
        return False
    return not any(mark in stanza.children for mark in _PRIVATE)


plugin = Module("carbons", "XEP-0280 1.0.1", Carbons, (CARBONS,))
