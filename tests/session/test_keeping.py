"""Resumption records in the session state: written behind, in order, read back at start."""

from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest
from session_harness import VERIFIERS, World
from twisted.internet.defer import Deferred

from ccm.doors import end_without_account
from ccm.durability import barrier_of
from ccm.errors import StoreUnavailable
from ccm.session.keeping import Keeper
from ccm.session.record import to_plain
from ccm.session.verifiers import SIGNED_IN_BY, make_verifiers
from ccm.testing import fakes, memory
from ccm.wire.framing import Framing, StreamFraming


def framing(world: World) -> Any:
    def make(_transport: str) -> Framing:
        return StreamFraming(world.pool)

    return make


def plain(**values: Any) -> Any:
    """What makes such a record."""
    return lambda: values


def test_kept_sessions_come_back_and_wrong_records_are_dropped() -> None:
    world = World()
    client = world.bound()
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    state = memory.MemoryState(world.hands.now)
    keeper = Keeper(state, fakes.spawn, world.hands.later)
    keeper.save("one", partial(to_plain, client.session))
    keeper.save("two", partial(to_plain, client.session))
    keeper.save("two", None)
    world.hands.advance(0)
    fakes.result_of(state.set("sm:bad", b"{"))
    after = World()
    fakes.result_of(after.services.accounts.set_verifiers("ann@localhost", VERIFIERS))
    assert fakes.result_of(keeper.restore(after.realm, framing(after))) == 1
    assert after.router.session("ann@localhost/one") is not None
    assert fakes.result_of(state.keys("sm:")) == ("sm:one",)


def test_a_record_holds_what_is_true_when_it_is_written() -> None:
    state, hands, values = memory.MemoryState(), fakes.Hands(), {"n": 1}
    keeper = Keeper(state, fakes.spawn, hands.later)
    keeper.save("a", lambda: values)
    values["n"] = 2
    hands.advance(0)
    assert fakes.result_of(state.get("sm:a")) == b'{"n":2}'
    keeper.save("a", lambda: None)
    hands.advance(0)
    assert fakes.result_of(state.keys("sm:")) == ()


def test_a_record_that_cannot_be_made_keeps_no_other_from_being_written() -> None:
    state, hands, told = memory.MemoryState(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later)
    keeper.save("a", lambda: {}["gone"], lambda: told.append("a"))
    keeper.save("c", plain(of_no_form=object()))
    keeper.save("b", plain(n=1), lambda: told.append("b"))
    hands.advance(0)
    assert told == ["a", "b"] and fakes.result_of(state.keys("sm:")) == ("sm:b",)


class Slow(memory.MemoryState):
    """It sets when a gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[str, bytes]] = []
        self.gates: list[Deferred[None]] = []

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        self.written.append((key, value))
        self.gates.append(Deferred())
        await self.gates[-1]


def test_a_slow_store_gets_only_the_newest_of_what_waits() -> None:
    state, hands = Slow(), fakes.Hands()
    keeper = Keeper(state, fakes.spawn, hands.later)
    for number in range(5):
        keeper.save("a", plain(n=number))
    hands.advance(0)
    assert state.written == [("sm:a", b'{"n":4}')]
    for number in range(5, 9):
        keeper.save("a", plain(n=number))
    state.gates[0].callback(None)
    assert state.written[1:] == [("sm:a", b'{"n":8}')]
    state.gates[1].callback(None)
    keeper.save("a", plain(n=9))
    hands.advance(0)
    assert state.written[2:] == [("sm:a", b'{"n":9}')]


def test_who_cannot_wait_goes_on_after_five_seconds_and_only_once() -> None:
    state, hands, told = Slow(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later)
    keeper.save("a", plain(n=1), lambda: told.append("saved a"), lambda: told.append("a"))
    keeper.save("b", plain(n=2), lambda: told.append("saved b"))
    hands.advance(4.9)
    assert told == []
    hands.advance(0.2)
    assert told == ["a"]
    keeper.save("c", plain(n=3), lambda: told.append("saved c"), lambda: told.append("c"))
    assert told == ["a", "c"], "the next need not wait to find out"
    for number in range(3):
        state.gates[number].callback(None)
    assert told == ["a", "c", "saved b"]
    keeper.save("d", plain(n=4), lambda: told.append("saved d"), lambda: told.append("d"))
    hands.advance(0)
    state.gates[3].callback(None)
    assert told[3:] == ["saved d"]


def test_a_failure_that_passes_lets_nothing_go_unsaved() -> None:
    state, hands, told = Flaky(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later)
    for _ in range(3):
        state.broken = "set"
        keeper.save("a", plain(n=1), lambda: told.append("saved"), lambda: told.append("unsaved"))
        hands.advance(0.5)
        state.broken = ""
        hands.advance(1)
    hands.advance(10)
    assert told == ["saved"] * 3


def test_no_more_wait_than_the_option_says() -> None:
    state, hands, told = Flaky(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later, most_waiting=2)
    state.broken = "set"
    assert [keeper.save(str(n), plain(n=n), partial(told.append, n)) for n in range(4)] == [True, True, False, False]
    hands.advance(1.1)
    assert not keeper.save("4", plain(n=4), partial(told.append, 4))
    assert keeper.save("5", plain(n=5)), "who does not wait is saved all the same"
    state.broken = ""
    hands.advance(1.1)
    assert told == [0, 1]
    assert len(fakes.result_of(state.keys("sm:"))) == 6
    assert keeper.save("6", plain(n=6), partial(told.append, 6))


class Flaky(memory.MemoryState):
    """It fails at what *broken* names."""

    broken = ""

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        if self.broken == "set":
            raise OSError("away")
        await super().set(key, value, ttl_seconds)

    async def settle(self) -> None:
        if self.broken == "settle":
            raise OSError("disk full")
        await super().settle()


@pytest.mark.parametrize("broken", ["set", "settle"])
def test_what_could_not_be_saved_is_saved_a_second_later_with_what_came_since(broken: str) -> None:
    state, hands, told = Flaky(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later)
    state.broken = broken
    keeper.save("a", plain(n=1), lambda: told.append("a"))
    keeper.save("b", plain(n=2), lambda: told.append("b"), lambda: told.append("b unsaved"))
    hands.advance(0)
    assert told == [], "once may be a hiccup"
    hands.advance(1.1)
    assert told == ["b unsaved"]
    keeper.save("a", plain(n=3))
    state.broken = ""
    hands.advance(1.1)
    assert told == ["b unsaved", "a"]
    assert fakes.result_of(state.get("sm:a")) == b'{"n":3}' and fakes.result_of(state.get("sm:b")) == b'{"n":2}'
    keeper.save("c", plain(n=4))
    hands.advance(0)
    assert fakes.result_of(state.get("sm:c")) == b'{"n":4}'


def test_the_end_does_not_wait_for_the_next_attempt() -> None:
    state, hands = Flaky(), fakes.Hands()
    keeper = Keeper(state, fakes.spawn, hands.later)
    state.broken = "set"
    keeper.save("a", plain(n=1))
    hands.advance(0)
    state.broken = ""
    fakes.result_of(keeper.finish())
    assert fakes.result_of(state.get("sm:a")) == b'{"n":1}'
    fakes.result_of(state.delete("sm:a"))
    hands.advance(5)
    assert fakes.result_of(state.keys("sm:")) == ()


def test_what_waits_is_written_before_the_end() -> None:
    state, hands = memory.MemoryState(), fakes.Hands()
    keeper = Keeper(state, fakes.spawn, hands.later)
    keeper.save("a", plain(n=1))
    assert fakes.result_of(state.keys("sm:")) == ()
    fakes.result_of(keeper.finish())
    assert fakes.result_of(state.keys("sm:")) == ("sm:a",)


def test_an_acknowledgement_waits_for_the_records_that_are_to_be_written() -> None:
    """A message to somebody is nowhere but in his record until he has got it."""
    state, hands, told = Slow(), fakes.Hands(), []
    keeper, disk = Keeper(state, fakes.spawn, hands.later), Deferred[None]()
    other = Keeper(memory.MemoryState(), fakes.spawn, hands.later)

    class NoRooms:
        def after_held(self, _then: Any) -> bool:
            return False

    barrier = barrier_of([NoRooms()], lambda: disk, [keeper, other])
    assert barrier() is disk
    keeper.save("a", plain(n=1))
    other.save("b", plain(n=1))
    waiting = barrier()
    assert waiting is not None
    waiting.addCallback(lambda _: told.append("kept"))
    disk.callback(None)
    hands.advance(0)
    assert told == []
    state.gates[0].callback(None)
    assert told == ["kept"]


@pytest.mark.parametrize("broken", ["set", "settle"])
def test_records_that_cannot_be_written_do_not_keep_rooms_from_acknowledging(broken: str) -> None:
    state, hands, told = Flaky(), fakes.Hands(), []
    keeper = Keeper(state, fakes.spawn, hands.later)
    state.broken = broken
    keeper.save("a", plain(n=1))
    assert keeper.after_written(lambda: told.append("over"))
    hands.advance(1.1)
    assert told == ["over"]
    assert not keeper.after_written(lambda: told.append("again"))


def kept(world: World) -> memory.MemoryState:
    """A session state with the record of a session of Ann's."""
    client = world.bound()
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    state = memory.MemoryState(world.hands.now)
    fakes.result_of(state.set("sm:one", msgspec.json.encode(to_plain(client.session))))
    return state


def test_a_session_whose_account_is_gone_ends_for_good_after_it_came_back() -> None:
    state, after = kept(World()), World()
    fakes.result_of(Keeper(state, fakes.spawn, after.hands.later).restore(after.realm, framing(after)))
    assert after.realm.resumptions
    assert end_without_account(after.router, lambda _jid: False, ()) == 1
    assert after.router.session("ann@localhost/one") is None
    assert not after.realm.resumptions


def test_a_session_whose_password_was_changed_while_the_server_was_down_cannot_be_resumed() -> None:
    state, after = kept(World()), World()
    other = make_verifiers("another", 4096)
    fakes.result_of(after.services.accounts.set_verifiers("ann@localhost", other))
    keeper = Keeper(state, fakes.spawn, after.hands.later)
    assert fakes.result_of(keeper.restore(after.realm, framing(after))) == 0
    assert after.router.session("ann@localhost/one") is None
    assert fakes.result_of(state.keys("sm:")) == ()


def test_the_same_password_set_anew_ends_sessions_too() -> None:
    state, after = kept(World()), World()
    fakes.result_of(after.services.accounts.set_verifiers("ann@localhost", make_verifiers("secret", 4096)))
    keeper = Keeper(state, fakes.spawn, after.hands.later)
    assert fakes.result_of(keeper.restore(after.realm, framing(after))) == 0


def test_who_resumed_by_the_new_password_is_not_taken_for_who_signed_in_by_the_old_one() -> None:
    world = World()
    client = world.bound()
    id_ = client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>").decode().partition("id='")[2].partition("'")[0]
    before = client.session.state[SIGNED_IN_BY]
    client.session.disconnected()
    fakes.result_of(world.services.accounts.set_verifiers("ann@localhost", make_verifiers("secret", 4096)))
    back = world.client()
    back.sign_in()
    back.send(f"<resume xmlns='urn:xmpp:sm:3' previd='{id_}' h='0'/>")
    assert client.session.state[SIGNED_IN_BY] not in ("", before)


def test_what_was_missed_is_asked_for_each_record_and_one_that_cannot_be_told_is_dropped() -> None:
    state, after = kept(World()), World()
    asked: list[Any] = []

    async def missed(marks: dict[str, Any]) -> Any:
        asked.append(marks)
        raise ValueError("too much")

    keeper = Keeper(state, fakes.spawn, after.hands.later)
    assert fakes.result_of(keeper.restore(after.realm, framing(after), missed)) == 0
    assert len(asked) == 1 and fakes.result_of(state.keys("sm:")) == ()


class Hiccup:
    """Tells what was missed, but at first for so many times that the store is broken."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.pauses: list[float] = []

    async def missed(self, _marks: dict[str, Any]) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise StoreUnavailable("The store cannot be read now.")
        return ()

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def test_a_session_comes_back_although_the_database_hiccups_at_start() -> None:
    state, after, hiccup = kept(World()), World(), Hiccup(2)
    realm = replace(after.realm, pause=hiccup.pause)
    keeper = Keeper(state, fakes.spawn, after.hands.later)
    assert fakes.result_of(keeper.restore(realm, framing(after), hiccup.missed)) == 1
    assert hiccup.pauses == [1.0, 1.0]
    assert fakes.result_of(state.keys("sm:")) == ("sm:one",)


def test_while_the_database_stays_broken_the_start_fails_and_no_session_is_lost() -> None:
    state, after, hiccup = kept(World()), World(), Hiccup(1000)
    realm = replace(after.realm, pause=hiccup.pause)
    keeper = Keeper(state, fakes.spawn, after.hands.later)
    with pytest.raises(StoreUnavailable):
        fakes.result_of(keeper.restore(realm, framing(after), hiccup.missed))
    assert 10 <= len(hiccup.pauses) < 60
    assert fakes.result_of(state.keys("sm:")) == ("sm:one",)
