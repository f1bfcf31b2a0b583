"""
The document as Markdown (CommonMark): readable as plain text, each statement with a link to its line of the log.

Everything people typed is escaped, so that it shows as typed. Leaves out front matter.
"""

import re

from ccm.reporter.document_shape import Document, Item, Quote
from ccm.reporter.rendering import (
    COUNTED,
    FOUND,
    anchor,
    by_owner,
    capital,
    clock,
    is_safe,
    linked,
    short_day,
    standing,
    when,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])|^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)


def text(document: Document, url: str = "") -> str:
    """
    The whole document.

    :param url: the document's own address; links into the log lead there, without one to anchors in this text.
    """
    out = [f"# {_plain(document.title)}", "", _plain(document.headline), ""]
    facts = [
        document.type_label,
        when(document),
        f"Chaired by {document.chair}" if document.chair else "",
        standing(document),
    ]
    out += [" · ".join(_plain(fact) for fact in facts if fact), ""]
    out += ["## About", ""]
    for section in document.sections:
        if section.quotes:
            out.append(f"**{section.label}**")
            out += [f"- {_quoted(quote, document, url)}" for quote in section.quotes] + [""]
    if not any(section.quotes for section in document.sections):
        out += ["Nothing was said that fits the attributes of this type.", ""]
    out += ["## Actions", ""]
    for owner, items in by_owner(document):
        out += (
            [f"**{_plain(owner) if owner else 'Nobody yet'}**", ""] + [_action(i, document, url) for i in items] + [""]
        )
    if not document.actions:
        out += [COUNTED["actions"], ""]
    out += _listed("Decisions", document.decisions, COUNTED["decisions"], document, url)
    out += _listed("Open questions", document.questions, COUNTED["questions"], document, url)
    if document.topics:
        out += ["## Topics", ""]
        out += [FOUND, ""] if any(topic.status == "found" for topic in document.topics) else []
        for topic in document.topics:
            details = [f"{topic.minutes} min"] if topic.minutes is not None and topic.status != "planned" else []
            details += ["not reached"] if topic.status == "planned" else []
            details += list(topic.items)
            out.append(
                f"- [{_plain(topic.title)}]({_to(topic.source, url)}){' · ' + ' · '.join(details) if details else ''}"
            )
        out.append("")
    if document.notes:
        out += _listed("Notes", document.notes, "", document, url)
    if document.ideas:
        out += _listed("Ideas", document.ideas, "", document, url)
    if document.links:
        out += ["## Links", ""]
        for link in document.links:
            label = f" {_plain(link.title)}" if link.title else ""
            out.append(f"- {_address(link.url)}{label} ({_source(link.by, link.at, link.source, document, url)})")
        out.append("")
    out += ["## Participants", "", f"Present: {_plain(', '.join(document.present)) or 'nobody'}."]
    if document.invited:
        out.append(f"Invited: {_plain(', '.join(document.invited))}.")
    out += ["", "## The conversation", ""]
    out += [_line(line.id, line.nick, line.text, line.kept, clock(line.at, document.zone)) for line in document.log]
    if document.off_record:
        out += ["", f"Kept off the record: {document.off_record}."]
    licence = f" Licence: {_plain(document.licence)}." if document.licence else ""
    out += [
        "", "---", "",
        f"Written by the {document.producer} from what was said; no language model was used.{licence} "
        f"Input: sha256:{document.digest[:16]}.",
    ]  # fmt: skip
    return "\n".join(out) + "\n"


def _plain(said: str) -> str:
    one_line = " ".join(said.split())
    return _SPECIAL.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", one_line)


def _rich(said: str) -> str:
    return "".join(_address(part) if link else _inline(part) for part, link in linked(" ".join(said.split())))


def _inline(part: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", part)


def _address(url: str) -> str:
    return f"<{url}>" if is_safe(url) and not re.search(r"[<>\s]", url) else _plain(url)


def _to(source: str, url: str) -> str:
    return f"{url}#{anchor(source)}"


def _source(by: str, at: str, source: str, document: Document, url: str) -> str:
    hour = clock(at, document.zone)
    return f"[{_plain(by)}{', ' + hour if hour else ''}]({_to(source, url)})"


def _quoted(quote: Quote, document: Document, url: str) -> str:
    return f"{_rich(capital(quote.text))} ({_source(quote.by, quote.at, quote.source, document, url)})"


def _action(item: Item, document: Document, url: str) -> str:
    due = f", due {short_day(item.due)}" if item.due else f", due “{_plain(item.phrase)}”" if item.phrase else ""
    done = f", {item.status}" if item.status != "open" else ""
    return (
        f"- **{item.number}** {_rich(item.text)}{due}{done} ({_source(item.by, item.at, item.source, document, url)})"
    )


def _listed(title: str, items: tuple[Item, ...], none: str, document: Document, url: str) -> list[str]:
    lines = [
        f"- **{item.number}** {_rich(item.text)} ({_source(item.by, item.at, item.source, document, url)})"
        for item in items
    ]
    return [f"## {title}", "", *(lines or [none]), ""]


def _line(id_: str, nick: str, said: str, kept: str, hour: str) -> str:
    words = "*withdrawn*" if kept == "withdrawn" else _rich(said) + (" *(corrected)*" if kept == "corrected" else "")
    return f'- <a id="{anchor(id_)}"></a>{hour + " " if hour else ""}**{_plain(nick)}** {words}'
