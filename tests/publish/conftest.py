"""What the tests of publishing share."""

from collections.abc import AsyncIterator

import pytest_twisted
from store.store_providers import clock, empty_sqlite, sqlite_stores
from target_sites import Listening, Receiver, StrictWordPress

__all__ = ["clock", "empty_sqlite", "sqlite_stores"]


@pytest_twisted.async_yield_fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of the webhook."""
    site = Receiver()
    yield site
    await site.close()


@pytest_twisted.async_yield_fixture
async def wordpress() -> AsyncIterator[StrictWordPress]:
    """A strict stand-in for WordPress."""
    site = StrictWordPress()
    yield site
    await site.close()


@pytest_twisted.async_yield_fixture
async def listening() -> AsyncIterator[Listening]:
    """A site that answers what a test says."""
    site = Listening()
    yield site
    await site.close()
