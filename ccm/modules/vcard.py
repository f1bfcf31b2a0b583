"""
XEP-0054 vcard-temp 1.3: what people tell of themselves, written by its owner and read by anybody.

Leaves out vCards of the server and of rooms, and any look inside: the picture is put into presences and into PEP by
:mod:`ccm.modules.avatars`.
"""

from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza, serialise

#: The name under which an account keeps it.
KEPT = "vcard"
_VCARD = ((ns.VCARD, "vCard"),)


class VCardOptions(Section):
    """How many bytes a vCard may have; a picture in it takes four thirds of its own."""

    max_bytes: Count = 131_072


class VCard:
    """Answers for accounts, whether they are signed in or not."""

    def __init__(self, router: Router, services: Services, options: VCardOptions) -> None:
        self._router = router
        self._kept = services.account_xml
        self._max_bytes = options.max_bytes

    @on.iq("get", ns.VCARD, "vCard", to=(Target.NONE, Target.ACCOUNT))
    async def get(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0054 §3.1 and §3.3."""
        owner = stanza.to or address.bare(stanza.from_ or "")
        if not self._router.is_account(owner):
            raise StanzaError("service-unavailable")  # RFC 6120 §8.5.1: nobody learns who exists
        found = await self._kept.get(owner, KEPT)
        if found is None:
            if owner != address.bare(stanza.from_ or ""):
                raise StanzaError("item-not-found", "There is no vCard.")
            found = f"<vCard xmlns='{ns.VCARD}'/>".encode()
        return stanza.result(found, _VCARD)

    @on.iq("set", ns.VCARD, "vCard", to=(Target.NONE, Target.ACCOUNT))
    async def set(self, stanza: Stanza, _origin: Any) -> Stanza:
        """XEP-0054 §3.2: replaces the whole; the answer comes once it is stored."""
        owner = address.bare(stanza.from_ or "")
        if stanza.to is not None and stanza.to != owner:
            raise StanzaError("forbidden", "A vCard is written by its owner only.")
        if not self._router.is_account(owner):
            raise StanzaError("not-allowed", "Guests have no vCard. Register to have one.")
        vcard = serialise(next(stanza.element.elements())).encode()
        if len(vcard) > self._max_bytes:
            raise StanzaError("not-acceptable", f"A vCard has at most {self._max_bytes} bytes. Use a smaller picture.")
        await self._kept.set(owner, {KEPT: vcard})
        await self._router.tell("vcard-changed", owner)
        return stanza.result()


plugin = Module("vcard", "XEP-0054 1.3", VCard, (ns.VCARD,), VCardOptions)
