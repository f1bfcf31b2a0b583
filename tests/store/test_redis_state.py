"""Redis that goes away, comes back, hangs or refuses: what the session state makes of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from ccm.errors import ConfigError, StoreUnavailable
from ccm.store.options import StateOptions
from ccm.store.redis import RedisState

pytestmark = pytest.mark.real


@pytest_twisted.async_yield_fixture
async def state(own_redis: Any) -> AsyncIterator[RedisState]:
    """A provider with short time-outs."""
    state = RedisState(reactor, StateOptions(url=own_redis.url, command_timeout_seconds=0.5))
    await state.open()
    yield state
    await state.close()


async def until_it_works(call: Any) -> Any:
    """Ask again until Redis is back."""
    for _ in range(200):
        try:
            return await call()
        except StoreUnavailable:
            await deferLater(reactor, 0.05)
    raise AssertionError("Redis never came back")


@pytest_twisted.ensureDeferred
async def test_commands_fail_while_redis_is_away_and_work_again_after(state: RedisState, own_redis: Any) -> None:
    await state.set("key", b"1")
    own_redis.kill()
    with pytest.raises(StoreUnavailable):
        await state.get("key")
    own_redis.start()
    assert await until_it_works(lambda: state.get("key")) is None
    await state.set("key", b"2")
    assert await state.get("key") == b"2"


@pytest_twisted.ensureDeferred
async def test_subscriptions_survive_a_restart(state: RedisState, own_redis: Any) -> None:
    heard: Deferred[bytes] = Deferred()
    await state.subscribe("channel", lambda message: None if heard.called else heard.callback(message))
    own_redis.kill()
    await deferLater(reactor, 0.1)
    own_redis.start()
    for _ in range(200):
        await until_it_works(lambda: state.publish("channel", b"again"))
        if heard.called:
            break
        await deferLater(reactor, 0.05)
    assert await heard == b"again"


@pytest_twisted.ensureDeferred
async def test_a_subscription_made_while_redis_is_away_hears_it_later(state: RedisState, own_redis: Any) -> None:
    own_redis.kill()
    heard: list[bytes] = []
    await state.subscribe("channel", heard.append)
    own_redis.start()
    for _ in range(200):
        await until_it_works(lambda: state.publish("channel", b"late"))
        if heard:
            break
        await deferLater(reactor, 0.05)
    assert heard[0] == b"late"


@pytest_twisted.ensureDeferred
async def test_a_redis_that_hangs_fails_the_command_in_time(state: RedisState, own_redis: Any) -> None:
    own_redis.pause()
    began = reactor.seconds()  # type: ignore[attr-defined]
    with pytest.raises(StoreUnavailable):
        await state.get("key")
    assert reactor.seconds() - began < 2  # type: ignore[attr-defined]
    own_redis.go_on()
    assert await until_it_works(lambda: state.get("key")) is None


@pytest_twisted.ensureDeferred
async def test_a_redis_that_is_not_there_stops_the_start_with_a_remedy(own_redis: Any) -> None:
    own_redis.kill()
    state = RedisState(reactor, StateOptions(url=own_redis.url))
    with pytest.raises(StoreUnavailable, match=r"state\.url"):
        await state.open()


@pytest_twisted.ensureDeferred
async def test_a_password_and_a_number_are_given_on_every_connection(tmp_path: Any) -> None:
    from fixtures.real_services import Redis

    server = Redis(tmp_path, "--requirepass", "p@ss:word")
    server.start()
    try:
        url = f"redis://127.0.0.1:{server.port}/3"
        state = RedisState(reactor, StateOptions(url=url, password="p@ss:word", command_timeout_seconds=0.5))
        await state.open()
        await state.set("key", b"1")
        server.kill()
        server.start()
        await until_it_works(lambda: state.set("key", b"2"))
        assert await state.get("key") == b"2"
        await state.close()
        wrong = RedisState(reactor, StateOptions(url=url, password="wrong"))
        with pytest.raises(StoreUnavailable):
            await wrong.open()
    finally:
        server.kill()


@pytest.mark.parametrize(
    "options",
    [
        StateOptions(url="redis://redis.example.org/0", password="p"),
        StateOptions(url="rediss://redis.example.org/0"),
        StateOptions(url="http://127.0.0.1"),
        StateOptions(url="redis://127.0.0.1:notaport"),
    ],
)
def test_a_redis_that_strangers_could_read_is_refused(options: StateOptions) -> None:
    with pytest.raises(ConfigError, match=r"state\."):
        options.check()


@pytest.mark.parametrize(
    "options",
    [
        StateOptions(),
        StateOptions(url="redis://127.0.0.1:6379/1"),
        StateOptions(url="redis://[::1]:6379"),
        StateOptions(url="unix:///run/redis.sock?db=1"),
        StateOptions(url="rediss://:p@redis.example.org:6380/0"),
        StateOptions(url="rediss://redis.example.org", password="p"),
    ],
)
def test_a_redis_here_or_behind_tls_and_password_is_taken(options: StateOptions) -> None:
    options.check()
