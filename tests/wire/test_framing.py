"""The framings of WebSocket and BOSH, and what all three send."""

import pytest

from ccm.errors import StreamError
from ccm.wire.events import Broken, Nonza, StreamClosed, StreamOpened
from ccm.wire.framing import BoshFraming, StreamFraming, WebSocketFraming
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza, parse_element

BODY = b"<body rid='7' sid='s' xmlns='http://jabber.org/protocol/httpbind'%b>%b</body>"


def body(inner: bytes = b"", attrs: bytes = b"") -> bytes:
    return BODY % (attrs, inner)


def test_open_and_close_are_the_stream_of_a_websocket() -> None:
    framing = WebSocketFraming(ParserPool())
    (opened,) = framing.feed(
        b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0' xml:lang='fr'/>"
    )
    assert opened == StreamOpened("localhost", None, "1.0", "fr")
    (stanza,) = framing.feed(b"<message xmlns='jabber:client' to='a@b'><body>x</body></message>")
    assert isinstance(stanza, Stanza)
    assert stanza.attrs == {"to": "a@b"}
    assert framing.feed(b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>") == [StreamClosed()]
    assert framing.feed(b" ") == []


@pytest.mark.parametrize(
    ("frame", "condition"),
    [
        (b"<message xmlns='jabber:client'>", "not-well-formed"),
        (b"<message xmlns='jabber:client'/><message xmlns='jabber:client'/>", "not-well-formed"),
        (b"<!DOCTYPE x [<!ENTITY a 'lol'>]><message/>", "restricted-xml"),
        (b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "not-well-formed"),
        (b"<halt xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", "unsupported-stanza-type"),
        (b"<message xmlns='jabber:client'>\xff</message>", "unsupported-encoding"),
        (b"<message xmlns='jabber:client'>\xc3", "not-well-formed"),
        (b"hello", "bad-format"),
    ],
)
def test_a_frame_that_is_not_one_element_is_refused(frame: bytes, condition: str) -> None:
    last = WebSocketFraming(ParserPool()).feed(frame)[-1]
    assert isinstance(last, Broken)
    assert last.error.condition == condition


def test_a_body_gives_its_attributes_and_children() -> None:
    found = BoshFraming(ParserPool()).body(
        body(
            b"<message xmlns='jabber:client'><body>x</body></message><presence/>"
            b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>YQ==</auth>",
            b" xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true' xml:lang='de' xmlns:x='urn:y' x:z='1'",
        )
    )
    assert found.attrs == {"rid": "7", "sid": "s", "xmpp:restart": "true", "xml:lang": "de", "{urn:y}z": "1"}
    message, presence, auth = found.events
    assert isinstance(message, Stanza)
    assert isinstance(presence, Stanza)
    assert isinstance(auth, Nonza)
    assert auth.text == "YQ=="


def test_an_empty_body_may_be_written_both_ways() -> None:
    framing = BoshFraming(ParserPool())
    assert framing.body(body()).events == ()
    assert (
        framing.body(b"<?xml version='1.0'?> <body xmlns='http://jabber.org/protocol/httpbind' rid='1'/>\n").events
        == ()
    )


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"", "not-well-formed"),
        (b"<body", "not-well-formed"),
        (b"<body xmlns='http://jabber.org/protocol/httpbind'>", "not-well-formed"),
        (b"<body xmlns='http://jabber.org/protocol/httpbind'/><x/>", "not-well-formed"),
        (b"<body xmlns='http://jabber.org/protocol/httpbind'></x>", "not-well-formed"),
        (b"<body/>", "invalid-namespace"),
        (b"<x xmlns='http://jabber.org/protocol/httpbind'/>", "invalid-namespace"),
        (b"<!DOCTYPE x><body/>", "not-well-formed"),
        (body(b"</body><body>"), "not-well-formed"),
        (body(b"</stream:stream>"), "not-well-formed"),
        (body(b"<message>"), "not-well-formed"),
        (body(b"<message/>text"), "bad-format"),
        (body(b"<message><!-- --></message>"), "restricted-xml"),
        (body(b"<!DOCTYPE x [<!ENTITY a 'lol'>]>"), "restricted-xml"),
        (body(b"\xff"), "unsupported-encoding"),
        (body(b"", b" rid='8'"), "not-well-formed"),
        (body(b"<message><body>" + b"x" * 10_000 + b"</body></message>"), "policy-violation"),
        (body(b"", b" a='" + b"x" * 17_000 + b"'"), "not-well-formed"),
    ],
)
def test_what_is_no_sound_body_is_refused(data: bytes, condition: str) -> None:
    with pytest.raises(StreamError) as raised:
        BoshFraming(ParserPool()).body(data)
    assert raised.value.condition == condition


def test_what_is_sent_is_well_formed_in_its_place() -> None:
    pool = ParserPool()
    error = StreamError("policy-violation", "Too <much> & more.", extra=b"<x xmlns='urn:x'/>")
    for framing in (WebSocketFraming(pool), BoshFraming(pool)):
        element = parse_element(framing.error(error))
        assert element.uri == "http://etherx.jabber.org/streams"
        assert [child.name for child in element.elements()] == ["policy-violation", "text", "x"]
        assert str(element.text) == "Too <much> & more."
        assert parse_element(framing.features(b"<a xmlns='b'/>")).name == "features"
    stream = StreamFraming(pool)
    header = stream.header("it's", "<1>", "en", "ann@localhost")
    whole = header + stream.features(b"") + stream.error(error) + stream.footer()
    events = StreamFraming(pool).feed(whole)
    assert events[0] == StreamOpened("ann@localhost", "it's", "1.0", "en", "<1>")
    assert [getattr(event, "name", "") for event in events[1:]] == ["features", "error", ""]
    assert WebSocketFraming(pool).feed(WebSocketFraming(pool).header("a", "1", "en")) == [
        StreamOpened(None, "a", "1.0", "en")
    ]
    assert WebSocketFraming(pool).feed(WebSocketFraming(pool).footer()) == [StreamClosed()]
    assert BoshFraming(pool).header("a", "1", "en") == BoshFraming(pool).footer() == b""


def test_a_new_stream_remembers_nothing_of_the_old_one() -> None:
    framing = StreamFraming(ParserPool())
    header = framing.header("a", "1", "en")
    framing.feed(header + b"<message><bo")
    assert not framing.idle
    framing.reset()
    assert framing.idle
    assert isinstance(framing.feed(header)[0], StreamOpened)


def test_the_end_of_a_stream_that_never_began_is_an_error_at_once_and_does_not_wait_for_more() -> None:
    framing = StreamFraming(ParserPool())
    assert isinstance(framing.feed(b"</stream:stream>")[0], Broken)
    framing.reset()
    assert isinstance(framing.feed(b"<?xml version='1.0'?>\n</stream:stream>")[0], Broken)
