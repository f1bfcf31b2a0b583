"""
A document's HTML as it is sent to other sites: the reporter's own markup, and of it only elements that do nothing.

The reporter escapes all that people typed; this list stands behind it, so that a fault there sends no script either.
"""

import html
import re

import nh3

from ccm.reporter import render_html
from ccm.reporter.document import Document

_TAGS = {
    *("article", "section", "header", "footer", "h1", "h2", "h3", "h4", "p", "br", "hr", "blockquote", "pre", "code"),
    *("ul", "ol", "li", "dl", "dt", "dd", "a", "b", "em", "strong", "time", "details", "summary", "span", "div"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "time": {"datetime"}, "*": {"id", "class", "lang", "dir"}}


def fragment(document: Document) -> str:
    """The document to stand within a page of another site."""
    made = render_html.fragment(document)
    return nh3.clean(made, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"})


def page(document: Document) -> str:
    """A whole page without style or script, in ASCII: whatever its encoding is taken for, it reads the same."""
    title, language = html.escape(document.title), re.sub(r"[^A-Za-z0-9-]", "", document.language) or "en"
    made = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>{fragment(document)}</body></html>\n"
    )
    return made.encode("ascii", "xmlcharrefreplace").decode()
