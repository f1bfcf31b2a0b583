"""External components (XEP-0114): who may come, what they may say, what happens when they go."""

import hashlib
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from ccm.errors import ConfigError
from ccm.testing import fakes
from ccm.transports.component import ComponentListener, ComponentListenerOptions
from ccm.transports.component_secrets import checked
from ccm.transports.outgoing import Turn
from ccm.wire.stanza import Stanza

SECRETS = {"topics.localhost": "correct horse battery"}
HEADER = "<stream:stream to='{}' xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"


class World:
    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.services = fakes.make_services()
        self.router = fakes.make_router(self.services)
        self.ann = fakes.RecordingSession("ann@localhost/one")
        self.router.bind(self.ann)
        turn = Turn(lambda function: self.clock.callLater(0, function))
        self.listener = ComponentListener(
            self.router, SECRETS, ComponentListenerOptions(**options), self.clock, turn, lambda size: b"\x07" * size
        )

    def connect(self, domain: str = "topics.localhost") -> "Stream":
        return Stream(self, domain)

    def ask(self, number: int | str = 1, sender: str = "ann@localhost/one") -> None:
        attrs = {"type": "get", "id": str(number), "to": "topics.localhost", "from": sender}
        self.router.route(Stanza("iq", attrs, b"<q xmlns='u'/>", (("u", "q"),)), self.ann)


class Wire(StringTransport):
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


class Stream:
    def __init__(self, world: World, domain: str) -> None:
        self.world = world
        self.transport = Wire()
        self.protocol = world.listener.buildProtocol(None)
        self.protocol.makeConnection(self.transport)
        self.opened = self.send(HEADER.format(domain))

    def send(self, data: str) -> str:
        self.protocol.dataReceived(data.encode())
        return self.take()

    def take(self) -> str:
        self.world.clock.advance(0)
        out = self.transport.value().decode()
        self.transport.clear()
        return out

    def handshake(self, secret: str = SECRETS["topics.localhost"]) -> str:
        id_ = self.opened.partition("id='")[2].partition("'")[0]
        return self.send(f"<handshake>{hashlib.sha1((id_ + secret).encode()).hexdigest()}</handshake>")


def ready(world: World) -> Stream:
    stream = world.connect()
    assert stream.handshake() == "<handshake/>"
    return stream


def test_a_component_with_the_secret_serves_its_domain() -> None:
    world = World()
    stream = ready(world)
    assert world.router.domains() == ("topics.localhost",)
    world.ask()
    assert stream.take() == ("<iq type='get' id='1' to='topics.localhost' from='ann@localhost/one'><q xmlns='u'/></iq>")
    stream.send("<iq type='result' id='1' from='topics.localhost' to='ann@localhost/one'/>")
    assert [stanza.type for stanza in world.ann.received] == ["result"]
    world.clock.advance(60)
    assert len(world.ann.received) == 1


def test_a_wrong_secret_serves_nothing() -> None:
    for secret in ("", "guess", SECRETS["topics.localhost"].upper()):
        world = World()
        stream = world.connect()
        assert "<not-authorized " in stream.handshake(secret)
        assert stream.transport.disconnecting
        assert world.router.domains() == ()


def test_a_stanza_before_the_handshake_ends_the_stream() -> None:
    world = World()
    stream = world.connect()
    assert "<not-authorized " in stream.send("<message from='topics.localhost' to='ann@localhost/one'/>")
    assert world.ann.received == []


def test_an_unknown_domain_is_told_so() -> None:
    assert "<host-unknown " in World().connect("localhost").opened


def test_a_short_secret_stops_the_start() -> None:
    world = World()
    with pytest.raises(ConfigError, match=r"topics\.localhost"):
        ComponentListener(
            world.router, {"topics.localhost": "short"}, ComponentListenerOptions(), world.clock, Turn(print), print
        )


@pytest.mark.parametrize("sender", ["localhost", "ann@localhost/one", "x.topics.localhost", ""])
def test_a_component_speaks_only_as_itself(sender: str) -> None:
    world = World()
    stream = ready(world)
    said = stream.send(f"<message from='{sender}' to='ann@localhost/one'/>")
    assert "<invalid-from " in said
    assert world.ann.received == []
    stream.protocol.connectionLost()
    assert world.router.domains() == ()


def test_the_namespace_may_be_written_out_on_every_stanza() -> None:
    world = World()
    stream = ready(world)
    for namespace in ("jabber:component:accept", "jabber:client"):
        head = f"<message xmlns='{namespace}' from='me@topics.localhost' to='ann@localhost/one'>"
        stream.send(head + "<body>x</body></message>")
        stream.send(head.replace(f" xmlns='{namespace}'", "") + f'<body xmlns="{namespace}">x</body></message>')
    assert [stanza.child_text("body") for stanza in world.ann.received] == ["x"] * 4
    assert all(b"component" not in stanza.inner for stanza in world.ann.received)


def test_a_domain_served_in_this_process_cannot_be_taken() -> None:
    world = World()
    world.router.add_domain("topics.localhost", fakes.RecordingSession("topics.localhost"))
    stream = world.connect()
    assert "<conflict " in stream.handshake()


def test_what_a_dying_component_was_asked_is_answered() -> None:
    world = World()
    stream = ready(world)
    world.ask(1)
    world.ask(2)
    stream.send("<iq type='result' id='1' from='topics.localhost' to='ann@localhost/one'/>")
    stream.protocol.connectionLost()
    assert [(stanza.id, stanza.type) for stanza in world.ann.received] == [("1", "result"), ("2", "error")]
    assert b"remote-server-timeout" in world.ann.received[1].inner
    assert world.router.domains() == ()


def test_what_a_silent_component_was_asked_is_answered_in_time() -> None:
    world = World()
    ready(world)
    world.ask(1)
    world.clock.pump([1] * 20)
    world.ask(2)
    world.clock.pump([1] * 10)
    assert [stanza.id for stanza in world.ann.received] == ["1"]
    world.clock.pump([1] * 20)
    assert [stanza.id for stanza in world.ann.received] == ["1", "2"]


def test_two_connections_share_a_domain_and_each_sender_stays_with_one() -> None:
    world = World()
    one, two = ready(world), ready(world)
    seen: dict[str, set[int]] = {}
    for number in range(60):
        sender = f"u{number % 20}@localhost/{number}"
        world.ask(number, sender)
        for place, stream in enumerate((one, two)):
            if stream.take():
                seen.setdefault(sender.partition("/")[0], set()).add(place)
    assert all(len(places) == 1 for places in seen.values())
    assert [sum(place in places for places in seen.values()) for place in (0, 1)] == [10, 10]
    assert world.router.domains() == ("topics.localhost",)


def test_what_a_dying_connection_was_asked_goes_to_another_one() -> None:
    world = World()
    one, two = ready(world), ready(world)
    world.ask(1)
    assert "id='1'" in one.take()
    one.protocol.connectionLost()
    assert "id='1'" in two.take()
    two.send("<iq type='result' id='1' from='topics.localhost' to='ann@localhost/one'/>")
    assert [(stanza.id, stanza.type) for stanza in world.ann.received] == [("1", "result")]
    assert world.router.domains() == ("topics.localhost",)


def test_an_answer_comes_back_to_the_connection_that_asked() -> None:
    world = World()
    one, two = ready(world), ready(world)
    asks = "<iq type='get' id='H_1' from='topics.localhost' to='ann@localhost/one'><q xmlns='u'/></iq>"
    one.send(asks)
    two.send(asks)
    ids = [stanza.id for stanza in world.ann.received]
    assert len(set(ids)) == 2
    for id_, mine, other in ((ids[1], two, one), (ids[0], one, two)):
        attrs = {"type": "result", "id": id_ or "", "to": "topics.localhost", "from": "ann@localhost/one"}
        world.router.route(Stanza("iq", attrs), world.ann)
        assert "id='H_1'" in mine.take()
        assert other.take() == ""
    one.protocol.connectionLost()
    world.router.route(Stanza("iq", {**attrs, "id": ids[0] or ""}), world.ann)
    assert two.take() == ""


def test_what_waits_comes_after_the_handshake_of_one_who_joins() -> None:
    world = World()
    ready(world)
    for number in range(40):  # more than a window
        world.ask(number)
    two = world.connect()
    said = two.handshake()
    world.ask("k", "kim@localhost/one")
    assert (said + two.take()).startswith("<handshake/><iq ")


def test_what_names_nobody_is_for_the_server_such_as_a_ping() -> None:
    world = World()
    stream = ready(world)
    said = stream.send("<iq type='get' id='p1' from='topics.localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert "id='p1'" in said
    assert "from='localhost'" in said
    assert not stream.transport.disconnecting


def test_a_late_answer_reaches_nobody() -> None:
    world = World()
    stream = ready(world)
    world.ask(1)
    world.clock.pump([1] * 31)
    stream.send("<iq type='result' id='1' from='topics.localhost' to='ann@localhost/one'/>")
    assert [stanza.type for stanza in world.ann.received] == ["error"]


def test_a_domain_has_no_more_connections_than_it_may() -> None:
    world = World(connections_per_domain=1)
    ready(world)
    assert "<conflict " in world.connect().handshake()


def test_a_component_that_floods_is_read_more_slowly() -> None:
    world = World(bytes_per_second=1000, burst_bytes=2000)
    stream = ready(world)
    said = "<message from='topics.localhost' to='ann@localhost/one'/>"
    stream.send(said * 100)
    assert len(world.ann.received) == 100
    assert stream.transport.producerState == "paused"
    world.clock.advance(5)
    assert stream.transport.producerState == "producing"


@pytest.mark.parametrize(
    "secret", ["changeme-changeme", "0123456789abcdef", "topics.localhost!", "aaaaaaaaaaaaaaaaaaaa"]
)
def test_a_secret_that_others_guess_stops_the_start(secret: str) -> None:
    with pytest.raises(ConfigError, match=r"topics\.localhost is one that others guess.*token_urlsafe"):
        checked({"topics.localhost": secret}, 16)


def test_a_secret_used_twice_stops_the_start() -> None:
    one = "mGJ0qkq7mE3nUoV1x8wTzA"
    with pytest.raises(ConfigError, match="same secret"):
        checked({"topics.localhost": one, "bot.localhost": one}, 16)
    assert checked({"topics.localhost": one, "bot.localhost": one[::-1]}, 16)
    assert checked({"a.localhost": "secret", "b.localhost": "secret"}, 1, weak=True)


def test_before_the_handshake_little_is_kept_of_what_comes() -> None:
    stream = World().connect()
    assert "<policy-violation" in stream.send("<handshake>" + "x" * 20_000)
    stream = ready(World())
    assert stream.send("<message from='topics.localhost' to='ann@localhost/one'><body>" + "x" * 20_000) == ""


def test_a_component_that_does_not_read_is_cut_at_once() -> None:
    world = World(outgoing_bytes=1_000)
    stream = ready(world)
    for number in range(100):
        attrs = {"id": str(number), "to": "topics.localhost", "from": world.ann.jid}
        world.router.route(Stanza("message", attrs, b"<body>" + b"x" * 100 + b"</body>"), world.ann)
    stream.take()
    assert stream.transport.aborted, "to close in good order would wait until it reads"


def test_a_component_that_does_not_take_the_end_of_its_stream_is_cut() -> None:
    world = World()
    stream = ready(world)
    assert stream.send("</stream:stream>") == "</stream:stream>"
    assert stream.transport.disconnecting and not stream.transport.aborted
    world.clock.advance(5)
    assert stream.transport.aborted


def test_who_does_not_shake_hands_is_cut() -> None:
    world = World()
    stream = world.connect()
    world.clock.advance(10)
    assert "<connection-timeout " in stream.take()
    assert stream.transport.disconnecting


def test_an_entity_bomb_from_a_component_is_refused() -> None:
    world = World()
    stream = ready(world)
    assert "<restricted-xml " in stream.send("<!DOCTYPE x [<!ENTITY a 'b'>]>")
