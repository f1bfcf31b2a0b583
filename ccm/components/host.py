"""
Runs any collection of wokkel handlers inside the server, on the stanzas of CCM's router.

``wokkel.component.InternalComponent`` does this for wokkel's own router; it is replaced because it tracks no requests
(``XMPPHandler.request`` needs a ``StreamManager``) and routes elements (see ``docs/twisted.md``). Stanza and element
are converted here and nowhere else. What a handler raises is logged here and reaches nobody.
"""

import re
from collections.abc import Iterable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.words.protocols.jabber import xmlstream
from twisted.words.protocols.jabber.jid import JID
from twisted.words.xish import domish, utility
from twisted.words.xish.xmlstream import STREAM_CONNECTED_EVENT, STREAM_END_EVENT, BootstrapMixin
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.interfaces import ISink
from ccm.router.router import Router
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, parse_element
from wokkel.subprotocols import StreamManager

log = Logger()

REQUEST_SECONDS = 30


class LocalStream(utility.EventDispatcher):
    """
    What handlers know as their ``xmlstream``: observers on one side, the router on the other.

    :ivar thisEntity: the component's own address.
    :ivar otherEntity: the same, since there is no other side.
    """

    def __init__(self, router: Router, domain: str, sink: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.thisEntity = JID(domain)
        self.otherEntity = JID(domain)
        self._router = router
        self._domain = domain
        self._sink = sink

    def send(self, obj: Any) -> None:
        """
        Route an element, or one serialised stanza.

        :raises ValueError: if it is no stanza, or well-formed XML at all.
        """
        element: Any = obj
        if not domish.IElement.providedBy(obj):
            element = parse_element(_declared(obj))
        if not element.getAttribute("from"):
            element["from"] = self._domain
        stanza = Stanza.from_element(element)
        if stanza.to is None:
            raise ValueError(f"a {stanza.kind} from {self._domain} needs an address in 'to'")
        self._router.route(stanza, self._sink)


@implementer(ISink)
class LocalComponent(StreamManager):  # type: ignore[misc]
    """
    A component in the same process.

    :ivar jid: the domain it answers for.
    :param handlers: wokkel handlers, attached in this order.
    """

    timeout = REQUEST_SECONDS

    def __init__(self, router: Router, domain: str, handlers: Iterable[Any], clock: IReactorTime) -> None:
        self._streams = BootstrapMixin()
        super().__init__(self._streams, clock)
        self.jid = domain
        self._router = router
        for handler in handlers:
            handler.setHandlerParent(self)

    # ---- life

    def start(self) -> None:
        """Take the domain and bring the handlers up. :raises StanzaError: ``conflict`` if the domain is taken."""
        self._router.add_domain(self.jid, self)
        stream: Any = LocalStream(self._router, self.jid, self)
        self._streams.installBootstraps(stream)
        stream.dispatch(stream, STREAM_CONNECTED_EVENT)
        stream.dispatch(stream, xmlstream.STREAM_AUTHD_EVENT)

    def stop(self) -> None:
        """Tell the handlers that their stream is gone and let go of the domain."""
        if self.xmlstream is not None:
            self.xmlstream.dispatch(Failure(ConnectionDone()), STREAM_END_EVENT)
        self._router.remove_domain(self.jid, self)

    # ---- ISink

    def deliver(self, stanza: Stanza) -> None:
        """Give a stanza to the handlers that observe it."""
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

    def deliver_raw(self, template: FanOut) -> None:
        """Take a copy of a fan-out, addressed to the domain."""
        self.deliver(template.stanza.copy(to=self.jid))


def _declared(obj: Any) -> bytes:
    """A serialised stanza with the namespace that a stream would have given it."""
    data = obj.encode() if isinstance(obj, str) else bytes(obj)
    if re.match(rb"<\w+[^>]*\sxmlns=", data):
        return data
    return re.sub(rb"\A<(\w+)", rb"<\1 xmlns='%b'" % ns.CLIENT.encode(), data)
