"""
Full-text search over public documents: SQLite's FTS5, PostgreSQL's ``tsvector``; both by words, prefixes, all of them.

Leaves out ranking (documents come newest first) and stemming (documents come in many languages).
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

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
_WORD = re.compile(r"\w+")
_MAX_WORDS = 16
_MAX_CHARACTERS = 200_000
_NOT_TEXT = frozenset({"id", "ids", "jid", "key", "type", "url", "href", "source", "sources", "refs", "stamp"})


def put_in(connection: Connection, seq: int, title: str, headline: str, body: str) -> None:
    """Make a document found by the words of its title, headline and body (JSON text)."""
    words = " ".join(_WORD.findall(" ".join((title, headline, *_texts(body)))[:_MAX_CHARACTERS].lower()))
    connection.execute(text(_INSERT[connection.dialect.name]), {"seq": seq, "words": words})


def take_out(connection: Connection, seq: int) -> None:
    """Make a document no longer found."""
    connection.execute(text("DELETE FROM document_words WHERE rowid = :seq"), {"seq": seq})


def condition(dialect: str, query: str) -> tuple[str, str] | None:
    """SQL and its parameter for what somebody typed; ``None`` if it holds no word."""
    words = _WORD.findall(query.lower())[:_MAX_WORDS]
    if not words:
        return None
    form, joint = ('"{}"*', " ") if dialect == "sqlite" else ("'{}':*", " & ")
    return MATCH[dialect], joint.join(form.format(word) for word in words)


def _texts(body: str) -> Iterator[str]:
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
