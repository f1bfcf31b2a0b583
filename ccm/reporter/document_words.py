"""
The words for a document: sentences for each topic (:mod:`ccm.reporter.narrative`).

Leaves out a summary of the whole, which repeats those of the topics; a language model may add one.
"""

from collections.abc import Collection, Sequence
from typing import Literal, cast

import msgspec

from ccm.reporter.document_shape import Item, Line, Sentence, Topic
from ccm.reporter.document_topics import Reached, remarks_of
from ccm.reporter.narrative import Part, Spoken, Told, narrate

LEAST = 30  # remarks; a shorter talk is read as fast as sentences about it
_KINDS = {"A": "action", "D": "decision", "Q": "question"}


def in_words(
    lines: Sequence[Line],
    reached: Sequence[Reached],
    items: Sequence[Item],
    names: Sequence[str] = (),
    refused: Collection[str] = (),
) -> tuple[Topic, ...]:
    """
    The topics with what was said of each.

    :param items: what stands under its heading: actions, decisions, questions.
    :param names: of the reporter; what is said to it is no part of the talk.
    :param refused: ids of messages of which somebody took an item off the record: they are not quoted.
    """
    topics = tuple(each.topic for each in reached)
    talk = [place for place in remarks_of(lines, names) if lines[place].id not in refused]
    if len(talk) < LEAST:
        return topics
    said = [Spoken(lines[place].id, lines[place].nick, lines[place].text) for place in talk]
    before = [0] * (len(lines) + 1)  # remarks before each line
    for place in talk:
        before[place + 1] = 1
    for place in range(len(lines)):
        before[place + 1] += before[place]
    parts = [
        Part(each.topic.id, each.topic.title, before[each.start], before[each.end])
        for each in reached
        if before[each.end] > before[each.start]
    ]
    parts.sort(key=lambda part: part.start)
    told = narrate(said, parts, [_told(item) for item in items])
    known = {line.id for line in lines if line.text}

    def cited(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
        return tuple(each for each in sentences if each.sources and known.issuperset(each.sources))

    return tuple(msgspec.structs.replace(topic, narrative=cited(told.topics.get(topic.id, ()))) for topic in topics)


def _told(item: Item) -> Told:
    kind = cast("Literal['action', 'decision', 'question']", _KINDS[item.number[0]])
    return Told(kind, item.task or item.text, item.by, item.owner, item.source)
