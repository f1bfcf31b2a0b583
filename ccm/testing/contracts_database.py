"""Contract suite of :class:`ccm.interfaces.IDatabase`; fixture ``database``, whose schema is that of CCM."""

from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import text
from twisted.internet.defer import gatherResults

INSERT = "INSERT INTO marks (name, value) VALUES (?, ?)"


class DatabaseContract:
    """Order, isolation of failures, and when results come."""

    @staticmethod
    async def marks(database: Any) -> dict[str, int]:
        """What is on disk."""
        rows = await database.read(lambda connection: connection.execute(text("SELECT name, value FROM marks")).all())
        return {row.name: row.value for row in rows if " " not in row.name}

    @pytest_twisted.ensureDeferred
    async def test_what_was_written_is_read(self, database: Any) -> None:
        def change(connection: Any) -> str:
            connection.execute(text("INSERT INTO marks (name, value) VALUES ('a', 1)"))
            return "done"

        assert await database.write(change) == "done"
        await database.append(INSERT, ("b", 2))
        assert await self.marks(database) == {"a": 1, "b": 2}

    @pytest_twisted.ensureDeferred
    async def test_a_change_that_fails_takes_nothing_with_it(self, database: Any) -> None:
        def broken(connection: Any) -> None:
            connection.execute(text("INSERT INTO marks (name, value) VALUES ('lost', 1)"))
            raise LookupError("mine")

        before = database.append(INSERT, ("before", 1))
        failing = database.write(broken)
        after = database.append(INSERT, ("after", 2))
        with pytest.raises(LookupError, match="mine"):
            await failing
        await gatherResults([before, after])
        assert await self.marks(database) == {"before": 1, "after": 2}

    @pytest_twisted.ensureDeferred
    async def test_a_row_that_fails_leaves_the_rows_of_its_batch(self, database: Any) -> None:
        results = [database.append(INSERT, (name, 1)) for name in ("a", "b", "a", "c")]
        results[2].addErrback(lambda failure: failure.type.__name__)
        outcomes = await gatherResults(results)
        assert "IntegrityError" in outcomes[2] or "UniqueViolation" in outcomes[2]
        assert [outcomes[index] for index in (0, 1, 3)] == [None, None, None]
        assert await self.marks(database) == {"a": 1, "b": 1, "c": 1}

    @pytest_twisted.ensureDeferred
    async def test_jobs_run_and_answer_in_the_order_of_the_calls(self, database: Any) -> None:
        answered: list[int] = []
        jobs = []
        for index in range(600):
            if index % 7:
                job = database.append(INSERT, (f"m{index}", index))
            else:
                job = database.write(
                    lambda c, i=index: c.execute(text(f"SELECT count(*) + {i} * 0 FROM marks")).scalar()
                )
                job.addCallback(lambda count, i=index: answered.append(-1) if count < i - i // 7 - 1 else None)
            jobs.append(job.addCallback(lambda _, i=index: answered.append(i)))
        await gatherResults(jobs)
        assert answered == list(range(600))

    @pytest_twisted.ensureDeferred
    async def test_a_barrier_fires_after_all_that_was_queued_before_it(self, database: Any) -> None:
        assert database.barrier() is None
        answered: list[str] = []
        database.append(INSERT, ("a", 1)).addCallback(lambda _: answered.append("a"))
        first = database.barrier()
        database.append(INSERT, ("b", 2)).addCallback(lambda _: answered.append("b"))
        second = database.barrier()
        assert first is not None
        assert second is not None
        first.addCallback(lambda _: answered.append("first"))
        await second
        assert answered.index("a") < answered.index("first")
        assert set(answered) == {"a", "first", "b"}
        assert await self.marks(database) == {"a": 1, "b": 2}
        assert database.barrier() is None

    @pytest_twisted.ensureDeferred
    async def test_a_change_that_fails_on_its_own_does_not_break_a_barrier(self, database: Any) -> None:
        def broken(_connection: Any) -> None:
            raise LookupError("mine")

        failing = database.write(broken)
        barrier = database.barrier()
        with pytest.raises(LookupError):
            await failing
        if barrier is not None:
            await barrier

    @pytest_twisted.ensureDeferred
    async def test_a_query_cannot_write(self, database: Any) -> None:
        with pytest.raises(Exception, match=r"read.?only|query_only"):
            await database.read(lambda c: c.execute(text("INSERT INTO marks (name, value) VALUES ('x', 1)")))
        assert await self.marks(database) == {}

    @pytest_twisted.ensureDeferred
    async def test_a_question_mark_stands_for_a_value_of_any_kind(self, database: Any) -> None:
        values = ("k%s", "f?'", b"\x00\xff", None)
        await database.append("INSERT INTO state (key, field, value, expires) VALUES (?, ?, ?, ?)", values)
        row = await database.read(lambda c: c.execute(text("SELECT key, field, value, expires FROM state")).one())
        assert (row.key, row.field, bytes(row.value), row.expires) == values

    @pytest_twisted.ensureDeferred
    async def test_what_nobody_waits_for_is_on_disk_when_a_barrier_or_another_write_is(self, database: Any) -> None:
        statement = "INSERT INTO marks (name, value) VALUES (?, ?)"
        database.post(statement, ("one", 1))
        barrier = database.barrier()
        assert barrier is not None
        await barrier
        assert set(await self.marks(database)) == {"one"}
        database.post(statement, ("two", 1))
        await database.append(statement, ("three", 1))
        assert len(await self.marks(database)) == 3
