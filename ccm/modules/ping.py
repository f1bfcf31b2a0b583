"""XEP-0199 XMPP Ping 2.0.1: host and accounts answer; leaves out pinging clients, which the session does."""

from typing import Any

from ccm import namespaces as ns
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza


class Ping:
    """Answers pings to the server and, on behalf of their owners, to bare addresses of accounts."""

    def __init__(self, router: Router, _services: Services, _options: Any) -> None:
        self._is_account = router.is_account

    @on.iq("get", ns.PING, "ping", to=(Target.NONE, Target.HOST, Target.ACCOUNT))
    def pong(self, stanza: Stanza, _origin: Any) -> Stanza | None:
        """XEP-0199 §4.2; an account that does not exist stays unanswered here, which makes it an error."""
        to = stanza.to
        if to is not None and "@" in to and not self._is_account(to):
            return None
        return stanza.result()


plugin = Module("ping", "XEP-0199 2.0.1", Ping, (ns.PING,))
