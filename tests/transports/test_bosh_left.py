"""A browser changes over from BOSH to WebSocket: what is on its way then arrives once and in order, either way."""

import re
from base64 import b64encode
from random import Random

import pytest
from http_wires import one, request, responses
from test_bosh_saver import NS, PREFIX, Process, world
from twisted.internet.task import Clock

from ccm.session.machine import Session
from ccm.testing import fakes
from ccm.testing.fakes import RecordingSession
from ccm.wire.framing import WebSocketFraming
from ccm.wire.parsers import ParserPool

JID, PEER = "ann@localhost/r", "bob@localhost/two"
SM = "xmlns='urn:xmpp:sm:3'"
OPEN = b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
IDS = re.compile(rb"<message [^>]*?\bid='(\w+)'")


class Socket:
    """A WebSocket without its frames: an IConnection, and the client that uses it."""

    peer, secure = "192.0.2.1", True

    def __init__(self, process: Process) -> None:
        self.written: list[bytes] = []
        self._framing = WebSocketFraming(ParserPool())
        self._session = Session(process.realm, self, self._framing, "websocket")
        secret = b64encode(b"\0ann\0secret")
        for said in (
            OPEN,
            b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%b</auth>" % secret,
            OPEN,
        ):
            self.send(said)

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self, error: object = None) -> None:
        self.written.append(b"closed")

    def slow(self, seconds: float) -> None:
        pass

    def start_tls(self) -> None:
        pass

    def send(self, data: bytes) -> bytes:
        self.written.clear()
        self._session.received(self._framing.feed(data))
        return b"".join(self.written)


def said(id_: str) -> str:
    return f"<message xmlns='jabber:client' to='{PEER}' id='{id_}'/>"


def ready() -> tuple[Process, Clock, str, RecordingSession]:
    """:returns: a process with a BOSH session that may be taken over, and the id for that; rid 6 is the next."""
    clock, state, sids = world()
    process = Process(state, clock, sids)
    process.sign_in()
    peer = RecordingSession(PEER)
    process.router.bind(peer)
    found = re.search(rb"<enabled [^>]*id='(\w+)'", process.post(5, f"<enable {SM} resume='true'/>"))
    assert found is not None
    return process, clock, found[1].decode(), peer


def test_a_request_that_is_held_or_comes_late_ends_and_brings_nothing() -> None:
    process, clock, id_, peer = ready()
    process.post(6)
    wire = process.wire
    socket = Socket(process)
    assert b"<resumed" in socket.send(f"<resume {SM} previd='{id_}' h='0'/>".encode())
    process.say("a")
    assert IDS.findall(b"".join(socket.written)) == [b"a"]
    clock.advance(0)
    assert one(wire)[2] == f"<body xmlns='{NS}' type='terminate'/>".encode()
    assert b"terminate" in process.post(7, said("late"))
    assert peer.received == []
    assert process.router.session(JID) is not None


def test_what_bosh_had_not_sent_goes_over_the_new_connection_alone() -> None:
    process, _, id_, _ = ready()
    for name in ("a", "b"):
        process.say(name)  # no request is held
    told = Socket(process).send(f"<resume {SM} previd='{id_}' h='0'/>".encode())
    assert IDS.findall(told) == [b"a", b"b"]
    assert IDS.findall(process.post(6)) == []


def test_nothing_is_left_of_the_bosh_session_once_it_was_left() -> None:
    process, clock, id_, _ = ready()
    state = process.state
    process.say("a")
    clock.advance(1)
    assert fakes.result_of(state.get(PREFIX + "sid-1")) is not None
    Socket(process).send(f"<resume {SM} previd='{id_}' h='0'/>".encode())
    clock.advance(0)
    assert fakes.result_of(state.get(PREFIX + "sid-1")) is None
    for _ in range(40):
        clock.advance(1)
    assert process.bosh.sessions == {}
    assert fakes.result_of(state.get(PREFIX + "sid-1")) is None
    assert process.router.session(JID).state_name == "bound"  # type: ignore[union-attr]


def test_a_session_that_was_not_taken_over_goes_on_over_bosh_after_a_restart() -> None:
    process, clock, id_, _ = ready()
    process.say("a")
    process.post(6)
    process.bosh.stop()
    fakes.result_of(process.saver.close())
    again = Process(process.state, clock, iter(()))
    assert IDS.findall(again.post(6)) == [b"a"]
    assert b"<item-not-found" in Socket(again).send(f"<resume {SM} previd='{id_}' h='1'/>".encode())


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_on_its_way_arrives_once_and_in_order(seed: int) -> None:
    random = Random(seed)
    process, clock, id_, peer = ready()
    due: list[str] = []
    heard: list[str] = []
    uttered: list[str] = []
    rid = 5
    lines = [process.wire]  # answers on their way, those of earlier requests first
    under_way: list[bytes] = []  # requests on their way

    def listen() -> None:
        for line in lines:
            heard.extend(each.decode() for _, _, body in responses(line) for each in IDS.findall(body))

    def arrive() -> None:
        front, line = process.connect()
        lines.append(line)
        front.dataReceived(request(under_way.pop()))
        clock.advance(0)

    for _ in range(random.randint(0, 14)):
        what = random.choice(("deliver", "deliver", "ask", "arrive", "listen"))
        if what == "deliver":
            due.append(f"d{len(due)}")
            process.say(due[-1])
        elif what == "ask" and not under_way:
            rid, inner = rid + 1, ""
            if random.random() < 0.7:
                uttered.append(f"s{len(uttered)}")
                inner = said(uttered[-1])
            under_way.append(f"<body rid='{rid}' sid='sid-1' xmlns='{NS}'>{inner}</body>".encode())
        elif what == "arrive" and under_way:
            listen()  # a client has no more requests under way than two
            arrive()
        elif what == "listen":
            listen()

    socket = Socket(process)
    told = socket.send(f"<resume {SM} previd='{id_}' h='{len(heard)}'/>".encode())
    (handled,) = re.findall(rb"<resumed [^>]*\bh='(\d+)'", told)
    if under_way:
        arrive()
    heard += [each.decode() for each in IDS.findall(told)]
    for again in [*uttered[int(handled) :], "last"]:
        heard += [each.decode() for each in IDS.findall(socket.send(said(again).encode()))]
    assert heard == due
    assert [stanza.id for stanza in peer.received] == [*uttered, "last"]
