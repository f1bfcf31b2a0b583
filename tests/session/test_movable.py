"""A session that began over BOSH goes on over WebSocket: both sides count, nothing is lost or doubled (XEP-0198 §5)."""

import re
from typing import Any

import pytest
from session_harness import SM, Client, Connection, World

from ccm.session.machine import Session
from ccm.session.options import SessionOptions
from ccm.testing.fakes import RecordingSession
from ccm.wire.events import StreamOpened
from ccm.wire.fanout import FanOut
from ccm.wire.framing import BoshFraming
from ccm.wire.stanza import Stanza

OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
IDS = re.compile(rb"<message [^>]*?\bid='(\w+)'")
JID, PEER = "ann@localhost/one", "bob@localhost/two"


class Bosh(Connection):
    """A BOSH session under a stream, as far as the stream sees it."""

    ended_silently = False

    def moved(self) -> None:
        self.ended_silently = self.closed = True


class OverBosh(Client):
    """A client whose stream events BOSH makes."""

    def __init__(self, world: World) -> None:
        self.connection = Bosh()
        self.framing = BoshFraming(world.pool)  # type: ignore[assignment]
        self.session = Session(world.realm, self.connection, self.framing, "bosh")  # type: ignore[arg-type]

    def open(self) -> bytes:
        self.session.received([StreamOpened("localhost", None, "1.0", None)])
        return self.take()


def over_bosh(world: World) -> OverBosh:
    client = OverBosh(world)
    client.sign_in()
    client.bind("one")
    return client


def movable(world: World) -> tuple[OverBosh, str]:
    """:returns: a client whose session can be taken over, and the id for that."""
    client = over_bosh(world)
    said = client.send(f"<enable {SM} resume='true'/>")
    found = re.fullmatch(rb"<enabled xmlns='urn:xmpp:sm:3' id='(\w+)' resume='true' max='15'/>", said)
    assert found is not None, said
    return client, found[1].decode()


def take_over(world: World, id_: str, h: int = 0, name: str = "ann") -> tuple[Client, bytes]:
    """:returns: a client over WebSocket that asks for the session, and what it hears."""
    back = world.client(transport="websocket")
    back.send(OPEN)
    back.scram(name, "secret")
    back.send(OPEN)
    return back, back.send(f"<resume {SM} previd='{id_}' h='{h}'/>")


def message(id_: str) -> Stanza:
    return Stanza("message", {"to": JID, "from": PEER, "id": id_})


def say(client: Client, id_: str) -> bytes:
    return client.send(f"<message xmlns='jabber:client' to='{PEER}' id='{id_}'/>")


def heard_by_peer(world: World) -> Any:
    peer = RecordingSession(PEER)
    world.router.bind(peer)
    return lambda: [stanza.id for stanza in peer.received]


def test_bosh_does_not_offer_stream_management_and_serves_it() -> None:
    world = World()
    client = OverBosh(world)
    client.open()
    client.scram("ann", "secret")
    assert b"<sm " not in client.open()
    client.bind("one")
    assert b"<enabled " in client.send(f"<enable {SM} resume='true'/>")
    assert b"<unexpected-request" in client.send(f"<enable {SM} resume='true'/>")


def test_what_bosh_delivers_is_counted_in_both_directions() -> None:
    world = World()
    heard_by_peer(world)
    client, _ = movable(world)
    client.session.deliver(message("a"))
    template = FanOut(message("b"), PEER)
    template.archived = "1"
    client.session.deliver_raw(template)
    assert client.take().count(b"<message ") == 2
    say(client, "c")
    assert client.send(f"<r {SM}/>") == b"<a xmlns='urn:xmpp:sm:3' h='1'/>"
    client.send(f"<a {SM} h='1'/>")
    assert len(client.session.resumption.acks.queue) == 1


def test_an_acknowledgement_over_bosh_waits_for_the_disk() -> None:
    world = World()
    client, _ = movable(world)
    say(client, "a")
    world.full = True
    assert client.send(f"<r {SM}/>") == b""
    world.barriers.pop().callback(None)
    assert client.take() == b"<a xmlns='urn:xmpp:sm:3' h='1'/>"


def test_another_transport_goes_on_with_the_session_and_bosh_ends_without_a_word() -> None:
    world = World()
    heard = heard_by_peer(world)
    client, id_ = movable(world)
    client.session.deliver(message("a"))
    client.session.deliver(message("b"))
    say(client, "c")
    client.take()
    back, said = take_over(world, id_, h=1)
    assert said.startswith(f"<resumed xmlns='urn:xmpp:sm:3' previd='{id_}' h='1'/>".encode())
    assert IDS.findall(said) == [b"b"]
    assert client.connection.ended_silently and client.take() == b""
    client.session.deliver(message("d"))
    assert IDS.findall(back.take()) == [b"d"]
    say(back, "e")
    assert heard() == ["c", "e"]
    assert client.session.transport == "websocket"
    assert world.router.session(JID) is client.session
    assert world.names() == ["session-bound", "session-resumed"]


def test_what_is_said_over_bosh_after_it_was_left_is_not_heard() -> None:
    world = World()
    heard = heard_by_peer(world)
    client, id_ = movable(world)
    say(client, "a")
    _, said = take_over(world, id_)
    assert b"h='1'" in said
    client.session.disconnected()  # nor does its end end anything
    assert client.session.state_name == "bound"
    assert heard() == ["a"]


def test_what_comes_while_the_disk_is_waited_for_is_sent_once_and_after_the_answer() -> None:
    world = World()
    client, id_ = movable(world)
    client.session.deliver(message("a"))
    world.full = True
    back, said = take_over(world, id_)
    client.session.deliver(message("b"))
    assert (said, back.take()) == (b"", b"")
    world.barriers.pop().callback(None)
    told = back.take()
    assert told.startswith(b"<resumed ") and IDS.findall(told) == [b"a", b"b"]


def test_an_id_that_nobody_has_and_one_of_somebody_else_move_nothing() -> None:
    from session_harness import VERIFIERS

    from ccm.testing import fakes

    world = World()
    client, id_ = movable(world)
    fakes.result_of(world.services.accounts.create("kim@localhost", "Kim", None, VERIFIERS))
    for previd, name in (("unknown", "ann"), (id_, "kim")):
        _, said = take_over(world, previd, name=name)
        assert b"<item-not-found" in said
    client.session.deliver(message("a"))
    assert IDS.findall(client.take()) == [b"a"]
    assert client.session.transport == "bosh"


def test_who_claims_to_have_got_more_than_was_sent_fails_and_bosh_goes_on() -> None:
    world = World()
    client, id_ = movable(world)
    client.session.deliver(message("a"))
    client.take()
    _, said = take_over(world, id_, h=2)
    assert b"<handled-count-too-high xmlns='urn:xmpp:sm:3' h='2' send-count='1'/>" in said
    client.session.deliver(message("b"))
    assert IDS.findall(client.take()) == [b"b"]


def test_nothing_is_resumed_over_bosh() -> None:
    world = World()
    _, id_ = movable(world)
    other = OverBosh(world)
    other.sign_in()
    assert b"<unexpected-request" in other.send(f"<resume {SM} previd='{id_}' h='0'/>")


@pytest.mark.parametrize("how", ["late", "behind"])
def test_who_does_not_come_stays_on_bosh(how: str) -> None:
    world = World(SessionOptions(resume_stanzas=3))
    client, id_ = movable(world)
    if how == "late":
        world.hands.advance(31)
    else:
        for number in range(4):
            client.session.deliver(message(f"m{number}"))
    _, said = take_over(world, id_)
    assert b"<item-not-found" in said
    client.take()
    client.session.deliver(message("a"))
    assert IDS.findall(client.take()) == [b"a"]
    assert client.session.resumption is None


def test_a_bosh_session_that_is_lost_ends_as_ever_with_what_bosh_knows() -> None:
    world = World()
    client, id_ = movable(world)
    client.session.deliver(message("had"))
    client.session.deliver(message("lost"))
    client.session.disconnected([message("lost").to_bytes()])
    assert client.session.state_name == "closed"
    assert [stanza.id for stanza in world.lost()] == ["lost"]
    assert b"<item-not-found" in take_over(world, id_)[1]


@pytest.mark.parametrize(("began", "seconds"), [("bosh", 15), ("tcp", 600)])
def test_a_page_that_is_gone_is_waited_for_a_short_time(began: str, seconds: int) -> None:
    world = World()
    if began == "bosh":
        client, id_ = movable(world)
        back, _ = take_over(world, id_)
        ending = back.session
    else:
        client = world.bound("one")  # type: ignore[assignment]
        client.send(f"<enable {SM} resume='true'/>")
        ending = client.session
    ending.disconnected()
    assert client.session.state_name == "detached"
    world.hands.advance(seconds - 1)
    assert client.session.state_name == "detached"
    world.hands.advance(2)
    assert client.session.state_name == "closed"


def test_a_page_that_is_loaded_anew_goes_on_with_its_session() -> None:
    world = World()
    client, id_ = movable(world)
    first, _ = take_over(world, id_)
    first.session.disconnected()
    client.session.deliver(message("a"))
    world.hands.advance(3)
    _, said = take_over(world, id_)
    assert IDS.findall(said) == [b"a"]
    world.hands.advance(600)
    assert client.session.state_name == "bound"


def test_a_session_that_changed_over_is_a_pages_after_a_restart_too() -> None:
    from ccm.session.record import from_plain, to_plain
    from ccm.wire.framing import WebSocketFraming

    world = World()
    client, id_ = movable(world)
    assert "resume" not in to_plain(client.session)  # while it is BOSH's
    take_over(world, id_)
    plain = world.saved[id_]
    assert plain["transport"] == "websocket"
    client.session.connection_lost()
    world.hands.advance(20)
    again = from_plain(world.realm, WebSocketFraming(world.pool), None, "websocket", plain)
    world.hands.advance(16)
    assert again.state_name == "closed"
