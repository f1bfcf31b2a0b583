"""
Queries on reader threads. Those of one turn of the reactor share a thread's attention and a transaction, since getting
to a thread and back costs more than most of them; each still succeeds or fails by itself.

Answers are handed out for a few milliseconds in each turn: those who asked go on at once with what they do, and others
must have their turn. A query never sees a state older than the moment it was asked: only what waited before a
transaction began is in it. What several ask for in one turn under the same key is looked up once.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeVar

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
#: So long answers are handed out in one turn of the reactor.
TURN_SECONDS = 0.003


class _Asked(NamedTuple):
    query: Query
    waiting: list["Deferred[Any]"]


class Reads:
    """
    :param reactor: ``seconds``, ``callLater`` and ``callFromThread``.
    :param threads: started and stopped by their owner.
    :param limit: queries that may wait; more are refused.
    """

    def __init__(self, reactor: Any, engine: Engine, threads: Threads, limit: int) -> None:
        self._reactor = reactor
        self._engine = engine
        self._threads = threads
        self._limit = limit
        self._open = 0
        self._turn: list[_Asked] = []
        self._keyed: dict[Hashable, _Asked] = {}  # of those in this turn
        self._answered: deque[tuple[Deferred[Any], Any]] = deque()

    def ask(self, query: Callable[[Connection], T], key: Hashable = None) -> "Deferred[T]":
        """
        :param key: the same for queries with the same answer, which must not be changed then.
        :returns: the query's result; fails with ``StoreUnavailable`` if too many wait or the database is broken.
        """
        if self._open >= self._limit:
            return fail(StoreUnavailable("Too many queries wait for the store. Try again later."))
        self._open += 1
        done: Deferred[T] = Deferred()
        known = self._keyed.get(key) if key is not None else None
        if known is not None:
            known.waiting.append(done)
            return done
        asked = _Asked(query, [done])
        self._turn.append(asked)
        if key is not None:
            self._keyed[key] = asked
        if len(self._turn) == 1:
            self._reactor.callLater(0, self.send)
        return done

    def send(self) -> None:
        """Let the threads have what was asked in this turn."""
        turn, self._turn, self._keyed = self._turn, [], {}
        for start in range(0, len(turn), TOGETHER):
            self._threads.callInThread(self._run, turn[start : start + TOGETHER])

    def _run(self, part: Sequence["_Asked"]) -> None:
        answers = _answers(self._engine, [asked.query for asked in part])
        self._reactor.callFromThread(self._deliver, part, answers)

    def _deliver(self, part: Sequence["_Asked"], answers: Sequence[Any]) -> None:
        waiting = bool(self._answered)
        for asked, answer in zip(part, answers, strict=True):
            self._answered.extend((done, answer) for done in asked.waiting)
        if not waiting:
            self._hand_out()

    def _hand_out(self) -> None:
        """In the order of their coming; what is left then stays in its place until the next turn."""
        until = self._reactor.seconds() + TURN_SECONDS
        answered = self._answered
        while answered:
            done, answer = answered[0]
            self._open -= 1
            if not done.called:
                done.callback(answer)  # a Failure makes it an errback
            answered.popleft()
            if answered and self._reactor.seconds() >= until:
                self._reactor.callLater(0, self._hand_out)
                return


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
