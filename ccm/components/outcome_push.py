"""
The live outcome: tells participants what changed, as event notifications of a pubsub node (XEP-0060 1.26 §7.1.2).

A change goes out at the end of the reactor's turn; what follows within ``PUSH_SECONDS`` goes out together after them.
Each event names the revision that it is to be applied to, so that whoever missed one knows, and asks for the whole.
Leaves out keeping anything: after a restart the first event of a topic holds all items.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.outcome_elements import (
    HEAD,
    Outcome,
    changes,
    head_element,
    item_element,
    pubsub_item,
)
from ccm.records import Topic

PUSH_SECONDS = 0.25
NODE = f"{ns.REPORTER}#"
_NOTHING: tuple[str, ...] = ()


class Followed(Protocol):
    """A discussion that has an outcome."""

    topic: Topic


class LiveOutcomes:
    """
    :param send: takes one message for one participant.
    :param outcome_of: what participants see of a discussion now.
    :ivar sent: how many messages were sent, for tests and benchmarks.
    """

    def __init__(self, context: Context, send: Callable[[Element], None], outcome_of: Callable[[Any], Outcome]) -> None:
        self.sent = 0
        self._context = context
        self._send = send
        self._outcome_of = outcome_of
        self._told: dict[str, Outcome] = {}
        self._waiting: dict[str, Any] = {}
        self._lately: set[str] = set()

    def changed(self, known: Followed) -> None:
        """Tell soon; what changes meanwhile goes along."""
        id_ = known.topic.id
        if id_ not in self._waiting:
            delay = PUSH_SECONDS if id_ in self._lately else 0
            self._waiting[id_] = self._context.clock.callLater(delay, self._now, known)

    def forget(self, topic: str) -> None:
        """The topic is no more, or no longer followed here."""
        self._told.pop(topic, None)
        call = self._waiting.pop(topic, None)
        if call is not None and call.active():
            call.cancel()

    def stop(self) -> None:
        """Tell nothing more."""
        for topic in list(self._waiting):
            self.forget(topic)
        self._told.clear()

    def _now(self, known: Followed) -> None:
        id_ = known.topic.id
        del self._waiting[id_]
        self._lately.add(id_)
        self._context.clock.callLater(PUSH_SECONDS, self._lately.discard, id_)
        self._context.spawn(self._push(known))

    async def _push(self, known: Followed) -> None:
        topic = await self._context.topics.get(known.topic.id)
        if topic is None:
            return
        before, after = self._told.get(topic.id), self._outcome_of(known)
        if before == after:
            return
        self._told[topic.id] = after
        for message in notifications(topic.id, before, after):
            for jid in topic.members:
                message["to"] = jid
                self._send(message)
                self.sent += 1


def notifications(topic: str, before: Outcome | None, after: Outcome) -> tuple[Element, ...]:
    """
    The messages that tell of a change, without their addressee; with nothing known before, all items.

    The head comes last: some clients look at the first item alone. What is gone stands twice: in the head, for who
    keeps count of revisions, and as ``<retract/>``, in a message of its own since items and retractions may not be
    mixed (XEP-0060 §7.2.2.1).
    """
    items, removed = (dict(after.items), _NOTHING) if before is None else changes(before, after)
    head = head_element(after, None if before is None else before.revision, removed)
    children = [pubsub_item(id_, item_element(item), ns.PUBSUB_EVENT) for id_, item in items.items()]
    children.append(pubsub_item(HEAD, head, ns.PUBSUB_EVENT))
    if not removed:
        return (_event(topic, children),)
    gone = []
    for id_ in removed:
        retract = Element((ns.PUBSUB_EVENT, "retract"))
        retract["id"] = id_
        gone.append(retract)
    return _event(topic, children), _event(topic, gone)


def _event(topic: str, children: Sequence[Element]) -> Element:
    message = Element((None, "message"))
    message["type"] = "headline"
    items = message.addElement((ns.PUBSUB_EVENT, "event")).addElement("items")
    items["node"] = f"{NODE}{topic}"
    for child in children:
        items.addChild(child)
    return message
