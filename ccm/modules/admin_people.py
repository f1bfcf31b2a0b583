"""
Commands that count and list people (XEP-0133 1.3.1 §4.13 to §4.22).

*Online* is an account with a session; it is *active* unless all its sessions say that nobody looks (``away``, ``xa``)
or wait for a client to come back, and *idle* otherwise. Guests are not counted. Leaves out pages of long lists.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ccm import address
from ccm.errors import StanzaError
from ccm.modules.admin_terms import Desk
from ccm.router.commands import Done, HostCommand, Parameter
from ccm.router.router import Router
from ccm.wire.forms import Values, field

_AWAY = frozenset({"away", "xa"})
_SIZES = ("25", "50", "75", "100", "150", "200")
_MOST = 1000
_SIZE = Parameter(
    "max_items", "How many at most", "list-single", options=(*((size, size) for size in _SIZES), ("none", "all"))
)


class PeopleCommands:
    """Looks at the router's sessions and at the accounts."""

    def __init__(self, router: Router, desk: Desk) -> None:
        self._router = router
        self._desk = desk
        self._accounts = desk.accounts

    def commands(self) -> list[HostCommand]:
        """A number and a list of each kind."""
        kinds: tuple[tuple[str, str, str, Any, Any], ...] = (
            ("registered", "registered", "registereduser", self._count_registered, self._registered),
            ("disabled", "switched off", "disableduser", self._count_disabled, self._disabled),
            ("online", "online", "onlineuser", self._counted(self.online), self._listed(self.online)),
            ("active", "active", "activeuser", self._counted(self._active), self._listed(self._active)),
            ("idle", "idle", "idleuser", self._counted(self._idle), self._listed(self._idle)),
        )
        made = []
        for kind, told, var, count, people in kinds:
            name = f"get-{kind}-users"
            made.append(
                self._desk.command(f"{name}-num", f"Number of {told} users", _number(f"{var}snum", told, count))
            )
            listing = name if kind in ("active", "idle") else f"{name}-list"
            # §4.22 calls the idle ones activeuserjids, which must be a slip: who looks for either finds it
            variables = (f"{var}jids", "activeuserjids") if kind == "idle" else (f"{var}jids",)
            made.append(self._desk.command(listing, f"List of {told} users", _list(variables, told, people), _SIZE))
        return made

    def online(self) -> list[str]:
        """Bare JIDs of this host's accounts that have a session, by JID."""
        sessions, host = self._router.sessions, self._desk.host
        return sorted(bare for bare in sessions if address.domain(bare) == host and self._accounts.exists(bare))

    def _active(self) -> list[str]:
        return [bare for bare in self.online() if any(map(_looks, self._router.sessions_of(bare)))]

    def _idle(self) -> list[str]:
        return [bare for bare in self.online() if not any(map(_looks, self._router.sessions_of(bare)))]

    async def _count_registered(self) -> int:
        return await self._accounts.count(self._desk.host)

    async def _count_disabled(self) -> int:
        return await self._accounts.count(self._desk.host, enabled=False)

    async def _registered(self, most: int) -> tuple[str, ...]:
        return await self._accounts.names(self._desk.host, limit=most)

    async def _disabled(self, most: int) -> tuple[str, ...]:
        return await self._accounts.names(self._desk.host, enabled=False, limit=most)

    @staticmethod
    def _counted(people: Callable[[], list[str]]) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            return len(people())

        return count

    @staticmethod
    def _listed(people: Callable[[], list[str]]) -> Callable[[int], Awaitable[tuple[str, ...]]]:
        async def names(most: int) -> tuple[str, ...]:
            return tuple(people()[:most])

        return names


def _looks(session: Any) -> bool:
    """Whether somebody may be looking at what arrives in a session."""
    if session.hibernating:
        return False
    return session.presence is None or session.presence.child_text("show") not in _AWAY


def _number(var: str, told: str, count: Callable[[], Awaitable[int]]) -> Callable[[str, Values], Awaitable[Done]]:
    async def run(_asker: str, _values: Values) -> Done:
        return Done(fields=(field(var, [str(await count())], "text-single", f"Number of {told} users"),))

    return run


def _list(
    variables: tuple[str, ...], told: str, people: Callable[[int], Awaitable[tuple[str, ...]]]
) -> Callable[[str, Values], Awaitable[Done]]:
    async def run(_asker: str, values: Values) -> Done:
        most = _most(values)
        found = await people(most + 1)
        more = f"There are more than {most}." if len(found) > most else ""
        return Done(more, fields=tuple(field(var, found[:most], "jid-multi", f"All {told} users") for var in variables))

    return run


def _most(values: Values) -> int:
    """How many are wanted. :raises StanzaError: ``not-acceptable`` for what is no number."""
    typed = "".join(values.get("max_items", ())).strip()
    if typed in ("", "none"):
        return _MOST
    if not typed.isascii() or not typed.isdigit() or not 0 < len(typed) < 7 or int(typed) < 1:
        raise StanzaError("not-acceptable", f"“{typed[:20]}” is no number of users. Choose one of the list.")
    return min(int(typed), _MOST)
