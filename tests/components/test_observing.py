"""A query told apart quickly finds exactly what it finds otherwise."""

import pytest
from twisted.words.xish import utility, xpath

from ccm.components.observing import Observed, named
from ccm.wire.stanza import parse_element

STANZAS = [
    "<iq xmlns='jabber:client' type='set' id='1'><command xmlns='http://jabber.org/protocol/commands' node='a'/></iq>",
    "<iq xmlns='jabber:client' type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    "<iq xmlns='jabber:client' type='result' id='1'/>",
    "<message xmlns='jabber:client' type='error'><body>words</body><result xmlns='urn:xmpp:mam:2'/></message>",
    "<presence xmlns='jabber:client' type='subscribe'/>",
    "<presence xmlns='jabber:client'><show>dnd</show></presence>",
]
QUERIES = [
    "/iq[@type='set']/command[@xmlns='http://jabber.org/protocol/commands']",
    "/iq[@type='get']/query[@xmlns='http://jabber.org/protocol/disco#info']",
    "/iq[@type='get']/query[@xmlns='jabber:iq:version']",
    "/iq",
    "/message",
    "/message/result[@xmlns='urn:xmpp:mam:2']",
    "/message[@type='error']",
    "/presence[@type='subscribe']",
    "/presence[not(@type)]",
    "//body",
    "/*",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_matches_as_without_the_names(query: str) -> None:
    plain = xpath.XPathQuery(query)
    for stanza in STANZAS:
        element = parse_element(stanza.encode())
        assert named(query).matches(element) == bool(plain.matches(element)), stanza
    assert named(query) is named(query)


@pytest.mark.parametrize("stanza", STANZAS)
def test_those_who_observe_a_stanza_are_called_as_twisted_calls_them(stanza: str) -> None:
    element, called = parse_element(stanza.encode()), list[list[str]]()
    for dispatcher in (utility.EventDispatcher(), Observed()):
        heard: list[str] = []
        for priority in (0, 1, -1):
            for query in QUERIES:
                dispatcher.addObserver(
                    query, lambda _, name=f"{priority} {query}", heard=heard: heard.append(name), priority
                )
        found = [dispatcher.dispatch(element), dispatcher.dispatch(element)]
        called.append([*heard, str(found)])
    assert called[0] == called[1]


def test_who_begins_to_observe_or_ends_it_is_heard_of() -> None:
    stream, heard = Observed(), list[str]()
    ping = parse_element(b"<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>")

    def first(_: object) -> None:
        heard.append("first")
        stream.addObserver("/iq/ping", second)

    def second(_: object) -> None:
        heard.append("second")
        stream.removeObserver("/iq/ping", second)

    assert not stream.dispatch(ping)
    stream.addOnetimeObserver("/iq[@type='get']", first)
    assert [stream.dispatch(ping) for _ in range(3)] == [True, True, False]
    assert heard == ["first", "second"]


def test_whoever_sends_may_invent_as_many_names_as_they_like() -> None:
    stream, heard = Observed(), list[str]()
    stream.addObserver("/message[@type='chat']", lambda element: heard.append(element["id"]))
    for number in range(1200):
        stream.dispatch(
            parse_element(b"<message xmlns='jabber:client' type='chat' id='%d'><n%d/></message>" % ((number,) * 2))
        )
    assert heard == [str(number) for number in range(1200)]
    assert len(stream._suiting) <= 500
