"""What is told of a node, and what answers hold: serialised elements (XEP-0060 1.26.0 §6.5, §7.1.2, §7.2.2, §8)."""

from collections.abc import Iterable

from ccm import records as r
from ccm.pubsub import config as configuration
from ccm.pubsub.node import Node
from ccm.wire.stanza import attribute


def published(node: Node, item: r.PubSubItem) -> bytes:
    """An item is new, or another."""
    inner = _item(item, item.xml if node.config.deliver_payloads else b"")
    return _items(node, inner)


def happened(node: Node) -> bytes:
    """Something was published that has no item (§7.1.1, a notification without payload of a transient node)."""
    return _items(node, b"")


def retracted(node: Node, id_: str) -> bytes:
    """An item is gone."""
    return _items(node, f"<retract id='{attribute(id_)}'/>".encode())


def listed(node: Node, items: Iterable[r.PubSubItem]) -> bytes:
    """What somebody asked for."""
    return _items(node, b"".join(_item(item, item.xml) for item in items))


def configured(node: Node) -> bytes:
    """The node is configured otherwise."""
    inner = configuration.form(node.config, "result")
    return b"<configuration node='%b'>%b</configuration>" % (attribute(node.name).encode(), inner)


def deleted(node: Node) -> bytes:
    """The node is gone."""
    return f"<delete node='{attribute(node.name)}'/>".encode()


def purged(node: Node) -> bytes:
    """All its items are gone."""
    return f"<purge node='{attribute(node.name)}'/>".encode()


def subscription(node: Node, jid: str, state: str) -> bytes:
    """Somebody's subscription."""
    return f"<subscription node='{attribute(node.name)}' jid='{attribute(jid)}' subscription='{state}'/>".encode()


def _items(node: Node, inner: bytes) -> bytes:
    return b"<items node='%b'>%b</items>" % (attribute(node.name).encode(), inner)


def _item(item: r.PubSubItem, payload: bytes) -> bytes:
    head = f"<item id='{attribute(item.id)}' publisher='{attribute(item.publisher)}'".encode()
    return head + b">" + payload + b"</item>" if payload else head + b"/>"
