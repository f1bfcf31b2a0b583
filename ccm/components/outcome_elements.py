"""
What participants see of a discussion, as items with ids: for ``<outcome/>``, for the live node and its events.

An item is the head (``outcome``), an attribute (``attribute.<key>``), an entry (``A1``), the open vote (``vote``), or a
target of publication (``target.<name>``). Items are plain values that compare, so that what changed is told by
comparing two moments (``docs/protocol.md``, Live outcome). Leaves out who may see them and when they are sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.room_requests import stamp
from ccm.records import Topic
from ccm.reporter import moves
from ccm.reporter.outcomes import minuted
from ccm.reporter.state import Entry, Poll, State

#: ``(key, label, question, values)`` of each attribute, as ``discussion.questions_of`` answers them.
Questions = Sequence[tuple[str, str, str, Sequence[Any]]]
TargetState = Literal["queued", "working", "waiting", "published", "failed"]
HEAD = "outcome"
_ENTRY = ("kind", "id", "owner", "due", "phrase", "status", "by", "at", "source", "topic", "how", "supersedes")


class Target(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    Where a version of the document goes, and how far it is.

    :ivar state: ``queued``; ``working``; ``waiting`` for another attempt, with the reason; ``published``, with the
        address; ``failed`` for good, with the reason.
    :ivar again: when the next attempt is due.
    """

    name: str
    state: TargetState
    version: int = 0
    url: str = ""
    reason: str = ""
    again: datetime | None = None


class Attribute(msgspec.Struct, frozen=True):
    """An attribute of the type, with what fills it."""

    key: str
    label: str
    question: str
    values: tuple[Any, ...]


Item = Attribute | Entry | Poll | Target


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    Everything at one moment.

    :ivar revision: rises with every change; equal revisions of a topic are equal outcomes.
    :ivar head: attributes of the head, but for its revision.
    :ivar items: the others by item id, in the order in which they are shown.
    """

    revision: int
    head: Mapping[str, str]
    items: Mapping[str, Item] = field(default_factory=dict)


def outcome_of(
    topic: Topic,
    state: State,
    label: str,
    questions: Questions,
    *,
    steps: int = 0,
    until: datetime | None = None,
    ended: datetime | None = None,
    document: str = "",
    targets: Sequence[Target] = (),
    interview: bool = True,
    news: str = "",
) -> Outcome:
    """
    The outcome as it stands.

    :param steps: how many visible changes there were that the state does not count.
    :param until: end of the grace period, if one runs. :param document: public address of the newest version.
    :param ended: when the talk ended last; whether it was opened again since then, the topic says.
    :param interview: whether what is missing is asked for before publication.
    :param news: what has changed since the newest version, in words.
    """
    head = {
        "topic": topic.id,
        "room": topic.room,
        "type": state.type,
        "label": label,
        "mode": state.mode,
        "asking": state.asking,
        "document": document,
        "until": stamp(until) if until and state.mode == "grace" else "",
        "ended": stamp(ended) if ended else "",
        "recording": "true" if state.recording else "false",
        "version": str(state.version) if state.version else "",
        "chair": state.chair,
        "title": state.title,
        "next": state.following.at if state.following else "",
        "interview": "true" if interview else "false",
        "settled": "true" if state.settled or state.guessed else "false",
        "news": news,
        "order": " ".join(moves.order_of(state)),
    }
    items: dict[str, Item] = {}
    for key, attribute_label, question, values in questions:
        items[f"attribute.{key}"] = Attribute(key, attribute_label, question, tuple(values))
    by_hand = minuted(state.entries)
    for entry in state.entries:
        unsure = entry.provenance == "detected" and entry.kind in by_hand
        items[entry.id] = msgspec.structs.replace(entry, sure=False) if unsure else entry
    if state.vote is not None:
        items["vote"] = state.vote
    for target in targets:
        items[f"target.{target.name}"] = target
    return Outcome(state.revision + steps, head, items)


def whole(outcome: Outcome) -> Element:
    """``<outcome/>`` with all its items as children."""
    element = head_element(outcome)
    for item in outcome.items.values():
        element.addChild(item_element(item))
    return element


def head_element(outcome: Outcome, after: int | None = None, removed: Sequence[str] = ()) -> Element:
    """
    The item ``outcome``.

    :param after: the revision that the other items of the same event are to be applied to.
    :param removed: ids of items that are gone since then.
    """
    element = Element((ns.REPORTER, "outcome"))
    for name, value in outcome.head.items():
        element[name] = value
    element["revision"] = str(outcome.revision)
    if after is not None:
        element["after"] = str(after)
    if removed:
        element["removed"] = " ".join(removed)
    return element


def item_element(item: Item) -> Element:
    """An attribute, an entry or a target."""
    if isinstance(item, Attribute):
        return _attribute(item)
    if isinstance(item, Target):
        return _target(item)
    return _vote(item) if isinstance(item, Poll) else _entry(item)


def changes(before: Outcome, after: Outcome) -> tuple[dict[str, Item], tuple[str, ...]]:
    """Items that are new or differ, by id; ids of those that are gone."""
    old = before.items
    changed = {id_: item for id_, item in after.items.items() if id_ not in old or old[id_] != item}
    return changed, tuple(id_ for id_ in old if id_ not in after.items)


def pubsub_items(outcome: Outcome, only: Sequence[str] = ()) -> Iterator[Element]:
    """``<item/>`` of each, the head first (XEP-0060 1.26 §6.5). :param only: their ids, if not all are wanted."""
    for id_ in (HEAD, *outcome.items):
        if not only or id_ in only:
            yield pubsub_item(id_, head_element(outcome) if id_ == HEAD else item_element(outcome.items[id_]))


def pubsub_item(id_: str, payload: Element, namespace: str = ns.PUBSUB) -> Element:
    """One ``<item/>``."""
    item = Element((namespace, "item"))
    item["id"] = id_
    item.addChild(payload)
    return item


def _attribute(item: Attribute) -> Element:
    element = Element((ns.REPORTER, "attribute"))
    element["name"], element["label"], element["question"] = item.key, item.label, item.question
    for each in item.values:
        value = element.addElement("value", content=each.text)
        value["by"], value["id"], value["at"] = each.by, each.source, each.at
    return element


def _entry(item: Entry) -> Element:
    element = Element((ns.REPORTER, "entry"))
    for name in _ENTRY:
        value = getattr(item, name)
        if value:
            element[name] = value
    if item.provenance != "marked":
        element["provenance"], element["confidence"] = item.provenance, str(item.confidence)
    if item.assumed:
        element["assumed"] = "true"
    if not item.sure:
        element["sure"] = "false"
    if item.sources:
        element["sources"] = " ".join(item.sources)
    element.addContent(item.text)
    for option, names in item.votes.items():
        for name in names:
            vote = element.addElement("vote")
            vote["option"], vote["by"] = option, name
    return element


def _vote(item: Poll) -> Element:
    element = Element((ns.REPORTER, "poll"))
    element["question"], element["by"], element["source"], element["at"] = item.question, item.by, item.source, item.at
    for option in item.options:
        element.addElement("option")["name"] = option
    for ballot in item.ballots:
        vote = element.addElement("vote")
        vote["option"], vote["by"] = ballot.option, ballot.nick
    return element


def _target(item: Target) -> Element:
    element = Element((ns.REPORTER, "target"))
    for name, value in (
        ("name", item.name),
        ("state", item.state),
        ("version", str(item.version) if item.version else ""),
        ("url", item.url),
        ("reason", item.reason),
        ("again", stamp(item.again) if item.again else ""),
    ):
        if value:
            element[name] = value
    return element
