"""What waits for another server, when it is tried again, and what goes back to whom."""

from typing import Any

import pytest
from stage import Stage
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError

from ccm.errors import StanzaError
from ccm.federation.acknowledged import Unacknowledged
from ccm.federation.elsewhere import Elsewhere
from ccm.federation.link import Link
from ccm.federation.queue import Budget
from ccm.federation.srv import Locator, Record, Target, Unreachable
from ccm.testing import fakes
from ccm.wire.stanza import Stanza


class Stream:
    """What a link needs of one."""

    def __init__(self) -> None:
        self.closing = False
        self.sent: list[str | None] = []
        self.lost: Any = None
        self.open: list[Stanza] = []

    def send(self, stanza: Stanza) -> None:
        self.sent.append(stanza.id)
        self.open.append(stanza)

    def left(self) -> list[Stanza]:
        left, self.open = self.open, []
        return left

    def finish(self) -> None:
        self.closing = True


class Tries:
    """One link, whose attempts a test decides."""

    def __init__(self, **options: Any) -> None:
        stage = Stage(**options)
        self.clock = stage.clock
        self.attempts: list[Deferred[Any]] = []
        self.refused: list[tuple[str | None, str]] = []
        self.lost: list[str] = []
        self.link = Link(
            "one.example",
            "two.example",
            stage.options,
            stage.terms.budget,
            stage.clock,
            self._open,
            self._refuse,
            self.lost.append,
            lambda: 0.5,
        )

    def _open(self, _own: str, _other: str) -> "Deferred[Any]":
        self.attempts.append(Deferred())
        return self.attempts[-1]

    def _refuse(self, stanza: Stanza, error: StanzaError) -> None:
        self.refused.append((stanza.id, error.condition))

    def send(self, id_: str, inner: bytes = b"") -> None:
        self.link.send(Stanza("message", {"id": id_, "from": "a@one.example", "to": "b@two.example"}, inner))

    def up(self) -> Stream:
        stream = Stream()
        self.attempts[-1].callback(stream)
        return stream

    def fail(self, *, lasting: bool = False) -> None:
        self.attempts[-1].errback(Unreachable("It is down.", lasting=lasting))


def test_what_waited_goes_first_and_in_its_order() -> None:
    tries = Tries()
    tries.send("1")
    tries.send("2")
    stream = tries.up()
    tries.send("3")
    assert stream.sent == ["1", "2", "3"]
    assert len(tries.attempts) == 1
    assert tries.link.state == "up"


def test_what_waits_is_bounded_in_number() -> None:
    tries = Tries(queue_stanzas=2)
    for number in range(3):
        tries.send(str(number))
    assert tries.refused == [("2", "resource-constraint")]


def test_what_waits_is_bounded_in_bytes() -> None:
    tries = Tries(queue_bytes=1000)
    tries.send("1", b"x" * 600)
    tries.send("2", b"x" * 600)
    assert tries.refused == [("2", "resource-constraint")]


def test_what_an_address_and_an_id_take_counts_as_well() -> None:
    tries = Tries(queue_bytes=1000)
    tries.send("1" * 700)
    tries.send("2" * 700)
    assert tries.refused == [("2" * 700, "resource-constraint")]


def test_what_waits_for_all_is_bounded_in_bytes() -> None:
    world = World(queue_bytes_all=2000, queue_seconds=10)
    content = b"<body>" + b"x" * 600 + b"</body>"
    for number in range(3):
        attrs = {"from": world.ann.jid, "to": f"b@{number}.example", "id": str(number)}
        world.router.route(Stanza("message", attrs, content, (("jabber:client", "body"),)), world.ann)
    assert [(one.id, one.element.error.firstChildElement().name) for one in world.ann.received] == [
        ("2", "resource-constraint")
    ]
    world.stage.clock.pump([1.0] * 11)
    assert world.stage.terms.budget.left == 2000


def test_what_is_not_acknowledged_is_bounded_too() -> None:
    budget = Budget(1000)
    kept = Unacknowledged(3, 10_000, budget)
    for number in range(5):
        kept.sent(Stanza("message", {"id": str(number)}))
    kept.handled(3)
    assert [stanza.id for stanza in kept.left()] == ["3", "4"]
    kept.sent(Stanza("message", {"id": "5"}, b"x" * 2000))
    assert not kept
    assert budget.left == 1000
    kept.sent(Stanza("message", {"id": "6"}))
    kept.handled(7)
    assert not kept


def test_what_waits_is_bounded_in_seconds() -> None:
    tries = Tries(queue_seconds=10)
    tries.send("1")
    tries.clock.advance(5)
    tries.send("2")
    tries.clock.advance(5)
    assert tries.refused == [("1", "remote-server-timeout")]
    tries.clock.advance(5)
    assert tries.refused[1:] == [("2", "remote-server-timeout")]


def test_a_server_that_is_down_is_tried_again_less_and_less_often() -> None:
    tries = Tries(retry_seconds=2.0, retry_seconds_most=8.0, queue_seconds=1000)
    tries.send("1")
    for wait in (2, 4, 8, 8):
        tries.fail()
        count = len(tries.attempts)
        tries.clock.advance(wait - 0.1)
        assert len(tries.attempts) == count
        tries.clock.advance(0.1)
        assert len(tries.attempts) == count + 1
    assert tries.up().sent == ["1"]
    assert not tries.refused


def test_nobody_is_tried_for_whom_nothing_waits() -> None:
    tries = Tries(queue_seconds=1, retry_seconds=2.0)
    tries.send("1")
    tries.fail()
    tries.clock.advance(60)
    assert len(tries.attempts) == 1
    assert tries.link.state == "idle"
    tries.send("2")
    assert len(tries.attempts) == 2


def test_what_there_is_no_use_in_waiting_for_goes_back_at_once() -> None:
    tries = Tries()
    tries.send("1")
    tries.fail(lasting=True)
    tries.send("2")
    assert tries.refused == [("1", "remote-server-not-found"), ("2", "remote-server-not-found")]
    tries.clock.advance(2)
    tries.send("3")
    assert len(tries.attempts) == 2


def test_what_would_wait_too_long_goes_back_at_once() -> None:
    tries = Tries(queue_seconds=3, retry_seconds=10.0)
    tries.send("1")
    tries.fail()
    tries.send("2")
    assert tries.refused == [("1", "remote-server-timeout"), ("2", "remote-server-timeout")]


def test_a_stream_that_ended_is_opened_again_for_what_comes_next() -> None:
    tries = Tries()
    tries.send("1")
    stream = tries.up()
    stream.closing = True
    stream.open.clear()  # it was acknowledged
    tries.send("2")
    assert len(tries.attempts) == 2
    stream.lost(True)
    assert not tries.lost
    assert tries.up().sent == ["2"]


def test_what_was_never_acknowledged_goes_again_once() -> None:
    tries = Tries()
    tries.send("1")
    tries.send("2")
    first = tries.up()
    del first.open[0]
    first.lost(False)
    second = tries.up()
    assert second.sent == ["2"]
    tries.send("3")
    second.lost(False)
    assert tries.refused == [("2", "remote-server-timeout")]
    assert tries.up().sent == ["3"]


def test_a_stream_that_broke_is_told() -> None:
    tries = Tries()
    tries.send("1")
    tries.up().lost(False)
    assert tries.lost == ["two.example"]


def test_a_stop_gives_back_what_waits() -> None:
    tries = Tries()
    tries.send("1")
    tries.link.stop()
    assert tries.refused == [("1", "remote-server-timeout")]
    assert not tries.clock.getDelayedCalls()


# ---- the sink of all other domains


class World:
    """A router whose stanzas for elsewhere are dialled for in vain, unless a test says otherwise."""

    def __init__(self, **options: Any) -> None:
        self.stage = Stage(**options)
        self.router = self.stage.router
        self.dialled: list[Target] = []
        self.elsewhere = Elsewhere(
            self.router, lambda _: self.stage.terms, Locator({}, self._look, lambda: 0.0), self._dial, lambda: 0.5
        )
        self.router.set_elsewhere(self.elsewhere)
        self.ann = fakes.RecordingSession("ann@one.example/x")
        self.router.bind(self.ann)

    async def _look(self, name: str) -> list[Record]:
        if "nowhere" in name:
            return [Record(0, 0, 0, ".")]
        return [Record(0, 0, 1234, "xmpp.example")] if name.startswith("_xmpp-") else []

    def _dial(self, target: Target, _stream: Any) -> "Deferred[Any]":
        self.dialled.append(target)
        refused: Deferred[Any] = Deferred()
        refused.errback(ConnectionRefusedError())
        return refused

    def send(self, kind: str, to: str, type_: str | None = None) -> list[str]:
        """What the sender hears within a minute: conditions."""
        self.ann.received.clear()
        attrs = {"from": self.ann.jid, "to": to, "id": "1"} | ({"type": type_} if type_ else {})
        inner = (b"<x xmlns='u'/>", (("u", "x"),)) if kind == "iq" else (b"", ())
        self.router.route(Stanza(kind, attrs, *inner), self.ann)
        self.stage.clock.pump([1.0] * 61)
        return [one.element.error.firstChildElement().name for one in self.ann.received]


@pytest.mark.parametrize(
    ("kind", "type_", "told"),
    [
        ("message", "chat", True),
        ("message", None, True),
        ("message", "error", False),
        ("iq", "get", True),
        ("iq", "set", True),
        ("iq", "result", False),
        ("iq", "error", False),
        ("presence", None, True),
        ("presence", "subscribe", True),
        ("presence", "subscribed", False),
        ("presence", "unavailable", False),
        ("presence", "probe", False),
        ("presence", "error", False),
    ],
)
def test_of_the_fate_of_what_is_told_who_waits_for_an_answer(kind: str, type_: str | None, told: bool) -> None:
    world = World()
    assert world.send(kind, "bob@two.example/y", type_) == (["remote-server-timeout"] if told else [])
    assert Target("xmpp.example", 1234) in world.dialled


def test_a_domain_that_says_it_has_no_server_is_not_found() -> None:
    world = World()
    assert world.send("message", "bob@nowhere.example") == ["remote-server-not-found"]
    assert not world.dialled


@pytest.mark.parametrize("to", ["x@away.one.example", "away.one.example"])
def test_a_component_of_ours_that_is_away_is_not_looked_for_elsewhere(to: str) -> None:
    world = World()
    assert world.send("iq", to, "get") == ["remote-server-not-found"]
    assert not world.dialled


def test_who_is_kept_out_is_not_written_to() -> None:
    world = World(deny=("two.example",))
    assert world.send("message", "bob@two.example") == ["remote-server-not-found"]
    assert not world.dialled


def test_guests_stay_inside() -> None:
    world = World()
    guest = fakes.RecordingSession("g@guests.one.example/x")
    world.router.bind(guest)
    world.router.route(Stanza("message", {"from": guest.jid, "to": "bob@two.example"}), guest)
    assert guest.received[0].element.error.firstChildElement().name == "forbidden"


def test_at_a_stop_people_hear_what_was_not_sent_and_rooms_do_not() -> None:
    world = World()
    room: Any = world.router._domains["conference.one.example"]
    for sender in (world.ann.jid, "talk@conference.one.example/Ann"):
        world.router.route(Stanza("message", {"from": sender, "to": "bob@two.example"}), None)
    world.elsewhere.stop()
    assert [one.type for one in world.ann.received] == ["error"]
    assert not room.received


def test_what_comes_from_elsewhere_does_not_go_elsewhere() -> None:
    world = World()
    stanza = Stanza("message", {"from": "bob@two.example", "to": "kim@three.example"})
    world.elsewhere.received(stanza, "two.example")
    world.stage.clock.pump([1.0] * 61)
    assert not world.dialled


def test_there_is_an_end_to_servers_that_are_talked_to() -> None:
    world = World(streams=2)
    for number in range(2):
        world.router.route(Stanza("message", {"from": world.ann.jid, "to": f"b@{number}.example"}), world.ann)
    assert world.send("message", "b@third.example")[0] == "remote-server-timeout"  # what waited for the first one
    assert len(world.elsewhere._links) == 2
