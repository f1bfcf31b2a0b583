"""
The document as one page: semantic HTML, readable without script, printable, with JSON-LD (schema.org Event and Action).

Every statement leads to its line of the log. Everything typed by people is escaped; only web, mail and chat addresses
become links. Leaves out the style sheet, whose address is an argument.
"""

import json
from collections.abc import Mapping
from html import escape

from ccm.reporter.document_shape import Document, Item, Line, Quote, Section
from ccm.reporter.rendering import COUNTED, FOUND, anchor, capital, clock, is_safe, linked, short_day, standing, when

__all__ = ["anchor", "fragment", "page"]

_ACTION_STATUS = {
    "done": "https://schema.org/CompletedActionStatus",
    "cancelled": "https://schema.org/FailedActionStatus",
}
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
) -> str:
    """
    The whole page.

    :param stylesheet: address of the style sheet.
    :param alternates: name of another form (``Markdown``, ``JSON``, ``calendar``) -> its address.
    :param home: address of the archive; without one there is no masthead.
    :param feed: address of the archive's feed.
    :param icon: address of the site's icon.
    """
    links = f'<link rel="alternate" type="application/atom+xml" href="{_e(feed)}">' if feed else ""
    links += f'<link rel="icon" href="{_e(icon)}">' if icon else ""
    return (
        f'<!doctype html>\n<html lang="{_e(document.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<title>{_e(document.title)}</title><meta name="description" content="{_e(document.headline)}">{links}'
        f'<link rel="stylesheet" href="{_e(stylesheet)}">'
        f'<script type="application/ld+json">{_json_ld(document)}</script></head>\n<body class="doc">'
        f'{_masthead(home, feed)}<main class="sheet">{_contents(document)}\n{_head(document)}\n{_outcome(document)}'
        f"{_foot(document, alternates or {})}</main></body></html>\n"
    )


def fragment(document: Document) -> str:
    """The document as one ``<article>`` for a page of somebody else's, whose title stands above it."""
    lead = f'<p class="lead">{_e(document.headline)}</p>' if document.headline else ""
    return f'<article class="ccm">{lead}{_facts(document)}\n{_outcome(document)}{_foot(document, {})}</article>'


def _outcome(document: Document) -> str:
    said = {line.id: line for line in document.log}
    return (
        f"{_about(document, said)}\n"
        f"{_actions(document)}\n{_listed('decisions', 'Decisions', 'd', document.decisions, document)}\n"
        f"{_listed('questions', 'Open questions', 'q', document.questions, document)}\n{_topics(document)}"
        f"{_optional('notes', 'Notes', document.notes, document)}"
        f"{_optional('ideas', 'Ideas', document.ideas, document)}"
        f"{_links(document)}{_people(document)}\n{_log(document)}\n"
    )


def _e(text: str) -> str:
    return escape(text, quote=True)


def _rich(text: str) -> str:
    parts = (
        f'<a href="{_e(part)}" rel="nofollow noopener noreferrer ugc">{_e(part)}</a>' if link else _e(part)
        for part, link in linked(text)
    )
    return "".join(parts).replace("\n", "<br>")


def _masthead(home: str, feed: str) -> str:
    if not home:
        return ""
    search = (
        f'<form role="search" action="{_e(home)}"><label class="vh" for="s">Search the archive</label>'
        '<input class="field" id="s" name="q" type="search" placeholder="Search the archive"></form>'
    )
    to_feed = f'<a class="feed" href="{_e(feed)}">Feed</a>' if feed else ""
    brand = f'<a class="brand" href="{_e(home)}">{_MARK}Published documents</a>'
    return f'<header class="mast">{brand}{search}{to_feed}</header>'


def _contents(document: Document) -> str:
    rows = [
        ("about", "About", None),
        ("actions", "Actions", len(document.actions)),
        ("decisions", "Decisions", len(document.decisions)),
    ]
    rows += [("questions", "Open questions", len(document.questions))]
    rows += [("topics", "Topics", len(document.topics))] if document.topics else []
    rows += [("links", "Links", len(document.links))] if document.links else []
    rows += [("log", "The conversation", None)]
    items = (
        f'<a href="#{id_}">{label}{"" if n is None else f" <span class=num>{n}</span>"}</a>' for id_, label, n in rows
    )
    return f'<nav class="toc" aria-label="In this document">{"".join(items)}</nav>'


def _head(document: Document) -> str:
    lead = f'<p class="lead">{_e(document.headline)}</p>'
    return f"<header><h1>{_e(document.title)}</h1>{lead}{_facts(document)}</header>"


def _facts(document: Document) -> str:
    facts = [f"<b>{_e(document.type_label)}</b>", _when(document)]
    facts += [f"Chaired by <b>{_e(document.chair)}</b>"] if document.chair else []
    facts += [_e(standing(document))]
    spans = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return f'<div class="by">{spans}</div>'


def _when(document: Document) -> str:
    words = when(document)
    return f'<time datetime="{_e(document.started)}">{_e(words)}</time>' if words else ""


def _source(by: str, at: str, source: str, said: str, document: Document) -> str:
    hour = clock(at, document.zone)
    name = f"{_e(by)}, {hour}" if hour else _e(by)
    words = f" “{_e(said)}”" if said else ""
    return f'<div class="side-note"><b>{name}</b>{words} <a href="#{anchor(source)}">In the log</a></div>'


def _about(document: Document, said: Mapping[str, Line]) -> str:
    rows = "".join(_section(section, document, said) for section in document.sections if section.quotes)
    if not rows:
        return (
            '<section id="about"><h2>About</h2><p>Nothing was said that fits the attributes of this type.</p></section>'
        )
    return f'<section id="about"><h2>About</h2><dl class="prose">{rows}</dl></section>'


def _section(section: Section, document: Document, said: Mapping[str, Line]) -> str:
    values = "".join(_quote(quote, document, said) for quote in section.quotes)
    return f'<dt id="attribute-{_e(section.key)}">{_e(section.label)}</dt>{values}'


def _quote(quote: Quote, document: Document, said: Mapping[str, Line]) -> str:
    line = said.get(quote.source)
    whole = line.text if line and line.text.strip() != quote.text else ""
    source = _source(quote.by, quote.at, quote.source, whole, document)
    return f'<dd class="line"><p>{_rich(capital(quote.text))}</p>{source}</dd>'


def _actions(document: Document) -> str:
    rows = "".join(_action(item, document) for item in document.actions)
    body = f"<ol>{rows}</ol>" if rows else f"<p>{COUNTED['actions']}</p>"
    return f'<section id="actions"><h2>Actions</h2>{body}</section>'


def _action(item: Item, document: Document) -> str:
    due = f'<span>due <time datetime="{item.due}">{short_day(item.due)}</time></span>' if item.due else ""
    if not due and item.phrase:
        due = f"<span>due “{_e(item.phrase)}”</span>"
    status = f"<span>{_e(item.status)}</span>" if item.status != "open" else ""
    meta = f'<div class="meta"><b>{_e(item.owner) or "Nobody yet"}</b>{due}{status}</div>'
    return (
        f'<li class="line" id="{_e(item.id)}"><span class="mark a">{_e(item.number)}</span>'
        f"<p>{_rich(item.text)}</p>{meta}"
        f"{_source(item.by, item.at, item.source, item.said, document)}</li>"
    )


def _listed(id_: str, title: str, mark: str, items: tuple[Item, ...], document: Document) -> str:
    rows = "".join(
        f'<li class="line" id="{_e(item.id)}"><span class="mark {mark}">{_e(item.number)}</span>'
        f"<p>{_rich(item.text)}</p>"
        f"{_source(item.by, item.at, item.source, item.said if item.said != item.text else '', document)}</li>"
        for item in items
    )
    body = f"<ol>{rows}</ol>" if rows else f"<p>{COUNTED.get(id_, '')}</p>"
    return f'<section id="{id_}"><h2>{title}</h2>{body}</section>'


def _optional(id_: str, title: str, items: tuple[Item, ...], document: Document) -> str:
    return _listed(id_, title, "", items, document) if items else ""


def _topics(document: Document) -> str:
    if not document.topics:
        return ""
    numbers = {item.number: item.id for item in (*document.actions, *document.decisions, *document.questions)}
    rows = []
    for topic in document.topics:
        details = [f"{topic.minutes} min"] if topic.minutes is not None and topic.status != "planned" else []
        details += ["not reached"] if topic.status == "planned" else []
        details += [f'<a href="#{_e(numbers[n])}">{_e(n)}</a>' for n in topic.items if n in numbers]
        meta = f'<div class="meta">{" ".join(f"<span>{d}</span>" for d in details)}</div>' if details else ""
        rows.append(
            f'<li class="line"><p>{_e(topic.title)}</p>{meta}{_source("", topic.at, topic.source, "", document)}</li>'
        )
    note = f"<p>{FOUND}</p>" if any(topic.status == "found" for topic in document.topics) else ""
    return f'<section id="topics"><h2>Topics</h2>{note}<ol>{"".join(rows)}</ol></section>\n'


def _links(document: Document) -> str:
    if not document.links:
        return ""
    rows = "".join(
        f'<li class="line"><p>{_rich(link.url) if is_safe(link.url) else _e(link.url)} {_e(link.title)}</p>'
        f"{_source(link.by, link.at, link.source, '', document)}</li>"
        for link in document.links
    )
    return f'<section id="links"><h2>Links</h2><ul>{rows}</ul></section>\n'


def _people(document: Document) -> str:
    invited = f" Invited: {_e(', '.join(document.invited))}." if document.invited else ""
    present = _e(", ".join(document.present)) or "nobody"
    return f'<section id="people"><h2>Participants</h2><p>Present: {present}.{invited}</p></section>'


def _log(document: Document) -> str:
    off = f", {document.off_record} kept off the record" if document.off_record else ""
    rows = "".join(_line(line, document.zone) for line in document.log)
    return (
        '<section id="log"><details class="log2">'
        f"<summary>The conversation, {len(document.log)} messages{off}</summary>"
        '<p class="hint">Each line of the outcome points to the message it came from.</p>'
        f'<ol class="log">{rows}</ol></details></section>'
    )


def _line(line: Line, zone: str) -> str:
    hour = f'<time datetime="{_e(line.at)}">{clock(line.at, zone)}</time> ' if line.at else ""
    words = {"withdrawn": "<i>withdrawn</i>", "corrected": f"{_rich(line.text)} <i>(corrected)</i>"}
    kind = ' class="reporter"' if line.reporter else ""
    text = words.get(line.kept) or _rich(line.text)
    return f'<li id="{anchor(line.id)}"{kind}>{hour}<p dir="auto"><b>{_e(line.nick)}</b> {text}</p></li>'


def _foot(document: Document, alternates: Mapping[str, str]) -> str:
    forms = ", ".join(f'<a href="{_e(url)}">{_e(name)}</a>' for name, url in alternates.items())
    also = f"<p>Also as {forms}.</p>" if forms else ""
    licence = f" Licence: {_e(document.licence)}." if document.licence else ""
    return (
        f'<footer class="colophon">{also}<p>Written by the {_e(document.producer)} from what was said; '
        f"no language model was used. Something wrong? Ask the chair to amend it.{licence}</p>"
        f"<p>Input <code>sha256:{document.digest[:16]}</code></p></footer>"
    )


def _json_ld(document: Document) -> str:
    """schema.org; ``<`` is escaped so that nothing typed can end the script element."""
    event: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": document.title,
        "description": document.headline,
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "attendee": [{"@type": "Person", "name": name} for name in document.present],
        "potentialAction": [
            {
                "@type": "Action",
                "identifier": item.id,
                "name": item.text,
                "actionStatus": _ACTION_STATUS.get(item.status, "https://schema.org/PotentialActionStatus"),
                **({"agent": {"@type": "Person", "name": item.owner}} if item.owner else {}),
                **({"endTime": item.due} if item.due else {}),
            }
            for item in document.actions
        ],
    }
    if document.started:
        event |= {"startDate": document.started, "endDate": document.ended}
    if document.chair:
        event["organizer"] = {"@type": "Person", "name": document.chair}
    return json.dumps(event, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c").replace("&", "\\u0026")
