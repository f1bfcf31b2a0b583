"""Registrations that wait for their mail address to be confirmed; confirming one makes the account, once."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, delete, or_, select
from zope.interface import implementer

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import IDatabase, IPending
from ccm.records import Account, PendingRegistration
from ccm.store.accounts import Accounts, pack_verifiers, put, unpack_verifiers
from ccm.store.outbox import Outbox
from ccm.store.schema import pending
from ccm.store.times import from_micros, seconds_to_micros, to_micros
from ccm.store.upsert import upsert


@implementer(IPending)
class Pending:
    """
    :param accounts: told of the accounts made.
    :param outbox: takes the mails that ask to confirm.
    :param now: seconds since the epoch.
    """

    def __init__(self, database: IDatabase, accounts: Accounts, outbox: Outbox, now: Callable[[], float]) -> None:
        self._database = database
        self._accounts = accounts
        self._outbox = outbox
        self._now = now

    async def add(self, pending_: PendingRegistration, jobs: Iterable[tuple[str, str, str]] = ()) -> None:
        jobs = tuple(jobs)
        row = {
            "token_hash": pending_.token_hash,
            "address": pending_.address,
            "jid": pending_.jid,
            "name": pending_.name,
            "verifiers": pack_verifiers(pending_.verifiers),
            "expires": to_micros(pending_.expires),
        }
        now = seconds_to_micros(self._now())

        def change(connection: Connection) -> None:
            connection.execute(delete(pending).where(pending.c.expires <= now))
            upsert(connection, pending, row)
            self._outbox.put(connection, jobs)

        await self._database.write(change)
        self._outbox.added(jobs)

    async def look(self, token_hash: bytes) -> PendingRegistration | None:
        now = seconds_to_micros(self._now())
        statement = select(pending).where(pending.c.token_hash == token_hash, pending.c.expires > now)
        row = await self._database.read(lambda connection: connection.execute(statement).first())
        return None if row is None else _pending(row)

    async def find(self, name: str) -> PendingRegistration | None:
        mine = or_(pending.c.address == name, pending.c.jid == name)
        lasting = pending.c.expires > seconds_to_micros(self._now())
        statement = select(pending).where(mine, lasting).order_by(pending.c.expires.desc()).limit(1)
        row = await self._database.read(lambda connection: connection.execute(statement).first())
        return None if row is None else _pending(row)

    async def as_account(self, name: str, host: str) -> Account | None:
        """Who waits under a chat address of *host* (or its local part), as an account that is switched off."""
        try:
            jid = address.prepare(name if "@" in name else f"{name}@{host}")
        except StanzaError:
            return None
        found = await self.find(jid) if address.domain(jid) == host else None
        if found is None or found.jid != jid:
            return None
        return Account(jid, found.name, None, found.expires, found.verifiers, enabled=False)

    async def confirm(self, token_hash: bytes) -> Account:
        now = seconds_to_micros(self._now())
        mine = pending.c.token_hash == token_hash, pending.c.expires > now

        def change(connection: Connection) -> Account:
            row = connection.execute(delete(pending).where(*mine).returning(*pending.c)).first()
            if row is None:
                raise StanzaError("item-not-found", "This link is unknown, expired or used. Register once more.")
            found = _pending(row)
            connection.execute(delete(pending).where(pending.c.address == found.address))
            account = Account(found.jid, found.name, found.address, from_micros(now), found.verifiers)
            put(connection, account)
            return account

        account = await self._database.write(change)
        self._accounts.created(account)
        return account


def _pending(row: Any) -> PendingRegistration:
    return PendingRegistration(
        address=row.address,
        jid=row.jid,
        name=row.name,
        verifiers=unpack_verifiers(row.verifiers),
        token_hash=row.token_hash,
        expires=from_micros(row.expires),
    )
