"""Contracts of rooms, topics, documents; fixtures ``rooms topics documents archive outbox clock``."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest_twisted

from ccm import records as r
from ccm.testing.contracts import refused
from ccm.testing.contracts_invitees import InviteesContract
from ccm.testing.moments import Moments

SERVICE = "rooms.example.org"


class RoomsContract:
    """For :class:`ccm.interfaces.IRooms`; fixtures ``rooms`` and ``archive``."""

    @pytest_twisted.ensureDeferred
    async def test_a_room_comes_back_as_it_was(self, rooms: Any, clock: Moments) -> None:
        config = {"name": "Ümlaut", "public": True, "history": 20, "roles": ["a", "b"], "secret": None}
        affiliations = {"ann@example.org": ("owner", "Ann"), "bob@example.org": ("outcast", "")}
        room = r.RoomRecord(f"a@{SERVICE}", config, affiliations, "Subject", "ann@example.org", clock.moment())
        await rooms.save(room)
        await rooms.save(r.RoomRecord("b@elsewhere.example", {}))
        assert await rooms.load_all(SERVICE) == (room,)

    @pytest_twisted.ensureDeferred
    async def test_saving_replaces_and_deleting_forgets(self, rooms: Any) -> None:
        for number in range(3):
            await rooms.save(r.RoomRecord(f"{number}@{SERVICE}", {"name": "old"}))
        await rooms.save(r.RoomRecord(f"1@{SERVICE}", {"name": "new"}))
        await rooms.delete(f"0@{SERVICE}")
        await rooms.delete(f"unknown@{SERVICE}")
        assert {room.jid: room.config for room in await rooms.load_all(SERVICE)} == {
            f"1@{SERVICE}": {"name": "new"},
            f"2@{SERVICE}": {"name": "old"},
        }

    @pytest_twisted.ensureDeferred
    async def test_the_archive_goes_with_its_room(self, rooms: Any, archive: Any, clock: Moments) -> None:
        room = f"a@{SERVICE}"
        await rooms.save(r.RoomRecord(room, {}))
        for owner in (room, "ann@example.org"):
            message = r.Archived(archive.next_id(), owner, "x", "ann@example.org", clock.moment(), b"<message/>")
            await archive.append(message)
        await rooms.delete(room)
        assert (await archive.page(room)).items == ()
        assert len((await archive.page("ann@example.org")).items) == 1


class UndoStepsContract:
    """For :class:`ccm.interfaces.IUndoSteps`; fixtures ``undo_steps`` and ``clock``."""

    @staticmethod
    def step(clock: Moments, id_: str, **fields: Any) -> r.UndoStep:
        """One of Ann's, for an hour."""
        at = clock.moment()
        values = {"user": "ann@example.org", "component": "topics", "work": "{}", "choices": '{"a1": {"ü": 1}}'}
        return r.UndoStep(id_, at=at, expires=at + timedelta(hours=1), **{**values, **fields})

    @pytest_twisted.ensureDeferred
    async def test_a_step_is_taken_once(self, undo_steps: Any, clock: Moments) -> None:
        step = self.step(clock, "s1")
        await undo_steps.keep(step)
        assert await undo_steps.get("s1") == step
        assert await undo_steps.take("s1") == step
        assert await undo_steps.take("s1") is None
        assert await undo_steps.get("s1") is None

    @pytest_twisted.ensureDeferred
    async def test_an_expired_step_is_gone(self, undo_steps: Any, clock: Moments) -> None:
        await undo_steps.keep(self.step(clock, "s1"))
        clock.advance(3601)
        assert await undo_steps.get("s1") is None
        assert await undo_steps.take("s1") is None

    @pytest_twisted.ensureDeferred
    async def test_the_newest_of_a_user_and_component_is_found(self, undo_steps: Any, clock: Moments) -> None:
        for id_, fields in (("s1", {}), ("s2", {}), ("s3", {"user": "bob@example.org"}), ("s4", {"component": "x"})):
            await undo_steps.keep(self.step(clock, id_, **fields))
        found = await undo_steps.latest("ann@example.org", "topics")
        assert found is not None
        assert found.id == "s2"

    @pytest_twisted.ensureDeferred
    async def test_the_oldest_of_many_steps_goes(self, undo_steps: Any, clock: Moments) -> None:
        for number in range(101):
            await undo_steps.keep(self.step(clock, f"s{number}"))
        assert await undo_steps.get("s0") is None
        assert await undo_steps.get("s1") is not None


class TopicsContract:
    """For :class:`ccm.interfaces.ITopics`."""

    @staticmethod
    def topic(clock: Moments, id_: str = "t1", **fields: Any) -> r.Topic:
        """One that Ann plans."""
        values: dict[str, Any] = {
            "name": f"Topic {id_}",
            "room": f"{id_}@{SERVICE}",
            "owner": "ann@example.org",
            "state": "planned",
            "start": clock.moment(3600.5),
            "minutes": 30,
            "zone": "Europe/Berlin",
            "language": "de",
            "created": clock.moment(),
            "members": ("ann@example.org",),
        }
        return r.Topic(id=id_, **{**values, **fields})

    @pytest_twisted.ensureDeferred
    async def test_only_what_overlaps_makes_busy(self, topics: Any, clock: Moments) -> None:
        hour = 3600.0
        for id_, at, state in (("t1", 0, "planned"), ("t2", 1, "live"), ("t3", 2, "planned"), ("t4", 1, "ended")):
            await topics.save(self.topic(clock, id_, start=clock.moment(at * hour), state=state, minutes=60))
        await topics.save(self.topic(clock, "t5", start=None))
        await topics.save(self.topic(clock, "t6", start=clock.moment(hour), members=("bob@example.org",)))
        found = await topics.busy("ann@example.org", clock.moment(hour), clock.moment(2 * hour))
        assert [topic.id for topic in found] == ["t2"]
        found = await topics.busy("ann@example.org", clock.moment(hour - 60), clock.moment(2 * hour + 60))
        assert [topic.id for topic in found] == ["t1", "t2", "t3"]

    @pytest_twisted.ensureDeferred
    async def test_a_topic_comes_back_as_it_was(self, topics: Any, clock: Moments) -> None:
        saved = await topics.save(self.topic(clock, members=("b@x.example", "ann@example.org"), start=None))
        assert saved.revision == 1
        assert await topics.get("t1") == await topics.by_room(f"t1@{SERVICE}") == saved
        assert await topics.get("t2") is await topics.by_room(f"t2@{SERVICE}") is None
        timed = await topics.save(self.topic(clock, "t2", document="https://x.example/d", visibility="members"))
        assert await topics.get("t2") == timed

    @pytest_twisted.ensureDeferred
    async def test_the_revision_rises_with_every_save(self, topics: Any, clock: Moments) -> None:
        topic, revisions = self.topic(clock), []
        for i in range(3):
            topic = await topics.save(replace(topic, name=f"Name {i}"))
            revisions.append(topic.revision)
        assert revisions == [1, 2, 3]
        assert (await topics.get("t1")).name == "Name 2"

    @pytest_twisted.ensureDeferred
    async def test_a_room_has_one_topic(self, topics: Any, clock: Moments) -> None:
        await topics.save(self.topic(clock))
        await refused(topics.save(self.topic(clock, "t2", room=f"t1@{SERVICE}")), "conflict")

    @pytest_twisted.ensureDeferred
    async def test_members_page_through_their_topics_newest_first(self, topics: Any, clock: Moments) -> None:
        both = ("ann@example.org", "bob@example.org")
        for number in range(5):
            await topics.save(self.topic(clock, f"t{number}", members=both if number % 2 else both[:1]))
            clock.advance(1 if number != 2 else 0)
        first = await topics.of_member("ann@example.org", limit=3)
        rest = await topics.of_member("ann@example.org", after=first.items[-1].id, limit=3)
        assert [t.id for t in (*first.items, *rest.items)] == ["t4", "t3", "t2", "t1", "t0"]
        assert (first.complete, rest.complete) == (False, True)
        assert [t.id for t in (await topics.of_member("bob@example.org")).items] == ["t3", "t1"]
        await refused(topics.of_member("bob@example.org", after="t0"), "item-not-found")

    @pytest_twisted.ensureDeferred
    async def test_who_left_has_the_topic_no_more(self, topics: Any, clock: Moments) -> None:
        topic = await topics.save(self.topic(clock, members=("ann@example.org", "bob@example.org")))
        await topics.save(replace(topic, members=("ann@example.org",)))
        assert (await topics.of_member("bob@example.org")).items == ()

    @pytest_twisted.ensureDeferred
    async def test_active_topics_are_those_not_yet_published(self, topics: Any, clock: Moments) -> None:
        for number, state in enumerate(("planned", "live", "ended", "published")):
            await topics.save(self.topic(clock, f"t{number}", state=state))
        assert [t.id for t in await topics.active()] == ["t0", "t1", "t2"]

    @pytest_twisted.ensureDeferred
    async def test_names_are_those_of_the_owner(self, topics: Any, clock: Moments) -> None:
        await topics.save(self.topic(clock))
        await topics.save(self.topic(clock, "t2", owner="bob@example.org"))
        assert await topics.names_of("ann@example.org") == {"Topic t1"}

    @pytest_twisted.ensureDeferred
    async def test_a_deleted_topic_takes_members_and_invitees_along(self, topics: Any, clock: Moments) -> None:
        await topics.save(self.topic(clock))
        await topics.save_invitee(InviteesContract.guest())
        await topics.delete("t1")
        assert await topics.get("t1") is await topics.invitee("i1") is None
        assert (await topics.of_member("ann@example.org")).items == await topics.invitees("t1") == ()

    @pytest_twisted.ensureDeferred
    async def test_who_has_not_been_told_of_the_deletion_is_kept(self, topics: Any, clock: Moments) -> None:
        await topics.save(self.topic(clock))
        told = InviteesContract.guest(told=r.Told(1, "Topic t1", None, clock.moment()))
        await topics.save_invitee(told)
        await topics.save_invitee(InviteesContract.guest("i2"))
        assert await topics.abandoned() == ()
        await topics.delete("t1")
        assert await topics.abandoned() == (told,)
        assert await topics.invitee_by_token(told.token_hash) is None
        await topics.delete_invitee("i1")
        assert await topics.abandoned() == ()

    @pytest_twisted.ensureDeferred
    async def test_what_starts_soon_is_found(self, topics: Any, clock: Moments) -> None:
        for id_, seconds, state in (("t1", 60, "planned"), ("t2", 30, "planned"), ("t3", 40, "ended")):
            await topics.save(self.topic(clock, id_, start=clock.moment(seconds), state=state, sequence=2))
        await topics.save(self.topic(clock, "t4", start=None))
        soon = await topics.starting(clock.moment(30), clock.moment(60))
        assert [(each.id, each.sequence) for each in soon] == [("t1", 2)]
        assert [each.id for each in await topics.starting(clock.moment(), clock.moment(60))] == ["t2", "t1"]


class DocumentsContract:
    """For :class:`ccm.interfaces.IDocuments`."""

    @staticmethod
    def document(clock: Moments, revision: int = 1, topic: str = "t1", **fields: Any) -> r.DocumentRecord:
        """A public one about Hadoop."""
        values: dict[str, Any] = {
            "slug": f"slug-{topic}",
            "title": f"Title {topic}",
            "headline": "What it came to",
            "body": '{"id": "secretid", "text": "Élan with Hadoop"}',
            "key": f"key {topic} {revision}",
            "visibility": "public",
            "published": clock.moment(),
        }
        return r.DocumentRecord(topic=topic, revision=revision, **{**values, **fields})

    @pytest_twisted.ensureDeferred
    async def test_a_document_comes_back_as_it_was(self, documents: Any, clock: Moments) -> None:
        document = self.document(clock)
        assert await documents.publish(document, []) == document
        assert await documents.latest("t1") == await documents.by_slug("slug-t1") == document
        assert await documents.latest("t2") is await documents.by_slug("slug-t2") is None

    @pytest_twisted.ensureDeferred
    async def test_publishing_a_key_again_answers_the_first_and_makes_no_job(
        self, documents: Any, outbox: Any, clock: Moments
    ) -> None:
        first = await documents.publish(self.document(clock), [("publish", "p1", "{}")])
        again = await documents.publish(self.document(clock, title="Other"), [("publish", "p2", "{}")])
        assert again == first
        assert [job.key for job in await outbox.claim("publish", 10, 60)] == ["p1"]

    @pytest_twisted.ensureDeferred
    async def test_revisions_are_kept_and_the_newest_is_shown(self, documents: Any, clock: Moments) -> None:
        first = await documents.publish(self.document(clock), [])
        clock.advance(60)
        second = await documents.publish(self.document(clock, 2, title="Better"), [])
        assert await documents.revisions("t1") == (first, second)
        assert await documents.latest("t1") == await documents.by_slug("slug-t1") == second
        assert await documents.by_slug("slug-t1", 1) == first
        assert await documents.by_slug("slug-t1", 3) is None
        assert (await documents.public()).items == (second,)

    @pytest_twisted.ensureDeferred
    async def test_all_revisions_stand_at_the_newest_ones_address_alone(self, documents: Any, clock: Moments) -> None:
        first = await documents.publish(self.document(clock), [])
        second = await documents.publish(self.document(clock, 2, slug="slug-9f3a"), [])
        assert await documents.by_slug("slug-t1") is None
        assert await documents.by_slug("slug-9f3a") == second
        assert await documents.by_slug("slug-9f3a", 1) == replace(first, slug="slug-9f3a")

    @pytest_twisted.ensureDeferred
    async def test_a_slug_or_revision_of_another_document_is_a_conflict(self, documents: Any, clock: Moments) -> None:
        await documents.publish(self.document(clock), [])
        await refused(documents.publish(self.document(clock, topic="t2", slug="slug-t1"), []), "conflict")
        await refused(documents.publish(self.document(clock, key="another"), []), "conflict")

    @pytest_twisted.ensureDeferred
    async def test_only_public_documents_are_listed(self, documents: Any, clock: Moments) -> None:
        shown = await documents.publish(self.document(clock, topic="t1"), [])
        await documents.publish(self.document(clock, topic="t2", visibility="link"), [])
        await documents.publish(self.document(clock, topic="t3"), [])
        await documents.publish(self.document(clock, 2, topic="t3", visibility="members"), [])
        for query in ("", "hadoop"):
            assert (await documents.public(query=query)).items == (shown,)

    @pytest_twisted.ensureDeferred
    async def test_public_documents_page_newest_first(self, documents: Any, clock: Moments) -> None:
        for number in range(5):
            await documents.publish(self.document(clock, topic=f"t{number}"), [])
            clock.advance(1)
        first = await documents.public(limit=3)
        rest = await documents.public(before=first.items[-1].published, limit=3)
        assert [d.topic for d in (*first.items, *rest.items)] == ["t4", "t3", "t2", "t1", "t0"]
        assert (first.complete, rest.complete) == (False, True)

    @pytest_twisted.ensureDeferred
    async def test_a_search_finds_words_by_their_beginning(self, documents: Any, clock: Moments) -> None:
        found = await documents.publish(self.document(clock), [])
        await documents.publish(self.document(clock, topic="t2", body='{"text": "Something else"}'), [])
        for query in ("hadoop", "HADOOP", "had", "title had", "élan", "came hadoop!"):
            assert found in (await documents.public(query=query)).items, query
        for query in ("adoop", "hadoop missing", "secretid", "text"):
            assert found not in (await documents.public(query=query)).items, query

    @pytest_twisted.ensureDeferred
    async def test_a_search_takes_nothing_for_a_command(self, documents: Any, clock: Moments) -> None:
        await documents.publish(self.document(clock), [])
        for query in ('"', "'", "*", "a:b", "NEAR(", "hadoop OR nothing", "-", "&|!<->", "\x00", "%_", "words : x"):
            assert (await documents.public(query=query)).items == (), query

    @pytest_twisted.ensureDeferred
    async def test_a_rewritten_document_says_and_is_found_by_its_new_words_alone(
        self, documents: Any, outbox: Any, clock: Moments
    ) -> None:
        await documents.publish(self.document(clock), [])
        await documents.publish(self.document(clock, 2), [])
        await documents.publish(self.document(clock, topic="t2"), [])

        def change(records: tuple[r.DocumentRecord, ...]) -> Any:
            assert [record.revision for record in records] == [1, 2]
            body = '{"text": "Nothing"}'
            made = tuple(replace(record, title="Calm", headline="Still", body=body) for record in records)
            return made, [("publish", "p:r", "{}")]

        changed = await documents.rewrite("t1", change)
        assert [(record.revision, record.body) for record in changed] == [(1, changed[0].body), (2, changed[0].body)]
        assert await documents.revisions("t1") == changed
        assert (await documents.public(query="calm nothing")).items == (changed[1],)
        assert [found.topic for found in (await documents.public(query="hadoop")).items] == ["t2"]
        assert [job.key for job in await outbox.claim("publish", 10, 60)] == ["p:r"]

    @pytest_twisted.ensureDeferred
    async def test_a_rewriting_that_changes_nothing_makes_no_job(
        self, documents: Any, outbox: Any, clock: Moments
    ) -> None:
        kept = await documents.publish(self.document(clock), [])
        assert await documents.rewrite("t1", lambda records: (records, [("publish", "p:r", "{}")])) == ()
        assert await documents.rewrite("none", lambda records: (records, [])) == ()
        assert await documents.latest("t1") == kept
        assert await outbox.claim("publish", 10, 60) == ()

    @pytest_twisted.ensureDeferred
    async def test_the_newest_receipt_of_each_target_is_answered(self, documents: Any, clock: Moments) -> None:
        await documents.publish(self.document(clock), [])
        second = r.Receipt("https://cms.example/2", "2", "v2")
        await documents.add_receipt("t1", 2, "wordpress", second)
        await documents.add_receipt("t1", 1, "wordpress", r.Receipt("https://cms.example/1", "1", "v1"))
        await documents.add_receipt("t1", 1, "git", r.Receipt("https://git.example/", "g", ""))
        await documents.add_receipt("t1", 1, "git", r.Receipt("https://git.example/", "g", "again"))
        assert await documents.receipts("t1") == {
            "wordpress": second,
            "git": r.Receipt("https://git.example/", "g", "again"),
        }
        assert await documents.receipts("t2") == {}
