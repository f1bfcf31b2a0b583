"""
The roster: RFC 6121 §2 (get, set, remove, push, versioning §2.6 by whole rosters).

A removed contact is unsubscribed both ways (§2.5.2). Leaves out partial pushes to a client that was away: it gets the
whole roster if its version is not the current one.
"""

from dataclasses import replace
from typing import Any

from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.modules.presence_out import part
from ccm.modules.roster_push import QUERY, RosterPush, rendered_all, version
from ccm.records import RosterItem
from ccm.router.contacts import Items
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

OWN = (Target.NONE, Target.ACCOUNT)


class RosterOptions(Section):
    """How much an account may keep: contacts, groups per contact, and bytes of a name or group."""

    max_contacts: CountOr0 = 1000
    max_groups: CountOr0 = 50
    max_name_bytes: Count = 1023


class Roster:
    """Answers an account's own clients."""

    def __init__(self, router: Router, services: Services, options: RosterOptions) -> None:
        self._router = router
        self._contacts = services.contacts
        self._options = options
        self._pushes = RosterPush(router)
        router.add_stream_feature(lambda: b"<ver xmlns='urn:xmpp:features:rosterver'/>")

    @on.iq("get", ns.ROSTER, "query", to=OWN)
    async def get(self, stanza: Stanza, _origin: Any) -> Stanza:
        """RFC 6121 §2.1.3; whoever asks is interested in pushes from then on."""
        bare = _owner(stanza)
        items = await self._contacts.load(bare)
        session = self._router.session(stanza.from_ or "")
        if session is not None:
            session.state["roster"] = True
        known = next(stanza.element.elements()).getAttribute("ver")
        if known is None:
            return stanza.result(f"<query xmlns='{ns.ROSTER}'>{rendered_all(items)}</query>".encode(), QUERY)
        current = version(items)
        if known == current:
            return stanza.result()
        inner = f"<query xmlns='{ns.ROSTER}' ver='{current}'>{rendered_all(items)}</query>"
        return stanza.result(inner.encode(), QUERY)

    @on.iq("set", ns.ROSTER, "query", to=OWN)
    async def set(self, stanza: Stanza, _origin: Any) -> Stanza:
        """RFC 6121 §2.3 to §2.5; the answer comes once it is stored."""
        bare = _owner(stanza)
        if not self._router.is_account(bare):
            raise StanzaError("not-allowed", "Guests keep no contacts. Register to have some.")
        asked = [child for child in next(stanza.element.elements()).elements() if child.name == "item"]
        if len(asked) != 1:
            raise StanzaError("bad-request", "A roster set has exactly one item (RFC 6121 §2.3.3).")
        jid = asked[0].getAttribute("jid")
        if not jid:
            raise StanzaError("bad-request", "The item needs a jid.")
        contact = address.bare(address.prepare(jid))
        items = await self._contacts.load(bare)
        old = items.get(contact)
        if asked[0].getAttribute("subscription") == "remove":
            if old is None or old.hidden:
                raise StanzaError("item-not-found", f"{contact} is not in your roster.")
            stored = self._contacts.change(bare, contact, None)
            self._pushes.push(bare, items, contact)
            part(self._router, bare, old)
        else:
            stored = self._contacts.change(bare, contact, self._asked(items, old, contact, asked[0]))
            self._pushes.push(bare, items, contact)
        await stored
        return stanza.result()

    @on.event("account-deleted")
    def forget(self, jid: str) -> None:
        """Nothing of an account that is gone stays in memory."""
        self._contacts.forget(jid)

    def _asked(self, items: Items, old: RosterItem | None, contact: str, element: Element) -> RosterItem:
        name = element.getAttribute("name") or ""
        groups = tuple(str(child) for child in element.elements() if child.name == "group")
        options = self._options
        if len(name.encode()) > options.max_name_bytes:
            raise StanzaError("not-acceptable", "That name is too long.")  # §2.3.3
        if len(set(groups)) != len(groups):
            raise StanzaError("bad-request", "A group is named twice.")  # §2.3.3
        if any(not 0 < len(group.encode()) <= options.max_name_bytes for group in groups):
            raise StanzaError("not-acceptable", "A group's name is empty or too long.")  # §2.3.3
        if len(groups) > options.max_groups:
            raise StanzaError("not-acceptable", f"A contact may be in {options.max_groups} groups.")
        if old is None and len(items) >= options.max_contacts:
            raise StanzaError("policy-violation", f"A roster holds {options.max_contacts} contacts. Remove one first.")
        return replace(old or RosterItem(contact), name=name, groups=groups, hidden=False)


def _owner(stanza: Stanza) -> str:
    bare = address.bare(stanza.from_ or "")
    if stanza.to is not None and stanza.to != bare:
        raise StanzaError("forbidden", "A roster is read and changed by its owner only.")  # §2.1.5
    return bare


plugin = Module("roster", "RFC 6121 §2", Roster, (ns.ROSTER,), RosterOptions)
