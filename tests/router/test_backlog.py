"""What waits for a component: windows, turns, places, retries, marks. Without a network, on a clock of its own."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from ccm.errors import StanzaError
from ccm.router.backlog import Backlog
from ccm.router.queue_options import ComponentQueueOptions
from ccm.wire.stanza import Stanza

DOMAIN = "topics.localhost"


class Connection:
    apart = True

    def __init__(self) -> None:
        self.got: list[Stanza] = []

    def hand(self, stanza: Stanza) -> None:
        self.got.append(stanza)

    @property
    def ids(self) -> list[str]:
        return [stanza.id or "" for stanza in self.got]


class World:
    def __init__(self, *, repeatable: bool = True, **options: Any) -> None:
        self.clock = Clock()
        self.refused: list[tuple[str, str]] = []
        self.slowed: list[tuple[str, float]] = []
        self.said: list[str] = []

        def later(seconds: float, function: Any) -> Any:
            call = self.clock.callLater(seconds, function)
            return call.cancel

        self.backlog = Backlog(
            ComponentQueueOptions(**options),
            self.clock.seconds,
            later,
            lambda stanza, error: self.refused.append((stanza.id or "", error.condition)),
            lambda jid, seconds: self.slowed.append((jid, seconds)),
            self.said.append,
            repeatable=repeatable,
        )

    def join(self) -> Connection:
        made = Connection()
        self.backlog.add(made)
        return made

    def ask(self, id_: object, who: str = "ann", type_: str = "set", inner: bytes = b"<q xmlns='u'/>") -> None:
        attrs = {"type": type_, "id": str(id_), "to": DOMAIN, "from": f"{who}@localhost/x" if who else "x.localhost"}
        self.backlog.offer(Stanza("iq", attrs, inner, (("u", "q"),)))

    def say(self, id_: object, who: str = "ann") -> None:
        self.backlog.offer(Stanza("message", {"id": str(id_), "to": DOMAIN, "from": f"{who}@localhost/x"}))

    def talk(self, id_: str, who: str) -> None:
        attrs = {"id": id_, "to": DOMAIN, "from": f"{who}@localhost/x", "type": "chat"}
        self.backlog.offer(Stanza("message", attrs, b"<body>undo</body>", (("jabber:client", "body"),)))

    def answer(self, stanza: Stanza) -> bool:
        return self.backlog.answered(stanza.result())


def test_requests_beyond_the_window_wait_for_a_place() -> None:
    world = World(window_requests=2)
    one = world.join()
    for number in range(4):
        world.ask(number)
    assert one.ids == ["0", "1"]
    assert world.answer(one.got[0])
    assert one.ids == ["0", "1", "2"]
    assert not world.answer(one.got[0])  # nobody waits for it any more


def test_senders_have_their_turns_whoever_asks_more() -> None:
    world = World(window_requests=1)
    one = world.join()
    for number in range(10):
        world.ask(f"ann{number}", "ann")
    world.ask("kim0", "kim")
    world.ask("lee0", "lee")
    for place in range(4):
        world.answer(one.got[place])
    assert one.ids == ["ann0", "ann1", "kim0", "lee0", "ann2"]


def test_what_one_sender_says_keeps_its_order() -> None:
    world = World(window_requests=1)
    one = world.join()
    for number in range(0, 6, 2):
        world.ask(number)
        world.say(number + 1)
    for _ in range(3):
        world.answer([stanza for stanza in one.got if stanza.kind == "iq"][-1])
    assert one.ids == ["0", "1", "2", "3", "4", "5"]


def test_each_sender_stays_while_it_has_something_open_and_new_ones_go_where_the_least_is() -> None:
    world = World()
    one, two = world.join(), world.join()
    for number in range(3):
        world.ask(f"ann{number}", "ann")
    world.ask("kim0", "kim")
    world.ask("lee0", "lee")
    assert one.ids == ["ann0", "ann1", "ann2"]
    assert two.ids == ["kim0", "lee0"]


def test_a_sender_whose_connection_is_full_goes_to_another_once_nothing_binds_it() -> None:
    world = World(window_requests=1, stick_seconds=30)
    one, two = world.join(), world.join()
    world.ask("a", "ann")
    world.answer(one.got[0])
    world.clock.advance(2)
    world.ask("k", "kim")
    world.ask("b", "ann")
    assert {"k", "b"} == {one.ids[-1], two.ids[-1]}
    world.say("m", "ann")
    place = two if "m" in two.ids else one
    world.answer(place.got[-2])
    world.ask("l", "lee")
    world.ask("c", "ann")  # bound by the message, so it waits
    assert "c" not in one.ids + two.ids


def test_what_a_dead_connection_had_is_asked_of_another_in_its_order() -> None:
    world = World(window_requests=3)
    one = world.join()
    for number in range(5):
        world.ask(number)
    two = world.join()
    world.backlog.remove(one)
    assert two.ids == ["0", "1", "2"]
    for place in range(5):
        world.answer(two.got[place])
    assert two.ids == ["0", "1", "2", "3", "4"]
    assert (world.backlog.open, world.backlog.repeated, world.refused) == (0, 3, [])


def test_only_what_is_safe_is_asked_again() -> None:
    world = World(repeatable=False)
    one, two = world.join(), world.join()
    world.ask("get", type_="get")
    world.ask("set", type_="set")
    world.backlog.remove(one)
    assert two.ids == ["get"]
    assert world.refused == [("set", "remote-server-timeout")]


def test_without_any_connection_everything_is_answered() -> None:
    world = World(window_requests=1)
    one = world.join()
    world.ask(1)
    world.ask(2)
    world.say(3)
    world.backlog.remove(one)
    world.ask(4)
    assert sorted(world.refused) == [
        ("1", "remote-server-timeout"),
        ("2", "service-unavailable"),
        ("3", "service-unavailable"),
        ("4", "service-unavailable"),
    ]


def test_every_request_is_answered_in_time_though_the_component_says_nothing() -> None:
    world = World(window_requests=1)
    world.join()
    world.ask(1)
    world.ask(2)
    world.clock.pump([1] * 31)
    assert world.refused[0] == ("1", "remote-server-timeout")
    assert world.refused[1][0] == "2"
    assert world.backlog.open == 0
    assert not world.clock.getDelayedCalls()  # and no timer runs for nothing


def test_more_than_the_bound_is_refused_before_it_is_begun() -> None:
    world = World(max_requests=3, window_requests=1)
    one = world.join()
    for number in range(5):
        world.ask(number)
    assert world.refused == [("3", "resource-constraint"), ("4", "resource-constraint")]
    assert one.ids == ["0"]
    assert world.slowed == []
    world.ask(5)
    assert [(jid, 1.5 <= seconds <= 2.0) for jid, seconds in world.slowed] == [("ann@localhost/x", True)]


def test_what_would_wait_too_long_is_refused_unless_its_sender_has_nothing_open() -> None:
    world = World(high_requests=5, window_requests=2, max_wait_seconds=2.0)
    one = world.join()
    for number in range(6):
        world.ask(number)
    for place in (0, 1):
        world.answer(one.got[place])
    world.clock.advance(1)  # two in the first second: one in a second, smoothed
    for number in range(6, 10):
        world.ask(number)
    assert world.refused == [(str(number), "resource-constraint") for number in (7, 8, 9)]
    world.ask("k", "kim")
    world.answer(one.got[2])
    world.answer(one.got[3])
    assert "k" in one.ids


def test_who_asks_more_than_others_is_slowed_and_nobody_else() -> None:
    world = World(requests_per_sender=3)
    world.join()
    for number in range(5):
        world.ask(number, "ann")
    world.ask("k", "kim")
    assert [jid for jid, _ in world.slowed] == ["ann@localhost/x"] * 2
    assert world.refused == []


def test_busy_at_the_high_mark_and_available_below_the_low_one() -> None:
    world = World(high_requests=10, low_requests=4, window_requests=100)
    one = world.join()
    for number in range(9):
        world.ask(number)
    assert world.said == []
    world.ask(9)
    assert len(world.said) == 1
    assert "10 requests" in world.said[0]
    for place in range(5):
        world.answer(one.got[place])
    assert len(world.said) == 1  # between the marks nothing changes
    world.answer(one.got[5])
    assert world.said[1:] == [""]


def test_slow_answers_make_it_busy_too() -> None:
    world = World(high_seconds=2.0, low_seconds=1.0, window_requests=100)
    one = world.join()
    for number in range(60):
        world.ask(number)
    world.clock.advance(20)
    for place in range(40):
        world.answer(one.got[place])
    assert world.said
    assert world.said[0]
    for place in range(40, 60):
        world.answer(one.got[place])
    world.clock.pump([1] * 3)
    assert world.said[-1] == ""


def test_a_strained_server_shows_its_components_busy_while_they_are_asked() -> None:
    world = World()
    one = world.join()
    world.backlog.strain(2)
    assert world.said == []
    world.ask(1)
    world.clock.advance(1)
    assert world.said == ["The server has much to do. Requests take longer for now."]
    world.answer(one.got[0])
    world.backlog.strain(0)
    assert world.said[-1] == ""


def test_the_same_request_sent_again_meanwhile_is_answered_once() -> None:
    world = World()
    one = world.join()
    world.ask(1)
    world.ask(1)
    world.ask(1, inner=b"<other xmlns='u'/>")
    assert one.ids == ["1"]
    assert world.refused == [("1", "bad-request")]
    assert world.answer(one.got[0])
    assert world.backlog.open == 0


def test_components_that_ask_one_another_do_not_wait_for_places() -> None:
    world = World(window_requests=1)
    one = world.join()
    world.ask("a", "ann")
    world.ask("i", "")
    assert one.ids == ["a", "i"]
    world.answer(one.got[1])
    world.ask("b", "kim")
    assert one.ids == ["a", "i"]


def test_what_a_component_asked_of_a_dead_connection_waits_for_no_place_at_another() -> None:
    world = World(window_requests=2)
    one, two = world.join(), world.join()
    for number in range(6):
        world.ask(number, f"u{number}")
    world.ask("i", "")
    dead, other = (one, two) if "i" in one.ids else (two, one)
    world.backlog.remove(dead)
    assert other.ids[-1] == "i" and len(other.ids) == 3
    for place in range(3):
        world.answer(other.got[place])
    assert len(other.ids) == 5


def test_what_was_said_to_a_connection_that_dies_before_it_has_read_it_comes_back() -> None:
    world = World()
    one = world.join()
    world.talk("old", "lee")
    world.clock.advance(6)
    world.talk("read", "ann")
    world.ask("r", "ann")
    world.answer(one.got[-1])
    world.talk("heard", "kim")
    world.backlog.told(Stanza("message", {"from": DOMAIN, "to": "kim@localhost"}), one)
    world.talk("lost", "ann")
    world.say("typing", "ann")
    world.backlog.remove(one)
    assert world.refused == [("lost", "remote-server-timeout")]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 4)),
        st.tuples(st.just("say"), st.integers(0, 4)),
        st.tuples(st.just("answer"), st.integers(0, 30)),
        st.tuples(st.just("join"), st.just(0)),
        st.tuples(st.just("die"), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(1, 3))
def test_whatever_happens_every_request_is_answered_exactly_once(steps: Any, window: int) -> None:
    world = World(window_requests=window, max_requests=12, high_requests=5, low_requests=2)
    connections: list[Connection] = [world.join()]
    answered: list[str] = []
    asked = 0
    for what, number in steps:
        if what == "ask":
            world.ask(f"r{asked}", f"u{number}")
            asked += 1
        elif what == "say":
            world.say("m", f"u{number}")
        elif what == "answer" and connections:
            requests = [s for c in connections for s in c.got if s.kind == "iq"]
            if requests and world.answer(chosen := requests[number % len(requests)]):
                answered.append(chosen.id or "")
        elif what == "join" and len(connections) < 4:
            connections.append(world.join())
        elif what == "die" and connections:
            world.backlog.remove(connections.pop(number % len(connections)))
        elif what == "wait":
            world.clock.pump([1] * number)
        assert all(0 <= used <= window for used in world.backlog.servers.values())
    world.clock.pump([1] * 70)
    ends = answered + [id_ for id_, _ in world.refused if id_ != "m"]
    assert sorted(ends) == sorted(f"r{number}" for number in range(asked))
    assert world.backlog.open == world.backlog.working == 0


def test_the_text_of_a_refusal_names_the_remedy() -> None:
    errors: list[StanzaError] = []
    world = World(max_requests=1)
    world.backlog._refuse = lambda _, error: errors.append(error)
    world.join()
    world.ask(1)
    world.ask(2)
    assert (errors[0].type, "later" in errors[0].text) == ("wait", True)
