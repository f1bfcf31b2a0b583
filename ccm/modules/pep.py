"""
XEP-0163 Personal Eventing Protocol 1.2.2: every account is a publish-subscribe service of its own.

Who is interested is told by their client's capabilities (``NODE+notify``): the account's own clients and contacts that
see its presence get what is published, and the newest items when they come. Leaves out contacts at other servers, who
get no items, and collections.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.interfaces import IAccountDisco
from ccm.modules.aside import aside
from ccm.modules.caps import Caps
from ccm.modules.subscription_states import SEEN_BY, SEES
from ccm.modules.turns import Turns
from ccm.pubsub import config as configuration
from ccm.pubsub import events
from ccm.pubsub.config import NodeConfig
from ccm.pubsub.node import Node
from ccm.pubsub.service import OWNER, PubSub
from ccm.pubsub.shelf import Shelf, Terms
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute

OWN = (Target.NONE, Target.ACCOUNT)
FEATURES = tuple(
    f"{ns.PUBSUB}#{name}"
    for name in (
        "access-open", "access-presence", "access-whitelist", "access-authorize", "auto-create", "auto-subscribe",
        "config-node", "create-and-configure", "create-nodes", "delete-items", "delete-nodes", "filtered-notifications",
        "item-ids", "last-published", "meta-data", "modify-affiliations", "manage-subscriptions", "multi-items",
        "outcast-affiliation", "persistent-items", "presence-notifications", "presence-subscribe", "publish",
        "publish-options", "publisher-affiliation", "purge-nodes", "retract-items", "retrieve-affiliations",
        "retrieve-default", "retrieve-items", "retrieve-subscriptions", "subscribe", "config-node-max",
    )
)  # fmt: skip
_EVENT = ((ns.PUBSUB_EVENT, "event"),)
_NOTIFY = "+notify"


class PepOptions(Section):
    """
    What an account may keep: nodes, items in a node, bytes of an item, subscriptions to a node, and those of one
    bare JID; and bytes of items in one answer.
    """

    max_nodes: CountOr0 = 100
    max_items: CountOr0 = 256
    max_item_bytes: Count = 131_072
    max_subscriptions: CountOr0 = 500
    subscriptions_each: CountOr0 = 10
    max_answer_bytes: Count = 1_048_576


@implementer(IAccountDisco)
class Pep:
    """Serves the nodes of accounts, and tells those who are interested."""

    def __init__(self, router: Router, services: Services, options: PepOptions) -> None:
        self._router = router
        self._contacts = services.contacts
        self._nodes = services.pubsub_nodes
        self._exists = services.accounts.exists  # of whichever domain here: their nodes are in the same store
        self._caps = Caps(router, self._came)
        self._coming: list[
            tuple[str, set[tuple[str, str]]]
        ] = []  # clients that catch up, and of which nodes they heard
        router.attach(self._caps)
        terms = Terms(
            NodeConfig(),
            lambda service, bare: service == bare,
            self._sees,
            self._tell,
            lambda node, item: router.tell("item-published", node.service, node.name, item),
            options.max_nodes,
            options.max_items,
            options.max_item_bytes,
            options.max_subscriptions,
            lambda: secrets.token_hex(8),
            router.is_account,
            lambda _bare: None,
            options.subscriptions_each,
            options.max_answer_bytes,
        )
        self._turns = Turns()
        self._shelf = Shelf(services.pubsub_nodes, terms)
        self._pubsub = PubSub(self._shelf)
        router.add_account_disco(self)

    # ---- requests

    @on.iq("get", ns.PUBSUB, "pubsub", to=OWN)
    @on.iq("set", ns.PUBSUB, "pubsub", to=OWN)
    @on.iq("get", OWNER, "pubsub", to=OWN)
    @on.iq("set", OWNER, "pubsub", to=OWN)
    async def asked(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0163 §3 and §4, by the requests of XEP-0060."""
        service = stanza.to or address.bare(stanza.from_ or "")
        if not self._router.is_account(service):
            raise StanzaError("service-unavailable")  # RFC 6120 §8.5.1: nobody learns who exists
        if stanza.type == "get":
            return await self._pubsub.answer(stanza, service)
        async with self._turns.of(service):  # a change reads a node, and writes it whole
            return await self._pubsub.answer(stanza, service)

    @on.event("account-deleted")
    async def forget(self, jid: str) -> None:
        """Nodes go with their account, those of a change under way, too."""
        async with self._turns.of(jid):
            await self._nodes.delete(jid)

    # ---- service discovery of accounts (XEP-0163 §3.1, XEP-0060 §5)

    def features(self) -> Iterable[str]:
        """What an account offers."""
        return (ns.PUBSUB, *FEATURES)

    def identities(self) -> Iterable[str]:
        """As which it shows itself."""
        return ("<identity category='pubsub' type='pep'/>",)

    async def items(self, owner: str, asker: str) -> bytes:
        """The nodes that somebody may read."""
        found = await self._shelf.listed(owner, asker)
        return "".join(f"<item jid='{attribute(owner)}' node='{attribute(node.name)}'/>" for node in found).encode()

    async def info(self, owner: str, asker: str, name: str) -> bytes:
        """A node's metadata. :raises StanzaError: if they may not read it, or it is not there."""
        node = await self._shelf.readable(owner, name, asker)
        feature = f"<identity category='pubsub' type='leaf'/><feature var='{ns.PUBSUB}'/>".encode()
        return feature + configuration.metadata(node.config)

    # ---- telling

    async def _sees(self, owner: str, bare: str) -> bool:
        if owner == bare:
            return True
        item = (await self._contacts.load(owner)).get(bare)
        return item is not None and item.subscription in SEEN_BY

    async def _may_read(self, node: Node, bare: str) -> bool:
        try:
            node.check_reader(bare, await self._sees(node.service, bare))
        except StanzaError:
            return False
        return True

    async def _tell(self, node: Node, event: bytes, to: tuple[str, ...]) -> None:
        """§4.3: to interested clients, and to those who subscribed to the node."""
        if to:
            for jid in to:
                self._send(node.service, jid, event)
            return
        interest = node.name + _NOTIFY
        reached = set()
        for bare in await self._audience(node):
            for session in self._router.sessions_of(bare):
                if session.presence is not None and interest in self._caps.features(session):
                    reached.add(session.jid)
        for jid, state in node.subscriptions.items():
            if state == "subscribed" and await self._may_read(node, address.bare(jid)):
                reached.add(jid)
        for jid, heard in self._coming:
            if jid in reached:
                heard.add((node.service, node.name))
        for jid in sorted(reached):
            self._send(node.service, jid, event)

    async def _audience(self, node: Node) -> list[str]:
        owner, found = node.service, [node.service]
        for contact, item in (await self._contacts.load(owner)).items():
            try:
                node.check_reader(contact, item.subscription in SEEN_BY)
            except StanzaError:
                continue
            if item.subscription in SEEN_BY:
                found.append(contact)
        return found

    def _send(self, owner: str, to: str, event: bytes) -> None:
        inner = b"<event xmlns='%b'>%b</event>" % (ns.PUBSUB_EVENT.encode(), event)
        self._router.route(Stanza("message", {"from": owner, "to": to, "type": "headline"}, inner, _EVENT))

    def _came(self, session: Any) -> None:
        """A client came, or can do something else: it gets the newest of what interests it (§4.3.4)."""
        wanted = tuple(f.removesuffix(_NOTIFY) for f in self._caps.features(session) if f.endswith(_NOTIFY))
        if wanted:
            aside(self._catch_up(session, wanted), "sending newest items")

    async def _catch_up(self, session: Any, wanted: tuple[str, ...]) -> None:
        """Send the newest items; but not of a node of which it has heard something newer meanwhile."""
        heard: set[tuple[str, str]] = set()
        coming = (session.jid, heard)
        self._coming.append(coming)
        try:
            bare = address.bare(session.jid)
            contacts = await self._contacts.load(bare)
            owners = [jid for jid, item in contacts.items() if item.subscription in SEES and self._exists(jid)]
            for record, item in await self._nodes.newest([bare, *owners], wanted):
                node = msgspec.json.decode(record, type=Node)
                if node.config.send_last != "on_sub_and_presence" or not node.config.deliver_notifications:
                    continue
                if await self._may_read(node, bare) and (node.service, node.name) not in heard:
                    self._send(node.service, session.jid, events.published(node, item))
        finally:
            self._coming.remove(coming)


#: What some clients look for at the host before they keep something of their own at their account (XEP-0223, XEP-0373).
AT_HOST = (f"{ns.PUBSUB}#access-whitelist", f"{ns.PUBSUB}#publish-options")

plugin = Module("pep", "XEP-0163 1.2.2, XEP-0060 1.26.0, XEP-0115 1.6.0", Pep, AT_HOST, PepOptions)
