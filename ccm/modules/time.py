"""XEP-0202 Entity Time 2.0: the server's clock, always in UTC, so that its zone stays its own affair."""

from datetime import UTC, datetime
from typing import Any

from ccm import namespaces as ns
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza


class Time:
    """Answers what time it is here."""

    def __init__(self, _router: Router, services: Services, _options: Any) -> None:
        self._now = services.now

    @on.iq("get", ns.TIME, "time", to=(Target.NONE, Target.HOST))
    def tell(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0202 §2, in the form of XEP-0082."""
        utc = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        inner = b"<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>%b</utc></time>" % utc
        return stanza.result(inner, ((ns.TIME, "time"),))


plugin = Module("time", "XEP-0202 2.0", Time, (ns.TIME,))
