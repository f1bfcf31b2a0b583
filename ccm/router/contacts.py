"""
Everybody's contacts (RFC 6121 §2) as modules read them: loaded when first asked for, then kept, bounded.

Presence must be handled in order and without waiting, while a roster comes from a store: so callers hand over what
is to be done, and it is done at once or as soon as that roster is there, in the order of the calls. Leaves out what a
subscription means.
"""

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

from ccm.interfaces import IRosters
from ccm.records import RosterItem
from ccm.router.router import Spawn

log = Logger()

Items = dict[str, RosterItem]


class Contacts:
    """
    Rosters by bare JID.

    :param spawn: how what the store answers is awaited.
    :param kept: how many rosters stay in memory; those being saved are not counted out.
    """

    def __init__(self, rosters: IRosters, spawn: Spawn, kept: int = 20_000) -> None:
        self._rosters = rosters
        self._spawn = spawn
        self._kept = kept
        self._loaded: dict[str, Items] = {}
        self._waiting: dict[str, list[Callable[[Items], None]]] = {}
        self._saving: dict[str, int] = {}

    def when(self, jid: str, use: Callable[[Items], None]) -> None:
        """
        Call *use* with the roster of a bare JID: now if it is in memory, otherwise once it is loaded.

        *use* must not change what it gets; :meth:`change` does. If the store fails, that is logged and *use* is not
        called.
        """
        items = self._loaded.get(jid)
        if items is not None and jid not in self._waiting:
            use(items)
            return
        waiting = self._waiting.get(jid)
        if waiting is not None:
            waiting.append(use)
            return
        self._waiting[jid] = [use]
        self._spawn(self._load(jid), lambda _items: None, lambda error: self._failed(jid, error))

    async def load(self, jid: str) -> Items:
        """*async* The roster of a bare JID, for handlers that may wait. :raises StoreUnavailable: as the store."""
        items = self._loaded.get(jid)
        if items is None or jid in self._waiting:
            found = await self._rosters.load(jid)
            items = self._loaded.setdefault(jid, found)
            self._shed(jid)
        return items

    def change(self, jid: str, contact: str, item: RosterItem | None) -> Any:
        """
        Put one contact in a roster that is in memory; ``None`` takes it out.

        :returns: an awaitable that is done when it is stored; nobody has to wait for it.
        """
        items = self._loaded[jid]
        if item is None:
            items.pop(contact, None)
        else:
            items[contact] = item
        self._saving[jid] = self._saving.get(jid, 0) + 1
        return self._save(jid, dict(items))

    def write(self, jid: str, contact: str, item: RosterItem | None) -> None:
        """:meth:`change` for those who do not wait; a failure is logged and the roster read anew when next asked."""
        self._spawn(self.change(jid, contact, item), lambda _done: None, lambda _error: None)

    def forget(self, jid: str) -> None:
        """Drop what is in memory, e.g. of an account that is gone."""
        self._loaded.pop(jid, None)

    async def _load(self, jid: str) -> None:
        items = await self._rosters.load(jid)
        items = self._loaded.setdefault(jid, items)
        self._shed(jid)
        while waiting := self._waiting.get(jid):
            use = waiting.pop(0)
            try:
                use(items)
            except Exception:
                log.failure("What waited for the roster of {jid} failed.", jid=jid)
        del self._waiting[jid]

    def _failed(self, jid: str, error: BaseException) -> None:
        dropped = self._waiting.pop(jid, ())
        log.error(
            "The roster of {jid} cannot be read: {error}; {count} stanzas dropped.",
            jid=jid,
            error=error,
            count=len(dropped),
        )

    async def _save(self, jid: str, items: Items) -> None:
        try:
            await self._rosters.save(jid, items)
        except Exception as error:
            self._loaded.pop(jid, None)
            log.error("The roster of {jid} cannot be saved: {error}", jid=jid, error=error)
            raise
        finally:
            self._saving[jid] -= 1
            if not self._saving[jid]:
                del self._saving[jid]

    def _shed(self, newest: str) -> None:
        if len(self._loaded) <= self._kept:
            return
        for jid in self._loaded:
            if jid != newest and jid not in self._saving and jid not in self._waiting:
                del self._loaded[jid]
                return
