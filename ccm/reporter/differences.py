"""
What one version of a document says otherwise than another, statement by statement, word by word where both have it.

Statements are known by their numbers, messages by their ids, so that what was moved is no difference. Leaves out
markup, and whatever both say alike.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ccm.reporter import wording
from ccm.reporter.document_shape import Document, Item, Topic
from ccm.reporter.rendering import clock, when

MOST_WORDS = 400  # of a statement that is compared word by word
_PIECE = re.compile(r"\w+\s*|[^\w\s]+\s*|\s+")

Kind = Literal["same", "ins", "del"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text that both have, or only the new one (``ins``), or only the old one (``del``)."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading with the statements below it that differ, each in parts."""

    title: str
    rows: tuple[tuple[Part, ...], ...]


def differences(old: Document, new: Document) -> tuple[Group, ...]:
    """The groups in which something differs; none for documents that say the same."""
    before, after = _statements(old), _statements(new)
    made = []
    for title in dict.fromkeys((*after, *before)):
        rows = tuple(_rows(before.get(title, {}), after.get(title, {})))
        if rows:
            made.append(Group(title, rows))
    return tuple(made)


def says_otherwise(old: Document, new: Document) -> bool:
    """Whether anything differs besides how the talk went on, and when and by whom the document was approved."""

    def told(document: Document) -> dict[str, dict[str, str]]:
        groups = _statements(document)
        head = {key: text for key, text in groups["Head"].items() if key not in ("held", "standing")}
        return {**groups, "Head": head, "Conversation": {}}

    return told(old) != told(new)


def _statements(document: Document) -> dict[str, dict[str, str]]:
    """Heading -> key -> statement, in the order of the document."""
    zone = document.zone
    head = {
        "title": document.title,
        "headline": document.headline,
        "type": document.type_label,
        "planned": wording.scheduled(document),
        "held": when(document),
        "chair": f"Chaired by {document.chair}" if document.chair else "",
        "standing": wording.standing(document),
    }
    questions = {item.number: f"{_item(item)} {wording.why_open(item)}" for item in document.questions}
    groups = {
        "Head": head,
        "About": {
            f"{section.key} {quote.source} {place}": f"{section.label}: {quote.text} ({quote.by})"
            for section in document.sections
            for place, quote in enumerate(section.quotes)
        },
        "Summary": {sentence.text: sentence.text for sentence in document.summary},
        "Actions": {item.number: _item(item) for item in document.actions},
        "Decisions": {item.number: _item(item) for item in document.decisions},
        "Questions": questions,
        "Possible actions": {item.number: _item(item) for item in document.possible_actions},
        "Possible decisions": {item.number: _item(item) for item in document.possible_decisions},
        "Topics": {topic.id: _topic(topic) for topic in document.topics},
        "Notes and ideas": {item.number: _item(item) for item in (*document.notes, *document.ideas)},
        "Links": {link.url: f"{link.url} {link.title}".strip() for link in document.links},
        "Participants": {
            **{f"present {name}": f"Present: {name}" for name in document.present},
            **{f"absent {name}": f"Absent: {name}" for name in document.absent},
            "next": f"Next meeting: {wording.next_time(document.follow_up)}" if document.follow_up else "",
        },
        "Conversation": {
            line.id: f"{clock(line.at, zone)} {line.nick}: {line.text or 'withdrawn'}".strip() for line in document.log
        },
    }
    return {title: {key: text for key, text in rows.items() if text} for title, rows in groups.items()}


def _item(item: Item) -> str:
    owner = f"{item.owner or wording.NOBODY}: " if item.number.startswith("A") else ""
    status = item.status if item.status != "open" else ""
    decided = wording.decided(item) if item.number.startswith("D") else ""
    facts = ", ".join(fact for fact in (wording.due(item), decided, status, wording.provenance(item)) if fact)
    return f"{item.number} {owner}{wording.task(item)}{f' ({facts})' if facts else ''}"


def _topic(topic: Topic) -> str:
    facts = ", ".join((*wording.topic_facts(topic, some_planned=False), *topic.items))
    told = " ".join(sentence.text for sentence in topic.narrative)
    return f"{topic.title}{f' ({facts})' if facts else ''}{f': {told}' if told else ''}"


def _rows(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[Part, ...]]:
    """What is gone stands where it stood: after what was before it."""
    gone: dict[str, list[str]] = {}
    anchor = ""
    for key in before:
        if key in after:
            anchor = key
        else:
            gone.setdefault(anchor, []).append(key)
    for place in ("", *after):
        for key in (*((place,) if place else ()), *gone.get(place, ())):
            old, new = before.get(key, ""), after.get(key, "")
            if old != new:
                yield tuple(_parts(old, new))


def _parts(old: str, new: str) -> Iterator[Part]:
    one, other = _PIECE.findall(old), _PIECE.findall(new)
    if not old or not new or max(len(one), len(other)) > 2 * MOST_WORDS:
        yield from (Part(kind, text) for kind, text in (("del", old), ("ins", new)) if text)  # type: ignore[arg-type]
        return
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Part("same", "".join(one[a:b]))
            continue
        yield from (Part("del", "".join(one[a:b])),) if b > a else ()
        yield from (Part("ins", "".join(other[c:d])),) if d > c else ()
