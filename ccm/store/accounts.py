"""
Who may sign in: accounts with their SCRAM verifiers, found by chat address, localpart or validated mail address.

All JIDs are also held in memory, for routing, and accounts found of late, so that whoever comes back costs no query.
What another process changes is noticed by :meth:`Accounts.refresh`. Leaves out passwords: verifiers are derived
elsewhere.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import IAccounts, IDatabase
from ccm.records import Account, Verifier
from ccm.store import removals
from ccm.store.filing import empty
from ccm.store.prepared import Prepared
from ccm.store.schema import accounts, marks, tokens
from ccm.store.times import from_micros, seconds_to_micros
from ccm.store.upsert import upsert

log = Logger()

_MARK = "accounts"  # rises with every change, so that other processes notice
_EMPTYING = "emptying:"  # and the bare JID of an account that is gone, while its archive is not
_VERIFIERS = "verifiers:"  # and a bare JID: what _MARK was when its password was last changed, or it was switched off
_MAILED = ("reset", "address")  # purposes of tokens that stand in mails
_MOST_RECENT = 20_000  # accounts that are remembered by the name they were found by
_LONGEST_RECENT = 256  # characters of such a name

_BY_JID = Prepared(select(accounts).where(accounts.c.jid == bindparam("jid")))
_BY_MAIL = Prepared(select(accounts).where(accounts.c.email_key == bindparam("email_key")))
_BY_LOCALPART = Prepared(select(accounts).where(accounts.c.localpart == bindparam("localpart")).limit(2))


@implementer(IAccounts)
class Accounts:
    """
    :param host: the domain meant by a localpart alone, if several domains have it.
    :param now: seconds since the epoch.
    """

    def __init__(self, database: IDatabase, now: Callable[[], float], host: str = "") -> None:
        self._database = database
        self._now = now
        self._host = host
        self._jids: set[str] = set()
        self._seen = -1
        self._own: dict[str, int] = {}  # passwords changed here: what _MARK was
        self._recent: dict[str, Account] = {}
        self._changes = 0
        self._untold: set[str] = set()

    async def open(self) -> None:
        """Load the JIDs."""
        await self.refresh()

    async def refresh(self) -> frozenset[str]:
        """
        Load the JIDs anew, and nothing is recent, if an account was changed.

        :returns: the JIDs that another process (``ccm user``) removed, switched off or gave a new password since then.
        """
        seen = self._seen
        mark, jids, passwords, untold = await self._database.read(lambda connection: _news(connection, seen))
        if jids is None or mark < self._seen:
            return frozenset()
        gone = self._jids - jids
        elsewhere = {jid for jid, at in passwords.items() if self._own.get(jid) != at}
        self._own = {jid: at for jid, at in self._own.items() if at > mark}
        self._seen, self._jids, self._untold = mark, jids, untold
        self._changed()
        return frozenset(gone | elsewhere) if seen >= 0 else frozenset()

    async def find(self, name: str) -> Account | None:
        name = name.strip()
        if not name:
            return None
        recent = self._recent.get(name)
        if recent is not None:
            return recent
        try:
            jid = address.prepare(name)
        except StanzaError:
            jid = ""
        changes = self._changes
        found = await self._database.read(lambda connection: _find(connection, jid, name, self._host))
        if found is not None and changes == self._changes and len(name) <= _LONGEST_RECENT:
            self._remember(name, found)
        return self._noticed(found)

    async def get(self, jid: str) -> Account | None:
        found = await self._database.read(lambda connection: _get(connection, jid), ("account", jid))
        if found is None:
            self._jids.discard(jid)
        return self._noticed(found)

    def exists(self, jid: str) -> bool:
        return jid in self._jids

    async def create(self, jid: str, name: str, email: str | None, verifiers: Iterable[Verifier]) -> Account:
        account = Account(jid, name, email, from_micros(seconds_to_micros(self._now())), tuple(verifiers))
        await self._database.write(lambda connection: put(connection, account))
        self.created(account)
        return account

    def created(self, account: Account) -> None:
        """Note an account that :func:`put` made in somebody else's transaction."""
        self._jids.add(account.jid)
        self._changed()

    async def set_verifiers(self, jid: str, verifiers: Iterable[Verifier]) -> None:
        blob = pack_verifiers(verifiers)

        def change(connection: Connection) -> int:
            # Whoever had the old password signs in again, and no link or code they asked for works any longer.
            return _end_sign_ins(connection, jid, {"verifiers": blob})

        self._own[jid] = await self._database.write(change)
        self._changed()

    async def set_enabled(self, jid: str, enabled: bool) -> None:
        def change(connection: Connection) -> int | None:
            if not enabled:
                return _end_sign_ins(connection, jid, {"enabled": False})
            _one(connection.execute(update(accounts).where(accounts.c.jid == jid).values(enabled=True)).rowcount)
            _touch(connection)
            return None

        at = await self._database.write(change)
        if at is not None:
            self._own[jid] = at
        self._changed()

    async def set_email(self, jid: str, email: str) -> None:
        key = email_key(email)
        taken = select(accounts.c.jid).where(
            accounts.c.jid != jid, or_(accounts.c.email_key == key, accounts.c.jid == key)
        )

        def change(connection: Connection) -> None:
            if connection.execute(taken.limit(1)).first() is not None:
                raise _taken()
            statement = update(accounts).where(accounts.c.jid == jid).values(email=email, email_key=key)
            try:
                _one(connection.execute(statement).rowcount)
            except IntegrityError as error:
                raise _taken() from error
            # A link in a mail to another address than the present one leads nowhere.
            connection.execute(delete(tokens).where(tokens.c.subject == jid, tokens.c.purpose.in_(_MAILED)))
            _touch(connection)

        await self._database.write(change)
        self._changed()

    async def delete(self, jid: str) -> None:
        """
        See :meth:`ccm.interfaces.IAccounts.delete`; what the archive holds goes afterwards, step by step.

        Whoever asks need not wait for that: sessions must end at once. Until all of it is gone nobody else gets the
        name, and :meth:`finish` goes on after a crash.
        """

        def change(connection: Connection) -> None:
            _one(connection.execute(delete(accounts).where(accounts.c.jid == jid)).rowcount)
            removals.remove(connection, jid)
            upsert(connection, marks, {"name": _EMPTYING + jid, "value": 0})
            connection.execute(delete(marks).where(marks.c.name == _VERIFIERS + jid))
            _touch(connection)

        await self._database.write(change)
        self._jids.discard(jid)
        self._untold.add(jid)
        self._changed()
        Deferred.fromCoroutine(self._empty(jid)).addErrback(
            lambda failure: log.warn(
                "The archive of {jid}, who is gone, is emptied at the next start: {why}",
                jid=jid,
                why=failure.getErrorMessage(),
            )
        )

    def removed(self) -> frozenset[str]:
        return frozenset(self._untold)

    async def told(self, jid: str) -> None:
        await self._database.write(lambda connection: removals.told(connection, [jid]))
        self._untold.discard(jid)

    async def finish(self) -> None:
        """*async* Empty the archives of accounts that are being removed. :raises StoreUnavailable: as any write."""
        begun = select(marks.c.name).where(marks.c.name.startswith(_EMPTYING, autoescape=True))
        for name in await self._database.read(lambda connection: connection.execute(begun).scalars().all()):
            await self._empty(name.removeprefix(_EMPTYING))

    async def _empty(self, jid: str) -> None:
        """Others write between two steps."""

        def step(connection: Connection) -> bool:
            last = empty(connection, jid)
            if last:
                connection.execute(delete(marks).where(marks.c.name == _EMPTYING + jid))
            return last

        while not await self._database.write(step):
            pass

    async def count(self, domain: str, enabled: bool | None = None) -> int:
        statement = select(func.count()).select_from(accounts).where(*_of(domain, enabled))
        return await self._database.read(lambda connection: int(connection.execute(statement).scalar() or 0))

    async def names(self, domain: str, enabled: bool | None = None, limit: int = 100) -> tuple[str, ...]:
        statement = select(accounts.c.jid).where(*_of(domain, enabled)).order_by(accounts.c.jid).limit(limit)
        return await self._database.read(lambda connection: tuple(connection.execute(statement).scalars()))

    async def all(self, domain: str | None = None) -> tuple[Account, ...]:
        return await self._database.read(lambda connection: _all(connection, domain))

    def _remember(self, name: str, account: Account) -> None:
        if len(self._recent) >= _MOST_RECENT:
            del self._recent[next(iter(self._recent))]
        self._recent[name] = account

    def _changed(self) -> None:
        """An account is new or another, and a name may mean somebody else."""
        self._recent.clear()
        self._changes += 1  # what a query that is under way finds is not kept

    def _noticed(self, account: Account | None) -> Account | None:
        if account is not None:
            self._jids.add(account.jid)
        return account


def put(connection: Connection, account: Account) -> None:
    """
    Make an account within a transaction.

    :raises StanzaError: ``conflict`` if its JID or mail address is taken, or the one is another's other: both are
        names to sign in with.
    """
    key = email_key(account.email)
    names = {account.jid, key} - {None}
    clash = select(accounts.c.jid).where(or_(accounts.c.jid.in_(names), accounts.c.email_key.in_(names))).limit(1)
    row = {
        "jid": account.jid,
        "localpart": address.local(account.jid) or "",
        "name": account.name,
        "email": account.email,
        "email_key": key,
        "created": seconds_to_micros(account.created.timestamp()),
        "enabled": account.enabled,
        "verifiers": pack_verifiers(account.verifiers),
    }
    if connection.execute(clash).first() is not None:
        raise _taken()
    if connection.execute(select(marks.c.name).where(marks.c.name == _EMPTYING + account.jid)).first() is not None:
        raise StanzaError("conflict", "That account was removed just now. Choose another address, or try again soon.")
    try:
        connection.execute(insert(accounts).values(**row))
    except IntegrityError as error:  # another process was faster
        raise _taken() from error
    _touch(connection)


def email_key(email: str | None) -> str | None:
    """A mail address as it is compared: without regard to case."""
    return None if email is None else email.strip().casefold()


def pack_verifiers(verifiers: Iterable[Verifier]) -> bytes:
    """Verifiers as one blob."""
    return msgspec.msgpack.encode(tuple(verifiers))


def unpack_verifiers(blob: bytes) -> tuple[Verifier, ...]:
    """The reverse of :func:`pack_verifiers`."""
    return msgspec.msgpack.decode(blob, type=tuple[Verifier, ...])


def _taken() -> StanzaError:
    return StanzaError("conflict", "That address is already taken. Choose another one.")


def _one(count: int) -> None:
    if count != 1:
        raise StanzaError("item-not-found", "There is no such account.")


def _touch(connection: Connection) -> None:
    changed = update(marks).where(marks.c.name == _MARK).values(value=marks.c.value + 1)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(marks).values(name=_MARK, value=1))


def _mark(connection: Connection) -> int:
    return connection.execute(select(marks.c.value).where(marks.c.name == _MARK)).scalar() or 0


def _news(connection: Connection, seen: int) -> tuple[int, set[str] | None, dict[str, int], set[str]]:
    """The mark; if it is not the one seen all JIDs, whose password was changed since and at which mark, who is gone."""
    mark = _mark(connection)
    if mark == seen:
        return mark, None, {}, set()
    changed = select(marks).where(marks.c.name.startswith(_VERIFIERS, autoescape=True), marks.c.value > seen)
    passwords = {row.name.removeprefix(_VERIFIERS): row.value for row in connection.execute(changed)}
    return mark, set(connection.execute(select(accounts.c.jid)).scalars()), passwords, removals.untold(connection)


def _get(connection: Connection, jid: str) -> Account | None:
    row = _BY_JID.first(connection, jid=jid)
    return None if row is None else _account(row)


def _find(connection: Connection, jid: str, name: str, host: str) -> Account | None:
    if "@" in name:
        row = _BY_MAIL.first(connection, email_key=email_key(name))
        return _get(connection, jid) or (None if row is None else _account(row))
    # A localpart comes out of preparation as a domain; both fold case.
    rows = _BY_LOCALPART.rows(connection, localpart=jid)
    if len(rows) == 1:
        return _account(rows[0])
    return _get(connection, address.join(jid, host)) if rows and host else None


def _end_sign_ins(connection: Connection, jid: str, values: dict[str, Any]) -> int:
    """Change an account so that nothing that signed in before does so again; answers the mark that others notice."""
    _one(connection.execute(update(accounts).where(accounts.c.jid == jid).values(**values)).rowcount)
    connection.execute(delete(tokens).where(tokens.c.subject == jid))
    _touch(connection)
    at = _mark(connection)
    upsert(connection, marks, {"name": _VERIFIERS + jid, "value": at})
    return at


def _of(domain: str | None, enabled: bool | None = None) -> list[Any]:
    """The conditions for the accounts of a domain, those that may sign in, or that may not."""
    conditions: list[Any] = []
    if domain is not None:
        conditions.append(func.substr(accounts.c.jid, func.length(accounts.c.localpart) + 2) == domain)
    if enabled is not None:
        conditions.append(accounts.c.enabled == enabled)
    return conditions


def _all(connection: Connection, domain: str | None) -> tuple[Account, ...]:
    statement = select(accounts).order_by(accounts.c.jid).where(*_of(domain))
    return tuple(map(_account, connection.execute(statement)))


def _account(row: Any) -> Account:
    return Account(
        jid=row.jid,
        name=row.name,
        email=row.email,
        created=from_micros(row.created),
        verifiers=unpack_verifiers(row.verifiers),
        enabled=bool(row.enabled),
    )
