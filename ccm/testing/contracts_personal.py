"""Contract suites of :class:`ccm.interfaces.IPersonalArchive` and :class:`IOffline`; fixtures of their names."""

from typing import Any

import pytest_twisted

from ccm.records import Archived, Waiting
from ccm.testing.contracts import refused
from ccm.testing.moments import Moments

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"


def said(personal: Any, sender: str, recipient: str, body: bytes = b"", *, kept: str = "both") -> str:
    """One message, by full JIDs; its id."""
    (one, _, from_), (other, _, to) = sender.partition("/"), recipient.partition("/")
    stanza = b"<message>%b</message>" % body
    id_: str = personal.keep(
        stanza, one, from_, other, to, by_sender=kept != "recipient", by_recipient=kept != "sender"
    )
    return id_


def ids(items: Any) -> list[str]:
    """Those of a page's messages."""
    return [item.id for item in items]


class PersonalArchiveContract:
    """One message in two archives, pages of each, bounds."""

    @pytest_twisted.ensureDeferred
    async def test_a_message_is_in_both_archives_with_the_other_of_them(self, personal: Any, clock: Moments) -> None:
        id_ = said(personal, f"{ANN}/a", f"{BOB}/b", "ä🙂".encode())
        stanza = "<message>ä🙂</message>".encode()
        (mine,) = (await personal.page(ANN)).items
        (theirs,) = (await personal.page(BOB)).items
        assert mine == Archived(id_, ANN, BOB, ANN, mine.stamp, stanza)
        assert theirs == Archived(id_, BOB, ANN, ANN, mine.stamp, stanza)
        assert abs((mine.stamp - clock.moment()).total_seconds()) < 0.001
        assert (await personal.page(CID)).items == ()

    @pytest_twisted.ensureDeferred
    async def test_what_is_buried_is_gone_from_both_archives_and_keeps_its_place(self, personal: Any) -> None:
        first, second = (said(personal, f"{ANN}/a", f"{BOB}/b", body) for body in (b"one", b"two"))
        await personal.bury(first, b"<message><retracted/></message>")
        for owner in (ANN, BOB):
            page = await personal.page(owner)
            assert ids(page.items) == [first, second]
            assert [item.stanza for item in page.items] == [
                b"<message><retracted/></message>",
                b"<message>two</message>",
            ]

    @pytest_twisted.ensureDeferred
    async def test_who_does_not_keep_it_has_none(self, personal: Any) -> None:
        one = said(personal, f"{ANN}/a", BOB, kept="sender")
        two = said(personal, f"{ANN}/a", BOB, kept="recipient")
        assert ids((await personal.page(ANN)).items) == [one]
        assert ids((await personal.page(BOB)).items) == [two]

    @pytest_twisted.ensureDeferred
    async def test_a_note_to_oneself_is_there_once_and_alone(self, personal: Any) -> None:
        note = said(personal, f"{ANN}/a", ANN)
        said(personal, f"{ANN}/a", BOB)
        assert ids((await personal.page(ANN, with_=ANN)).items) == [note]
        assert len((await personal.page(ANN)).items) == 2

    @pytest_twisted.ensureDeferred
    async def test_a_bare_jid_means_all_its_resources_and_a_full_one_itself(self, personal: Any) -> None:
        phone = said(personal, f"{BOB}/phone", f"{ANN}/a")
        desk = said(personal, f"{ANN}/a", f"{BOB}/desk")
        said(personal, f"{ANN}/a", CID)
        assert ids((await personal.page(ANN, with_=BOB)).items) == [phone, desk]
        assert ids((await personal.page(ANN, with_=f"{BOB}/phone")).items) == [phone]
        assert ids((await personal.page(ANN, with_=f"{BOB}/desk")).items) == [desk]
        assert ids((await personal.page(ANN, with_=f"{BOB}/x")).items) == []

    @pytest_twisted.ensureDeferred
    async def test_pages_join_without_gap_from_either_end(self, personal: Any, clock: Moments) -> None:
        all_ = []
        for index in range(7):
            all_.append(said(personal, f"{ANN}/a", BOB, b"%d" % index))
            clock.advance(1)
        first = await personal.page(ANN, limit=3)
        second = await personal.page(ANN, with_=BOB, after=first.items[-1].id, limit=4)
        assert ids([*first.items, *second.items]) == all_
        assert (first.complete, second.complete) == (False, True)
        last = await personal.page(BOB, before="", limit=3)
        rest = await personal.page(BOB, with_=ANN, before=last.items[0].id, limit=4)
        assert ids([*rest.items, *last.items]) == all_
        assert (await personal.page(ANN, limit=0)).total == 7
        whole = await personal.page(ANN)
        assert (whole.complete, whole.total, whole.index) == (True, 7, 0)

    @pytest_twisted.ensureDeferred
    async def test_times_bound_a_page_inclusively(self, personal: Any, clock: Moments) -> None:
        for _ in range(5):
            said(personal, f"{ANN}/a", BOB)
            clock.advance(1)
        messages = (await personal.page(ANN)).items
        page = await personal.page(ANN, start=messages[1].stamp, end=messages[3].stamp)
        assert page.items == messages[1:4]

    @pytest_twisted.ensureDeferred
    async def test_what_is_named_by_id_is_found_or_refused(self, personal: Any) -> None:
        one, two, three = (said(personal, f"{ANN}/a", BOB) for _ in range(3))
        assert ids((await personal.page(ANN, ids=(three, one))).items) == [one, three]
        assert ids((await personal.page(ANN, after=one, before=three)).items) == [two]
        alien = said(personal, f"{BOB}/b", CID)
        for named in ({"after": alien}, {"before": alien}, {"ids": (one, alien)}):
            await refused(personal.page(ANN, **named), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_what_was_forgotten_is_gone_from_that_archive_alone(self, personal: Any) -> None:
        one, two = said(personal, f"{ANN}/a", BOB), said(personal, f"{ANN}/a", BOB)
        personal.forget(ANN, one)
        assert ids((await personal.page(ANN)).items) == [two]
        assert ids((await personal.page(BOB)).items) == [one, two]
        personal.forget(BOB, one)
        assert ids((await personal.page(BOB)).items) == [two]

    @pytest_twisted.ensureDeferred
    async def test_old_messages_expire_in_steps(self, personal: Any, clock: Moments) -> None:
        for _ in range(5):
            said(personal, f"{ANN}/a", BOB)
            clock.advance(100)
        kept = said(personal, f"{ANN}/a", BOB)
        before = clock.moment(-50)
        assert set(await personal.overdue("example.org", before)) == {ANN, BOB}
        assert await personal.expire(ANN, before, 3)
        assert len((await personal.page(ANN)).items) == 3
        assert not await personal.expire(ANN, before, 3)
        assert await personal.overdue("example.org", before) == (BOB,)
        assert len((await personal.page(BOB)).items) == 6
        assert not await personal.expire(BOB, before, 6)
        for owner in (ANN, BOB):
            assert ids((await personal.page(owner)).items) == [kept]

    @pytest_twisted.ensureDeferred
    async def test_bounds_are_those_of_a_domain(self, personal: Any, clock: Moments) -> None:
        far = "ann@sub.example.org"
        old = said(personal, f"{ANN}/a", far)
        clock.advance(100)
        for domain, owner in (("example.org", ANN), ("sub.example.org", far)):
            assert await personal.overdue(domain, clock.moment(-50)) == (owner,)
            assert await personal.over(domain, 0) == (owner,)
        for domain in ("org", "ub.example.org", "%.example.org", "sub_example.org"):
            assert await personal.overdue(domain, clock.moment(-50)) == ()
            assert await personal.over(domain, 0) == ()
        assert not await personal.expire(far, clock.moment(-50), 9)
        assert ids((await personal.page(ANN)).items) == [old]
        assert (await personal.page(far)).items == ()

    @pytest_twisted.ensureDeferred
    async def test_a_full_archive_loses_its_oldest_and_others_keep_them(self, personal: Any) -> None:
        all_ = [said(personal, f"{ANN}/a", BOB) for _ in range(4)] + [said(personal, f"{ANN}/a", CID)]
        assert await personal.over("example.org", 4) == (ANN,)
        assert await personal.trim(ANN, 2, 2)
        assert not await personal.trim(ANN, 2, 2)
        assert ids((await personal.page(ANN)).items) == all_[3:]
        assert ids((await personal.page(BOB)).items) == all_[:4]
        assert await personal.over("example.org", 4) == ()


class OfflineContract:
    """In order, once, until done."""

    @staticmethod
    def message(clock: Moments, id_: str, owner: str = ANN, body: bytes = b"x") -> Waiting:
        """One that waits since now."""
        return Waiting(owner, id_, clock.moment(), b"<message>%b</message>" % body, id_ < "b")

    @pytest_twisted.ensureDeferred
    async def test_what_waits_comes_back_in_order_until_it_is_done(self, offline: Any, clock: Moments) -> None:
        messages = [self.message(clock, id_) for id_ in ("a1", "a2", "b1")]
        for message in (messages[1], messages[0], messages[2], self.message(clock, "a1", BOB)):
            await offline.keep(message)
        assert list(await offline.of(ANN, 10)) == messages
        assert list(await offline.of(ANN, 2)) == messages[:2]
        await offline.done(ANN, ["a1", "b1"])
        assert list(await offline.of(ANN, 10)) == [messages[1]]
        assert len(await offline.of(BOB, 10)) == 1

    @pytest_twisted.ensureDeferred
    async def test_the_same_message_waits_once(self, offline: Any, clock: Moments) -> None:
        await offline.keep(self.message(clock, "a1"))
        await offline.keep(self.message(clock, "a1", body=b"again"))
        (only,) = await offline.of(ANN, 10)
        assert only.stanza == b"<message>x</message>"

    @pytest_twisted.ensureDeferred
    async def test_sizes_are_told_by_account(self, offline: Any, clock: Moments) -> None:
        assert await offline.sizes() == {}
        for id_, owner in (("a1", ANN), ("a2", ANN), ("a1", BOB)):
            await offline.keep(self.message(clock, id_, owner))
        assert await offline.sizes() == {ANN: (2, 40), BOB: (1, 20)}
