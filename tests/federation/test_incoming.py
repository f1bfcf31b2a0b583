"""Streams that other servers open: what is asked of them, and what never comes in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stage import HEADER, PLAIN, End, Stage
from twisted.internet.defer import Deferred

from ccm.errors import StoreUnavailable
from ccm.federation.srv import Unreachable

MESSAGE = "<message from='{}' to='{}' type='chat'><body>hi</body></message>"


def test_a_stream_is_answered_with_tls_and_nothing_else() -> None:
    end = Stage().come()
    assert "from='one.example'" in end.opened
    assert "to='two.example'" in end.opened
    assert "xmlns:db='jabber:server:dialback'" in end.opened
    features = end.opened.partition("<stream:features>")[2]
    assert features == "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"


@pytest.mark.parametrize("to", ["three.example", "guests.one.example", "accounts.one.example", "", "ann@one.example"])
def test_a_stream_for_what_is_not_open_here_ends(to: str) -> None:
    end = Stage().come(to)
    assert "<host-unknown" in end.opened
    assert end.opened.endswith("</stream:stream>")
    assert end.closed


@pytest.mark.parametrize("from_", ["one.example", "conference.one.example", "away.one.example", "guests.one.example"])
def test_nobody_comes_in_our_own_name(from_: str) -> None:
    stage = Stage(**PLAIN)
    assert "<policy-violation" in stage.come(from_=from_).opened
    answer = stage.come().prove(from_)
    assert f"to='{from_}' type='error'" in answer
    assert not stage.asked


def test_an_old_stream_is_refused() -> None:
    end = Stage().come(header=HEADER.replace(" version='1.0'{more}", "{more}"))
    assert "<unsupported-version" in end.opened


@pytest.mark.parametrize(
    ("said", "condition"),
    [
        (MESSAGE.format("ann@two.example", "bob@one.example"), "not-authorized"),
        ("<db:result from='two.example' to='one.example'>key</db:result>", "policy-violation"),
        ("<db:verify from='two.example' to='one.example' id='1'>key</db:verify>", "policy-violation"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>", "restricted-xml"),
        ("<x xmlns='urn:x'/>", "unsupported-stanza-type"),
        (f"<db:result from='two.example' to='one.example'>{'x' * 20_000}</db:result>", "policy-violation"),
    ],
)
def test_before_tls_nothing_is_listened_to(said: str, condition: str) -> None:
    stage = Stage()
    end = stage.come()
    assert f"<{condition} " in end.say(said)
    assert end.closed
    assert not stage.received


def test_what_follows_starttls_in_clear_ends_the_stream() -> None:
    stage = Stage()
    end = stage.come()
    said = end.say(
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + MESSAGE.format("a@two.example", "b@one.example")
    )
    assert "<policy-violation" in said
    assert end.closed
    assert not stage.received


def test_what_follows_starttls_incomplete_ends_the_stream_before_tls() -> None:
    end = Stage().come()
    assert "<policy-violation" in end.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><db:result fr")
    assert not end.wire.TLS


def test_sign_in_without_a_certificate_fails_and_the_stream_goes_on() -> None:
    end = Stage(**PLAIN).come()
    auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{}'>=</auth>"
    assert "<not-authorized/>" in end.say(auth.format("EXTERNAL"))
    assert "<invalid-mechanism/>" in end.say(auth.format("PLAIN"))
    assert not end.closed


def test_a_server_proves_itself_by_dialback() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    assert end.prove().endswith("<db:result from='one.example' to='two.example' type='valid'></db:result>")
    assert stage.asked == [("one.example", "two.example", "07" * 16, "key")]
    assert end.say(MESSAGE.format("Ann@two.example/x", "bob@one.example")) == ""
    stanza, domain = stage.received[0]
    assert (stanza.from_, stanza.to, domain) == ("ann@two.example/x", "bob@one.example", "two.example")


def test_the_language_of_a_stream_is_that_of_its_stanzas() -> None:
    stage = Stage(**PLAIN)
    end = stage.come(more=" xml:lang='de'")
    end.prove()
    end.say(MESSAGE.format("ann@two.example", "bob@one.example"))
    end.say("<message xml:lang='fr' from='ann@two.example' to='bob@one.example'/>")
    assert [stanza.attrs["xml:lang"] for stanza, _ in stage.received] == ["de", "fr"]


def test_a_wrong_key_ends_the_stream() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    assert "type='invalid'" in end.prove(good=False)
    assert end.closed


def test_a_server_that_cannot_be_asked_may_come_again() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.say("<db:result from='two.example' to='one.example'>key</db:result>")
    stage.answers.pop().errback(Unreachable("It is down."))
    assert "<remote-server-timeout" in end.take()
    assert not end.closed
    assert "type='valid'" in end.prove()


@pytest.mark.parametrize(
    ("from_", "to", "condition"),
    [
        ("ann@three.example", "bob@one.example", "invalid-from"),
        ("ann@one.example", "bob@one.example", "invalid-from"),
        ("two.example.org", "bob@one.example", "invalid-from"),
        ("ann@two.example", "talk@conference.one.example", "invalid-from"),
        ("ann@two.example", "bob@three.example", "invalid-from"),
        ("ann@two.example", "", "improper-addressing"),
        ("", "bob@one.example", "improper-addressing"),
        ("@two.example", "bob@one.example", "improper-addressing"),
    ],
)
def test_only_stanzas_of_a_pair_that_was_proven_come_in(from_: str, to: str, condition: str) -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.prove()
    assert f"<{condition} " in end.say(MESSAGE.format(from_, to))
    assert end.closed
    assert not stage.received


def test_several_pairs_share_a_connection() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.prove()
    assert "type='valid'" in end.prove("chat.two.example")
    assert "type='valid'" in end.prove("two.example", "conference.one.example")
    end.say(MESSAGE.format("x@chat.two.example", "bob@one.example"))
    end.say(MESSAGE.format("ann@two.example", "talk@conference.one.example"))
    assert len(stage.received) == 2


def test_there_is_an_end_to_pairs() -> None:
    stage = Stage(**PLAIN, pairs_per_connection=2)
    end = stage.come()
    end.prove()
    end.prove("a.two.example")
    assert "<resource-constraint" in end.prove("b.two.example")
    assert len(stage.asked) == 2


def test_where_a_certificate_is_asked_for_dialback_without_one_is_refused() -> None:
    stage = Stage(require_tls=False, require_certificates=True)
    end = stage.come()
    assert "<policy-violation" in end.prove()
    assert not stage.asked


def test_our_own_keys_are_known_again() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    key = stage.keys.key("two.example", "one.example", "abc")
    ask = "<db:verify from='{}' to='{}' id='{}'>{}</db:verify>"
    assert "type='valid'" in end.say(ask.format("two.example", "one.example", "abc", key))
    assert "type='invalid'" in end.say(ask.format("two.example", "one.example", "abd", key))
    assert "type='invalid'" in end.say(ask.format("three.example", "one.example", "abc", key))
    said = end.say(ask.format("two.example", "two.example", "abc", key))
    assert said.startswith("<db:verify from='two.example' to='two.example' id='abc' type='error'><error type='cancel'>")
    assert "<item-not-found" in said and not end.closed  # XEP-0220 §2.5: others may share the stream


def test_domains_may_be_kept_out_or_let_in_alone() -> None:
    assert "<policy-violation" in Stage(deny=("two.example",)).come().opened
    assert "<policy-violation" in Stage(deny=("*.two.example",)).come(from_="x.two.example").opened
    assert "<starttls" in Stage(deny=("*.two.example",)).come().opened
    assert "<policy-violation" in Stage(allow=("three.example",)).come().opened
    assert "<starttls" in Stage(allow=("three.example", "two.example")).come().opened


def test_who_says_nothing_is_not_waited_for() -> None:
    stage = Stage(handshake_seconds=30)
    end = stage.come()
    stage.clock.advance(30)
    assert "<connection-timeout" in end.take()
    assert end.closed


def test_one_address_has_only_so_many_connections() -> None:
    stage = Stage(connections_per_address=2)
    ends = [stage.come() for _ in range(3)]
    assert [end.closed for end in ends] == [False, False, True]
    ends[0].gone()
    assert not stage.come().closed


def test_a_network_of_ipv6_is_one_address() -> None:
    stage = Stage(connections_per_address=2)
    peers = ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", "::ffff:192.0.2.1")
    ends = [stage.come(peer=peer) for peer in peers]
    assert [end.closed for end in ends] == [False, False, True, False, False]
    ends[1].gone()
    assert not stage.come(peer="2001:db8::4").closed


def test_who_has_proved_nothing_is_read_no_faster_than_one_address_may_send() -> None:
    stage = Stage(**PLAIN, bytes_per_second=1000, burst_bytes=1000)
    ask = "<db:verify from='two.example' to='one.example' id='{}'>key</db:verify>"
    first, second, elsewhere = (stage.come(peer=peer) for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.2"))
    assert first.say("".join(ask.format(number) for number in range(60))).count("type='invalid'") == 60
    second.say(ask.format("x"))
    elsewhere.say(ask.format("x"))
    assert [end.wire.producerState for end in (first, second, elsewhere)] == ["paused", "paused", "producing"]
    stage.clock.advance(5)
    assert first.wire.producerState == second.wire.producerState == "producing"


def test_a_domain_is_read_no_faster_than_it_may_send() -> None:
    stage = Stage(**PLAIN, bytes_per_second=1000, burst_bytes=1000)
    end = stage.come()
    end.prove()
    end.say(MESSAGE.format("ann@two.example", "bob@one.example").replace("hi", "x" * 3000))
    assert end.wire.producerState == "paused"
    stage.clock.advance(5)
    assert end.wire.producerState == "producing"
    assert len(stage.received) == 1


def test_each_pair_has_its_own_measure_wherever_it_sends() -> None:
    stage = Stage(**PLAIN, bytes_per_second=1000, burst_bytes=2000)
    first, second = stage.come(), stage.come()
    first.prove()
    second.prove()
    first.say(MESSAGE.format("ann@two.example", "bob@one.example").replace("hi", "x" * 1500))
    second.say(MESSAGE.format("ann@two.example", "bob@one.example").replace("hi", "x" * 1500))
    assert [end.wire.producerState for end in (first, second)] == ["producing", "paused"]


def test_an_idle_stream_is_closed_and_what_still_comes_is_heard() -> None:
    stage = Stage(**PLAIN, idle_seconds=600, keepalive_seconds=60)
    end = stage.come()
    end.prove()
    stage.clock.pump([60] * 10)
    assert end.wire.value().decode().endswith("</stream:stream>")
    assert not end.closed
    end.say(MESSAGE.format("ann@two.example", "bob@one.example"))
    end.say("</stream:stream>")
    assert end.closed
    assert len(stage.received) == 1
    assert not stage.lost


def test_an_end_without_a_word_is_told() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.prove()
    end.gone()
    assert stage.lost == ["two.example"]


def test_a_stream_error_of_theirs_is_an_end_without_a_word() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.prove()
    end.say("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
    assert end.closed
    assert stage.lost == ["two.example"]


def test_an_end_in_good_order_is_not() -> None:
    stage = Stage(**PLAIN)
    end = stage.come()
    end.prove()
    assert end.say("</stream:stream>") == "</stream:stream>"
    assert end.closed
    assert not stage.lost


def counted(stage: Stage) -> End:
    end = stage.come()
    end.prove()
    assert end.say("<enable xmlns='urn:xmpp:sm:3'/>") == "<enabled xmlns='urn:xmpp:sm:3'/>"
    return end


def test_what_came_is_acknowledged_once_it_is_on_disk() -> None:
    stage = Stage(**PLAIN)
    end = counted(stage)
    ask = "<r xmlns='urn:xmpp:sm:3'/>"
    assert end.say(MESSAGE.format("ann@two.example", "bob@one.example") + ask) == "<a xmlns='urn:xmpp:sm:3' h='1'/>"
    stage.barrier = Deferred()
    end.say(MESSAGE.format("ann@two.example", "bob@one.example"))
    assert end.say(ask) == ""
    end.say(MESSAGE.format("ann@two.example", "bob@one.example"))
    stage.barrier.callback(None)
    assert end.take() == "<a xmlns='urn:xmpp:sm:3' h='2'/>"


def test_what_could_not_be_kept_is_never_acknowledged() -> None:
    stage = Stage(**PLAIN)
    end = counted(stage)
    stage.barrier = Deferred()
    end.say(MESSAGE.format("ann@two.example", "bob@one.example") + "<r xmlns='urn:xmpp:sm:3'/>")
    stage.barrier.errback(StoreUnavailable("disk full"))
    said = end.take()
    assert "<a " not in said
    assert "<resource-constraint" in said


def test_nobody_counts_before_proving_anything() -> None:
    end = Stage(**PLAIN).come()
    assert "<failed xmlns='urn:xmpp:sm:3'><unexpected-request" in end.say("<enable xmlns='urn:xmpp:sm:3'/>")
    assert "<item-not-found" in end.say("<resume xmlns='urn:xmpp:sm:3' previd='1' h='0'/>")
    assert end.say("<r xmlns='urn:xmpp:sm:3'/>") == ""


def conversation(pieces: list[bytes]) -> tuple[list[bytes], str]:
    """What comes in, and what is said, when bytes come in these pieces."""
    stage = Stage(**PLAIN)
    end = End(stage, stage.factory.buildProtocol(None))
    said = ""
    for piece in pieces:
        end.stream.dataReceived(piece)
        said += end.take()
        while stage.answers:
            stage.answers.pop().callback(True)
            said += end.take()
    return [stanza.to_bytes() for stanza, _ in stage.received], said


PART_ONE = (
    HEADER.format(to="one.example", from_="two.example", more="") + "<db:result from='two.example' to='one.example'>"
    "k&amp;y</db:result>"
).encode()
PART_TWO = (
    "<message from='ann@two.example/ü' to='bob@one.example'><body xmlns='jabber:server'>grüß</body></message>\n"
    "<iq xmlns='jabber:server' type='get' id='1' from='two.example' to='one.example'><x xmlns='u'/></iq>"
    "<db:verify from='two.example' to='one.example' id='1'>key</db:verify><presence from='two.example'/>"
).encode()


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(0, len(PART_ONE + PART_TWO)), max_size=12))
def test_however_bytes_are_cut_the_same_comes_in_and_is_said(cuts: list[int]) -> None:
    edges = sorted({0, len(PART_ONE), *cuts, len(PART_ONE + PART_TWO)})
    pieces = [(PART_ONE + PART_TWO)[start:end] for start, end in pairwise(edges)]
    came, said = conversation(pieces)
    assert (came, said) == conversation([PART_ONE, PART_TWO])
    assert len(came) == 2
    assert "<improper-addressing" in said


@settings(max_examples=40)
@given(data=st.binary(max_size=200) | st.text("<>/='\" &;!?[]-abdexmlnst:", max_size=200).map(str.encode))
def test_no_bytes_make_a_stream_fail(data: bytes) -> None:
    for pieces in ([data], [PART_ONE, data], [PART_ONE, PART_TWO[:100], data]):
        _, said = conversation(pieces)
        assert "internal-server-error" not in said
