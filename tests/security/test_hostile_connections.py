"""Connections that hold on, push through, or take over what is not theirs."""

import re
import socket
import time
from collections.abc import Callable
from hashlib import sha1

import pytest
from fixtures.server import ServerProcess
from hostile import HEADER, OPEN, PASSWORD, Client, Wire, bosh_session, frame, memory, post, signed_in, websocket, well

BIND = "xmlns='http://jabber.org/protocol/httpbind'"
ACCEPT = b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%b'>"


def drip(wire: Wire, data: bytes, seconds: float) -> bytes:
    """Send byte by byte until the server has enough; answers what it said."""
    end = time.monotonic() + seconds
    wire._socket.settimeout(0.05)
    for place in range(len(data)):
        wire.say(data[place : place + 1])
        try:
            if not wire._more():
                break
        except AssertionError:
            pass  # silence is what is to be expected
        if time.monotonic() > end:
            break
    wire._socket.settimeout(10)
    return wire.rest()


def test_idle_unauthenticated_silence_and_a_bare_header_are_cut(target: ServerProcess) -> None:
    started = time.monotonic()
    with Wire(target.c2s) as silent, Wire(target.c2s) as opened, websocket(target) as web:
        opened.say(HEADER)
        web.hear(b"\r\n\r\n")
        web.say(frame(OPEN))
        assert b"<connection-timeout" in silent.rest()
        assert b"<connection-timeout" in opened.rest()
        web.hear(b"connection-timeout")
    assert time.monotonic() - started < 9


def test_conn_slowloris_a_byte_at_a_time_is_cut_over_tcp_and_http(target: ServerProcess) -> None:
    """Also bosh-slow-post."""
    with Wire(target.c2s) as wire:
        assert b"connection-timeout" in drip(wire, HEADER * 10, 6)
    head = b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n" + b"X-Slow: x\r\n" * 100
    with Wire(target.http) as wire:
        assert b" 408 " in drip(wire, head, 6)
    with Wire(target.http) as wire:
        wire.say(
            b"POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n"
        )
        assert b" 408 " in drip(wire, b"<body" + b" " * 4_000, 6)
    well(target)


def test_stanza_before_auth_ends_the_stream(target: ServerProcess) -> None:
    for stanza in (b"<message to='bob@localhost/b'><body>x</body></message>", b"<presence/>"):
        with Client(target.c2s) as wire:
            assert b"<not-authorized" in wire.open().say(stanza).rest()


def test_conn_churn_leak_aborted_connections_leave_no_memory(target: ServerProcess) -> None:
    def churn(count: int) -> None:
        for number in range(count):
            with Wire(target.c2s if number % 2 else target.http) as wire:
                wire.say(HEADER if number % 4 else b"GET / HT")
                wire._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    churn(300)
    before = memory(target)
    churn(1_500)
    well(target)
    assert memory(target) - before < 12


def test_never_reading_recipient_costs_a_bounded_buffer_and_others_go_on(target: ServerProcess) -> None:
    before = memory(target)
    with signed_in(target, "bob", "deaf") as bob, signed_in(target, "eve") as eve:
        bob._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stanza = b"<message type='chat' to='bob@localhost/deaf'><body>" + b"x" * 100_000 + b"</body></message>"
        for _ in range(40):
            eve.say(stanza)
            eve.ping()
        assert memory(target) - before < 24  # what it reads and holds; 40 times 100 kB were sent
    well(target)


# ---- BOSH


def test_bosh_sid_only_hijack_and_rid_window_a_guess_ends_nothing_of_value(target: ServerProcess) -> None:
    for rid, condition in ((5, b"item-not-found"), (10**15, b"item-not-found"), (2**60, b"bad-request")):
        sid = bosh_session(target)
        assert condition in post(target, f"<body rid='{rid}' sid='{sid}' {BIND}/>".encode())
    assert b"item-not-found" in post(target, f"<body rid='1001' sid='guess' {BIND}/>".encode())


def test_bosh_sid_entropy_no_two_are_alike_and_each_has_160_bits(target: ServerProcess) -> None:
    sids = {bosh_session(target) for _ in range(8)}
    assert len(sids) == 8 and all(len(sid) >= 27 for sid in sids)


def test_bosh_simple_request_csrf_and_cors_pages_elsewhere_get_no_session(target: ServerProcess) -> None:
    body = f"<body rid='1' to='localhost' ver='1.11' {BIND}/>".encode()
    for origin in ("https://evil.example", "null"):
        said = post(target, body, f"Origin: {origin}")
        assert b"sid=" not in said and b"Access-Control-Allow-Origin" not in said
        assert b"sid=" not in post(target, body, f"Origin: {origin}", type_="text/plain")


@pytest.mark.parametrize(
    "hidden",
    [
        "Transfer-Encoding: chunked",
        "Content-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Content-Length : 5",
    ],
)
def test_bosh_http_smuggling_a_request_with_two_lengths_is_refused(target: ServerProcess, hidden: str) -> None:
    body = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = post(target, body, hidden)
    assert b" 400 " in said.split(b"\r\n")[0] and said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%u002e%u002e/etc/passwd", "/assets/..%2f..%2fsetup.cfg"],
)
def test_bosh_path_traversal_finds_no_file_outside(target: ServerProcess, path: str) -> None:
    with Wire(target.http) as wire:
        said = wire.say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()).rest()
    assert b"root:" not in said and b"[metadata]" not in said and b" 200 " not in said.split(b"\r\n")[0]


# ---- WebSocket


@pytest.mark.parametrize(
    ("hurt", "code"),
    [
        (frame(OPEN, masked=False), 1002),
        (b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0" * 4, 1009),
        (frame(OPEN, opcode=2), 1003),
        (frame(b"\xff\xfe"), 1007),
        (b"\xc1" + frame(OPEN)[1:], 1002),
        (frame(b"x" * 126, opcode=9), 1002),
        (b"".join(frame(b"x", 0 if n else 1, fin=False) for n in range(30)), 1008),
        (b"".join(frame(b"", 9) for _ in range(40)), 1008),
    ],
    ids=["unmasked", "huge", "binary", "utf8", "rsv", "ping", "fragments", "pings"],
)
def test_ws_frames_against_the_rules_close_with_their_code(target: ServerProcess, hurt: bytes, code: int) -> None:
    with websocket(target) as wire:
        wire.hear(b"\r\n\r\n")
        wire.say(hurt).hear(b"\x88")
        while len(wire._heard) < 3:
            assert wire._more()
        assert int.from_bytes(wire._heard[1:3], "big") == code
    well(target)


def test_ws_cross_site_origin_and_deflate_bomb_are_not_let_in(target: ServerProcess) -> None:
    with websocket(target, "Origin: https://evil.example") as wire:
        assert b" 403 " in wire.hear(b"\r\n")
    with websocket(target, "Sec-WebSocket-Extensions: permessage-deflate") as wire:
        assert b"extensions" not in wire.hear(b"\r\n\r\n").lower()


def test_compression_bomb_compression_is_never_offered(target: ServerProcess) -> None:
    with Client(target.c2s) as wire:
        assert b"compression" not in wire.say(HEADER).hear(b"</stream:features>")
    with signed_in(target, "eve") as eve:
        said = eve.say(b"<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>").rest()
        assert b"<stream:error>" in said


# ---- components


def handshake(wire: Wire, domain: bytes, secret: bytes) -> Wire:
    said = wire.say(ACCEPT % domain).hear(b"?>") + wire.hear(b">")
    found = re.search(rb"id='([^']+)'", said)
    assert found is not None, said
    return wire.say(b"<handshake>" + sha1(found[1] + secret).hexdigest().encode() + b"</handshake>")


def test_component_bad_secret_no_handshake_and_domain_takeover_serve_nothing(target: ServerProcess) -> None:
    with Wire(target.components) as wire:
        assert b"<not-authorized" in handshake(wire, b"bot.localhost", b"wrong").rest()
    with Wire(target.components) as wire:
        said = wire.say(ACCEPT % b"bot.localhost" + b"<message from='bot.localhost' to='bob@localhost'/>").rest()
        assert b"<stream:error>" in said
    for domain in (b"localhost", b"conference.localhost", b"topics.localhost", b"other.localhost"):
        with Wire(target.components) as wire:
            assert b"<host-unknown" in wire.say(ACCEPT % domain).rest()


def test_component_from_spoof_ends_its_stream(target: ServerProcess) -> None:
    with Wire(target.components) as wire, signed_in(target, "bob", "b") as bob:
        handshake(wire, b"bot.localhost", b"a secret of a component").hear(b"<handshake")
        said = wire.say(b"<message from='ann@localhost' to='bob@localhost/b'><body>forged</body></message>").rest()
        assert b"<invalid-from" in said and b"forged" not in bob.ping()


# ---- limits by address


def test_one_address_gets_sixteen_strangers_and_waits_after_failures(
    server_processes: Callable[..., ServerProcess],
) -> None:
    plain = {"session": {"require_tls": False}, "sasl": {"plain_without_tls": True, "iterations": 4096}}
    server = server_processes({**plain, "visitors": {"exempt": []}})
    server.start()
    wires = [Wire(server.c2s).say(HEADER) for _ in range(16)]
    for wire in wires:
        wire.hear(b"</stream:features>")
    with Wire(server.c2s) as late:
        assert b"Sign in, or close one." in late.rest()
    assert b"Sign in, or close one." in post(server, f"<body rid='1' to='localhost' ver='1.11' {BIND}/>".encode())
    with websocket(server) as web:
        assert b" 429 " in web.hear(b"\r\n")
    for wire in wires:
        wire._socket.close()
    for _ in range(2):
        started = time.monotonic()
        with Client(server.c2s) as wire:
            wire.open()
            for _ in range(2):
                assert b"<not-authorized/>" in wire.plain("ann", PASSWORD + "?")
        taken = time.monotonic() - started
    assert taken >= 1  # the fourth attempt had to wait
