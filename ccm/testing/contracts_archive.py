"""Contract suite of :class:`ccm.interfaces.IArchive`; fixtures ``archive`` and ``clock``."""

from typing import Any

import pytest_twisted

from ccm import records as r
from ccm.testing.contracts import refused
from ccm.testing.moments import Moments

ROOM = "room@rooms.example.org"


class ArchiveContract:
    """Appending, paging (XEP-0059), filters, de-duplication and retraction."""

    @staticmethod
    def message(archive: Any, clock: Moments, **fields: Any) -> r.Archived:
        """One by Ann in the room, now."""
        values = {"owner": ROOM, "with_": f"{ROOM}/ann", "sender": "ann@example.org", "stamp": clock.moment()}
        return r.Archived(**{"id": archive.next_id(), "stanza": b"<message/>", **values, **fields})

    async def filled(self, archive: Any, clock: Moments, count: int) -> list[r.Archived]:
        """So many messages, a second apart, appended."""
        messages = []
        for index in range(count):
            messages.append(self.message(archive, clock, stanza=b"<message>%d</message>" % index))
            await archive.append(messages[-1])
            clock.advance(1)
        return messages

    def test_ids_rise_as_text(self, archive: Any, clock: Moments) -> None:
        ids = []
        for step in (0, 0, 1e-6, 1, 86_400, -3600, 0, 3600):
            clock.advance(step)
            ids.append(archive.next_id())
        assert ids == sorted(set(ids))
        assert len({len(id_) for id_ in ids}) == 1

    @pytest_twisted.ensureDeferred
    async def test_a_message_comes_back_as_it_was(self, archive: Any, clock: Moments) -> None:
        message = self.message(archive, clock, stanza="<message>ä🙂</message>".encode(), origin_id="o1")
        await archive.append(message)
        assert (await archive.page(ROOM)).items == (message,)
        assert (await archive.page("other@rooms.example.org")).items == ()

    @pytest_twisted.ensureDeferred
    async def test_pages_forward_join_without_gap(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 7)
        first = await archive.page(ROOM, limit=3)
        second = await archive.page(ROOM, after=first.items[-1].id, limit=3)
        third = await archive.page(ROOM, after=second.items[-1].id, limit=3)
        assert [*first.items, *second.items, *third.items] == messages
        assert [page.complete for page in (first, second, third)] == [False, False, True]

    @pytest_twisted.ensureDeferred
    async def test_pages_backward_come_in_ascending_order(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 7)
        last = await archive.page(ROOM, before="", limit=3)
        assert list(last.items) == messages[4:]
        assert not last.complete
        middle = await archive.page(ROOM, before=last.items[0].id, limit=3)
        assert list(middle.items) == messages[1:4]
        first = await archive.page(ROOM, before=middle.items[0].id, limit=3)
        assert (list(first.items), first.complete) == (messages[:1], True)

    @pytest_twisted.ensureDeferred
    async def test_a_page_that_fits_exactly_is_complete(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 3)
        for page in (await archive.page(ROOM, limit=3), await archive.page(ROOM, before="", limit=3)):
            assert (list(page.items), page.complete) == (messages, True)

    @pytest_twisted.ensureDeferred
    async def test_nothing_after_the_last_is_an_empty_complete_page(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 2)
        page = await archive.page(ROOM, after=messages[-1].id)
        assert (page.items, page.complete) == ((), True)

    @pytest_twisted.ensureDeferred
    async def test_a_limit_of_nothing_counts(self, archive: Any, clock: Moments) -> None:
        await self.filled(archive, clock, 4)
        page = await archive.page(ROOM, limit=0)
        assert (page.items, page.total) == ((), 4)

    @pytest_twisted.ensureDeferred
    async def test_an_unknown_id_is_not_found(self, archive: Any, clock: Moments) -> None:
        message = (await self.filled(archive, clock, 1))[0]
        unknown = archive.next_id()
        await refused(archive.page(ROOM, after=unknown), "item-not-found")
        await refused(archive.page(ROOM, before=unknown), "item-not-found")
        await refused(archive.page(ROOM, ids=(message.id, unknown)), "item-not-found")
        await refused(archive.page("other@rooms.example.org", after=message.id), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_messages_are_fetched_by_id(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 5)
        page = await archive.page(ROOM, ids=(messages[3].id, messages[1].id))
        assert list(page.items) == [messages[1], messages[3]]

    @pytest_twisted.ensureDeferred
    async def test_times_bound_a_page_inclusively(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 6)
        page = await archive.page(ROOM, start=messages[2].stamp, end=messages[4].stamp)
        assert list(page.items) == messages[2:5]
        last = await archive.page(ROOM, end=messages[4].stamp, before="", limit=2)
        assert list(last.items) == messages[3:5]

    @pytest_twisted.ensureDeferred
    async def test_times_bound_also_messages_of_another_time_than_their_id(self, archive: Any, clock: Moments) -> None:
        old = self.message(archive, clock, stamp=clock.moment(-7 * 86_400))
        new = self.message(archive, clock)
        await archive.append(old)
        await archive.append(new)
        clock.advance(-3600)
        late = self.message(archive, clock)
        await archive.append(late)
        assert (await archive.page(ROOM, end=clock.moment(-86_400))).items == (old,)
        assert (await archive.page(ROOM, end=clock.moment(60))).items == (old, late)
        assert (await archive.page(ROOM, start=clock.moment(60))).items == (new,)

    @pytest_twisted.ensureDeferred
    async def test_a_page_with_somebody_holds_only_that_exchange(self, archive: Any, clock: Moments) -> None:
        anns = self.message(archive, clock)
        bobs = self.message(archive, clock, with_=f"{ROOM}/bob")
        for message in (anns, bobs):
            await archive.append(message)
        assert (await archive.page(ROOM, with_=f"{ROOM}/bob")).items == (bobs,)
        assert (await archive.page(ROOM, with_=f"{ROOM}/bo")).items == ()

    @pytest_twisted.ensureDeferred
    async def test_a_room_is_with_all_its_occupants(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 2)
        assert list((await archive.page(ROOM, with_=ROOM)).items) == messages
        assert list((await archive.page(ROOM, with_=f"{ROOM}/ann")).items) == messages

    @pytest_twisted.ensureDeferred
    async def test_an_origin_id_is_seen_for_a_day(self, archive: Any, clock: Moments) -> None:
        message = self.message(archive, clock, origin_id="o1")
        done = archive.append(message)
        assert await archive.seen_origin(ROOM, "ann@example.org", "o1") == message.id  # while it is under way
        await done
        assert await archive.seen_origin(ROOM, "ann@example.org", "o1") == message.id
        assert await archive.seen_origin(ROOM, "bob@example.org", "o1") is None
        assert await archive.seen_origin(ROOM, "ann@example.org", "o2") is None
        assert await archive.seen_origin("other@rooms.example.org", "ann@example.org", "o1") is None
        clock.advance(86_401)
        await archive.append(self.message(archive, clock))
        assert await archive.seen_origin(ROOM, "ann@example.org", "o1") is None

    @pytest_twisted.ensureDeferred
    async def test_what_somebody_said_goes_to_an_heir_in_that_archive_alone(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 3)
        other = self.message(archive, clock, owner="other@rooms.example.org")
        await archive.append(other)
        bobs = self.message(archive, clock, sender="bob@example.org")
        await archive.append(bobs)
        await archive.bequeath(ROOM, "ann@example.org", "kim@example.org")
        first = await archive.said_by("kim@example.org", limit=2)
        rest = await archive.said_by("kim@example.org", after=first.items[-1].id, limit=2)
        assert [m.id for m in (*first.items, *rest.items)] == [m.id for m in messages]
        assert (first.complete, rest.complete) == (False, True)
        assert (await archive.said_by("ann@example.org")).items == (other,)
        assert (await archive.said_by("bob@example.org")).items == (bobs,)

    @pytest_twisted.ensureDeferred
    async def test_a_retracted_message_keeps_its_place(self, archive: Any, clock: Moments) -> None:
        messages = await self.filled(archive, clock, 3)
        await archive.retract(ROOM, messages[1].id, b"<message><retracted/></message>")
        page = await archive.page(ROOM)
        assert [item.id for item in page.items] == [message.id for message in messages]
        assert page.items[1].stanza == b"<message><retracted/></message>"
        assert page.items[2].stanza == messages[2].stanza
