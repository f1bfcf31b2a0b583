"""
XEP-0060 Publish-Subscribe 1.26.0: a service of its own, ``pubsub.<host>``, beside the nodes of accounts.

Accounts of the domain make nodes; whoever may read one subscribes, from other servers too, and is told by messages.
Nodes, items and subscriptions last. Leaves out collections, subscription options and access by presence, since a
service has no presence (§4.5); who asks for that is told so.
"""

import secrets
from typing import Any

import msgspec
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0, check_domains, check_people
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.interfaces import ISink
from ccm.modules.aside import aside
from ccm.modules.pep import FEATURES as PEP_FEATURES
from ccm.modules.service_domain import ServiceDomain
from ccm.modules.turns import Turns
from ccm.pubsub import config as configuration
from ccm.pubsub.config import NodeConfig
from ccm.pubsub.node import Node
from ccm.pubsub.service import OWNER, PubSub
from ccm.pubsub.shelf import Shelf, Terms
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute

_PRESENCE = (
    "access-presence",
    "auto-subscribe",
    "filtered-notifications",
    "presence-notifications",
    "presence-subscribe",
)
FEATURES = tuple(
    feature for feature in (*PEP_FEATURES, f"{ns.PUBSUB}#instant-nodes") if feature.partition("#")[2] not in _PRESENCE
)
_PURPOSE = "This address is a publish-subscribe service and nothing else (XEP-0060)."
_EVENT = ((ns.PUBSUB_EVENT, "event"),)
_DEFAULTS = NodeConfig(access_model="open", max_items=20, send_last="on_sub")


class PubSubOptions(Section):
    """
    The service at ``domain`` (``""`` is ``pubsub.<host>``): whether accounts may make nodes there, or only
    ``creators``; how many nodes there may be, and how many one account may own (creators as many as there may be),
    items in a node, bytes of an item, subscriptions to a node, those of one bare JID, and bytes of items in one answer.
    """

    domain: str = ""
    accounts_create: bool = True
    creators: tuple[str, ...] = ()
    max_nodes: CountOr0 = 1_000
    nodes_per_account: CountOr0 = 50
    max_items: CountOr0 = 1_000
    max_item_bytes: Count = 131_072
    max_subscriptions: CountOr0 = 5_000
    subscriptions_each: CountOr0 = 10
    max_answer_bytes: Count = 1_048_576

    def check(self) -> None:
        """:raises ConfigError: for a domain or an address that is none."""
        check_domains("modules.pubsub.domain", filter(None, [self.domain]))
        check_people("modules.pubsub.creators", self.creators)


@implementer(ISink)
class PubSubService:
    """
    Answers at its domain.

    :ivar jid: the domain.
    """

    def __init__(self, router: Router, services: Services, options: PubSubOptions) -> None:
        self.jid = options.domain or f"pubsub.{services.host}"
        self._router = router
        self._host = services.host
        self._options = options
        self._items = services.pubsub_nodes
        terms = Terms(
            _DEFAULTS,
            self._may_create,
            _nobody_sees,
            self._tell,
            _nothing_more,
            options.max_nodes,
            options.max_items,
            options.max_item_bytes,
            options.max_subscriptions,
            lambda: secrets.token_hex(8),
            self._is_own,
            lambda bare: None if bare in options.creators else options.nodes_per_account,
            options.subscriptions_each,
            options.max_answer_bytes,
            ("open", "whitelist", "authorize"),
        )
        self._shelf = Shelf(services.pubsub_nodes, terms)
        self._pubsub = PubSub(self._shelf)
        self._turns = Turns()
        self._domain = ServiceDomain(router, self.jid, self._info, self._listed, _PURPOSE)
        router.add_domain(self.jid, self)

    # ---- what is asked

    @on.iq("get", ns.PUBSUB, "pubsub", to=Target.OTHER)
    @on.iq("set", ns.PUBSUB, "pubsub", to=Target.OTHER)
    @on.iq("get", OWNER, "pubsub", to=Target.OTHER)
    @on.iq("set", OWNER, "pubsub", to=Target.OTHER)
    def asked(self, stanza: Stanza, _origin: Any) -> Any:
        """§5 to §8."""
        return self._answer(stanza) if stanza.to == self.jid else None

    def deliver(self, stanza: Stanza) -> None:
        """Anything else is for nobody; a subscriber that is gone for good is forgotten."""
        if stanza.type == "error":
            if stanza.kind == "message" and _is_for_good(stanza):
                aside(self._forget(stanza.from_ or ""), "ending a subscription that reaches nobody")
        else:
            self._domain.refuse(stanza)

    def deliver_raw(self, template: Any) -> None:
        """Nothing is sent to many here."""

    @on.event("account-deleted")
    async def gone(self, jid: str) -> None:
        """What it was to nodes goes with it, and nodes that nobody owns any more."""
        await self._forget(jid, owner=True)

    # ---- inside

    async def _answer(self, stanza: Stanza) -> Stanza:
        if stanza.type == "get":
            return await self._pubsub.answer(stanza, self.jid)
        async with self._turns.of(self.jid):
            return await self._pubsub.answer(stanza, self.jid)

    async def _info(self, asker: str, name: str) -> bytes:
        """§5.1, §5.3, §5.4."""
        if not name:
            features = "".join(
                f"<feature var='{var}'/>" for var in (ns.DISCO_INFO, ns.DISCO_ITEMS, ns.PUBSUB, *FEATURES)
            )
            return f"<identity category='pubsub' type='service' name='Publish-Subscribe'/>{features}".encode()
        node = await self._shelf.readable(self.jid, name, asker)
        inner = f"<identity category='pubsub' type='leaf'/><feature var='{ns.PUBSUB}'/>".encode()
        return inner + configuration.metadata(node.config)

    async def _listed(self, asker: str, name: str) -> bytes:
        """§5.2, §5.5."""
        here = attribute(self.jid)
        if not name:
            lines = "".join(
                f"<item jid='{here}' node='{attribute(node.name)}'"
                f"{f' name={chr(39)}{attribute(node.config.title)}{chr(39)}' if node.config.title else ''}/>"
                for node in await self._shelf.listed(self.jid, asker)
            )
            return lines.encode()
        node = await self._shelf.readable(self.jid, name, asker)
        return "".join(f"<item jid='{here}' name='{attribute(id_)}'/>" for id_ in await self._ids(node)).encode()

    async def _ids(self, node: Node) -> list[str]:
        """Of all items, the oldest first; read in steps, since payloads come with them."""
        found: list[str] = []
        most, most_bytes, before = self._options.max_items, self._options.max_answer_bytes, None
        while True:
            page, total = await self._items.page(self.jid, node.name, most=most, most_bytes=most_bytes, before=before)
            found = [*(item.id for item in page), *found]
            if not page or len(found) >= min(most, total):
                return found
            before = page[0].id

    def _may_create(self, _service: str, bare: str) -> bool:
        if bare in self._options.creators:
            return True
        return self._options.accounts_create and self._is_own(bare)

    def _is_own(self, bare: str) -> bool:
        return address.domain(bare) == self._host and self._router.is_account(bare)

    async def _tell(self, node: Node, event: bytes, to: tuple[str, ...]) -> None:
        inner = b"<event xmlns='%b'>%b</event>" % (ns.PUBSUB_EVENT.encode(), event)
        for jid in to or [jid for jid, state in node.subscriptions.items() if state == "subscribed"]:
            try:
                node.check_reader(address.bare(jid), False)
            except StanzaError:
                continue
            self._router.route(Stanza("message", {"from": self.jid, "to": jid}, inner, _EVENT))

    async def _forget(self, jid: str, *, owner: bool = False) -> None:
        async with self._turns.of(self.jid):
            for node in await self._shelf.all(self.jid):
                subscriptions = {
                    each: state
                    for each, state in node.subscriptions.items()
                    if each != jid and not (owner and address.bare(each) == jid)
                }
                affiliations = {each: what for each, what in node.affiliations.items() if not owner or each != jid}
                if owner and "owner" not in affiliations.values():
                    await self._items.delete(self.jid, node.name)
                elif (subscriptions, affiliations) != (node.subscriptions, node.affiliations):
                    await self._shelf.keep(
                        msgspec.structs.replace(node, subscriptions=subscriptions, affiliations=affiliations)
                    )


async def _nobody_sees(_service: str, _bare: str) -> bool:
    return False


async def _nothing_more(_node: Node, _item: Any) -> None:
    return None


def _is_for_good(stanza: Stanza) -> bool:
    """Whether nobody will ever be there again (RFC 6120 §8.3.3); a server that cannot be found may come back."""
    return any(
        condition.uri == ns.STANZA_ERRORS and condition.name in ("gone", "item-not-found")
        for error in stanza.element.elements()
        if error.name == "error" and error.uri == stanza.element.uri
        for condition in error.elements()
    )


plugin = Module("pubsub", "XEP-0060 1.26.0", PubSubService, (), PubSubOptions)
