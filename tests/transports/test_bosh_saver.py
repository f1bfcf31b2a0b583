"""A browser goes on with its BOSH session after the server was started anew."""

import itertools
import re
from typing import Any

from http_wires import Page, Wire, one, request
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock

from ccm.session.bosh_options import BoshOptions
from ccm.session.machine import Session
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.realm import Realm
from ccm.session.tokens import Tokens
from ccm.session.verifiers import check_password, make_verifiers
from ccm.testing import fakes
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

    def __init__(self, state: fakes.MemoryState, clock: Clock, sids: Any) -> None:
        self.clock, self.state = clock, state
        services = fakes.make_services()
        fakes.result_of(services.accounts.create("ann@localhost", "Ann", None, VERIFIERS))
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
        fakes.result_of(self.saver.restore(self.bosh))
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


def world() -> tuple[Clock, fakes.MemoryState, Any]:
    clock = Clock()
    clock.advance(1_000)
    return clock, fakes.MemoryState(clock.seconds), (f"sid-{n}" for n in itertools.count(1))


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


def test_changes_are_saved_together_once_a_second() -> None:
    clock, state, sids = world()
    process = Process(state, clock, sids)
    process.sign_in()
    assert fakes.result_of(state.keys(PREFIX)) == ()
    clock.advance(1.1)
    assert fakes.result_of(state.keys(PREFIX)) == (PREFIX + "sid-1",)


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
