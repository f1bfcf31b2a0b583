"""Published documents by revision, found by slug, by topic and by their words; where publishers put them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from zope.interface import implementer

from ccm.errors import StanzaError
from ccm.interfaces import IDatabase, IDocuments
from ccm.records import DocumentRecord, Page, Receipt
from ccm.store import search
from ccm.store.outbox import Outbox
from ccm.store.schema import documents, receipts
from ccm.store.times import from_micros, to_micros
from ccm.store.upsert import upsert

#: Answers the revisions that it is given with other texts, and jobs.
Change = Callable[[tuple[DocumentRecord, ...]], tuple[tuple[DocumentRecord, ...], Iterable[tuple[str, str, str]]]]
_FIELDS = DocumentRecord.__dataclass_fields__


@implementer(IDocuments)
class Documents:
    """:param outbox: takes the jobs that put a document elsewhere."""

    def __init__(self, database: IDatabase, outbox: Outbox, dialect: str) -> None:
        self._database = database
        self._outbox = outbox
        self._dialect = dialect

    async def publish(self, document: DocumentRecord, jobs: Iterable[tuple[str, str, str]]) -> DocumentRecord:
        """:raises StanzaError: ``conflict`` if slug or revision are taken by another document."""
        jobs = tuple(jobs)

        def change(connection: Connection) -> tuple[DocumentRecord, bool]:
            first = connection.execute(select(documents).where(documents.c.key == document.key)).first()
            if first is not None:
                return _document(first), False
            _put(connection, document)
            self._outbox.put(connection, jobs)
            return document, True

        kept, new = await self._database.write(change)
        if new:
            self._outbox.added(jobs)
        return kept

    async def latest(self, topic: str) -> DocumentRecord | None:
        return await self._first(documents.c.topic == topic)

    async def by_slug(self, slug: str, revision: int | None = None) -> DocumentRecord | None:
        conditions = [documents.c.slug == slug]
        if revision is not None:
            conditions.append(documents.c.revision == revision)
        return await self._first(*conditions)

    async def revisions(self, topic: str) -> tuple[DocumentRecord, ...]:
        statement = select(documents).where(documents.c.topic == topic).order_by(documents.c.revision)
        return tuple(map(_document, await self._rows(statement)))

    async def public(self, *, query: str = "", before: datetime | None = None, limit: int = 20) -> Page:
        shown = documents.c.newest.is_(True), documents.c.visibility == "public"
        statement = select(documents).where(*shown).order_by(documents.c.published.desc(), documents.c.seq.desc())
        if before is not None:
            statement = statement.where(documents.c.published < to_micros(before))
        if query.strip():
            found = search.condition(self._dialect, query)
            if found is None:
                return Page((), complete=True, total=0)
            statement = statement.where(text(found[0]).bindparams(words=found[1]))
        rows = await self._rows(statement.limit(limit + 1))
        return Page(tuple(map(_document, rows[:limit])), complete=len(rows) <= limit)

    async def rewrite(self, topic: str, change: Change) -> tuple[DocumentRecord, ...]:
        made: list[tuple[str, str, str]] = []

        def work(connection: Connection) -> tuple[DocumentRecord, ...]:
            of_topic = select(documents).where(documents.c.topic == topic).order_by(documents.c.revision)
            rows = connection.execute(of_topic.with_for_update()).all()
            before = tuple(map(_document, rows))
            after, jobs = change(before)
            if len(after) != len(before):
                raise ValueError("A change of documents answers each revision that it was given.")
            changed = [(row.seq, new) for row, old, new in zip(rows, before, after, strict=True) if new != old]
            with forgetting(connection):
                for (seq, new), newest in ((pair, pair[0] == rows[-1].seq) for pair in changed):
                    texts = {"title": new.title, "headline": new.headline, "body": new.body}
                    connection.execute(update(documents).where(documents.c.seq == seq).values(**texts))
                    if newest:
                        search.put_in_again(connection, seq, new.title, new.headline, new.body)
            if changed:
                made.extend(jobs)
                self._outbox.put(connection, made)
            return tuple(new for _, new in changed)

        changed = await self._database.write(work)
        if made:
            self._outbox.added(made)
        return changed

    async def add_receipt(self, topic: str, revision: int, target: str, receipt: Receipt) -> None:
        row = {
            "topic": topic,
            "revision": revision,
            "target": target,
            "url": receipt.url,
            "remote_id": receipt.remote_id,
            "version": receipt.version,
        }

        def change(connection: Connection) -> None:
            upsert(connection, receipts, row)

        await self._database.write(change)

    async def receipts(self, topic: str) -> dict[str, Receipt]:
        statement = select(receipts).where(receipts.c.topic == topic).order_by(receipts.c.revision)
        return {row.target: Receipt(row.url, row.remote_id, row.version) for row in await self._rows(statement)}

    async def _first(self, *conditions: Any) -> DocumentRecord | None:
        rows = await self._rows(select(documents).where(*conditions).order_by(documents.c.revision.desc()).limit(1))
        return _document(rows[0]) if rows else None

    async def _rows(self, statement: Any) -> Sequence[Any]:
        return await self._database.read(lambda connection: connection.execute(statement).all())


@contextmanager
def forgetting(connection: Connection) -> Iterator[None]:
    """What is replaced or deleted inside leaves no bytes in SQLite's file; PostgreSQL's vacuum does that by itself."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        if sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def _put(connection: Connection, document: DocumentRecord) -> None:
    taken = select(documents.c.topic).where(documents.c.slug == document.slug, documents.c.topic != document.topic)
    if connection.execute(taken.limit(1)).first() is not None:
        raise StanzaError("conflict", "A document of another topic has that address. Choose another title.")
    others = select(documents.c.seq, documents.c.revision, documents.c.newest)
    rows = connection.execute(others.where(documents.c.topic == document.topic)).all()
    if any(row.revision == document.revision for row in rows):
        raise StanzaError("conflict", "That revision is published already. Publish the next one.")
    newest = all(row.revision < document.revision for row in rows)
    if newest:
        for row in rows:
            if row.newest:
                search.take_out(connection, row.seq)
        here = {"newest": False, "slug": document.slug}  # the address it had answers no longer, for any version
        connection.execute(update(documents).where(documents.c.topic == document.topic).values(**here))
    values = {field: getattr(document, field) for field in _FIELDS} | {"published": to_micros(document.published)}
    seq = connection.execute(insert(documents).values(**values, newest=newest).returning(documents.c.seq)).scalar_one()
    if newest:
        search.put_in(connection, seq, document.title, document.headline, document.body)


def _document(row: Any) -> DocumentRecord:
    fields = {field: getattr(row, field) for field in _FIELDS}
    return DocumentRecord(**{**fields, "published": from_micros(row.published)})
