"""What the tests of the web part share."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_twisted
from store.store_providers import clock, empty_sqlite, sqlite_stores
from web_site import WebSite

from ccm.store.stores import Stores
from ccm.testing.moments import Moments

__all__ = ["clock", "empty_sqlite", "sqlite_stores"]


@pytest_twisted.async_yield_fixture
async def open_site(sqlite_stores: Stores, clock: Moments, tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Opens a :class:`WebSite` with the given options of ``[web]``."""
    opened: list[WebSite] = []

    async def make(bundle: Path | None = None, **options: Any) -> WebSite:
        site = WebSite(sqlite_stores, clock, tmp_path, bundle or tmp_path / "none", **options)
        await site.open()
        opened.append(site)
        return site

    yield make
    for site in opened:
        await site.close()


@pytest_twisted.async_yield_fixture
async def site(open_site: Callable[..., Any]) -> AsyncIterator[WebSite]:
    """The web part with its default options, but without a limit on registrations."""
    yield await open_site(registrations_per_hour=0, attempts_per_minute=0)
