"""The push service of an app, as a module for scripts: ``push.localhost`` shows what it gets to whom its node names."""

from typing import Any

from ccm.errors import StanzaError
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza


class AppServer:
    """Node ``JID`` shows that client each notification; node ``gone JID`` does so, and says that it is not there."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self.jid = f"push.{services.host}"
        router.add_domain(self.jid, self)

    def deliver(self, stanza: Stanza) -> None:
        """Take a notification."""
        if (stanza.kind, stanza.type) != ("iq", "set"):
            return
        publish = next(next(stanza.element.elements()).elements())
        gone, _, client = str(publish["node"]).rpartition(" ")
        attrs = {"type": "headline", "from": self.jid, "to": client}
        self._router.route(Stanza("message", attrs, stanza.inner, stanza.children))
        self._router.route(stanza.error(StanzaError("item-not-found")) if gone else stanza.result())

    def deliver_raw(self, template: Any) -> None:
        """Nothing comes so."""


plugin = Module("app_server", "none", AppServer)
