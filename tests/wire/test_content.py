"""Stanzas of other content namespaces, at the edge and back."""

import pytest

from ccm import namespaces as ns
from ccm.wire.content import as_client, for_server, renamed
from ccm.wire.events import Nonza
from ccm.wire.stanza import Stanza

FORWARDED = (
    "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='{}' to='a'><body>hi</body></message></forwarded>"
    "<body>x</body>"
)


def test_a_stanza_that_names_its_content_namespace_is_one_of_clients() -> None:
    nonza = Nonza(ns.SERVER, "message", {"to": "a@b"}, b"<body>hi</body>", ((ns.SERVER, "body"),))
    stanza = as_client(nonza, ns.SERVER)
    assert isinstance(stanza, Stanza)
    assert (stanza.payload, stanza.child_text("body")) == ((ns.CLIENT, "body"), "hi")


def test_a_child_that_names_it_is_one_of_clients() -> None:
    inner = b"<body xmlns=\"jabber:server\" a='&gt;>'>hi</body><x xmlns='urn:x'/>"
    children = ((ns.SERVER, "body"), ("urn:x", "x"))
    stanza = as_client(Stanza("message", {}, inner, children), ns.SERVER)
    assert isinstance(stanza, Stanza)
    assert stanza.inner == b"<body xmlns='jabber:client' a='&gt;>'>hi</body><x xmlns='urn:x'/>"
    assert stanza.child_text("body") == "hi"


@pytest.mark.parametrize("namespace", [ns.CLIENT, ns.SERVER])
def test_what_is_forwarded_stays_as_it_was_written(namespace: str) -> None:
    inner = FORWARDED.format(namespace).encode()
    assert renamed(inner, namespace, "urn:new") == inner


def test_what_goes_to_a_server_names_no_client() -> None:
    stanza = Stanza("message", {"to": "a@b"}, b"<body xmlns='jabber:client'>hi</body>", ((ns.CLIENT, "body"),))
    assert for_server(stanza) == b"<message to='a@b'><body xmlns='jabber:server'>hi</body></message>"


def test_what_names_nothing_is_sent_as_it_is() -> None:
    stanza = Stanza("message", {"to": "a@b"}, b"<body>hi</body>", ((ns.CLIENT, "body"),))
    assert for_server(stanza) == stanza.to_bytes()


def test_a_child_of_a_renamed_element_is_renamed_too() -> None:
    inner = b"<error xmlns='a'><text xmlns='a'/><y xmlns='b'><z xmlns='a'/></y><w/></error><v xmlns='a'/>"
    expected = b"<error xmlns='n'><text xmlns='n'/><y xmlns='b'><z xmlns='a'/></y><w/></error><v xmlns='n'/>"
    assert renamed(inner, "a", "n") == expected
