"""
The classic pages' frame: templates, headers, answers to what goes wrong.

Jinja2 escapes everything; a page needs no script and loads nothing but one style sheet and its fonts. Leaves out how it
looks (``look``).
"""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from klein import Klein
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import Request
from werkzeug.exceptions import HTTPException

from ccm.errors import StoreUnavailable
from ccm.web.languages import ENGLISH, LANGUAGES, Language, asked
from ccm.web.look import Look

log = Logger()

#: Headers of every page (OWASP; CSP level 3): nothing foreign, nothing inline, no referrer with tokens in it.
#: Without script nothing connects; tools that judge pages ask for ``/robots.txt`` from within them.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
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
    :param look: style sheet, icon and fonts.
    :param secure: whether the public address is https: adds HSTS.
    """

    def __init__(self, look: Look | None = None, *, secure: bool = False) -> None:
        self._environments = {code: environment(language) for code, language in LANGUAGES.items()}
        self._secure = secure
        self.look = look or Look()

    def headers(self, request: Request) -> None:
        """Set what every answer carries."""
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        if self._secure:
            request.setHeader("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")

    def render(self, request: Request, template: str, status: int = 200, **values: Any) -> bytes:
        """A page made of a template in the language of whoever asks, not to be cached."""
        self.headers(request)
        self._early(request)
        request.setHeader("Content-Type", "text/html; charset=utf-8")
        request.setHeader("Cache-Control", "no-store")
        request.setHeader("Vary", "Accept-Language")
        request.setResponseCode(status)
        return self._text(template, asked(request), values)

    def text(self, template: str, **values: Any) -> bytes:
        """The bytes of a page made of a template, for :meth:`cached`: it is the same for everybody, in English."""
        return self._text(template, ENGLISH, values)

    def _text(self, template: str, language: Language, values: Mapping[str, Any]) -> bytes:
        frame = {"stylesheet": self.look.stylesheet, "icon": self.look.icon, "lang": language.code}
        return self._environments[language.code].get_template(template).render(**frame, **values).encode()

    def message(self, request: Request, title: str, text: str, status: int = 200, **values: Any) -> bytes:
        """
        A page that says one thing; *link* and *link_text* add a way on.

        What it says is English as a catalogue has it, or in the language of whoever asks already.
        """
        values = {"link": "/", "link_text": "To CCM", **values}
        return self.render(request, "message.html", status, title=title, text=text, **values)

    def missing(self, request: Request, status: int = 404) -> bytes:
        """The answer where nothing is."""
        text = "There is no such page. The link was perhaps not copied whole."
        return self.message(request, "Not found", text, status)

    def style(self, request: Request, name: str) -> bytes:
        """The style sheet under its hashed name, else 404."""
        if f"/style/{name}" != self.look.stylesheet:
            return self.message(request, "Not found", "There is no such style sheet.", 404)
        self.headers(request)
        request.setHeader("Content-Type", "text/css; charset=utf-8")
        request.setHeader("Cache-Control", f"public, max-age={YEAR_SECONDS}, immutable")
        request.setHeader("Vary", "Accept-Encoding")
        if self.takes_gzip(request):
            request.setHeader("Content-Encoding", "gzip")
            return self.look.css_gzip
        return self.look.css

    @staticmethod
    def takes_gzip(request: Request) -> bool:
        """Whether who asks can unpack gzip."""
        return "gzip" in (request.getHeader("Accept-Encoding") or "")

    def icon(self, request: Request) -> bytes:
        """The icon, an SVG whatever its address says."""
        self.headers(request)
        request.setHeader("Content-Type", "image/svg+xml")
        request.setHeader("Cache-Control", "public, max-age=86400")
        return self.look.icon_svg

    def plain(self, request: Request, text: str) -> bytes:
        """A text for programs."""
        self.headers(request)
        request.setHeader("Content-Type", "text/plain; charset=utf-8")
        request.setHeader("Cache-Control", "public, max-age=86400")
        return text.encode()

    def cached(
        self,
        request: Request,
        body: bytes,
        content_type: str,
        make_etag: Callable[[], bytes],
        *,
        private: bool = False,
        zipped: bool = False,
    ) -> bytes:
        """
        A document with its ETag; answers 304 where that is enough (RFC 9110 §13).

        :param private: it is for who asks alone, so that only their own browser keeps it, and no search engine.
        :param zipped: *body* is compressed, which nothing with a secret in it is.
        """
        self.headers(request)
        if content_type.startswith("text/html"):
            self._early(request)
        request.setHeader("Content-Type", content_type)
        request.setHeader("Cache-Control", f"{'private' if private else 'public'}, max-age=0, must-revalidate")
        if not private:
            request.setHeader("Vary", "Accept-Encoding")
        if zipped:
            request.setHeader("Content-Encoding", "gzip")
        if private:
            request.setHeader("X-Robots-Tag", "noindex")
        return b"" if request.setETag(make_etag()) else body

    def _early(self, request: Request) -> None:
        if self.look.preload:
            request.setHeader("Link", self.look.preload)


def environment(language: Language) -> jinja2.Environment:
    """The templates in one language. ``said`` is a filter for what is English and not known before."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("ccm.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(  # type: ignore[attr-defined]
        language.say, lambda one, many, n: language.say(one if n == 1 else many), newstyle=True
    )
    made.filters.update(said=language.say, day=language.day, month=language.month)
    return made


def answering(app: Klein, pages_of: Callable[[Any], Pages]) -> Klein:
    """
    Let *app* answer what goes wrong by a page, too.

    :param pages_of: gives the :class:`Pages` of the object that the app is bound to.
    """

    def refused(bound: Any, request: Request, failure: Failure) -> bytes:
        error = failure.value
        code = error.code or 400 if isinstance(error, HTTPException) else 400
        if 300 <= code < 400:  # slashes that could be merged: no address of ours has such
            code = 404
        if code == 405:
            methods = getattr(error, "valid_methods", None) or ("GET",)
            request.setHeader("Allow", ", ".join(sorted(methods)))
            return pages_of(bound).message(request, "Not here", "This page does not take that.", code)
        return pages_of(bound).missing(request, code)

    def unavailable(bound: Any, request: Request, failure: Failure) -> bytes:
        log.warn("A page could not be served: {why}", why=failure.getErrorMessage())
        request.setHeader("Retry-After", "30")
        text = "Nothing was changed. Go back, and try again in a minute: what you typed is still there."
        return pages_of(bound).message(request, "Not possible just now", text, 503)

    def failed(bound: Any, request: Request, failure: Failure) -> bytes:
        log.failure("A page failed.", failure)
        text = "The fault is on this side and has been noted. Go back and try again later."
        return pages_of(bound).message(request, "Something went wrong", text, 500)

    handlers: list[tuple[type[Exception], Any]] = [
        (HTTPException, refused),
        (StoreUnavailable, unavailable),
        (Exception, failed),
    ]
    for kind, handler in handlers:
        app.handle_errors(kind)(handler)
    return app
