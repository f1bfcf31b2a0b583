"""
The document as one page: semantic HTML, readable without script, printable, with JSON-LD (:mod:`ccm.reporter.json_ld`).

Every statement leads to its line of the log. Everything typed by people is escaped; only web, mail and chat addresses
become links. Leaves out the style sheet, whose address is an argument.
"""

import re
from collections.abc import Mapping

from ccm.reporter import json_ld, wording
from ccm.reporter.document_shape import Document, Line, Quote, Section, superseded
from ccm.reporter.html_items import actions, decisions, noted, possible, questions
from ccm.reporter.html_log import conversation, files, people, topics
from ccm.reporter.html_text import escaped, rich, side_note, to_log
from ccm.reporter.rendering import anchor, capital, when

__all__ = ["anchor", "fragment", "page"]

_HEADING = re.compile(r'<section id="([\w-]+)"><h2>([^<]+)</h2>')  # nothing that people typed comes out as such markup

_MARK = (
    '<svg viewBox="0 0 26 26" aria-hidden="true">'
    '<path d="M6.500 2.500h9.500l5.500 5.500v9.500a2.500 2.500 0 0 1-2.500 '
    '2.500h-8L5.500 24v-4A2.500 2.500 0 0 1 4 17.500V5a2.500 2.500 0 0 1 2.500-2.500Z"/>'
    '<path d="M15.500 3v5.500H21M8.500 11h5M8.500 15h8.500"/></svg>'
)


def page(
    document: Document,
    *,
    stylesheet: str,
    alternates: Mapping[str, str] | None = None,
    home: str = "",
    feed: str = "",
    icon: str = "",
    versions: Mapping[str, str] | None = None,
) -> str:
    """
    The whole page.

    :param stylesheet: address of the style sheet.
    :param alternates: name of another form (``Markdown``, ``JSON``, ``calendar``) -> its address.
    :param home: address of the archive; without one there is no masthead.
    :param feed: address of the archive's feed.
    :param icon: address of the site's icon.
    :param versions: what leads to other versions (``1``, ``what changed``) -> its address.
    """
    links = f'<link rel="alternate" type="application/atom+xml" href="{escaped(feed)}">' if feed else ""
    links += f'<link rel="icon" href="{escaped(icon)}">' if icon else ""
    outcome = _outcome(document)
    described = f'<meta name="description" content="{escaped(document.headline or wording.counts(document))}">'
    return (
        f'<!doctype html>\n<html lang="{escaped(document.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escaped(document.title)}</title>{described}{links}"
        f'<link rel="stylesheet" href="{escaped(stylesheet)}">'
        f'<script type="application/ld+json">{json_ld.event(document)}</script></head>\n<body class="doc">'
        f'{_masthead(home, feed)}<main class="sheet">{_contents(document, outcome)}\n{_head(document)}\n'
        f"{outcome}{_foot(document, alternates or {}, versions or {})}</main></body></html>\n"
    )


def fragment(document: Document) -> str:
    """The document as one ``<article>`` for a page of somebody else's, whose title stands above it."""
    head = f"{_lead(document)}{_facts(document)}"
    return f'<article class="ccm">{head}\n{_outcome(document)}{_foot(document, {}, {})}</article>'


def _outcome(document: Document) -> str:
    said = {line.id: line for line in document.log}
    return (
        f"{_summary(document)}{_about(document, said)}\n"
        f"{actions(document)}\n{decisions(document)}\n{questions(document)}\n"
        f"{possible('possible-actions', 'Possible actions', 'a', document.possible_actions, document)}"
        f"{possible('possible-decisions', 'Possible decisions', 'd', document.possible_decisions, document)}"
        f"{topics(document)}"
        f"{noted('notes', 'Notes', document.notes, document)}{noted('ideas', 'Ideas', document.ideas, document)}"
        f"{files(document)}{people(document)}\n{conversation(document)}\n"
    )


def _masthead(home: str, feed: str) -> str:
    if not home:
        return ""
    search = (
        f'<form role="search" action="{escaped(home)}"><label class="vh" for="s">Search the archive</label>'
        '<input class="field" id="s" name="q" type="search" placeholder="Search the archive"></form>'
    )
    to_feed = f'<a class="feed" href="{escaped(feed)}">Feed</a>' if feed else ""
    brand = f'<a class="brand" href="{escaped(home)}">{_MARK}Published documents</a>'
    return f'<header class="mast">{brand}{search}{to_feed}</header>'


def _contents(document: Document, outcome: str) -> str:
    """Every heading of the outcome, with how much stands below it where that is a number of things."""
    numbers = {
        "actions": len(document.actions),
        "decisions": len(document.decisions) - len(superseded(document.decisions)),
        "questions": sum(item.status == "open" for item in document.questions),
        "possible-actions": len(document.possible_actions),
        "possible-decisions": len(document.possible_decisions),
        "topics": len(document.topics),
        "links": len(document.links),
    }
    rows = [*_HEADING.findall(outcome), ("log", "The conversation")]
    items = (
        f'<a href="#{id_}">{label}{f" <span class=num>{numbers[id_]}</span>" if id_ in numbers else ""}</a>'
        for id_, label in rows
    )
    return f'<nav class="toc" aria-label="In this document">{"".join(items)}</nav>'


def _head(document: Document) -> str:
    return f"<header><h1>{escaped(document.title)}</h1>{_lead(document)}{_facts(document)}</header>"


def _lead(document: Document) -> str:
    """In words of our own: people's stand below, once."""
    words = wording.lead(document)
    return f'<p class="lead">{escaped(words)}</p>' if words else ""


def _facts(document: Document) -> str:
    """What a reader asks first, in one line; the rest stands at the end."""
    facts = [f"<b>{escaped(document.type_label)}</b>", _held(document)]
    facts += [f"Chaired by <b>{escaped(document.chair)}</b>"] if document.chair else []
    facts += [escaped(wording.standing_shortly(document))]
    spans = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return f'<div class="by">{spans}</div>'


def _held(document: Document) -> str:
    words = when(document)
    prefix = "Held " if document.scheduled else ""
    return (
        f'{prefix}<time datetime="{escaped(document.started or document.day)}">{escaped(words)}</time>' if words else ""
    )


def _summary(document: Document) -> str:
    if not document.summary:
        return ""
    told = "".join(f"<p>{rich(s.text)} {to_log(s.sources, document)}</p>" for s in document.summary)
    return f'<section id="summary"><h2>Summary</h2>{told}</section>\n'


def _about(document: Document, said: Mapping[str, Line]) -> str:
    rows = "".join(_section(section, document, said) for section in document.sections if section.quotes)
    if not rows:
        return ""
    return f'<section id="about"><h2>About</h2><dl class="prose">{rows}</dl></section>'


def _section(section: Section, document: Document, said: Mapping[str, Line]) -> str:
    values = "".join(_quote(quote, document, said) for quote in section.quotes)
    return f'<dt id="attribute-{escaped(section.key)}">{escaped(section.label)}</dt>{values}'


def _quote(quote: Quote, document: Document, said: Mapping[str, Line]) -> str:
    line = said.get(quote.source)
    whole = line.text if line and line.text.strip() != quote.text else ""
    note = side_note(document, quote.by, quote.at, quote.source, whole)
    return f'<dd class="line"><p>{rich(capital(quote.text))}</p>{note}</dd>'


def _foot(document: Document, alternates: Mapping[str, str], versions: Mapping[str, str]) -> str:
    also = f"<p>Also as {_linked(alternates)}.</p>" if alternates else ""
    facts = (wording.scheduled(document), wording.standing(document))
    about = ". ".join(escaped(fact) for fact in facts if fact)
    about += f". Versions: {_linked(versions)}" if versions else ""
    licence = f" Licence: {escaped(document.licence)}." if document.licence else ""
    return (
        f'<footer class="colophon"><p>{about}.</p>{also}'
        f"<p>{escaped(wording.produced(document))} {wording.CORRECT}</p>"
        f"<p>{escaped(document.retention or wording.KEPT)}{licence}</p>"
        "<details><summary>Checksums</summary>"
        f"<p>Input <code>sha256:{escaped(document.input[:16] or document.digest[:16])}</code>, "
        f"document <code>sha256:{escaped(document.digest[:16])}</code></p></details></footer>"
    )


def _linked(ways: Mapping[str, str]) -> str:
    return ", ".join(f'<a href="{escaped(url)}">{escaped(name)}</a>' for name, url in ways.items())
