"""What only our own providers promise: ids across restarts, plans of queries, saved session state, migrations."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from ccm import records as r
from ccm.errors import StanzaError, StoreUnavailable
from ccm.store import upgrade
from ccm.store.archive import Archive
from ccm.store.embedded import EmbeddedState
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.schema import metadata
from ccm.store.stores import open_stores
from ccm.testing.moments import Moments


async def reopened(folder: Path, clock: Moments) -> Any:
    """The stores of a folder once more."""
    return await open_stores(reactor, StoreOptions(), StateOptions(), folder, host="example.org", now=clock.seconds)


@pytest_twisted.ensureDeferred
async def test_the_migrations_make_what_the_schema_says(stores: Any) -> None:
    words = ("document_words", "message_words")

    def differences(connection: Any) -> list[Any]:
        options = {
            "include_name": lambda name, kind, _parents: kind != "table" or not name.startswith(words),
            "include_object": lambda _object, name, kind, *_: kind != "index" or not name.startswith(words),
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    assert await stores.database.read(differences) == []


def test_the_newest_revision_is_named() -> None:
    scripts = ScriptDirectory(str(Path(upgrade.__file__).parent / "migrations"))
    assert scripts.get_current_head() == upgrade.NEWEST


@pytest_twisted.ensureDeferred
async def test_ids_rise_across_a_restart_though_the_clock_went_back(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    last = sqlite_stores.archive.next_id()
    await sqlite_stores.close()
    clock.advance(-86_400)
    again = await reopened(tmp_path, clock)
    assert again.archive.next_id() > last
    await again.close()


@pytest_twisted.ensureDeferred
async def test_ids_rise_after_a_crash_though_the_clock_went_back(sqlite_stores: Any, clock: Moments) -> None:
    first = sqlite_stores.archive
    given = [first.next_id()]
    for _ in range(5):
        clock.advance(8)
        given.append(first.next_id())
    message = r.Archived(given[-1], "a@x", "b@x", "b@x", clock.moment(), b"<message/>")
    await first.append(message)
    clock.advance(-86_400)
    second = Archive(sqlite_stores.database, clock.seconds)  # nobody closed the first
    await second.open()
    assert second.next_id() > max(given)


@pytest_twisted.ensureDeferred
async def test_clean_restarts_do_not_run_ahead_of_the_clock(sqlite_stores: Any, tmp_path: Path, clock: Moments) -> None:
    stores = sqlite_stores
    for _ in range(5):
        stores.archive.next_id()
        await stores.close()
        stores = await reopened(tmp_path, clock)
    assert int(stores.archive.next_id()[:14], 16) / 1e6 - clock.seconds() < 1
    await stores.close()


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"before": ""},
        {"with_": "bob@x.example"},
        {"start": Moments().moment(), "end": Moments().moment(60)},
        {"before": "", "end": Moments().moment()},
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_page_reads_a_stretch_of_an_index_and_sorts_nothing(sqlite_stores: Any, filters: Any) -> None:
    plans: list[str] = []

    class Spy:
        dialect = "sqlite"

        def read(self, query: Any) -> Any:
            def explained(connection: Any) -> Any:
                connection.connection.driver_connection.set_trace_callback(statements.append)
                page = query(connection)
                connection.connection.driver_connection.set_trace_callback(None)
                for statement in statements:
                    if statement.startswith("SELECT archive.owner"):
                        rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement.replace("%", "%%"))
                        plans.extend(row[3] for row in rows)
                return page

            statements: list[str] = []
            return sqlite_stores.database.read(explained)

    await Archive(Spy(), Moments().seconds).page("ann@x.example", **filters)  # type: ignore[arg-type]
    assert plans
    assert all("SEARCH archive USING" in plan for plan in plans), plans
    assert not any("TEMP B-TREE" in plan or "SCAN" in plan for plan in plans), plans


@pytest_twisted.ensureDeferred
async def test_too_many_ids_at_once_are_refused(sqlite_stores: Any) -> None:
    with pytest.raises(StanzaError) as caught:
        await sqlite_stores.archive.page("a@x", ids=tuple(str(i) for i in range(1000)))
    assert caught.value.condition == "policy-violation"


@pytest_twisted.ensureDeferred
async def test_an_account_made_by_another_process_is_noticed(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    other = await reopened(tmp_path, clock)
    await other.accounts.create("ann@example.org", "Ann", None, ())
    await other.accounts.create("bob@example.org", "Bob", None, ())
    mine = sqlite_stores.accounts
    assert await mine.find("ann") is not None
    assert mine.exists("ann@example.org")
    assert not mine.exists("bob@example.org")
    await mine.refresh()
    assert mine.exists("bob@example.org")
    await other.accounts.delete("bob@example.org")
    await mine.refresh()
    assert not mine.exists("bob@example.org")
    await other.close()


@pytest_twisted.ensureDeferred
async def test_nobody_takes_another_accounts_name_to_sign_in_with(sqlite_stores: Any) -> None:
    accounts = sqlite_stores.accounts
    await accounts.create("ann@example.org", "Ann", "cid@example.org", ())
    for jid, email in (("bob@example.org", "ann@example.org"), ("cid@example.org", None)):
        with pytest.raises(StanzaError) as caught:
            await accounts.create(jid, "B", email, ())
        assert caught.value.condition == "conflict"
    await accounts.create("dan@example.org", "Dan", "dan@example.org", ())


@pytest_twisted.ensureDeferred
async def test_a_localpart_of_two_domains_means_the_host(sqlite_stores: Any) -> None:
    for domain in ("other.example", "example.org"):
        await sqlite_stores.accounts.create(f"ann@{domain}", domain, None, ())
    await sqlite_stores.accounts.create("bob@other.example", "Bob", None, ())
    assert (await sqlite_stores.accounts.find("ann")).jid == "ann@example.org"
    assert (await sqlite_stores.accounts.find("bob")).jid == "bob@other.example"


@pytest_twisted.ensureDeferred
async def test_session_state_comes_back_without_what_expired(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    state = sqlite_stores.state
    await state.set("value", b"\x00\xff")
    await state.set("short", b"1", 10)
    await state.set("long", b"2", 1000)
    await state.hash_set("hash", "field", b"3", 1000)
    await state.set("gone", b"4")
    await state.delete("gone")
    await sqlite_stores.close()
    clock.advance(11)
    stores = await reopened(tmp_path, clock)
    again = stores.state
    assert sorted(await again.keys("")) == ["hash", "long", "value"]
    assert (await again.get("value"), await again.get("long")) == (b"\x00\xff", b"2")
    assert await again.hash_all("hash") == {"field": b"3"}
    clock.advance(1000)
    assert await again.keys("") == ("value",)
    await stores.close()


@pytest_twisted.ensureDeferred
async def test_session_state_is_saved_once_for_many_changes_and_again_if_that_failed(
    sqlite_stores: Any, clock: Moments
) -> None:
    from twisted.internet.defer import Deferred

    class Slow:
        def __init__(self) -> None:
            self.writes: list[tuple[Any, Deferred[None]]] = []

        def write(self, change: Any) -> "Deferred[None]":
            self.writes.append((change, Deferred()))
            return self.writes[-1][1]

    slow, timers = Slow(), Clock()
    state = EmbeddedState(slow, timers, clock.seconds, 0.05)  # type: ignore[arg-type]
    for value in range(100):
        await state.set("key", b"%d" % value)
    timers.advance(0.06)
    assert len(slow.writes) == 1
    await state.set("key", b"newest")
    timers.advance(10)
    assert len(slow.writes) == 1, "one save in flight at most"
    slow.writes[0][1].errback(StoreUnavailable("no"))
    timers.advance(1.1)
    change, done = slow.writes[1]
    await sqlite_stores.database.write(change)
    done.callback(None)
    saved = text("SELECT value FROM state WHERE key = 'key'")
    assert await sqlite_stores.database.read(lambda c: c.execute(saved).scalars().all()) == [b"newest"]
    timers.advance(1)
    assert len(slow.writes) == 2


@pytest_twisted.ensureDeferred
async def test_session_state_is_saved_again_after_an_error_that_nobody_expected(clock: Moments) -> None:
    from twisted.internet.defer import Deferred

    class Faulty:
        def __init__(self) -> None:
            self.writes: list[Deferred[None]] = []

        def write(self, _change: Any) -> "Deferred[None]":
            self.writes.append(Deferred())
            return self.writes[-1]

    faulty, timers = Faulty(), Clock()
    state = EmbeddedState(faulty, timers, clock.seconds, 0.05)  # type: ignore[arg-type]
    await state.set("key", b"1")
    timers.advance(0.06)
    with capturedLogs() as logs:
        faulty.writes[0].errback(TypeError("no row"))
    assert [type(event["log_failure"].value) for event in logs] == [TypeError]
    timers.advance(1.1)
    faulty.writes[1].callback(None)
    await state.set("key", b"2")
    settling = Deferred.fromCoroutine(state.settle())
    faulty.writes[2].errback(TypeError("no row"))
    with pytest.raises(TypeError):
        await settling
    timers.advance(0.06)
    faulty.writes[3].callback(None)
    timers.advance(5)
    assert len(faulty.writes) == 4


@pytest_twisted.ensureDeferred
async def test_session_state_is_bounded(clock: Moments) -> None:
    state = EmbeddedState(None, Clock(), clock.seconds, max_keys=2)  # type: ignore[arg-type]
    await state.set("one", b"")
    await state.hash_set("two", "f", b"")
    with pytest.raises(StoreUnavailable, match="max_keys"):
        await state.set("three", b"")
    await state.set("one", b"again")
    await state.delete("two")
    await state.set("three", b"")


@pytest_twisted.ensureDeferred
async def test_a_copy_of_the_files_is_whole_at_any_time(sqlite_stores: Any, tmp_path: Path, clock: Moments) -> None:
    await sqlite_stores.accounts.create("ann@example.org", "Ann", None, ())
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in tmp_path.glob("ccm.sqlite*"):
        shutil.copy(path, copy)
    stores = await reopened(copy, clock)
    assert stores.accounts.exists("ann@example.org")
    await stores.close()


@pytest_twisted.ensureDeferred
async def test_one_new_key_of_the_session_state_is_settled_like_any_other(
    sqlite_stores: Any, tmp_path: Path, clock: Moments
) -> None:
    database = sqlite_stores.database
    state = EmbeddedState(database, Clock(), clock.seconds)
    everything = text("SELECT key, field, value FROM state ORDER BY key, field")

    async def saved() -> list[tuple[Any, ...]]:
        await state.settle()
        return [tuple(row) for row in await database.read(lambda c: c.execute(everything).all())]

    await state.set("one", b"1", 60)
    assert await saved() == [("one", "", b"1")]
    await state.set("one", b"2")
    await state.set("two", b"2")
    assert await saved() == [("one", "", b"2"), ("two", "", b"2")]
    await state.delete("one")
    await state.set("one", b"3")
    await state.delete("two")
    assert await saved() == [("one", "", b"3")]
    await state.hash_set("three", "field", b"4")
    assert len(await saved()) == 2
    await state.set("three", b"5")
    assert await saved() == [("one", "", b"3"), ("three", "", b"5")]
    await state.set("four", b"6")
    await state.delete("four")
    assert len(await saved()) == 2
