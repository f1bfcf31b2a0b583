"""
The requests of publish-subscribe (XEP-0060 1.26.0 §5 to §8) on the nodes of accounts or of a service.

Every request reads the node, checks, keeps the change, and only then tells: what was told is on disk. Leaves out
collections, subscription options, leases and multiple subscriptions of one address.
"""

import msgspec
from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm import records as r
from ccm.errors import StanzaError
from ccm.pubsub import config as configuration
from ccm.pubsub import events
from ccm.pubsub.node import refused
from ccm.pubsub.owning import Owning
from ccm.pubsub.shelf import Shelf, asker, prepared, submitted
from ccm.wire import forms, rsm
from ccm.wire.stanza import Stanza, attribute, serialise

OWNER = f"{ns.PUBSUB}#owner"


class PubSub:
    """:param shelf: the nodes."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._terms = shelf.terms
        self._owning = Owning(shelf)
        self._sets = {
            "publish": self._publish,
            "retract": self._retract,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "create": self._owning.create,
        }
        self._gets = {
            "items": self._items,
            "subscriptions": self._subscriptions,
            "affiliations": self._affiliations,
            "default": self._owning.default,
        }

    async def answer(self, stanza: Stanza, service: str) -> Stanza:
        """
        Serve a request.

        :param service: whose nodes are meant, where the stanza names nobody.
        :raises StanzaError: as XEP-0060 tells for each case.
        """
        query = next(stanza.element.elements())
        owner = query.uri == OWNER
        table = (
            (self._owning.sets if owner else self._sets)
            if stanza.type == "set"
            else (self._owning.gets if owner else self._gets)
        )
        for child in query.elements():
            handler = table.get(child.name)
            if handler is not None:
                inner = await handler(stanza, service, child)
                if not inner:
                    return stanza.result()
                return stanza.result(
                    b"<pubsub xmlns='%b'>%b</pubsub>" % (query.uri.encode(), inner), ((query.uri, "pubsub"),)
                )
        raise StanzaError("feature-not-implemented", "Nothing here answers that.")

    # ---- publishing

    async def _publish(self, stanza: Stanza, service: str, publish: Element) -> bytes:
        """§7.1, with automatic creation (§7.1.4) and publish-options (§7.1.5)."""
        bare, terms = asker(stanza), self._terms
        items = [child for child in publish.elements() if child.name == "item"]
        if len(items) > 1:
            raise StanzaError("bad-request", "Publish exactly one item.")
        payloads = list(items[0].elements()) if items else []
        if len(payloads) > 1:
            raise refused("bad-request", "invalid-payload", "An item has one payload.")
        payload = serialise(payloads[0]).encode() if payloads else b""
        if len(payload) > terms.most_item_bytes:
            raise refused("not-acceptable", "payload-too-big", f"An item has at most {terms.most_item_bytes} bytes.")
        options = submitted(stanza, "publish-options", configuration.PUBLISH_OPTIONS)
        try:
            node = await self._shelf.node(service, publish.getAttribute("node"))
        except StanzaError as missing:
            if missing.condition != "item-not-found":
                raise
            config = self._shelf.configured(terms.defaults, options)
            _check_item(config, bool(items))
            node = await self._shelf.make(service, publish["node"], bare, config)
        else:
            configuration.check_meets(node.config, options, terms.most_items)
        node.check_publisher(bare)
        _check_item(node.config, bool(items))
        if not items:
            await terms.tell(node, events.happened(node), ())
            return f"<publish node='{attribute(node.name)}'/>".encode()
        item = r.PubSubItem(items[0].getAttribute("id") or terms.new_id(), bare, payload)
        if node.config.persist_items:
            await self._shelf.items.publish(service, node.name, item, node.config.max_items or terms.most_items)
        if node.config.deliver_notifications:
            await terms.tell(node, events.published(node, item), ())
        await terms.published(node, item)
        return f"<publish node='{attribute(node.name)}'><item id='{attribute(item.id)}'/></publish>".encode()

    async def _retract(self, stanza: Stanza, service: str, retract: Element) -> bytes:
        """§7.2."""
        node, bare = await self._shelf.node(service, retract.getAttribute("node")), asker(stanza)
        ids = [child.getAttribute("id") for child in retract.elements() if child.name == "item"]
        if len(ids) != 1 or not ids[0]:
            raise refused("bad-request", "item-required", "Name the item.")
        found = await self._shelf.items.items(service, node.name, ids=(ids[0],))
        if node.affiliation(bare) not in ("owner", "publisher") and not (found and found[0].publisher == bare):
            raise StanzaError("forbidden", "Only its author, a publisher or an owner takes an item back.")
        if not await self._shelf.items.retract(service, node.name, ids[0]):
            raise StanzaError("item-not-found", "There is no such item.")
        if node.config.notify_retract or retract.getAttribute("notify") in ("1", "true"):
            await self._terms.tell(node, events.retracted(node, ids[0]), ())
        return b""

    async def _items(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§6.5: all, the newest few, or those named; with a ``<set/>`` if there are more than one answer holds."""
        node = await self._shelf.readable(service, asked.getAttribute("node"), asker(stanza))
        ids = tuple(child["id"] for child in asked.elements() if child.name == "item" and child.hasAttribute("id"))
        most = forms.number("max_items", [asked.getAttribute("max_items") or ""], self._terms.most_items)
        most = most or self._terms.most_items
        page = rsm.read(asked.parent) if asked.parent is not None else None
        wanted = page or rsm.Asked()
        if wanted.most is not None:
            most = min(most, wanted.most)
        found, total = await self._shelf.items.page(
            service, node.name, ids=ids, most=most, most_bytes=self._terms.answer_bytes,
            after=wanted.after, before=wanted.before,
        )  # fmt: skip
        listed = events.listed(node, found)
        if page is None and len(found) >= min(most, total):
            return listed
        first, last = (found[0].id, found[-1].id) if found else (None, None)
        return listed + rsm.describe(first, last, total=total)

    # ---- subscribing

    async def _subscribe(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§6.1: who is let in at once gets the newest item."""
        node, jid = await self._shelf.node(service, asked.getAttribute("node")), _own_jid(stanza, asked)
        bare = address.bare(jid)
        state = "subscribed"
        if node.config.access_model == "authorize" and node.affiliation(bare) == "none":
            state = node.subscription(bare) or "pending"
        else:
            node.check_reader(bare, await self._terms.sees_presence(service, bare))
        subscriptions = {**node.subscriptions, jid: state}
        self._shelf.check_room(node, subscriptions)
        node = msgspec.structs.replace(node, subscriptions=subscriptions)
        await self._shelf.keep(node)
        if state == "subscribed" and node.config.send_last != "never":
            newest = await self._shelf.items.items(service, node.name, most=1)
            if newest:
                await self._terms.tell(node, events.published(node, newest[-1]), (jid,))
        return events.subscription(node, jid, state)

    async def _unsubscribe(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§6.2."""
        node, jid = await self._shelf.node(service, asked.getAttribute("node")), _own_jid(stanza, asked)
        if jid not in node.subscriptions:
            raise refused("unexpected-request", "not-subscribed", "That address is not subscribed.")
        left = {other: state for other, state in node.subscriptions.items() if other != jid}
        await self._shelf.keep(msgspec.structs.replace(node, subscriptions=left))
        return b""

    async def _subscriptions(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§5.6: one's own, of all nodes or of one."""
        bare, name = asker(stanza), asked.getAttribute("node")
        lines = b"".join(
            events.subscription(node, jid, state)
            for node in await self._shelf.all(service)
            for jid, state in node.subscriptions.items()
            if address.bare(jid) == bare and name in (None, node.name)
        )
        return b"<subscriptions>%b</subscriptions>" % lines

    async def _affiliations(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§5.7: one's own."""
        bare, name = asker(stanza), asked.getAttribute("node")
        lines = "".join(
            f"<affiliation node='{attribute(node.name)}' affiliation='{node.affiliation(bare)}'/>"
            for node in await self._shelf.all(service)
            if node.affiliation(bare) != "none" and name in (None, node.name)
        )
        return f"<affiliations>{lines}</affiliations>".encode()


def _own_jid(stanza: Stanza, asked: Element) -> str:
    """:raises StanzaError: ``bad-request`` (§6.1.3.1) for the address of somebody else."""
    jid = prepared(asked)
    if address.bare(jid) != asker(stanza):
        raise refused("bad-request", "invalid-jid", "Subscribe yourself.")
    return jid


def _check_item(config: configuration.NodeConfig, given: bool) -> None:
    """Nodes that keep nothing and tell no payload take no item (§7.1.3.6), all others take one (§7.1.3.5)."""
    forbidden = not config.persist_items and not config.deliver_payloads
    if given and forbidden:
        raise refused("bad-request", "item-forbidden", "This node tells that something has happened; publish no item.")
    if not given and not forbidden:
        raise refused("bad-request", "item-required", "Publish exactly one item.")
