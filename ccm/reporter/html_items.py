"""
A document's actions, decisions, questions and notes as HTML.

Leaves out the wording of facts (:mod:`ccm.reporter.wording`).
"""

from collections.abc import Iterable

from ccm.reporter import wording
from ccm.reporter.document_shape import Document, Item
from ccm.reporter.html_text import escaped, rich, side_note
from ccm.reporter.log_words import quoted
from ccm.reporter.rendering import by_number, capital


def actions(document: Document) -> str:
    """In the order of their numbers, unless somebody moved one; that nobody has one yet is marked."""
    rows = "".join(
        _line(item, "a", wording.task(item), (_doer(item), *_todo(item)), document, said=True)
        for item in by_number(document.actions)
    )
    return _section("actions", "Actions", rows, wording.COUNTED["actions"])


def decisions(document: Document) -> str:
    """With how each was taken."""
    rows = "".join(_line(item, "d", item.text, _ruled(item, document), document) for item in document.decisions)
    return _section("decisions", "Decisions", rows, wording.COUNTED["decisions"])


def questions(document: Document) -> str:
    """Those that are open, with why."""
    rows = "".join(
        _line(item, "q", item.text, (*_said(wording.why_open(item)), *_said(wording.unconfirmed(item))), document)
        for item in document.questions
        if item.status == "open"
    )
    closed = tuple(item for item in document.questions if item.status != "open")
    answered = noted("answered", "Answered questions", closed, document)
    return _section("questions", "Open questions", rows, wording.COUNTED["questions"]) + answered


def noted(id_: str, title: str, items: tuple[Item, ...], document: Document) -> str:
    """Nothing where there is none."""
    rows = "".join(_line(item, "", item.text, (), document) for item in items)
    return _section(id_, title, rows, "") if rows else ""


def possible(id_: str, title: str, mark: str, items: tuple[Item, ...], document: Document) -> str:
    """What may be one; nothing where there is none."""
    rows = "".join(
        _line(
            item,
            mark,
            wording.task(item) if mark == "a" else item.text,
            (*_owner(item), *_todo(item), *_said(item.how and wording.decided(item))),
            document,
        )
        for item in items
    )
    note = f"<p>{wording.POSSIBLE}</p>"
    return f'<section id="{id_}"><h2>{title}</h2>{note}<ol>{rows}</ol></section>\n' if rows else ""


def _section(id_: str, title: str, rows: str, none: str) -> str:
    body = f"<ol>{rows}</ol>" if rows else f"<p>{none}</p>"
    return f'<section id="{id_}"><h2>{title}</h2>{body}</section>'


def _line(item: Item, mark: str, text: str, facts: Iterable[str], document: Document, *, said: bool = False) -> str:
    spans = "".join(fact if fact.startswith("<") else f"<span>{fact}</span>" for fact in facts)
    meta = f'<div class="meta">{spans}</div>' if spans else ""
    whole = quoted(item.said)
    whole = whole if said or whole != item.text else ""
    note = side_note(document, item.by, item.at, item.source, whole, item.sources)
    return (
        f'<li class="line" id="{escaped(item.id)}"><span class="mark {mark}">{escaped(item.number)}</span>'
        f"<p>{rich(capital(text))}</p>{meta}{note}</li>"
    )


def _doer(item: Item) -> str:
    return f"<b>{escaped(item.owner)}</b>" if item.owner else f'<b class="none">{wording.NOBODY}</b>'


def _owner(item: Item) -> tuple[str, ...]:
    return (f"<b>{escaped(item.owner)}?</b>",) if item.owner else ()


def _todo(item: Item) -> tuple[str, ...]:
    """When an action is due, how far it is, and how it came to stand there."""
    words = escaped(wording.due(item))
    when = f'<time datetime="{escaped(item.due)}">{words}</time>' if item.due else words
    status = escaped(item.status) if item.status != "open" else ""
    return tuple(part for part in (when, status, *_said(wording.unconfirmed(item))) if part)


def _ruled(item: Item, document: Document) -> tuple[str, ...]:
    former = next((d for d in document.decisions if d.number == item.supersedes), None)
    words = escaped(wording.decided(item, document))
    if former is not None:
        link = f'<a href="#{escaped(former.id)}">{escaped(former.number)}</a>'
        words = words.replace(f"takes the place of {escaped(former.number)}", f"takes the place of {link}")
    return tuple(part for part in (words, escaped(wording.voters(item)), *_said(wording.unconfirmed(item))) if part)


def _said(words: str) -> tuple[str, ...]:
    return (escaped(words),) if words else ()
