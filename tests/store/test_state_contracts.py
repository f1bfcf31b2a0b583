"""The session state's contract suite on the embedded provider, on a real Redis and on the fake."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.task import deferLater

from ccm.store.options import StateOptions
from ccm.store.redis import RedisState
from ccm.testing.contracts_state import SessionStateContract
from ccm.testing.memory import MemoryState
from ccm.testing.moments import Moments


class TestEmbedded(SessionStateContract):
    """``EmbeddedState``."""

    @pytest.fixture
    def state(self, sqlite_stores: Any) -> Any:
        """The provider."""
        return sqlite_stores.state

    @pytest.fixture
    def passes(self, clock: Moments) -> Any:
        """Its time is ours."""
        return _passing(clock)


class TestFake(SessionStateContract):
    """``MemoryState``, which other tests rest on."""

    @pytest.fixture
    def state(self, clock: Moments) -> Any:
        """The provider."""
        return MemoryState(clock.seconds)

    @pytest.fixture
    def passes(self, clock: Moments) -> Any:
        """Its time is ours."""
        return _passing(clock)


@pytest.mark.real
class TestRedis(SessionStateContract):
    """``RedisState`` on a real server."""

    @pytest_twisted.async_yield_fixture
    async def state(self, redis_server: Any) -> AsyncIterator[RedisState]:
        """The provider."""
        state = RedisState(reactor, StateOptions(url=redis_server.url, prefix=f"t*{secrets.token_hex(4)}:"))
        await state.open()
        yield state
        await state.close()

    @pytest.fixture
    def passes(self) -> Any:
        """Its time is the server's."""
        return lambda seconds: deferLater(reactor, seconds)


def _passing(clock: Moments) -> Any:
    async def passes(seconds: float) -> None:
        clock.advance(seconds)

    return passes
