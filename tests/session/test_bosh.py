"""A BOSH session without HTTP: one test a rule of XEP-0124 and XEP-0206."""

import hashlib
import re
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ccm.errors import StreamError
from ccm.session import bosh_terms
from ccm.session.bosh import BoshSession
from ccm.session.bosh_body import EMPTY, poll, reply
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_window import Window
from ccm.wire.framing import Body, BoshFraming, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

pytestmark = pytest.mark.filterwarnings("error")


class FakeStream:
    stream_id = "stream-1"
    state_name = "bound"

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.lost: list[bytes] | None = None
        self.on_events: Any = lambda events: None

    def received(self, events: list[Event]) -> None:
        self.events.extend(events)
        self.on_events(events)

    def disconnected(self, unacked: Any = ()) -> None:
        self.lost = list(unacked)


class Client:
    """Drives a session; answers are collected by handle."""

    def __init__(self, hold: int = 1, options: BoshOptions | None = None, **attrs: str) -> None:
        self.options = options or BoshOptions()
        self.now = 1000.0
        self.answers: dict[Any, tuple[bytes, int]] = {}
        self.order: list[Any] = []
        self.dropped: list[Any] = []
        self.pending: list[Deferred[None]] = []
        self.store_slowly = False
        self.woken_in = 0.0
        attrs = {"to": "localhost", "wait": "60", "hold": str(hold), "ver": "1.6", "rid": "100", **attrs}
        first = Body(attrs, ())
        terms = bosh_terms.of_creation(first, self.options, secure=True)
        framing = BoshFraming(ParserPool())
        self.session = BoshSession(
            "s1d", terms, Window(99, terms.requests), framing, self.options, self, self.now, created=100
        )
        self.stream = FakeStream()
        self.session.stream = self.stream
        self.stream.on_events = lambda events: self.session.write(b"<stream:features/>")
        self.session.request(first, "create", self.now)
        self.turn()
        self.stream.on_events = lambda events: None
        self.stream.events.clear()

    # Outlet
    def respond(self, handle: Any, session: BoshSession, rid: int, body: bytes, status: int) -> None:
        assert handle not in self.answers, "answered twice"
        self.answers[handle] = (body, status)
        self.order.append(handle)

    def drop(self, handle: Any) -> None:
        self.dropped.append(handle)

    def wake(self, session: BoshSession) -> None:
        pass

    def wake_in(self, session: BoshSession, seconds: float) -> None:
        self.woken_in = seconds

    def barrier(self) -> Any:
        if not self.store_slowly:
            return None
        self.pending.append(Deferred())
        return self.pending[-1]

    # driving
    def send(self, rid: int, *ids: str, handle: Any = None, **attrs: str) -> Any:
        handle = handle or rid
        attrs = {name.replace("__", ":"): value for name, value in attrs.items()}
        events = tuple(Stanza("message", {"id": id_}) for id_ in ids)
        self.session.request(Body({"rid": str(rid), "sid": "s1d", **attrs}, events), handle, self.now)
        self.turn()
        return handle

    def ask(self, rid: int, *ids: str) -> None:
        questions = tuple(Stanza("iq", {"type": "get", "id": id_}) for id_ in ids or ("q",))
        self.session.request(Body({"rid": str(rid), "sid": "s1d"}, questions), rid, self.now)
        self.turn()

    def turn(self) -> None:
        self.session.flush(self.now)

    def push(self, unit: bytes) -> None:
        self.session.write(unit)
        self.turn()

    def later(self, seconds: float) -> bool:
        self.now += seconds
        alive = True
        while alive and self.session.deadline() <= self.now:
            before = self.session.deadline()
            alive = self.session.tick(self.now)
            if self.session.deadline() == before:
                break
        return alive

    def got(self, handle: Any) -> bytes | None:
        return self.answers[handle][0] if handle in self.answers else None

    def ids(self) -> list[str | None]:
        return [event.id for event in self.stream.events if isinstance(event, Stanza)]


def attributes(body: bytes | None) -> dict[str, str]:
    assert body is not None
    return dict(re.findall(r"([\w:]+)='([^']*)'", body.decode().partition(">")[0]))


def test_the_first_answer_says_all_that_was_agreed() -> None:
    client = Client(ack="1", wait="90")
    body = client.got("create")
    got = attributes(body)
    expected = {
        "sid": "s1d", "wait": "60", "requests": "2", "hold": "1", "ver": "1.6", "from": "localhost", "ack": "100",
        "inactivity": "300", "polling": "5", "maxpause": "600", "charsets": "UTF-8", "authid": "stream-1",
        "xmpp:version": "1.0", "xmpp:restartlogic": "true", "secure": "true",
        "xmlns": "http://jabber.org/protocol/httpbind", "xmlns:xmpp": "urn:xmpp:xbosh",
        "xmlns:stream": "http://etherx.jabber.org/streams",
    }  # fmt: skip
    assert got == expected
    assert body is not None and b"<stream:features/>" in body


def test_a_request_is_held_until_there_is_something_to_say() -> None:
    client = Client()
    client.send(101)
    assert client.got(101) is None
    client.session.write(b"<message xmlns='jabber:client'/>")
    client.session.write(b"<presence xmlns='jabber:client'/>")
    client.turn()
    assert client.got(101) == reply([b"<message xmlns='jabber:client'/>", b"<presence xmlns='jabber:client'/>"])


def test_a_new_request_releases_the_oldest_at_once() -> None:
    client = Client()
    client.send(101)
    client.send(102, "m1")
    assert client.got(101) == EMPTY
    assert client.got(102) is None


def test_what_is_asked_is_answered_by_the_earlier_request_if_it_comes_soon() -> None:
    client = Client()
    client.send(101)
    client.ask(102)
    assert client.got(101) is None and client.woken_in == pytest.approx(0.02)
    client.now += 0.019
    client.push(b"<iq type='result' id='q'/>")
    assert b"id='q'" in (client.got(101) or b"") and client.got(102) is None


def test_what_is_asked_holds_the_earlier_request_no_longer_than_the_option_says() -> None:
    client = Client(options=BoshOptions(gather_milliseconds=30))
    client.send(101)
    client.ask(102)
    client.now += 0.029
    client.turn()
    assert client.got(101) is None
    client.now += 0.002
    client.turn()
    assert client.got(101) == EMPTY and client.got(102) is None


def test_what_is_asked_together_is_answered_together() -> None:
    client = Client()
    client.send(101)
    client.ask(102, "q1", "q2")
    client.push(b"<iq type='result' id='q1'/>")
    client.push(b"<message xmlns='jabber:client'/>")
    assert client.got(101) is None
    client.push(b"<iq type='result' id='q2'/>")
    assert (client.got(101) or b"").count(b" id='q") == 2 and client.got(102) is None
    client.push(b"<message xmlns='jabber:client'/>")
    assert b"<message" in (client.got(102) or b"")


def test_an_answer_that_does_not_come_holds_up_others_no_longer_than_the_option_says() -> None:
    client = Client()
    client.ask(101, "q1", "q2")
    client.push(b"<iq type='result' id='q1'/>")
    assert client.got(101) is None
    client.now += 0.021
    client.turn()
    assert b"id='q1'" in (client.got(101) or b"")
    client.ask(102, "q3")
    client.push(b"<iq type='result' id='q3'/>")
    assert b"id='q3'" in (client.got(102) or b"")


def test_who_has_more_to_send_is_answered_at_once_though_something_was_asked() -> None:
    client = Client()
    client.send(101)
    client.ask(102)
    client.ask(103)
    assert client.got(101) == EMPTY and client.got(102) is None


def test_wait_is_counted_from_arrival() -> None:
    client = Client(wait="20")
    client.send(101)
    client.later(19)
    assert client.got(101) is None
    client.later(1)
    assert client.got(101) == EMPTY


def test_requests_that_overtake_each_other_run_in_rid_order() -> None:
    client = Client()
    client.send(102, "second")
    assert client.ids() == []
    client.send(101, "first")
    assert client.ids() == ["first", "second"]
    assert client.order == ["create", 101]


def test_beyond_the_window_ends_the_session_with_item_not_found() -> None:
    client = Client()
    client.send(101)
    client.send(104)
    assert attributes(client.got(104))["condition"] == "item-not-found"
    assert b"<text" in (client.got(104) or b"")
    assert attributes(client.got(101))["type"] == "terminate"
    assert client.stream.lost == []


def test_a_resend_after_a_lost_answer_gets_the_same_bytes_and_runs_nothing_again() -> None:
    client = Client()
    client.send(101, "m1")
    client.push(b"<message id='a'/>")
    first = client.got(101)
    client.send(101, "m1", handle="again")
    assert client.got("again") == first
    assert client.ids() == ["m1"]


def test_a_resend_of_a_held_request_replaces_it() -> None:
    client = Client()
    client.send(101, "m1")
    client.send(101, "m1", handle="again")
    assert client.got(101) is None and client.dropped == [101]
    client.push(b"<message/>")
    assert client.got("again") == reply([b"<message/>"])
    assert client.ids() == ["m1"]


def test_what_comes_while_the_client_has_hung_up_goes_to_whoever_asks_first() -> None:
    client = Client()
    client.send(101)
    client.session.aborted(101, client.now)
    client.push(b"<message id='a'/>")
    assert client.got(101) is None
    client.send(101, handle="again")
    assert client.got("again") == reply([b"<message id='a'/>"])
    client.send(102)
    client.session.aborted(102, client.now)
    client.push(b"<message id='b'/>")
    client.send(103)
    assert client.got(103) == reply([b"<message id='b'/>"])


def test_an_answer_written_to_a_dead_connection_is_put_back_for_who_goes_on() -> None:
    client = Client()
    client.send(101)
    client.push(b"<message id='a'/>")
    client.session.undelivered(101, 101)
    client.session.write(b"<message id='b'/>")
    client.send(102)
    assert client.got(102) == EMPTY  # it may still ask again: say nothing until it shows
    client.send(103)
    assert client.got(103) == reply([b"<message id='a'/>", b"<message id='b'/>"])


def test_an_answer_written_to_a_dead_connection_is_not_sent_twice_to_who_asks_again() -> None:
    client = Client()
    client.send(101)
    client.push(b"<message id='a'/>")
    client.session.undelivered(101, 101)
    client.send(101, handle="again")
    assert client.got("again") == reply([b"<message id='a'/>"])
    client.send(102)
    assert client.got(102) is None


def test_an_answer_waits_until_what_its_request_brought_is_on_disk() -> None:
    client = Client()
    client.store_slowly = True
    client.send(101, "m1")
    client.push(b"<message/>")
    assert client.got(101) is None
    client.later(61)
    assert client.got(101) is None
    client.pending[0].callback(None)
    client.turn()
    assert client.got(101) == reply([b"<message/>"])


def test_no_answer_says_that_a_request_was_taken_before_it_is_on_disk() -> None:
    client = Client(ack="1")
    client.send(101)
    client.store_slowly = True
    client.send(102, "m1")
    assert client.got(101) == EMPTY
    client.pending[0].callback(None)
    client.turn()
    assert client.got(102) is None


def test_what_cannot_be_stored_is_never_acknowledged() -> None:
    client = Client()
    client.store_slowly = True
    client.send(101, "m1")
    client.pending[0].errback(RuntimeError("disk full"))
    assert attributes(client.got(101))["condition"] == "internal-server-error"


def test_the_highest_request_taken_is_acknowledged_unless_it_is_the_answered_one() -> None:
    client = Client(ack="1")
    client.send(101)
    client.send(102)
    assert attributes(client.got(101))["ack"] == "102"
    client.push(b"<message/>")
    assert "ack" not in attributes(client.got(102))


def test_a_resend_may_be_overtaken_by_the_next_request() -> None:
    client = Client()
    client.send(101)
    client.push(b"<message id='a'/>")
    client.session.undelivered(101, 101)
    client.push(b"<message id='b'/>")
    client.send(102)
    client.send(101, handle="again")
    assert client.got("again") == reply([b"<message id='a'/>"])
    client.send(103)
    assert client.got(103) == reply([b"<message id='b'/>"])


def test_a_connection_that_breaks_after_its_answer_was_fetched_again_casts_no_doubt() -> None:
    client = Client()
    client.send(101)
    client.push(b"<message id='a'/>")
    client.send(101, handle="again")
    client.session.undelivered(101, 101)
    client.send(102)
    client.send(103)
    assert client.got(102) == EMPTY and client.got(103) is None


def test_an_answer_that_the_client_misses_is_reported_at_once() -> None:
    client = Client(ack="1")
    client.send(101)
    client.push(b"<message/>")
    client.now += 8
    client.send(102, ack="100")
    got = attributes(client.got(102))
    assert (got["report"], got["time"]) == ("101", "8000")


def test_acknowledged_answers_are_not_kept() -> None:
    client = Client(ack="1")
    client.send(101)
    client.push(b"<message/>")
    client.send(102)
    assert list(client.session.window.replies) == []


def test_too_many_requests_at_a_time_are_a_policy_violation() -> None:
    client = Client()
    client.store_slowly = True
    client.send(101, "m1")
    client.send(102, "m2")
    client.send(103, "m3")
    assert attributes(client.got(103))["condition"] == "policy-violation"


def test_two_requests_at_a_time_are_what_clients_do() -> None:
    client = Client()
    for rid in range(101, 160):
        client.send(rid)
        assert not client.session.over
    assert len(client.session.window.open) == 1


def test_a_burst_in_one_turn_within_the_window_is_no_violation() -> None:
    client = Client()
    for rid in range(101, 120):
        client.session.request(Body({"rid": str(rid)}, ()), rid, client.now)
    assert not client.session.over


def test_a_client_without_ver_gets_the_http_status_of_old() -> None:
    client = Client(ver="")
    client.send(120)
    assert client.answers[120][1] == 404


@pytest.mark.parametrize("attrs", [{"hold": "0"}, {"wait": "0"}])
def test_a_polling_session_is_answered_at_once_and_may_not_poll_too_often(attrs: dict[str, str]) -> None:
    client = Client(**{"hold": 1, **attrs})  # type: ignore[arg-type]
    client.send(101)
    assert client.got(101) == EMPTY
    client.now += 5
    client.send(102)
    assert client.got(102) == EMPTY
    client.now += 2
    client.send(103)
    assert attributes(client.got(103))["condition"] == "policy-violation"


def test_polling_again_at_once_after_a_full_answer_is_allowed() -> None:
    client = Client(hold=0)
    client.push(b"<message/>")
    client.send(101)
    assert client.got(101) == reply([b"<message/>"])
    client.send(102)
    assert client.got(102) == EMPTY


def test_inactivity_counts_from_the_answer_and_not_while_a_request_is_held() -> None:
    client = Client(wait="60")
    client.send(101)
    assert client.later(59)
    client.push(b"<message/>")
    assert client.later(299)
    assert not client.later(1)
    assert client.stream.lost == [b"<message/>"]


def test_a_hang_up_starts_inactivity() -> None:
    client = Client()
    client.send(101)
    client.now += 30
    client.session.aborted(101, client.now)
    assert client.later(299)
    assert not client.later(1)


def test_a_pause_answers_everything_with_nothing_and_extends_inactivity_once() -> None:
    client = Client()
    client.send(101)
    client.session.write(b"<message/>")
    client.session.request(Body({"rid": "102", "pause": "500"}, ()), 102, client.now)
    client.turn()
    assert client.got(101) == reply([b"<message/>"])
    assert client.got(102) == EMPTY
    assert client.later(499)
    client.send(103)
    client.push(b"<message/>")
    assert client.later(299)
    assert not client.later(1)


def test_a_pause_longer_than_maxpause_is_a_plain_request() -> None:
    client = Client()
    client.send(101, pause="601")
    assert client.got(101) is None


def test_what_comes_during_a_pause_waits() -> None:
    client = Client()
    client.send(101, pause="60")
    client.push(b"<message/>")
    client.later(30)
    client.send(102)
    assert client.got(102) == reply([b"<message/>"])


def test_keys_must_follow_their_sequence() -> None:
    keys = ["seed"]
    for _ in range(5):
        keys.append(hashlib.sha1(keys[-1].encode()).hexdigest())
    client = Client(newkey=keys[5].upper())
    client.send(101, key=keys[4])
    client.send(102, key=keys[3])
    client.send(102, key=keys[3], handle="again")
    assert not client.session.over
    client.send(103, "m1", key=keys[1])
    assert attributes(client.got(103))["condition"] == "item-not-found"
    assert client.ids() == []


def test_a_missing_key_ends_the_session() -> None:
    client = Client(newkey=hashlib.sha1(b"x").hexdigest())
    client.send(101)
    assert attributes(client.got(101))["condition"] == "item-not-found"


def test_a_resend_without_its_key_does_not_get_the_answer() -> None:
    client = Client(newkey=hashlib.sha1(b"k").hexdigest())
    client.send(101, key="k")
    client.push(b"<message>secret</message>")
    client.send(101, key="guess", handle="thief")
    assert b"secret" not in (client.got("thief") or b"")


def test_a_new_key_begins_another_sequence() -> None:
    other = hashlib.sha1(b"b").hexdigest()
    client = Client(newkey=hashlib.sha1(b"a").hexdigest())
    client.send(101, key="a", newkey=other)
    client.send(102, key="b")
    assert not client.session.over


def test_a_restart_opens_a_new_stream() -> None:
    client = Client()
    client.send(101, xmpp__restart="true", to="localhost")
    assert client.stream.events == [StreamOpened("localhost", None, "1.0", None)]


def test_termination_runs_the_payload_first_and_is_told_on_the_oldest_request() -> None:
    client = Client()
    client.send(101)
    client.stream.on_events = lambda events: client.session.close() if StreamClosed() in events else None
    client.send(102, "bye", type="terminate")
    assert client.ids() == ["bye"]
    assert attributes(client.got(101))["type"] == "terminate"
    assert "condition" not in attributes(client.got(101))
    assert client.got(102) == EMPTY


def test_a_stream_error_ends_the_session_as_remote_stream_error_with_the_error_inside() -> None:
    client = Client()
    client.send(101)
    client.session.write(b"<stream:error><conflict/></stream:error>")
    client.session.close(StreamError("conflict"))
    client.turn()
    body = client.got(101) or b""
    assert attributes(body)["condition"] == "remote-stream-error"
    assert b"<stream:error><conflict/></stream:error>" in body
    assert "xmlns:stream" in attributes(body)


def test_an_end_while_nothing_is_held_is_told_to_the_next_request() -> None:
    client = Client()
    client.later(100)
    client.session.close(StreamError("conflict"))
    assert client.session.tick(client.now)
    client.send(101)
    assert attributes(client.got(101))["condition"] == "remote-stream-error"
    assert not client.later(31)


def test_who_reads_too_slowly_loses_the_session_and_its_messages_are_accounted_for() -> None:
    client = Client(options=BoshOptions(max_queued_bytes=100))
    client.session.write(b"<message id='a'/>" * 3)
    client.session.write(b"<message id='b'/>" * 4)
    assert client.session.over
    assert client.stream.lost == [b"<message id='a'/>" * 3, b"<message id='b'/>" * 4]


def test_a_rid_that_is_no_number_is_a_bad_request() -> None:
    client = Client()
    client.session.request(Body({"rid": "1e3"}, ()), "h", client.now)
    assert attributes(client.got("h"))["condition"] == "bad-request"


def test_html_is_no_content_type_for_answers() -> None:
    assert Client(content="text/html").session.terms.content_type == "text/xml; charset=utf-8"
    assert Client(content="application/xml").session.terms.content_type == "application/xml; charset=utf-8"


@pytest.mark.parametrize(
    "data",
    [
        b"<body rid='12' sid='abc-_1' xmlns='http://jabber.org/protocol/httpbind'/>",
        b'<body rid="12" xmlns="http://jabber.org/protocol/httpbind" sid="abc-_1"/>',
        b'<body xmlns="http://jabber.org/protocol/httpbind" sid="abc-_1" rid="12"></body>',
    ],
)
def test_an_empty_poll_is_recognised_without_a_parser(data: bytes) -> None:
    assert poll(data) == Body({"rid": "12", "sid": "abc-_1"}, ())


@pytest.mark.parametrize(
    "data",
    [
        b"<body rid='12' rid='13' sid='a' xmlns='http://jabber.org/protocol/httpbind'/>",
        b"<body rid='12' sid='a'/>",
        b"<body rid='12' sid='a' xmlns='urn:x'/>",
        b"<body rid='12' sid='a' xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>",
        b"<body rid='12' sid='a' xmlns='http://jabber.org/protocol/httpbind'/><x/>",
        b"<body rid='12' sid='a' xmlns='http://jabber.org/protocol/httpbind'><x/></body>",
    ],
)
def test_everything_else_takes_the_long_way(data: bytes) -> None:
    assert poll(data) is None


def test_the_payload_of_a_body_is_cut_into_stanzas() -> None:
    framing = BoshFraming(ParserPool())
    body = framing.body(
        b"<body rid='1' sid='a' xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'"
        b" xmpp:restart='true'><message xmlns='jabber:client'><body>hi</body></message>"
        b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth></body>"
    )
    assert body.attrs["xmpp:restart"] == "true"
    assert [type(event) for event in body.events] == [Stanza, Nonza]


def test_a_short_pause_takes_nothing_off_a_longer_one() -> None:
    client = Client()
    client.session.hold_back(client.now + 60)
    client.session.hold_back(client.now + 0.1)
    client.send(101, "a")
    client.session.write(b"<message/>")
    client.session.flush(client.now + 59)
    assert 101 not in client.answers
    client.session.flush(client.now + 60)
    assert 101 in client.answers
