"""
XEP-0030 Service Discovery 2.5.0 of the host and its accounts, and XEP-0115 Entity Capabilities 1.6.0 of the host.

Services and components answer for themselves. An account tells something only to its owner and to those who may see
its presence (§8). Nodes of the host, such as its ad-hoc commands, are answered by the modules that offer them.
"""

from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.modules.caps import string_of
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute, parse_element

_INFO = ((ns.DISCO_INFO, "query"),)
_ITEMS = ((ns.DISCO_ITEMS, "query"),)
_IDENTITY = ("server", "im", "CCM")


class Disco:
    """Answers who we are and what we offer; the answers are rendered once until features or domains change."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._contacts = services.contacts
        self._host = services.host
        self._node = services.urls.get("web") or f"https://{services.host}/"
        self._features: tuple[str, ...] = ()
        self._info = b""
        self._ver = ""
        self._items: bytes | None = None
        router.add_stream_feature(self.caps)

    def caps(self) -> bytes:
        """The ``<c/>`` of the stream features (XEP-0115 §6.3)."""
        self._refresh()
        node = attribute(self._node)
        return f"<c xmlns='{ns.CAPS}' hash='sha-1' node='{node}' ver='{self._ver}'/>".encode()

    @on.iq("get", ns.DISCO_INFO, "query", to=(Target.NONE, Target.HOST))
    def host_info(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0030 §3.1 and XEP-0115 §6.2."""
        self._refresh()
        node = _node_of(stanza)
        if node is not None and node != f"{self._node}#{self._ver}":
            inner = self._host_node_info(address.bare(stanza.from_ or ""), node)
            if inner is None:
                raise StanzaError("item-not-found", "The server has no such node. Ask without one.")
            return stanza.result(_query(ns.DISCO_INFO, node, inner), _INFO)
        return stanza.result(_query(ns.DISCO_INFO, node, self._info), _INFO)

    @on.iq("get", ns.DISCO_ITEMS, "query", to=(Target.NONE, Target.HOST))
    def host_items(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0030 §4.1: the services and components that answer now."""
        node = _node_of(stanza)
        if node is not None:
            inner = self._host_node_items(stanza, stanza.to or self._host, node)
            if inner is None:
                raise StanzaError("item-not-found", "The server has no such node. Ask without one.")
            return stanza.result(_query(ns.DISCO_ITEMS, node, inner), _ITEMS)
        if self._items is None:
            self._items = "".join(f"<item jid='{attribute(d)}'/>" for d in self._router.domains()).encode()
        return stanza.result(_query(ns.DISCO_ITEMS, None, self._items), _ITEMS)

    @on.iq("get", ns.DISCO_INFO, "query", to=Target.ACCOUNT)
    async def account_info(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0030 §8: the server answers for an account, to those who may know that it exists."""
        if not await self._may_know(stanza):
            raise StanzaError("service-unavailable")
        owner, asker, node = stanza.to or "", address.bare(stanza.from_ or ""), _node_of(stanza)
        tellers = self._router.account_disco
        if node is not None:
            inner = self._host_node_info(asker, node) if owner == asker else None
            for teller in tellers if inner is None else ():
                inner = await teller.info(owner, asker, node)
                if inner is not None:
                    break
            if inner is not None:
                return stanza.result(_query(ns.DISCO_INFO, node, inner), _INFO)
            raise StanzaError("item-not-found", "This account has no such node. Ask without one.")
        identities = ["<identity category='account' type='registered'/>"]
        features = [ns.DISCO_INFO, ns.DISCO_ITEMS]
        for teller in tellers:
            identities += teller.identities()
            features += teller.features()
        lines = [*identities, *(f"<feature var='{attribute(feature)}'/>" for feature in features)]
        return stanza.result(_query(ns.DISCO_INFO, None, "".join(lines).encode()), _INFO)

    @on.iq("get", ns.DISCO_ITEMS, "query", to=Target.ACCOUNT)
    async def account_items(self, stanza: Stanza, _origin: Any) -> Stanza:
        """What there is to read at the account; nothing for those who may not know whether it exists (§8)."""
        owner, asker, node = stanza.to or "", address.bare(stanza.from_ or ""), _node_of(stanza)
        if not await self._may_know(stanza):
            return stanza.result(_query(ns.DISCO_ITEMS, node, b""), _ITEMS)
        if node is not None:
            found = self._host_node_items(stanza, owner, node) if owner == asker else None
            if found is None:
                raise StanzaError("item-not-found", "This account has no such node. Ask without one.")
            return stanza.result(_query(ns.DISCO_ITEMS, node, found), _ITEMS)
        inner = b"".join([await teller.items(owner, asker) for teller in self._router.account_disco])
        return stanza.result(_query(ns.DISCO_ITEMS, None, inner), _ITEMS)

    @on.event("domain-up")
    @on.event("domain-down")
    def domains_changed(self, _domain: str) -> None:
        """Render the items anew when next asked."""
        self._items = None

    def _host_node_info(self, asker: str, node: str) -> bytes | None:
        answers = (teller.info(asker, node) for teller in self._router.host_disco)
        return next((answer for answer in answers if answer is not None), None)

    def _host_node_items(self, stanza: Stanza, at: str, node: str) -> bytes | None:
        asker = address.bare(stanza.from_ or "")
        answers = (teller.items(asker, at, node) for teller in self._router.host_disco)
        return next((answer for answer in answers if answer is not None), None)

    async def _may_know(self, stanza: Stanza) -> bool:
        """Whether the asker may know that the account exists: it is theirs, or they see its presence."""
        account, asker = stanza.to or "", address.bare(stanza.from_ or "")
        if account == asker:
            return True
        item = (await self._contacts.load(account)).get(asker) if self._router.is_account(account) else None
        return item is not None and item.subscription in ("from", "both")

    def _refresh(self) -> None:
        features = self._router.features()
        if features == self._features and self._info:
            return
        category, type_, name = _IDENTITY
        self._features = features
        lines = [f"<feature var='{attribute(feature)}'/>".encode() for feature in sorted(features)]
        identity = f"<identity category='{category}' type='{type_}' name='{name}'/>".encode()
        self._info = b"".join([identity, *lines, *self._router.disco_forms])
        self._ver = string_of(parse_element(_query(ns.DISCO_INFO, None, self._info)))


def _node_of(stanza: Stanza) -> str | None:
    if b"node" not in stanza.inner:
        return None
    query = next(stanza.element.elements())
    node: str | None = query.getAttribute("node")
    return node


def _query(namespace: str, node: str | None, inner: bytes) -> bytes:
    mark = f" node='{attribute(node)}'" if node is not None else ""
    return f"<query xmlns='{namespace}'{mark}>".encode() + inner + b"</query>"


plugin = Module("disco", "XEP-0030 2.5.0, XEP-0115 1.6.0", Disco, (ns.DISCO_INFO, ns.DISCO_ITEMS, ns.CAPS))
