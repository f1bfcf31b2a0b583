"""
Runs any collection of wokkel handlers inside the server, on the stanzas of CCM's router.

``wokkel.component.InternalComponent`` does this for wokkel's own router; it is replaced because it tracks no requests
(``XMPPHandler.request`` needs a ``StreamManager``) and routes elements (see ``docs/twisted.md``). Stanza and element
are converted here and nowhere else. What a handler raises is logged here and reaches nobody.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.words.protocols.jabber import xmlstream
from twisted.words.protocols.jabber.jid import JID
from twisted.words.xish import domish
from twisted.words.xish.xmlstream import STREAM_CONNECTED_EVENT, STREAM_END_EVENT, BootstrapMixin

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.components.observing import Observed
from ccm.router.queue_options import ComponentQueueOptions
from ccm.router.router import Router
from ccm.router.traffic import ServedDomain, Traffic
from ccm.wire.stanza import Stanza, parse_element
from wokkel.subprotocols import StreamManager

log = Logger()

REQUEST_SECONDS = 30


class LocalStream(Observed):
    """
    What handlers know as their ``xmlstream``: observers on one side, the router on the other.

    :ivar thisEntity: the component's own address.
    :ivar otherEntity: the same, since there is no other side.
    """

    def __init__(self, domain: ServedDomain, server: Any) -> None:
        super().__init__()
        self.thisEntity = JID(domain.jid)
        self.otherEntity = JID(domain.jid)
        self._domain = domain
        self._server = server

    def send(self, obj: Any) -> None:
        """
        Route an element, or one serialised stanza.

        :raises ValueError: if it is no stanza, or well-formed XML at all.
        """
        element: Any = obj
        if not domish.IElement.providedBy(obj):
            element = parse_element(_declared(obj))
        if not element.getAttribute("from"):
            element["from"] = self._domain.jid
        stanza = Stanza.from_element(element)
        if stanza.to is None:
            raise ValueError(f"a {stanza.kind} from {self._domain.jid} needs an address in 'to'")
        self._domain.came(stanza, self._server)


class LocalComponent(StreamManager):  # type: ignore[misc]
    """
    A component in the same process.

    Requests are begun for a few milliseconds in each turn of the reactor, so that others have their turn too.

    :ivar jid: the domain it answers for.
    :param handlers: wokkel handlers, attached in this order.
    :param traffic: the domains that components serve; ``None`` makes one with the defaults.
    """

    timeout = REQUEST_SECONDS
    apart = False

    def __init__(
        self,
        router: Router,
        domain: str,
        handlers: Iterable[Any],
        clock: IReactorTime,
        traffic: Traffic | None = None,
    ) -> None:
        self._streams = BootstrapMixin()
        super().__init__(self._streams, clock)
        self.jid = domain
        self._clock = clock
        traffic = traffic or Traffic(router, ComponentQueueOptions(), clock.seconds, self._later)
        self._domain = traffic.domain(domain)
        self._turn_seconds = traffic.options.turn_milliseconds / 1000
        self._spent = 0.0  # in this turn
        self._turning = False
        self._inbox: deque[Stanza] = deque()
        for handler in handlers:
            handler.setHandlerParent(self)

    # ---- life

    def start(self) -> None:
        """Take the domain and bring the handlers up. :raises StanzaError: ``conflict`` if the domain is taken."""
        self._domain.join(self)
        stream: Any = LocalStream(self._domain, self)
        self._streams.installBootstraps(stream)
        stream.dispatch(stream, STREAM_CONNECTED_EVENT)
        stream.dispatch(stream, xmlstream.STREAM_AUTHD_EVENT)

    def stop(self) -> None:
        """Tell the handlers that their stream is gone and let go of the domain."""
        if self.xmlstream is not None:
            self.xmlstream.dispatch(Failure(ConnectionDone()), STREAM_END_EVENT)
        self._inbox.clear()
        self._domain.leave(self)

    # ---- what the domain hands over

    def hand(self, stanza: Stanza) -> None:
        """Give a stanza to the handlers that observe it, in this turn or a later one."""
        if self._inbox or self._spent >= self._turn_seconds:
            self._inbox.append(stanza)
        else:
            self._begin(stanza)

    def _begin(self, stanza: Stanza) -> None:
        if not self._turning:
            self._turning = True
            self._clock.callLater(0, self._turn)
        started = self._clock.seconds()
        self._dispatch(stanza)
        self._spent += self._clock.seconds() - started

    def _turn(self) -> None:
        """A turn of the reactor is over."""
        self._spent, self._turning = 0.0, False
        while self._inbox and self._spent < self._turn_seconds:
            self._begin(self._inbox.popleft())

    def _dispatch(self, stanza: Stanza) -> None:
        if self.xmlstream is None:
            return
        try:
            # A copy of its own: wokkel strips namespaces from what it parses.
            element: Any = parse_element(stanza.to_bytes(declared=True))
        except ValueError:
            log.failure("A stanza for {domain} could not be read.", domain=self.jid)
            return
        element.handled = False
        self.xmlstream.dispatch(element)

    def _later(self, seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
        call: Any = self._clock.callLater(seconds, function)
        return lambda: call.cancel() if call.active() else None


def _declared(obj: Any) -> bytes:
    """A serialised stanza with the namespace that a stream would have given it."""
    data = obj.encode() if isinstance(obj, str) else bytes(obj)
    if re.match(rb"<\w+[^>]*\sxmlns=", data):
        return data
    return re.sub(rb"\A<(\w+)", rb"<\1 xmlns='%b'" % ns.CLIENT.encode(), data)
