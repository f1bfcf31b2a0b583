"""
In-memory stand-ins for the stores: under the same contract suites as the real ones; they keep nothing.

Time comes from functions, which a test gives (:class:`ccm.testing.fakes.Hands`).
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IAccounts, IAccountXML, IArchive, IPubSubNodes, IRooms, IRosters, ISessionState


@implementer(IAccounts)
class MemoryAccounts:
    """Accounts in a dictionary."""

    def __init__(self, host: str = "localhost", now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._host = host
        self._now = now
        self._accounts: dict[str, r.Account] = {}
        self._untold: set[str] = set()

    async def find(self, name: str) -> r.Account | None:
        name = name.strip().casefold()
        for account in self._accounts.values():
            if name and name in (account.jid, (account.email or "").casefold()):
                return account
        return self._accounts.get(f"{name}@{self._host}")

    async def get(self, jid: str) -> r.Account | None:
        return self._accounts.get(jid)

    def exists(self, jid: str) -> bool:
        return jid in self._accounts

    async def create(self, jid: str, name: str, email: str | None, verifiers: Iterable[r.Verifier]) -> r.Account:
        taken = email and any(a.email and a.email.casefold() == email.casefold() for a in self._accounts.values())
        if jid in self._accounts or taken:
            raise StanzaError("conflict", f"{jid} or its mail address already has an account.")
        account = r.Account(jid, name, email, self._now(), tuple(verifiers))
        self._accounts[jid] = account
        return account

    async def set_verifiers(self, jid: str, verifiers: Iterable[r.Verifier]) -> None:
        self._accounts[jid] = replace(self._known(jid), verifiers=tuple(verifiers))

    async def set_email(self, jid: str, email: str) -> None:
        others = [a for a in self._accounts.values() if a.jid != jid and a.email]
        if any((a.email or "").casefold() == email.casefold() for a in others):
            raise StanzaError("conflict", f"{email} already has an account.")
        self._accounts[jid] = replace(self._known(jid), email=email)

    async def set_enabled(self, jid: str, enabled: bool) -> None:
        self._accounts[jid] = replace(self._known(jid), enabled=enabled)

    async def delete(self, jid: str) -> None:
        self._untold.add(self._accounts.pop(self._known(jid).jid).jid)

    def removed(self) -> frozenset[str]:
        return frozenset(self._untold)

    async def told(self, jid: str) -> None:
        self._untold.discard(jid)

    async def count(self, domain: str, enabled: bool | None = None) -> int:
        return len(await self.names(domain, enabled, len(self._accounts)))

    async def names(self, domain: str, enabled: bool | None = None, limit: int = 100) -> tuple[str, ...]:
        found = [each.jid for each in await self.all(domain) if enabled in (None, each.enabled)]
        return tuple(found[:limit])

    async def all(self, domain: str | None = None) -> tuple[r.Account, ...]:
        chosen = [jid for jid in self._accounts if domain is None or jid.endswith(f"@{domain}")]
        return tuple(self._accounts[jid] for jid in sorted(chosen))

    def _known(self, jid: str) -> r.Account:
        if jid not in self._accounts:
            raise StanzaError("item-not-found", f"There is no account {jid}.")
        return self._accounts[jid]


@implementer(IRosters)
class MemoryRosters:
    """Contacts in dictionaries. *held* makes loading wait until it is fired, to test what happens meanwhile."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, r.RosterItem]] = {}
        self.held: Deferred[None] | None = None
        self.loads = 0

    async def load(self, jid: str) -> dict[str, r.RosterItem]:
        self.loads += 1
        if self.held is not None:
            await self.held
        return dict(self.stored.get(jid, {}))

    async def save(self, jid: str, items: dict[str, r.RosterItem]) -> None:
        self.stored[jid] = dict(items)

    async def left_by(self, jid: str) -> dict[str, r.RosterItem]:
        return self.stored.pop(jid, {})


@implementer(IAccountXML)
class MemoryAccountXML:
    """What accounts keep, in one dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    async def get(self, owner: str, name: str) -> bytes | None:
        return self.kept.get((owner, name))

    async def set(self, owner: str, pieces: dict[str, bytes | None]) -> None:
        for name, xml in pieces.items():
            if xml is None:
                self.kept.pop((owner, name), None)
            else:
                self.kept[owner, name] = xml

    async def set_each(self, name: str, pieces: dict[str, bytes]) -> None:
        for owner, xml in pieces.items():
            self.kept[owner, name] = xml

    async def size(self, owner: str) -> int:
        return sum(len(xml) for (kept_by, _), xml in self.kept.items() if kept_by == owner)

    async def all(self, name: str) -> dict[str, bytes]:
        return {owner: xml for (owner, kept_as), xml in self.kept.items() if kept_as == name}


@implementer(IPubSubNodes)
class MemoryPubSubNodes:
    """Nodes in dictionaries, their items in the order of publication."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], bytes] = {}
        self.kept: dict[tuple[str, str], dict[str, r.PubSubItem]] = {}

    async def get(self, service: str, name: str) -> bytes | None:
        return self.records.get((service, name))

    async def of(self, service: str) -> dict[str, bytes]:
        return {name: record for (owner, name), record in sorted(self.records.items()) if owner == service}

    async def save(self, service: str, name: str, record: bytes) -> None:
        self.records[service, name] = record

    async def delete(self, service: str, name: str | None = None) -> None:
        for key in [key for key in self.records | self.kept if key[0] == service and name in (None, key[1])]:
            self.records.pop(key, None)
            self.kept.pop(key, None)

    async def publish(self, service: str, name: str, item: r.PubSubItem, most: int) -> None:
        items = self.kept.setdefault((service, name), {})
        items.pop(item.id, None)
        items[item.id] = item
        await self.trim(service, name, most)

    async def retract(self, service: str, name: str, id_: str) -> bool:
        return self.kept.get((service, name), {}).pop(id_, None) is not None

    async def trim(self, service: str, name: str, most: int) -> None:
        items = self.kept.get((service, name), {})
        for id_ in list(items)[: max(0, len(items) - most)]:
            del items[id_]

    async def items(
        self, service: str, name: str, *, ids: tuple[str, ...] = (), most: int = 0
    ) -> Sequence[r.PubSubItem]:
        found = [item for item in self.kept.get((service, name), {}).values() if not ids or item.id in ids]
        return tuple(found[-most:])

    async def page(
        self,
        service: str,
        name: str,
        *,
        ids: tuple[str, ...] = (),
        most: int,
        most_bytes: int,
        after: str | None = None,
        before: str | None = None,
    ) -> tuple[Sequence[r.PubSubItem], int]:
        known = self.kept.get((service, name), {})
        if any(each and each not in known for each in (after, before)):
            raise StanzaError("item-not-found", "That item is not there any more.")
        places = {id_: place for place, id_ in enumerate(known)}
        wanted = [item for item in known.values() if not ids or item.id in ids]
        low, high = places[after] if after else -1, places[before] if before else len(known)
        left = [item for item in wanted if low < places[item.id] < high]
        found: list[r.PubSubItem] = []
        for item in (left if after else left[::-1])[:most]:
            most_bytes -= len(item.xml)
            if most_bytes < 0 and found:
                break
            found.append(item)
        return tuple(found if after else found[::-1]), len(wanted)

    async def newest(self, services: Iterable[str], names: Iterable[str]) -> Sequence[tuple[bytes, r.PubSubItem]]:
        wanted, asked = set(services), set(names)
        return tuple(
            (self.records[key], list(items.values())[-1])
            for key, items in sorted(self.kept.items())
            if items and key[0] in wanted and key[1] in asked
        )


@implementer(IArchive)
class MemoryArchive:
    """Archives in one list."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self.messages: list[r.Archived] = []

    def next_id(self) -> str:
        return f"{next(self._ids):012d}"

    def append(self, message: r.Archived) -> "Deferred[None]":
        self.messages.append(message)
        return succeed(None)

    async def page(
        self,
        owner: str,
        *,
        with_: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str | None = None,
        before: str | None = None,
        between: tuple[str | None, str | None] = (None, None),
        ids: tuple[str, ...] = (),
        limit: int = 50,
    ) -> r.Page:
        mine = [m for m in self.messages if m.owner == owner]
        known = {m.id for m in mine}
        for id_ in (after, before or None, *between, *ids):
            if id_ is not None and id_ not in known:
                raise StanzaError("item-not-found", "There is no message of that id in this archive.")
        matching = [
            m
            for m in mine
            if (with_ is None or m.with_ == with_ or m.with_.partition("/")[0] == with_)
            and (start is None or m.stamp >= start)
            and (end is None or m.stamp <= end)
            and (not ids or m.id in ids)
            and (not between[0] or m.id > between[0])
            and (not between[1] or m.id < between[1])
        ]
        found = [m for m in matching if (after is None or m.id > after) and (not before or m.id < before)]
        page = found[-limit:] if before is not None else found[:limit]
        page = page if limit else []
        return r.Page(tuple(page), len(page) == len(found), len(matching), matching.index(page[0]) if page else None)

    async def seen_origin(self, owner: str, sender: str, origin_id: str) -> str | None:
        newest = max((m.stamp for m in self.messages), default=None)
        for m in self.messages:
            if (m.owner, m.sender, m.origin_id) == (owner, sender, origin_id) and newest is not None:
                return m.id if newest - m.stamp < timedelta(hours=24) else None
        return None

    async def retract(self, owner: str, id_: str, tombstone: bytes) -> None:
        for index, message in enumerate(self.messages):
            if (message.owner, message.id) == (owner, id_):
                self.messages[index] = replace(message, stanza=tombstone)

    async def bequeath(self, owner: str, old: str, new: str) -> None:
        for index, message in enumerate(self.messages):
            if (message.owner, message.sender) == (owner, old):
                self.messages[index] = replace(message, sender=new)

    async def said_by(self, sender: str, *, after: str | None = None, limit: int = 50) -> r.Page:
        found = sorted((m for m in self.messages if m.sender == sender and m.id > (after or "")), key=lambda m: m.id)
        return r.Page(tuple(found[:limit]), len(found) <= limit)


@implementer(IRooms)
class MemoryRooms:
    """Rooms in a dictionary; a room's messages in *archive* go with it."""

    def __init__(self, archive: "MemoryArchive | None" = None) -> None:
        self._archive = archive
        self.stored: dict[str, r.RoomRecord] = {}

    async def load_all(self, service: str) -> tuple[r.RoomRecord, ...]:
        return tuple(room for jid, room in self.stored.items() if jid.endswith(f"@{service}"))

    async def save(self, room: r.RoomRecord) -> None:
        self.stored[room.jid] = room

    async def delete(self, jid: str) -> None:
        self.stored.pop(jid, None)
        if self._archive is not None:
            self._archive.messages = [m for m in self._archive.messages if m.owner != jid]


@implementer(ISessionState)
class MemoryState:
    """Keys and hashes in dictionaries; *now* decides what has expired."""

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self._now = now
        self._values: dict[str, bytes] = {}
        self._hashes: dict[str, dict[str, bytes]] = {}
        self._ends: dict[str, float] = {}
        self._listeners: dict[str, list[Callable[[bytes], None]]] = {}

    async def get(self, key: str) -> bytes | None:
        self._expire()
        return self._values.get(key)

    async def set(self, key: str, value: bytes, ttl_seconds: float | None = None) -> None:
        await self.delete(key)
        self._values[key] = value
        self._ttl(key, ttl_seconds)

    async def delete(self, *keys: str) -> None:
        for key in keys:
            for table in (self._values, self._hashes, self._ends):
                table.pop(key, None)

    async def keys(self, prefix: str) -> tuple[str, ...]:
        self._expire()
        return tuple(key for key in (*self._values, *self._hashes) if key.startswith(prefix))

    async def settle(self) -> None:
        """Nothing waits here."""

    async def hash_set(self, key: str, field: str, value: bytes, ttl_seconds: float | None = None) -> None:
        self._expire()
        self._hashes.setdefault(key, {})[field] = value
        self._ttl(key, ttl_seconds)

    async def hash_delete(self, key: str, *fields: str) -> None:
        fields_left = self._hashes.get(key, {})
        for field in fields:
            fields_left.pop(field, None)
        if not fields_left:
            self._hashes.pop(key, None)

    async def hash_all(self, key: str) -> dict[str, bytes]:
        self._expire()
        return dict(self._hashes.get(key, {}))

    async def publish(self, channel: str, message: bytes) -> None:
        for listener in tuple(self._listeners.get(channel, ())):
            listener(message)

    async def subscribe(self, channel: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        self._listeners.setdefault(channel, []).append(callback)
        return lambda: self._listeners[channel].remove(callback)

    async def close(self) -> None:
        self._listeners.clear()

    def _ttl(self, key: str, seconds: float | None) -> None:
        if seconds is not None:
            self._ends[key] = self._now() + seconds

    def _expire(self) -> None:
        for key in [key for key, end in self._ends.items() if end <= self._now()]:
            for table in (self._values, self._hashes, self._ends):
                table.pop(key, None)
