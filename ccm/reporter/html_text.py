"""
What the HTML of a document is made of: escaped text, links where they are safe, where a statement comes from.

Leaves out headings and lists.
"""

from collections.abc import Sequence
from html import escape

from ccm.reporter import wording
from ccm.reporter.document_shape import Document
from ccm.reporter.rendering import anchor, linked

_CONTROLS = dict.fromkeys([*(c for c in range(32) if c not in (9, 10, 13)), 127])


def escaped(text: str) -> str:
    """Text or the value of an attribute in quotes; without control characters, which HTML cannot hold."""
    return escape(text.translate(_CONTROLS), quote=True)


def rich(text: str) -> str:
    """People's words, in which addresses of the web, mail and chat are links."""
    parts = (
        f'<a href="{escaped(part)}" rel="nofollow noopener noreferrer ugc">{escaped(part)}</a>'
        if link
        else escaped(part)
        for part, link in linked(text)
    )
    return "".join(parts).replace("\n", "<br>")


def side_note(document: Document, by: str, at: str, source: str, said: str, also: Sequence[str] = ()) -> str:
    """
    Who said it, and where in the log.

    :param said: the whole line, or ``""``. :param also: ids of further messages.
    """
    name = escaped(wording.source(by, at, document.zone))
    words = f" “{escaped(said)}”" if said else ""
    head = f"<b>{name}</b>" if name else ""
    there = wording.cited(document, (source, *also))
    links = [f'<a href="#{anchor(source)}">In the log</a>' for id_, _ in there[:1] if id_ == source]
    further = _named([(id_, whose) for id_, whose in there if id_ != source])
    links += [f"also {further}"] if further else []
    return f'<div class="side-note">{head}{words} {", ".join(links)}</div>'


def to_log(sources: Sequence[str], document: Document) -> str:
    """A link to each of these messages, by the name of who said it, and when."""
    links = _named(wording.cited(document, sources))
    return f'<span class="there">{links}</span>' if links else ""


def _named(cited: Sequence[tuple[str, str]]) -> str:
    return " · ".join(f'<a href="#{anchor(id_)}">{escaped(name)}</a>' for id_, name in cited)
