"""An account that is removed goes at once, what it kept goes step by step, and nobody inherits it."""

from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from ccm.errors import StanzaError, StoreUnavailable
from ccm.records import PubSubItem, RosterItem
from ccm.store import filing
from ccm.store.accounts import Accounts

ANN, BOB = "ann@example.org", "bob@example.org"
STEP = 10


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "STEP_ROWS", STEP)


def say(personal: Any, count: int, one: str = ANN, other: str = BOB) -> None:
    for _ in range(count):
        personal.keep(b"<message/>", one, "", other, "", by_sender=True, by_recipient=True)


class Counted:
    """The writes of a database; from the one after *most* on it takes nothing."""

    def __init__(self, database: Any, most: int = 1000) -> None:
        self._write = database.write
        self.count = 0
        self._most = most

    def __call__(self, change: Any) -> Any:
        self.count += 1
        if self.count > self._most:
            refused: Deferred[Any] = Deferred()
            refused.errback(StoreUnavailable("The disk is full."))
            return refused
        return self._write(change)


@pytest_twisted.ensureDeferred
async def test_the_archive_goes_in_steps_and_the_others_keep_theirs(
    sqlite_stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, personal, database = sqlite_stores.accounts, sqlite_stores.personal, sqlite_stores.database
    await accounts.create(ANN, "Ann", None, ())
    say(personal, 5 * STEP)
    await personal.file()
    counted = Counted(database)
    monkeypatch.setattr(database, "write", counted)
    await accounts.delete(ANN)
    assert counted.count <= 2  # whoever asked goes on, and ends sessions
    await accounts.finish()
    assert counted.count >= 6  # the account, and each step
    assert len((await personal.page(BOB, limit=1000)).items) == 5 * STEP
    await accounts.create(ANN, "Another Ann", None, ())
    assert not (await personal.page(ANN, limit=1000)).items


@pytest_twisted.ensureDeferred
async def test_what_a_crash_cut_off_is_finished_and_nobody_gets_the_name_before(
    sqlite_stores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts, personal, database = sqlite_stores.accounts, sqlite_stores.personal, sqlite_stores.database
    await accounts.create(ANN, "Ann", None, ())
    say(personal, 5 * STEP)
    await personal.file()
    with monkeypatch.context() as until_then:
        until_then.setattr(database, "write", Counted(database, 3))
        await accounts.delete(ANN)
        with pytest.raises(StoreUnavailable):
            await accounts.finish()
    assert not accounts.exists(ANN) and await accounts.get(ANN) is None
    left = len((await personal.page(ANN, limit=1000)).items)
    assert 0 < left < 5 * STEP
    with pytest.raises(StanzaError, match="removed just now"):
        await accounts.create(ANN, "Another Ann", None, ())
    await accounts.finish()
    assert not (await personal.page(ANN, limit=1000)).items
    await accounts.create(ANN, "Another Ann", None, ())
    await accounts.finish()
    assert accounts.exists(ANN)


@pytest_twisted.ensureDeferred
async def test_archives_of_domains_that_are_gone_can_be_removed(sqlite_stores: Any) -> None:
    personal = sqlite_stores.personal
    gone, alike = "kim@gone.example", "eve@notexample.org"
    say(personal, 2 * STEP + 1, ANN, gone)
    say(personal, 3, alike, gone)
    assert await personal.forget_other_domains(("example.org", "example.net")) == 2
    assert [len((await personal.page(jid, limit=1000)).items) for jid in (ANN, gone, alike)] == [2 * STEP + 1, 0, 0]
    assert await personal.forget_other_domains(("example.org",)) == 0


@pytest_twisted.ensureDeferred
async def test_what_is_kept_for_who_is_gone_meanwhile_is_nobodys(sqlite_stores: Any) -> None:
    accounts, account_xml = sqlite_stores.accounts, sqlite_stores.account_xml
    for jid in (ANN, BOB):
        await accounts.create(jid, "Somebody", None, ())
    await accounts.delete(ANN)
    await account_xml.set(ANN, {"vcard": b"<a/>"})
    await account_xml.set_each("last-login", {ANN: b"<a/>", BOB: b"<b/>"})
    await account_xml.set_each("last-login", {ANN: b"<a/>"})
    await account_xml.set("example.org", {"motd": b"<m/>"})
    assert await account_xml.all("vcard") == {}
    assert await account_xml.all("last-login") == {BOB: b"<b/>"}
    assert await account_xml.get("example.org", "motd") == b"<m/>"


@pytest_twisted.ensureDeferred
async def test_what_somebody_published_goes_with_them_at_once_and_nothing_is_published_afterwards(
    sqlite_stores: Any,
) -> None:
    accounts, nodes = sqlite_stores.accounts, sqlite_stores.pubsub_nodes
    item = PubSubItem("secret", ANN, b"<x xmlns='urn:x'/>")
    for jid in (ANN, BOB):
        await accounts.create(jid, "Somebody", None, ())
        await nodes.save(jid, "bookmarks", b"{}")
        await nodes.publish(jid, "bookmarks", item, 10)
    await accounts.delete(ANN)
    for _ in range(2):
        assert (await nodes.of(ANN), await nodes.items(ANN, "bookmarks")) == ({}, ())
        await nodes.save(ANN, "bookmarks", b"{}")  # by a request that was under way
        await nodes.publish(ANN, "bookmarks", item, 10)
    assert len(await nodes.items(BOB, "bookmarks")) == 1


@pytest_twisted.ensureDeferred
async def test_that_somebody_is_gone_is_known_until_it_was_told_whoever_has_the_name_by_then(
    sqlite_stores: Any,
) -> None:
    accounts, rosters = sqlite_stores.accounts, sqlite_stores.rosters
    friend = {BOB: RosterItem(BOB, subscription="both")}
    for jid in (ANN, BOB):
        await accounts.create(jid, "Somebody", None, ())
    await rosters.save(ANN, friend)
    await accounts.delete(ANN)
    await accounts.finish()
    await accounts.create(ANN, "Another Ann", None, ())
    assert await rosters.load(ANN) == {}
    later = Accounts(sqlite_stores.database, lambda: 0.0)  # as after a crash, or by another process
    await later.open()
    assert later.removed() == {ANN} and later.exists(ANN)
    assert await rosters.left_by(ANN) == friend
    await later.told(ANN)
    assert (later.removed(), await rosters.left_by(ANN)) == (frozenset(), {})
    again = Accounts(sqlite_stores.database, lambda: 0.0)
    await again.open()
    assert again.removed() == frozenset()
