"""Streams to other servers: what we say, what we believe, and when we give up."""

from typing import Any

import pytest
from stage import PLAIN, End, Stage

from ccm.federation.outgoing import Question
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


COUNTED = "<sm xmlns='urn:xmpp:sm:3'/>"


def counted() -> End:
    end = Stage(**PLAIN).go()
    end.say(ANSWER + FEATURES.format(EXTERNAL))
    end.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
    assert end.say(ANSWER + FEATURES.format(COUNTED)) == "<enable xmlns='urn:xmpp:sm:3'/>"
    return end


def say(end: End, *ids: str) -> str:
    for id_ in ids:
        end.stream.send(Stanza("message", {"id": id_, "to": "b@two.example"}))
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
