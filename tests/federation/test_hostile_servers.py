"""What somebody of another server, unknown here, makes every installed module do: nothing of an account's."""

from typing import Any

import pytest

from ccm.config import Config
from ccm.settings import Settings
from ccm.testing import fakes
from ccm.testing.fakes import result_of
from ccm.wire.stanza import Stanza, parse_element

EVE = "eve@two.example/x"
ANN = "ann@one.example"
HOST = "one.example"
#: What anybody may ask the server.
PUBLIC = ("http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "jabber:iq:version",
          "urn:xmpp:ping", "urn:xmpp:time")  # fmt: skip


class Elsewhere(fakes.RecordingSession):
    """The sink of another server."""


class World:
    """One server with every module that there is."""

    def __init__(self) -> None:
        settings = Settings(Config("test", {"modules": {"enabled": ["register"]}, "modules.register": {"open": True}}))
        self.services = fakes.make_services(HOST)
        self.router = fakes.make_router(self.services)
        result_of(self.services.accounts.create(ANN, "Ann", "ann@one.example", ()))
        self.elsewhere = Elsewhere("two.example")
        self.router.set_elsewhere(self.elsewhere)
        for module in settings.modules():
            module.install(self.router, self.services, settings[f"modules.{module.name}"])
        self.ann = fakes.RecordingSession(f"{ANN}/home")
        self.router.bind(self.ann)
        self.router.fire("session-bound", self.ann)
        self.router.route(Stanza("presence", {"from": self.ann.jid}), self.ann)
        self.ann.received.clear()

    def ask(self, type_: str, to: str, payload: str) -> Stanza:
        element = parse_element(payload.encode())
        attrs = {"type": type_, "id": "1", "from": EVE, "to": to}
        stanza = Stanza("iq", attrs, payload.encode(), ((element.uri or "", element.name),))
        self.router.route(stanza, Elsewhere("two.example"))
        answers = [one for one in self.elsewhere.received if one.to == EVE]
        assert len(answers) == 1, f"one answer to {payload}: {answers}"
        self.elsewhere.received.clear()
        return answers[0]


REQUESTS = [
    ("get", "<query xmlns='jabber:iq:roster'/>"),
    ("set", "<query xmlns='jabber:iq:roster'><item jid='eve@two.example' subscription='both'/></query>"),
    ("get", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"),
    ("set", "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>"),
    ("set", "<vCard xmlns='vcard-temp'><FN>Eve</FN></vCard>"),
    ("get", "<blocklist xmlns='urn:xmpp:blocking'/>"),
    ("set", "<block xmlns='urn:xmpp:blocking'><item jid='kim@one.example'/></block>"),
    ("set", "<unblock xmlns='urn:xmpp:blocking'/>"),
    ("set", "<enable xmlns='urn:xmpp:carbons:2'/>"),
    ("set", "<query xmlns='urn:xmpp:mam:2'/>"),
    ("get", "<query xmlns='urn:xmpp:mam:2'/>"),
    ("get", "<metadata xmlns='urn:xmpp:mam:2'/>"),
    ("get", "<prefs xmlns='urn:xmpp:mam:2'/>"),
    ("set", "<prefs xmlns='urn:xmpp:mam:2' default='never'><always/><never/></prefs>"),
    ("set", "<token xmlns='urn:ccm:token:0'/>"),
    ("set", "<revoke xmlns='urn:ccm:token:0'/>"),
    ("get", "<query xmlns='jabber:iq:register'/>"),
    ("set", "<query xmlns='jabber:iq:register'><username>eve</username><password>long enough</password></query>"),
    ("set", "<query xmlns='jabber:iq:register'><remove/></query>"),
    ("get", "<services xmlns='urn:xmpp:extdisco:2'/>"),
    ("get", "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='3'/>"),
    ("set", "<enable xmlns='urn:xmpp:push:0' jid='push.two.example' node='n'/>"),
    ("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'><item><x xmlns='u'/></item></publish>"
     "</pubsub>"),
    ("set", "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='n'/></pubsub>"),
    ("set", "<command xmlns='http://jabber.org/protocol/commands' action='execute' "
     "node='http://jabber.org/protocol/admin#get-user-password'/>"),
    ("set", "<command xmlns='http://jabber.org/protocol/commands' action='execute' "
     "node='http://jabber.org/protocol/admin#add-user'/>"),
    ("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"),
]  # fmt: skip


@pytest.mark.parametrize("to", [ANN, HOST])
@pytest.mark.parametrize(("type_", "payload"), REQUESTS)
def test_a_stranger_gets_nothing_of_an_account(type_: str, payload: str, to: str) -> None:
    world = World()
    answer = world.ask(type_, to, payload)
    assert answer.type == "error", answer.to_bytes()
    assert not world.ann.received


@pytest.mark.parametrize("namespace", PUBLIC)
def test_a_stranger_may_ask_the_server_who_it_is(namespace: str) -> None:
    name = {"urn:xmpp:ping": "ping", "urn:xmpp:time": "time"}.get(namespace, "query")
    assert World().ask("get", HOST, f"<{name} xmlns='{namespace}'/>").type == "result"


def test_a_stranger_does_not_learn_who_is_here() -> None:
    for jid in (ANN, "nobody@one.example"):
        world = World()
        world.router.route(Stanza("presence", {"type": "probe", "from": "eve@two.example", "to": jid}), world.elsewhere)
        assert [(one.kind, one.type, one.from_) for one in world.elsewhere.received] == [
            ("presence", "unsubscribed", jid)
        ]
        info = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
        world.elsewhere.received.clear()
        refused: Any = world.ask("get", jid, info).element
        assert refused.error.firstChildElement().name == "service-unavailable"
