"""
The live outcomes as pubsub nodes that can be read (XEP-0060 1.26 §6.5): one node a topic, one item a part of it.

Every participant of a topic is subscribed to its node for good and to no other; so a request to subscribe only says
so, and nobody can publish here. Leaves out affiliations and configuration.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.words.protocols.jabber.error import StanzaError as JabberError

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm.components.context import Context
from ccm.components.outcome_elements import Outcome, pubsub_items
from ccm.components.outcome_push import NODE
from ccm.errors import StanzaError, StoreUnavailable
from wokkel.pubsub import PubSubResource, Subscription, Unsupported

MOST_NODES = 100


class OutcomeNodes(PubSubResource):  # type: ignore[misc]
    """:param outcome: answers the outcome of a topic for a bare JID; raises ``StanzaError`` if it is none of theirs."""

    features = ("access-whitelist", "auto-subscribe", "item-ids", "persistent-items", "retract-items", "retrieve-items")

    def __init__(self, context: Context, outcome: Callable[[str, str], Awaitable[Outcome]]) -> None:
        self._context = context
        self._outcome = outcome

    def items(self, request: Any) -> "Deferred[list[Any]]":
        """The items of a node, all or those asked for, the head first."""
        return Deferred.fromCoroutine(self._items(request))

    def subscribe(self, request: Any) -> "Deferred[Subscription]":
        """Whoever takes part is subscribed anyway."""
        return Deferred.fromCoroutine(self._subscribed(request))

    def unsubscribe(self, _request: Any) -> Any:
        """One leaves the topic instead."""
        return _failed(Unsupported("subscribe", "You are told as long as you take part in the topic."))

    def getInfo(self, _requestor: Any, _service: Any, nodeIdentifier: str) -> Any:
        return {"type": "leaf", "meta-data": []} if nodeIdentifier.startswith(NODE) else None

    def getNodes(self, requestor: Any, _service: Any, nodeIdentifier: str) -> "Deferred[list[str]]":
        return Deferred.fromCoroutine(self._nodes(requestor.userhost(), nodeIdentifier))

    async def _nodes(self, user: str, node: str) -> list[str]:
        if node:
            return []
        page = await self._context.topics.of_member(user, limit=MOST_NODES)
        return [f"{NODE}{topic.id}" for topic in page.items]

    async def _items(self, request: Any) -> list[Any]:
        outcome = await self._seen(request)
        found = list(pubsub_items(outcome, tuple(request.itemIdentifiers or ())))
        return found[-request.maxItems :] if request.maxItems else found

    async def _subscribed(self, request: Any) -> Subscription:
        await self._seen(request)
        return Subscription(request.nodeIdentifier, request.subscriber, "subscribed")

    async def _seen(self, request: Any) -> Outcome:
        node = request.nodeIdentifier or ""
        if not node.startswith(NODE):
            raise JabberError("item-not-found", text=f"There is no such node here. Ask for {NODE}<topic>.")
        try:
            return await self._outcome(node.removeprefix(NODE), request.sender.userhost())
        except StoreUnavailable as error:
            raise JabberError("resource-constraint", text="Nothing can be read at the moment. Try again.") from error
        except StanzaError as error:
            raise JabberError(error.condition, error.type, error.text) from error


def _failed(error: Exception) -> "Deferred[Any]":
    failed: Deferred[Any] = Deferred()
    failed.errback(error)
    return failed
