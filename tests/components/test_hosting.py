"""A wokkel handler by somebody else runs in-process and over XEP-0114 unchanged, and so do our own."""

from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.task import Clock, deferLater
from twisted.words.protocols.jabber.jid import JID
from twisted.words.xish import domish

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.components import invitations, topics
from ccm.components.external import ExternalComponent
from ccm.components.host import LocalComponent
from ccm.errors import StanzaError
from wokkel.disco import DiscoHandler
from wokkel.generic import FallbackHandler
from wokkel.ping import PingHandler
from wokkel.subprotocols import IQHandlerMixin, XMPPHandler
from wokkel.xmppim import MessageProtocol, PresenceProtocol

SECRET = "a secret of sixteen bytes or more"
WEATHER = "urn:example:weather"


class Weather(XMPPHandler, IQHandlerMixin):
    """As a stranger writes one: answers a query, after asking the asker's client for its time."""

    iqHandlers = {f"/iq[@type='get']/weather[@xmlns='{WEATHER}']": "onWeather"}

    def connectionInitialized(self) -> None:
        self.xmlstream.addObserver(f"/iq[@type='get']/weather[@xmlns='{WEATHER}']", self.handleRequest)

    def onWeather(self, iq: Any) -> Any:
        iq.handled = True
        if iq.weather.getAttribute("place") == "nowhere":
            raise RuntimeError("no such place")
        from wokkel.generic import Request

        class Time(Request):
            def toElement(self) -> Any:
                element = super().toElement()
                element.addElement((ns.TIME, "time"))
                return element

        def answered(result: Any) -> Any:
            answer = domish.Element((WEATHER, "weather"))
            answer["at"] = str(result.time.utc)
            return answer

        return self.request(Time(JID(iq["from"]), JID(iq["to"]))).addCallback(answered)


class Parrot(MessageProtocol):
    def onMessage(self, message: Any) -> None:
        if message.body:
            answer = domish.Element((None, "message"))
            answer["to"], answer["type"] = message["from"], "chat"
            answer.addElement("body", content=str(message.body))
            self.send(answer)


class Shy(PresenceProtocol):
    def availableReceived(self, presence: Any) -> None:
        raise ValueError("I do not like to be seen")


def handlers() -> list[Any]:
    return [Weather(), Parrot(), Shy(), PingHandler(), DiscoHandler(), FallbackHandler()]


@pytest.fixture(params=["local", "external"])
def hosted(request: Any, door: Any) -> Any:
    return getattr(door, request.param)


@pytest_twisted.ensureDeferred
async def test_a_strangers_handler_answers_and_asks_back(stage: Any, hosted: Any) -> None:
    await hosted("weather.localhost", handlers())
    ann = await stage.person("ann", "Ann")
    ann.tells_time = True
    asked = ann.ask("weather.localhost", "get", f"<weather xmlns='{WEATHER}' place='Ghent'/>")
    time = await ann.hears(lambda e: e.name == "iq" and e["type"] == "get")
    result = f"<time xmlns='{ns.TIME}'><utc>2026-11-22T10:00:00Z</utc></time>"
    ann.send(f"<iq to='weather.localhost' type='result' id='{time['id']}'>{result}</iq>")
    answer = await asked
    assert answer["type"] == "result"
    assert answer.firstChildElement()["at"] == "2026-11-22T10:00:00Z"


@pytest_twisted.ensureDeferred
async def test_what_a_handler_raises_stays_with_it(stage: Any, hosted: Any) -> None:
    await hosted("weather.localhost", handlers())
    ann = await stage.person("ann", "Ann")
    ann.send("<presence to='weather.localhost'/>")
    answer = await ann.ask("weather.localhost", "get", f"<weather xmlns='{WEATHER}' place='nowhere'/>")
    assert "internal-server-error" in answer.toXml()
    assert "RuntimeError" not in answer.toXml()
    assert (await ann.ask("weather.localhost", "get", f"<ping xmlns='{ns.PING}'/>"))["type"] == "result"


@pytest_twisted.ensureDeferred
async def test_messages_come_and_go_with_their_markup(stage: Any, hosted: Any) -> None:
    await hosted("weather.localhost", handlers())
    ann = await stage.person("ann", "Ann")
    ann.send("<message to='weather.localhost' type='chat'><body>1 &lt; 2 &amp; “so”</body></message>")
    heard = await ann.hears(lambda e: e.name == "message")
    assert heard["from"] == "weather.localhost"
    assert ann.texts() == ["1 < 2 & “so”"]


@pytest_twisted.ensureDeferred
async def test_unknown_requests_get_an_error(stage: Any, hosted: Any) -> None:
    await hosted("weather.localhost", handlers())
    ann = await stage.person("ann", "Ann")
    assert "service-unavailable" in (await ann.ask("weather.localhost", "set", "<x xmlns='urn:x'/>")).toXml()


@pytest_twisted.ensureDeferred
async def test_our_own_components_run_elsewhere_unchanged(stage: Any, rooms: Any, door: Any) -> None:
    context = stage.context("topics")
    await door.external(context.domain, list(topics.plugin.handlers(context, topics.TopicsOptions())))
    stage.host(invitations.plugin)
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(
        "invitations.localhost", "set", f"<invite xmlns='{ns.INVITATIONS}' address='kim@example.org'/>"
    )
    assert answer["type"] == "result", answer.toXml()
    assert [topic.name for topic in await stage.stores.topics.active()] == ["Ann and Kim"]


@pytest_twisted.ensureDeferred
async def test_a_component_that_is_gone_leaves_its_domain(stage: Any) -> None:
    component = LocalComponent(stage.router, "weather.localhost", handlers(), reactor)
    component.start()
    with pytest.raises(StanzaError):
        LocalComponent(stage.router, "weather.localhost", handlers(), reactor).start()
    component.stop()
    ann = await stage.person("ann", "Ann")
    assert "remote-server-not-found" in (await ann.ask("weather.localhost", "get", "<x xmlns='urn:x'/>")).toXml()
    component.start()
    assert (await ann.ask("weather.localhost", "get", f"<ping xmlns='{ns.PING}'/>"))["type"] == "result"
    component.stop()


@pytest_twisted.ensureDeferred
async def test_an_external_component_comes_back_after_its_server_was_away(stage: Any, door: Any) -> None:
    service = await door.external("weather.localhost", handlers())
    ann = await stage.person("ann", "Ann")
    stage.router._domains["weather.localhost"].connections[0].transport.abortConnection()
    while "weather.localhost" in stage.router.domains():
        await deferLater(reactor, 0.01, lambda: None)
    while "weather.localhost" not in stage.router.domains():
        await deferLater(reactor, 0.05, lambda: None)
    assert (await ann.ask("weather.localhost", "get", f"<ping xmlns='{ns.PING}'/>"))["type"] == "result"
    assert service.manager.xmlstream is not None


def test_what_waits_for_a_connection_is_bounded() -> None:
    clock = Clock()
    service = ExternalComponent(TCP4ClientEndpoint(clock, "127.0.0.1", 1), "x.localhost", SECRET, [], clock)  # type: ignore[arg-type]
    for number in range(1500):
        element = domish.Element((None, "message"))
        element["id"] = str(number)
        service.manager.send(element)
    assert len(service.manager._packetQueue) == 1000
    assert service.manager._packetQueue[0]["id"] == "500"
