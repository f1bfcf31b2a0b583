"""Contract of the links of invitations, part of :class:`ccm.interfaces.ITopics`; fixtures ``topics`` and ``clock``."""

from dataclasses import replace
from typing import Any

import pytest_twisted

from ccm.testing.contracts import together
from ccm.testing.contracts_invitees import InviteesContract
from ccm.testing.moments import Moments


class LinksContract:
    """Links bring one in once."""

    @pytest_twisted.ensureDeferred
    async def test_a_link_brings_one_in_once(self, topics: Any, clock: Moments) -> None:
        guest = InviteesContract.guest(expires=clock.moment(60))
        await topics.save_invitee(guest)
        assert not await topics.link_used(b"hash i1")
        outcomes = await together(*(topics.redeem_link(b"hash i1", "i1@guests.example.org") for _ in range(5)))
        won = [outcome for outcome in outcomes if outcome is not None]
        assert won == [await topics.invitee("i1")]
        assert (won[0].state, won[0].jid, won[0].reason) == ("joined", "i1@guests.example.org", "")
        assert await topics.link_used(b"hash i1")
        await topics.save_invitee(replace(won[0], token_hash=b"again"))  # one more link, for who lost the first
        assert not await topics.link_used(b"again")
        assert await topics.redeem_link(b"again", "i1@guests.example.org") is not None

    @pytest_twisted.ensureDeferred
    async def test_a_link_that_ended_or_was_taken_back_brings_nobody_in(self, topics: Any, clock: Moments) -> None:
        await topics.save_invitee(InviteesContract.guest(expires=clock.moment(60)))
        await topics.save_invitee(InviteesContract.guest("i2", state="revoked"))
        clock.advance(61)
        for hash_ in (b"hash i1", b"hash i2", b"other", b""):
            assert await topics.redeem_link(hash_, "i1@guests.example.org") is None
        assert (await topics.invitee("i1")).state == "offered"
