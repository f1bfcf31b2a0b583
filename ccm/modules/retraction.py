"""
XEP-0424 Message Retraction 0.4 between two people: what somebody takes back leaves a tombstone in both archives (§5).

The retraction itself goes to the other side like any message. Looks through the latest messages of the two,
as far as two weeks back. Leaves
out rooms, which do it themselves, and what another server keeps.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.modules.aside import aside
from ccm.router.hooks import Order, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.retraction import tombstone
from ccm.wire.stamps import stamp
from ccm.wire.stanza import Stanza, attribute, parse_element

_ANYBODY = (Target.ACCOUNT, Target.SESSION, Target.OTHER)
_RETRACT = (ns.RETRACT, "retract")
_TYPES = (None, "chat", "normal")
_DAYS = 14
_PAGE = 100
_PAGES = 10


class Retraction:
    """Hears of retractions once they are kept."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._is_account = router.is_account
        self._personal = services.personal
        self._now = services.now

    @on.any("message", to=_ANYBODY, phase=Phase.FILTER, order=Order.COPY)
    def passed(self, stanza: Stanza, _origin: Any) -> None:
        """A message passes; most take nothing back."""
        if _RETRACT in stanza.children and stanza.attrs.get("type") in _TYPES:
            aside(self._bury(stanza), "burying what was retracted")

    async def _bury(self, stanza: Stanza) -> None:
        sender, recipient = address.bare(stanza.from_ or ""), address.bare(stanza.attrs["to"])
        id_ = next(stanza.element.elements(*_RETRACT)).getAttribute("id")
        owner, other = (sender, recipient) if self._is_account(sender) else (recipient, sender)
        if not id_ or not self._is_account(owner):
            return
        now = datetime.fromtimestamp(self._now(), UTC)
        start, mark, before = now - timedelta(days=_DAYS), attribute(id_).encode(), ""
        for _ in range(_PAGES):
            page = await self._personal.page(owner, with_=other, start=start, before=before, limit=_PAGE)
            for row in reversed(page.items):
                if row.sender != sender or mark not in row.stanza:  # parsing costs a hundred times as much
                    continue
                message = parse_element(row.stanza)
                if _is(message, id_) and _is_author(message, stanza):
                    old = Stanza.from_element(message)
                    await self._personal.bury(row.id, tombstone(old, stamp(now), stanza.id or ""))
                    return
            if page.complete or not page.items:
                return
            before = page.items[0].id


def _is(message: Element, id_: str) -> bool:
    """Whether it is the message that a retraction names (§3: by its id), and not one that takes something back."""
    return message.getAttribute("id") == id_ and next(message.elements(*_RETRACT), None) is None


def _is_author(message: Element, retraction: Stanza) -> bool:
    """Whether both are of one author, bare senders being equal: people in a room differ by their nicks alone."""
    private = retraction.has(ns.MUC_USER) or any(child.uri == ns.MUC_USER for child in message.elements())
    return not private or (message.getAttribute("from"), message.getAttribute("to")) == (
        retraction.from_, retraction.attrs["to"],
    )  # fmt: skip


plugin = Module("retraction", "XEP-0424 0.4", Retraction)
