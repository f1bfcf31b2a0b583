"""Clients over WebSocket, on a string transport behind the front."""

import base64
import random
from typing import Any

import pytest
from http_wires import Page, Wire
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from ccm.errors import StreamError
from ccm.session.options import SessionOptions
from ccm.session.visitors import VisitorOptions, Visitors
from ccm.transports.http import FrontFactory
from ccm.transports.http_front import Front
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_site import QuietSite
from ccm.transports.outgoing import Turn
from ccm.transports.websocket import WebSocketGate, WebSocketOptions
from ccm.wire import websocket as ws
from ccm.wire.events import Broken, StreamClosed, StreamOpened
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

KEY = base64.b64encode(b"0123456789abcdef")
OPEN = b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='chat.example' version='1.0'/>"
CLOSE = b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"


class Stream:
    """Answers <open/> and <close/> in kind, echoes stanzas."""

    def __init__(self, connection: Any, framing: Any) -> None:
        self.connection, self.framing = connection, framing
        self.events: list[Any] = []
        self.gone = 0

    def received(self, events: Any) -> None:
        for event in events:
            self.events.append(event)
            if isinstance(event, StreamOpened):
                self.connection.write(self.framing.header("chat.example", "id1", "en"))
                self.connection.write(self.framing.features(b""))
            elif isinstance(event, StreamClosed):
                self.connection.write(self.framing.footer())
                self.connection.close()
            elif isinstance(event, Broken):
                self.connection.write(self.framing.error(event.error))
                self.connection.write(self.framing.footer())
                self.connection.close(event.error)
            elif isinstance(event, Stanza):
                self.connection.write(event.to_bytes(declared=True))

    def disconnected(self) -> None:
        self.gone += 1


class World:
    def __init__(self, http: HttpOptions | None = None, options: WebSocketOptions | None = None) -> None:
        self.clock = Clock()
        self.clock.advance(1_000)
        self.streams: list[Stream] = []
        limits = SessionOptions(bytes_per_second=0, bytes_per_second_before_login=0)
        turn = Turn(lambda call: self.clock.callLater(0, call))
        self.gate = WebSocketGate(
            self.make_stream,
            ParserPool(),
            options or WebSocketOptions(),
            limits,
            self.clock,
            turn,
            Visitors(VisitorOptions(), self.clock.seconds),
        )
        site = QuietSite(Page(), self.clock)  # type: ignore[no-untyped-call]
        self.factory = FrontFactory(self.clock, http or HttpOptions(), site, websocket=self.gate)

    def make_stream(self, connection: Any, framing: Any) -> Stream:
        self.streams.append(Stream(connection, framing))
        return self.streams[-1]

    def connect(self) -> tuple[Front, Wire]:
        wire = Wire(peerAddress=IPv4Address("TCP", "192.0.2.1", 4321))
        front = self.factory.buildProtocol(None)
        front.makeConnection(wire)
        return front, wire

    def opened(self) -> tuple[Front, Wire]:
        front, wire = self.connect()
        self.say(front, upgrade())
        assert wire.value().startswith(b"HTTP/1.1 101 ")
        wire.clear()
        return front, wire

    def turn(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        self.clock.advance(0)

    def say(self, front: Front, data: bytes) -> None:
        front.dataReceived(data)
        self.turn()


def upgrade(**changed: bytes | None) -> bytes:
    fields: dict[str, bytes | None] = {
        "Host": b"chat.example",
        "Upgrade": b"websocket",
        "Connection": b"keep-alive, Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": b"13",
        "Sec-WebSocket-Protocol": b"xmpp",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    lines = [b"%b: %b" % (name.encode(), value) for name, value in fields.items() if value is not None]
    return b"\r\n".join([b"GET /xmpp-websocket HTTP/1.1", *lines]) + b"\r\n\r\n"


def frame(payload: bytes, opcode: int = ws.TEXT) -> bytes:
    head = bytearray(ws.header(opcode, len(payload)))
    head[1] |= 0x80
    return bytes(head) + b"\0\0\0\0" + payload


def frames(wire: Wire) -> list[tuple[int, bytes]]:
    data, found = wire.value(), []
    wire.clear()
    while data:
        opcode, length, at = data[0] & 0x0F, data[1], 2
        if length == 126:
            length, at = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, at = int.from_bytes(data[2:10], "big"), 10
        found.append((opcode, data[at : at + length]))
        data = data[at + length :]
    return found


def code(wire: Wire) -> int:
    opcode, payload = frames(wire)[-1]
    assert opcode == ws.CLOSE
    return int.from_bytes(payload[:2], "big")


def test_the_handshake_echoes_the_subprotocol() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, upgrade(Sec_WebSocket_Protocol=b"chat, xmpp"))
    head = wire.value()
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nSec-WebSocket-Protocol: xmpp\r\n" in head
    assert b"\r\nSec-WebSocket-Accept: %b\r\n" % ws.accept_key(KEY) in head
    assert b"Extensions" not in head


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Sec_WebSocket_Protocol": None}, 400),
        ({"Sec_WebSocket_Protocol": b"chat"}, 400),
        ({"Sec_WebSocket_Version": b"8"}, 426),
        ({"Sec_WebSocket_Key": b"short"}, 400),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Connection": b"close"}, 400),
        ({"Upgrade": b"h2c"}, 400),
        ({"Content_Length": b"5"}, 400),
        ({"Origin": b"https://evil.example"}, 403),
    ],
)
def test_a_handshake_that_is_not_right_is_refused(changed: dict[str, bytes | None], status: int) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, upgrade(**changed))
    assert wire.value().startswith(b"HTTP/1.1 %d " % status)
    assert wire.disconnecting and world.streams == []


def test_an_old_version_is_told_the_right_one() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, upgrade(Sec_WebSocket_Version=b"8"))
    assert b"\r\nSec-WebSocket-Version: 13\r\n" in wire.value()


def test_ws_cross_site_origin_only_the_own_host_and_listed_pages_may_connect() -> None:
    world = World(HttpOptions(origins=("https://friend.example",)))
    for origin, expected in (
        (b"https://evil.example", 403),
        (b"null", 403),
        (b"https://chat.example", 101),
        (b"https://friend.example", 101),
    ):
        front, wire = world.connect()
        world.say(front, upgrade(Origin=origin))
        assert wire.value().startswith(b"HTTP/1.1 %d " % expected)


def test_a_stream_opens_and_each_unit_is_one_message() -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, frame(OPEN))
    got = frames(wire)
    assert [opcode for opcode, _ in got] == [ws.TEXT, ws.TEXT]
    assert got[0][1].startswith(b"<open ")
    assert got[1][1].startswith(b"<stream:features xmlns:stream=")


def test_ws_too_many_strangers_of_an_address_are_refused_with_the_remedy() -> None:
    world = World()
    fronts = [world.opened()[0] for _ in range(16)]
    front, wire = world.connect()
    world.say(front, upgrade())
    assert wire.value().startswith(b"HTTP/1.1 429 ") and b"Sign in, or close one." in wire.value()
    fronts[0].connectionLost(Failure(ConnectionDone()))
    world.streams[1].connection.authenticated("ann@chat.example")
    world.opened()
    world.opened()


def test_bytes_that_follow_the_handshake_at_once_are_heard() -> None:
    world = World()
    front, _ = world.connect()
    world.say(front, upgrade() + frame(OPEN))
    assert isinstance(world.streams[0].events[0], StreamOpened)


@pytest.mark.parametrize("seed", range(5))
def test_frames_may_come_in_any_portions(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    front, wire = world.connect()
    data = upgrade() + frame(OPEN) + frame(b"<message xmlns='jabber:client' id='a'/>") + frame(b"hi", ws.PING)
    while data:
        cut = rng.randint(1, 60)
        world.say(front, data[:cut])
        data = data[cut:]
    assert [type(event) for event in world.streams[0].events] == [StreamOpened, Stanza]
    assert wire.value().endswith(ws.pong(b"hi"))


def test_closing_the_stream_closes_the_socket_in_order() -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, frame(OPEN) + frame(CLOSE))
    got = frames(wire)
    assert got[-2] == (ws.TEXT, CLOSE)
    assert got[-1] == (ws.CLOSE, (1000).to_bytes(2, "big"))
    assert not wire.disconnecting
    world.say(front, frame((1000).to_bytes(2, "big"), ws.CLOSE))
    assert wire.disconnecting
    front.connectionLost(Failure(ConnectionDone()))
    assert world.gate.connections == set()
    assert [call for call in world.clock.getDelayedCalls() if "Wheel" not in repr(call)] == []


def test_who_does_not_answer_the_close_is_cut() -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, frame(OPEN) + frame(CLOSE))
    world.turn(6)
    assert wire.disconnecting


def test_a_close_frame_is_answered_and_the_session_told_when_the_connection_goes() -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, frame((1001).to_bytes(2, "big"), ws.CLOSE))
    assert frames(wire) == [(ws.CLOSE, (1001).to_bytes(2, "big"))]
    assert wire.disconnecting
    front.connectionLost(Failure(ConnectionDone()))
    assert world.streams[0].gone == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (frame(b"x", ws.BINARY), 1003),
        (ws.text(b"<open/>"), 1002),  # not masked
        (frame(b"\xff"), 1007),
        (frame(b"x" * 20_000), 1009),  # before login
        (b"\xc1\x80\0\0\0\0", 1002),  # compressed without being asked
    ],
)
def test_what_breaks_the_framing_closes_with_its_code(data: bytes, expected: int) -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, data)
    assert code(wire) == expected
    assert world.streams[0].gone == 1


def test_what_follows_a_broken_frame_is_neither_kept_nor_heard() -> None:
    world = World()
    front, wire = world.opened()
    world.say(front, frame(b"x", ws.BINARY))
    assert code(wire) == 1003
    wire.clear()
    for _ in range(100):
        world.say(front, frame(OPEN) + frame(b"x" * 10_000, ws.BINARY) + frame(b"", ws.PING))
    connection = front._socket
    assert connection._frames._buffer == b""
    assert (wire.value(), world.streams[0].events) == (b"", [])


@pytest.mark.parametrize("by", ["client", "server"])
def test_who_does_not_read_the_close_is_cut(by: str) -> None:
    world = World(options=WebSocketOptions(ping_seconds=0))
    front, wire = world.opened()
    cut: list[float] = []
    wire.abortConnection = lambda: cut.append(world.clock.seconds())  # type: ignore[method-assign]
    began = world.clock.seconds()
    world.say(front, frame(b"", ws.CLOSE) if by == "client" else frame(OPEN) + frame(CLOSE))
    for _ in range(12):
        world.turn(1)
        front.dataReceived(frame(b"", ws.PING))
    assert wire.disconnecting
    assert [when - began <= 11 for when in cut] == [True]


def test_ws_entity_bomb_is_refused_as_restricted_xml() -> None:
    world = World()
    front, _ = world.opened()
    world.say(front, frame(OPEN))
    bomb = b"<!DOCTYPE m [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><message xmlns='jabber:client'>&b;</message>"
    world.say(front, frame(bomb))
    broken = world.streams[0].events[-1]
    assert isinstance(broken, Broken) and broken.error.condition == "restricted-xml"


def test_two_elements_in_a_message_are_refused() -> None:
    world = World()
    front, _ = world.opened()
    world.say(front, frame(OPEN + OPEN))
    assert isinstance(world.streams[0].events[-1], Broken)


def test_a_stream_error_closes_the_socket_with_policy_violation() -> None:
    world = World()
    _, wire = world.opened()
    world.streams[0].connection.close(StreamError("conflict"))
    world.turn()
    assert code(wire) == 1008


def test_too_many_pings_end_the_connection() -> None:
    world = World(options=WebSocketOptions(pings_per_second=3))
    front, wire = world.opened()
    world.say(front, frame(b"", ws.PING) * 3)
    assert len(frames(wire)) == 3
    world.say(front, frame(b"", ws.PING))
    assert code(wire) == 1008


def test_a_silent_client_is_pinged_and_then_cut() -> None:
    world = World(options=WebSocketOptions(ping_seconds=10))
    front, wire = world.opened()
    for _ in range(13):
        world.turn(1)
    assert frames(wire) == [(ws.PING, b"")]
    world.say(front, frame(b"", ws.PONG))
    for _ in range(9):
        world.turn(1)
    assert not wire.disconnecting
    for _ in range(20):
        world.turn(1)
    assert wire.disconnecting


def test_a_client_that_is_not_read_from_is_not_taken_for_dead() -> None:
    world = World(options=WebSocketOptions(ping_seconds=10))
    _, wire = world.opened()
    world.turn(9)
    for seconds in (20, 35, 1):
        world.streams[0].connection.slow(seconds)
    for _ in range(34):
        world.turn(1)
    assert wire.producerState == "paused" and not wire.disconnecting
    for _ in range(16):
        world.turn(1)
    assert frames(wire) == [(ws.PING, b"")] and not wire.disconnecting


def test_after_login_messages_may_be_larger() -> None:
    world = World()
    front, _ = world.opened()
    stream = world.streams[0]
    stream.framing.max_bytes = 262_144
    stream.connection.authenticated("ann@chat.example")
    world.say(
        front, frame(OPEN) + frame(b"<message xmlns='jabber:client'><body>" + b"x" * 65_536 + b"</body></message>")
    )
    assert isinstance(stream.events[-1], Stanza)


def test_the_path_without_upgrade_is_the_sites() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, b"GET /xmpp-websocket HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"page /xmpp-websocket" in wire.value()
