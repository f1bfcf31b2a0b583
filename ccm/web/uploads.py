"""
Files that people put here, read back (XEP-0363 1.2.0 §8, §9): ``/upload/<id>/<name>``.

Whoever knows the address may read, from any page; nothing of a file can run in the name of this host: few formats are
shown in place, what a browser would run is bytes, and whatever is shown has an empty Content Security Policy and a
sandbox. Ranges and HEAD are ``twisted.web.static``'s. Leaves out how files come: ``transports/http_put.py``.
"""

import re
from datetime import UTC, datetime
from typing import Any

from klein import Klein
from twisted.web.http import CACHED, Request
from twisted.web.static import File

from ccm import media
from ccm.interfaces import IUploads
from ccm.records import Upload
from ccm.web.pages import Pages, answering

_ID = re.compile(r"[A-Za-z0-9_-]{32}")
_RANGE = re.compile(rb"bytes=(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")
_CACHE_SECONDS = 86_400

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS, HEAD, GET, PUT",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range",
    "Access-Control-Expose-Headers": "Content-Disposition, Content-Range, ETag",
    "Access-Control-Max-Age": "7200",
}


class Uploads:
    """:param now: seconds since the epoch."""

    app = answering(Klein(), lambda uploads: uploads._pages)

    def __init__(self, pages: Pages, uploads: IUploads, now: Any) -> None:
        self._pages = pages
        self._uploads = uploads
        self._now = now

    @app.route("/<id_>/<name>", methods=["OPTIONS"])
    def preflight(self, request: Request, id_: str, name: str) -> bytes:  # noqa: ARG002
        """Pages of other hosts may read and put."""
        for header, value in _PREFLIGHT.items():
            request.setHeader(header, value)
        request.setResponseCode(204)
        return b""

    @app.route("/<id_>/<name>", methods=["GET", "HEAD"])
    async def file(self, request: Request, id_: str, name: str) -> Any:  # noqa: ARG002
        """The file, or a part of it. Its name is the stored one, whatever the address says."""
        upload = await self._uploads.find(id_) if _ID.fullmatch(id_) else None
        file = None if upload is None else _Kept(self._uploads.path(id_))
        if upload is None or file is None or not file.isfile():
            request.setHeader("Access-Control-Allow-Origin", "*")
            return self._pages.missing(request)
        file.type, shown = media.served_as(upload.media_type or media.guessed(upload.name))
        for header, value in _HEADERS.items():
            request.setHeader(header, value)
        request.setHeader("Content-Disposition", media.disposition(upload.name, shown=shown))
        request.setHeader("Cache-Control", f"private, max-age={self._lasts(upload)}, immutable")
        if request.setETag(b'"%b"' % id_.encode()) is CACHED:
            return b""
        # several ranges of one answer can ask for a file many times over (RFC 9110 §14.2 lets a server ignore them)
        if not _RANGE.fullmatch(request.getHeader(b"range") or b""):
            request.requestHeaders.removeHeader(b"range")
        return file

    def _lasts(self, upload: Upload) -> int:
        if upload.expires is None:
            return _CACHE_SECONDS
        left = upload.expires - datetime.fromtimestamp(self._now(), UTC)
        return max(0, min(_CACHE_SECONDS, int(left.total_seconds())))


class _Kept(File):
    """One file under a type of our own choice."""

    isLeaf = True
    encoding = None
    type: str | None = None
