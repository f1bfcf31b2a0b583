"""Contract of invitees, as :class:`ccm.interfaces.ITopics` keeps them; fixtures ``topics outbox clock``."""

from dataclasses import replace
from typing import Any

import pytest_twisted

from ccm import records as r
from ccm.testing.moments import Moments


class InviteesContract:
    """For :class:`ccm.interfaces.ITopics`, those invited."""

    @staticmethod
    def guest(id_: str = "i1", **fields: Any) -> r.Invitee:
        """Kim, invited by Ann."""
        values: dict[str, Any] = {
            "topic": "t1",
            "address": "Kim@mail.example",
            "name": "Kim",
            "inviter": "ann@example.org",
            "state": "offered",
            "token_hash": f"hash {id_}".encode(),
        }
        return r.Invitee(id=id_, **{**values, **fields})

    @pytest_twisted.ensureDeferred
    async def test_invitees_keep_the_order_of_invitation(self, topics: Any, clock: Moments) -> None:
        guests = [self.guest("i2", expires=clock.moment(60)), self.guest("i1", token_hash=b""), self.guest("i3")]
        for guest in guests:
            await topics.save_invitee(guest)
        guests[0] = replace(guests[0], state="joined", jid="kim@example.org", reason="", token_hash=b"new")
        await topics.save_invitee(guests[0])
        assert await topics.invitees("t1") == tuple(guests)
        assert await topics.invitee("i2") == await topics.invitee_by_token(b"new") == guests[0]
        assert await topics.invitee_by_token(b"hash i2") == guests[0]  # the link of an earlier mail
        assert await topics.invitee_by_token(b"other") is await topics.invitee_by_token(b"") is None
        await topics.save_invitee(replace(guests[0], token_hash=b""))
        assert await topics.invitee_by_token(b"hash i2") is await topics.invitee_by_token(b"new") is None

    @pytest_twisted.ensureDeferred
    async def test_what_a_calendar_was_told_is_kept(self, topics: Any, clock: Moments) -> None:
        told = r.Told(3, "Licence audit", clock.moment(60), clock.moment())
        answers_by = "abc"
        guest = self.guest(mail_token=answers_by, shift=2, told=told)
        await topics.save_invitee(guest)
        await topics.save_invitee(self.guest("i2", told=replace(told, start=None)))
        assert await topics.invitee_by_mail_token("abc") == guest
        assert (await topics.invitee("i2")).told.start is None
        assert await topics.invitee_by_mail_token("") is await topics.invitee_by_mail_token("other") is None

    @pytest_twisted.ensureDeferred
    async def test_a_mark_changes_what_it_names_and_only_in_the_right_state(self, topics: Any) -> None:
        await topics.save_invitee(self.guest())
        marked = await topics.mark_invitee("i1", ("offered",), state="accepted")
        assert marked == await topics.invitee("i1") == self.guest(state="accepted")
        assert await topics.mark_invitee("i1", ("offered", "bounced"), state="declined") is None
        assert await topics.mark_invitee("i9", ("offered",), reason="x") is None
        assert (await topics.invitee("i1")).state == "accepted"

    @pytest_twisted.ensureDeferred
    async def test_an_invitee_can_be_forgotten_with_the_links(self, topics: Any, outbox: Any) -> None:
        await topics.save_invitee(self.guest())
        await topics.save_invitee(self.guest("i2"))
        await topics.delete_invitee("i1", [("mail", "m1", "{}")])
        assert [each.id for each in await topics.invitees("t1")] == ["i2"]
        assert await topics.invitee_by_token(b"hash i1") is None
        assert [job.key for job in await outbox.claim("mail", 10, 60)] == ["m1"]

    @pytest_twisted.ensureDeferred
    async def test_a_mail_takes_the_place_of_one_that_waits(self, topics: Any, outbox: Any) -> None:
        await topics.save_invitee(self.guest(), [("mail", "m1", "{}")])
        await topics.save_invitee(self.guest(), [("mail", "m2", "{}")], instead_of=("m1", "m0"))
        assert [job.key for job in await outbox.claim("mail", 10, 60)] == ["m2"]

    @pytest_twisted.ensureDeferred
    async def test_what_came_since_it_was_read_stands(self, topics: Any) -> None:
        read = self.guest(state="accepted", shift=1)
        await topics.save_invitee(read)
        joined = await topics.mark_invitee("i1", ("accepted",), state="joined", jid="k@guests.example.org")
        mailed = replace(read, state="offered", token_hash=b"new", name="Kim Lee")
        kept = await topics.save_invitee(mailed, read=read)
        assert kept == await topics.invitee("i1") == replace(joined, token_hash=b"new", name="Kim Lee")
        gone = await topics.save_invitee(replace(read, state="revoked", token_hash=b"", reason="no"), read=read)
        assert gone == replace(kept, state="revoked", token_hash=b"", reason="no")
        assert await topics.invitee_by_token(b"new") is None

    @pytest_twisted.ensureDeferred
    async def test_nothing_is_mailed_to_whose_invitation_was_taken_back_since(self, topics: Any, outbox: Any) -> None:
        read = self.guest()
        await topics.save_invitee(replace(read, state="revoked", token_hash=b""))
        for invitee in (read, replace(read, id="i2")):
            changed = replace(invitee, token_hash=b"new")
            assert await topics.save_invitee(changed, [("mail", "m1", "{}")], read=invitee) is None
        assert await topics.invitee_by_token(b"new") is await topics.invitee("i2") is None
        assert (await topics.invitee("i1")).state == "revoked"
        assert await outbox.claim("mail", 10, 60) == ()

    @pytest_twisted.ensureDeferred
    async def test_who_did_not_answer_in_time_is_found(self, topics: Any, clock: Moments) -> None:
        for id_, state, seconds in (("i1", "offered", 60), ("i2", "offered", 30), ("i3", "accepted", 5)):
            await topics.save_invitee(self.guest(id_, state=state, expires=clock.moment(seconds)))
        await topics.save_invitee(self.guest("i4"))
        assert await topics.lapsed(clock.moment(29)) == ()
        assert [each.id for each in await topics.lapsed(clock.moment(60))] == ["i2", "i1"]

    @pytest_twisted.ensureDeferred
    async def test_mails_are_counted_once_by_address_and_inviter(
        self, topics: Any, outbox: Any, clock: Moments
    ) -> None:
        since = clock.moment(-1)
        await topics.save_invitee(self.guest(), [("mail", "m1", "{}")])
        await topics.save_invitee(self.guest(), [("mail", "m1", "{}")])  # said twice, mailed once
        await topics.save_invitee(self.guest(state="joined"))
        clock.advance(3600)
        await topics.save_invitee(self.guest("i2"), [("mail", "m2", "{}")], by="")
        assert await topics.mails_since("kim@MAIL.example", since) == 2
        assert await topics.mails_since("kim@mail.example", clock.moment(-60)) == 1
        assert await topics.mails_since("other@mail.example", since) == 0
        assert await topics.mails_by("ann@example.org", since) == 1
        assert await topics.mails_by("bob@example.org", since) == 0
        assert [job.key for job in await outbox.claim("mail", 10, 60)] == ["m1", "m2"]
