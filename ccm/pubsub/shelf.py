"""
The nodes of a host of nodes: found, made and kept, under its terms (XEP-0060 1.26.0 §4, §5.2).

Leaves out the requests.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from twisted.words.xish.domish import Element

from ccm import address
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IPubSubNodes
from ccm.pubsub.config import NodeConfig
from ccm.pubsub.node import Affiliation, Node, refused
from ccm.wire import forms
from ccm.wire.stanza import Stanza

_decode = msgspec.json.Decoder(Node).decode


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How a host of nodes differs from another.

    :ivar defaults: the configuration of a node of that service which says nothing.
    :ivar may_create: whether a bare JID may make nodes at a service.
    :ivar sees_presence: whether a bare JID may see the presence of the account whose nodes they are.
    :ivar tell: spreads an event of a node; to these addresses alone, if there are any.
    :ivar published: hears of an item that is new.
    """

    defaults: NodeConfig
    may_create: Callable[[str, str], bool]
    sees_presence: Callable[[str, str], Awaitable[bool]]
    tell: Callable[[Node, bytes, tuple[str, ...]], Awaitable[None]]
    published: Callable[[Node, r.PubSubItem], Awaitable[None]]
    most_nodes: int
    most_items: int
    most_item_bytes: int
    most_subscriptions: int
    new_id: Callable[[], str]


class Shelf:
    """:param items: where nodes and items are kept. :ivar terms: the host's."""

    def __init__(self, items: IPubSubNodes, terms: Terms) -> None:
        self.items = items
        self.terms = terms

    async def node(self, service: str, name: str | None) -> Node:
        """:raises StanzaError: ``bad-request`` without a name, ``item-not-found`` if there is no such node."""
        if not name:
            raise refused("bad-request", "nodeid-required", "Name the node.")
        found = await self.items.get(service, name)
        if found is None:
            raise StanzaError("item-not-found", "There is no such node.")
        return _decode(found)

    async def readable(self, service: str, name: str | None, bare: str) -> Node:
        """The node, if *bare* may read it. :raises StanzaError: as :meth:`ccm.pubsub.node.Node.check_reader`."""
        node = await self.node(service, name)
        node.check_reader(bare, await self.terms.sees_presence(service, bare))
        return node

    async def listed(self, service: str, bare: str) -> list[Node]:
        """The nodes of a service that somebody may read."""
        sees = await self.terms.sees_presence(service, bare)
        found = []
        for node in await self.all(service):
            try:
                node.check_reader(bare, sees)
            except StanzaError:
                continue
            found.append(node)
        return found

    async def all(self, service: str) -> list[Node]:
        """Every node of a service, by name."""
        return [_decode(record) for record in (await self.items.of(service)).values()]

    async def owned(self, stanza: Stanza, service: str, asked: Element) -> Node:
        """The node that an owner asks about. :raises StanzaError: also ``forbidden`` for others."""
        node = await self.node(service, asked.getAttribute("node"))
        node.check_owner(asker(stanza))
        return node

    async def keep(self, node: Node) -> None:
        """It is on disk when this is done."""
        await self.items.save(node.service, node.name, msgspec.json.encode(node))

    async def make(self, service: str, name: str, bare: str, config: NodeConfig) -> Node:
        """A new node of theirs. :raises StanzaError: if they may make none, or there are too many."""
        if not self.terms.may_create(service, bare):
            raise StanzaError("forbidden" if bare != service else "not-allowed", "You may make no nodes here.")
        if len(await self.items.of(service)) >= self.terms.most_nodes:
            raise StanzaError("resource-constraint", f"There may be {self.terms.most_nodes} nodes. Delete one first.")
        affiliations: dict[str, Affiliation] = {} if bare == service else {bare: "owner"}
        node = Node(service, name, config, affiliations)
        await self.keep(node)
        return node


def asker(stanza: Stanza) -> str:
    """Bare JID of who asks."""
    return address.bare(stanza.from_ or "")


def prepared(child: Element) -> str:
    """The address that an entry names. :raises StanzaError: ``bad-request`` without one, ``jid-malformed``."""
    jid = child.getAttribute("jid")
    if not jid:
        raise StanzaError("bad-request", "Each entry needs a jid.")
    return address.prepare(jid)


def submitted(stanza: Stanza, name: str, form_type: str) -> forms.Values:
    """The form in that sibling of the request; nothing without it."""
    for child in next(stanza.element.elements()).elements():
        if child.name == name:
            form = forms.find(child)
            return forms.read(form, form_type) if form is not None else {}
    return {}
