"""Reads of one turn share a transaction; each succeeds or fails by itself, and too many are refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import event, text
from sqlalchemy.pool import QueuePool
from twisted.internet import reactor
from twisted.internet.defer import DeferredList, gatherResults

from ccm.errors import StoreUnavailable
from ccm.store.engines import reader_engine
from ccm.store.options import StoreOptions
from ccm.store.reads import TOGETHER, TURN_SECONDS, Reads
from ccm.threads import Threads


@pytest_twisted.async_yield_fixture
async def reads(tmp_path: Path) -> AsyncIterator[Reads]:
    (tmp_path / "ccm.sqlite").touch()
    threads = Threads(1, 2, "reads of a test")
    threads.start()
    engine = reader_engine(StoreOptions(), tmp_path)
    assert isinstance(engine.pool, QueuePool)
    yield Reads(reactor, engine, threads, 20)
    threads.stop()
    engine.dispose()


def count(reads: Reads) -> list[Any]:
    begun: list[Any] = []
    event.listen(reads._engine, "begin", begun.append)
    return begun


def number(n: int) -> Any:
    return lambda connection: connection.execute(text(f"SELECT {n}")).scalar()


@pytest_twisted.ensureDeferred
async def test_the_reads_of_one_turn_share_transactions(reads: Reads) -> None:
    begun = count(reads)
    answers = await gatherResults([reads.ask(number(n)) for n in range(TOGETHER + 1)])
    assert answers == list(range(TOGETHER + 1))
    assert len(begun) == 2


@pytest_twisted.ensureDeferred
async def test_one_that_fails_hurts_none_beside_it(reads: Reads) -> None:
    def wrong(_: object) -> None:
        raise KeyError("nothing there")

    asked = [reads.ask(number(1)), reads.ask(wrong), reads.ask(number(3))]
    (one, (failed, why), three) = await DeferredList(asked, consumeErrors=True)
    assert (one, three) == ((True, 1), (True, 3))
    assert not failed
    assert why.check(KeyError)


@pytest_twisted.ensureDeferred
async def test_too_many_at_once_are_refused_and_later_ones_taken(reads: Reads) -> None:
    asked = [reads.ask(number(n)) for n in range(20)]
    with pytest.raises(StoreUnavailable, match="Try again later"):
        await reads.ask(number(20))
    await gatherResults(asked)
    assert await reads.ask(number(21)) == 21


@pytest_twisted.ensureDeferred
async def test_who_no_longer_waits_is_let_go(reads: Reads) -> None:
    first, second = reads.ask(number(1)), reads.ask(number(2))
    first.addErrback(lambda _: None)
    first.cancel()
    assert await second == 2
    assert await reads.ask(number(3)) == 3


@pytest_twisted.ensureDeferred
async def test_others_have_their_turn_between_answers_whose_askers_do_much(reads: Reads) -> None:
    seen: list[Any] = []

    def work(answer: int) -> None:
        until = reactor.seconds() + 2 * TURN_SECONDS
        if not answer:
            reactor.callLater(0, seen.append, "another")
        while reactor.seconds() < until:
            pass
        seen.append(answer)

    await gatherResults([reads.ask(number(n)).addCallback(work) for n in range(4)])
    assert seen[:3] == [0, "another", 1]
    assert [each for each in seen if each != "another"] == [0, 1, 2, 3]


@pytest_twisted.ensureDeferred
async def test_what_several_ask_for_in_one_turn_is_looked_up_once(reads: Reads) -> None:
    looked: list[int] = []

    def look(connection: Any) -> int:
        looked.append(1)
        return len(looked)

    asked = [reads.ask(look, ("thing", 1)), reads.ask(look, ("thing", 1)), reads.ask(look, ("thing", 2))]
    asked.append(reads.ask(look))
    assert await gatherResults(asked) == [1, 1, 2, 3]
    assert await reads.ask(look, ("thing", 1)) == 4, "an answer is of its own turn alone"


@pytest_twisted.ensureDeferred
async def test_one_who_asked_for_the_same_may_go_away(reads: Reads) -> None:
    first, second = reads.ask(number(1), "one"), reads.ask(number(1), "one")
    first.addErrback(lambda _: None)
    first.cancel()
    assert await second == 1


@pytest_twisted.ensureDeferred
async def test_all_who_asked_for_the_same_hear_why_it_fails(reads: Reads) -> None:
    def wrong(_: object) -> None:
        raise KeyError("nothing there")

    asked = [reads.ask(wrong, "wrong"), reads.ask(wrong, "wrong"), reads.ask(number(3))]
    one, two, three = await DeferredList(asked, consumeErrors=True)
    assert three == (True, 3)
    for failed, why in (one, two):
        assert not failed
        assert why.check(KeyError)


@pytest_twisted.ensureDeferred
async def test_those_who_ask_for_the_same_count_as_many(reads: Reads) -> None:
    asked = [reads.ask(number(1), "one") for _ in range(20)]
    with pytest.raises(StoreUnavailable, match="Try again later"):
        await reads.ask(number(1), "one")
    assert await gatherResults(asked) == [1] * 20
