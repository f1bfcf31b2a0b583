"""
The published archive: ``/archive/``, its documents in every form, its feed and its search. No script, no sign-in.

Visibility is the topic's: *public* documents are listed, *link* ones only answer at their address, *members* ones are
not shown on the web at all. Leaves out editing.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

from klein import Klein
from twisted.web.http import Request

from ccm import records as r
from ccm.interfaces import IDocuments
from ccm.reporter import render_atom, render_html, render_ics, render_json, render_markdown
from ccm.reporter.document import Document
from ccm.web.forms import field
from ccm.web.options import WebOptions
from ccm.web.pages import Pages, answering

FORMS = {
    "md": ("text/markdown; charset=utf-8", "Markdown"),
    "json": ("application/json", "JSON"),
    "ics": ("text/calendar; charset=utf-8", "Calendar"),
}


class ArchivePages:
    """``/archive/…``. :param url: the public address of this server, ending with ``/``."""

    app = answering(Klein(), lambda page: page._pages)

    def __init__(self, pages: Pages, documents: IDocuments, url: str, options: WebOptions) -> None:
        self._pages = pages
        self._documents = documents
        self._url = url + "archive/"
        self._options = options

    @app.route("/", methods=["GET"])
    async def list(self, request: Request) -> bytes:
        """The newest documents, or those that match ``?q=``; ``?before=`` turns the page."""
        query, before = field(request, "q")[:200], _moment(field(request, "before"))
        page = await self._documents.public(query=query, before=before, limit=self._options.archive_page)
        last = page.items[-1].published.isoformat() if page.items and not page.complete else ""
        return self._pages.render(request, "archive.html", documents=page.items, query=query, older=last)

    @app.route("/feed.atom", methods=["GET"])
    async def feed(self, request: Request) -> bytes:
        """The newest documents as an Atom feed (RFC 4287)."""
        page = await self._documents.public(limit=self._options.feed_entries)
        entries = [render_atom.entry(render_json.loads(d.body), url=self._url + d.slug) for d in page.items]
        updated = page.items[0].published if page.items else datetime.fromtimestamp(0, UTC)
        body = (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
            f"<id>{self._url}</id>\n<title>Published discussions</title>\n"
            f'<link rel="self" href="{self._url}feed.atom"/>\n<link rel="alternate" href="{self._url}"/>\n'
            f"<updated>{updated.strftime('%Y-%m-%dT%H:%M:%SZ')}</updated>\n" + "\n".join(entries) + "\n</feed>\n"
        ).encode()
        return self._pages.cached(request, body, "application/atom+xml; charset=utf-8", _etag(body))

    @app.route("/<slug>", methods=["GET"])
    async def document(self, request: Request, slug: str) -> bytes:
        """One document: a page, or with ``.md``, ``.json``, ``.ics`` that form; ``?v=2`` an earlier revision."""
        name, dot, form = slug.rpartition(".")
        if not dot or form not in FORMS:
            name, form = slug, ""
        wanted = field(request, "v")
        number = wanted.isascii() and wanted.isdigit() and len(wanted) < 9
        record = await self._documents.by_slug(name, int(wanted) if number else None)
        if record is None:
            text = "There is no document of that name here. It may have been taken back."
            return self._pages.message(
                request, "No such document", text, 404, link="/archive/", link_text="All documents"
            )
        if record.visibility == "members":
            text = "This document is shown to those who took part. Sign in to read it."
            return self._pages.message(request, "Only for those who took part", text, 403)
        body, content_type = self._form(record, form)
        return self._pages.cached(request, body, content_type, _etag(body))

    def _form(self, record: r.DocumentRecord, form: str) -> tuple[bytes, str]:
        document, url = render_json.loads(record.body), self._url + record.slug
        makers: dict[str, Callable[[Document], bytes]] = {
            "md": lambda d: render_markdown.text(d, url=url).encode(),
            "json": lambda _: record.body.encode(),
            "ics": lambda d: render_ics.calendar(d, url=url),
        }
        if form:
            return makers[form](document), FORMS[form][0]
        alternates = {label: f"/archive/{record.slug}.{suffix}" for suffix, (_, label) in FORMS.items()}
        page = render_html.page(
            document,
            stylesheet=self._pages.look.stylesheet,
            alternates=alternates,
            home="/archive/",
            feed="/archive/feed.atom",
            icon=self._pages.look.icon,
        )
        return page.encode(), "text/html; charset=utf-8"


def _etag(body: bytes) -> Callable[[], bytes]:
    return lambda: b'"%b"' % sha256(body).hexdigest()[:24].encode()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
