"""
Archives of accounts (XEP-0313 1.1.3 §6.1.1): what people said to one another, appended to through the fast lane.

A message is one row, whoever has it in an archive, and it is written before anything is sorted: whose archives it is in
is entered later, for many at once, in quiet times (*filing*: :mod:`ccm.store.filing`). That halves what a message
costs. Whoever reads before has their own entered first. An id is one of :meth:`ccm.store.archive.Archive.next_id` and
holds the message's time to the microsecond, so that a page by time is a stretch of ids. Leaves out what is worth
keeping: that is the module's.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, false, func, or_, select, update
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import implementer

from ccm.interfaces import IDatabase, IPersonalArchive
from ccm.records import Archived, Page
from ccm.store.archive import Archive, id_at, micros_of
from ccm.store.filing import BY_RECIPIENT, BY_SENDER, STEP_ROWS, drop, empty, file, file_own, seq_at, seq_of, unfiled_of
from ccm.store.pages import Pages
from ccm.store.schema import personal_archive, personal_messages
from ccm.store.times import from_micros, to_micros

log = Logger()

_INSERT = (
    "INSERT INTO personal_messages (seq, id, sender, sender_resource, recipient, recipient_resource, kept_by, stanza) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
#: Whoever reads looks through them, at some 0.3 µs each; more are entered however busy the server is.
_MOST_UNFILED = 250_000
#: On PostgreSQL another process may commit a message so long after its id was made.
_LATE_SECONDS = 30
_MANY = STEP_ROWS + 1

_entry, _said = personal_archive.c, personal_messages.c
_ROWS = select(
    _entry.owner,
    _entry.id,
    _entry.with_jid,
    _said.sender,
    _said.stanza,
).join_from(personal_archive, personal_messages, _entry.seq == _said.seq)


@implementer(IPersonalArchive)
class PersonalArchive:
    """
    :param ids: gives ids that rise.
    :param now: seconds since the epoch.
    :ivar kept: how many messages since the start.
    """

    def __init__(self, database: IDatabase, ids: Archive, now: Callable[[], float]) -> None:
        self._database = database
        self._next_micros = ids.next_micros
        self._process = ids.process
        self._mark = seq_of(f"{0:014x}{ids.process}")
        self._now = now
        self._unfiled = _MANY  # at a start nobody knows
        self._seen: dict[str, int] = {}  # how far somebody's own were entered before everybody's
        self._filing: list[Deferred[bool]] | None = None  # who waits for the filing under way
        self.kept = 0

    # ---- keeping

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
        micros = self._next_micros()
        id_, seq = f"{micros:014x}{self._process}", seq_at(micros, self._mark)
        kept_by = by_sender * BY_SENDER + by_recipient * BY_RECIPIENT
        row = (seq, id_, sender, sender_resource, recipient, recipient_resource, kept_by, stanza)
        self._database.post(_INSERT, row)
        self.kept += 1
        self._unfiled += 1
        if self._unfiled == _MOST_UNFILED:
            self._file_aside()
        return id_

    def forget(self, owner: str, id_: str) -> None:
        def change(connection: Connection) -> None:
            while not file(connection, self._late()):
                pass
            drop(connection, (_entry.owner == owner) & (_entry.id == id_), owner)

        self._aside(self._database.write(change))

    async def bury(self, id_: str, tombstone: bytes) -> None:
        change = update(personal_messages).where(_said.seq == seq_of(id_)).values(stanza=tombstone)
        await self._database.write(lambda connection: connection.execute(change))

    # ---- reading

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
    ) -> Page:
        conditions: list[Any] = []
        if with_ is not None:
            bare, slash, resource = with_.partition("/")
            conditions.append(_entry.with_jid == bare)
            if slash:
                conditions.append(_entry.resource == resource)
        if start is not None:
            conditions.append(_entry.id >= id_at(to_micros(start)))
        if end is not None:
            conditions.append(_entry.id < id_at(to_micros(end) + 1))
        await self._file_for(owner)
        return await self._database.read(
            lambda connection: _PAGES.page(
                connection, owner, conditions, after=after, before=before, between=between, ids=ids, limit=limit
            )
        )

    async def file(self) -> None:
        """Enter whatever is not yet in the archives; what was kept before is on disk then."""
        earlier = True  # the first one under way began before what this reader asks for was kept
        while self._filing is not None:
            done: Deferred[bool] = Deferred()
            self._filing.append(done)
            if await done and not earlier:
                return
            earlier = False
        if not self._unfiled:
            barrier = self._database.barrier()
            if barrier is not None:
                await barrier
            return
        await self._file(STEP_ROWS, once=False)

    async def _file_for(self, owner: str) -> None:
        """Enter at least this one's; of many it would take too long to enter everybody's."""
        if self._unfiled < _MANY:
            await self.file()
            return
        barrier = self._database.barrier()
        if barrier is not None:
            await barrier
        late, seen = self._late(), self._seen.get(owner, 0)
        found, looked = await self._database.read(lambda connection: unfiled_of(connection, owner, seen, late))
        for first in range(0, len(found), STEP_ROWS):
            await self._database.write(partial(file_own, owner=owner, seqs=found[first : first + STEP_ROWS]))
        self._seen[owner] = looked

    async def advance(self, most: int) -> bool:
        """Enter the next *most* messages; whether there are more. For quiet times: whoever reads waits for none."""
        if not self._unfiled or self._filing is not None:
            return False
        return not await self._file(most, once=True)

    async def _file(self, most: int, *, once: bool) -> bool:
        """Enter the next messages, or all of them; whether that was all. Who reads meanwhile waits."""
        waiting = self._filing = list[Deferred[bool]]()
        unfiled, late, whole = self._unfiled, self._late(), False
        try:
            while not whole:
                whole = await self._database.write(lambda connection: file(connection, late, most))
                if once:
                    break
            if whole:
                self._unfiled -= unfiled
                self._seen.clear()
            elif self._unfiled - most >= _MANY:
                self._unfiled -= most
        finally:
            self._filing = None
            for each in waiting:
                each.callback(whole)
        return whole

    # ---- bounds

    async def forget_other_domains(self, domains: Iterable[str]) -> int:
        """
        *async* Empty the archives of everybody who is of none of these domains, step by step.

        :returns: how many there were.
        """
        await self.file()
        here = [_entry.owner.endswith(f"@{domain}", autoescape=True) for domain in domains]
        strangers = select(_entry.owner).where(~or_(false(), *here)).distinct()
        owners = await self._database.read(lambda connection: connection.execute(strangers).scalars().all())
        for owner in owners:
            while not await self._database.write(partial(empty, owner=owner)):
                pass
        return len(owners)

    async def overdue(self, domain: str, before: datetime) -> tuple[str, ...]:
        return await self._owners(domain, func.min(_entry.id) < id_at(to_micros(before)))

    async def expire(self, owner: str, before: datetime, most: int) -> bool:
        old = (_entry.owner == owner) & (_entry.id < id_at(to_micros(before)))
        ids = select(_entry.id).where(old).order_by(_entry.id).limit(most)

        def change(connection: Connection) -> bool:
            gone = connection.execute(ids).scalars().all()
            if gone:
                drop(connection, (_entry.owner == owner) & (_entry.id <= gone[-1]), owner)
            return len(gone) == most

        return await self._database.write(change)

    async def over(self, domain: str, messages: int) -> tuple[str, ...]:
        return await self._owners(domain, func.count() > messages)

    async def _owners(self, domain: str, having: Any) -> tuple[str, ...]:
        """Of one domain alone: others' archives are in the same table, and bounds of their own hold for them."""
        await self.file()
        here = _entry.owner.endswith(f"@{domain}", autoescape=True)
        owners = select(_entry.owner).where(here).group_by(_entry.owner).having(having)
        return tuple(await self._database.read(lambda connection: connection.execute(owners).scalars().all()))

    async def trim(self, owner: str, messages: int, most: int) -> bool:
        mine = _entry.owner == owner
        ids = select(_entry.id).where(mine).order_by(_entry.id)

        def change(connection: Connection) -> bool:
            count = connection.execute(select(func.count()).where(mine)).scalar() or 0
            excess = min(count - messages, most)
            if excess > 0:
                last = connection.execute(ids.limit(excess)).scalars().all()[-1]
                drop(connection, mine & (_entry.id <= last), owner)
            return count - excess > messages > 0

        return await self._database.write(change)

    # ---- inside

    def _late(self) -> int:
        return seq_at(int((self._now() - _LATE_SECONDS) * 1_000_000))

    def _file_aside(self) -> None:
        self._aside(Deferred.fromCoroutine(self.file()))

    def _aside(self, work: Any) -> None:
        work.addErrback(lambda failure: log.error("Archives of accounts: {why}", why=failure.getErrorMessage()))


def _archived(row: Any) -> Archived:
    stamp = from_micros(micros_of(row.id))
    return Archived(row.id, row.owner, row.with_jid, row.sender, stamp, bytes(row.stanza))


_PAGES = Pages(personal_archive, _ROWS, _archived)
