"""A browser goes on with its BOSH session after the server was started anew."""

import itertools
import re
from typing import Any

import msgspec
from http_wires import Page, Wire, one, request
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ccm.session.bosh_options import BoshOptions
from ccm.session.machine import Session
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.realm import Realm
from ccm.session.tokens import Tokens
from ccm.session.verifiers import check_password, make_verifiers
from ccm.testing import fakes, memory
from ccm.transports.bosh import BoshSessions
from ccm.transports.bosh_saver import PREFIX, BoshSaver
from ccm.transports.http import FrontFactory
from ccm.transports.http_front import Front
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_site import QuietSite
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

VERIFIERS = make_verifiers("secret", 4096)
NS = "http://jabber.org/protocol/httpbind"
SASL = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFubgBzZWNyZXQ=</auth>"
BIND = (
    "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
    "<resource>r</resource></bind></iq>"
)


async def verify(password: str, verifier: Any) -> bool:
    return check_password(password, verifier)


class Process:
    """One run of a server over a session state that outlives it."""

    def __init__(
        self, state: memory.MemoryState, clock: Clock, sids: Any, verifiers: Any = VERIFIERS, missed: Any = None
    ) -> None:
        self.clock, self.state = clock, state
        services = fakes.make_services()
        fakes.result_of(services.accounts.create("ann@localhost", "Ann", None, verifiers))
        counter = itertools.count(1)

        def later(seconds: float, function: Any) -> Any:
            call = clock.callLater(seconds, function)
            return lambda: call.active() and call.cancel()

        self.router = fakes.make_router(services)
        self.realm = Realm(
            "localhost",
            self.router,
            services.accounts,
            Tokens(services.tokens, fakes.Hands().datetime),
            verify,
            fakes.spawn,
            later,
            clock.seconds,
            lambda size: next(counter).to_bytes(size, "big"),
            b"k" * 32,
            SessionOptions(require_tls=False),
            SaslOptions(iterations=4096, plain_without_tls=True),
        )
        options = BoshOptions()
        self.saver = BoshSaver(state, self.realm, clock, options)
        self.bosh = BoshSessions(
            lambda connection, framing: Session(self.realm, connection, framing, "bosh"),
            ParserPool(),
            options,
            clock,
            lambda: None,
            lambda size: next(sids),
            self.saver,
        )
        self.factory = FrontFactory(clock, HttpOptions(), QuietSite(Page(), clock), bosh=self.bosh)
        fakes.result_of(self.saver.restore(self.bosh, missed))
        self.front, self.wire = self.connect()

    def connect(self) -> tuple[Front, Wire]:
        wire = Wire(peerAddress=IPv4Address("TCP", "192.0.2.1", 4321))
        front = self.factory.buildProtocol(None)
        front.makeConnection(wire)
        return front, wire

    def post(self, rid: int, inner: str = "", attrs: str = "sid='sid-1'") -> bytes:
        """Send a request; its answer if there is one by the end of the turn."""
        body = f"<body rid='{rid}' {attrs} xmlns='{NS}' xmlns:xmpp='urn:xmpp:xbosh'>{inner}</body>".encode()
        if self.front._waiting:
            self.front, self.wire = self.connect()
        self.front.dataReceived(request(body))
        self.clock.advance(0)
        return one(self.wire)[2] if self.wire.value() else b""

    def sign_in(self) -> None:
        self.post(1, attrs="to='localhost' wait='60' hold='1' ver='1.6'")
        assert b"<success" in self.post(2, SASL)
        assert b"<bind" in self.post(3, attrs="sid='sid-1' xmpp:restart='true'")
        assert b"<jid>ann@localhost/r</jid>" in self.post(4, BIND)

    def say(self, id_: str) -> None:
        session = self.router.session("ann@localhost/r")
        assert session is not None
        session.deliver(Stanza("message", {"to": "ann@localhost/r", "id": id_}))
        self.clock.advance(0)


def world() -> tuple[Clock, memory.MemoryState, Any]:
    clock = Clock()
    clock.advance(1_000)
    return clock, memory.MemoryState(clock.seconds), (f"sid-{n}" for n in itertools.count(1))


def test_a_session_goes_on_after_a_clean_restart() -> None:
    clock, state, sids = world()
    first = Process(state, clock, sids)
    first.sign_in()
    first.post(5)
    first.say("held")
    answer = one(first.wire)[2]
    first.say("waiting")
    first.bosh.stop()
    fakes.result_of(first.saver.close())

    second = Process(state, clock, sids)
    session = second.router.session("ann@localhost/r")
    assert session is not None and session.resumed
    second.say("meanwhile")
    assert second.post(5) == answer
    got = second.post(6)
    assert re.findall(rb"id='(\w+)'", got) == [b"waiting", b"meanwhile"]


def test_a_held_request_is_taken_up_again_by_its_resend() -> None:
    clock, state, sids = world()
    first = Process(state, clock, sids)
    first.sign_in()
    first.post(5, "<presence xmlns='jabber:client'/>")
    fakes.result_of(first.saver.close())
    second = Process(state, clock, sids)
    assert second.post(5, "<presence xmlns='jabber:client'/>") == b""
    second.say("now")
    assert b"id='now'" in one(second.wire)[2]


def test_after_a_kill_a_client_that_is_ahead_of_what_was_saved_is_found_again() -> None:
    clock, state, sids = world()
    first = Process(state, clock, sids)
    first.sign_in()
    for _ in range(3):
        clock.advance(1)  # a save happens
    for rid in range(5, 30):
        first.post(rid)  # the client goes on; then the process dies
    second = Process(state, clock, sids)
    ping = "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
    assert second.post(30, ping) == b""
    for _ in range(5):
        clock.advance(1)
    assert b"id='p'" in one(second.wire)[2]


def last(state: memory.MemoryState) -> int:
    """The last request that the record knows."""
    return int(msgspec.json.decode(fakes.result_of(state.get(PREFIX + "sid-1")))["last"])


def test_a_session_is_saved_before_its_client_learns_of_it_and_other_changes_once_a_second() -> None:
    clock, state, sids = world()
    process = Process(state, clock, sids)
    process.sign_in()
    assert last(state) == 4
    process.post(5)
    clock.advance(0.5)
    process.post(6)
    assert last(state) == 4
    clock.advance(0.6)
    assert last(state) == 6


class SlowState(memory.MemoryState):
    """What is set is there when told, if *slow*; *broken* takes nothing."""

    slow = broken = False

    async def settle(self) -> None:
        if self.broken:
            raise OSError("disk full")
        if self.slow:
            self.gate: Deferred[None] = Deferred()
            await self.gate


def slow_world() -> tuple[Clock, SlowState, Process]:
    clock, _, sids = world()
    state = SlowState(clock.seconds)
    process = Process(state, clock, sids)
    process.sign_in()
    return clock, state, process


def test_an_answer_that_carries_anything_is_sent_once_a_record_holds_it() -> None:
    _, state, process = slow_world()
    process.post(5)
    state.slow = True
    process.say("1")
    assert process.wire.value() == b""
    state.gate.callback(None)
    assert b"id='1'" in one(process.wire)[2]


def test_who_wrote_to_a_bosh_session_is_acknowledged_once_its_record_holds_the_message() -> None:
    _, state, process = slow_world()
    state.slow, told = True, []
    session = process.router.session("ann@localhost/r")
    assert session is not None
    session.deliver(Stanza("message", {"to": "ann@localhost/r", "id": "1"}))
    assert process.saver.keeper.after_written(lambda: told.append(fakes.result_of(state.get(PREFIX + "sid-1"))))
    process.clock.advance(0)
    assert told == []
    state.gate.callback(None)
    assert len(told) == 1 and b"id='1'" in told[0]


def test_an_answer_goes_out_all_the_same_where_nothing_can_be_saved() -> None:
    clock, state, process = slow_world()
    process.post(5)
    state.broken = True
    process.say("1")
    assert process.wire.value() == b""
    clock.advance(1.1)
    assert b"id='1'" in one(process.wire)[2]


def test_an_answer_whose_client_hung_up_before_it_was_saved_is_fetched_again() -> None:
    _, state, process = slow_world()
    process.post(5)
    state.slow = True
    process.say("1")
    process.front.connectionLost()
    state.gate.callback(None)
    state.slow = False
    process.front, process.wire = process.connect()
    assert b"id='1'" in process.post(5)
    process.say("2")
    assert re.findall(rb"id='(\d+)'", process.post(6)) == [b"2"]
    assert not process.bosh._unsaved


def test_after_a_kill_a_client_gets_each_message_once_wherever_it_was() -> None:
    """Whether the client has got the last answer or not."""
    for has_it in (False, True):
        clock, state, sids = world()
        first = Process(state, clock, sids)
        first.sign_in()
        first.post(5)
        first.say("1")
        first.say("2")
        got = re.findall(rb"id='(\d+)'", one(first.wire)[2]) if has_it else []
        second = Process(state, clock, sids)  # the first was killed
        for rid in (6, 7) if has_it else (5, 6, 7):
            got += re.findall(rb"id='(\d+)'", second.post(rid))
        assert got == [b"1", b"2"]


def test_a_session_whose_password_was_changed_while_the_server_was_down_is_gone() -> None:
    clock, state, sids = world()
    Process(state, clock, sids).sign_in()
    second = Process(state, clock, sids, make_verifiers("another", 4096))
    assert second.bosh.sessions == {}
    assert b"item-not-found" in second.post(5)
    assert fakes.result_of(state.keys(PREFIX)) == ()


def test_a_session_that_ended_is_not_kept() -> None:
    clock, state, sids = world()
    process = Process(state, clock, sids)
    process.sign_in()
    clock.advance(1.1)
    process.post(5, attrs="sid='sid-1' type='terminate'")
    for _ in range(40):
        clock.advance(1)
    assert fakes.result_of(state.keys(PREFIX)) == ()
    assert process.router.session("ann@localhost/r") is None


def test_a_session_without_login_is_not_kept() -> None:
    clock, state, sids = world()
    process = Process(state, clock, sids)
    process.post(1, attrs="to='localhost' ver='1.6'")
    fakes.result_of(process.saver.close())
    assert fakes.result_of(state.keys(PREFIX)) == ()


def test_a_record_that_cannot_be_read_is_dropped_and_the_others_come_back() -> None:
    clock, state, sids = world()
    first = Process(state, clock, sids)
    first.sign_in()
    fakes.result_of(first.saver.close())
    fakes.result_of(state.set(PREFIX + "x", b"garbage"))
    fakes.result_of(state.set(PREFIX + "y", b'{"version": 99}'))
    second = Process(state, clock, sids)
    assert list(second.bosh.sessions) == ["sid-1"]
    assert fakes.result_of(state.keys(PREFIX)) == (PREFIX + "sid-1",)
