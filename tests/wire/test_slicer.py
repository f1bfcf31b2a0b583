"""The slicer: any chunking gives the same; every parser reads alike what it accepts; the rest is refused."""

from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm.wire.events import Broken, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.framing import StreamFraming
from ccm.wire.limits import WireOptions
from ccm.wire.parsers import ParserPool
from ccm.wire.slicer import Slicer
from ccm.wire.stanza import Stanza

HEADER = (
    b"<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xml:lang='de' "
    b"xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
)


def shown(events: list[Event]) -> list[object]:
    """Events as comparable values."""
    out: list[object] = []
    for event in events:
        if isinstance(event, Stanza):
            out.append((event.kind, event.attrs, event.children, event.inner, event.declarations))
        elif isinstance(event, Broken):
            out.append(("broken", event.error.condition))
        else:
            out.append(event)
    return out


def cut(*chunks: bytes, options: WireOptions | None = None, max_bytes: int = 262_144) -> list[Event]:
    slicer = Slicer(ParserPool(options), max_bytes)
    events: list[Event] = []
    for chunk in chunks:
        events += slicer.feed(chunk)
        if events and isinstance(events[-1], Broken):
            break
    return events


def condition(*chunks: bytes, **more: object) -> str:
    last = cut(*chunks, **more)[-1]  # type: ignore[arg-type]
    assert isinstance(last, Broken), last
    return last.error.condition


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({place % (len(data) + 1) for place in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True) if a != b]


names = st.sampled_from(["body", "x", "a-b", "_ü", "subject", "thread", "delay"])
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="<&\ufffe\uffff"), max_size=20
)
spaces = st.sampled_from([b"", b" ", b"\n\t "])


@st.composite
def elements(draw: st.DrawFn, depth: int = 0, name: str | None = None) -> str:
    name = name or draw(names)
    quote = draw(st.sampled_from("'\""))
    attrs = draw(st.dictionaries(st.sampled_from(["to", "id", "type", "xml:lang", "n"]), texts, max_size=3))
    inner = "".join(f" {key}={quote}{value.replace(quote, '')}{quote}" for key, value in attrs.items())
    if draw(st.booleans()) and depth:
        inner += " xmlns='urn:x:{}'".format(draw(st.sampled_from("abc")))
    if draw(st.integers(0, 5)) == 0:
        inner += " xmlns:p='urn:p'"
        children = "<p:q p:r='s'/>" if draw(st.booleans()) else ""
    else:
        children = ""
    if depth < 3:
        children += "".join(draw(st.lists(elements(depth + 1), max_size=2)))
    children += draw(texts).replace("]]>", "")
    end = draw(spaces).decode()
    return f"<{name}{inner}{end}/>" if not children else f"<{name}{inner}{end}>{children}</{name}{end}>"


stanzas = st.sampled_from(["message", "presence", "iq", "auth"]).flatmap(lambda kind: elements(0, kind))


@settings(max_examples=150, deadline=None)
@given(st.lists(stanzas, max_size=4), spaces, st.lists(st.integers(0, 10_000), max_size=12))
def test_random_chunking_gives_the_same_as_one_chunk(found: list[str], space: bytes, cuts: list[int]) -> None:
    data = space.join(stanza.encode() for stanza in found)
    assert shown(cut(*in_pieces(data, cuts))) == shown(cut(data))
    assert len(cut(data)) == len(found)


@settings(max_examples=150, deadline=None)
@given(stanzas)
def test_a_stanza_sent_on_reads_as_the_one_received(source: str) -> None:
    (event,) = cut(source.encode())
    if not isinstance(event, Stanza):
        return
    tree = event.element
    assert tree.name == event.kind
    assert [(child.uri, child.name) for child in tree.elements()] == list(event.children)
    again = cut(event.to_bytes())[0]
    assert shown([again]) == shown([event])


SHREDS = [
    b"<message", b"<iq/>", b">", b"/>", b"</message>", b" a='1'", b" xmlns:p='u'", b"<p:x/>", b"</p:x>", b"<p:x>",
    b"&amp;", b"&x;", b"<!-- -->", b"<?x?>", b"<![CDATA[", b"]]>", b"'", b'"', b"=", b"\xff", b"\xc3\xa4", b"\xc3",
    b" ", b"t", b" xmlns=''", b" xmlns='jabber:client'", b" xmlns='http://www.w3.org/2000/xmlns/'", b" p:a='1'",
    b"<stream:error/>", b":", b"\x00", b"<!DOCTYPE x>",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(SHREDS), max_size=8), st.lists(st.integers(0, 200), max_size=5))
def test_what_is_accepted_a_full_parser_accepts_too(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    whole = cut(data)
    assert shown(cut(*in_pieces(data, cuts))) == shown(whole)
    for event in whole:
        if isinstance(event, Stanza):
            for declared in (True, False):
                oracle = expat.ParserCreate("utf-8", " ")
                oracle.Parse(b"<r xmlns='jabber:client'>" + event.to_bytes(declared=declared) + b"</r>", True)
            assert [(c.uri, c.name) for c in event.element.elements()] == [(u or None, n) for u, n in event.children]


@pytest.mark.parametrize("data", [b"<message<!-- -->", b"<message a='<?x?>'/>", b"<message/><!-- -->", b"<!DOCTYPE x>"])
def test_forbidden_markup_is_refused_alike_wherever_it_is_cut(data: bytes) -> None:
    whole = shown(cut(data))
    for place in range(1, len(data)):
        assert shown(cut(data[:place], data[place:])) == whole


def test_a_plain_message_needs_no_tree() -> None:
    (stanza,) = cut(b"<message to='a@b' id=\"x'y\"><body>1 &lt; 2 > 0</body><x xmlns='urn:x'/></message>")
    assert isinstance(stanza, Stanza)
    assert stanza.attrs == {"to": "a@b", "id": "x'y"}
    assert stanza.children == (("jabber:client", "body"), ("urn:x", "x"))
    assert stanza.inner == b"<body>1 &lt; 2 > 0</body><x xmlns='urn:x'/>"


def test_a_greater_sign_inside_an_attribute_does_not_end_the_tag() -> None:
    (stanza,) = cut(b"<message a=\"'>\" b='\">'><body/></message>")
    assert isinstance(stanza, Stanza)
    assert stanza.inner == b"<body/>"


def test_prefixes_declared_on_the_root_travel_with_the_stanza() -> None:
    (stanza,) = cut(b"<message xmlns:p='urn:p' p:a='1'><p:x/></message>")
    assert isinstance(stanza, Stanza)
    assert stanza.children == (("urn:p", "x"),)
    assert stanza.to_bytes() == b"<message p:a='1' xmlns:p='urn:p'><p:x/></message>"


def test_a_prefix_of_the_stream_header_is_carried_into_the_stanza_that_uses_it() -> None:
    framing = StreamFraming(ParserPool())
    header = HEADER[:-1] + b" xmlns:p='urn:p' xmlns:q='urn:q'>"
    events = framing.feed(header + b"<message><p:x/></message><message><body/></message>")
    assert isinstance(events[1], Stanza)
    assert events[1].declarations == b" xmlns:p='urn:p'"
    assert isinstance(events[2], Stanza)
    assert events[2].declarations == b""


def test_the_stream_prefix_is_not_bound_inside_a_stanza() -> None:
    assert condition(b"<message><stream:x/></message>") == "bad-namespace-prefix"
    (event,) = cut(b"<stream:error><x xmlns='u'/></stream:error>")
    assert isinstance(event, Nonza)
    assert (event.namespace, event.name) == ("http://etherx.jabber.org/streams", "error")


def test_a_stanza_in_another_namespace_is_no_stanza() -> None:
    (event,) = cut(b"<message xmlns='jabber:server'/>")
    assert isinstance(event, Nonza)
    assert event.namespace == "jabber:server"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><message/>", "restricted-xml"),
        (b"<message><!-- x --></message>", "restricted-xml"),
        (b"<message><?x y?></message>", "restricted-xml"),
        (b"<message><body><![CDATA[x]]></body></message>", "restricted-xml"),
        (b"<message>&x;</message>", "restricted-xml"),
        (b"<message><body>\xff</body></message>", "unsupported-encoding"),
        (b"<message><body>\xed\xa0\x80</body></message>", "unsupported-encoding"),
        (b"<message><body>\xc0\xaf</body></message>", "unsupported-encoding"),
        (b"<message><body>\x00</body></message>", "not-well-formed"),
        (b"<message><body>&#1;</body></message>", "not-well-formed"),
        (b"<message><body></message>", "not-well-formed"),
        (b"<message a='1' a='2'/>", "not-well-formed"),
        (b"<message xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>", "not-well-formed"),
        (b"<message/>x<message/>", "bad-format"),
        (b"x", "bad-format"),
        (b"<message><p:x/></message>", "bad-namespace-prefix"),
        (b"<message p:a='1'/>", "bad-namespace-prefix"),
        (b"<message><x xmlns='http://www.w3.org/2000/xmlns/'/></message>", "not-well-formed"),
        (b"<c:message xmlns:c='jabber:client' xmlns='urn:x'><body/></c:message>", "bad-namespace-prefix"),
        (b"</message>", "not-well-formed"),
    ],
)  # fmt: skip
def test_xml_outside_the_subset_is_refused(data: bytes, expected: str) -> None:
    assert condition(data) == expected
    assert condition(*[data[i : i + 1] for i in range(len(data))]) == expected


def test_an_entity_bomb_never_reaches_the_parser() -> None:
    bomb = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>]>" + HEADER[21:]
    for chunks in ([bomb], [bomb[i : i + 1] for i in range(len(bomb))]):
        framing = StreamFraming(ParserPool())
        events: list[Event] = []
        for chunk in chunks:
            events += framing.feed(chunk)
            if events:
                break
        (event,) = events
        assert isinstance(event, Broken)
        assert event.error.condition == "restricted-xml"


def test_stanzas_before_a_fault_are_still_delivered() -> None:
    events = cut(b"<message id='1'/><message id='2'/><!-- --><message id='3'/>")
    assert [e.attrs["id"] for e in events if isinstance(e, Stanza)] == ["1", "2"]
    assert isinstance(events[-1], Broken)


def test_limits_end_the_stream() -> None:
    options = WireOptions(
        max_depth=4, max_elements=10, max_attributes=3, max_name_bytes=20, max_attribute_bytes=50, max_tag_bytes=200
    )
    assert condition(b"<iq>" + b"<a>" * 4, options=options) == "policy-violation"
    assert condition(b"<iq>" + b"<a/>" * 11, options=options) == "policy-violation"
    assert condition(b"<iq><x>" + b"<a/>" * 11 + b"</x></iq>", options=options) == "policy-violation"
    assert condition(b"<iq a='1' b='2' c='3' d='4'/>", options=options) == "policy-violation"
    assert condition(b"<iq><" + b"n" * 21 + b"/></iq>", options=options) == "policy-violation"
    assert condition(b"<iq " + b"n" * 21 + b"=''/>", options=options) == "policy-violation"
    assert condition(b"<iq a='" + b"n" * 51 + b"'/>", options=options) == "policy-violation"
    assert condition(b"<iq a='", b"n" * 300, options=options) == "policy-violation"
    assert condition(b"<iq>" + b"n" * 300 + b"</iq>", max_bytes=300) == "policy-violation"
    assert condition(b"<iq>", b"n" * 300, max_bytes=300) == "policy-violation"
    assert len(cut(b"<iq a='1' b='2' c='3'><a><a><a/></a></a></iq>", options=options)) == 1


def test_an_idle_connection_holds_no_parser() -> None:
    pool = ParserPool()
    slicer = Slicer(pool, 1000)
    slicer.feed(b"<message")
    assert not slicer.idle
    slicer.feed(b"/>  ")
    assert slicer.idle
    slicer.feed(b" \n")
    assert slicer.idle


def test_a_parser_is_not_used_again_after_an_error() -> None:
    pool = ParserPool()
    Slicer(pool, 1000).feed(b"<a><b></a>")
    assert [type(e) for e in Slicer(pool, 1000).feed(b"<message/>")] == [Stanza]


def test_the_header_may_come_in_single_bytes() -> None:
    framing = StreamFraming(ParserPool())
    events: list[Event] = []
    for byte in HEADER + b" <presence/></stream:stream>":
        events += framing.feed(bytes([byte]))
    assert events[0] == StreamOpened("localhost", None, "1.0", "de")
    assert isinstance(events[1], Stanza)
    assert events[2] == StreamClosed()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (HEADER.replace(b"jabber:client", b"jabber:server"), "invalid-namespace"),
        (HEADER.replace(b"etherx", b"example"), "invalid-namespace"),
        (HEADER.replace(b"stream:stream", b"s:stream").replace(b"xmlns:stream", b"xmlns:s"), "bad-namespace-prefix"),
        (HEADER.replace(b"<stream:stream", b"<stream:x"), "bad-format"),
        (HEADER.replace(b"'1.0'?", b"'1.0' encoding='latin-1'?"), "unsupported-encoding"),
        (HEADER.replace(b"to=", b"p:to="), "bad-namespace-prefix"),
        (b"GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
        (b"<" + b"x" * 20_000, "policy-violation"),
        (HEADER.replace(b"localhost", b"\xff"), "unsupported-encoding"),
    ],
)
def test_a_wrong_header_is_told_apart(header: bytes, expected: str) -> None:
    (event,) = StreamFraming(ParserPool()).feed(header)
    assert isinstance(event, Broken)
    assert event.error.condition == expected


def test_an_element_of_the_xml_namespace_is_no_plain_one() -> None:
    pool = ParserPool()
    first, second = Slicer(pool, 1000).feed(b"<message xml:lang='de'/><message><xml:lang/></message>")
    assert isinstance(first, Stanza)
    assert isinstance(second, Stanza)
    assert second.children == (("http://www.w3.org/XML/1998/namespace", "lang"),)


def test_escaping_anew_does_not_make_much_of_little() -> None:
    assert condition(b'<message id="' + b"'" * 2000 + b'"/>') == "policy-violation"
    (stanza,) = cut(b'<message id="' + b"'" * 200 + b'"/>')
    assert isinstance(stanza, Stanza)
    assert len(stanza.to_bytes()) < 2 * 215 + 1024
    assert len(cut(b"<message id='" + b"&amp;" * 1000 + b"'/>")) == 1


def test_many_prefixes_are_bounded() -> None:
    declared = b"".join(b" xmlns:p%d='u'" % number for number in range(33))
    assert condition(b"<message" + declared + b"/>") == "policy-violation"


def test_an_empty_or_incomplete_read_between_does_not_hide_a_forbidden_tag() -> None:
    assert condition(b"<message><", b"", b"![CDATA[x]]></message>") == "restricted-xml"
    assert condition(b"<message>\xc3", b"\xa4<", b"", b"!-- --></message>") == "restricted-xml"
