"""
When accounts last signed in: kept for administrators (XEP-0133 §4.9), with the account, and gone with it.

Written together a minute later, since everybody may come at once after a start, and when the server stops in order; of
a crash the last minute is lost. Leaves out XEP-0012, which tells it to contacts.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ccm import address
from ccm.interfaces import IAccountXML
from ccm.modules.aside import aside
from ccm.router.hooks import on
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import parse_element

_KEPT = "last-login"
_NAMESPACE = "urn:ccm:admin:0"
_SECONDS = 60.0
_AT_ONCE = 500  # written in one commit, which others wait for


class LastLogins:
    """Notes every session of an account that is bound; one that is resumed has signed in before."""

    def __init__(self, router: Router, services: Services) -> None:
        self._is_account: Callable[[str], bool] = router.is_account
        self._store: IAccountXML = services.account_xml
        self._now = services.now
        self._later = services.later
        self._recent: dict[str, float] = {}  # bare JID -> when; what is not written yet
        self._waits = False

    @on.event("session-bound")
    def note(self, session: Any) -> None:
        """Somebody signed in."""
        bare = address.bare(session.jid)
        if session.resumed or not self._is_account(bare):
            return
        self._recent[bare] = self._now()
        self._write_later()

    async def of(self, bare: str) -> str | None:
        """The time (XEP-0082), ``None`` for an account that never signed in since this is noted."""
        at = self._recent.get(bare)
        if at is not None:
            return _stamp(at)
        xml = await self._store.get(bare, _KEPT)
        return parse_element(xml).getAttribute("at") if xml is not None else None

    @on.event("account-deleted")
    def forget(self, bare: str) -> None:
        """Who has that name next is somebody else."""
        self._recent.pop(bare, None)

    @on.event("server-stops")
    async def finish(self) -> None:
        """What is not written yet is written now. :raises StoreUnavailable: as any write."""
        await self._write()

    def _write_later(self) -> None:
        if self._recent and not self._waits:
            self._waits = True
            self._later(_SECONDS, self._due)

    def _due(self) -> None:
        self._waits = False
        aside(self._write(), "noting logins", failed=self._write_later)

    async def _write(self) -> None:
        """Of whom the store does not take it, it is written the next time."""
        recent, self._recent = self._recent, {}
        left = [bare for bare in recent if self._is_account(bare)]
        try:
            while left:
                pieces = {bare: _rendered(recent[bare]) for bare in left[:_AT_ONCE]}
                await self._store.set_each(_KEPT, pieces)
                left = left[_AT_ONCE:]
        finally:
            self._recent = {bare: recent[bare] for bare in left if self._is_account(bare)} | self._recent


def _rendered(at: float) -> bytes:
    return f"<login xmlns='{_NAMESPACE}' at='{_stamp(at)}'/>".encode()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
