"""In-memory stand-ins for what is kept of accounts' messages: under the same contract suites as the real stores."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from ccm import records as r
from ccm.interfaces import IOffline, IPersonalArchive
from ccm.testing.memory import MemoryArchive


@implementer(IPersonalArchive)
class MemoryPersonalArchive:
    """
    :param next_id: gives ids that rise, as the archives of rooms have them.
    :ivar kept: every archive's messages, in one list.
    """

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), next_id: Callable[[], str] | None = None
    ) -> None:
        self._now = now
        self._next_id = next_id or MemoryArchive().next_id
        self._resources: dict[tuple[str, str], str] = {}
        self.kept: list[r.Archived] = []

    def keep(
        self,
        stanza: bytes,
        sender: str,
        sender_resource: str,
        recipient: str,
        recipient_resource: str,
        *,
        by_sender: bool,
        by_recipient: bool,
    ) -> str:
        id_, now = self._next_id(), self._now()
        if by_sender:
            self.kept.append(r.Archived(id_, sender, recipient, sender, now, stanza))
            self._resources[sender, id_] = recipient_resource
        if by_recipient and sender != recipient:
            self.kept.append(r.Archived(id_, recipient, sender, sender, now, stanza))
            self._resources[recipient, id_] = sender_resource
        return id_

    def forget(self, owner: str, id_: str) -> None:
        self.kept = [m for m in self.kept if (m.owner, m.id) != (owner, id_)]

    async def bury(self, id_: str, tombstone: bytes) -> None:
        self.kept = [replace(m, stanza=tombstone) if m.id == id_ else m for m in self.kept]

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
        bare, slash, resource = (with_ or "").partition("/")
        archive = MemoryArchive()
        archive.messages = list(self.kept)
        bounds = {"start": start, "end": end, "after": after, "before": before, "between": between, "ids": ids}
        if with_ is None:
            return await archive.page(owner, limit=limit, **bounds)  # type: ignore[arg-type]
        await archive.page(owner, **bounds)  # type: ignore[arg-type]  # for unknown ids
        archive.messages = [
            m
            for m in self.kept
            if m.with_ == bare
            and (not slash or self._resources[m.owner, m.id] == resource or m.id in (after, before, *between))
        ]
        known = {m.id for m in archive.messages}
        archive.messages += [m for m in self.kept if m.id in (after, before, *between) and m.id not in known]
        return await archive.page(owner, limit=limit, **bounds)  # type: ignore[arg-type]

    async def overdue(self, domain: str, before: datetime) -> tuple[str, ...]:
        owners = {m.owner for m in self.kept if m.stamp < before}
        return tuple(owner for owner in sorted(owners) if owner.endswith(f"@{domain}"))

    async def expire(self, owner: str, before: datetime, most: int) -> bool:
        old = sorted(m.id for m in self.kept if m.stamp < before and m.owner == owner)
        self.kept = [m for m in self.kept if m.owner != owner or m.id not in old[:most]]
        return len(old) >= most

    async def over(self, domain: str, messages: int) -> tuple[str, ...]:
        owners = [m.owner for m in self.kept if m.owner.endswith(f"@{domain}")]
        return tuple(owner for owner in sorted(set(owners)) if owners.count(owner) > messages)

    async def trim(self, owner: str, messages: int, most: int) -> bool:
        ids = [m.id for m in self.kept if m.owner == owner]
        excess = max(0, len(ids) - messages)
        self.kept = [m for m in self.kept if m.owner != owner or m.id not in ids[: min(excess, most)]]
        return excess > most


@implementer(IOffline)
class MemoryOffline:
    """:ivar kept: what waits, by owner and id."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], r.Waiting] = {}

    def keep(self, message: r.Waiting) -> "Deferred[None]":
        self.kept.setdefault((message.owner, message.id), message)
        return succeed(None)

    async def of(self, owner: str, limit: int) -> Sequence[r.Waiting]:
        return [self.kept[key] for key in sorted(self.kept) if key[0] == owner][:limit]

    async def done(self, owner: str, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.kept.pop((owner, id_), None)

    async def sizes(self) -> dict[str, tuple[int, int]]:
        owners: dict[str, list[int]] = {}
        for (owner, _), message in self.kept.items():
            owners.setdefault(owner, []).append(len(message.stanza))
        return {owner: (len(sizes), sum(sizes)) for owner, sizes in owners.items()}
