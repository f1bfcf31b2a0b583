"""
A component's presence, by which it shapes the traffic it gets (RFC 6121 §3 and §4, as a component keeps it).

Every subscription is accepted. While the component is overwhelmed its subscribers see ``<show>dnd</show>`` with a
reason. Subscribers are kept in the session state; who has been lost there is found again by their server's probe.
"""

from twisted.logger import Logger
from twisted.words.protocols.jabber.jid import JID

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm.components.context import Context
from wokkel.xmppim import PresenceProtocol, ProbePresence, SubscriptionPresence

log = Logger()

MAX_SUBSCRIBERS = 100_000
BUSY_STATUS = "Very busy. Requests take longer or are refused for now."


class ComponentPresence(PresenceProtocol):  # type: ignore[misc]
    """Answers subscriptions and probes, and broadcasts when the component becomes busy or free."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._key = f"subscribers:{context.domain}"
        self._known: set[str] = set()
        self._me = JID(context.domain)
        self.busy = False

    def connectionInitialized(self) -> None:
        super().connectionInitialized()
        self._context.spawn(self._start())

    async def _start(self) -> None:
        self._known |= set(await self._context.state.hash_all(self._key))
        self._broadcast()

    def become(self, busy: bool) -> None:
        """Tell all subscribers whether the component is overwhelmed."""
        self.busy = busy
        log.info("{domain} is {state}.", domain=self._context.domain, state="busy" if busy else "available")
        self._broadcast()

    # ---- called by wokkel

    def subscribeReceived(self, presence: SubscriptionPresence) -> None:
        who = presence.sender.userhostJID()
        if presence.recipient != self._me or len(self._known) >= MAX_SUBSCRIBERS:
            return
        self.subscribed(who, sender=self._me)
        self._remember(who.full())
        self._show(who)

    def unsubscribeReceived(self, presence: SubscriptionPresence) -> None:
        who = presence.sender.userhost()
        self._known.discard(who)
        self.unsubscribed(presence.sender.userhostJID(), sender=self._me)
        self._context.spawn(self._forget(who))

    def probeReceived(self, presence: ProbePresence) -> None:
        if presence.recipient == self._me:
            self._remember(presence.sender.userhost())
            self._show(presence.sender)

    # ---- inside

    def _broadcast(self) -> None:
        if self.xmlstream is not None:
            for who in sorted(self._known):
                self._show(JID(who))

    def _show(self, who: JID) -> None:
        if self.busy:
            self.available(who, show="dnd", status=BUSY_STATUS, sender=self._me)
        else:
            self.available(who, sender=self._me)

    def _remember(self, who: str) -> None:
        if who not in self._known:
            self._known.add(who)
            self._context.spawn(self._keep(who))

    async def _keep(self, who: str) -> None:
        await self._context.state.hash_set(self._key, who, b"1")

    async def _forget(self, who: str) -> None:
        await self._context.state.hash_delete(self._key, who)
