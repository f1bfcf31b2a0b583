"""Secrets handed out, kept as hashes; a redemption is one conditional update, so of parallel ones one wins."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, select, update
from zope.interface import implementer

from ccm.interfaces import IDatabase, ITokens
from ccm.records import Token
from ccm.store.schema import tokens
from ccm.store.times import from_micros, seconds_to_micros, to_micros
from ccm.store.upsert import upsert


@implementer(ITokens)
class Tokens:
    """:param now: seconds since the epoch."""

    def __init__(self, database: IDatabase, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def issue(self, token: Token) -> None:
        row = {
            "purpose": token.purpose,
            "hash": token.hash,
            "subject": token.subject,
            "scope": token.scope,
            "expires": to_micros(token.expires),
            "uses": token.uses,
        }
        now = seconds_to_micros(self._now())

        def change(connection: Connection) -> None:
            connection.execute(delete(tokens).where(tokens.c.expires <= now))
            upsert(connection, tokens, row)

        await self._database.write(change)

    async def look(self, purpose: str, hash_: bytes) -> Token | None:
        valid = self._valid(purpose, hash_)
        return await self._database.read(
            lambda connection: _token(connection.execute(select(tokens).where(*valid)).first())
        )

    async def redeem(self, purpose: str, hash_: bytes) -> Token | None:
        valid = self._valid(purpose, hash_)
        statement = update(tokens).where(*valid).values(uses=tokens.c.uses - 1).returning(*tokens.c)
        return await self._database.write(lambda connection: _token(connection.execute(statement).first()))

    async def of(self, purpose: str, subject: str) -> tuple[Token, ...]:
        now = seconds_to_micros(self._now())
        theirs = (tokens.c.purpose == purpose, tokens.c.subject == subject, tokens.c.uses > 0, tokens.c.expires > now)
        found = select(tokens).where(*theirs).order_by(tokens.c.expires.desc())
        return await self._database.read(lambda connection: tuple(map(_kept, connection.execute(found))))

    async def revoke(self, purpose: str, subject: str) -> None:
        statement = delete(tokens).where(tokens.c.subject == subject, tokens.c.purpose == purpose)

        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)

    async def end(self, purpose: str, hash_: bytes) -> None:
        statement = delete(tokens).where(tokens.c.purpose == purpose, tokens.c.hash == hash_)

        def change(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(change)

    def _valid(self, purpose: str, hash_: bytes) -> tuple[Any, ...]:
        now = seconds_to_micros(self._now())
        return tokens.c.purpose == purpose, tokens.c.hash == hash_, tokens.c.uses > 0, tokens.c.expires > now


def _token(row: Any) -> Token | None:
    return None if row is None else _kept(row)


def _kept(row: Any) -> Token:
    return Token(row.hash, row.purpose, row.subject, row.scope, from_micros(row.expires), row.uses)
