"""What a server that has proved nothing can make this one do is bounded; and what it says odd is its own trouble."""

from typing import Any

import pytest
from stage import PLAIN, Stage
from test_links import World
from twisted.internet.defer import Deferred

from ccm.federation.srv import Locator, Record, Unreachable, ascii_name
from ccm.testing.fakes import result_of

AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{}'>=</auth>"
RESULT = "<db:result from='{}' to='one.example'>key</db:result>"
ANSWER = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:db='jabber:server:dialback' id='their-id' from='two.example' version='{}'>"
)


@pytest.mark.parametrize("mechanism", ["EXTERNAL", "PLAIN"])
def test_who_fails_to_sign_in_again_and_again_is_left(mechanism: str) -> None:  # RFC 6120 §6.4.5
    end = Stage(**PLAIN).come()
    assert "<failure" in end.say(AUTH.format(mechanism))
    assert not end.closed
    end.say(AUTH.format(mechanism))
    said = end.say(AUTH.format(mechanism))
    assert "<failure" in said and "<policy-violation" in said
    assert end.closed


def test_who_names_one_refused_domain_after_the_other_is_left() -> None:
    end = Stage(**PLAIN, deny=("*.bad.example",), pairs_per_connection=3).come()
    said = "".join(end.say(RESULT.format(f"{number}.bad.example")) for number in range(3))
    assert said.count("<not-allowed") == 3 and "<policy-violation" in said
    assert end.closed


def test_one_address_has_only_so_much_asked_for_it_at_a_time() -> None:
    stage = Stage(**PLAIN)
    ends = [stage.come(peer="192.0.2.1") for _ in range(3)]
    said = "".join(end.say(RESULT.format(f"{number}.two.example")) for end in ends for number in range(4))
    assert len(stage.asked) == 8
    assert said.count("<resource-constraint") == 4
    stage.come(peer="192.0.2.2").say(RESULT.format("three.example"))
    assert len(stage.asked) == 9
    stage.answers[0].callback(True)
    ends[2].say(RESULT.format("four.example"))
    assert len(stage.asked) == 10


def test_whose_connection_is_gone_has_nothing_asked_any_more() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.say(RESULT.format("two.example"))
    assert not stage.answers[0].called
    end.gone()
    assert stage.answers[0].called, "it was called off"
    assert stage.factory.may_ask("192.0.2.9")
    assert not stage.factory._questions


def test_what_was_proven_in_clear_does_not_go_on_behind_tls() -> None:  # RFC 6120 §5.4.3.3
    end = Stage(**PLAIN).come()
    end.prove()
    said = end.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    assert "<policy-violation" in said and not end.wire.TLS


@pytest.mark.parametrize(
    ("version", "spoken"), [("1.0", True), ("1.1", True), ("2.0", True), ("0.9", False), ("", False)]
)
def test_a_later_version_is_spoken_as_1_0(version: str, spoken: bool) -> None:  # RFC 6120 §4.7.5
    stage = Stage(**PLAIN)
    header = ANSWER.replace("id='their-id'", "to='one.example'").format(version)
    assert ("<unsupported-version" not in stage.come(header=header).opened) is spoken
    going = stage.go()
    going.say(ANSWER.format(version))
    assert (not going.outcome) is spoken


# ---- signs of life


def test_without_signs_of_life_an_idle_stream_is_closed_all_the_same() -> None:
    stage = Stage(**PLAIN, keepalive_seconds=0, idle_seconds=180)
    end = stage.come()
    end.prove()
    stage.clock.pump([60] * 3)
    assert end.take() == "</stream:stream>"


def test_nothing_stands_before_the_header_or_tls() -> None:
    stage = Stage(keepalive_seconds=5)
    end = stage.go()
    end.say(
        ANSWER.format("1.0") + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
    )
    stage.clock.advance(5)
    assert end.take() == ""


# ---- names


@pytest.mark.parametrize("domain", ["a" * 64 + ".example", ".".join(["ab"] * 100), "ä" * 64 + ".example"])
def test_what_cannot_be_in_the_dns_is_not_looked_up(domain: str) -> None:
    with pytest.raises(Unreachable) as caught:
        ascii_name(domain)
    assert caught.value.lasting
    world = World()
    assert world.send("message", f"bob@{domain}", "chat") == ["remote-server-not-found"]
    assert not world.dialled


def test_records_that_lead_to_what_is_no_name_find_no_server() -> None:
    world = World()
    refused: Deferred[Any] = Deferred()
    refused.errback(ValueError("invalid hostname"))
    world.elsewhere._dial = lambda _target, _stream: refused
    assert world.send("message", "bob@two.example", "chat") == ["remote-server-not-found"]


def test_of_a_thousand_records_few_are_tried() -> None:
    async def look(name: str) -> list[Record]:
        return [Record(0, 0, 5269, f"{number}.example") for number in range(1_000)] if "server" in name else []

    assert len(result_of(Locator({}, look, lambda: 0.0).find("two.example"))) == 8
