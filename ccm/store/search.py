"""
Which words stand in which document, its newest revision: SQLite's FTS5, PostgreSQL's ``tsvector``.

Kept in the transaction that publishes or redacts. Leaves out stemming (documents come in many languages), who may read
what (:mod:`ccm.store.documents`, :mod:`ccm.store.found`), and what was said in rooms (:mod:`ccm.store.message_index`).
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from ccm.store.found_words import flat, postgresql_match, sqlite_match, words_of

CREATE = {
    "sqlite": ("CREATE VIRTUAL TABLE document_words USING fts5(words, tokenize = 'unicode61 remove_diacritics 2')",),
    "postgresql": (
        "CREATE TABLE document_words (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX document_words_words ON document_words USING gin (words)",
    ),
}
#: condition on ``documents.seq`` with the parameter ``:words``
MATCH = {
    "sqlite": "documents.seq IN (SELECT rowid FROM document_words WHERE document_words MATCH :words)",
    "postgresql": ("documents.seq IN (SELECT rowid FROM document_words WHERE words @@ CAST(:words AS tsquery))"),
}
_INSERT = {
    "sqlite": "INSERT INTO document_words(rowid, words) VALUES (:seq, :words)",
    "postgresql": "INSERT INTO document_words(rowid, words) VALUES (:seq, to_tsvector('simple', :words))",
}
_MAX_CHARACTERS = 200_000
_NOT_TEXT = frozenset({"id", "ids", "jid", "key", "type", "url", "href", "source", "sources", "refs", "stamp"})


def put_in(connection: Connection, seq: int, title: str, headline: str, body: str) -> None:
    """Make a document found by the words of its title, headline and body (JSON text)."""
    words = flat(" ".join((title, headline, *texts_of(body))), _MAX_CHARACTERS)
    connection.execute(text(_INSERT[connection.dialect.name]), {"seq": seq, "words": words})


def take_out(connection: Connection, seq: int) -> None:
    """Make a document no longer found."""
    connection.execute(text("DELETE FROM document_words WHERE rowid = :seq"), {"seq": seq})


def put_in_again(connection: Connection, seq: int, title: str, headline: str, body: str) -> None:
    """Make a document whose text has changed found by the words that it has now."""
    take_out(connection, seq)
    put_in(connection, seq, title, headline, body)


def condition(dialect: str, query: str) -> tuple[str, str] | None:
    """SQL and its parameter for what somebody typed; ``None`` if it holds no word."""
    words = words_of(query)
    if not words:
        return None
    return MATCH[dialect], (sqlite_match if dialect == "sqlite" else postgresql_match)(words)


def texts_of(body: str) -> Iterator[str]:
    """What a document's JSON text has for people to read."""
    try:
        stack: list[Any] = [msgspec.json.decode(body)]
    except msgspec.DecodeError:
        yield body
        return
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            stack.extend(v for k, v in reversed(list(value.items())) if k not in _NOT_TEXT)
