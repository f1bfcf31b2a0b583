"""
Runs any collection of wokkel handlers outside the server, over XEP-0114 1.6.

The handlers are the same as in :mod:`ccm.components.host`. Connects to a Twisted endpoint, again and again with a
growing delay, and finds a dead connection by pings (XEP-0199). ``wokkel.component.Component`` is replaced because it
knows only host and port, and stops for good when the first handshake is refused (see ``docs/twisted.md``).
"""

from collections.abc import Iterable
from typing import Any

from twisted.application.internet import ClientService, backoffPolicy
from twisted.application.service import MultiService
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.words.protocols.jabber import component, xmlstream
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.xish import domish
from twisted.words.xish.xmlstream import STREAM_END_EVENT, STREAM_ERROR_EVENT

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm.wire.stanza import KINDS
from wokkel.generic import Request
from wokkel.subprotocols import StreamManager

log = Logger()

REQUEST_SECONDS = 30
PING_SECONDS = 60
MAX_QUEUED = 1000
FIRST_DELAY_SECONDS = 1.0
MAX_DELAY_SECONDS = 60.0


class _Manager(StreamManager):  # type: ignore[misc]
    """A stream manager that stamps ``from`` and keeps a bounded queue while it is not connected."""

    timeout = REQUEST_SECONDS

    def __init__(self, factory: Any, domain: str, clock: IReactorTime) -> None:
        super().__init__(factory, clock)
        self._domain = domain

    def _connected(self, xs: Any) -> None:
        send = xs.send

        def stamped(obj: Any) -> None:
            element: Any = obj
            if domish.IElement.providedBy(obj) and element.name in KINDS and not element.getAttribute("from"):
                element["from"] = self._domain
            send(obj)

        xs.send = stamped
        super()._connected(xs)

    def send(self, obj: Any) -> None:
        super().send(obj)
        if len(self._packetQueue) > MAX_QUEUED:
            del self._packetQueue[0]
            log.warn("{domain} is not connected: its oldest waiting stanza was dropped.", domain=self._domain)


class ExternalComponent(MultiService):
    """
    A component that connects to its server.

    :param endpoint: where the server listens for components.
    :param secret: shared with the server for this domain.
    :param handlers: wokkel handlers, attached in this order.
    """

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        domain: str,
        secret: str,
        handlers: Iterable[Any],
        clock: IReactorTime,
    ) -> None:
        MultiService.__init__(self)
        self.domain = domain
        self._refusals = 0
        self._stream: Any = None
        delays = backoffPolicy(FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS)
        factory = component.componentFactory(domain, secret)
        factory.noisy = False
        self.manager = _Manager(factory, domain, clock)
        for handler in handlers:
            handler.setHandlerParent(self.manager)
        factory.addBootstrap(xmlstream.STREAM_AUTHD_EVENT, self._authenticated)
        factory.addBootstrap(STREAM_ERROR_EVENT, self._refused)
        factory.addBootstrap(STREAM_END_EVENT, self._ended)
        self._pings = LoopingCall(self._ping)
        self._pings.clock = clock
        ClientService(
            endpoint, factory, retryPolicy=lambda attempt: delays(max(attempt, self._refusals)), clock=clock
        ).setServiceParent(self)

    def _authenticated(self, stream: Any) -> None:
        self._refusals = 0
        self._stream = stream
        log.info("{domain} is connected.", domain=self.domain)
        if not self._pings.running:
            self._pings.start(PING_SECONDS, now=False)

    def _refused(self, error: Any) -> None:
        self._refusals += 1
        log.warn(
            "The server refused {domain}: {condition}. Check domain and secret on both sides; trying again.",
            domain=self.domain,
            condition=getattr(error.value, "condition", str(error.value)),
        )

    def _ended(self, _: Any) -> None:
        self._stream = None
        if self._pings.running:
            self._pings.stop()

    def _ping(self) -> None:
        request = _Ping()
        stream = self._stream
        answered = self.manager.request(request)

        def dead(failure: Any) -> None:
            if failure.check(JabberError):
                return  # any answer shows that it lives
            if self._stream is stream and stream is not None:
                log.warn("{domain}: the server does not answer; connecting again.", domain=self.domain)
                stream.transport.abortConnection()

        answered.addErrback(dead)


class _Ping(Request):  # type: ignore[misc]
    """A ping to the server of this stream: no ``to`` (XEP-0199 §4.3 to a component's server)."""

    def toElement(self) -> Any:
        element = super().toElement()
        element.addElement(("urn:xmpp:ping", "ping"))
        return element
