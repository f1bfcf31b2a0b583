"""The worker on the outbox: what it does with success, refusal and failure; its leases, pauses and its end."""

from datetime import UTC, datetime

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ccm.errors import CCMError, Rejected, Unavailable
from ccm.publish.outbox import OutboxOptions, OutboxWorker
from ccm.records import OutboxJob

OPTIONS = OutboxOptions(poll_seconds=2.0, lease_seconds=60.0, stop_seconds=10.0)


class Waiting:
    """An outbox in memory that notes what is done with its jobs. *created* is the age of its jobs."""

    def __init__(self, clock):
        self.clock = clock
        self.due = {}
        self.jobs = {}
        self.ended = {}
        self.pauses = []
        self.broken = False

    def put(self, *keys, created=None):
        for key in keys:
            id_ = len(self.jobs) + 1
            self.jobs[id_] = OutboxJob(id_, "mail", key, "{}", 0, created)
            self.due[id_] = self.clock.seconds()

    async def claim(self, kind, limit, lease_seconds):
        if self.broken:
            raise CCMError("the store is away")
        now = self.clock.seconds()
        ready = [id_ for id_, due in self.due.items() if due <= now and id_ not in self.ended][:limit]
        claimed = tuple(self.jobs[id_] for id_ in ready)
        for job in claimed:
            self.due[job.id] = now + lease_seconds
            self.jobs[job.id] = OutboxJob(job.id, job.kind, job.key, job.payload, job.attempts + 1, job.created)
        return claimed

    async def done(self, id_, note=""):
        self.ended[id_] = note

    async def retry(self, id_, seconds, why):
        self.pauses.append(seconds)
        self.due[id_] = self.clock.seconds() + seconds

    async def park(self, id_, why):
        self.ended[id_] = f"parked: {why}"


class Bench:
    """A worker with a clock. *answers* are given to its jobs in turn: a note, or an exception, or a Deferred."""

    def __init__(self, jitter=0.5, **options):
        self.clock = Clock()
        self.waiting = Waiting(self.clock)
        self.answers = []
        self.tried = []
        self.given_up = []
        self.put_back = []
        self.now = lambda: datetime.fromtimestamp(self.clock.seconds(), UTC)
        self.worker = OutboxWorker(
            "mail",
            self.waiting,
            self.deliver,
            self.clock,
            OutboxOptions(**{"poll_seconds": 2.0, "lease_seconds": 60.0, **options}),
            self.parked,
            self.now,
            lambda: jitter,
            self.delayed,
        )

    async def deliver(self, job):
        self.tried.append((job.key, self.clock.seconds()))
        answer = self.answers.pop(0) if self.answers else "done"
        if isinstance(answer, Exception):
            raise answer
        return await answer if isinstance(answer, Deferred) else answer

    async def parked(self, job, reason):
        self.given_up.append((job.key, reason))

    async def delayed(self, job, reason):
        self.put_back.append((job.key, reason))


@pytest.fixture
def bench():
    return Bench()


def test_jobs_are_done_in_order_and_noted(bench):
    bench.waiting.put("a", "b", "c")
    bench.worker.start()
    assert [key for key, _ in bench.tried] == ["a", "b", "c"]
    assert bench.waiting.ended == {1: "done", 2: "done", 3: "done"}


def test_a_new_job_is_found_by_the_poll_or_at_once_when_poked(bench):
    bench.worker.start()
    bench.waiting.put("a")
    bench.clock.advance(1.9)
    assert bench.tried == []
    bench.clock.advance(0.1)
    assert bench.waiting.ended == {1: "done"}
    bench.waiting.put("b")
    bench.worker.poke()
    assert bench.waiting.ended == {1: "done", 2: "done"}


def test_a_poke_while_it_works_is_not_lost(bench):
    slow = Deferred()
    bench.answers = [slow]
    bench.waiting.put("a")
    bench.worker.start()
    bench.worker.poke()
    bench.waiting.put("b")
    slow.callback("late")
    bench.clock.advance(0)
    assert bench.waiting.ended == {1: "late", 2: "done"}


def test_a_refusal_parks_the_job_and_is_told(bench):
    bench.answers = [Rejected("no such mailbox")]
    bench.waiting.put("a", "b")
    bench.worker.start()
    assert bench.waiting.ended == {1: "parked: no such mailbox", 2: "done"}
    assert bench.given_up == [("a", "no such mailbox")]


def test_failures_are_tried_again_with_growing_pauses_up_to_the_longest(bench):
    bench.answers = [Unavailable("busy") for _ in range(14)]
    bench.waiting.put("a")
    bench.worker.start()
    for _ in range(3000):
        bench.clock.advance(2)
    assert bench.waiting.pauses[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]
    assert max(bench.waiting.pauses) == 600
    assert bench.waiting.ended == {1: "done"}


def test_every_time_a_job_is_put_back_is_told(bench):
    bench.answers = [Unavailable("busy"), Unavailable("still busy"), Rejected("no such mailbox")]
    bench.waiting.put("a")
    bench.worker.start()
    for _ in range(4):
        bench.clock.advance(2)
    assert bench.put_back == [("a", "busy"), ("a", "still busy")]
    assert bench.given_up == [("a", "no such mailbox")]


@pytest.mark.parametrize(("jitter", "pause"), [(0.0, 0.8), (1.0, 1.2)])
def test_the_pause_is_spread_by_a_fifth_either_way(jitter, pause):
    bench = Bench(jitter)
    bench.answers = [Unavailable("busy")]
    bench.waiting.put("a")
    bench.worker.start()
    assert bench.waiting.pauses == [pytest.approx(pause)]


def test_what_the_other_side_asks_for_is_waited_at_least(bench):
    bench.answers = [Unavailable("busy", retry_after=90.0)]
    bench.waiting.put("a")
    bench.worker.start()
    assert bench.waiting.pauses == [90.0]


@pytest.mark.parametrize("asked", [99_999_999_999.0, float("inf")])
def test_what_the_other_side_asks_for_is_waited_an_hour_at_most(bench, asked):
    bench.answers = [Unavailable("busy", retry_after=asked)]
    bench.waiting.put("a")
    bench.worker.start()
    assert bench.waiting.pauses == [3600.0]


def test_a_job_that_failed_for_48_hours_is_parked_and_told(bench):
    bench.waiting.put("a", created=bench.now())
    bench.answers = [Unavailable("busy") for _ in range(400)]
    bench.worker.start()
    bench.clock.pump([300.0] * (47 * 12))
    assert bench.waiting.ended == {}
    bench.clock.pump([300.0] * 24)
    assert bench.waiting.ended == {1: "parked: given up after 48 hours: busy"}
    assert bench.given_up[0][0] == "a"


def test_a_flaw_of_our_own_puts_the_job_back_and_stops_nothing(bench, capsys):
    bench.answers = [ZeroDivisionError("oops")]
    bench.waiting.put("a", "b")
    bench.worker.start()
    assert bench.waiting.ended == {2: "done"}
    bench.clock.advance(2)
    assert bench.waiting.ended == {1: "done", 2: "done"}


def test_a_store_that_is_away_is_asked_again(bench):
    bench.waiting.put("a")
    bench.waiting.broken = True
    bench.worker.start()
    bench.waiting.broken = False
    bench.clock.advance(2)
    assert bench.waiting.ended == {1: "done"}


def test_a_job_is_given_up_for_now_before_its_lease_ends(bench):
    hanging = Deferred()
    bench.answers = [hanging]
    bench.waiting.put("a")
    bench.worker.start()
    bench.clock.advance(53.9)
    assert bench.waiting.pauses == []
    bench.clock.advance(0.2)
    assert bench.waiting.pauses == [1.0]
    bench.clock.advance(2)
    assert bench.waiting.ended == {1: "done"}
    assert len(bench.tried) == 2


def test_stopping_lets_the_job_at_hand_finish_and_leaves_the_rest(bench):
    slow, stopped = Deferred(), []
    bench.answers = [slow]
    bench.waiting.put("a", "b")
    bench.worker.start()
    Deferred.fromCoroutine(bench.worker.stop()).addCallback(stopped.append)
    assert stopped == []
    slow.callback("finished")
    assert stopped == [None]
    assert bench.waiting.ended == {1: "finished"}
    bench.worker.poke()
    bench.clock.advance(100)
    assert [key for key, _ in bench.tried] == ["a"]
    assert bench.clock.getDelayedCalls() == []


def test_stopping_does_not_wait_for_a_job_for_ever(bench):
    stopped = []
    bench.answers = [Deferred()]
    bench.waiting.put("a")
    bench.worker.start()
    Deferred.fromCoroutine(bench.worker.stop()).addCallback(stopped.append)
    bench.clock.advance(10)
    assert stopped == [None]
    assert bench.waiting.ended == {}
    assert bench.waiting.pauses == [1.0]


@pytest_twisted.ensureDeferred
async def test_on_the_real_outbox_a_job_is_delivered_once_and_a_parked_one_is_shown(sqlite_stores, clock):
    outbox = sqlite_stores.outbox
    await outbox.add([("mail", "good", "{}"), ("mail", "bad", "{}"), ("publish", "other", "{}")])
    seen, idle = [], Deferred()

    async def deliver(job):
        seen.append(job.key)
        if job.key == "bad":
            raise Rejected("never")
        return "ok"

    async def parked(job, reason):
        idle.callback(reason)

    worker = OutboxWorker("mail", outbox, deliver, Clock(), OPTIONS, parked)
    worker.start()
    assert await idle == "never"
    await worker.stop()
    assert seen == ["good", "bad"]
    assert [(job.key, why) for job, why in await outbox.parked()] == [("bad", "never")]
    clock.advance(3600)
    assert [job.key for job in await outbox.claim("mail", 10, 60)] == []
    assert [job.key for job in await outbox.claim("publish", 10, 60)] == ["other"]
