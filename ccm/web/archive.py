"""
The published archive: ``/archive/``, its documents in every form and version, its feed and its search. No script, no
sign-in.

Visibility is the topic's: *public* documents are listed, *link* ones only answer at their address, *members* ones only
for a key (:mod:`ccm.web.readers`). What is made of a document is made beside the reactor, and only for who does not
have it yet. Leaves out editing.
"""

import gzip
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

from klein import Klein
from twisted.web.http import Request

from ccm import records as r
from ccm.interfaces import IDocuments, ISearch
from ccm.reporter import render_atom, render_html, render_ics, render_json, render_markdown
from ccm.reporter.differences import differences
from ccm.reporter.document import Document
from ccm.reporter.wording import standing
from ccm.web.forms import field
from ccm.web.options import WebOptions
from ccm.web.pages import Pages, answering
from ccm.web.readers import Readers, key_of, keyed

FORMS = {
    "md": ("text/markdown; charset=utf-8", "Markdown"),
    "json": ("application/json", "JSON"),
    "ics": ("text/calendar; charset=utf-8", "Calendar"),
}
HTML = "text/html; charset=utf-8"
FEED = "application/atom+xml; charset=utf-8"
MOST_PAGES = 50  # of what a search found
SHOWN_VERSIONS = 8  # so many have a link each


class ArchivePages:
    """
    ``/archive/…``.

    :param search: over public documents. :param url: the public address of this server, ending with ``/``.
    :param apart: ``(function, *arguments)`` runs it in a thread.
    """

    app = answering(Klein(), lambda page: page._pages)

    def __init__(
        self,
        pages: Pages,
        documents: IDocuments,
        readers: Readers,
        search: ISearch,
        url: str,
        options: WebOptions,
        apart: Callable[..., Awaitable[bytes]],
    ) -> None:
        self._pages = pages
        self._documents = documents
        self._readers = readers
        self._search = search
        self._url = url + "archive/"
        self._options = options
        self._apart = apart
        self._made_by = (_version(), self._url, pages.look.stylesheet, pages.look.icon)

    @app.route("/", methods=["GET"])
    async def list(self, request: Request) -> bytes:
        """The newest documents, ``?before=`` turns the page; or those that match ``?q=``, the best first."""
        query = field(request, "q")[:200]
        if query.strip():
            return await self._found(request, query)
        before = _moment(field(request, "before"))
        page = await self._documents.public(before=before, limit=self._options.archive_page)
        older = {"before": page.items[-1].published.isoformat()} if page.items and not page.complete else None
        shelves = [(month, list(some)) for month, some in groupby(page.items, _month)]
        return self._pages.render(request, "archive.html", documents=shelves, found=None, query="", older=older)

    async def _found(self, request: Request, query: str) -> bytes:
        number, size = min(_number(field(request, "page")) or 1, MOST_PAGES), self._options.archive_page
        found = await self._search.documents("", query, offset=(number - 1) * size, limit=size)
        more = number * size < found.total and number < MOST_PAGES
        older = {"q": query, "page": number + 1} if more else None
        return self._pages.render(request, "archive.html", documents=(), found=found, query=query, older=older)

    @app.route("/feed.atom", methods=["GET"])
    async def feed(self, request: Request) -> bytes:
        """The newest documents as an Atom feed (RFC 4287)."""
        page = await self._documents.public(limit=self._options.feed_entries)
        made_of = [text for record in page.items for text in (record.slug, record.body)]
        return await self._made(request, FEED, made_of, lambda: self._feed(page.items))

    def _feed(self, records: Sequence[r.DocumentRecord]) -> bytes:
        entries = [render_atom.entry(render_json.loads(d.body), url=self._url + d.slug) for d in records]
        updated = records[0].published if records else datetime.fromtimestamp(0, UTC)
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
            f"<id>{self._url}</id>\n<title>Published discussions</title>\n"
            f'<link rel="self" href="{self._url}feed.atom"/>\n<link rel="alternate" href="{self._url}"/>\n'
            f"<updated>{updated.strftime('%Y-%m-%dT%H:%M:%SZ')}</updated>\n" + "\n".join(entries) + "\n</feed>\n"
        ).encode()

    @app.route("/<slug>", methods=["GET"])
    async def document(self, request: Request, slug: str) -> bytes:
        """One document: a page, or with ``.md``, ``.json``, ``.ics`` that form; ``?v=2`` an earlier revision."""
        name, dot, form = slug.rpartition(".")
        if not dot or form not in FORMS:
            name, form = slug, ""
        wanted = _number(field(request, "v"))
        record = await self._documents.by_slug(name, wanted)
        refused = await self._refused(request, record)
        if record is None or refused is not None:
            return refused or b""
        shown: Sequence[r.DocumentRecord] = (record,)
        if not form and (wanted is not None or record.revision > 1):
            shown = await self._shown(request, record.topic)
        numbers = [each.revision for each in shown]
        key = _key(request, (record, *shown))
        made_of = (record.body, record.slug, form, str(wanted), str(numbers), key)
        content_type = FORMS[form][0] if form else HTML
        return await self._made(
            request, content_type, made_of, lambda: self._form(record, form, wanted, numbers, key), key
        )

    @app.route("/<slug>/versions", methods=["GET"])
    async def versions(self, request: Request, slug: str) -> bytes:
        """Every version of a document that whoever asks may read, the newest first."""
        record = await self._documents.by_slug(slug)
        refused = await self._refused(request, record)
        if record is None or refused is not None:
            return refused or b""
        records = await self._shown(request, record.topic)
        key = _key(request, records)
        made_of = [
            record.title,
            key,
            *(text for each in records for text in (str(each.revision), each.headline, each.body)),
        ]
        return await self._made(request, HTML, made_of, lambda: self._versions(record, records, key), key)

    def _versions(self, record: r.DocumentRecord, records: Sequence[r.DocumentRecord], key: str) -> bytes:
        rows = []
        for each, before in zip(records, (None, *records), strict=False):
            rows.append(
                {
                    "number": each.revision,
                    "headline": each.headline,
                    "at": each.published.isoformat(),
                    "standing": standing(render_json.loads(each.body)),
                    "before": before.revision if before is not None else None,
                }
            )
        here = f"/archive/{record.slug}"
        return self._pages.text(
            "versions.html", title=record.title, here=here, key=key, keyed=keyed, versions=rows[::-1]
        )

    @app.route("/<slug>/changes", methods=["GET"])
    async def changes(self, request: Request, slug: str) -> bytes:
        """What a version (``?to=``, else the newest) says otherwise than another (``?from=``, else the one before)."""
        newest = await self._documents.by_slug(slug)
        refused = await self._refused(request, newest)
        if newest is None or refused is not None:
            return refused or b""
        records = await self._shown(request, newest.topic)
        key = _key(request, records)
        by_number = {record.revision: record for record in records}
        new = by_number.get(_number(field(request, "to")) or newest.revision)
        before = max((number for number in by_number if new is not None and number < new.revision), default=0)
        old = by_number.get(_number(field(request, "from")) or before)
        if new is None or old is None:
            text = "There are no two such versions. Choose them from the list."
            link = keyed(f"/archive/{newest.slug}/versions", key)
            return self._pages.message(request, "No such versions", text, 404, link=link, link_text="All versions")
        values: dict[str, str | int] = {
            "title": newest.title,
            "here": f"/archive/{newest.slug}",
            "key": key,
            "old": old.revision,
            "new": new.revision,
        }
        made_of = (*map(str, values.values()), old.body, new.body)
        return await self._made(request, HTML, made_of, lambda: self._changes(old.body, new.body, values), key)

    def _changes(self, old: str, new: str, values: dict[str, str | int]) -> bytes:
        groups = differences(render_json.loads(old), render_json.loads(new))
        return self._pages.text("changes.html", groups=groups, keyed=keyed, **values)

    async def _made(
        self, request: Request, content_type: str, made_of: Iterable[str], make: Callable[[], bytes], key: str = ""
    ) -> bytes:
        """
        What *make* makes, unless they have it already.

        :param made_of: all that it depends on, besides this server.
        :param key: by which it is read: then it is for nobody else.
        """
        zipped = not key and self._pages.takes_gzip(request)
        etag = _etag((*self._made_by, content_type, str(zipped), *made_of))
        if request.setETag(etag):
            return self._pages.cached(request, b"", content_type, lambda: etag, private=bool(key), zipped=zipped)
        request.etag = None  # of what is made, if it can be
        body = await self._apart(lambda: gzip.compress(make(), 6, mtime=0) if zipped else make())
        return self._pages.cached(request, body, content_type, lambda: etag, private=bool(key), zipped=zipped)

    async def _refused(self, request: Request, record: r.DocumentRecord | None) -> bytes | None:
        """The page that says why a document is not shown."""
        if record is None:
            text = "There is no document of that name here. It may have been taken back."
            return self._pages.message(
                request, "No such document", text, 404, link="/archive/", link_text="All documents"
            )
        if not await self._readers.may_read(request, record):
            text = (
                "This document is shown to those who take part. Open it by the link in the mail that brought it, "
                "or sign in and open it beside the talk."
            )
            return self._pages.message(request, "Only for those who take part", text, 403)
        return None

    async def _shown(self, request: Request, topic: str) -> Sequence[r.DocumentRecord]:
        """The versions that whoever asks may read: each was published with a visibility of its own."""
        records = await self._documents.revisions(topic)
        one_of_each = {record.visibility: record for record in records}
        shown = {kind for kind, record in one_of_each.items() if await self._readers.may_read(request, record)}
        return [record for record in records if record.visibility in shown]

    def _form(self, record: r.DocumentRecord, form: str, wanted: int | None, numbers: Sequence[int], key: str) -> bytes:
        """:param wanted: the revision that was asked for. :param numbers: those that may be read."""
        document, url = render_json.loads(record.body), self._url + record.slug
        here = f"{url}?v={wanted}" if wanted is not None else url
        makers: dict[str, Callable[[Document], bytes]] = {
            "md": lambda d: render_markdown.text(d, url=url).encode(),
            "json": lambda _: record.body.encode(),
            "ics": lambda d: render_ics.calendar(d, url=here),
        }
        if form:
            return makers[form](document)
        version = f"?v={wanted}" if wanted is not None else ""
        below = f"/archive/{record.slug}"
        alternates = {label: keyed(f"{below}.{suffix}{version}", key) for suffix, (_, label) in FORMS.items()}
        page = render_html.page(
            document,
            stylesheet=self._pages.look.stylesheet,
            alternates=alternates,
            home="/archive/",
            feed="/archive/feed.atom",
            icon=self._pages.look.icon,
            versions=_ways(record, numbers, key) if len(numbers) > 1 else {},
        )
        return page.encode()


def _ways(record: r.DocumentRecord, numbers: Sequence[int], key: str) -> dict[str, str]:
    """What leads from a version to the others."""
    here = f"/archive/{record.slug}"
    ways = {str(number): f"{here}?v={number}" for number in numbers if number != record.revision}
    if len(ways) > SHOWN_VERSIONS:
        ways = {}
    before = max((number for number in numbers if number < record.revision), default=None)
    if before is not None:
        ways["what changed"] = f"{here}/changes?from={before}&to={record.revision}"
    ways["all versions"] = f"{here}/versions"
    return {words: keyed(way, key) for words, way in ways.items()}


def _key(request: Request, shown: Iterable[r.DocumentRecord]) -> str:
    """What the links of the page hand on: nothing where nothing is asked for."""
    return key_of(request) if any(record.visibility == "members" for record in shown) else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _version() -> str:
    try:
        return version("ccm")
    except PackageNotFoundError:
        return ""  # run from its sources


def _etag(made_of: Iterable[str]) -> bytes:
    found = sha256()
    for text in made_of:
        part = text.encode()
        found.update(b"%d:" % len(part) + part)
    return b'"%b"' % found.hexdigest()[:24].encode()


def _month(record: r.DocumentRecord) -> datetime:
    return datetime(record.published.year, record.published.month, 1, tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
