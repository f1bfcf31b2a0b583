"""
Messages taken out of published documents: their words are gone from every statement that rests on them or repeats them.

Works on the stored tree, so that all else stays as it was published. A word that only those messages said stands
nowhere afterwards, nor does a run of their words in what the reporter wrote; what other people said themselves stays.
Leaves out the room's archive, the stores, and a title that holds such words: a topic is renamed by its owner.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from ccm.reporter.document import headline, sealed
from ccm.reporter.document_shape import SCHEMA, Document, Item, Line, Link, Section, Topic
from ccm.reporter.outcomes import mark_of

RUN = 4  # so many words of a message, one after the other, are a repetition of it
_WORD = re.compile(r"\w+")
change = msgspec.structs.replace


def redacted(documents: Sequence[Document], ids: Iterable[str]) -> tuple[Document, ...]:
    """
    The documents without what those messages said.

    :param documents: revisions of one discussion; what one of them knows of a message goes from all.
    """
    gone = frozenset(ids)
    secret = _Secret.of(documents, gone)
    return tuple(_without(document, gone, secret) for document in documents)


def told(documents: Iterable[Document], ids: Iterable[str]) -> bool:
    """Whether any of the documents still shows words of one of those messages."""
    gone = frozenset(ids)
    return any(line.id in gone and line.text for document in documents for line in document.log)


def secret(documents: Sequence[Document], ids: Iterable[str]) -> Callable[[str], bool]:
    """Tells of a text whether it repeats what those messages said, as far as the documents know of it."""
    return _Secret.of(documents, frozenset(ids)).holds


@dataclass(frozen=True, slots=True)
class _Secret:
    """
    :ivar words: that nobody else said. :ivar runs: of words, as those messages had them and nobody else.
    """

    words: frozenset[str]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, documents: Sequence[Document], gone: frozenset[str]) -> "_Secret":
        """What must not be read any more."""
        hidden: set[str] = set()
        runs: set[tuple[str, ...]] = set()
        others: set[str] = set()
        known: set[tuple[str, ...]] = set()
        for document in documents:
            names = (document.title, document.chair, document.type_label, *document.present, *document.invited)
            for text in (*names, *(section.label for section in document.sections)):
                others.update(_words(text))
            begun = False
            for line in document.log:
                others.update(_words(line.nick))
                begun = begun or line.id in gone
                if line.id in gone:
                    hidden.update(_words(line.text))
                    runs.update(_telling(line.text))
                elif not line.reporter or not begun:  # what the reporter said before cannot repeat it
                    own = _own(line.text)
                    others.update(_words(own))
                    known.update(_runs(own))
        return cls(frozenset(hidden - others), frozenset(runs - known))

    def holds(self, text: str) -> bool:
        """Whether a text tells of it."""
        return not self.words.isdisjoint(_words(text)) or not self.runs.isdisjoint(_runs(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every two to four words that stand together."""
    words = _words(text)
    for size in range(2, RUN + 1):
        yield from (tuple(words[place : place + size]) for place in range(len(words) - size + 1))


def _telling(text: str) -> Iterator[tuple[str, ...]]:
    """The runs by which a repetition is known: every four words, or all words of a shorter text."""
    mark = mark_of(text)
    for part in (text, mark.text if mark is not None else text):
        words = _words(part)
        if 1 < len(words) < RUN:
            yield tuple(words)
        yield from (tuple(words[place : place + RUN]) for place in range(len(words) - RUN + 1))


def _own(text: str) -> str:
    """A remark without the lines that quote another (XEP-0461 0.2 §3.1)."""
    return "\n".join(part for part in text.split("\n") if not part.lstrip().startswith(">"))


def _without(document: Document, gone: frozenset[str], secret: _Secret) -> Document:
    log = tuple(_line(line, gone, secret) for line in document.log)
    if log == document.log and not any(line.id in gone for line in log):
        return document
    said = {line.id: line.text for line in log}

    def kept(items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(item for each in items if (item := _item(each, gone, secret, said)) is not None)

    groups = {
        name: kept(getattr(document, name))
        for name in ("actions", "decisions", "questions", "notes", "ideas", "possible_actions", "possible_decisions")
    }
    numbers = {item.number for items in groups.values() for item in items}
    topics = tuple(topic for each in document.topics if (topic := _topic(each, gone, secret, numbers)) is not None)
    ids = {topic.id for topic in topics}

    def settled(item: Item) -> Item:
        before = item.supersedes if item.supersedes in numbers else ""
        return change(item, topic=item.topic if item.topic in ids else "", supersedes=before)

    groups = {name: tuple(map(settled, items)) for name, items in groups.items()}
    sections = tuple(_section(section, gone, secret) for section in document.sections)
    following = document.follow_up
    if following is not None and (following.source in gone or secret.holds(following.phrase)):
        following = None
    made = change(
        document,
        schema=SCHEMA,
        log=log,
        sections=sections,
        topics=topics,
        summary=tuple(s for s in document.summary if gone.isdisjoint(s.sources) and not secret.holds(s.text)),
        links=tuple(link for each in document.links if (link := _link(each, gone, secret)) is not None),
        follow_up=following,
        headline=headline(sections, groups["decisions"]),
        **groups,
    )
    return sealed(made)


def _line(line: Line, gone: frozenset[str], secret: _Secret) -> Line:
    if line.id in gone or (line.reporter and secret.holds(line.text)):
        return change(line, text="", kept="withdrawn")
    if ">" not in line.text:
        return line
    parts = line.text.split("\n")  # quotations (XEP-0461) are other people's words
    own = [part for part in parts if not (part.lstrip().startswith(">") and secret.holds(part))]
    return line if own == parts else change(line, text="\n".join(own) or "…")


def _item(item: Item, gone: frozenset[str], secret: _Secret, said: dict[str, str]) -> Item | None:
    """The item without those words; as it was first said if one of the messages reworded it; ``None`` if nothing is
    left."""
    if item.source in gone:
        return None
    whole = said.get(item.source, item.said)
    text, task = item.text, "" if secret.holds(item.task) else item.task
    if secret.holds(text):
        mark = mark_of(whole)
        text, task = mark.text if mark is not None else whole, ""
    if not text or secret.holds(text):
        return None
    dated = not secret.holds(item.phrase)
    return change(
        item,
        text=text,
        task=task,
        said="" if secret.holds(whole) else whole,
        owner="" if secret.holds(item.owner) else item.owner,
        due=item.due if dated else "",
        phrase=item.phrase if dated else "",
        assumed=item.assumed and dated,
        sources=tuple(id_ for id_ in item.sources if id_ not in gone),
        votes={option: names for option, names in item.votes.items() if not secret.holds(option)},
    )


def _topic(topic: Topic, gone: frozenset[str], secret: _Secret, numbers: set[str]) -> Topic | None:
    if topic.source in gone and topic.status != "found":
        return None
    title = f"Topic {topic.id[1:]}" if secret.holds(topic.title) else topic.title
    told = tuple(s for s in topic.narrative if gone.isdisjoint(s.sources) and not secret.holds(s.text))
    return change(topic, title=title, narrative=told, items=tuple(n for n in topic.items if n in numbers))


def _section(section: Section, gone: frozenset[str], secret: _Secret) -> Section:
    quotes = tuple(q for q in section.quotes if q.source not in gone and not secret.holds(q.text))
    return change(section, quotes=quotes)


def _link(link: Link, gone: frozenset[str], secret: _Secret) -> Link | None:
    if link.source in gone or secret.holds(link.url):
        return None
    return change(link, title="") if secret.holds(link.title) else link


def naming(documents: Iterable[Document], is_meant: Callable[[str], bool]) -> frozenset[str]:
    """Ids of the messages of these documents that are meant."""
    return frozenset(line.id for document in documents for line in document.log if is_meant(line.id))
