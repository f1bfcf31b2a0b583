"""What holds for every built-in module, and small modules whose rules need more than a conversation."""

import importlib
import pkgutil
from base64 import b64encode
from datetime import timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from twisted.plugin import IPlugin
from zope.interface.verify import verifyObject

import ccm.modules
from ccm import namespaces as ns
from ccm.config import Section
from ccm.errors import ConfigError
from ccm.interfaces import IModule
from ccm.modules import contact_info, disco, online, ping, session_tokens
from ccm.modules.caps import string_of
from ccm.session.guests import MARK, Scope
from ccm.session.tokens import MOST_DEVICES, Bearer, Tokens
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza

FILES = [importlib.import_module(f"ccm.modules.{info.name}") for info in pkgutil.iter_modules(ccm.modules.__path__)]
PLUGINS = [module.plugin for module in FILES if hasattr(module, "plugin")]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_each_plugin_is_a_module_named_after_its_file(plugin: IModule) -> None:
    verifyObject(IModule, plugin)
    verifyObject(IPlugin, plugin)
    assert importlib.import_module(f"ccm.modules.{plugin.name}").plugin is plugin
    assert plugin.options is None or issubclass(plugin.options, Section)
    assert plugin.xep


def test_all_modules_install_together_and_their_features_are_told() -> None:
    services = make_services()
    router = make_router(services)
    for plugin in PLUGINS:
        plugin.install(router, services)
    assert set(router.features()) >= {ns.PING, ns.DISCO_INFO, ns.ROSTER, ns.VERSION, ns.TIME, ns.TOKEN}
    features = router.stream_features()
    assert b"urn:xmpp:features:rosterver" in features and b"urn:xmpp:features:pre-approval" in features


def test_ping_fits_in_35_lines() -> None:
    assert len(Path(ping.__file__).read_text().splitlines()) <= 35


def test_the_capabilities_in_the_stream_features_are_those_of_service_discovery() -> None:
    services = make_services()
    router = make_router(services)
    disco.plugin.install(router, services)
    ping.plugin.install(router, services)
    romeo = RecordingSession("romeo@localhost/a")
    router.bind(romeo)
    inner = b"<query xmlns='http://jabber.org/protocol/disco#info'/>"
    router.route(
        Stanza("iq", {"type": "get", "id": "1", "to": "localhost", "from": romeo.jid}, inner,
               ((ns.DISCO_INFO, "query"),)),
        romeo,
    )  # fmt: skip
    told = sorted(e["var"] for q in romeo.received[0].element.elements() for e in q.elements() if e.name == "feature")
    expected = b64encode(sha1("".join(f"{x}<" for x in ["server/im//CCM", *told]).encode()).digest()).decode()
    assert f"ver='{expected}'".encode() in router.stream_features()


def test_disco_items_follow_the_services_that_come_and_go() -> None:
    services = make_services()
    router = make_router(services)
    disco.plugin.install(router, services)
    romeo = RecordingSession("romeo@localhost/a")
    router.bind(romeo)
    ask = Stanza(
        "iq",
        {"type": "get", "id": "1", "to": "localhost", "from": romeo.jid},
        b"<query xmlns='http://jabber.org/protocol/disco#items'/>",
        ((ns.DISCO_ITEMS, "query"),),
    )
    sink = RecordingSession("rooms.localhost")
    for expected in (False, True, False):
        router.route(ask, romeo)
        assert (b"rooms.localhost" in romeo.received.pop().inner) is expected
        if expected:
            router.remove_domain("rooms.localhost", sink)
        else:
            router.add_domain("rooms.localhost", sink)


def test_a_token_signs_in_its_account_until_it_is_revoked() -> None:
    hands = Hands()
    services = make_services(hands=hands)
    result_of(services.accounts.create("ann@localhost", "Ann <A>", None, ()))
    router = make_router(services)
    session_tokens.plugin.install(router, services)
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)
    tokens = Tokens(services.tokens, hands.datetime)

    def ask(name: str, words: str = "") -> Stanza:
        inner = f"<{name} xmlns='{ns.TOKEN}'>{words}</{name}>".encode()
        attrs = {"type": "set", "id": "1", "to": "localhost", "from": ann.jid}
        router.route(Stanza("iq", attrs, inner, ((ns.TOKEN, name),)), ann)
        return ann.received.pop()

    issued = next(ask("token").element.elements())
    assert (issued["name"], issued["expires"]) == ("Ann <A>", "2026-01-02T00:00:00Z")
    assert result_of(tokens.check(str(issued))) == "ann@localhost"
    second = str(next(ask("token").element.elements()))
    assert result_of(tokens.check(str(issued))) == "ann@localhost", "a new one ends none of the others"
    third = str(next(ask("token").element.elements()))
    others, _ = result_of(tokens.issue("bob@localhost"))
    for one in (third, others, "nonsense"):
        assert ask("revoke", one).type == "result"
    assert result_of(tokens.check(third)) is None
    assert result_of(tokens.check(second)) == "ann@localhost", "only the one named ended"
    assert result_of(tokens.check(others)) == "bob@localhost", "nobody ends another's"
    assert ask("revoke").type == "result"
    assert [result_of(tokens.check(t)) for t in (str(issued), second)] == [None, None]


def test_a_device_stays_signed_in_by_tokens_that_take_turns_until_it_is_revoked() -> None:
    hands = Hands()
    services = make_services(hands=hands)
    result_of(services.accounts.create("ann@localhost", "Ann", None, ()))
    router = make_router(services)
    session_tokens.plugin.install(router, services)
    ann = RecordingSession("ann@localhost/a")
    router.bind(ann)
    tokens = Tokens(services.tokens, hands.datetime)

    def ask(name: str, about: str = "", words: str = "", type_: str = "set") -> Any:
        inner = f"<{name} xmlns='{ns.TOKEN}' {about}>{words}</{name}>".encode()
        attrs = {"type": type_, "id": "1", "to": "localhost", "from": ann.jid}
        router.route(Stanza("iq", attrs, inner, ((ns.TOKEN, name),)), ann)
        return ann.received.pop().element.firstChildElement()

    def devices() -> list[tuple[str, str]]:
        return [(each["id"], each["name"]) for each in ask("devices", type_="get").elements()]

    first = ask("token", "device='d1' name='Firefox &lt;home&gt;'")
    assert first["expires"] == "2026-01-31T00:00:00Z"
    assert result_of(tokens.admit(str(first))) == Bearer("ann@localhost", "")
    hands.advance(3600)
    second = str(ask("token", "device='d1' name='Firefox'"))
    other = str(ask("token", "device='d2' name='Phone'"))
    assert devices() == [("d1", "Firefox"), ("d2", "Phone")]
    assert result_of(tokens.check(str(first))) == "ann@localhost", "the answer with the new one may be lost"
    hands.advance(301)
    assert result_of(tokens.check(str(first))) is None, "it has given way"
    assert result_of(tokens.check(second)) == "ann@localhost"
    ask("revoke", "device='d1'")
    assert devices() == [("d2", "Phone")]
    assert [result_of(tokens.check(token)) for token in (second, other)] == [None, "ann@localhost"]
    ask("revoke", words=other)
    assert devices() == []
    for number in range(MOST_DEVICES + 3):
        hands.advance(1)
        ask("token", f"device='m{number}' name='M'")
    assert [id_ for id_, _ in devices()] == [f"m{number}" for number in reversed(range(3, MOST_DEVICES + 3))]
    ask("revoke")
    assert devices() == []


def test_a_guests_device_is_let_in_to_the_same_room_as_long_as_the_visit_lasts() -> None:
    hands = Hands()
    services = make_services(hands=hands)
    result_of(services.accounts.create("k@guests.localhost", "Kim", None, ()))
    router = make_router(services)
    session_tokens.plugin.install(router, services)
    router.add_host("guests.localhost")
    kim = RecordingSession("k@guests.localhost/a")
    scope = Scope("room@rooms", "t1", hands.datetime() + timedelta(hours=36)).text()
    kim.state[MARK] = scope
    router.bind(kim)
    inner = f"<token xmlns='{ns.TOKEN}' device='d1' name='Phone'/>".encode()
    attrs = {"type": "set", "id": "1", "to": "localhost", "from": kim.jid}
    router.route(Stanza("iq", attrs, inner, ((ns.TOKEN, "token"),)), kim)
    token = kim.received.pop().element.firstChildElement()
    assert token["expires"] == "2026-01-02T12:00:00Z"
    tokens = Tokens(services.tokens, hands.datetime)
    assert result_of(tokens.admit(str(token))) == Bearer("k@guests.localhost", scope)


def test_a_guest_and_a_stranger_get_no_token() -> None:
    services = make_services()
    router = make_router(services)
    session_tokens.plugin.install(router, services)
    guest = RecordingSession("guest@localhost/a")
    router.bind(guest)
    inner = f"<token xmlns='{ns.TOKEN}'/>".encode()
    attrs = {"type": "set", "id": "1", "to": "localhost", "from": guest.jid}
    router.route(Stanza("iq", attrs, inner, ((ns.TOKEN, "token"),)), guest)
    assert b"<not-allowed " in guest.received.pop().inner
    router.route(Stanza("iq", attrs, inner, ((ns.TOKEN, "token"),)), RecordingSession("svc.localhost"))
    assert b"<forbidden " in guest.received.pop().inner


def test_rows_are_named_as_documented() -> None:
    assert online.PREFIX == "online:"


def test_contact_addresses_stand_in_what_the_host_tells_of_itself_and_count_for_its_capabilities() -> None:
    plain, told = (make_router(make_services()) for _ in range(2))
    options = contact_info.ContactInfoOptions(
        abuse=("mailto:abuse@example.org",), outage=("https://status.example.org/",)
    )
    contact_info.plugin.install(told, make_services(), options)
    for router in (plain, told):
        disco.plugin.install(router, make_services())
    ask = Stanza(
        "iq",
        {"type": "get", "from": "ann@localhost/a", "to": "localhost", "id": "1"},
        b"<query xmlns='http://jabber.org/protocol/disco#info'/>",
        ((ns.DISCO_INFO, "query"),),
    )
    session = RecordingSession("ann@localhost/a")
    told.bind(session)
    told.route(ask, session)
    (answer,) = session.received
    query = next(answer.element.elements())
    values = {
        str(field["var"]): str(next(field.elements()))
        for form in query.elements(ns.DATA_FORMS, "x")
        for field in form.elements()
    }
    assert values["abuse-addresses"] == "mailto:abuse@example.org"
    assert values["external-status-addresses"] == "https://status.example.org/"
    assert f"ver='{string_of(query)}'".encode() in told.stream_features()
    assert told.stream_features() != plain.stream_features()


def test_a_contact_address_that_is_no_uri_stops_the_start() -> None:
    options = contact_info.ContactInfoOptions(admin=("admin@example.org",))
    with pytest.raises(ConfigError, match=r"admin: admin@example.org is no URI\. Write it as mailto:"):
        contact_info.plugin.install(make_router(make_services()), make_services(), options)
