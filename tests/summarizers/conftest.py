"""What the tests of summarisers share."""

from collections.abc import AsyncIterator

import pytest_twisted
from model_site import ModelSite


@pytest_twisted.async_yield_fixture
async def model() -> AsyncIterator[ModelSite]:
    """A language model that says what a test wants."""
    site = ModelSite()
    yield site
    await site.close()
