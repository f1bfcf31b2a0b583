"""Messages enter two indexes of the rooms' archive after the fact; whoever asks finds them before and after."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import text
from twisted.internet.task import Clock

from ccm.records import Archived
from ccm.store.archive import Archive
from ccm.store.message_index import MessageIndex
from ccm.store.room_filing import at_once

ROOM, KIM, TOM = "r@conference.example.org", "kim@example.org", "tom@example.org"


async def say(stores: Any, who: str, origin: str | None = None) -> str:
    id_ = stores.archive.next_id()
    nick = f"{ROOM}/{who.partition('@')[0].title()}"
    at = datetime.now(UTC) - timedelta(minutes=1)
    await stores.archive.append(Archived(id_, ROOM, nick, who, at, b"<message><body>a</body></message>", origin))
    return str(id_)


async def catch_up(stores: Any, rows: int = 100) -> None:
    index = MessageIndex(stores.database)
    while await index.advance(rows):
        pass


async def unfiled(stores: Any) -> int:
    count = text("SELECT COUNT(*) FROM archive WHERE NOT filed")
    return int(await stores.database.read(lambda connection: connection.execute(count).scalar()))


async def of_kim(stores: Any, **more: Any) -> list[str]:
    """All pages of three, in the order asked for."""
    found: list[str] = []
    backwards = "before" in more
    while True:
        page = await stores.archive.page(ROOM, with_=f"{ROOM}/Kim", limit=3, **more)
        ids = [item.id for item in page.items]
        found = ids + found if backwards else found + ids
        if page.complete:
            return found
        more = {"before": ids[0]} if backwards else {"after": ids[-1]}


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("filed", [0, 9, 20])
async def test_pages_of_one_occupant_go_across_the_border(stores: Any, filed: int) -> None:
    said = []
    for number in range(20):
        if number == filed:
            await catch_up(stores)
        said.append(await say(stores, KIM if number % 2 else TOM))
    if filed == 20:
        await catch_up(stores)
    assert await unfiled(stores) == (0 if at_once(stores.database.dialect) else 20 - filed)
    assert await of_kim(stores) == said[1::2]
    assert await of_kim(stores, before="") == said[1::2]
    counted = await stores.archive.page(ROOM, with_=f"{ROOM}/Kim", limit=0)
    assert counted.total == 10


@pytest_twisted.ensureDeferred
async def test_what_was_sent_before_is_known_before_and_after(stores: Any) -> None:
    first = await say(stores, KIM, "o1")
    assert await stores.archive.seen_origin(ROOM, KIM, "o1") == first
    await catch_up(stores)
    second = await say(stores, KIM, "o2")
    assert await stores.archive.seen_origin(ROOM, KIM, "o1") == first
    assert await stores.archive.seen_origin(ROOM, KIM, "o2") == second
    assert await stores.archive.seen_origin(ROOM, TOM, "o2") is None


@pytest_twisted.ensureDeferred
async def test_rows_that_were_numbered_anew_enter_all_the_same(sqlite_stores: Any) -> None:
    stores = sqlite_stores
    for _ in range(6):
        await say(stores, TOM)
    await catch_up(stores)

    def renumbered(connection: Any) -> None:
        connection.execute(text("DELETE FROM archive WHERE rowid < 5"))
        connection.execute(text("UPDATE archive SET rowid = rowid - 4"))  # as VACUUM may

    await stores.database.write(renumbered)
    await say(stores, KIM)
    await catch_up(stores, 2)
    assert await unfiled(stores) == 0


@pytest_twisted.ensureDeferred
async def test_a_message_by_itself_writes_three_pages(sqlite_stores: Any, tmp_path: Any) -> None:
    (log,) = tmp_path.rglob("*-wal")
    for _ in range(20):
        await say(sqlite_stores, KIM, "o")
    before = log.stat().st_size
    for number in range(100):
        await say(sqlite_stores, KIM, f"o{number}")
    assert (log.stat().st_size - before) / (24 + 4096) / 100 < 3.5


@pytest_twisted.ensureDeferred
async def test_a_search_for_what_was_sent_before_reads_stretches_of_indexes(sqlite_stores: Any) -> None:
    statements, plans = list[str](), list[str]()

    class Spy:
        dialect = "sqlite"

        async def read(self, query: Any) -> Any:
            def explained(connection: Any) -> Any:
                driver = connection.connection.driver_connection
                driver.set_trace_callback(statements.append)
                found = query(connection)
                driver.set_trace_callback(None)
                for each in statements:
                    if "FROM archive" in each:
                        plans.extend(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {each}"))
                return found

            return await sqlite_stores.database.read(explained)

    await Archive(Spy(), Clock().seconds).seen_origin(ROOM, KIM, "o1")  # type: ignore[arg-type]
    assert [plan.split("USING ")[1] for plan in plans] == [
        "INDEX archive_origin (owner=? AND origin_id=?)",
        "INDEX sqlite_autoindex_archive_1 (owner=? AND id>?)",
    ]
