"""
Files that people put here (XEP-0363): a row for each, the bytes beside the database in a folder.

A place becomes a file in three steps: its row is taken by one conditional update, the bytes go to ``coming/`` in a
thread, and once they are on disk the file gets its name and then its row says so. What a crash leaves half done is
removed at the next start. Leaves out how much may be kept (:mod:`ccm.store.upload_quota`).
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import Connection, or_, select, update
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from ccm.errors import QuotaReached, StoreUnavailable
from ccm.interfaces import IDatabase, IUploadFile, IUploads
from ccm.records import Upload, UploadLimits
from ccm.store import upload_quota
from ccm.store.schema import uploads
from ccm.store.times import from_micros, optional_micros, optional_moment, seconds_to_micros, to_micros
from ccm.threads import Threads

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

PLACE, COMING, KEPT = "place", "coming", "kept"
_WRITERS = 4
_AT_ONCE = 200  # files that one round of a sweep removes


@implementer(IUploads)
class Uploads:
    """
    :param reactor: gives threads their way back.
    :param folder: where the files are; it is made when the first one comes.
    :param now: seconds since the epoch.
    """

    def __init__(self, database: IDatabase, reactor: Any, folder: Path, now: Callable[[], float]) -> None:
        self._database = database
        self._reactor = reactor
        self._folder = folder
        self._now = now
        self._threads: Threads | None = None
        self._open: set[str] = set()  # those that are coming here
        self._making = Lock()

    async def start(self) -> None:
        """
        Begin to take files in, and remove what an earlier run left half done: for the one process that does.

        :raises StoreUnavailable: if the folder cannot be written.
        """
        self._threads = Threads(0, _WRITERS, "ccm uploads")
        self._threads.start()
        await self.in_thread(self._prepare)
        rows = await self._database.read(
            lambda connection: connection.execute(select(uploads.c.id).where(uploads.c.state == COMING)).scalars().all()
        )
        await self.in_thread(lambda: self._unlink(rows))
        back = update(uploads).where(uploads.c.state == COMING).values(state=PLACE)
        await self._execute(back)

    async def close(self) -> None:
        """Let go of the threads. Closing twice does nothing."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.stop()

    async def offer(self, upload: Upload, limits: UploadLimits) -> None:
        now = seconds_to_micros(self._now())
        row = {
            "id": upload.id,
            "owner": upload.owner,
            "name": upload.name,
            "media_type": upload.media_type,
            "size": upload.size,
            "state": PLACE,
            "created": to_micros(upload.created),
            "until": to_micros(upload.until),
            "expires": optional_micros(upload.expires),
        }

        def change(connection: Connection) -> None:
            if limits.least_free_bytes and _free(self._folder) - upload.size < limits.least_free_bytes:
                raise QuotaReached("There is too little room on this server's disk. Ask its operators.")
            upload_quota.check(connection, upload.owner, upload.size, limits, now)
            upload_quota.put(connection, row)

        await self._database.write(change)

    async def place(self, id_: str) -> Upload | None:
        now = seconds_to_micros(self._now())
        return await self._one(uploads.c.id == id_, uploads.c.state == PLACE, uploads.c.until > now)

    async def open(self, upload: Upload) -> "UploadFile | None":
        now = seconds_to_micros(self._now())
        mine = uploads.c.id == upload.id, uploads.c.state == PLACE, uploads.c.until > now
        if upload.id in self._open:
            return None
        self._open.add(upload.id)
        taken = 0
        try:
            taken = await self._execute(update(uploads).where(*mine).values(state=COMING))
        finally:
            if not taken:
                self._open.discard(upload.id)
        if not taken:
            return None
        try:
            file = await self.in_thread(lambda: self._begin(upload.id))
        except OSError as error:
            await self.free(upload.id)
            raise _failed(error) from error
        return UploadFile(self, upload.id, file)

    async def find(self, id_: str) -> Upload | None:
        now = seconds_to_micros(self._now())
        return await self._one(uploads.c.id == id_, uploads.c.state == KEPT, _lasts(now))

    def path(self, id_: str) -> str:
        return str(self._folder / id_[:2] / id_)

    async def of(self, owner: str) -> tuple[Upload, ...]:
        now = seconds_to_micros(self._now())
        statement = select(uploads).where(uploads.c.owner == owner, uploads.c.state == KEPT, _lasts(now))
        rows = await self._database.read(
            lambda connection: connection.execute(statement.order_by(uploads.c.created, uploads.c.id)).all()
        )
        return tuple(map(_upload, rows))

    async def bequeath(self, old: str, new: str) -> None:
        if old != new:
            await self._database.write(lambda connection: upload_quota.bequeath(connection, old, new))

    async def sweep(self) -> int:
        now = seconds_to_micros(self._now())
        await self._put_back()
        await self._remove(uploads.c.state == PLACE, uploads.c.until <= now)
        ended = select(uploads.c.id).where(uploads.c.state == KEPT, uploads.c.expires <= now).limit(_AT_ONCE)
        count = 0
        while ids := await self._database.read(lambda connection: connection.execute(ended).scalars().all()):
            await self.in_thread(partial(self._unlink, ids))
            await self._remove(uploads.c.id.in_(ids))
            count += len(ids)
        return count

    # ---- for the file that is coming

    def in_thread(self, function: Callable[[], Any]) -> "Deferred[Any]":
        """Run what waits for the disk. :raises StoreUnavailable: before :meth:`start`."""
        if self._threads is None:
            raise StoreUnavailable("No files are taken in here now. Try again later.")
        return deferToThreadPool(self._reactor, self._threads, function)

    async def kept(self, id_: str) -> bool:
        """The file has its name: say so, unless its owner is gone."""
        mine = uploads.c.id == id_, uploads.c.state == COMING, uploads.c.until > 0
        try:
            try:
                if await self._execute(update(uploads).where(*mine).values(state=KEPT)):
                    return True
            except StoreUnavailable:
                await self.in_thread(lambda: self._unlink([id_]))
                raise
            await self.in_thread(lambda: self._unlink([id_]))
            await self._remove(uploads.c.id == id_)
        finally:
            self._open.discard(id_)
        return False

    async def free(self, id_: str) -> None:
        """The place can be used again; if that cannot be written now, from the next sweep on."""
        mine = uploads.c.id == id_, uploads.c.state == COMING
        try:
            await self._execute(update(uploads).where(*mine).values(state=PLACE))
        finally:
            self._open.discard(id_)

    def make_folder(self, folder: Path) -> None:
        """One of those that files are in, on disk when this returns, whoever makes it."""
        with self._making:
            if not folder.exists():
                folder.mkdir(mode=0o700)
                _settle_folder(folder.parent)

    def coming(self, id_: str) -> Path:
        """Where a file is while it comes."""
        return self._folder / "coming" / id_

    def unlink(self, id_: str) -> None:
        """Remove a file, however far it has come."""
        self.coming(id_).unlink(missing_ok=True)
        Path(self.path(id_)).unlink(missing_ok=True)

    # ---- inside

    def _prepare(self) -> None:
        coming = self.coming("x").parent
        try:
            coming.mkdir(mode=0o700, parents=True, exist_ok=True)
            with TemporaryFile(dir=coming):
                pass
        except OSError as error:
            text = f"The folder of files {self._folder} cannot be written: {error.strerror}."
            raise StoreUnavailable(f"{text} Check modules.upload.folder, its owner and the disk.") from error

    async def _put_back(self) -> None:
        """Places whose file came to nothing when the database could not be told."""
        coming = select(uploads.c.id).where(uploads.c.state == COMING)
        rows = await self._database.read(lambda connection: connection.execute(coming).scalars().all())
        left = [id_ for id_ in rows if id_ not in self._open][:_AT_ONCE]
        if left:
            await self.in_thread(lambda: self._unlink(left))
            mine = uploads.c.id.in_(left), uploads.c.state == COMING
            await self._execute(update(uploads).where(*mine).values(state=PLACE))

    def _begin(self, id_: str) -> BinaryIO:
        return os.fdopen(os.open(self.coming(id_), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0)

    def _unlink(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.unlink(id_)

    async def _execute(self, statement: Any) -> int:
        return await self._database.write(lambda connection: int(connection.execute(statement).rowcount))

    async def _remove(self, *which: Any) -> None:
        await self._database.write(lambda connection: upload_quota.remove(connection, *which))

    async def _one(self, *conditions: Any) -> Upload | None:
        statement = select(uploads).where(*conditions)
        row = await self._database.read(lambda connection: connection.execute(statement).first())
        return None if row is None else _upload(row)


@implementer(IUploadFile)
class UploadFile:
    """One that is coming: see :meth:`Uploads.open`."""

    def __init__(self, uploads_: Uploads, id_: str, file: BinaryIO) -> None:
        self._uploads = uploads_
        self._id = id_
        self._file = file

    def write(self, data: bytes) -> "Deferred[None]":
        return self._uploads.in_thread(lambda: self._write(data))

    async def keep(self) -> bool:
        try:
            await self._uploads.in_thread(self._settle)
        except BaseException:
            await self.drop()
            raise
        return await self._uploads.kept(self._id)

    async def drop(self) -> None:
        await self._uploads.in_thread(self._forget)
        await self._uploads.free(self._id)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _failed(error) from error

    def _settle(self) -> None:
        coming, final = self._uploads.coming(self._id), Path(self._uploads.path(self._id))
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self._uploads.make_folder(final.parent)
            coming.replace(final)
            _settle_folder(final.parent)
        except OSError as error:
            raise _failed(error) from error

    def _forget(self) -> None:
        with suppress(OSError):  # what it could not take does not matter any more
            self._file.close()
        self._uploads.unlink(self._id)


def _settle_folder(folder: Path) -> None:
    """A file's new name is on disk once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(folder: Path) -> int:
    """Bytes that may still be written where the files go."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _failed(error: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"The file cannot be kept: {error.strerror}. Free some room on the disk, then try again.")


def _lasts(now: int) -> Any:
    return or_(uploads.c.expires.is_(None), uploads.c.expires > now)


def _upload(row: Any) -> Upload:
    return Upload(
        id=row.id,
        owner=row.owner,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        created=from_micros(row.created),
        until=from_micros(row.until),
        expires=optional_moment(row.expires),
    )
