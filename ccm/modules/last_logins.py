"""
When accounts last signed in: kept for administrators (XEP-0133 §4.9), with the account, and gone with it.

One small write an account and minute at most. Leaves out XEP-0012, which tells it to contacts.
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


class LastLogins:
    """Notes every session of an account that is bound; one that is resumed has signed in before."""

    def __init__(self, router: Router, services: Services) -> None:
        self._is_account: Callable[[str], bool] = router.is_account
        self._store: IAccountXML = services.account_xml
        self._now = services.now
        self._later = services.later
        #: bare JID -> when it signed in, for as long as nothing more of it is written
        self._recent: dict[str, float] = {}

    @on.event("session-bound")
    def note(self, session: Any) -> None:
        """Somebody signed in."""
        bare = address.bare(session.jid)
        if session.resumed or not self._is_account(bare):
            return
        known, now = bare in self._recent, self._now()
        self._recent[bare] = now
        if not known:
            self._write(bare, now)
            self._later(_SECONDS, lambda: self._again(bare, now))

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

    def _again(self, bare: str, written: float) -> None:
        """A minute later: write what came meanwhile."""
        at = self._recent.pop(bare, None)
        if at is not None and at > written:
            self._write(bare, at)

    def _write(self, bare: str, at: float) -> None:
        xml = f"<login xmlns='{_NAMESPACE}' at='{_stamp(at)}'/>".encode()
        aside(self._store.set(bare, {_KEPT: xml}), "noting a login")


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
