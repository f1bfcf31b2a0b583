"""
Delivery of messages to accounts: RFC 6121 §8.5, by availability and priority.

A message to a bare JID goes to every resource of non-negative priority (§8.5.2.1.1 leaves that choice). What nobody can
take now waits if a module keeps it (:mod:`ccm.modules.offline`); else it is returned to its sender, unless it
says that it need not be kept (XEP-0334) or is of no use later.
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
from ccm.wire import stamps
from ccm.wire.stanza import Stanza

_PASSING = ((ns.HINTS, "no-store"), (ns.HINTS, "no-permanent-store"))
_SAID = frozenset({(ns.CLIENT, "body"), (ns.HINTS, "store")})
_NOBODY = "Nobody is there to read this now. Send it again later."


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
        """§8.5.2: to every available resource of non-negative priority; else it waits, if somebody keeps it."""
        router = self._router
        if router.behind and stanza.attrs["to"] in router.behind and self._waits_behind(stanza):
            return HANDLED  # what came before it is on its way
        if self._reached(stanza) or stanza.type == "headline" or router.keep(stanza) or _of_no_use_later(stanza):
            return HANDLED
        raise StanzaError("service-unavailable", _NOBODY)

    def _waits_behind(self, stanza: Stanza) -> bool:
        return self._router.would_keep(stanza) and self._router.keep(stanza)

    def _reached(self, stanza: Stanza) -> bool:
        delivered = False
        resources = self._router.sessions.get(stanza.attrs["to"])
        if resources is not None:
            for session in tuple(resources.values()):
                if session.priority is not None and session.priority >= 0:
                    session.deliver(stanza)
                    delivered = True
        return delivered

    @on.message(to=Target.SESSION)
    def to_session(self, stanza: Stanza, _origin: Any) -> Any:
        """§8.5.3: to that resource; without it, a chat message is for the account (§8.5.3.2.1)."""
        router, to = self._router, stanza.attrs["to"]
        session = router.session(to)
        if session is not None:
            if router.behind and address.bare(to) in router.behind and self._waits_behind(_to_bare(stanza)):
                return HANDLED
            session.deliver(stanza)
            return HANDLED
        type_ = stanza.type
        if type_ in ("error", "headline"):
            return HANDLED
        if type_ == "chat" and not stanza.has(ns.MUC_USER):  # a room's private message is for that occupant only
            return self.to_account(_to_bare(stanza), None)
        raise StanzaError("service-unavailable", "That session has ended.")

    @on.event("session-lost")
    def lost(self, session: Any, stanzas: Iterable[Stanza]) -> None:
        """
        What a session never acknowledged is treated as if its resource had not been there (XEP-0198 §4, §8.5.3.2).

        What somebody said goes to the account's other resources, stamped with now, or waits for it; the rest goes back,
        so that a room learns that its occupant is gone.
        """
        delay = stamps.delay(self._host, datetime.fromtimestamp(self._now(), UTC))
        for stanza in stanzas:
            if stanza.kind == "presence" or stanza.from_ in (None, address.bare(session.jid)):
                continue  # what the server itself sent, pushes and carbons, has no second reader
            stanza = stanza.copy(to=session.jid)
            if stanza.kind == "message" and _is_for_account(stanza):
                self._again(_to_bare(stanza), delay)
            else:
                self._router.route(stanza)

    def _again(self, stanza: Stanza, delay: bytes) -> None:
        """Past the filters: it has passed them, is in archives, and was copied to whom it concerns."""
        delayed = stanza if stanza.has(ns.DELAY) else stanza.with_child(ns.DELAY, "delay", delay)
        try:
            if not (self._reached(delayed) or self._router.keep(stanza) or _of_no_use_later(stanza)):
                raise StanzaError("service-unavailable", _NOBODY)
        except StanzaError as error:
            self._router.route(stanza.error(error))


def _to_bare(stanza: Stanza) -> Stanza:
    return stanza.copy(to=address.bare(stanza.attrs["to"]))


def _is_for_account(stanza: Stanza) -> bool:
    """Whether others may read what was for one session: not what a room told its occupant."""
    if stanza.type == "chat":
        return not stanza.has(ns.MUC_USER)
    return stanza.type in (None, "normal") and not _SAID.isdisjoint(stanza.children)


def _of_no_use_later(stanza: Stanza) -> bool:
    if any(hint in stanza.children for hint in _PASSING):
        return True
    return bool(stanza.children) and all(namespace == ns.CHAT_STATES for namespace, _ in stanza.children)


plugin = Module("messages", "RFC 6121 §8.5", Messages)
