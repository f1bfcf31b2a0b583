"""
The presence of a component's domain, as its subscribers see it (RFC 6121 §4).

Several connections may speak for one domain, and the server knows best how much waits for it. Here they become one
presence: ``<show>dnd</show>`` with a reason while the domain is busy, or all its connections say so; unavailable while
nobody serves it. What a component says of itself passes only where it is news. Leaves out accepting subscriptions,
which components do; who has subscribed is learnt from what they say, and kept in the session state.
"""

from collections.abc import Callable, Coroutine
from typing import Any
from xml.sax.saxutils import escape

from twisted.logger import Logger

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StoreUnavailable
from ccm.interfaces import ISessionState
from ccm.wire.stanza import Stanza

log = Logger()

_AT_ONCE = 500  #: presences sent in one turn of the reactor
_OWN = {(ns.CLIENT, name) for name in ("show", "status", "priority")}
_DND = b"<show>dnd</show>"
_AWAY = b"unavailable"


class DomainPresence:
    """
    :param route: brings a stanza of the domain to whom it is for.
    :param state: where subscribers are kept.
    :param start: runs a coroutine in its own right.
    :param most: subscribers told at most.
    :ivar why: the reason of being busy, ``""`` when the domain is not.
    """

    def __init__(
        self,
        jid: str,
        route: Callable[[Stanza], None],
        state: ISessionState | None,
        start: Callable[[Coroutine[Any, Any, None]], Any],
        later: Callable[[float, Callable[[], Any]], Callable[[], None]],
        most: int,
    ) -> None:
        self.jid = jid
        self.why = ""
        self._route, self._state, self._start, self._later, self._most = route, state, start, later, most
        self._key = f"subscribers:{jid}"
        #: bare JID of a subscriber -> content of the presence it saw last, ``None`` if it must see the next one.
        self._told: dict[str, bytes | None] = {}
        self._says: dict[Any, bytes] = {}

    def join(self, speaker: Any) -> None:
        """A connection serves the domain."""
        if not self._says and self._state is not None:
            self._start(self._recall(self._state))
        self._says[speaker] = b""

    def leave(self, speaker: Any) -> None:
        """A connection is gone; without any other the domain is not there."""
        self._says.pop(speaker, None)
        self._broadcast()

    def become(self, why: str) -> None:
        """Busy, for that reason; or ``""``: available."""
        self.why = why
        log.info("{domain} is {state}.", domain=self.jid, state="busy" if why else "available")
        self._broadcast()

    def asked(self, stanza: Stanza) -> None:
        """A presence came for the domain: who probes or subscribes must see an answer, and sees it from here."""
        type_, who = stanza.type, address.bare(stanza.from_ or "")
        if type_ == "probe" and who in self._told:
            self._tell(who, self._now_seen())
        elif type_ in ("probe", "subscribe") and who in self._told:
            self._told[who] = None

    def said(self, stanza: Stanza, speaker: Any) -> Stanza | None:
        """What becomes of a presence that a connection sent: something to bring on, or ``None``."""
        if stanza.from_ != self.jid or not set(stanza.children) <= _OWN:
            return stanza
        who = address.bare(stanza.to or "")
        if stanza.type == "subscribed":
            self._remember(who)
        elif stanza.type == "unsubscribed":
            self._forget(who)
        if stanza.type not in (None, "unavailable"):
            return stanza
        if stanza.type == "unavailable":
            self._says.pop(speaker, None)
        else:
            self._says[speaker] = stanza.inner
        seen = self._now_seen()
        if self._told.get(who) == seen:
            return None
        if who in self._told or len(self._told) < self._most:
            self._told[who] = seen
        return self._presence(stanza.to or "", seen)

    # ---- inside

    def _now_seen(self) -> bytes:
        if not self._says:
            return _AWAY
        if self.why:
            return _DND + f"<status>{escape(self.why)}</status>".encode()
        free = [inner for inner in self._says.values() if _DND not in inner]
        return free[0] if free else next(iter(self._says.values()))

    def _presence(self, to: str, seen: bytes) -> Stanza:
        attrs = {"from": self.jid, "to": to}
        if seen == _AWAY:
            return Stanza("presence", {**attrs, "type": "unavailable"})
        names = tuple((ns.CLIENT, name) for name in ("show", "status", "priority") if b"<%b" % name.encode() in seen)
        return Stanza("presence", attrs, seen, names)

    def _tell(self, who: str, seen: bytes) -> None:
        self._told[who] = seen
        self._route(self._presence(who, seen))

    def _broadcast(self) -> None:
        seen = self._now_seen()
        self._some(seen, [who for who, told in self._told.items() if told != seen])

    def _some(self, seen: bytes, left: list[str]) -> None:
        if seen != self._now_seen():
            return  # things changed again meanwhile
        for who in left[:_AT_ONCE]:
            if who in self._told:
                self._tell(who, seen)
        if len(left) > _AT_ONCE:
            self._later(0, lambda: self._some(seen, left[_AT_ONCE:]))

    async def _recall(self, state: ISessionState) -> None:
        try:
            known = await state.hash_all(self._key)
        except StoreUnavailable as error:
            log.warn("The subscribers of {domain} are not known yet: {why}", domain=self.jid, why=str(error))
            return
        for who in list(known)[: self._most]:
            self._told.setdefault(who, None)

    def _remember(self, who: str) -> None:
        if who in self._told:
            self._told[who] = None
        elif len(self._told) < self._most:
            self._told[who] = None
            if self._state is not None:
                self._start(self._keep(self._state, who, keep=True))

    def _forget(self, who: str) -> None:
        self._told.pop(who, None)
        if self._state is not None:
            self._start(self._keep(self._state, who, keep=False))

    async def _keep(self, state: ISessionState, who: str, *, keep: bool) -> None:
        try:
            if keep:
                await state.hash_set(self._key, who, b"1")
            else:
                await state.hash_delete(self._key, who)
        except StoreUnavailable as error:  # found again by the subscriber's next probe
            log.warn("A subscriber of {domain} was not noted: {why}", domain=self.jid, why=str(error))
