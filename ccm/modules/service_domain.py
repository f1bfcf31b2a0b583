"""
What every service at a domain of its own answers alike: XEP-0030 2.5.0, XEP-0199 2.0.1, and that it is nothing else.

Leaves out what the service is for.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.router.hooks import Target, on
from ccm.router.router import Router
from ccm.wire.stanza import Stanza, attribute

#: ``(asker, node)`` -> what is inside the answer; the asker is a bare JID, the node ``""`` for the domain itself.
#: Raises ``StanzaError`` for a node that is not there.
Tell = Callable[[str, str], Awaitable[bytes]]


class ServiceDomain:
    """
    :param info: for ``disco#info``. :param items: for ``disco#items``.
    :param purpose: one sentence, for whoever sends anything else.
    """

    def __init__(self, router: Router, jid: str, info: Tell, items: Tell, purpose: str) -> None:
        self.jid = jid
        self._router = router
        self._info = info
        self._items = items
        self._purpose = purpose
        router.attach(self)

    @on.iq("get", ns.DISCO_INFO, "query", to=Target.OTHER)
    def info(self, stanza: Stanza, _origin: Any) -> Any:
        """XEP-0030 §3.1."""
        return self._told(stanza, ns.DISCO_INFO, self._info) if stanza.to == self.jid else None

    @on.iq("get", ns.DISCO_ITEMS, "query", to=Target.OTHER)
    def items(self, stanza: Stanza, _origin: Any) -> Any:
        """XEP-0030 §4.1."""
        return self._told(stanza, ns.DISCO_ITEMS, self._items) if stanza.to == self.jid else None

    @on.iq("get", ns.PING, "ping", to=Target.OTHER)
    def ping(self, stanza: Stanza, _origin: Any) -> Stanza | None:
        """XEP-0199 §4.2."""
        return stanza.result() if stanza.to == self.jid else None

    def refuse(self, stanza: Stanza) -> None:
        """Anything that nobody asked for; answers, errors and presence stay without one."""
        if stanza.type != "error" and (stanza.kind, stanza.type) != ("iq", "result") and stanza.kind != "presence":
            self._router.route(stanza.error(StanzaError("service-unavailable", self._purpose)))

    async def _told(self, stanza: Stanza, namespace: str, tell: Tell) -> Stanza:
        node = (b"node" in stanza.inner and next(stanza.element.elements()).getAttribute("node")) or ""
        inner = await tell(address.bare(stanza.from_ or ""), node)
        named = f" node='{attribute(node)}'" if node else ""
        return stanza.result(
            b"<query xmlns='%b'%b>%b</query>" % (namespace.encode(), named.encode(), inner), ((namespace, "query"),)
        )
