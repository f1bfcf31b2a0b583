"""Fixtures that open the stores for the contract suites, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import text
from twisted.internet import reactor

from ccm.store.options import StateOptions, StoreOptions
from ccm.store.schema import metadata
from ccm.store.stores import Stores, open_stores
from ccm.testing.moments import Moments

HOST = "example.org"


@pytest.fixture
def clock() -> Moments:
    """The time that the stores are told."""
    return Moments()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: Any) -> Path:
    """A file with the newest schema, made by the migrations, to copy."""
    folder: Path = tmp_path_factory.mktemp("empty")

    async def make() -> None:
        await (await open_stores(reactor, StoreOptions(), StateOptions(), folder)).close()

    pytest_twisted.blockon(pytest_twisted.defer.ensureDeferred(make()))
    return folder / "ccm.sqlite"


@pytest_twisted.async_yield_fixture
async def sqlite_stores(empty_sqlite: Path, tmp_path: Path, clock: Moments) -> AsyncIterator[Stores]:
    """All stores on a fresh SQLite file."""
    shutil.copy(empty_sqlite, tmp_path / "ccm.sqlite")
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path, host=HOST, now=clock.seconds)
    yield stores
    await stores.close()


@pytest_twisted.async_yield_fixture
async def postgres_stores(postgres: Any, tmp_path: Path, clock: Moments) -> AsyncIterator[Stores]:
    """All stores on an emptied PostgreSQL database."""
    options = StoreOptions(url=postgres.url)
    first = await open_stores(reactor, options, StateOptions(), tmp_path)
    tables = ", ".join((*metadata.tables, "document_words", "message_words"))
    await first.database.write(lambda connection: connection.execute(text(f"TRUNCATE {tables}")) and None)
    await first.close()
    stores = await open_stores(reactor, options, StateOptions(), tmp_path, host=HOST, now=clock.seconds)
    yield stores
    await stores.close()
