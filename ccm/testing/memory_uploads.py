"""Files that people put here, and where notifications go, in memory: fakes of two stores."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from ccm.errors import QuotaReached
from ccm.interfaces import IPushTargets, IUploadFile, IUploads
from ccm.records import PushTarget, Upload, UploadLimits

_DAY = timedelta(days=1)


@implementer(IUploads)
class MemoryUploads:
    """
    Files in a dictionary.

    :ivar bytes_of: what came of each file, by id.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._seconds = now
        self._places: dict[str, Upload] = {}
        self._kept: dict[str, Upload] = {}
        self._coming: set[str] = set()
        self.bytes_of: dict[str, bytes] = {}

    async def offer(self, upload: Upload, limits: UploadLimits) -> None:
        now = self._now()
        mine = [u for u in self._all() if u.owner == upload.owner]
        waiting = [u for u in mine if u.id in self._places and u.until > now]
        if limits.open_places and len(waiting) >= limits.open_places:
            raise QuotaReached("too many places", min(u.until for u in waiting))
        today = sorted((u for u in mine if u.created > now - _DAY), key=lambda u: u.created)
        if limits.files_per_day and len(today) >= limits.files_per_day:
            raise QuotaReached("too many files", today[-limits.files_per_day].created + _DAY)
        over = sum(u.size for u in today) + upload.size - limits.bytes_per_day
        if limits.bytes_per_day and over > 0:
            raise QuotaReached("too many bytes today", _when([(u.created + _DAY, u.size) for u in today], over))
        for most, whose in ((limits.bytes_per_account, mine), (limits.bytes_in_all, self._all())):
            live = [u for u in whose if self._lives(u)]
            over = sum(u.size for u in live) + upload.size - most
            if most and over > 0:
                raise QuotaReached("full", _when([(u.expires, u.size) for u in live if u.expires], over))
        self._places[upload.id] = upload

    async def place(self, id_: str) -> Upload | None:
        found = self._places.get(id_)
        return found if found and found.until > self._now() and id_ not in self._coming else None

    async def open(self, upload: Upload) -> "_File | None":
        if await self.place(upload.id) is None:
            return None
        self._coming.add(upload.id)
        return _File(self, upload.id)

    async def find(self, id_: str) -> Upload | None:
        found = self._kept.get(id_)
        return found if found and self._lives(found) else None

    def path(self, id_: str) -> str:
        return f"/nowhere/{id_}"

    async def of(self, owner: str) -> tuple[Upload, ...]:
        mine = [u for u in self._kept.values() if u.owner == owner and self._lives(u)]
        return tuple(sorted(mine, key=lambda u: (u.created, u.id)))

    async def bequeath(self, old: str, new: str) -> None:
        for those in (self._places, self._kept):
            those.update({id_: replace(u, owner=new) for id_, u in those.items() if u.owner == old})

    async def sweep(self) -> int:
        now = self._now()
        for id_ in [u.id for u in self._places.values() if u.until <= now and u.id not in self._coming]:
            del self._places[id_]
        ended = [u.id for u in self._kept.values() if not self._lives(u)]
        for id_ in ended:
            del self._kept[id_]
        return len(ended)

    def settle(self, id_: str, data: bytes | None) -> None:
        """The file has come, or not."""
        self._coming.discard(id_)
        if data is not None:
            self._kept[id_] = self._places.pop(id_)
            self.bytes_of[id_] = data

    def _all(self) -> list[Upload]:
        return [*self._places.values(), *self._kept.values()]

    def _lives(self, upload: Upload) -> bool:
        if upload.id in self._places:
            return upload.id in self._coming or upload.until > self._now()
        return upload.expires is None or upload.expires > self._now()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), UTC)


@implementer(IUploadFile)
class _File:
    def __init__(self, uploads: MemoryUploads, id_: str) -> None:
        self._uploads = uploads
        self._id = id_
        self._data = b""

    def write(self, data: bytes) -> "Deferred[None]":
        self._data += data
        return succeed(None)

    async def keep(self) -> bool:
        self._uploads.settle(self._id, self._data)
        return True

    async def drop(self) -> None:
        self._uploads.settle(self._id, None)


def _when(ends: list[tuple[datetime, int]], surplus: int) -> datetime | None:
    for at, size in sorted(ends):
        surplus -= size
        if surplus <= 0:
            return at
    return None


@implementer(IPushTargets)
class MemoryPushTargets:
    """A list."""

    def __init__(self) -> None:
        self._kept: list[PushTarget] = []

    async def all(self) -> tuple[PushTarget, ...]:
        return tuple(self._kept)

    async def save(self, target: PushTarget) -> None:
        await self.delete(target.owner, target.service, target.node)
        self._kept.append(target)

    async def delete(self, owner: str, service: str, node: str | None = None) -> None:
        self._kept = [t for t in self._kept if (t.owner, t.service) != (owner, service) or node not in (None, t.node)]
