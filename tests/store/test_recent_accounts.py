"""Accounts that were found of late are found without a query, and never as they were before a change."""

from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred

from ccm.records import Verifier
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.moments import Moments

OLD = Verifier("SCRAM-SHA-1", b"s", 4096, b"k", b"v")
NEW = Verifier("SCRAM-SHA-1", b"t", 4096, b"l", b"w")


@pytest_twisted.ensureDeferred
async def test_a_password_set_here_counts_at_once(sqlite_stores: Any) -> None:
    accounts = sqlite_stores.accounts
    await accounts.create("ann@example.org", "Ann", None, (OLD,))
    assert (await accounts.find("ann")).verifiers == (OLD,)
    await accounts.set_verifiers("ann@example.org", (NEW,))
    assert (await accounts.find("ann")).verifiers == (NEW,)
    await accounts.delete("ann@example.org")
    assert await accounts.find("ann") is None


@pytest_twisted.ensureDeferred
async def test_a_password_set_by_another_process_counts_after_the_next_refresh(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    mine = sqlite_stores.accounts
    await mine.create("ann@example.org", "Ann", None, (OLD,))
    await mine.refresh()
    assert (await mine.find("ann")).verifiers == (OLD,)
    other = await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path, host="example.org", now=clock.seconds)
    await other.accounts.set_verifiers("ann@example.org", (NEW,))
    await mine.refresh()
    assert (await mine.find("ann")).verifiers == (NEW,)
    await other.close()


@pytest_twisted.ensureDeferred
async def test_a_localpart_that_two_accounts_have_means_another_than_before(sqlite_stores: Any) -> None:
    accounts = sqlite_stores.accounts
    await accounts.create("ann@example.com", "Ann", None, ())
    assert (await accounts.find("ann")).jid == "ann@example.com"
    await accounts.create("ann@example.org", "Ann", None, ())
    assert (await accounts.find("ann")).jid == "ann@example.org"


@pytest_twisted.ensureDeferred
async def test_what_was_read_before_a_change_and_arrives_after_it_is_not_kept(sqlite_stores: Any) -> None:
    accounts = sqlite_stores.accounts
    await accounts.create("ann@example.org", "Ann", None, (OLD,))
    reads = [ensureDeferred(accounts.find("ann")) for _ in range(20)]
    await accounts.set_verifiers("ann@example.org", (NEW,))
    for read in reads:
        await read
    assert (await accounts.find("ann")).verifiers == (NEW,)
