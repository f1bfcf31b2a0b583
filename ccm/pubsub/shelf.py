"""
The nodes of a host of nodes: found, made and kept, under its terms (XEP-0060 1.26.0 §4, §5.2).

Leaves out the requests.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
from twisted.words.xish.domish import Element

from ccm import address
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IPubSubNodes
from ccm.pubsub import config as configuration
from ccm.pubsub.config import Access, NodeConfig
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
    :ivar is_own: whether a bare JID is of the host's own people, whom an owner may subscribe unasked.
    :ivar most_own_nodes: how many nodes of a service a bare JID may own; ``None`` is no bound of their own.
    :ivar most_each: subscriptions to a node by one bare JID.
    :ivar answer_bytes: of payloads in one answer, the newest; at least one item is told.
    :ivar access_models: those that make sense here.
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
    is_own: Callable[[str], bool]
    most_own_nodes: Callable[[str], int | None]
    most_each: int
    answer_bytes: int
    access_models: tuple[Access, ...] = ("open", "presence", "whitelist", "authorize")


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

    def configured(self, config: NodeConfig, values: forms.Values) -> NodeConfig:
        """A configuration after a form. :raises StanzaError: also ``not-acceptable`` for what makes no sense here."""
        made = configuration.changed(config, values, self.terms.most_items)
        allowed = self.terms.access_models
        if made.access_model not in allowed:
            raise StanzaError("not-acceptable", f"pubsub#access_model must here be one of: {', '.join(allowed)}.")
        return made

    def check_room(self, node: Node, subscriptions: Mapping[str, str]) -> None:
        """
        Whether these may be the subscriptions of a node.

        :raises StanzaError: ``policy-violation`` if there are too many with the new ones, or too many of a bare JID.
        """
        new, most = subscriptions.keys() - node.subscriptions.keys(), self.terms.most_each
        if new and len(subscriptions) > self.terms.most_subscriptions:
            raise refused("policy-violation", "too-many-subscriptions", "Nobody else can subscribe to this node.")
        counts = Counter(map(address.bare, subscriptions))
        for bare in map(address.bare, new):
            if counts[bare] > most:
                text = f"One person may have {most} subscriptions to a node. End another one first."
                raise refused("policy-violation", "too-many-subscriptions", text)

    async def keep(self, node: Node) -> None:
        """It is on disk when this is done."""
        await self.items.save(node.service, node.name, msgspec.json.encode(node))

    async def make(self, service: str, name: str, bare: str, config: NodeConfig) -> Node:
        """A new node of theirs. :raises StanzaError: if they may make none, or there are too many."""
        if not self.terms.may_create(service, bare):
            raise StanzaError("forbidden" if bare != service else "not-allowed", "You may make no nodes here.")
        if len(await self.items.of(service)) >= self.terms.most_nodes:
            raise StanzaError("resource-constraint", f"There may be {self.terms.most_nodes} nodes. Delete one first.")
        most = self.terms.most_own_nodes(bare)
        if most is not None and sum(node.affiliation(bare) == "owner" for node in await self.all(service)) >= most:
            raise StanzaError("resource-constraint", f"You may own {most} nodes here. Delete one first.")
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
