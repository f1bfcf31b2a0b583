"""
Bearer tokens for coming back without a password (RFC 7628 carries them; ``docs/protocol.md``, "Tokens").

256 random bits; the store keeps only their SHA-256. A code is a token for one sign-in within moments, by which a page
hands somebody over to the dashboard. Leaves out the request that issues tokens, which is a module's.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccm.interfaces import ITokens
from ccm.records import Token

PURPOSE = "session"
PREFIX = "ccms_"  # so that a leaked one is recognised for what it is
ENTRY = "entry"
ENTRY_PREFIX = "ccme_"
_MOST_CHARACTERS = 200
_ANY_NUMBER_OF_USES = 2**31 - 1


def token_hash(token: str) -> bytes:
    """What is stored in its place."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for. :ivar scope: what it permits, as text; ``""`` is all that the account may do."""

    jid: str
    scope: str


class Tokens:
    """
    :param now: aware UTC time.
    :param hours: how long a new one lasts.
    """

    def __init__(self, store: ITokens, now: Callable[[], datetime], hours: float = 24) -> None:
        self._store = store
        self._now = now
        self._hours = hours

    async def issue(self, jid: str, scope: str = "", until: datetime | None = None) -> tuple[str, datetime]:
        """A new token for that bare JID, and when it ends, *until* at the latest; it ends none of the others."""
        token = PREFIX + secrets.token_urlsafe(32)
        expires = self._now() + timedelta(hours=self._hours)
        expires = min(expires, until) if until is not None else expires
        await self._store.issue(Token(token_hash(token), PURPOSE, jid, scope, expires, _ANY_NUMBER_OF_USES))
        return token, expires

    async def code(self, jid: str, seconds: float, scope: str = "") -> str:
        """A token for one sign-in within so many seconds."""
        token = ENTRY_PREFIX + secrets.token_urlsafe(32)
        await self._store.issue(Token(token_hash(token), ENTRY, jid, scope, self._now() + timedelta(seconds=seconds)))
        return token

    async def use_code(self, code: str) -> Bearer | None:
        """Whom a code stands for, once; ``None`` if it is unknown, expired, revoked or used."""
        if not code.startswith(ENTRY_PREFIX) or len(code) > _MOST_CHARACTERS:
            return None
        found = await self._store.redeem(ENTRY, token_hash(code))
        return Bearer(found.subject, found.scope) if found is not None else None

    async def admit(self, token: str) -> Bearer | None:
        """Whom a token or a code lets in, using the code up; ``None`` if it lets nobody in."""
        if token.startswith(ENTRY_PREFIX):
            return await self.use_code(token)
        if not token.startswith(PREFIX) or len(token) > _MOST_CHARACTERS:
            return None
        found = await self._store.look(PURPOSE, token_hash(token))
        return Bearer(found.subject, found.scope) if found is not None else None

    async def check(self, token: str) -> str | None:
        """The bare JID it stands for, or ``None`` if it is unknown, expired or revoked."""
        if not token.startswith(PREFIX) or len(token) > _MOST_CHARACTERS:
            return None
        found = await self._store.look(PURPOSE, token_hash(token))
        return found.subject if found is not None else None

    async def revoke(self, jid: str, token: str | None = None) -> None:
        """End every token of that account, or that one if it is the account's."""
        if token is None:
            await self._store.revoke(PURPOSE, jid)
            await self._store.revoke(ENTRY, jid)
        elif await self.check(token) == jid:
            await self._store.end(PURPOSE, token_hash(token))
