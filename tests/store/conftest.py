"""What the tests of the stores share: the contract fixtures, each on both databases."""

from typing import Any

import pytest
import pytest_twisted
from store_providers import clock, empty_sqlite, postgres_stores, sqlite_stores

__all__ = ["clock", "empty_sqlite", "postgres_stores", "sqlite_stores"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def stores(request: Any) -> Any:
    """All stores, on each database in turn."""
    return request.getfixturevalue(f"{request.param}_stores")


@pytest.fixture
def database(stores: Any) -> Any:
    """The ``IDatabase``."""
    return stores.database


@pytest.fixture
def accounts(stores: Any) -> Any:
    """The ``IAccounts``."""
    return stores.accounts


@pytest.fixture
def rosters(stores: Any) -> Any:
    """The ``IRosters``."""
    return stores.rosters


@pytest.fixture
def archive(stores: Any) -> Any:
    """The ``IArchive``."""
    return stores.archive


@pytest.fixture
def personal(stores: Any) -> Any:
    """The ``IPersonalArchive``."""
    return stores.personal


@pytest.fixture
def offline(stores: Any) -> Any:
    """The ``IOffline``."""
    return stores.offline


@pytest.fixture
def rooms(stores: Any) -> Any:
    """The ``IRooms``."""
    return stores.rooms


@pytest.fixture
def topics(stores: Any) -> Any:
    """The ``ITopics``."""
    return stores.topics


@pytest.fixture
def undo_steps(stores: Any) -> Any:
    """The ``IUndoSteps``."""
    return stores.undo_steps


@pytest.fixture
def documents(stores: Any) -> Any:
    """The ``IDocuments``."""
    return stores.documents


@pytest.fixture
def outbox(stores: Any) -> Any:
    """The ``IOutbox``."""
    return stores.outbox


@pytest_twisted.async_fixture
async def account_xml(stores: Any) -> Any:
    """The ``IAccountXML``, of some who have accounts."""
    for name in ("ann", "bob", "kim"):
        await stores.accounts.create(f"{name}@example.org", name, None, ())
    return stores.account_xml


@pytest_twisted.async_fixture
async def pubsub_nodes(stores: Any) -> Any:
    """The ``IPubSubNodes``, of some who have accounts."""
    for jid in ("ann@example.org", "bob@example.org", "kim@example.org"):
        await stores.accounts.create(jid, jid, None, ())
    return stores.pubsub_nodes


@pytest.fixture
def tokens(stores: Any) -> Any:
    """The ``ITokens``."""
    return stores.tokens


@pytest.fixture
def pending(stores: Any) -> Any:
    """The ``IPending``."""
    return stores.pending


@pytest.fixture
def suppression(stores: Any) -> Any:
    """The ``ISuppression``."""
    return stores.suppression
