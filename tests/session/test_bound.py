"""A bound session: what it sends on, what it refuses, how it ends."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from session_harness import SM, World

from ccm import namespaces as ns
from ccm.router.hooks import HANDLED, Target, on
from ccm.session.limits import TokenBucket
from ccm.session.options import SessionOptions
from ccm.session.record import from_plain, to_plain
from ccm.wire.fanout import FanOut
from ccm.wire.framing import StreamFraming, WebSocketFraming
from ccm.wire.stanza import Stanza


class Listener:
    """Takes every message and keeps it."""

    def __init__(self) -> None:
        self.got: list[Stanza] = []

    @on.message("chat", to=(Target.NONE, Target.ACCOUNT, Target.HOST, Target.OTHER))
    def take(self, stanza: Stanza, origin: object) -> Any:
        self.got.append(stanza)
        return HANDLED


def test_from_is_stamped_and_to_is_prepared() -> None:
    world = World()
    listener = Listener()
    world.router.attach(listener)
    client = world.bound()
    assert (
        client.send("<message type='chat' to='KIM@Localhost' from='ann@localhost/one'><body>x</body></message>") == b""
    )
    assert listener.got[0].attrs == {"type": "chat", "to": "kim@localhost", "from": "ann@localhost/one"}


def test_a_forged_from_ends_the_stream() -> None:
    for sender in ("kim@localhost", "localhost"):
        client = World().bound()
        assert b"<invalid-from " in client.send(f"<message type='chat' to='localhost' from='{sender}'/>")
        assert client.connection.closed


def test_a_malformed_recipient_is_answered() -> None:
    client = World().bound()
    said = client.send("<message id='7' to='@@'/>")
    assert b"<jid-malformed" in said
    assert b"id='7'" in said
    assert not client.connection.closed


@pytest.mark.parametrize(
    "iq",
    [
        "<iq type='get'><x xmlns='u'/></iq>",
        "<iq id='1'><x xmlns='u'/></iq>",
        "<iq type='get' id='1'/>",
        "<iq type='set' id='1'><x xmlns='u'/><y xmlns='u'/></iq>",
        "<iq type='chat' id='1'><x xmlns='u'/></iq>",
    ],
)
def test_an_unsound_iq_is_a_bad_request(iq: str) -> None:
    assert b"<bad-request" in World().bound().send(iq)


def test_the_session_request_of_old_clients_is_answered() -> None:
    client = World().bound()
    said = client.send("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>")
    assert b"type='result'" in said


def test_a_second_binding_is_refused() -> None:
    client = World().bound()
    assert b"<not-allowed" in client.bind("other")


def test_a_template_is_joined_with_the_own_address() -> None:
    world = World()
    client = world.bound("it's")
    template = FanOut(Stanza("message", {"type": "groupchat"}, b"<body>x</body>"), "room@c.localhost/Kim")
    client.session.deliver_raw(template)
    assert client.take() == (
        b"<message type='groupchat' from='room@c.localhost/Kim' to='ann@localhost/it&apos;s'><body>x</body></message>"
    )


def test_a_message_in_a_foreign_namespace_is_no_stanza() -> None:
    world = World()
    listener = Listener()
    world.router.attach(listener)
    client = world.bound()
    said = client.send("<message xmlns='jabber:server' type='chat' to='localhost'/>")
    assert b"<unsupported-stanza-type" in said
    assert not listener.got


def test_what_stands_before_a_fault_in_the_same_read_is_routed() -> None:
    world = World()
    listener = Listener()
    world.router.attach(listener)
    client = world.bound()
    said = client.send("<message type='chat' to='localhost'/><!-- x --><message type='chat' to='localhost'/>")
    assert len(listener.got) == 1
    assert b"<restricted-xml" in said
    assert client.connection.closed


def test_the_size_allowed_grows_with_login() -> None:
    client = World().client()
    client.open()
    assert b"<policy-violation" in client.send("<auth>" + "x" * 11_000 + "</auth>")
    client = World().bound()
    client.send("<message type='error'><body>" + "x" * 100_000 + "</body></message>")
    assert not client.connection.closed
    assert b"<policy-violation" in client.send("<message><body>" + "x" * 300_000)


def test_a_closed_stream_is_closed_on_our_side() -> None:
    world = World()
    client = world.bound()
    assert client.send("</stream:stream>") == b"</stream:stream>"
    assert client.connection.closed
    assert world.names() == ["session-bound", "session-closed"]
    client.session.disconnected()
    assert world.names() == ["session-bound", "session-closed"]


def test_a_lost_connection_ends_a_session_that_cannot_be_resumed() -> None:
    world = World()
    client = world.bound()
    client.session.disconnected([b"<message to='ann@localhost'><body>y</body></message>"])
    assert world.names() == ["session-bound", "session-lost", "session-closed"]
    (lost,) = world.events[1][1][1]
    assert lost.child_text("body") == "y"
    assert world.router.session("ann@localhost/one") is None


def test_nothing_is_written_after_the_end() -> None:
    client = World().bound()
    client.session.close("system-shutdown", "Back in a minute.")
    assert client.take().endswith(b"</stream:stream>")
    client.session.deliver(Stanza("message", {}))
    client.session.close("conflict")
    assert client.take() == b""


# ---- XEP-0198


def managed(world: World) -> tuple[Any, str]:
    client = world.bound()
    said = client.send(f"<enable {SM} resume='true'/>").decode()
    assert "resume='true'" in said
    return client, said.partition("id='")[2].partition("'")[0]


def resume(world: World, id_: str, h: int = 0) -> tuple[Any, bytes]:
    client = world.client()
    client.sign_in()
    return client, client.send(f"<resume {SM} previd='{id_}' h='{h}'/>")


def message(number: int) -> Stanza:
    return Stanza("message", {"to": "ann@localhost/one", "id": str(number)}, b"<body>x</body>")


def test_stanzas_and_nothing_else_are_counted() -> None:
    client, _ = managed(World())
    said = client.send(f"<presence/> <r {SM}/><iq type='result' id='1'/><a {SM} h='0'/><r {SM}/>")
    assert said == b"<a xmlns='urn:xmpp:sm:3' h='1'/><a xmlns='urn:xmpp:sm:3' h='2'/>"


def test_an_acknowledgement_waits_for_the_commit() -> None:
    world = World()
    client, _ = managed(world)
    world.full = True
    assert client.send(f"<presence/><r {SM}/>") == b""
    world.barriers[0].callback(None)
    assert client.take() == b"<a xmlns='urn:xmpp:sm:3' h='1'/>"


def test_nothing_is_acknowledged_if_the_store_failed() -> None:
    world = World()
    client, _ = managed(world)
    world.full = True
    client.send(f"<presence/><r {SM}/>")
    world.barriers[0].errback(OSError("disk full"))
    assert client.take() == b""


def test_a_resumed_session_gets_what_it_missed_once_and_in_order() -> None:
    world = World()
    client, id_ = managed(world)
    for number in range(3):
        client.session.deliver(message(number))
    client.take()
    client.session.disconnected()
    assert client.session.hibernating
    assert client.session.state_name == "detached"
    client.session.deliver(message(3))
    back, said = resume(world, id_, 2)
    assert said.startswith(f"<resumed xmlns='urn:xmpp:sm:3' previd='{id_}' h='0'/>".encode())
    assert [said.count(b"id='%d'" % n) for n in range(4)] == [0, 0, 1, 1]
    assert said.index(b"id='2'") < said.index(b"id='3'")
    assert not client.session.hibernating
    client.session.deliver(message(4))
    assert b"id='4'" in back.take()
    back.send("<message type='headline' from='ann@localhost/one'/>")
    assert world.names() == ["session-bound", "session-hibernating", "session-resumed"]
    back.session.disconnected()
    assert client.session.hibernating


def test_what_follows_the_resumption_in_the_same_read_is_served() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.disconnected()
    client = world.client()
    client.sign_in()
    said = client.send(f"<resume {SM} previd='{id_}' h='0'/><presence/><r {SM}/>")
    assert said.index(b"<resumed") < said.index(b"<a xmlns='urn:xmpp:sm:3' h='1'/>")


def test_a_resumption_whose_store_fails_ends_the_session_with_an_error() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.disconnected()
    world.full = True
    back, said = resume(world, id_)
    assert b"<resumed" not in said
    client.session.deliver(message(1))
    world.barriers[0].errback(OSError("disk full"))
    assert b"<internal-server-error" in back.take()
    assert back.connection.closed and client.session.state_name == "closed"
    assert [stanza.id for stanza in world.lost()] == ["1"]


def test_an_acknowledgement_of_the_connection_before_does_not_reach_the_new_one() -> None:
    world = World()
    client, id_ = managed(world)
    world.full = True
    client.send(f"<presence/><r {SM}/>")
    client.session.disconnected()
    back, _ = resume(world, id_)
    world.barriers[0].callback(None)
    assert back.take() == b""
    world.barriers[-1].callback(None)
    assert back.take() == f"<resumed xmlns='urn:xmpp:sm:3' previd='{id_}' h='1'/>".encode()


def test_several_requests_for_acknowledgements_end_with_their_connection() -> None:
    world = World()
    client, id_ = managed(world)
    world.full = True
    client.send(f"<r {SM}/><presence/><r {SM}/>")
    back, _ = resume(world, id_)
    world.full = False
    for barrier in world.barriers:
        barrier.callback(None)
    assert back.take() == f"<resumed xmlns='urn:xmpp:sm:3' previd='{id_}' h='1'/>".encode()


def test_an_acknowledgement_asked_for_while_resuming_follows_it() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.disconnected()
    world.full = True
    back, _ = resume(world, id_)
    back.send(f"<presence/><r {SM}/>")
    world.barriers[1].callback(None)
    assert back.take() == b""
    world.barriers[0].callback(None)
    said = back.take()
    assert said.startswith(b"<resumed") and said.endswith(b"<a xmlns='urn:xmpp:sm:3' h='1'/>")


def test_a_session_can_be_resumed_before_the_old_connection_is_known_to_be_dead() -> None:
    world = World()
    client, id_ = managed(world)
    back, said = resume(world, id_)
    assert b"<resumed" in said
    assert b"<conflict " in client.take()
    assert client.connection.closed
    client.session.disconnected()
    assert client.session.state_name == "bound"
    client.session.deliver(message(1))
    assert b"id='1'" in back.take()


def test_a_session_ends_when_its_client_does_not_come_back() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    client.session.disconnected()
    world.hands.advance(601)
    assert world.names() == ["session-bound", "session-hibernating", "session-lost", "session-closed"]
    assert [stanza.id for stanza in world.lost()] == ["1"]
    assert world.saved[id_] is None
    assert b"<item-not-found" in resume(world, id_)[1]


def test_what_may_not_have_been_seen_is_told_as_a_session_hibernates_and_while_it_does() -> None:
    world = World()
    client, id_ = managed(world)
    for number in range(150):
        client.session.deliver(message(number))
    assert world.waits() == []
    client.session.disconnected()
    ((_, stanzas),) = [args for name, args in world.events if name == "session-unacknowledged"]
    assert [stanza.id for stanza in stanzas()] == [str(number) for number in range(50, 150)]
    client.session.deliver(message(150))
    client.session.deliver_raw(FanOut(message(151), "room@conference.localhost/nick"))
    client.session.deliver(Stanza("presence", {"from": "bob@localhost/x", "to": "ann@localhost/one"}))
    assert world.waits() == ["150", "151"]
    back, said = resume(world, id_, 150)
    assert said.count(b"<message") == 2
    client.session.deliver(message(152))
    assert world.waits() == ["150", "151"] and b"id='152'" in back.take()


def test_a_client_that_does_not_look_is_told_of_what_matters_alone() -> None:
    world = World()
    client = world.bound()
    client.send(f"<inactive xmlns='{ns.CSI}'/>")
    client.session.deliver(Stanza("presence", {"from": "bob@localhost/x", "to": "ann@localhost/one"}))
    client.session.deliver(message(1))
    client.send(f"<active xmlns='{ns.CSI}'/>")
    client.session.deliver(message(2))
    assert world.waits() == ["1"]


def test_a_hibernating_session_keeps_a_bounded_queue() -> None:
    world = World(SessionOptions(resume_stanzas=5))
    client, _ = managed(world)
    client.session.disconnected()
    for number in range(6):
        client.session.deliver(message(number))
    assert client.session.state_name == "closed"
    assert len(world.lost()) == 6


def test_a_client_that_never_acknowledges_is_ended() -> None:
    world = World(SessionOptions(resume_stanzas=5, resume_request_every=2))
    client, _ = managed(world)
    for number in range(51):
        client.session.deliver(message(number))
    said = client.take()
    assert b"<r xmlns='urn:xmpp:sm:3'/>" in said
    assert b"<policy-violation" in said


def test_an_acknowledgement_is_asked_for_when_it_is_quiet() -> None:
    world = World()
    client, _ = managed(world)
    client.session.deliver(message(1))
    client.take()
    world.hands.advance(5)
    assert client.take() == b"<r xmlns='urn:xmpp:sm:3'/>"


def test_nothing_is_asked_for_before_the_resumption_is_answered() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(Stanza("message", {"to": "ann@localhost/one"}))
    world.full = True
    back, said = resume(world, id_)
    world.hands.advance(5)
    assert (said, back.take()) == (b"", b"")
    world.barriers[0].callback(None)
    assert re.findall(rb"<(\w+)", back.take()) == [b"resumed", b"message", b"r"]


def test_acknowledging_more_than_was_sent_ends_the_stream() -> None:
    client, _ = managed(World())
    said = client.send(f"<a {SM} h='5'/>")
    assert b"<undefined-condition " in said
    assert b"<handled-count-too-high xmlns='urn:xmpp:sm:3' h='5' send-count='0'/>" in said


@pytest.mark.parametrize("h", ["", "-1", "x", "99999999999"])
def test_a_count_that_is_none_ends_the_stream(h: str) -> None:
    client, _ = managed(World())
    assert b"<bad-format" in client.send(f"<a {SM} h='{h}'/>")


def test_counts_go_round_at_two_to_the_thirty_second() -> None:
    client, _ = managed(World())
    acks = client.session.resumption.acks
    acks.inbound = acks.outbound = 2**32 - 1
    client.session.deliver(message(1))
    client.session.deliver(message(2))
    assert acks.outbound == 1
    client.take()
    assert client.send(f"<presence/><a {SM} h='0'/><r {SM}/>") == b"<a xmlns='urn:xmpp:sm:3' h='0'/>"
    assert len(acks.queue) == 1


def test_what_is_not_due_fails_and_the_stream_goes_on() -> None:
    client, _ = managed(World())
    assert b"<unexpected-request" in client.send(f"<enable {SM}/>")
    assert b"<unexpected-request" in client.send(f"<resume {SM} previd='x' h='0'/>")
    early = World().client()
    early.sign_in()
    assert b"<unexpected-request" in early.send(f"<enable {SM}/>")
    assert b"type='result'" in early.bind("r")


def test_a_session_of_somebody_else_cannot_be_resumed() -> None:
    from session_harness import VERIFIERS

    from ccm.testing import fakes

    world = World()
    _, id_ = managed(world)
    fakes.result_of(world.services.accounts.create("kim@localhost", "Kim", None, VERIFIERS))
    kim = world.client()
    kim.open()
    kim.scram("kim", "secret")
    kim.open()
    assert b"<item-not-found" in kim.send(f"<resume {SM} previd='{id_}' h='0'/>")


def test_closing_in_good_order_leaves_nothing_to_resume() -> None:
    world = World()
    client, id_ = managed(world)
    client.send("</stream:stream>")
    assert world.names() == ["session-bound", "session-closed"]
    assert b"<item-not-found" in resume(world, id_)[1]


def test_a_session_outlives_the_server() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.priority = 5
    client.session.state["presence"] = "<presence/>"
    client.send(f"<presence/><r {SM}/>")
    client.session.deliver(message(1))
    client.session.deliver(Stanza("message", {"to": "ann@localhost/one", "id": "ä"}))
    world.hands.advance(1)
    plain = world.saved[id_]

    after = World()
    session = from_plain(after.realm, StreamFraming(after.pool), None, "tcp", plain)
    assert session.resumed
    assert session.priority == 5 and session.state["presence"] == "<presence/>"
    assert after.names() == ["session-resumed", "session-hibernating"]
    assert after.router.session("ann@localhost/one") is session
    session.deliver(message(2))
    _, said = resume(after, id_, 1)
    assert b" h='1'/>" in said
    assert [said.count(f"id='{n}'".encode()) for n in ("1", "ä", "2")] == [0, 1, 1]
    assert to_plain(session)["resume"]["outbound"] == 3


def test_a_client_that_got_more_than_a_crashed_server_had_saved_begins_anew() -> None:
    world = World()
    _, id_ = managed(world)
    after = World()
    session = from_plain(after.realm, StreamFraming(after.pool), None, "tcp", world.saved[id_])
    session.deliver(message(1))
    _, said = resume(after, id_, 1)
    assert b"<failed" in said
    assert b"<item-not-found" in said
    assert after.names()[-1] == "session-closed"
    assert "session-lost" not in after.names()


def test_a_client_that_got_no_more_than_was_saved_resumes_after_a_crash() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    world.hands.advance(1)
    after = World()
    session = from_plain(after.realm, StreamFraming(after.pool), None, "tcp", world.saved[id_])
    session.deliver(message(2))
    back, said = resume(after, id_, 1)
    assert b"<resumed" in said
    assert said.count(b"<message") == 1
    assert back.send(f"<a {SM} h='2'/>") == b""


def test_a_client_resumes_after_a_clean_stop_whatever_it_has_got() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    client.session.suspend()
    after = World()
    from_plain(after.realm, StreamFraming(after.pool), None, "tcp", world.saved[id_])
    _, said = resume(after, id_, 1)
    assert b"<resumed" in said
    assert b"<message" not in said


def archived(number: int) -> FanOut:
    """A message that a room has archived, as it is reflected."""
    inner = b"<body>%d</body>" % number
    template = FanOut(Stanza("message", {"type": "groupchat", "id": str(number)}, inner), "room@c.localhost/Kim")
    template.archived = True
    return template


def ids(said: bytes) -> list[bytes]:
    return re.findall(rb" id='(\d{1,3})'", said)


def crashed(world: World, id_: str, missed: Sequence[FanOut] = ()) -> tuple[World, Any]:
    """The next process, with the session as it was saved."""
    after = World()
    return after, from_plain(after.realm, StreamFraming(after.pool), None, "tcp", world.saved[id_], missed)


def test_a_session_can_be_resumed_from_the_moment_on_that_its_client_knows_how() -> None:
    world = World()
    world.disk_is_slow = True
    client = world.bound()
    assert client.send(f"<enable {SM} resume='true'/>") == b""
    client.session.deliver_raw(archived(1))
    assert client.take() == b""
    world.write_records()
    said = client.take()
    assert said.startswith(b"<enabled") and ids(said) == [b"1"]


def test_nothing_is_sent_that_no_record_knows_but_what_an_archive_knows() -> None:
    world = World()
    client, id_ = managed(world)
    world.disk_is_slow = True
    client.session.deliver_raw(archived(1))
    assert ids(client.take()) == [b"1"]
    client.session.deliver(message(2))
    client.session.deliver_raw(archived(3))
    assert client.take() == b"", "what follows in order waits, too"
    world.write_records()
    assert ids(client.take()) == [b"2", b"3"]
    assert ids("".join(world.saved[id_]["resume"]["queue"]).encode()) == [b"1", b"2", b"3"]
    client.session.deliver_raw(archived(4))
    assert ids(client.take()) == [b"4"]


def test_what_comes_while_a_record_is_written_waits_for_the_next() -> None:
    world = World()
    client, _ = managed(world)
    world.disk_is_slow = True
    client.session.deliver(message(1))
    (id_, make, then), world.unsaved = world.unsaved[0], []
    world.saved[id_] = make()
    client.session.deliver(message(2))
    then()
    assert ids(client.take()) == [b"1"]
    world.write_records()
    assert ids(client.take()) == [b"2"]


def test_a_stanza_inside_another_keeps_its_namespace_when_the_outer_one_is_sent_again() -> None:
    world = World()
    client, id_ = managed(world)
    inner = b"<result xmlns='urn:xmpp:mam:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/>"
    inner += b"</forwarded></result>"
    client.session.deliver(Stanza("message", {"to": "ann@localhost/one"}, inner))
    assert inner in client.take()
    client.session.disconnected()
    assert inner in resume(world, id_)[1]


def test_a_client_cannot_acknowledge_what_is_held() -> None:
    world = World()
    client, _ = managed(world)
    world.disk_is_slow = True
    client.session.deliver(message(1))
    assert b"send-count='0'" in client.send(f"<a {SM} h='1'/>")


def test_what_is_held_goes_all_the_same_while_records_cannot_be_saved() -> None:
    world = World()
    client, _ = managed(world)
    refusals: list[Any] = []
    world.refuse = refusals.append
    client.session.deliver(message(1))
    refusals[0]()
    assert ids(client.take()) == [b"1"]


def test_what_is_held_goes_to_the_connection_that_resumed_meanwhile_once() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    world.disk_is_slow = True
    client.session.deliver(message(2))
    client.session.disconnected()
    back, said = resume(world, id_)
    assert ids(said) == [b"1"]
    world.write_records()
    assert ids(back.take()) == [b"2"]


@pytest.mark.parametrize("got", [0, 1, 2, 3])
def test_a_client_ahead_of_its_record_resumes_with_what_the_archive_proves(got: int) -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    world.hands.advance(1)
    for number in (2, 3):
        client.session.deliver_raw(archived(number))
    assert ids(client.take()) == [b"1", b"2", b"3"]
    after, session = crashed(world, id_, [archived(number) for number in (2, 3, 4)])
    session.deliver(message(5))
    _, said = resume(after, id_, got)
    assert ids(said) == [b"1", b"2", b"3", b"4", b"5"][got:]


def test_a_client_ahead_of_all_that_is_known_is_told_what_was_handled_and_begins_anew() -> None:
    world = World()
    client, id_ = managed(world)
    client.send(f"<presence/><r {SM}/>")
    world.hands.advance(1)
    after, session = crashed(world, id_, [archived(1)])
    session.deliver(message(2))
    _, said = resume(after, id_, 2)
    assert b"<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found" in said


def test_a_record_counts_no_stanza_whose_effects_are_not_on_disk() -> None:
    """Or its client would not send it again after a crash."""
    world = World()
    client, id_ = managed(world)
    world.full = True
    client.send("<presence/>")
    world.hands.advance(1)
    assert world.saved[id_]["resume"]["inbound"] == 0
    world.full = False
    world.barriers[0].callback(None)
    world.hands.advance(1)
    assert world.saved[id_]["resume"]["inbound"] == 1


def test_requests_for_acknowledgements_that_wait_are_answered_each_and_hold_one_place() -> None:
    world = World()
    client, _ = managed(world)
    world.full = True
    client.send(f"<presence/><r {SM}/><presence/><r {SM}/><r {SM}/>")
    assert len(world.barriers) == 1
    world.full = False
    world.barriers[0].callback(None)
    one, two = b"<a xmlns='urn:xmpp:sm:3' h='1'/>", b"<a xmlns='urn:xmpp:sm:3' h='2'/>"
    assert client.connection.written == [one, two, two], "each in a frame of its own"


def test_an_acknowledgement_waits_for_a_record_that_was_made_after_its_commit() -> None:
    world = World()
    client, id_ = managed(world)
    world.full = True
    client.send(f"<presence/><r {SM}/>")
    assert world.saved[id_]["resume"]["inbound"] == 0
    world.full = False
    world.disk_is_slow = True
    world.barriers[0].callback(None)
    assert client.take() == b""
    world.write_records()
    assert client.take() == b"<a xmlns='urn:xmpp:sm:3' h='1'/>"
    assert world.saved[id_]["resume"]["inbound"] == 1


def test_where_too_many_wait_an_acknowledgement_is_not_given_until_it_is_asked_for_again() -> None:
    world = World()
    client, _ = managed(world)
    world.too_many = True
    assert client.send(f"<presence/><r {SM}/>") == b""
    client.session.deliver(message(1))
    assert ids(client.take()) == [b"1"]
    world.too_many = False
    assert client.send(f"<r {SM}/>") == b"<a xmlns='urn:xmpp:sm:3' h='1'/>"


def test_what_comes_for_a_hibernating_session_is_saved_at_once() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.disconnected()
    client.session.deliver(message(1))
    assert len(world.saved[id_]["resume"]["queue"]) == 1


def test_a_record_of_another_version_is_refused() -> None:
    world = World()
    with pytest.raises(ValueError, match="version 99"):
        from_plain(world.realm, StreamFraming(world.pool), None, "tcp", {"version": 99})


def test_a_session_resumed_over_websocket_gets_declared_stanzas() -> None:
    world = World()
    client, id_ = managed(world)
    client.session.deliver(message(1))
    client.session.disconnected()
    back = world.client(transport="websocket")
    opening = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
    back.send(opening)
    back.scram("ann", "secret")
    back.send(opening)
    said = back.send(f"<resume {SM} previd='{id_}' h='0'/>")
    assert b"<message xmlns='jabber:client' to='ann@localhost/one'" in said
    assert isinstance(client.session.framing, WebSocketFraming)


def test_a_stopping_server_keeps_what_can_be_resumed() -> None:
    world = World()
    client, id_ = managed(world)
    other = world.bound("two")
    client.session.suspend()
    other.session.suspend()
    assert b"<system-shutdown" in client.take()
    assert world.saved[id_] is not None
    assert world.names().count("session-closed") == 1


def test_the_bucket_asks_for_a_pause_and_refills() -> None:
    now = [0.0]
    bucket = TokenBucket(100, 1000, lambda: now[0])
    assert bucket.take(1000) == 0.0
    assert bucket.take(100) == pytest.approx(6.12)
    now[0] = 6.12
    assert bucket.take(512) == 0.0
    assert TokenBucket(0, 0, lambda: 0.0).take(10**9) == 0.0
