"""XML that is made to hurt, over every transport; the server stays well and small."""

import socket

import pytest
from fixtures.server import ServerProcess
from hostile import HEADER, OPEN, STREAMS, Client, Wire, frame, memory, post, signed_in, websocket, well

BOMB = b"<!DOCTYPE b [<!ENTITY a 'aaaaaaaaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%b'>" % (98 + n, b"&%c;" % (97 + n) * 16) for n in range(8)
)
QUADRATIC = b"<!DOCTYPE b [<!ENTITY a '" + b"a" * 4_000 + b"'>]><x>" + b"&a;" * 1_000
GROWTH_MIB = 8.0


@pytest.mark.parametrize("bomb", [BOMB + b"]><x>&i;</x>", QUADRATIC], ids=["bomb", "quadratic"])
def test_xml_entity_bomb_ends_the_stream_and_costs_no_memory(target: ServerProcess, bomb: bytes) -> None:
    before = memory(target)
    for start in (b"", HEADER):
        with Wire(target.c2s) as wire:
            said = wire.say(start + bomb).rest()
        assert b"<restricted-xml" in said
    assert memory(target) - before < GROWTH_MIB
    well(target)


def test_bosh_entity_bomb_is_refused_and_costs_no_memory(target: ServerProcess) -> None:
    before = memory(target)
    body = BOMB + b"]><body rid='1' to='localhost' xmlns='http://jabber.org/protocol/httpbind'>&i;</body>"
    for _ in range(5):
        assert b"bad-request" in post(target, body)
    assert memory(target) - before < GROWTH_MIB
    well(target)


def test_ws_entity_bomb_is_refused_and_costs_no_memory(target: ServerProcess) -> None:
    before = memory(target)
    for bomb in (BOMB + b"]><x>&i;</x>", QUADRATIC[:9_000]):
        with websocket(target) as wire:
            wire.hear(b"\r\n\r\n")
            wire.say(frame(bomb)).hear(b"restricted-xml")
    assert memory(target) - before < GROWTH_MIB
    well(target)


def test_xml_external_entity_is_never_fetched(target: ServerProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.3)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/".encode()
        bomb = b"<!DOCTYPE a [<!ENTITY x SYSTEM '" + url + b"'>]><a>&x;</a>"
        with Wire(target.c2s) as wire:
            assert b"<restricted-xml" in wire.say(HEADER + bomb).rest()
        with pytest.raises(TimeoutError):
            trap.accept()


@pytest.mark.parametrize(
    ("hurt", "condition"),
    [
        (b"<message xmlns:a='urn:a'><body>\xc0\xbc</body></message>", b"unsupported-encoding"),
        (b"<message><body>\xed\xa0\x80</body></message>", b"unsupported-encoding"),
        (b"<message><body>\x00</body></message>", b"not-well-formed"),
        (b"<message><body>&#0;</body></message>", b"not-well-formed"),
        (b"<message><!-- c --><body/></message>", b"restricted-xml"),
        (b"<message><?php x?></message>", b"restricted-xml"),
        (b"<message>" + b"<a>" * 100, b"policy-violation"),
        (b"<message " + b" ".join(b"a%d='1'" % n for n in range(100)) + b"/>", b"policy-violation"),
        (b"<message><" + b"n" * 300 + b"/></message>", b"policy-violation"),
        (b"<message>" + b"<a/>" * 3_000 + b"</message>", b"policy-violation"),
        (b"<message><a b='" + b"x" * 20_000 + b"'/></message>", b"policy-violation"),
        (b"<message><body>" + b"x" * 300_000, b"policy-violation"),
        (b"<message a='1' a='2'/>", b"not-well-formed"),
        (b"<message><p:a/></message>", b"bad-namespace-prefix"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_xml_beyond_the_rules_ends_the_stream(target: ServerProcess, hurt: bytes, condition: bytes) -> None:
    with signed_in(target, "eve") as eve:
        assert condition in eve.say(hurt).rest()
    well(target)


def test_xml_giant_preauth_is_cut_off_before_it_costs_memory(target: ServerProcess) -> None:
    before = memory(target)
    with Client(target.c2s) as wire:
        said = wire.open().say(b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + b"a" * 1_000_000).rest()
    assert b"policy-violation" in said
    assert memory(target) - before < GROWTH_MIB


@pytest.mark.parametrize(
    "smuggled",
    [
        b"<x:message xmlns:x='urn:other' to='bob@localhost/b'><body>hidden</body></x:message>",
        b"<message xmlns='jabber:server' to='bob@localhost/b'><body>hidden</body></message>",
        b"<iq xmlns='jabber:component:accept' type='set' id='1' to='bob@localhost/b'><x xmlns='urn:x'/></iq>",
    ],
)
def test_smuggle_a_stanza_of_another_namespace_is_none(target: ServerProcess, smuggled: bytes) -> None:
    """xml-foreign-namespace-stanza."""
    with signed_in(target, "bob", "b") as bob, signed_in(target, "eve") as eve:
        assert b"<stream:error>" in eve.say(smuggled).rest()
        assert b"hidden" not in bob.ping()


@pytest.mark.parametrize(
    "hurt",
    [
        b"<message to='bob@localhost/b'><body>x</body></message><message from='ann@localhost' to='bob@localhost/b'>",
        b"<message to='bob@localhost/b'><body>x</body></messag\xc5\xa0e><message><body>forged</body></message>",
        b"<message to='bob@localhost/b'><body>&lt;/body></message><message from='ann@localhost'/></body></message>",
        b"<message to='bob@localhost/b'><body><![CDATA[</body></message><message>]]></body></message>",
        f"<message to='bob@localhost/b'></message></stream:stream><stream:stream xmlns:stream='{STREAMS}'>".encode(),
    ],
)
def test_smuggle_nothing_reaches_a_victim_as_from_somebody_else(target: ServerProcess, hurt: bytes) -> None:
    with signed_in(target, "bob", "b") as bob, signed_in(target, "eve") as eve:
        eve.say(hurt + b"</stream:stream>").rest()
        came = bob.ping()
        assert came.count(b"<message") == came.count(b"from='eve@localhost/r'")
        assert b"from='ann@localhost'" not in came.replace(b"&lt;message from='ann@localhost'", b"")


def test_ws_two_elements_in_a_message_or_half_of_one_end_the_stream(target: ServerProcess) -> None:
    for hurt in (OPEN + OPEN, b"<message xmlns='jabber:client'>", b"no element"):
        with websocket(target) as wire:
            wire.hear(b"\r\n\r\n")
            wire.say(frame(hurt)).hear(b"stream:error")


def test_what_grows_from_in_to_out_stays_below_twice_and_a_kibibyte(target: ServerProcess) -> None:
    """xml-namespace-amplification: prefixes declared once are not declared again at each child."""
    long = b"urn:" + b"n" * 200
    inner = b"<p:a xmlns:p='%b'>" % long + b"<p:b/>" * 1_500 + b"</p:a>"
    escaped = b"<body>" + b"'\"" * 500 + b"&gt;" * 500 + b"</body>"
    for content in (inner, escaped):
        stanza = b"<message to='bob@localhost/b'>%b</message>" % content
        with signed_in(target, "bob", "b") as bob, signed_in(target, "eve") as eve:
            eve.say(stanza).ping()
            came = bob.ping()
        assert b"<message" in came and len(came) <= 2 * len(stanza) + 1024
