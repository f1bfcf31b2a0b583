"""A query told apart quickly finds exactly what it finds otherwise."""

import pytest
from twisted.words.xish import xpath

from ccm.components.observing import named
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
