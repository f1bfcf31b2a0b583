"""What bounds a publish-subscribe service: who is told, how much one may own, and how much one answer holds."""

from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.modules.pubsub import PubSubOptions, plugin
from ccm.testing.fakes import RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza

SERVICE = "pubsub.localhost"
ANN, BOB, KIM = "ann@localhost", "bob@localhost", "kim@example.org"
OWNER = f"{ns.PUBSUB}#owner"


class Elsewhere:
    """Another server, which hears what is sent there."""

    jid = "example.org"

    def __init__(self) -> None:
        self.heard: list[Stanza] = []

    def deliver(self, stanza: Stanza) -> None:
        self.heard.append(stanza)

    def deliver_raw(self, template: Any) -> None:
        raise AssertionError("nothing is sent to many here")


class Place:
    """A service, two accounts, and a server elsewhere."""

    def __init__(self, **options: Any) -> None:
        self.services = make_services()
        self.router = make_router(self.services)
        for jid in (ANN, BOB):
            result_of(self.services.accounts.create(jid, jid, None, ()))
        plugin.install(self.router, self.services, PubSubOptions(**options))
        self.elsewhere = Elsewhere()
        self.router.add_domain("example.org", self.elsewhere)
        self.sessions: dict[str, RecordingSession] = {}

    def ask(self, who: str, inner: str, type_: str = "set", namespace: str = ns.PUBSUB) -> bytes:
        """The answer, whole."""
        jid = f"{who}/x"
        body = f"<pubsub xmlns='{namespace}'>{inner}</pubsub>".encode()
        attrs = {"id": "q", "type": type_, "from": jid, "to": SERVICE}
        stanza = Stanza("iq", attrs, body, ((namespace, "pubsub"),))
        if who.endswith("example.org"):
            self.router.route(stanza, self.elsewhere)
            return self.elsewhere.heard.pop().to_bytes()
        if jid not in self.sessions:
            self.sessions[jid] = RecordingSession(jid)
            self.router.bind(self.sessions[jid])
        session = self.sessions[jid]
        self.router.route(stanza, session)
        return session.received.pop().to_bytes()

    def make(self, node: str = "news", who: str = ANN) -> bytes:
        return self.ask(who, f"<create node='{node}'/>")

    def subscribe(self, jid: str, node: str = "news") -> bytes:
        return self.ask(jid.partition("/")[0], f"<subscribe node='{node}' jid='{jid}'/>")

    def enter(self, *jids: str, state: str = "subscribed") -> bytes:
        """What an owner says of other people's subscriptions."""
        lines = "".join(f"<subscription jid='{jid}' subscription='{state}'/>" for jid in jids)
        return self.ask(ANN, f"<subscriptions node='news'>{lines}</subscriptions>", namespace=OWNER)

    def publish(self, id_: str, text: str = "Hark", node: str = "news") -> bytes:
        return self.ask(ANN, f"<publish node='{node}'><item id='{id_}'><x xmlns='urn:x'>{text}</x></item></publish>")

    def bounce(self, inner: str, who: str = KIM) -> None:
        """A message to a subscriber comes back."""
        attrs = {"type": "error", "from": who, "to": SERVICE, "id": "e"}
        self.router.route(Stanza("message", attrs, inner.encode(), ((ns.CLIENT, "error"),)), self.elsewhere)


def test_an_owner_subscribes_nobody_elsewhere_who_has_not_asked() -> None:
    place = Place()
    place.make()
    assert b"<not-acceptable" in place.enter(KIM)
    assert b"type='result'" in place.enter(BOB, ANN)
    assert b"type='result'" in place.subscribe(KIM)
    assert b"type='result'" in place.enter(KIM)
    place.elsewhere.heard.clear()
    place.publish("1")
    assert [stanza.to for stanza in place.elsewhere.heard] == [KIM]


def test_an_owner_lets_in_who_waits() -> None:
    place = Place()
    place.make()
    form = (
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        "http://jabber.org/protocol/pubsub#node_config</value></field>"
        "<field var='pubsub#access_model'><value>authorize</value></field></x>"
    )
    assert b"type='result'" in place.ask(ANN, f"<configure node='news'>{form}</configure>", namespace=OWNER)
    assert b"subscription='pending'" in place.subscribe(KIM)
    assert b"type='result'" in place.enter(KIM)
    place.publish("1")
    assert [stanza.to for stanza in place.elsewhere.heard] == [KIM]


def test_an_owner_enters_no_more_subscriptions_than_there_may_be() -> None:
    place = Place(max_subscriptions=2)
    place.make()
    assert b"type='result'" in place.enter(ANN, BOB)
    assert b"<too-many-subscriptions" in place.enter(f"{BOB}/x")
    assert b"type='result'" in place.enter(BOB, state="none")


def test_one_person_has_few_subscriptions_and_others_find_room() -> None:
    place = Place(subscriptions_each=2)
    place.make()
    for number in range(2):
        assert b"type='result'" in place.subscribe(f"{KIM}/{number}")
    answer = place.subscribe(f"{KIM}/2")
    assert b"<too-many-subscriptions" in answer and b"2 subscriptions" in answer
    assert b"type='result'" in place.subscribe(f"{KIM}/1")
    assert b"type='result'" in place.subscribe(BOB)
    assert b"<too-many-subscriptions" in place.enter(f"{BOB}/1", f"{BOB}/2")


def test_an_account_owns_few_nodes_and_creators_as_many_as_there_may_be() -> None:
    place = Place(nodes_per_account=2, creators=(BOB,), max_nodes=6)
    assert b"type='result'" in place.make("a") and b"type='result'" in place.make("b")
    assert b"<resource-constraint" in place.make("c")
    assert b"<resource-constraint" in place.publish("1", node="d")
    for node in "cdef":
        assert b"type='result'" in place.make(node, BOB)
    assert b"<resource-constraint" in place.make("g", BOB)


def test_an_answer_holds_the_newest_items_that_fit_and_says_how_many_there_are() -> None:
    place = Place(max_answer_bytes=80)
    place.make()
    for number in range(4):
        place.publish(str(number), "x" * 10)  # 33 bytes each
    answer = place.ask(BOB, "<items node='news'/>", "get")
    assert b"id='3'" in answer and b"id='2'" in answer and b"id='1'" not in answer
    assert b"<first>2</first><last>3</last><count>4</count>" in answer
    earlier = place.ask(BOB, f"<items node='news'/><set xmlns='{ns.RSM}'><max>10</max><before>2</before></set>", "get")
    assert b"<first>0</first><last>1</last><count>4</count>" in earlier
    assert b"<set" not in place.ask(BOB, "<items node='news' max_items='2'/>", "get")


@pytest.mark.parametrize("condition", ["gone", "item-not-found"])
def test_who_is_gone_for_good_is_forgotten(condition: str) -> None:
    place = Place()
    place.make()
    place.subscribe(KIM)
    place.bounce(f"<error type='cancel'><{condition} xmlns='{ns.STANZA_ERRORS}'/></error>")
    place.elsewhere.heard.clear()
    place.publish("1")
    assert place.elsewhere.heard == []


def test_who_is_away_stays_subscribed_whatever_their_error_echoes() -> None:
    """A server that is not found for a moment, and a payload that has the words of another error."""
    place = Place()
    place.make()
    place.subscribe(KIM)
    place.bounce(f"<error type='cancel'><remote-server-not-found xmlns='{ns.STANZA_ERRORS}'/></error>")
    echo = f"<event xmlns='{ns.PUBSUB_EVENT}'><item-not-found xmlns='{ns.STANZA_ERRORS}'/><gone/></event>"
    place.bounce(f"{echo}<error type='wait'><remote-server-timeout xmlns='{ns.STANZA_ERRORS}'/></error>")
    place.elsewhere.heard.clear()
    place.publish("1")
    assert [stanza.to for stanza in place.elsewhere.heard] == [KIM]


def test_only_the_form_is_asked_for_the_access_model() -> None:
    place = Place()
    place.make()
    assert b"type='result'" in place.publish("1", "<x>presence</x> and access_model")
    form = (
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        "http://jabber.org/protocol/pubsub#node_config</value></field>"
        "<field var='pubsub#access_model'><value>presence</value></field></x>"
    )
    answer = place.ask(ANN, f"<configure node='news'>{form}</configure>", namespace=OWNER)
    assert b"<not-acceptable" in answer and b"whitelist" in answer


def test_items_are_listed_without_all_their_payloads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(max_answer_bytes=2000, max_items=100)
    place.make()
    form = (
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
        "http://jabber.org/protocol/pubsub#node_config</value></field>"
        "<field var='pubsub#max_items'><value>max</value></field></x>"
    )
    place.ask(ANN, f"<configure node='news'>{form}</configure>", namespace=OWNER)
    for number in range(9):
        place.publish(str(number), "x" * 900)
    nodes = place.services.pubsub_nodes
    read: list[int] = []
    page = nodes.page

    async def counted(*args: Any, **options: Any) -> Any:
        found, total = await page(*args, **options)
        read.append(sum(len(item.xml) for item in found))
        return found, total

    monkeypatch.setattr(nodes, "page", counted)
    monkeypatch.setattr(nodes, "items", None)
    query = f"<query xmlns='{ns.DISCO_ITEMS}' node='news'/>".encode()
    attrs = {"id": "d", "type": "get", "from": f"{ANN}/x", "to": SERVICE}
    session = place.sessions[f"{ANN}/x"]
    place.router.route(Stanza("iq", attrs, query, ((ns.DISCO_ITEMS, "query"),)), session)
    listed = [item["name"] for query in session.received.pop().element.elements() for item in query.elements()]
    assert listed == [str(number) for number in range(9)]
    assert len(read) == 5 and max(read) <= 2000
