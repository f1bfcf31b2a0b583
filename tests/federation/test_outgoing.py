"""Streams to other servers: what we say, what we believe, and when we give up."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage import PLAIN, End, Stage

from ccm.federation.acknowledged import Unacknowledged
from ccm.federation.outgoing import Question
from ccm.federation.queue import Budget
from ccm.federation.srv import Unreachable
from ccm.wire.stanza import Stanza

ANSWER = (
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:db='jabber:server:dialback' from='two.example' to='one.example' id='abc' version='1.0'>"
)
FEATURES = "<stream:features>{}</stream:features>"
DIALBACK = "<dialback xmlns='urn:xmpp:features:dialback'/>"
EXTERNAL = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>"


def outcome(end: End) -> Any:
    end.take()
    assert end.outcome, "nothing is decided yet"
    return end.outcome[0]


def test_without_tls_nothing_is_said() -> None:
    end = Stage().go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    trouble = outcome(end)
    assert isinstance(trouble, Unreachable)
    assert trouble.condition == "remote-server-not-found"
    assert end.closed


def test_tls_is_begun_where_it_is_offered() -> None:
    end = Stage(**PLAIN).go()
    said = end.say(ANSWER + FEATURES.format("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"))
    assert said == "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    end.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    assert end.wire.TLS


def test_what_follows_proceed_in_clear_ends_the_stream() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"))
    said = end.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><stream:fea")
    assert "<policy-violation" in said
    assert not end.wire.TLS


def test_we_prove_ourselves_by_a_key_of_this_stream() -> None:
    stage = Stage(**PLAIN)
    end = stage.go()
    said = end.say(ANSWER + FEATURES.format(DIALBACK))
    key = stage.keys.key("two.example", "one.example", "abc")
    assert said == f"<db:result from='one.example' to='two.example'>{key}</db:result>"
    end.say("<db:result from='two.example' to='one.example' type='valid'/>")
    assert outcome(end) is end.stream
    end.stream.send(Stanza("message", {"from": "a@one.example", "to": "b@two.example"}))
    assert end.take() == "<message from='a@one.example' to='b@two.example'/>"


@pytest.mark.parametrize("type_", ["invalid", "error"])
def test_who_is_not_believed_gives_up(type_: str) -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say(f"<db:result from='two.example' to='one.example' type='{type_}'/>")
    assert outcome(end).lasting


def test_who_is_told_to_wait_comes_again() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    error = "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    end.say(f"<db:result from='two.example' to='one.example' type='error'>{error}</db:result>")
    assert not outcome(end).lasting


def test_an_answer_for_another_pair_is_none() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say("<db:result from='three.example' to='one.example' type='valid'/>")
    assert not end.outcome


def test_a_certificate_that_is_not_taken_leaves_dialback() -> None:
    end = Stage(**PLAIN).go()
    said = end.say(ANSWER + FEATURES.format(EXTERNAL + DIALBACK))
    assert said == "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>b25lLmV4YW1wbGU=</auth>"
    said = end.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>")
    assert said.startswith("<db:result ")


def test_a_certificate_that_is_taken_begins_the_stream_anew() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(EXTERNAL))
    assert end.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").startswith(
        "<?xml version='1.0'?><stream:stream"
    )
    assert not end.outcome
    end.say(ANSWER + FEATURES.format(""))
    assert outcome(end) is end.stream


def test_a_certificate_that_is_not_taken_is_the_end_where_dialback_is_off() -> None:
    end = Stage(**PLAIN, dialback=False).go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    assert "dialback is off" in outcome(end).text


def test_an_authoritative_server_is_asked_about_a_key() -> None:
    end = Stage(**PLAIN).go(question=Question("theirs", "k&y"))
    said = end.say(ANSWER + FEATURES.format(DIALBACK))
    assert said == "<db:verify from='one.example' to='two.example' id='theirs'>k&amp;y</db:verify>"
    end.say("<db:verify from='two.example' to='one.example' id='theirs' type='valid'/>")
    assert outcome(end) is True


def test_an_answer_about_another_key_is_none() -> None:
    end = Stage(**PLAIN).go(question=Question("theirs", "key"))
    end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say("<db:verify from='two.example' to='one.example' id='other' type='valid'/>")
    assert not end.outcome
    end.say("<db:verify from='two.example' to='one.example' id='theirs' type='invalid'/>")
    assert outcome(end) is False


@pytest.mark.parametrize(("condition", "lasting"), [("host-unknown", True), ("resource-constraint", False)])
def test_a_refusal_says_whether_to_come_again(condition: str, lasting: bool) -> None:
    end = Stage(**PLAIN).go()
    error = f"<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
    end.say(ANSWER + error)
    assert outcome(end).lasting is lasting


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    stage = Stage(handshake_seconds=30)
    end = stage.go()
    stage.clock.advance(30)
    assert "did not answer in time" in outcome(end).text


def test_stanzas_do_not_come_in_our_own_stream() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say("<db:result from='two.example' to='one.example' type='valid'/>")
    assert "<policy-violation" in end.say("<message from='b@two.example' to='a@one.example'/>")


def test_an_idle_stream_shows_life_and_is_closed_at_last() -> None:
    stage = Stage(**PLAIN, keepalive_seconds=60, idle_seconds=180)
    end = stage.go()
    end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say("<db:result from='two.example' to='one.example' type='valid'/>")
    stage.clock.pump([60, 60])
    assert end.take() == "  "
    stage.clock.advance(60)
    assert end.take() == "</stream:stream>"
    clean: list[bool] = []
    end.stream.lost = clean.append
    end.say("</stream:stream>")
    end.gone()
    assert clean == [True]


TLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
FAILURE = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
VALID = "<db:result from='two.example' to='one.example' type='valid'/>"
VERIFIED = "<db:verify from='two.example' to='one.example' id='theirs' type='valid'/>"
ANSWERS = pytest.mark.parametrize("answer", [SUCCESS, FAILURE, VALID, VERIFIED])


def behind_tls(**options: Any) -> End:
    """A stream that has come as far as TLS, where certificates need not hold."""
    end = Stage(**{"require_certificates": False} | options).go(question=Question("theirs", "key"))
    end.say(ANSWER + FEATURES.format(TLS))
    end.say(PROCEED)
    return end


def encrypt(end: End) -> str:
    assert end.wire.TLS
    end.stream.handshakeCompleted()
    return end.take()


def assert_refused(end: End, said: str) -> None:
    assert "<policy-violation" in said
    assert isinstance(outcome(end), Unreachable)
    assert end.closed


@ANSWERS
@pytest.mark.parametrize("features", ["", FEATURES.format(TLS)])
@pytest.mark.parametrize("question", [None, Question("theirs", "key")])
def test_no_answer_in_clear_opens_a_stream_that_needs_tls(answer: str, features: str, question: Question) -> None:
    for options in ({}, {"require_certificates": False}, {"require_tls": False}):
        end = Stage(**options).go(question=question)
        assert_refused(end, end.say(ANSWER + features + answer))


@ANSWERS
@pytest.mark.parametrize("question", [None, Question("theirs", "key")])
def test_an_answer_to_what_was_not_asked_ends_the_stream(answer: str, question: Question | None) -> None:
    if answer == VERIFIED and question is None:
        return  # it is about no key of ours: nothing is made of it
    end = Stage(**PLAIN).go(question=question)
    assert_refused(end, end.say(ANSWER + answer))


@ANSWERS
def test_an_answer_to_what_was_not_asked_ends_the_stream_behind_tls(answer: str) -> None:
    end = behind_tls()
    encrypt(end)
    assert_refused(end, end.say(ANSWER + answer))


@ANSWERS
def test_what_was_asked_in_clear_is_not_answered_behind_tls(answer: str) -> None:
    question = Question("theirs", "key") if answer == VERIFIED else None
    end = Stage(**PLAIN).go(question=question)
    end.say(ANSWER + FEATURES.format(DIALBACK if answer in (VALID, VERIFIED) else EXTERNAL))
    end.say(FEATURES.format(TLS))
    end.say(PROCEED)
    encrypt(end)
    assert_refused(end, end.say(ANSWER + answer))


@pytest.mark.parametrize(("offered", "answer"), [(DIALBACK, SUCCESS), (EXTERNAL, VALID)])
def test_one_answer_does_not_stand_for_another(offered: str, answer: str) -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(offered))
    assert_refused(end, end.say(answer))


def test_an_answer_counts_once() -> None:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(EXTERNAL))
    end.say(SUCCESS)
    assert "<policy-violation" in end.say(ANSWER + SUCCESS)
    assert isinstance(outcome(end), Unreachable)


def test_tls_begins_when_we_asked_for_it() -> None:
    end = Stage().go()
    assert_refused(end, end.say(ANSWER + PROCEED))
    assert not end.wire.TLS


def test_behind_tls_an_answer_to_what_was_asked_is_believed() -> None:
    end = behind_tls()
    encrypt(end)
    assert "<db:verify " in end.say(ANSWER + FEATURES.format(DIALBACK))
    end.say(VERIFIED)
    assert outcome(end) is True


def test_whose_certificate_holds_no_more_is_not_believed_whatever_they_answer() -> None:
    end = behind_tls(require_certificates=True)
    end.stream.handshake = holds = SimpleNamespace(proves=lambda _domain: True, trouble="It has expired.")
    encrypt(end)
    assert "<db:verify " in end.say(ANSWER + FEATURES.format(DIALBACK))
    holds.proves = lambda _domain: False
    assert_refused(end, end.say(VERIFIED))
    assert "It has expired." in outcome(end).text


def test_all_that_waited_goes_in_one_turn_however_much_it_is() -> None:
    stage = Stage(**PLAIN, outgoing_bytes=10_000, queue_bytes=100_000)
    end = counted(stage)
    said = say(end, *map(str, range(80)), body=b"<body>" + b"x" * 1_000 + b"</body>")
    assert said.count("<message ") == 80
    assert not end.closed


COUNTED = "<sm xmlns='urn:xmpp:sm:3'/>"


def counted(stage: Stage | None = None) -> End:
    end = (stage or Stage(**PLAIN)).go()
    end.say(ANSWER + FEATURES.format(EXTERNAL))
    end.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    assert end.say(ANSWER + FEATURES.format(COUNTED)) == "<enable xmlns='urn:xmpp:sm:3'/>"
    return end


def say(end: End, *ids: str, body: bytes = b"") -> str:
    for id_ in ids:
        end.stream.send(Stanza("message", {"id": id_, "to": "b@two.example"}, body))
    return end.take()


def test_what_is_acknowledged_is_forgotten_and_the_rest_is_left() -> None:
    end = counted()
    ask = "<r xmlns='urn:xmpp:sm:3'/>"
    said = say(end, "1", "2")
    assert said.index("id='1'") < said.index(ask) < said.index("id='2'")
    assert said.count(ask) == 1
    assert end.say("<a xmlns='urn:xmpp:sm:3' h='1'/>") == ask
    assert end.say("<a xmlns='urn:xmpp:sm:3' h='2'/>") == ""
    say(end, "3")
    assert [stanza.id for stanza in end.stream.left()] == ["3"]


@pytest.mark.parametrize("count", ["", "x", "-1", "9" * 30, "²"])
def test_an_acknowledgement_that_is_none_ends_the_stream(count: str) -> None:
    end = counted()
    assert "<undefined-condition" in end.say(f"<a xmlns='urn:xmpp:sm:3' h='{count}'/>")


def test_an_acknowledgement_of_more_than_was_said_forgets_no_more() -> None:
    end = counted()
    say(end, "1")
    end.say("<a xmlns='urn:xmpp:sm:3' h='5'/>")
    say(end, "2")
    assert [stanza.id for stanza in end.stream.left()] == ["2"]


def test_a_server_that_does_not_count_after_all_leaves_nothing() -> None:
    end = counted()
    say(end, "1")
    end.say("<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>")
    assert say(end, "2").endswith("id='2' to='b@two.example'/>")
    assert not end.stream.left()


@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.sampled_from(["send", "acknowledge", "repeat"]), st.integers(0, 20)), max_size=40),
)
def test_an_acknowledgement_takes_what_it_names_and_never_more(most: int, steps: list[tuple[str, int]]) -> None:
    budget = Budget(10**6)
    kept = Unacknowledged(most, 10**6, budget)
    sent = known = gone = 0  # gone: acknowledged, or forgotten to make room
    for what, number in steps:
        if what == "send":
            for _ in range(number):
                kept.sent(Stanza("message", {"id": str(sent)}))
                sent += 1
            gone = max(gone, sent - most)
        else:
            said = min(known + number, sent) if what == "acknowledge" else max(known - number, 0)
            assert kept.handled(said) is (said > known)
            known = max(known, said)
            gone = max(gone, known)
        assert len(kept) == sent - gone
    assert [stanza.id for stanza in kept.left()] == [str(number) for number in range(gone, sent)]
    assert budget.left == 10**6


def test_an_early_acknowledgement_of_a_crowd_forgets_nothing_and_asks_for_the_rest() -> None:
    stage = Stage(**PLAIN, queue_stanzas=3)
    end = counted(stage)
    say(end, "1", "2", "3", "4", "5")
    ask = "<r xmlns='urn:xmpp:sm:3'/>"
    assert end.say("<a xmlns='urn:xmpp:sm:3' h='1'/>") == ask
    assert end.say("<a xmlns='urn:xmpp:sm:3' h='1'/>") == "", "nothing new was said: no asking in circles"
    assert [stanza.id for stanza in end.stream.left()] == ["3", "4", "5"]
