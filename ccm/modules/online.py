"""
Who is online where, written into the session state for other processes and for the operator.

One hash an account, ``online:<bare JID>``, one field a resource: JSON of node, priority, show, status and transport.
Nobody waits for a write. What an earlier run left is removed at start; those of its sessions that have not come back
after a while are said to be unavailable (RFC 6121 §4.5.2), since nobody else does.
"""

from typing import Any

import msgspec

from ccm import address
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.modules.aside import aside
from ccm.router.hooks import on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stanza import Stanza

PREFIX = "online:"


class OnlineOptions(Section):
    """
    The name of this process among several; the seconds after which rows of an unclean end are void, and those that
    sessions of an earlier run have to be restored.
    """

    node: str = "main"
    expire_seconds: Count = 7 * 86400
    restore_seconds: CountOr0 = 10


class Online:
    """Keeps the rows of this node."""

    def __init__(self, router: Router, services: Services, options: OnlineOptions) -> None:
        self._router = router
        self._state = services.state
        self._later = services.later
        self._options = options
        aside(self._sweep(), "removing rows of an earlier run", again=True)

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
        gone: list[str] = []
        for key in await self._state.keys(PREFIX):
            rows = await self._state.hash_all(key)
            bare = key.removeprefix(PREFIX)
            if address.domain(bare) not in self._router.hosts:
                continue  # of another domain of this server
            mine = [resource for resource, row in rows.items() if self._is_mine(row)]
            left = [resource for resource in mine if not self._is_here(address.join(None, bare, resource))]
            if left:
                await self._state.hash_delete(key, *left)
                gone += [address.join(None, bare, resource) for resource in left]
        if gone:
            self._later(self._options.restore_seconds, lambda: self._say_gone(gone))

    def _say_gone(self, jids: list[str]) -> None:
        for jid in jids:
            if not self._is_here(jid):
                self._router.route(Stanza("presence", {"type": "unavailable", "from": jid}))

    def _is_here(self, jid: str) -> bool:
        session = self._router.session(jid)
        return session is not None and session.presence is not None

    def _is_mine(self, row: bytes) -> bool:
        try:
            return bool(msgspec.json.decode(row, type=dict[str, Any]).get("node") == self._options.node)
        except msgspec.DecodeError:
            return True


plugin = Module("online", "CCM", Online, (), OnlineOptions)
