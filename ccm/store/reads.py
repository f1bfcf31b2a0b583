"""
Queries on reader threads. Those of one turn of the reactor share a thread's attention and a transaction, since getting
to a thread and back costs more than most of them; each still succeeds or fails by itself.

A query never sees a state older than the moment it was asked: only what waited before a transaction began is in it.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from ccm.errors import StoreUnavailable
from ccm.store.engines import is_broken
from ccm.threads import Threads

T = TypeVar("T")
Query = Callable[[Connection], Any]

#: So many share a transaction at most: one that takes long delays no more than the few beside it.
TOGETHER = 8


class Reads:
    """
    :param reactor: ``callLater`` and ``callFromThread``.
    :param threads: started and stopped by their owner.
    :param limit: queries that may wait; more are refused.
    """

    def __init__(self, reactor: Any, engine: Engine, threads: Threads, limit: int) -> None:
        self._reactor = reactor
        self._engine = engine
        self._threads = threads
        self._limit = limit
        self._open = 0
        self._turn: list[tuple[Query, Deferred[Any]]] = []

    def ask(self, query: Callable[[Connection], T]) -> "Deferred[T]":
        """:returns: the query's result; fails with ``StoreUnavailable`` if too many wait or the database is broken."""
        if self._open >= self._limit:
            return fail(StoreUnavailable("Too many queries wait for the store. Try again later."))
        self._open += 1
        done: Deferred[T] = Deferred()
        self._turn.append((query, done))
        if len(self._turn) == 1:
            self._reactor.callLater(0, self.send)
        return done

    def send(self) -> None:
        """Let the threads have what was asked in this turn."""
        turn, self._turn = self._turn, []
        for start in range(0, len(turn), TOGETHER):
            self._threads.callInThread(self._run, turn[start : start + TOGETHER])

    def _run(self, part: Sequence[tuple[Query, "Deferred[Any]"]]) -> None:
        answers = _answers(self._engine, [query for query, _ in part])
        self._reactor.callFromThread(self._deliver, part, answers)

    def _deliver(self, part: Sequence[tuple[Query, "Deferred[Any]"]], answers: Sequence[Any]) -> None:
        self._open -= len(part)
        for (_, done), answer in zip(part, answers, strict=True):
            if not done.called:
                done.callback(answer)  # a Failure makes it an errback


def _answers(engine: Engine, queries: Sequence[Query]) -> list[Any]:
    """For each query its result or a Failure; one that fails has the later ones begin a new transaction."""
    answers: list[Any] = []
    while len(answers) < len(queries):
        try:
            with engine.connect() as connection, connection.begin():
                for query in queries[len(answers) :]:
                    answers.append(query(connection))
        except Exception as error:
            left = len(queries) - len(answers)
            if is_broken(error):
                why = StoreUnavailable(f"The store cannot be read now: {error}")
                why.__cause__ = error
                answers += [Failure(why) for _ in range(left)]
            elif left:
                answers.append(Failure())
    return answers
