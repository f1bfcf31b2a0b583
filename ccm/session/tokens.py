"""
Bearer tokens for coming back without a password (RFC 7628 carries them; ``docs/protocol.md``, "Tokens").

256 random bits; the store keeps only their SHA-256. Leaves out the request that issues them, which is a module's.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from ccm.interfaces import ITokens
from ccm.records import Token

PURPOSE = "session"
PREFIX = "ccms_"  # so that a leaked one is recognised for what it is
_ANY_NUMBER_OF_USES = 2**31 - 1


def token_hash(token: str) -> bytes:
    """What is stored in its place."""
    return hashlib.sha256(token.encode()).digest()


class Tokens:
    """
    :param now: aware UTC time.
    :param hours: how long a new one lasts.
    """

    def __init__(self, store: ITokens, now: Callable[[], datetime], hours: float = 24) -> None:
        self._store = store
        self._now = now
        self._hours = hours

    async def issue(self, jid: str) -> tuple[str, datetime]:
        """A new token for that bare JID, and when it ends; it ends none of the others."""
        token = PREFIX + secrets.token_urlsafe(32)
        expires = self._now() + timedelta(hours=self._hours)
        await self._store.issue(Token(token_hash(token), PURPOSE, jid, "", expires, _ANY_NUMBER_OF_USES))
        return token, expires

    async def check(self, token: str) -> str | None:
        """The bare JID it stands for, or ``None`` if it is unknown, expired or revoked."""
        if not token.startswith(PREFIX) or len(token) > 200:
            return None
        found = await self._store.look(PURPOSE, token_hash(token))
        return found.subject if found is not None else None

    async def revoke(self, jid: str, token: str | None = None) -> None:
        """End every token of that account, or that one if it is the account's."""
        if token is None:
            await self._store.revoke(PURPOSE, jid)
        elif await self.check(token) == jid:
            await self._store.end(PURPOSE, token_hash(token))
