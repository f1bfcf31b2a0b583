"""
Delivery of messages to accounts: RFC 6121 §8.5, by availability and priority.

A message to a bare JID goes to every resource of non-negative priority (§8.5.2.1.1 leaves that choice). Leaves out
offline storage: what nobody can take now is returned to its sender, unless it says that it need not be kept
(XEP-0334) or is of no use later.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.router.hooks import HANDLED, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

_PASSING = ((ns.HINTS, "no-store"), (ns.HINTS, "no-permanent-store"))


class Messages:
    """Decides which sessions get a message."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._host = services.host
        self._now = services.now

    @on.message(to=Target.NONE)
    def without_address(self, stanza: Stanza, _origin: Any) -> Stanza:
        """RFC 6120 §10.3.1: it is for the sender's own account."""
        return stanza.copy(to=address.bare(stanza.from_ or ""))

    @on.message("error", to=(Target.HOST, Target.ACCOUNT))
    def dropped(self, _stanza: Stanza, _origin: Any) -> Any:
        """§8.5.2.1.1: an error to a bare JID is ignored."""
        return HANDLED

    @on.message("groupchat", to=Target.ACCOUNT)
    def refused(self, _stanza: Stanza, _origin: Any) -> Any:
        """§8.5.2.1.1: "For a message stanza of type "groupchat", the server MUST NOT deliver the stanza"."""
        raise StanzaError("service-unavailable", "Groupchat messages go to rooms, not to people.")

    @on.message(to=Target.ACCOUNT)
    def to_account(self, stanza: Stanza, _origin: Any) -> Any:
        """§8.5.2: to every available resource of non-negative priority."""
        resources = self._router.sessions.get(stanza.attrs["to"])
        delivered = False
        if resources is not None:
            for session in tuple(resources.values()):
                if session.priority is not None and session.priority >= 0:
                    session.deliver(stanza)
                    delivered = True
        if not delivered and stanza.type != "headline" and not _of_no_use_later(stanza):
            raise StanzaError("service-unavailable", "Nobody is there to read this now. Send it again later.")
        return HANDLED

    @on.message(to=Target.SESSION)
    def to_session(self, stanza: Stanza, _origin: Any) -> Any:
        """§8.5.3: to that resource; without it, a chat message is for the account (§8.5.3.2.1)."""
        session = self._router.session(stanza.attrs["to"])
        if session is not None:
            session.deliver(stanza)
            return HANDLED
        type_ = stanza.type
        if type_ in ("error", "headline"):
            return HANDLED
        if type_ == "chat" and not stanza.has(ns.MUC_USER):  # a room's private message is for that occupant only
            return self.to_account(stanza.copy(to=address.bare(stanza.attrs["to"])), None)
        raise StanzaError("service-unavailable", "That session has ended.")

    @on.event("session-lost")
    def lost(self, session: Any, stanzas: Iterable[Stanza]) -> None:
        """
        What a session never acknowledged is treated as if its resource had not been there (XEP-0198 §4, §8.5.3.2).

        A chat message goes to the account's other resources, stamped with now; the rest goes back, so that a room
        learns that its occupant is gone.
        """
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        delay = f"<delay xmlns='{ns.DELAY}' from='{self._host}' stamp='{stamp}'/>".encode()
        for stanza in stanzas:
            if stanza.kind == "presence" or stanza.from_ in (None, address.bare(session.jid)):
                continue  # what the server itself sent, pushes and carbons, has no second reader
            if stanza.kind == "message" and not stanza.has(ns.DELAY):
                stanza = stanza.with_child(ns.DELAY, "delay", delay)
            self._router.route(stanza.copy(to=session.jid))


def _of_no_use_later(stanza: Stanza) -> bool:
    if any(hint in stanza.children for hint in _PASSING):
        return True
    return bool(stanza.children) and all(namespace == ns.CHAT_STATES for namespace, _ in stanza.children)


plugin = Module("messages", "RFC 6121 §8.5", Messages)
