"""
The classic pages' frame: templates, style sheet, headers.

Jinja2 escapes everything; a page needs no script and loads nothing but one style sheet, whose name carries its hash.
"""

import gzip
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jinja2
from twisted.web.http import Request

#: Headers of every page (OWASP; CSP level 3): nothing foreign, nothing inline, no referrer with tokens in it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
YEAR_SECONDS = 31_536_000


class Pages:
    """
    :param secure: whether the public address is https: adds HSTS.
    :ivar stylesheet: path of the style sheet, for pages that others render.
    """

    def __init__(self, *, secure: bool = False) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("ccm.web"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
        )
        self._secure = secure
        css = files("ccm.web").joinpath("assets/pages.css").read_bytes()
        self._css = css
        self._css_gzip = gzip.compress(css, 9, mtime=0)
        self.stylesheet = f"/style/pages-{hashlib.sha256(css).hexdigest()[:12]}.css"

    def headers(self, request: Request) -> None:
        """Set what every answer carries."""
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        if self._secure:
            request.setHeader("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")

    def render(self, request: Request, template: str, status: int = 200, **values: Any) -> bytes:
        """A page made of a template, not to be cached."""
        self.headers(request)
        request.setHeader("Content-Type", "text/html; charset=utf-8")
        request.setHeader("Cache-Control", "no-store")
        request.setResponseCode(status)
        page = self._environment.get_template(template).render(stylesheet=self.stylesheet, **values)
        return page.encode()

    def message(self, request: Request, title: str, text: str, status: int = 200, **values: Any) -> bytes:
        """A page that says one thing; *link* and *link_text* add a way on."""
        values = {"link": "/", "link_text": "To CCM", **values}
        return self.render(request, "message.html", status, title=title, text=text, **values)

    def style(self, request: Request, name: str) -> bytes:
        """The style sheet under its hashed name, else 404."""
        if f"/style/{name}" != self.stylesheet:
            return self.message(request, "Not found", "There is no such style sheet.", 404)
        request.setHeader("Content-Type", "text/css; charset=utf-8")
        request.setHeader("Cache-Control", f"public, max-age={YEAR_SECONDS}, immutable")
        request.setHeader("X-Content-Type-Options", "nosniff")
        request.setHeader("Vary", "Accept-Encoding")
        if "gzip" in (request.getHeader("Accept-Encoding") or ""):
            request.setHeader("Content-Encoding", "gzip")
            return self._css_gzip
        return self._css

    def cached(self, request: Request, body: bytes, content_type: str, make_etag: Callable[[], bytes]) -> bytes:
        """A public document with its ETag; answers 304 where that is enough (RFC 9110 §13)."""
        self.headers(request)
        request.setHeader("Content-Type", content_type)
        request.setHeader("Cache-Control", "public, max-age=0, must-revalidate")
        return b"" if request.setETag(make_etag()) else body
