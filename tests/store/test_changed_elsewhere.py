"""Who loses the account, or whose password is changed by another process, stays signed in nowhere."""

from pathlib import Path
from typing import Any

import pytest_twisted
from twisted.internet import reactor

from ccm.doors import end_changed, end_without_account
from ccm.records import Verifier
from ccm.router.hooks import on
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.fakes import RecordingSession, make_router, make_services
from ccm.testing.moments import Moments

OLD = Verifier("SCRAM-SHA-1", b"s", 4096, b"k", b"v")
NEW = Verifier("SCRAM-SHA-1", b"t", 4096, b"l", b"w")
PEOPLE = ("ann", "bob", "cat", "eve")


def neighbours_of(router: Router) -> Neighbours:
    """A process with that one domain."""
    neighbours = Neighbours()
    neighbours.add(router)
    return neighbours


@pytest_twisted.ensureDeferred
async def test_sessions_end_with_the_account_or_the_password_they_began_with(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    mine = sqlite_stores.accounts
    for name in PEOPLE:
        await mine.create(f"{name}@example.org", name, None, (OLD,))
    await mine.refresh()
    router = make_router(make_services(host="example.org", accounts=mine))
    sessions = {name: RecordingSession(f"{name}@example.org/a") for name in PEOPLE}
    for session in sessions.values():
        router.bind(session)
    other = await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path, host="example.org", now=clock.seconds)
    await other.accounts.set_verifiers("ann@example.org", (NEW,))
    await other.accounts.delete("bob@example.org")
    await other.accounts.set_enabled("eve@example.org", False)
    await end_changed(neighbours_of(router), mine)
    assert sessions["ann"].closed == "not-authorized The password was changed. Sign in with the new one."
    assert sessions["bob"].closed == "not-authorized The account was removed."
    assert sessions["eve"].closed == "not-authorized The account was switched off. Ask the operator."
    assert sessions["cat"].closed is None
    sessions["ann"].closed = None
    await other.accounts.create("dan@example.org", "Dan", None, (OLD,))
    await end_changed(neighbours_of(router), mine)
    assert sessions["ann"].closed is None, "each change ends sessions once"
    await other.close()


@pytest_twisted.ensureDeferred
async def test_a_password_changed_here_is_no_news(sqlite_stores: Any) -> None:
    accounts = sqlite_stores.accounts
    await accounts.create("ann@example.org", "Ann", None, (OLD,))
    await accounts.set_verifiers("ann@example.org", (NEW,))
    assert await accounts.refresh() == frozenset()
    await accounts.delete("ann@example.org")
    assert await accounts.refresh() == frozenset()


def test_what_is_restored_for_an_account_that_is_gone_ends_and_guests_stay() -> None:
    router = make_router(make_services(host="example.org"))
    ann, gone, guest = (RecordingSession(jid) for jid in ("ann@example.org/a", "gone@example.org/a", "x@guests.org/a"))
    for session in (ann, gone, guest):
        router.bind(session)
    assert end_without_account(neighbours_of(router), {"ann@example.org"}.__contains__, ("guests.org",)) == 1
    assert (ann.closed, gone.closed, guest.closed) == (None, "not-authorized The account was removed.", None)


@pytest_twisted.ensureDeferred
async def test_a_name_that_another_process_gave_to_somebody_else_at_once_is_taken_from_the_former_one(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    mine = sqlite_stores.accounts
    await mine.create("bob@example.org", "Bob", None, (OLD,))
    await mine.refresh()
    router = make_router(make_services(host="example.org", accounts=mine))
    gone: list[str] = []

    class Listener:
        @on.event("account-deleted")
        async def heard(self, jid: str) -> None:
            gone.append(jid)

    router.attach(Listener())
    former = RecordingSession("bob@example.org/a")
    router.bind(former)
    other = await open_stores(reactor, StoreOptions(), StateOptions(), tmp_path, host="example.org", now=clock.seconds)
    await other.accounts.delete("bob@example.org")
    await other.accounts.finish()
    await other.accounts.create("bob@example.org", "Another Bob", None, (NEW,))
    await end_changed(neighbours_of(router), mine)
    assert former.closed == "not-authorized The account was removed."
    assert gone == ["bob@example.org"], "rooms, nodes and contacts forget the former one"
    former.closed = None
    await other.accounts.create("dan@example.org", "Dan", None, (OLD,))
    await end_changed(neighbours_of(router), mine)
    assert (former.closed, gone) == (None, ["bob@example.org"]), "that is told once"
    await other.close()
