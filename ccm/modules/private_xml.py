"""
XEP-0049 Private XML Storage 1.2: XML of any kind that an account keeps for its clients, by name and namespace.

Old clients keep their bookmarks so (XEP-0048 §3). Leaves out telling other clients of changes: that is PEP's.
"""

from typing import Any

from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, attribute, serialise

OWN = (Target.NONE, Target.ACCOUNT)
_QUERY = ((ns.PRIVATE, "query"),)


class PrivateXMLOptions(Section):
    """How many bytes an account may keep at the server in all: private XML, vCard and block list."""

    max_bytes: Count = 262_144


class PrivateXML:
    """Answers an account's own clients."""

    def __init__(self, router: Router, services: Services, options: PrivateXMLOptions) -> None:
        self._router = router
        self._kept = services.account_xml
        self._max_bytes = options.max_bytes

    @on.iq("get", ns.PRIVATE, "query", to=OWN)
    async def get(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0049 §2.2: the element that was stored, or the empty one that was asked with."""
        owner = self._owner(stanza)
        asked = _children(stanza)
        if len(asked) != 1:
            raise StanzaError("bad-request", "Ask for exactly one element, by its name and namespace.")
        found = await self._kept.get(owner, _name(asked[0]))
        inner = found or f"<{asked[0].name} xmlns='{attribute(asked[0].uri)}'/>".encode()
        return stanza.result(b"<query xmlns='%b'>%b</query>" % (ns.PRIVATE.encode(), inner), _QUERY)

    @on.iq("set", ns.PRIVATE, "query", to=OWN)
    async def set(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0049 §2.1: one or more elements; the answer comes once they are stored."""
        owner = self._owner(stanza)
        given = _children(stanza)
        if not given:
            raise StanzaError("bad-request", "There is nothing to store.")
        pieces: dict[str, bytes | None] = {_name(child): serialise(child).encode() for child in given}
        more = sum(len(piece or b"") for piece in pieces.values())
        if await self._kept.size(owner) + more > self._max_bytes:
            raise StanzaError("resource-constraint", f"An account keeps {self._max_bytes} bytes. Remove something.")
        await self._kept.set(owner, pieces)
        return stanza.result()

    def _owner(self, stanza: Stanza) -> str:
        owner = address.bare(stanza.from_ or "")
        if stanza.to is not None and stanza.to != owner:
            raise StanzaError("forbidden", "Private XML is read and written by its owner only.")
        if not self._router.is_account(owner):
            raise StanzaError("not-allowed", "Guests keep nothing here. Register to do so.")
        return owner


def _children(stanza: Stanza) -> list[Element]:
    found = list(next(stanza.element.elements()).elements())
    if any(child.uri in (None, "", ns.CLIENT, ns.PRIVATE) for child in found):
        raise StanzaError("not-acceptable", "Each element needs a namespace of its own (XEP-0049 §2.3).")
    return found


def _name(element: Element) -> str:
    return f"private:{{{element.uri}}}{element.name}"


plugin = Module("private_xml", "XEP-0049 1.2", PrivateXML, (ns.PRIVATE,), PrivateXMLOptions)
