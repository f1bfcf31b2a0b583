"""The HTTP front on a string transport: BOSH on the lean path, everything else through twisted.web."""

import gzip
import random
import re
from typing import Any

import pytest
from http_wires import Page, Wire, one, request, responses
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from ccm.errors import ConfigError
from ccm.session.bosh_options import BoshOptions
from ccm.session.options import SessionOptions
from ccm.session.visitors import VisitorOptions, Visitors
from ccm.transports.bosh import BoshSessions
from ccm.transports.http import FrontFactory
from ccm.transports.http_front import Front
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_origins import Origins
from ccm.transports.http_site import QuietSite
from ccm.wire.framing import StreamClosed, StreamOpened
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

NS = "http://jabber.org/protocol/httpbind"


class EchoStream:
    """Answers a stream's opening with features and every message with an echo."""

    stream_id = "authid"
    state_name = "bound"

    def __init__(self, connection: Any, framing: Any) -> None:
        self.connection = connection
        self.got: list[str] = []
        self.lost: list[bytes] | None = None

    def received(self, events: Any) -> None:
        for event in events:
            if isinstance(event, StreamOpened):
                self.connection.write(b"<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>")
            elif isinstance(event, StreamClosed):
                self.connection.close()
            elif isinstance(event, Stanza):
                self.got.append(event.id or "")
                self.connection.write(event.to_bytes(declared=True))

    def disconnected(self, unacked: Any = ()) -> None:
        self.lost = list(unacked)


class Never(Page):
    """Begins an answer."""

    def render_POST(self, request: Any) -> Any:
        request.write(b"a")
        return NOT_DONE_YET


class Who(Page):
    """Notes who asks."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: list[tuple[str, bool]] = []

    def render_GET(self, request: Any) -> bytes:
        self.clients.append((request.getClientAddress().host, request.isSecure()))
        return b""


class World:
    def __init__(
        self,
        options: HttpOptions | None = None,
        bosh: BoshOptions | None = None,
        limits: SessionOptions | None = None,
        visitors: VisitorOptions | None = None,
        page: Page | None = None,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(1_000)
        self.visitors = Visitors(visitors or VisitorOptions(), self.clock.seconds)
        self.streams: list[EchoStream] = []
        sids = iter(f"sid-{n}" for n in range(1000))
        self.bosh = BoshSessions(
            self.make_stream,
            ParserPool(),
            bosh or BoshOptions(),
            self.clock,
            lambda: None,
            lambda n: next(sids),
            limits=limits,
            visitors=self.visitors,
        )
        self.page = page or Page()
        self.factory = FrontFactory(
            self.clock,
            options or HttpOptions(),
            QuietSite(self.page, self.clock),
            bosh=self.bosh,  # type: ignore[arg-type]
            visitors=self.visitors,
        )

    def make_stream(self, connection: Any, framing: Any) -> EchoStream:
        self.streams.append(EchoStream(connection, framing))
        return self.streams[-1]

    def connect(self, peer: str = "192.0.2.1") -> tuple[Front, Wire]:
        wire = Wire(peerAddress=IPv4Address("TCP", peer, 4321))
        front = self.factory.buildProtocol(None)
        front.makeConnection(wire)
        return front, wire

    def turn(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        self.clock.advance(0)

    def say(self, front: Front, data: bytes) -> None:
        front.dataReceived(data)
        self.turn()


def bosh(rid: int, sid: str = "sid-0", inner: str = "", **attrs: str) -> bytes:
    more = "".join(f" {name}='{value}'" for name, value in attrs.items())
    return f"<body rid='{rid}' sid='{sid}' xmlns='{NS}'{more}>{inner}</body>".encode()


CREATE = f"<body rid='100' to='chat.example' wait='60' hold='1' ver='1.6' xmlns='{NS}'/>".encode()


def open_session(world: World, *fields: bytes) -> tuple[Front, Wire]:
    front, wire = world.connect()
    world.say(front, request(CREATE, *fields))
    status, _, body = one(wire)
    assert status == 200 and b"sid='sid-" in body
    return front, wire


def test_a_session_is_created_and_its_requests_are_held_and_answered() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    assert wire.value() == b""
    world.streams[0].connection.write(b"<message xmlns='jabber:client'/>")
    world.turn()
    status, fields, body = one(wire)
    assert (status, body) == (200, f"<body xmlns='{NS}'><message xmlns='jabber:client'/></body>".encode())
    assert fields[b"content-type"] == b"text/xml; charset=utf-8"
    assert fields[b"cache-control"] == b"no-store"
    assert b"date" in fields


def test_what_is_said_in_one_turn_is_one_response() -> None:
    world = World()
    front, wire = open_session(world)
    inner = "".join(f"<message xmlns='jabber:client' id='m{n}'/>" for n in range(5))
    world.say(front, request(bosh(101, inner=inner)))
    _, _, body = one(wire)
    assert body.count(b"<message") == 5


@pytest.mark.parametrize("seed", range(8))
def test_bytes_may_come_in_any_portions(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    front, wire = world.connect()
    data = (
        request(CREATE)
        + request(bosh(101, inner="<message xmlns='jabber:client' id='a'/>"))
        + request(b"", method=b"GET", path=b"/x")
    )
    while data:
        cut = rng.randint(1, 90)
        world.say(front, data[:cut])
        data = data[cut:]
    assert [status for status, _, _ in responses(wire)] == [200, 200, 200]
    assert world.streams[0].got == ["a"]


def test_pipelined_bosh_requests_are_taken_at_once_and_answered_in_order() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)) + request(bosh(102, inner="<message xmlns='jabber:client' id='x'/>")))
    found = responses(wire)
    assert len(found) == 1
    assert b"id='x'" in found[0][2]
    assert world.streams[0].got == ["x"]


def test_everything_else_goes_to_the_site_and_the_connection_comes_back() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(b"", method=b"GET", path=b"/about"))
    assert one(wire)[2] == b"page /about"
    world.say(front, request(CREATE))
    assert b"sid='sid-0'" in one(wire)[2]
    world.say(front, request(b"hello", path=b"/form"))
    assert one(wire)[2] == b"got 5"


def test_bosh_http_smuggling_a_request_hidden_in_a_body_reaches_nobody() -> None:
    world = World()
    front, wire = world.connect()
    hidden = b"0\r\n\r\nGET /admin HTTP/1.1\r\nHost: chat.example\r\n\r\n"
    world.say(front, request(hidden, b"Transfer-Encoding: chunked", path=b"/form"))
    assert one(wire)[0] == 400
    assert wire.disconnecting
    world.say(front, b"GET /admin HTTP/1.1\r\nHost: chat.example\r\n\r\n")
    assert world.page.seen == []


def test_bosh_http_smuggling_the_site_gets_one_request_at_a_time_and_each_is_checked() -> None:
    world = World()
    front, wire = world.connect()
    bad = b"GET /b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
    world.say(front, request(b"", method=b"GET", path=b"/a") + bad)
    assert [status for status, _, _ in responses(wire)] == [200, 400]
    assert world.page.seen == [b"/a"]


def test_nothing_is_read_after_a_chunked_request() -> None:
    world = World()
    front, wire = world.connect()
    head = b"POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    world.say(front, head + b"5\r\nhello\r\n0\r\n\r\n" + b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
    status, fields, body = one(wire)
    assert (status, body, fields[b"connection"]) == (200, b"got 5", b"close")
    assert world.page.seen == [b"hello"]
    assert wire.disconnecting


@pytest.mark.parametrize("path", [b"/form", b"/upload/abc"])
def test_a_chunked_body_is_held_to_the_limit(path: bytes) -> None:
    world = World(HttpOptions(max_body_bytes=1_000))
    front, wire = world.connect()
    world.say(
        front,
        b"POST %b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n%b\r\n" % (path, b"x" * 1024),
    )
    assert one(wire)[0] == 413
    assert world.page.seen == []


def test_a_bosh_request_is_held_to_its_own_limit_too() -> None:
    world = World(bosh=BoshOptions(max_body_bytes=100))
    front, wire = world.connect()
    world.say(front, b"POST /http-bind HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + b"x" * 101)
    status, _, body = one(wire)
    assert (status, body) == (413, b"A request may have at most 100 bytes.\n")


@pytest.mark.parametrize("path", [b"/http-bind", b"/form", b"/upload/abc"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(path: bytes) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n" % path)
    assert one(wire)[0] == 413
    assert wire.disconnecting


@pytest.mark.parametrize(
    "how",
    [
        b"POST /http-bind HTTP/1.0\r\nContent-Length: %d\r\n\r\n",
        b"POST /http-bind HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n",
    ],
)
def test_unusual_bosh_requests_are_answered_through_the_resource(how: bytes) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, how % len(CREATE) + CREATE)
    assert b"sid='sid-0'" in wire.value()
    assert world.page.seen == []


def test_a_chunked_bosh_request_is_answered_through_the_resource() -> None:
    world = World()
    front, wire = world.connect()
    world.say(
        front,
        b"POST /http-bind HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        % (len(CREATE), CREATE),
    )
    assert b"sid='sid-0'" in wire.value()


def test_a_session_may_change_between_the_lean_path_and_the_resource() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    other, second = world.connect()
    body = bosh(102, inner="<message xmlns='jabber:client' id='r'/>")
    world.say(other, b"POST /http-bind HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert b"id='r'" in one(wire)[2]
    world.streams[0].connection.write(b"<presence xmlns='jabber:client'/>")
    world.turn()
    assert b"<presence" in one(second)[2]


def test_an_aborted_request_keeps_the_session_and_what_it_would_have_carried() -> None:
    world = World()
    front, _ = open_session(world)
    world.say(front, request(bosh(101)))
    front.connectionLost(Failure(ConnectionDone()))
    world.streams[0].connection.write(b"<message xmlns='jabber:client'/>")
    world.turn(5)
    other, wire = world.connect()
    world.say(other, request(bosh(101)))
    assert b"<message" in one(wire)[2]


def test_an_answer_into_a_broken_connection_reaches_who_goes_on() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    world.streams[0].connection.write(b"<message xmlns='jabber:client'/>")
    world.turn()
    assert b"<message" in one(wire)[2]
    front.connectionLost(Failure(ConnectionLost()))
    other, second = world.connect()
    world.say(other, request(bosh(102)))
    assert one(second)[2] == f"<body xmlns='{NS}'/>".encode()
    world.say(other, request(bosh(103)))
    assert b"<message" in one(second)[2]


def test_an_answer_that_arrived_is_not_repeated() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    world.streams[0].connection.write(b"<message xmlns='jabber:client'/>")
    world.turn()
    wire.clear()
    front.connectionLost(Failure(ConnectionDone()))
    other, second = world.connect()
    world.say(other, request(bosh(102)))
    assert second.value() == b""


def test_a_resent_request_takes_the_place_of_the_held_one_whose_connection_is_closed() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    other, second = world.connect()
    world.say(other, request(bosh(101)))
    assert wire.disconnecting and wire.value() == b""
    front.connectionLost(Failure(ConnectionLost()))
    world.streams[0].connection.write(b"<message xmlns='jabber:client'/>")
    world.turn()
    assert b"<message" in one(second)[2]


def test_wait_ends_about_when_it_was_agreed() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101)))
    for _ in range(59):
        world.turn(1)
    assert wire.value() == b""
    for _ in range(3):
        world.turn(1)
    assert one(wire)[2] == f"<body xmlns='{NS}'/>".encode()


def test_a_session_that_nobody_asks_for_ends_after_inactivity() -> None:
    world = World()
    open_session(world)
    for _ in range(299):
        world.turn(1)
    assert "sid-0" in world.bosh.sessions
    for _ in range(4):
        world.turn(1)
    assert world.bosh.sessions == {}
    assert world.streams[0].lost == []


@pytest.mark.parametrize("sid", ["unknown", "x" * 64])
def test_an_unknown_session_is_item_not_found(sid: str) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(bosh(101, sid)))
    status, _, body = one(wire)
    assert status == 200 and b"condition='item-not-found'" in body and b"type='terminate'" in body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"<body",
        CREATE[:-2] + b">",
        b"<!DOCTYPE body [<!ENTITY a 'b'>]>" + CREATE,
        CREATE + CREATE,
        CREATE.replace(b"rid='100'", b"rid='x'"),
        CREATE.replace(b"rid='100'", b""),
        CREATE[:-2] + b"><!-- c --></body>",
        CREATE[:-2] + b"><message xmlns='jabber:client'></body>",
        b"\xff\xfe<body/>",
    ],
)
def test_a_malformed_body_is_a_bad_request_and_nothing_worse(body: bytes) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(body))
    status, _, answer = one(wire)
    assert status in (200, 400) and b"condition='bad-request'" in answer


def test_a_malformed_body_ends_its_session() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101, inner="<message>")))
    assert b"bad-request" in one(wire)[2]
    assert world.streams[0].lost == []


def test_a_client_that_sends_too_much_is_answered_later_and_loses_nothing() -> None:
    world = World(limits=SessionOptions(bytes_per_second=1_000, burst_bytes=2_000))
    front, wire = open_session(world)
    world.say(front, request(bosh(101, inner="<message xmlns='jabber:client' id='a'>" + "x" * 6_000 + "</message>")))
    assert wire.value() == b""
    for _ in range(3):
        world.turn(1)
    assert wire.value() == b""
    for _ in range(4):
        world.turn(1)
    assert b"id='a'" in one(wire)[2]


def test_bosh_sid_entropy_is_160_bits() -> None:
    import secrets

    asked: list[int] = []

    def token(size: int) -> str:
        asked.append(size)
        return secrets.token_urlsafe(size)

    world = World()
    world.bosh._random = token
    sids = set()
    for _ in range(8):
        front, wire = world.connect()
        world.say(front, request(CREATE))
        sids.add(re.search(rb"sid='([^']+)'", one(wire)[2])[1])  # type: ignore[index]
    assert asked == [20] * 8 and len(sids) == 8


def test_sixteen_sessions_of_an_address_may_be_without_login() -> None:
    world = World()
    EchoStream.state_name = "authenticating"
    try:
        for _ in range(16):
            open_session(world)
        front, wire = world.connect()
        world.say(front, request(CREATE))
        assert b"policy-violation" in one(wire)[2]
        other, second = world.connect("198.51.100.9")
        world.say(other, request(CREATE))
        assert b"sid=" in one(second)[2]
        for stream in world.streams:
            stream.connection.authenticated("")
        world.say(front, request(CREATE))
        assert b"sid=" in one(wire)[2]
    finally:
        EchoStream.state_name = "bound"


def test_bosh_simple_request_csrf_a_page_of_another_site_cannot_start_a_session() -> None:
    world = World()
    front, wire = world.connect()
    text = request(CREATE, b"Origin: https://evil.example").replace(b"text/xml; charset=utf-8", b"text/plain")
    world.say(front, text)
    status, fields, _ = one(wire)
    assert status == 403
    assert b"access-control-allow-origin" not in fields
    assert world.streams == []


@pytest.mark.parametrize(
    "origin", [b"null", b"https://chat.example.evil", b"https://evil.example", b"file://chat.example"]
)
def test_origins_that_are_not_allowed_are_refused(origin: bytes) -> None:
    world = World(HttpOptions(origins=("https://friend.example",)))
    front, wire = world.connect()
    world.say(front, request(CREATE, b"Origin: " + origin))
    assert one(wire)[0] == 403


def test_the_own_host_may_and_needs_no_cors_headers() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(CREATE, b"Origin: https://chat.example"))
    status, fields, _ = one(wire)
    assert status == 200 and b"access-control-allow-origin" not in fields


def test_a_page_must_label_its_request_as_xml() -> None:
    world = World()
    front, wire = world.connect()
    world.say(
        front, request(CREATE, b"Origin: https://chat.example").replace(b"text/xml; charset=utf-8", b"text/plain")
    )
    assert one(wire)[0] == 415


def test_a_browser_that_hides_the_origin_of_another_site_is_refused() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(CREATE, b"Sec-Fetch-Site: cross-site"))
    assert one(wire)[0] == 403


def test_bosh_cors_a_listed_origin_is_told_so_also_on_errors() -> None:
    world = World(HttpOptions(origins=("https://friend.example",)))
    front, wire = world.connect()
    world.say(front, request(b"", b"Origin: https://friend.example", method=b"OPTIONS"))
    status, fields, _ = one(wire)
    assert status == 204
    assert fields[b"access-control-allow-origin"] == b"https://friend.example"
    assert fields[b"access-control-allow-headers"] == b"Content-Type"
    assert int(fields[b"access-control-max-age"]) > 0
    assert b"access-control-allow-credentials" not in fields
    for body in (CREATE, b"garbage"):
        world.say(front, request(body, b"Origin: https://friend.example"))
        assert one(wire)[1][b"access-control-allow-origin"] == b"https://friend.example"


def test_a_preflight_of_a_stranger_is_refused() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(b"", b"Origin: https://evil.example", method=b"OPTIONS"))
    status, fields, _ = one(wire)
    assert status == 403 and b"access-control-allow-origin" not in fields


def test_an_origin_in_the_configuration_must_be_one() -> None:
    for wrong in ("*", "friend.example", "https://a/b", "ftp://a"):
        with pytest.raises(ConfigError, match=r"http\.origins"):
            Origins((wrong,))


def test_a_person_who_opens_the_address_gets_a_page_with_strict_headers() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, request(b"", method=b"GET"))
    status, fields, body = one(wire)
    assert status == 200 and b"chat programs" in body
    assert b"default-src 'none'" in fields[b"content-security-policy"]
    world.say(front, request(b"", method=b"DELETE"))
    assert one(wire)[0] == 405


def test_large_answers_are_compressed_for_who_takes_gzip() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(bosh(101), b"Accept-Encoding: gzip, deflate"))
    world.streams[0].connection.write(b"<message xmlns='jabber:client'>" + b"x" * 2_000 + b"</message>")
    world.turn()
    _, fields, body = one(wire)
    assert fields[b"content-encoding"] == b"gzip" and len(body) < 200
    assert b"x" * 2_000 in gzip.decompress(body)


def test_a_slow_head_and_a_slow_body_are_cut() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, b"POST /http-bind HT")
    for _ in range(13):
        world.turn(1)
    assert one(wire)[0] == 408
    assert wire.disconnecting
    front, wire = world.connect()
    world.say(front, request(CREATE)[:-10])
    for _ in range(33):
        world.turn(1)
    assert one(wire)[0] == 408


@pytest.mark.parametrize("how", [b"Content-Length: 1000\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe"])
@pytest.mark.parametrize("path", [b"/form", b"/http-bind"])
def test_a_body_for_the_site_has_a_time_limit_too_that_single_bytes_do_not_move(path: bytes, how: bytes) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, b"POST %b HTTP/1.1\r\nHost: a\r\nExpect: x\r\n%b" % (path, how))
    for _ in range(28):
        world.turn(1)
        front.dataReceived(b"x" if b"Length" in how else b"")
    assert not wire.disconnecting
    for _ in range(5):
        world.turn(1)
    assert one(wire)[0] == 408
    assert wire.disconnecting and world.page.seen == []


def test_an_answer_of_the_site_that_never_ends_is_cut() -> None:
    world = World(HttpOptions(answer_seconds=130), page=Never())
    front, wire = world.connect()
    world.say(front, b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha")
    world.say(front, b"lf")
    for _ in range(128):
        world.turn(1)
    assert not wire.aborted
    for _ in range(5):
        world.turn(1)
    assert wire.aborted


@pytest.mark.parametrize(
    "said",
    [
        b"rubbish\r\n\r\n",  # refused
        b"",  # idle
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",  # the site closes
        b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",  # the site refuses
        request(b"<rubbish", b"Connection: close"),  # on the lean path
    ],
)
def test_who_does_not_read_to_the_end_is_cut_after_the_closing_time(said: bytes) -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, said)
    for _ in range(110):
        world.turn(1)
        if wire.disconnecting:
            front.dataReceived(b"x")
    assert wire.aborted
    assert world.factory.connections == {front}  # until the transport tells
    front.connectionLost(Failure(ConnectionLost()))
    assert world.factory.connections == set()


def test_a_connection_the_site_closes_and_that_goes_is_not_cut() -> None:
    world = World()
    front, wire = world.connect()
    world.say(front, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert one(wire)[0] == 200
    front.connectionLost(Failure(ConnectionDone()))
    for _ in range(40):
        world.turn(1)
    assert not wire.aborted


def test_an_idle_connection_is_closed_and_a_held_request_is_not_idle() -> None:
    world = World(bosh=BoshOptions(wait_seconds=200))
    _, idle_wire = world.connect()
    front, wire = world.connect()
    world.say(front, request(CREATE.replace(b"wait='60'", b"wait='200'")))
    wire.clear()
    world.say(front, request(bosh(101)))
    for _ in range(100):
        world.turn(1)
    assert idle_wire.disconnecting and not wire.disconnecting


def test_a_head_without_end_is_refused() -> None:
    world = World()
    front, wire = world.connect()
    for _ in range(20):
        world.say(front, b"X" * 1_000)
    assert one(wire)[0] == 431


def test_connections_of_an_address_are_limited_and_proxies_are_not() -> None:
    world = World(HttpOptions(connections_per_address=2))
    wires = [world.connect("192.0.2.7")[1] for _ in range(3)]
    assert [wire.disconnecting for wire in wires] == [False, False, True]
    assert b"429 Too Many Requests" in wires[2].value() and b"Close one." in wires[2].value()
    assert not any(world.connect("127.0.0.1")[1].disconnecting for _ in range(5))


def test_an_address_connects_only_so_often_in_a_second() -> None:
    world = World(HttpOptions(connections_per_address=0), visitors=VisitorOptions(accepts_per_second=3))
    wires = [world.connect("192.0.2.7")[1] for _ in range(4)]
    assert [wire.disconnecting for wire in wires] == [False, False, False, True]
    assert b"Wait a second." in wires[3].value()
    world.turn(1)
    assert not world.connect("192.0.2.7")[1].disconnecting


def test_a_connection_that_ends_is_counted_out_once() -> None:
    world = World()
    fronts = [world.connect("192.0.2.7")[0] for _ in range(3)]
    assert world.visitors.connections == 3
    for front in fronts:
        front.connectionLost(Failure(ConnectionDone()))
        front.connectionLost(Failure(ConnectionDone()))
    assert world.visitors.connections == 0


def test_a_trusted_proxy_says_for_whom_it_speaks_and_a_stranger_does_not() -> None:
    world = World()
    for peer, expected in (("127.0.0.1", ("203.0.113.5", True)), ("192.0.2.1", ("192.0.2.1", False))):
        front, _ = world.connect(peer)
        world.say(front, request(CREATE, b"X-Forwarded-For: 10.0.0.1, 203.0.113.5", b"X-Forwarded-Proto: https"))
        session = world.streams[-1].connection
        assert (session.peer, session.secure) == expected


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        ("127.0.0.1", b"198.51.100.9, 203.0.113.5", ("203.0.113.5", True)),
        ("127.0.0.1", b"2001:db8::5", ("2001:db8::5", True)),
        ("127.0.0.1", b"", ("127.0.0.1", False)),
        ("192.0.2.1", b"203.0.113.5", ("192.0.2.1", False)),
    ],
)
def test_the_site_sees_the_client_behind_a_trusted_proxy(peer: str, said: bytes, expected: tuple[str, bool]) -> None:
    page = Who()
    world = World(page=page)
    front, _ = world.connect(peer)
    fields = (b"X-Forwarded-For: " + said, b"X-Forwarded-Proto: https") if said else ()
    world.say(front, request(b"", *fields, method=b"GET", path=b"/who"))
    assert page.clients == [expected]


def test_a_connection_lost_while_the_site_answers_leaves_nothing_behind() -> None:
    world = World()
    front, _ = world.connect()
    world.say(front, b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
    front.connectionLost(Failure(ConnectionDone()))
    assert world.factory.connections == set()


def test_too_many_pipelined_requests_wait() -> None:
    world = World()
    front, wire = open_session(world)
    world.say(front, request(b"", method=b"GET", path=b"/a") * 30)
    world.turn()
    for _ in range(40):
        world.turn()
    assert len(responses(wire)) == 30
