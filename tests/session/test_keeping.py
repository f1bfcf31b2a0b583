"""Resumption records in the session state: written behind, in order, read back at start."""

from typing import Any

import msgspec
import pytest
from session_harness import World
from twisted.internet.defer import Deferred

from ccm.doors import end_without_account
from ccm.session.keeping import Keeper
from ccm.session.record import to_plain
from ccm.testing import fakes
from ccm.wire.framing import Framing, StreamFraming


def framing(world: World) -> Any:
    def make(_transport: str) -> Framing:
        return StreamFraming(world.pool)

    return make


def test_kept_sessions_come_back_and_wrong_records_are_dropped() -> None:
    world = World()
    client = world.bound()
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    state = fakes.MemoryState(world.hands.now)
    keeper = Keeper(state, fakes.spawn, world.hands.later)
    keeper.save("one", to_plain(client.session))
    keeper.save("two", to_plain(client.session))
    keeper.save("two", None)
    fakes.result_of(state.set("sm:bad", b"{"))
    after = World()
    assert fakes.result_of(keeper.restore(after.realm, framing(after))) == 1
    assert after.router.session("ann@localhost/one") is not None
    assert fakes.result_of(state.keys("sm:")) == ("sm:one",)


def test_a_slow_store_gets_only_the_newest_of_what_waits() -> None:
    written: list[tuple[str, bytes]] = []
    gates: list[Deferred[None]] = []

    class Slow:
        async def set(self, key: str, value: bytes, ttl: float) -> None:
            written.append((key, value))
            gates.append(Deferred())
            await gates[-1]

    keeper = Keeper(Slow(), fakes.spawn, fakes.Hands().later)  # type: ignore[arg-type]
    for number in range(5):
        keeper.save("a", {"n": number})
    assert written == [("sm:a", b'{"n":0}')]
    gates[0].callback(None)
    assert written[1:] == [("sm:a", b'{"n":4}')]
    gates[1].callback(None)
    keeper.save("a", {"n": 9})
    assert written[2:] == [("sm:a", b'{"n":9}')]


class Flaky(fakes.MemoryState):
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
    keeper.save("a", {"n": 1}, lambda: told.append("a"))
    keeper.save("b", {"n": 2}, lambda: told.append("b"))
    hands.advance(1.1)
    assert told == []
    keeper.save("a", {"n": 3})
    state.broken = ""
    hands.advance(1.1)
    assert told == ["a", "b"]
    assert fakes.result_of(state.get("sm:a")) == b'{"n":3}' and fakes.result_of(state.get("sm:b")) == b'{"n":2}'
    keeper.save("c", {"n": 4})
    assert fakes.result_of(state.get("sm:c")) == b'{"n":4}'


def test_the_end_does_not_wait_for_the_next_attempt() -> None:
    state, hands = Flaky(), fakes.Hands()
    keeper = Keeper(state, fakes.spawn, hands.later)
    state.broken = "set"
    keeper.save("a", {"n": 1})
    state.broken = ""
    fakes.result_of(keeper.finish())
    assert fakes.result_of(state.get("sm:a")) == b'{"n":1}'
    fakes.result_of(state.delete("sm:a"))
    hands.advance(5)
    assert fakes.result_of(state.keys("sm:")) == ()


def test_what_waits_is_written_before_the_end() -> None:
    state = fakes.MemoryState()
    held: list[Any] = []
    keeper = Keeper(state, lambda coroutine, done, failed: held.append(coroutine), fakes.Hands().later)
    keeper.save("a", {"n": 1})
    assert fakes.result_of(state.keys("sm:")) == ()
    fakes.result_of(keeper.finish())
    assert fakes.result_of(state.keys("sm:")) == ("sm:a",)
    held[0].close()


def test_a_session_whose_account_is_gone_ends_for_good_after_it_came_back() -> None:
    world = World()
    client = world.bound()
    client.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    state = fakes.MemoryState(world.hands.now)
    fakes.result_of(state.set("sm:one", msgspec.json.encode(to_plain(client.session))))
    after = World()
    fakes.result_of(Keeper(state, fakes.spawn, 600).restore(after.realm, framing(after)))
    assert after.realm.resumptions
    assert end_without_account(after.router, lambda _jid: False, ()) == 1
    assert after.router.session("ann@localhost/one") is None
    assert not after.realm.resumptions
