"""
XEP-0402 PEP Native Bookmarks 1.2.0, the part of a server: bookmarks in private XML (XEP-0048 1.2 §3) are the same ones.

Old clients read and write ``storage:bookmarks`` by XEP-0049; each room in it is an item of the account's node
``urn:xmpp:bookmarks:1``, so that new clients hear of it. Addresses of web pages stay in private XML. Leaves out
bookmarks in a node ``storage:bookmarks``.
"""

from collections.abc import Iterable
from typing import Any

from twisted.words.xish import domish
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IAccountDisco
from ccm.modules import own_nodes
from ccm.pubsub.config import PUBLISH_OPTIONS
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import forms
from ccm.wire.stanza import Stanza, attribute, parse_element, serialise

NODE = "urn:xmpp:bookmarks:1"
OLD = "storage:bookmarks"
OWN = (Target.NONE, Target.ACCOUNT)
_URLS = "bookmarks:urls"
_OPTIONS = forms.form(
    "submit",
    PUBLISH_OPTIONS,
    [
        forms.field("pubsub#persist_items", ["true"]),
        forms.field("pubsub#max_items", ["max"]),
        forms.field("pubsub#send_last_published_item", ["never"]),
        forms.field("pubsub#access_model", ["whitelist"]),
    ],
).decode()


@implementer(IAccountDisco)
class Bookmarks:
    """Takes requests about ``storage:bookmarks`` before private XML does."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._kept = services.account_xml
        self._nodes = services.pubsub_nodes
        router.add_account_disco(self)

    def features(self) -> Iterable[str]:
        """What accounts offer (§5)."""
        return (f"{NODE}#compat",)

    def identities(self) -> Iterable[str]:
        """None of its own."""
        return ()

    async def items(self, _owner: str, _asker: str) -> bytes:
        """None of its own."""
        return b""

    async def info(self, _owner: str, _asker: str, _name: str) -> None:
        """None of its own."""

    @on.iq("get", ns.PRIVATE, "query", to=OWN)
    def get(self, stanza: Stanza, _origin: Any) -> Any:
        """All of them, as an old client knows them."""
        return self._listed(stanza) if self._is_mine(stanza) else None

    @on.iq("set", ns.PRIVATE, "query", to=OWN)
    def set(self, stanza: Stanza, _origin: Any) -> Any:
        """What is new or another is published, what is missing is taken back."""
        return self._changed(stanza) if self._is_mine(stanza) else None

    # ---- inside

    def _is_mine(self, stanza: Stanza) -> bool:
        if OLD.encode() not in stanza.inner:
            return False
        owner = address.bare(stanza.from_ or "")
        if stanza.to not in (None, owner) or not self._router.is_account(owner):
            return False
        return any(child.uri == OLD for child in next(stanza.element.elements()).elements())

    async def _listed(self, stanza: Stanza) -> Stanza:
        owner = address.bare(stanza.from_ or "")
        rooms = "".join(map(_old, await self._nodes.items(owner, NODE)))
        urls = (await self._kept.get(owner, _URLS) or b"").decode()
        inner = f"<query xmlns='{ns.PRIVATE}'><storage xmlns='{OLD}'>{rooms}{urls}</storage></query>"
        return stanza.result(inner.encode(), ((ns.PRIVATE, "query"),))

    async def _changed(self, stanza: Stanza) -> Stanza:
        owner = address.bare(stanza.from_ or "")
        asked = list(next(stanza.element.elements()).elements())
        storage = next(child for child in asked if child.uri == OLD)
        wanted = {_room(child): _new(child) for child in storage.elements() if child.name == "conference"}
        known = {item.id: item.xml.decode() for item in await self._nodes.items(owner, NODE)}
        for room, conference in wanted.items():
            if room not in known or _told(known[room]) != _told(conference):
                item = f"<item id='{attribute(room)}'>{conference}</item>"
                options = f"<publish-options>{_OPTIONS}</publish-options>"
                await self._ask(owner, f"<publish node='{NODE}'>{item}</publish>{options}")
        for room in known.keys() - wanted.keys():
            await self._ask(owner, f"<retract node='{NODE}' notify='true'><item id='{attribute(room)}'/></retract>")
        urls = "".join(serialise(child) for child in storage.elements() if child.name == "url")
        await self._kept.set(owner, {_URLS: urls.encode() or None})
        others = "".join(serialise(child) for child in asked if child is not storage)
        if others:  # for private XML, which answers
            query = f"<query xmlns='{ns.PRIVATE}'>{others}</query>"
            return Stanza("iq", dict(stanza.attrs), query.encode(), stanza.children)
        return stanza.result()

    async def _ask(self, owner: str, inner: str) -> None:
        """As the account itself would. :raises StanzaError: what it is answered."""
        if (await own_nodes.changed(self._router, owner, inner)).type == "error":
            raise StanzaError("not-acceptable", "The account's bookmarks are configured otherwise than they must be.")


def _room(conference: domish.Element) -> str:
    jid = conference.getAttribute("jid")
    if not jid:
        raise StanzaError("bad-request", "Each bookmark of a room needs its jid.")
    return address.bare(address.prepare(jid))


def _new(conference: domish.Element) -> str:
    """A room as new clients write it (XEP-0402 §2)."""
    made = domish.Element((NODE, "conference"))
    for name in ("name", "autojoin"):
        if conference.hasAttribute(name):
            made[name] = conference[name]
    for child in conference.elements(OLD):
        if child.name in ("nick", "password"):
            made.addElement(child.name, content=str(child))
    return serialise(made)


def _told(conference: str) -> tuple[str, ...]:
    """What an old client knows of a bookmark."""
    element = parse_element(conference.encode())
    children = {child.name: str(child) for child in element.elements()}
    autojoin = str(element.getAttribute("autojoin") in ("1", "true"))
    return element.getAttribute("name") or "", autojoin, children.get("nick", ""), children.get("password", "")


def _old(item: r.PubSubItem) -> str:
    """A room as old clients read it (XEP-0048 §2.1)."""
    name, autojoin, nick, password = _told(item.xml.decode())
    inner = "".join(forms.tag(tag, value).decode() for tag, value in (("nick", nick), ("password", password)) if value)
    mark = f" name='{attribute(name)}'" if name else ""
    return f"<conference jid='{attribute(item.id)}'{mark} autojoin='{autojoin.lower()}'>{inner}</conference>"


plugin = Module("bookmarks", "XEP-0402 1.2.0, XEP-0048 1.2", Bookmarks)
