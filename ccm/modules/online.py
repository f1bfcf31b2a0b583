"""
Who is online where, written into the session state for other processes and for the operator.

One hash an account, ``online:<bare JID>``, one field a resource: JSON of node, priority, show, status and transport.
Nothing here is read back by this process, and nobody waits for a write.
"""

from typing import Any

import msgspec

from ccm import address
from ccm.config import Section
from ccm.modules.aside import aside
from ccm.router.hooks import on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services

PREFIX = "online:"


class OnlineOptions(Section):
    """The name of this process among several, and the seconds after which rows of an unclean end are void."""

    node: str = "main"
    expire_seconds: int = 7 * 86400


class Online:
    """Keeps the rows of this node."""

    def __init__(self, router: Router, services: Services, options: OnlineOptions) -> None:
        self._router = router
        self._state = services.state
        self._options = options
        aside(self._sweep(), "removing rows of an earlier run")

    @on.event("session-presence")
    def write(self, session: Any) -> None:
        """A presence is new or another."""
        bare, _, resource = session.jid.partition("/")
        presence = session.presence
        row = {
            "node": self._options.node,
            "priority": session.priority,
            "show": presence.child_text("show") or "",
            "status": presence.child_text("status") or "",
            "transport": session.transport,
        }
        write = self._state.hash_set(PREFIX + bare, resource, msgspec.json.encode(row), self._options.expire_seconds)
        aside(write, "writing who is online")

    @on.event("session-unavailable")
    def clear(self, session: Any, _stanza: Any) -> None:
        """It is no longer available; its stream may have ended."""
        bare, _, resource = session.jid.partition("/")
        aside(self._state.hash_delete(PREFIX + bare, resource), "clearing who is online")

    async def _sweep(self) -> None:
        for key in await self._state.keys(PREFIX):
            bare = key.removeprefix(PREFIX)
            rows = await self._state.hash_all(key)
            mine = [field for field, row in rows.items() if self._is_mine(row)]
            gone = [field for field in mine if not self._is_here(address.join(None, bare, field))]
            if gone:
                await self._state.hash_delete(key, *gone)

    def _is_here(self, jid: str) -> bool:
        session = self._router.session(jid)
        return session is not None and session.presence is not None

    def _is_mine(self, row: bytes) -> bool:
        try:
            return bool(msgspec.json.decode(row, type=dict[str, Any]).get("node") == self._options.node)
        except msgspec.DecodeError:
            return True


plugin = Module("online", "CCM", Online, (), OnlineOptions)
