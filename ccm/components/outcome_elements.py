"""The reporter's state as ``<outcome/>`` (``docs/protocol.md``, Reporter)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.room_requests import stamp
from ccm.records import Topic
from ccm.reporter.state import State

#: ``(key, label, question, values)`` of each attribute, as ``discussion.questions_of`` answers them.
Questions = Sequence[tuple[str, str, str, Sequence[Any]]]


def outcome_element(
    topic: Topic, state: State, label: str, questions: Questions, until: datetime | None, document: str
) -> Element:
    """The whole outcome as it stands."""
    element = Element((ns.REPORTER, "outcome"))
    for name, value in (
        ("topic", topic.id),
        ("room", topic.room),
        ("type", state.type),
        ("label", label),
        ("mode", state.mode),
        ("revision", str(state.revision)),
        ("asking", state.asking),
        ("document", document),
        ("until", stamp(until) if until and state.mode == "grace" else ""),
        ("recording", "true" if state.recording else "false"),
    ):
        element[name] = value
    for key, attribute_label, question, values in questions:
        attribute = element.addElement("attribute")
        attribute["name"], attribute["label"], attribute["question"] = key, attribute_label, question
        for each in values:
            value = attribute.addElement("value", content=each.text)
            value["by"], value["id"], value["at"] = each.by, each.source, each.at
    for each in state.entries:
        entry = element.addElement("entry", content=each.text)
        for name in ("kind", "id", "owner", "due", "phrase", "status", "by", "at", "source", "topic"):
            value = getattr(each, name, "")
            if value:
                entry[name] = value
    return element
