"""
Searches: over what was said in the rooms that somebody may read, and over documents.

Whom a room is open to is asked in the same transaction as what was found there. The best come first (BM25 in SQLite,
``ts_rank`` in PostgreSQL), of equals the newest. Leaves out what is indexed: :mod:`ccm.store.message_index` and
:mod:`ccm.store.search`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, text
from zope.interface import implementer

from ccm.interfaces import IDatabase, ISearch
from ccm.records import Found, Hit
from ccm.store.found_words import postgresql_match, shown, sqlite_match, words_of
from ccm.store.message_index import MessageIndex, room_key
from ccm.store.schema import documents, topic_members, topics
from ccm.store.search import texts_of
from ccm.store.times import from_micros

_WORDS = "message_words JOIN message_index ON message_index.seq = message_words.rowid"

MOST_TOPICS = 1000
MOST_COUNTED = 1000
#: How many rows of the archives a search reads that nobody has read before, and how many at once.
CATCH_UP_ROWS, STEP_ROWS = 4000, 500


@implementer(ISearch)
class Search:
    """:param index: brought up to date before each search, as far as that goes quickly."""

    def __init__(self, database: IDatabase, index: MessageIndex) -> None:
        self._database = database
        self._index = index

    async def said(self, user: str, query: str, *, topic: str = "", offset: int = 0, limit: int = 20) -> Found:
        words = words_of(query)
        if not words:
            return Found((), 0)
        behind = True
        for _ in range(CATCH_UP_ROWS // STEP_ROWS):
            behind = await self._index.advance(STEP_ROWS)
            if not behind:
                break
        return await self._database.read(
            lambda connection: _said(connection, user, words, topic, offset, limit, behind)
        )

    async def documents(self, user: str, query: str, *, topic: str = "", offset: int = 0, limit: int = 20) -> Found:
        words = words_of(query)
        if not words:
            return Found((), 0)
        return await self._database.read(lambda connection: _documents(connection, user, words, topic, offset, limit))


def _rooms(connection: Connection, user: str, topic: str) -> dict[str, Any]:
    """Topics that somebody takes part in, by room, the newest thousand."""
    mine = select(topics.c.id, topics.c.name, topics.c.room).join(topic_members, topic_members.c.topic == topics.c.id)
    mine = mine.where(topic_members.c.jid == user).order_by(topic_members.c.created.desc()).limit(MOST_TOPICS)
    if topic:
        mine = mine.where(topics.c.id == topic)
    return {row.room: row for row in connection.execute(mine)}


def _said(
    connection: Connection, user: str, words: tuple[str, ...], topic: str, offset: int, limit: int, behind: bool
) -> Found:
    rooms = _rooms(connection, user, topic)
    if not rooms:
        return Found((), 0, behind)
    if connection.dialect.name == "sqlite":
        keys = " OR ".join(f'"{room_key(room)}"' for room in rooms)
        values: dict[str, Any] = {"match": f"{{room_key}} : ({keys}) AND {{words}} : ({sqlite_match(words)})"}
        found = f"{_WORDS} WHERE message_words MATCH :match"
        rank = "bm25(message_words, 0.0, 1.0)"
    else:
        values = {"match": postgresql_match(words), "rooms": list(rooms)}
        own = "message_index.room = ANY(:rooms)"
        found = f"{_WORDS} WHERE message_words.words @@ CAST(:match AS tsquery) AND {own}"
        rank = "-ts_rank(message_words.words, CAST(:match AS tsquery))"
    total = _count(connection, f"SELECT 1 FROM {found}", values)
    columns = "message_index.id, room, nick, at, message_index.words AS said"
    statement = f"SELECT {columns}, {rank} AS rank FROM {found} ORDER BY rank, at DESC LIMIT :limit OFFSET :offset"
    rows = connection.execute(text(statement), {**values, "limit": limit, "offset": offset}).all()
    hits = (
        Hit(
            "message",
            rooms[row.room].id,
            rooms[row.room].name,
            row.id,
            row.nick,
            from_micros(row.at),
            shown(row.said, words),
        )
        for row in rows
    )
    return Found(tuple(hits), total, behind)


def _count(connection: Connection, statement: str, values: dict[str, Any]) -> int:
    counted = f"SELECT COUNT(*) FROM ({statement} LIMIT :most) AS counted"
    return int(connection.execute(text(counted), {**values, "most": MOST_COUNTED}).scalar_one())


def _documents(connection: Connection, user: str, words: tuple[str, ...], topic: str, offset: int, limit: int) -> Found:
    own = select(topic_members.c.topic).where(topic_members.c.jid == user)
    readable = or_(documents.c.visibility == "public", documents.c.topic.in_(own))
    if connection.dialect.name == "sqlite":
        match, rank = sqlite_match(words), "bm25(document_words)"
        found = select(documents).join(text("document_words"), text("document_words.rowid = documents.seq"))
        found = found.where(text("document_words MATCH :match"))
    else:
        match, rank = postgresql_match(words), "-ts_rank(document_words.words, CAST(:match AS tsquery))"
        found = select(documents).join(text("document_words"), text("document_words.rowid = documents.seq"))
        found = found.where(text("document_words.words @@ CAST(:match AS tsquery)"))
    found = found.where(and_(documents.c.newest.is_(True), readable))
    if topic:
        found = found.where(documents.c.topic == topic)
    values = {"match": match}
    counted = select(func.count()).select_from(found.with_only_columns(documents.c.seq).limit(MOST_COUNTED).subquery())
    total = connection.execute(counted, values).scalar_one()
    ranked = found.order_by(text(rank), documents.c.published.desc()).limit(limit).offset(offset)
    return Found(tuple(_document(row, words) for row in connection.execute(ranked, values)), total)


def _document(row: Any, words: tuple[str, ...]) -> Hit:
    part: tuple[tuple[str, bool], ...] = shown(row.headline, words)
    if not any(found for _, found in part):
        part = _first((row.title, *texts_of(row.body)), words) or part
    slug = "" if row.visibility == "members" else row.slug
    return Hit("document", row.topic, row.title, slug, "", from_micros(row.published), part)


def _first(texts: Sequence[str], words: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """Of the first text that has the words, or the first that has one of them."""
    some: tuple[tuple[str, bool], ...] = ()
    for each in texts:
        part = shown(each, words)
        found = {piece for piece, hit in part if hit}
        if len(found) >= len(words):
            return part
        some = some or (part if found else ())
    return some
