"""A component written with nothing but Twisted Words speaks to the listener over a real socket."""

from typing import Any

import pytest_twisted
from twisted.internet import reactor as real_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.words.protocols.jabber import component, xmlstream
from twisted.words.xish import domish

from ccm.testing import fakes
from ccm.transports.component import ComponentListener, ComponentListenerOptions
from ccm.transports.outgoing import Turn
from ccm.wire.stanza import Stanza

reactor: Any = real_reactor
SECRET = "correct horse battery"


@pytest_twisted.ensureDeferred
async def test_a_twisted_words_component_answers_a_request() -> None:
    router = fakes.make_router(fakes.make_services())
    answered: Deferred[Stanza] = Deferred()

    class Ann(fakes.RecordingSession):
        def deliver(self, stanza: Stanza) -> None:
            answered.callback(stanza)

    ann = Ann("ann@localhost/one")
    router.bind(ann)
    listener = ComponentListener(
        router,
        {"echo.localhost": SECRET},
        ComponentListenerOptions(),
        reactor,
        Turn(lambda function: reactor.callLater(0, function)),
        lambda size: b"\x01" * size,
    )
    port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(listener)

    ready: Deferred[Any] = Deferred()
    factory = component.componentFactory("echo.localhost", SECRET)
    factory.addBootstrap(xmlstream.STREAM_AUTHD_EVENT, ready.callback)
    protocol: Any = await TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port).connect(factory)
    stream: Any = await ready.addTimeout(5, reactor)

    def answer(iq: domish.Element) -> None:
        stream.send(xmlstream.toResponse(iq, "result"))

    stream.addObserver("/iq[@type='get']", answer)
    assert router.domains() == ("echo.localhost",)
    attrs = {"type": "get", "id": "1", "from": "ann@localhost/one", "to": "echo.localhost"}
    router.route(Stanza("iq", attrs, b"<q xmlns='urn:q'/>", (("urn:q", "q"),)), ann)
    stanza = await answered.addTimeout(5, reactor)
    assert (stanza.type, stanza.id, stanza.from_) == ("result", "1", "echo.localhost")

    gone: Deferred[Any] = Deferred()
    stream.addObserver(xmlstream.STREAM_END_EVENT, lambda _: gone.callback(None))
    protocol.transport.loseConnection()
    await gone.addTimeout(5, reactor)
    await port.stopListening()
