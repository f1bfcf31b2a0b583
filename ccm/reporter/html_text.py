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
    return f'<div class="side-note">{head}{words} {to_log((source, *also), document)}</div>'


def to_log(sources: Sequence[str], document: Document) -> str:
    """*In the log*, then a number for each further message."""
    known = {line.id for line in document.log}
    there = [id_ for id_ in dict.fromkeys(sources) if id_ in known]
    names = ("In the log", *map(str, range(2, len(there) + 1)))
    links = " ".join(f'<a href="#{anchor(id_)}">{name}</a>' for id_, name in zip(there, names, strict=False))
    return f'<span class="there">{links}</span>' if links else ""
