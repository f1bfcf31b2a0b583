"""
XEP-0398 User Avatar to vCard-Based Avatars Conversion 1.0.0: one picture, wherever a client puts it.

A picture published to PEP (XEP-0084 1.1.4) is put into the vCard where anybody may see it, one in a vCard (XEP-0153
1.1.1) is published; its hash stands in every presence of the account, also in those to rooms. The hashes of all
accounts are in memory, 40 bytes each. Leaves out pictures that lie elsewhere (``url`` in the metadata).
"""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha1
from typing import Any

import msgspec
from twisted.words.xish import domish
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm import records as r
from ccm.interfaces import IAccountDisco
from ccm.modules import own_nodes
from ccm.modules.aside import until_done
from ccm.modules.vcard import KEPT
from ccm.pubsub.node import Node
from ccm.router.hooks import Instead, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute, parse_element, serialise

DATA = "urn:xmpp:avatar:data"
METADATA = "urn:xmpp:avatar:metadata"
UPDATE = "vcard-temp:x:update"
_HASH = "avatar"
_X = (UPDATE, "x")


@implementer(IAccountDisco)
class Avatars:
    """Listens to both places, and writes to the other one as the account itself would."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._kept = services.account_xml
        self._nodes = services.pubsub_nodes
        #: bare JID -> SHA-1 of its picture in hexadecimal digits
        self._hashes: dict[str, str] = {}
        router.add_account_disco(self)
        until_done(self._read, "reading the hashes of pictures", services.later)

    async def _read(self) -> None:
        for owner, found in (await self._kept.all(_HASH)).items():
            self._hashes.setdefault(owner, found.decode())

    # ---- service discovery (§2)

    def features(self) -> tuple[str, ...]:
        """What accounts offer."""
        return ("urn:xmpp:pep-vcard-conversion:0",)

    def identities(self) -> tuple[str, ...]:
        """None of its own."""
        return ()

    async def items(self, _owner: str, _asker: str) -> bytes:
        """None of its own."""
        return b""

    async def info(self, _owner: str, _asker: str, _name: str) -> None:
        """None of its own."""

    # ---- presence (§4)

    @on.any("presence", to=(Target.NONE, Target.OTHER, Target.ACCOUNT, Target.SESSION), phase=Phase.FILTER)
    def stamp(self, stanza: Stanza, origin: Any) -> Instead | None:
        """Put the hash into an available presence, unless its client says that it has no opinion yet."""
        if not self._hashes or stanza.type is not None or not self._router.is_client(origin):
            return None
        found = self._hashes.get(address.bare(stanza.from_ or ""))
        if found is None:
            return None
        update = f"<x xmlns='{UPDATE}'><photo>{found}</photo></x>".encode()
        if _X not in stanza.children:
            return Instead(stanza.with_child(*_X, update))
        own = next(stanza.element.elements(*_X))
        photo = next(own.elements(UPDATE, "photo"), None)
        if photo is not None and str(photo) in ("", found):
            return None
        return Instead(_without(stanza).with_child(*_X, update))

    # ---- from the vCard to PEP (§3.2)

    @on.event("vcard-changed")
    async def vcard(self, jid: str) -> None:
        """Publish its picture, if it is another one."""
        kept = await self._kept.get(jid, KEPT)
        photo = _photo(parse_element(kept)) if kept else None
        if photo is None:
            await self._keep(jid, None)
            return
        picture, type_ = photo
        found = sha1(picture).hexdigest()
        if self._hashes.get(jid) == found:
            return
        await self._keep(jid, found)
        data = f"<data xmlns='{DATA}'>{b64encode(picture).decode()}</data>"
        told = f"bytes='{len(picture)}' id='{found}' type='{attribute(type_)}'"
        await self._publish(jid, DATA, found, data)
        await self._publish(jid, METADATA, found, f"<metadata xmlns='{METADATA}'><info {told}/></metadata>")

    async def _publish(self, jid: str, node: str, id_: str, payload: str) -> None:
        item = f"<publish node='{node}'><item id='{id_}'>{payload}</item></publish>"
        await own_nodes.changed(self._router, jid, item)

    # ---- from PEP to the vCard (§3.1)

    @on.event("item-published")
    async def published(self, account: str, node: str, item: r.PubSubItem) -> None:
        """New metadata: the picture they name goes into the vCard, if everybody may see it (§7)."""
        if node == METADATA:
            await self._from_pep(account, item.xml)

    async def _from_pep(self, jid: str, metadata: bytes) -> None:
        infos = [
            info for info in parse_element(metadata).elements() if info.name == "info" and not info.hasAttribute("url")
        ]
        found = infos[0].getAttribute("id") if infos else None
        if found == self._hashes.get(jid):
            return
        data = await self._nodes.get(jid, DATA)
        if found is not None and (data is None or _node(data).config.access_model != "open"):
            return  # one that is taken back is taken back everywhere
        kept = await self._kept.get(jid, KEPT)
        vcard = parse_element(kept) if kept else domish.Element((ns.VCARD, "vCard"))
        for photo in list(vcard.elements(ns.VCARD, "PHOTO")):
            vcard.children.remove(photo)
        if found is not None:
            items = await self._nodes.items(jid, DATA, ids=(found,))
            picture = _decoded(str(parse_element(items[0].xml))) if items and items[0].xml else None
            if picture is None or sha1(picture).hexdigest() != found:
                return  # not what it says it is (§3.1)
            photo = vcard.addElement((ns.VCARD, "PHOTO"))
            photo.addElement("TYPE", content=infos[0].getAttribute("type") or "image/png")
            photo.addElement("BINVAL", content=b64encode(picture).decode())
        await self._kept.set(jid, {KEPT: serialise(vcard).encode()})
        await self._keep(jid, found)

    async def _keep(self, jid: str, found: str | None) -> None:
        if found is None:
            self._hashes.pop(jid, None)
        else:
            self._hashes[jid] = found
        await self._kept.set(jid, {_HASH: found.encode() if found else None})

    @on.event("account-deleted")
    def forget(self, jid: str) -> None:
        """The hash goes with the account."""
        self._hashes.pop(jid, None)


_node = msgspec.json.Decoder(Node).decode


def _photo(vcard: domish.Element) -> tuple[bytes, str] | None:
    for photo in vcard.elements(ns.VCARD, "PHOTO"):
        for binval in photo.elements(ns.VCARD, "BINVAL"):
            picture = _decoded(str(binval))
            if picture:
                type_ = next(photo.elements(ns.VCARD, "TYPE"), None)
                return picture, str(type_ or "image/png")
    return None


def _decoded(text: str) -> bytes | None:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _without(stanza: Stanza) -> Stanza:
    """The stanza without its element about pictures."""
    element = parse_element(stanza.to_bytes(declared=True))
    for child in list(element.elements(*_X)):
        element.children.remove(child)
    return Stanza.from_element(element)


plugin = Module("avatars", "XEP-0398 1.0.0, XEP-0084 1.1.4, XEP-0153 1.1.1", Avatars)
