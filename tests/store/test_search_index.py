"""What a search finds, for whom, and what it never finds; on both databases."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_twisted
from sqlalchemy import text
from twisted.internet.task import Clock

from ccm import namespaces as ns
from ccm import records as r
from ccm.store import search
from ccm.store.found_words import shown, words_of
from ccm.store.indexing import PAUSE_SECONDS, Indexing
from ccm.store.message_index import MessageIndex, forget

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
_numbers = itertools.count(1)


class Talk:
    """Writes into archives of rooms as the room service does."""

    def __init__(self, stores: Any) -> None:
        self.stores = stores

    async def room(self, name: str, *members: str) -> str:
        room = f"{name}@conference.example.org"
        config = r.RoomRecord(jid=room, config={})
        await self.stores.rooms.save(config)
        topic = r.Topic(
            name, name.title(), room, members[0], "live", None, 60, "UTC", "en", START, tuple(members), "members"
        )
        await self.stores.topics.save(topic)
        return room

    async def say(self, room: str, who: str, words: str, *, origin: str = "", more: str = "") -> str:
        id_ = self.stores.archive.next_id()
        nick = who.partition("@")[0].title()
        stanza = f"<message xmlns='jabber:client' from='{room}/{nick}'><body>{words}</body>{more}</message>"
        at = START + timedelta(seconds=next(_numbers))
        await self.stores.archive.append(
            r.Archived(id_, room, f"{room}/{nick}", who, at, stanza.encode(), origin or f"o{id_}")
        )
        return str(id_)

    async def correct(self, room: str, who: str, what: str, words: str, origin: str = "") -> str:
        return await self.say(room, who, words, origin=origin, more=f"<replace xmlns='{ns.CORRECT}' id='{what}'/>")

    async def found(self, who: str, query: str, **more: Any) -> list[str]:
        return [hit.id for hit in (await self.stores.search.said(who, query, **more)).hits]


ANN, KIM, BOB = "ann@example.org", "kim@example.org", "bob@example.org"


@pytest_twisted.ensureDeferred
async def test_words_are_found_whatever_their_case_and_accents_and_however_they_go_on(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    first = await talk.say(room, ANN, "The Licences of Café Müller must be settled.")
    await talk.say(room, ANN, "Lunch?")
    for query in ("licence", "LICENCES settled", "cafe muller", "müll", "“licences”, settled!"):
        assert await talk.found(ANN, query) == [first], query
    for query in ("licensing", "licence lunch", "", "?!", '"', "' OR 1 --", "room_key : x"):
        assert await talk.found(ANN, query) == [], query


@pytest_twisted.ensureDeferred
async def test_what_a_reply_quotes_is_neither_found_nor_shown_as_its_words(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    first = await talk.say(room, ANN, "One licence for all.")
    reply = f"<reply xmlns='{ns.REPLY}' id='{first}' to='{room}/Ann'/>"
    quoted = f"<fallback xmlns='{ns.FALLBACK}' for='{ns.REPLY}'><body start='0' end='36'/></fallback>"
    said = await talk.say(
        room, KIM, "&gt; Ann wrote:\n&gt; One licence for all.\nI list the mirrors.", more=reply + quoted
    )
    assert await talk.found(ANN, "licence") == [first]
    (hit,) = (await stores.search.said(ANN, "mirrors")).hits
    assert (hit.id, "".join(part for part, _ in hit.parts)) == (said, "I list the mirrors.")


@pytest_twisted.ensureDeferred
async def test_nobody_finds_what_was_said_where_they_may_not_read(stores: Any) -> None:
    talk = Talk(stores)
    ours, theirs = await talk.room("ours", ANN, KIM), await talk.room("theirs", BOB)
    said = await talk.say(ours, KIM, "The mirrors are slow.")
    secret = await talk.say(theirs, BOB, "Our mirrors are secret.")
    assert await talk.found(ANN, "mirrors") == [said]
    assert await talk.found(BOB, "mirrors") == [secret]
    assert await talk.found("eve@example.org", "mirrors") == []
    assert await talk.found(ANN, "mirrors", topic="theirs") == []
    assert await talk.found(ANN, "mirrors", topic="ours") == [said]
    topic = await stores.topics.get("ours")
    await stores.topics.save(_with_members(topic, (KIM,)))
    assert await talk.found(ANN, "mirrors") == []
    await stores.topics.delete("ours")
    assert await talk.found(KIM, "mirrors") == []


def _with_members(topic: r.Topic, members: tuple[str, ...]) -> r.Topic:
    from dataclasses import replace

    return replace(topic, members=members, owner=members[0])


@pytest_twisted.ensureDeferred
async def test_what_was_retracted_is_found_no_more_indexed_or_not(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    before = await talk.say(room, ANN, "The password is mirrors.")
    assert await talk.found(ANN, "mirrors") == [before]
    tombstone = f"<message xmlns='jabber:client'><retracted xmlns='{ns.RETRACT}' id='x'/></message>".encode()
    await stores.archive.retract(room, before, tombstone)
    assert await talk.found(ANN, "mirrors") == []
    later = await talk.say(room, ANN, "Again: mirrors.")
    await stores.archive.retract(room, later, tombstone)
    retraction = f"<retract xmlns='{ns.RETRACT}' id='{later}'/>"
    await talk.say(room, ANN, "This person tried to retract: mirrors", more=retraction)
    assert await talk.found(ANN, "mirrors") == []


@pytest_twisted.ensureDeferred
async def test_a_correction_takes_the_place_of_what_it_corrects(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN, KIM)
    first = await talk.say(room, ANN, "Kim takes the mirorrs.", origin="c1")
    for at_once in (False, True):
        if not at_once:
            assert await talk.found(ANN, "mirorrs") == [first]
        await talk.correct(room, ANN, "c1", f"Kim takes the mirrors {at_once}.", origin=f"c2{at_once}")
        if at_once:
            await talk.correct(room, ANN, "c2True", "Kim takes the windows.")
        assert await talk.found(ANN, "mirorrs") == []
    assert await talk.found(ANN, "mirrors") == []
    assert await talk.found(ANN, "windows") == [first]  # shown where it was said first
    await talk.correct(room, KIM, "c1", "Somebody else's correction of windows.")
    assert first in await talk.found(ANN, "windows")  # which changes nothing of hers
    await talk.correct(room, ANN, "c1", "[off] nothing")
    assert first not in await talk.found(ANN, "windows")


@pytest_twisted.ensureDeferred
async def test_a_correction_of_what_was_retracted_is_not_found(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    first = await talk.say(room, ANN, "A secret.", origin="c1")
    await talk.correct(room, ANN, "c1", "A bigger secret.")
    tombstone = f"<message xmlns='jabber:client'><retracted xmlns='{ns.RETRACT}' id='x'/></message>".encode()
    await stores.archive.retract(room, first, tombstone)
    assert await talk.found(ANN, "secret") == []
    await talk.correct(room, ANN, "c1", "The biggest secret.")
    assert await talk.found(ANN, "secret") == []


@pytest_twisted.ensureDeferred
async def test_what_is_off_the_record_is_never_found(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN, KIM)
    await talk.say(room, ANN, "[off] between us: mirrors")
    await talk.say(room, KIM, "#off me")
    await talk.say(room, KIM, "I hate mirrors.")
    heard = await talk.say(room, ANN, "Which mirrors?")
    assert await talk.found(ANN, "mirrors") == [heard]
    await talk.say(room, KIM, "More of mirrors.")
    await talk.say(room, KIM, "#on")
    again = await talk.say(room, KIM, "Mirrors are fine.")
    assert sorted(await talk.found(ANN, "mirrors")) == [heard, again]


@pytest.mark.parametrize("off", ["#off", "/off please", "reporter, this is off the record", "a button"])
@pytest_twisted.ensureDeferred
async def test_what_was_said_before_the_room_heard_that_it_is_off_the_record_is_never_found(
    stores: Any, off: str
) -> None:
    def pressed(name: str) -> str:
        return f"<request xmlns='{ns.REPORTER}' name='{name}' nick='Ann'/>"

    talk = Talk(stores)
    room, other = await talk.room("audit", ANN, KIM), await talk.room("other", ANN, KIM)
    if off == "a button":
        await talk.say(room, "reporter.example.org", "Ann takes us off the record.", more=pressed("off"))
    else:
        await talk.say(room, ANN, off)
    await talk.say(room, KIM, "Secret mirrors.", origin="k1")
    elsewhere = await talk.say(other, KIM, "Other mirrors.")
    assert await talk.found(ANN, "mirrors") == [elsewhere]
    await talk.say(room, KIM, "#once more: mirrors")
    await talk.say(room, "reporter.example.org", "Lou says: on the record", more=pressed("say"))
    await talk.say(room, KIM, "Still secret mirrors.")
    assert await talk.found(ANN, "mirrors") == [elsewhere]
    await talk.say(room, "reporter.example.org", "Ann puts us on the record.", more=pressed("on"))
    again = await talk.say(room, KIM, "Open mirrors.")
    await talk.correct(room, KIM, "k1", "Corrected mirrors.")
    await talk.correct(room, KIM, "never archived", "Corrected mirrors.")
    for _ in range(2):
        assert sorted(await talk.found(ANN, "mirrors")) == sorted((elsewhere, again))


@pytest_twisted.ensureDeferred
async def test_a_person_goes_off_the_record_by_words_or_by_a_button_and_their_corrections_stay_so(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN, KIM)
    says = f"<request xmlns='{ns.REPORTER}' name='say' nick='Kim' jid='{KIM}' words='#off me'/>"
    for off in ("reporter, please do not record me", "#OFF me", says):
        if off is says:
            await talk.say(room, "reporter.example.org", "Kim says: #off me", more=says)
        else:
            await talk.say(room, KIM, off)
        await talk.say(room, KIM, "Secret mirrors.", origin=f"k {len(off)}")
        await talk.say(room, KIM, "#once more: mirrors")
        await talk.say(room, KIM, "#on")
        await talk.correct(room, KIM, f"k {len(off)}", "Corrected mirrors.")
        for _ in range(2):
            assert await talk.found(ANN, "mirrors") == []
    heard = await talk.say(room, KIM, "Open mirrors.")
    assert await talk.found(ANN, "mirrors") == [heard]


@pytest_twisted.ensureDeferred
async def test_neither_components_nor_talks_between_two_are_indexed(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    await talk.say(room, "reporter.example.org", "I note the mirrors.")
    await talk.say(ANN, KIM, "Between us: mirrors.")
    assert await talk.found(ANN, "mirrors") == []


@pytest_twisted.ensureDeferred
async def test_a_room_that_is_gone_takes_its_words_along_and_others_are_still_read(stores: Any) -> None:
    talk = Talk(stores)
    kept, gone = await talk.room("kept", ANN), await talk.room("gone", ANN)
    first = await talk.say(kept, ANN, "mirrors one")
    await talk.say(gone, ANN, "mirrors two")
    await talk.say(gone, ANN, "mirrors three")
    assert len(await talk.found(ANN, "mirrors")) == 3
    await stores.rooms.delete(gone)
    assert await talk.found(ANN, "mirrors") == [first]
    second = await talk.say(kept, ANN, "mirrors four")
    third = await talk.say(kept, ANN, "mirrors five")
    assert sorted(await talk.found(ANN, "mirrors")) == [first, second, third]


@pytest_twisted.ensureDeferred
async def test_rows_that_were_numbered_anew_are_neither_missed_nor_doubled(sqlite_stores: Any) -> None:
    talk = Talk(sqlite_stores)
    kept, gone = await talk.room("kept", ANN), await talk.room("gone", ANN)
    for number in range(5):
        await talk.say(gone, ANN, f"mirrors {number}")
    first = await talk.say(kept, ANN, "mirrors at last")
    assert len(await talk.found(ANN, "mirrors")) == 6
    await sqlite_stores.rooms.delete(gone)
    await sqlite_stores.database.write(
        lambda connection: connection.execute(text("UPDATE archive SET rowid = rowid - 5"))
    )
    second = await talk.say(kept, ANN, "mirrors again")
    assert sorted(await talk.found(ANN, "mirrors")) == [first, second]


@pytest_twisted.ensureDeferred
async def test_the_best_come_first_page_by_page_with_a_count(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    for number in range(25):
        await talk.say(room, ANN, f"On day {number} we spoke, among many other things that came up then, of mirrors.")
    best = await talk.say(room, ANN, "Mirrors, mirrors, mirrors.")
    found = await stores.search.said(ANN, "mirrors", limit=10)
    assert (found.hits[0].id, len(found.hits), found.total, found.behind) == (best, 10, 26, False)
    assert found.hits[0].parts[:3] == (("Mirrors", True), (", ", False), ("mirrors", True))
    pages = [await talk.found(ANN, "mirrors", limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert len({id_ for page in pages for id_ in page}) == 26
    assert [len(page) for page in pages] == [10, 10, 6, 0]
    hit = found.hits[0]
    assert (hit.kind, hit.topic, hit.name, hit.by) == ("message", "audit", "Audit", "Ann")


@pytest_twisted.ensureDeferred
async def test_redacted_messages_can_be_forgotten_by_either_id(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    await talk.say(room, ANN, "mirrors", origin="c1")
    version = await talk.correct(room, ANN, "c1", "mirrors and windows")
    other = await talk.say(room, ANN, "mirrors")
    assert len(await talk.found(ANN, "mirrors")) == 2
    await stores.database.write(lambda connection: forget(connection, room, [version, "unknown"]))
    assert await talk.found(ANN, "mirrors") == [other]


@pytest_twisted.ensureDeferred
async def test_several_processes_index_each_message_once(stores: Any) -> None:
    talk = Talk(stores)
    room = await talk.room("audit", ANN)
    said = [await talk.say(room, ANN, f"mirrors {number}") for number in range(20)]
    one, other = MessageIndex(stores.database), MessageIndex(stores.database)
    while await one.advance(7) | await other.advance(7):
        pass
    assert sorted(await talk.found(ANN, "mirrors", limit=50)) == said


@pytest_twisted.ensureDeferred
async def test_documents_are_found_by_who_may_read_them_and_no_longer_when_redacted(stores: Any) -> None:
    talk = Talk(stores)
    await talk.room("audit", ANN)
    for topic, visibility, words in (
        ("audit", "members", "All mirrors are licensed."),
        ("other", "members", "Other mirrors."),
        ("open", "public", "Public mirrors and a café."),
    ):
        body = f'{{"sections": [{{"text": "{words}", "source": "secretid"}}]}}'
        await stores.documents.publish(
            r.DocumentRecord(topic, 1, topic, topic.title(), "Head", body, f"{topic}:1", visibility, START), ()
        )
    found = await stores.search.documents(ANN, "mirrors")
    assert {(hit.topic, hit.id) for hit in found.hits} == {("audit", ""), ("open", "open")}
    assert found.total == 2
    assert ("mirrors", True) in found.hits[0].parts
    assert {hit.topic for hit in (await stores.search.documents(BOB, "mirrors")).hits} == {"open"}
    assert (await stores.search.documents(ANN, "secretid")).total == 0
    assert [each.topic for each in (await stores.documents.public(query="mirrors")).items] == ["open"]
    assert [each.topic for each in (await stores.documents.public(query="cafe")).items] == ["open"]

    def redact(connection: Any) -> None:
        seq = connection.execute(text("SELECT seq FROM documents WHERE topic = 'open'")).scalar_one()
        search.put_in_again(connection, seq, "Open", "Head", '{"text": "Nothing."}')

    await stores.database.write(redact)
    assert (await stores.search.documents(BOB, "mirrors")).total == 0


class Rows:
    """An index that has so many rows to read."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.steps = 0

    async def advance(self, most: int) -> bool:
        self.steps += 1
        self.rows = max(0, self.rows - most)
        return self.rows > 0


@pytest_twisted.ensureDeferred
async def test_indexing_waits_while_much_is_said_and_rests_when_all_is_read() -> None:
    clock, rows, appended = Clock(), Rows(250), 0
    indexing = Indexing(rows, clock, lambda: appended, 5.0, 50)  # type: ignore[arg-type]
    indexing.start()
    appended = 1000
    clock.advance(5)
    assert rows.steps == 0  # 200 a second
    appended += 10
    clock.advance(5)
    assert rows.steps == 1
    clock.advance(PAUSE_SECONDS)
    appended += 1000
    clock.advance(PAUSE_SECONDS)
    assert rows.steps == 3 and rows.rows == 0
    clock.advance(5)
    for _ in range(10):
        clock.advance(5)
    assert rows.steps == 4  # once more for what was said meanwhile
    await indexing.stop()
    assert not clock.getDelayedCalls()


def test_the_part_of_a_long_text_that_is_shown_holds_what_was_found() -> None:
    long = " ".join(f"word{number}" for number in range(200))
    parts = shown(f"{long} mirrors {long}", words_of("mirror"))
    assert ("mirrors", True) in parts
    assert parts[0] == ("…", False) and parts[-1][0].endswith("…")
    assert sum(len(piece) for piece, _ in parts) < 200
    assert shown("Short.", words_of("nothing")) == (("Short.", False),)
    assert shown("", words_of("nothing")) == ()
