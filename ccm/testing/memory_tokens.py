"""Secrets handed out, in memory: a fake of their store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from zope.interface import implementer

from ccm import records as r
from ccm.interfaces import ITokens


@implementer(ITokens)
class MemoryTokens:
    """Token hashes in a dictionary."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._tokens: dict[tuple[str, bytes], r.Token] = {}

    async def issue(self, token: r.Token) -> None:
        self._tokens[token.purpose, token.hash] = token

    async def look(self, purpose: str, hash_: bytes) -> r.Token | None:
        token = self._tokens.get((purpose, hash_))
        return token if token is not None and token.uses > 0 and token.expires > self._now() else None

    async def redeem(self, purpose: str, hash_: bytes) -> r.Token | None:
        token = await self.look(purpose, hash_)
        if token is not None:
            self._tokens[purpose, hash_] = replace(token, uses=token.uses - 1)
        return token

    async def of(self, purpose: str, subject: str) -> tuple[r.Token, ...]:
        theirs = [t for t in self._tokens.values() if (t.purpose, t.subject) == (purpose, subject)]
        valid = [t for t in theirs if t.uses > 0 and t.expires > self._now()]
        return tuple(sorted(valid, key=lambda t: t.expires, reverse=True))

    async def revoke(self, purpose: str, subject: str) -> None:
        self._tokens = {key: t for key, t in self._tokens.items() if (t.purpose, t.subject) != (purpose, subject)}

    async def end(self, purpose: str, hash_: bytes) -> None:
        self._tokens.pop((purpose, hash_), None)
