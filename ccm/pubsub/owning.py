"""What owners ask for: nodes made, configured, emptied, deleted; affiliations, subscriptions (XEP-0060 1.26.0 §8)."""

import msgspec
from twisted.words.xish.domish import Element

from ccm import address
from ccm.errors import StanzaError
from ccm.pubsub import config as configuration
from ccm.pubsub import events
from ccm.pubsub.node import AFFILIATIONS, Affiliation
from ccm.pubsub.shelf import Shelf, asker, prepared, submitted
from ccm.wire import forms
from ccm.wire.stanza import Stanza, attribute


class Owning:
    """:param shelf: the nodes. Each request answers the content of ``<pubsub/>``, empty for a plain result."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._terms = shelf.terms
        self.sets = {
            "configure": self._configure,
            "delete": self._delete,
            "purge": self._purge,
            "affiliations": self._set_affiliations,
            "subscriptions": self._set_subscriptions,
        }
        self.gets = {
            "configure": self._configuration,
            "default": self.default,
            "affiliations": self._all_affiliations,
            "subscriptions": self._all_subscriptions,
        }

    async def create(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.1."""
        name = asked.getAttribute("node") or self._terms.new_id()
        values = submitted(stanza, "configure", configuration.NODE_CONFIG)
        config = self._shelf.configured(self._terms.defaults, values)
        if await self._shelf.items.get(service, name) is not None:
            raise StanzaError("conflict", "There is such a node already.")
        await self._shelf.make(service, name, asker(stanza), config)
        return b"" if asked.hasAttribute("node") else f"<create node='{attribute(name)}'/>".encode()

    async def _configuration(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.2.1."""
        node = await self._shelf.owned(stanza, service, asked)
        inner = configuration.form(node.config)
        return b"<configure node='%b'>%b</configure>" % (attribute(node.name).encode(), inner)

    async def default(self, _stanza: Stanza, _service: str, _asked: Element) -> bytes:
        """§8.3."""
        return b"<default>%b</default>" % configuration.form(self._terms.defaults)

    async def _configure(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.2.4: a smaller ``max_items`` lets the oldest go."""
        node = await self._shelf.owned(stanza, service, asked)
        submitted = forms.find(asked)
        if submitted is None:
            raise StanzaError("bad-request", "Send the form.")
        if submitted.getAttribute("type") == "cancel":
            return b""
        values = forms.read(submitted, configuration.NODE_CONFIG)
        config = self._shelf.configured(node.config, values)
        node = msgspec.structs.replace(node, config=config)
        await self._shelf.keep(node)
        await self._shelf.items.trim(service, node.name, config.max_items or self._terms.most_items)
        if config.notify_config:
            await self._terms.tell(node, events.configured(node), ())
        return b""

    async def _delete(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.4."""
        node = await self._shelf.owned(stanza, service, asked)
        await self._shelf.items.delete(service, node.name)
        if node.config.notify_delete:
            await self._terms.tell(node, events.deleted(node), ())
        return b""

    async def _purge(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.5."""
        node = await self._shelf.owned(stanza, service, asked)
        await self._shelf.items.trim(service, node.name, 0)
        if node.config.notify_retract:
            await self._terms.tell(node, events.purged(node), ())
        return b""

    async def _all_affiliations(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.9.1."""
        node = await self._shelf.owned(stanza, service, asked)
        known: dict[str, Affiliation] = {**({service: "owner"} if "@" in service else {}), **node.affiliations}
        lines = "".join(
            f"<affiliation jid='{attribute(jid)}' affiliation='{affiliation}'/>" for jid, affiliation in known.items()
        )
        return f"<affiliations node='{attribute(node.name)}'>{lines}</affiliations>".encode()

    async def _set_affiliations(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.9.2: all or none of what is asked."""
        node = await self._shelf.owned(stanza, service, asked)
        known = dict(node.affiliations)
        for child in asked.elements():
            jid, wanted = address.bare(prepared(child)), child.getAttribute("affiliation")
            given = next((affiliation for affiliation in AFFILIATIONS if affiliation == wanted), None)
            if given is None:
                raise StanzaError("bad-request", f"An affiliation is one of: {', '.join(AFFILIATIONS)}.")
            if jid == service:
                raise StanzaError("not-acceptable", "An account owns its nodes.")
            known.pop(jid, None)
            if given != "none":
                known[jid] = given
        if len(known) > max(self._terms.most_subscriptions, len(node.affiliations)):
            raise StanzaError("resource-constraint", "This node names too many people. Set some of them to none.")
        if "@" not in service and "owner" not in known.values():
            raise StanzaError("not-acceptable", "A node needs an owner. Name another one first.")
        left = {jid: state for jid, state in node.subscriptions.items() if known.get(address.bare(jid)) != "outcast"}
        await self._shelf.keep(msgspec.structs.replace(node, affiliations=known, subscriptions=left))
        return b""

    async def _all_subscriptions(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.8.1."""
        node = await self._shelf.owned(stanza, service, asked)
        lines = b"".join(events.subscription(node, jid, state) for jid, state in node.subscriptions.items())
        return b"<subscriptions node='%b'>%b</subscriptions>" % (attribute(node.name).encode(), lines)

    async def _set_subscriptions(self, stanza: Stanza, service: str, asked: Element) -> bytes:
        """§8.8.2, and letting in those who wait (§8.6); nobody of elsewhere is subscribed who has not asked."""
        node = await self._shelf.owned(stanza, service, asked)
        known = dict(node.subscriptions)
        for child in asked.elements():
            jid, state = prepared(child), child.getAttribute("subscription")
            if state == "none":
                known.pop(jid, None)
            elif state != "subscribed":
                raise StanzaError("bad-request", "A subscription is set to subscribed or none.")
            else:
                if jid not in node.subscriptions:
                    self._check_new(stanza, jid)
                known[jid] = "subscribed"
        self._shelf.check_room(node, known)
        await self._shelf.keep(msgspec.structs.replace(node, subscriptions=known))
        return b""

    def _check_new(self, stanza: Stanza, jid: str) -> None:
        bare = address.bare(jid)
        if bare != asker(stanza) and not self._terms.is_own(bare):
            raise StanzaError("not-acceptable", f"{jid} has not asked for it. People elsewhere subscribe themselves.")
