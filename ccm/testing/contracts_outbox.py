"""Contract suite of :class:`ccm.interfaces.IOutbox`; fixtures ``outbox`` and ``clock``."""

from typing import Any

import pytest_twisted

from ccm.testing.contracts import together
from ccm.testing.moments import Moments

JOBS = (("mail", "m1", '{"to": 1}'), ("mail", "m2", '{"to": 2}'), ("publish", "p1", "{}"))


class OutboxContract:
    """Keys, leases, retries, parking."""

    @pytest_twisted.ensureDeferred
    async def test_jobs_are_claimed_by_kind_in_order(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS)
        claimed = await outbox.claim("mail", 10, 60)
        assert [(job.kind, job.key, job.payload) for job in claimed] == list(JOBS[:2])
        assert {job.attempts for job in claimed} == {0}
        assert {job.created for job in claimed} == {clock.moment()}

    @pytest_twisted.ensureDeferred
    async def test_a_claim_takes_no_more_than_its_limit(self, outbox: Any) -> None:
        await outbox.add(JOBS)
        assert [job.key for job in await outbox.claim("mail", 1, 60)] == ["m1"]
        assert [job.key for job in await outbox.claim("mail", 1, 60)] == ["m2"]
        assert await outbox.claim("mail", 1, 60) == ()

    @pytest_twisted.ensureDeferred
    async def test_a_second_job_of_a_key_is_not_made(self, outbox: Any) -> None:
        await outbox.add(JOBS[:1])
        await outbox.add((("mail", "m1", "other"), JOBS[1]))
        assert [job.payload for job in await outbox.claim("mail", 10, 60)] == ['{"to": 1}', '{"to": 2}']

    @pytest_twisted.ensureDeferred
    async def test_a_finished_job_keeps_its_key_and_is_not_claimed_again(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:1])
        await outbox.done((await outbox.claim("mail", 1, 60))[0].id, "250 taken")
        await outbox.add(JOBS[:1])
        clock.advance(3600)
        assert await outbox.claim("mail", 10, 60) == ()

    @pytest_twisted.ensureDeferred
    async def test_a_lease_that_ends_lets_others_claim(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:1])
        await outbox.claim("mail", 1, 60)
        clock.advance(59)
        assert await outbox.claim("mail", 1, 60) == ()
        clock.advance(2)
        assert [job.attempts for job in await outbox.claim("mail", 1, 60)] == [1]

    @pytest_twisted.ensureDeferred
    async def test_of_parallel_claims_each_job_goes_to_one(self, outbox: Any) -> None:
        await outbox.add([("mail", f"m{i}", "") for i in range(10)])
        claims = await together(*(outbox.claim("mail", 3, 60) for _ in range(6)))
        keys = [job.key for claim in claims for job in claim]
        assert sorted(keys) == sorted(f"m{i}" for i in range(10))

    @pytest_twisted.ensureDeferred
    async def test_a_retried_job_waits_its_time(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:1])
        await outbox.retry((await outbox.claim("mail", 1, 60))[0].id, 300, "450 later")
        clock.advance(299)
        assert await outbox.claim("mail", 1, 60) == ()
        clock.advance(1)
        assert [job.key for job in await outbox.claim("mail", 1, 60)] == ["m1"]

    @pytest_twisted.ensureDeferred
    async def test_a_parked_job_is_shown_with_its_reason_and_not_claimed(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:1])
        job = (await outbox.claim("mail", 1, 60))[0]
        await outbox.park(job.id, "401: the password is wrong")
        clock.advance(86_400)
        assert await outbox.claim("mail", 1, 60) == ()
        ((parked, why),) = await outbox.parked()
        assert (parked.id, parked.payload, why) == (job.id, job.payload, "401: the password is wrong")

    @pytest_twisted.ensureDeferred
    async def test_a_parked_job_can_be_started_anew_and_is_told_of(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:1])
        job = (await outbox.claim("mail", 1, 60))[0]
        assert not await outbox.revive("m1")
        await outbox.park(job.id, "401: the password is wrong")
        clock.advance(86_400)
        heard: list[str] = []
        outbox.listen("mail", lambda: heard.append("mail"))
        assert await outbox.revive("m1")
        assert heard == ["mail"]
        assert await outbox.parked() == ()
        (again,) = await outbox.claim("mail", 1, 60)
        assert (again.id, again.attempts, again.payload, again.created) == (job.id, 0, job.payload, clock.moment())
        assert not await outbox.revive("m1")

    @pytest_twisted.ensureDeferred
    async def test_released_jobs_are_claimed_at_once_and_others_keep_their_time(self, outbox: Any) -> None:
        await outbox.add(JOBS[:2])
        first, second = await outbox.claim("mail", 2, 600)
        await outbox.retry(second.id, 600, "421 later")
        await outbox.release()
        assert [job.id for job in await outbox.claim("mail", 5, 600)] == [first.id]

    @pytest_twisted.ensureDeferred
    async def test_jobs_that_are_not_finished_are_counted(self, outbox: Any) -> None:
        assert await outbox.counts() == {}
        await outbox.add(JOBS)
        first, second = await outbox.claim("mail", 2, 60)
        await outbox.park(first.id, "no")
        await outbox.done(second.id)
        assert await outbox.counts() == {("mail", "parked"): 1, ("publish", "waiting"): 1}

    @pytest_twisted.ensureDeferred
    async def test_jobs_are_looked_at_by_key_the_newest_that_goes_on_after_it(self, outbox: Any) -> None:
        await outbox.add([("publish", "git:t1:1", "{}"), ("publish", "git:t1:10", "{}")])
        found = await outbox.look(["git:t1:1", "blog:t1:1"])
        assert {key: (job.state, job.attempts, job.note) for key, job in found.items()} == {
            "git:t1:1": ("waiting", 0, "")
        }
        first = (await outbox.claim("publish", 1, 60))[0]
        assert (await outbox.look([first.key]))[first.key].attempts == 1
        await outbox.park(first.id, "401: the password is wrong")
        assert (await outbox.look([first.key]))[first.key].note == "401: the password is wrong"
        await outbox.add([("publish", "git:t1:1:r1", "{}")])
        assert (await outbox.look(["git:t1:1"]))["git:t1:1"].state == "waiting"

    @pytest_twisted.ensureDeferred
    async def test_listeners_hear_of_new_jobs_of_their_kind(self, outbox: Any) -> None:
        heard: list[str] = []
        end = outbox.listen("mail", lambda: heard.append("mail"))
        await outbox.add(JOBS[2:])
        assert heard == []
        await outbox.add(JOBS[:2])
        assert heard == ["mail"]
        end()
        end()
        await outbox.add((("mail", "m3", ""),))
        assert heard == ["mail"]

    @pytest_twisted.ensureDeferred
    async def test_a_job_is_taken_back_until_somebody_is_at_work_on_it(self, outbox: Any, clock: Moments) -> None:
        await outbox.add(JOBS[:2])
        assert await outbox.withdraw("m2")
        assert not await outbox.withdraw("m2")
        assert not await outbox.withdraw("unknown")
        (job,) = await outbox.claim("mail", 10, 60)
        assert not await outbox.withdraw("m1")
        assert not await outbox.waits("m1")
        assert await outbox.stands(("m1", "m2"))
        assert not await outbox.stands(("m2",))
        await outbox.retry(job.id, 30, "451 later")
        assert await outbox.waits("m1")
        assert await outbox.withdraw("m1")
        clock.advance(60)
        assert await outbox.claim("mail", 10, 60) == ()

    @pytest_twisted.ensureDeferred
    async def test_all_jobs_of_a_prefix_are_recalled_whatever_they_wait_for(self, outbox: Any) -> None:
        await outbox.add([("mail", f"outcome:t_1:1:{name}", "old") for name in ("a", "a:2", "given up", "at work")])
        await outbox.add([("mail", "outcome:tx1:1:a", "other"), ("mail", "outcome:t_1:10:a", "other")])
        claimed = {job.key.rpartition(":")[2]: job.id for job in await outbox.claim("mail", 10, 60)}
        await outbox.park(claimed["given up"], "550 never")
        for name, id_ in claimed.items():
            if name not in ("given up", "at work"):
                await outbox.retry(id_, 0, "451 later")
        keys = {f"outcome:t_1:1:{name}" for name in ("a", "a:2", "given up", "at work")}
        assert await outbox.recall("outcome:t_1:1:") == keys
        assert await outbox.recall("outcome:t_1:1:") == frozenset()
        assert not await outbox.revive("outcome:t_1:1:given up")
        await outbox.retry(claimed["at work"], 0, "451 later")
        assert {job.payload for job in await outbox.claim("mail", 10, 60)} == {"other"}
        await outbox.park(claimed["at work"], "550 never")
        assert await outbox.parked() == ()
