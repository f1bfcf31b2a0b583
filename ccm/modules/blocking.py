"""
XEP-0191 Blocking Command 1.3: nothing passes between an account and the addresses on its list.

The lists of all accounts are in memory, since every stanza is held against them; an account without one costs a
dictionary lookup. Whoever blocks a room leaves it; blocking an occupant's address keeps their private messages off,
while what a room spreads among its occupants comes from the room. Leaves out privacy lists (XEP-0016) and reports of
spam (XEP-0377).
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import CountOr0
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.modules.presence_out import leave, show, withdraw
from ccm.modules.remembered import Remembered, unknown
from ccm.modules.subscription_states import SEEN_BY
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute, parse_element

OWN = (Target.NONE, Target.ACCOUNT)
_EVERYWHERE = (Target.ACCOUNT, Target.SESSION, Target.OTHER)
_KEPT = "blocking"
_ERRORS = "urn:xmpp:blocking:errors"


class BlockingOptions(Section):
    """How many addresses an account may block."""

    max_addresses: CountOr0 = 1000


class Blocking:
    """Keeps the lists, and stands between."""

    def __init__(self, router: Router, services: Services, options: BlockingOptions) -> None:
        self._router = router
        self._services = services
        self._max = options.max_addresses
        self._ids = count(1)
        #: what an account blocks, in the order in which that was asked for
        self._remembered = Remembered[dict[str, None]](router.hosts, services.later)
        self._lists = self._remembered.of
        router.add_wall(self._apart)
        self._remembered.load(self._kept, self._take, "reading block lists")

    async def _kept(self) -> Iterable[tuple[str, bytes]]:
        return (await self._services.account_xml.all(_KEPT)).items()

    def _take(self, owner: str, xml: bytes) -> None:
        self._remembered.keep(owner, dict.fromkeys(_jids(parse_element(xml))))

    # ---- requests

    @on.iq("get", ns.BLOCKING, "blocklist", to=OWN)
    async def get(self, stanza: Stanza, origin: Any) -> Stanza:
        """XEP-0191 §3.2; whoever asks hears of changes from then on."""
        owner = self._owner(stanza)
        async with self._remembered.turn(owner):
            pass
        if self._router.is_client(origin):
            origin.state["blocking"] = True
        return stanza.result(_rendered("blocklist", self._lists.get(owner, {})), ((ns.BLOCKING, "blocklist"),))

    @on.iq("set", ns.BLOCKING, "block", to=OWN)
    async def block(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0191 §3.3; the answer comes once it is stored, it holds at once."""
        owner = self._owner(stanza)
        asked = [address.prepare(jid) for jid in _jids(next(stanza.element.elements()))]
        if not asked:
            raise StanzaError("bad-request", "Name at least one address to block.")
        if owner in asked:
            raise StanzaError("not-allowed", "You cannot block yourself.")
        async with self._remembered.turn(owner):
            await self._block(owner, asked)
        self._push(owner, "block", asked)
        return stanza.result()

    async def _block(self, owner: str, asked: list[str]) -> None:
        listed = self._lists.get(owner, {})
        fresh = [jid for jid in dict.fromkeys(asked) if jid not in listed]
        if len(listed) + len(fresh) > self._max:
            raise StanzaError("resource-constraint", f"You may block {self._max} addresses. Unblock one first.")
        for jid in await self._watchers(owner, fresh):
            withdraw(self._router, owner, jid)
        blocked = dict.fromkeys(fresh)
        for session in self._router.sessions_of(owner):
            for to in [to for to in session.state.get("directed", ()) if _covers(blocked, to)]:
                leave(self._router, session, to)
        self._lists[owner] = listed | dict.fromkeys(fresh)
        await self._save(owner)

    @on.iq("set", ns.BLOCKING, "unblock", to=OWN)
    async def unblock(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0191 §3.4 and §3.5: those named, or all."""
        owner = self._owner(stanza)
        asked = [address.prepare(jid) for jid in _jids(next(stanza.element.elements()))]
        async with self._remembered.turn(owner):
            gone = await self._unblock(owner, asked)
        self._push(owner, "unblock", asked)
        for jid in await self._watchers(owner, gone):
            show(self._router, owner, jid)
        return stanza.result()

    async def _unblock(self, owner: str, asked: list[str]) -> list[str]:
        listed = self._lists.get(owner, {})
        gone = [jid for jid in listed if jid in asked or not asked]
        left = {jid: None for jid in listed if jid not in gone}
        self._remembered.keep(owner, left)
        await self._save(owner)
        return gone

    @on.event("account-deleted")
    def forget(self, jid: str) -> None:
        """An account's list goes with it."""
        self._remembered.forget(jid)

    # ---- standing between

    @on.any("message", to=_EVERYWHERE, phase=Phase.FILTER)
    @on.any("presence", to=_EVERYWHERE, phase=Phase.FILTER)
    @on.any("iq", to=_EVERYWHERE, phase=Phase.FILTER)
    def between(self, stanza: Stanza, origin: Any) -> Any:
        """XEP-0191 §3.3: what comes in is as if nobody were there, what goes out is refused."""
        if not self._lists and self._remembered.complete:
            return None
        from_, to = stanza.from_, stanza.attrs["to"]
        if not from_ or address.bare(from_) == address.bare(to) or (origin is None and stanza.type == "error"):
            return None  # of a refusal they hear
        if self._is_unknown(address.bare(to)) or self._is_unknown(address.bare(from_)):
            if stanza.kind == "presence" or stanza.type in ("result", "error"):
                return HANDLED
            raise unknown()
        if self._blocks(address.bare(to), from_):
            if stanza.kind == "presence" or stanza.type in ("result", "error"):
                return HANDLED
            raise StanzaError("service-unavailable")
        if self._blocks(address.bare(from_), to):
            if not self._router.is_client(origin):
                return HANDLED  # a presence that goes to everybody
            raise StanzaError(
                "not-acceptable",
                f"You have blocked {to}. Unblock it to write to it.",
                extra=f"<blocked xmlns='{_ERRORS}'/>".encode(),
            )
        return None

    def _apart(self, one: str, other: str) -> bool:
        if self._is_unknown(one) or self._is_unknown(other):
            return True
        return bool(self._lists) and (self._blocks(one, other) or self._blocks(other, one))

    def _is_unknown(self, bare: str) -> bool:
        """Whether they have an account here, and nobody knows whom they block: it may be anybody."""
        return not self._remembered.knows(bare) and self._router.is_account(bare)

    def _blocks(self, owner: str, other: str) -> bool:
        listed = self._lists.get(owner)
        return listed is not None and _covers(listed, other)

    # ---- inside

    def _owner(self, stanza: Stanza) -> str:
        owner = address.bare(stanza.from_ or "")
        if stanza.to is not None and stanza.to != owner:
            raise StanzaError("forbidden", "A block list is read and changed by its owner only.")
        if not self._router.is_account(owner):
            raise StanzaError("not-allowed", "Guests keep no block list. Register to have one.")
        return owner

    async def _watchers(self, owner: str, jids: list[str]) -> list[str]:
        """The contacts among those that may see the account's presence."""
        contacts = await self._services.contacts.load(owner)
        return [
            contact
            for contact, item in contacts.items()
            if item.subscription in SEEN_BY and (contact in jids or address.domain(contact) in jids)
        ]

    async def _save(self, owner: str) -> None:
        listed = self._lists.get(owner)
        await self._services.account_xml.set(owner, {_KEPT: _rendered("blocklist", listed) if listed else None})

    def _push(self, owner: str, name: str, jids: list[str]) -> None:
        inner = _rendered(name, jids)
        id_ = f"block{next(self._ids)}"
        for session in self._router.sessions_of(owner):
            if session.state.get("blocking"):
                attrs = {"type": "set", "id": id_, "to": session.jid}
                session.deliver(Stanza("iq", attrs, inner, ((ns.BLOCKING, name),)))


def _covers(listed: Mapping[str, None], jid: str) -> bool:
    """Whether an address is on a list: whole, bare, by its domain, or as a resource of its domain (§3.3)."""
    bare, domain = address.bare(jid), address.domain(jid)
    _, slash, resource = jid.partition("/")
    return jid in listed or bare in listed or domain in listed or f"{domain}{slash}{resource}" in listed


def _jids(element: Any) -> list[str]:
    return [str(item["jid"]) for item in element.elements() if item.name == "item" and item.hasAttribute("jid")]


def _rendered(name: str, jids: Any) -> bytes:
    items = "".join(f"<item jid='{attribute(jid)}'/>" for jid in jids)
    return f"<{name} xmlns='{ns.BLOCKING}'>{items}</{name}>".encode()


plugin = Module("blocking", "XEP-0191 1.3", Blocking, (ns.BLOCKING,), BlockingOptions)
