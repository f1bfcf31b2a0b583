"""
Bearer tokens for coming back without a password (RFC 7628 carries them; ``docs/protocol.md``, "Tokens").

256 random bits; the store keeps only their SHA-256. A code is a token for one sign-in within moments, by which a page
hands somebody over to the dashboard. A device's token is for somebody who stays signed in there: it lasts for days, and
gives way to another one whenever it has served. Leaves out the requests that issue tokens, which are a module's.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ccm.interfaces import ITokens
from ccm.records import Token

PURPOSE = "session"
PREFIX = "ccms_"  # so that a leaked one is recognised for what it is
ENTRY = "entry"
ENTRY_PREFIX = "ccme_"
DEVICE = "device"
DEVICE_PREFIX = "ccmd_"
MOST_DEVICES = 20
#: How long a device's token still serves beside the one that took its place: that one may not have arrived.
REPLACED = timedelta(minutes=5)
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


@dataclass(frozen=True, slots=True)
class Device:
    """
    Where somebody stays signed in.

    :ivar id: its own word for itself. :ivar name: for people. :ivar seen: when its token was issued.
    """

    id: str
    name: str
    seen: datetime
    expires: datetime


class Tokens:
    """
    :param now: aware UTC time.
    :param hours: how long a new one lasts. :param days: likewise, a device's.
    """

    def __init__(self, store: ITokens, now: Callable[[], datetime], hours: float = 24, days: float = 30) -> None:
        self._store = store
        self._now = now
        self._hours = hours
        self._days = days

    async def issue(self, jid: str, scope: str = "", until: datetime | None = None) -> tuple[str, datetime]:
        """A new token for that bare JID, and when it ends, *until* at the latest; it ends none of the others."""
        token = PREFIX + secrets.token_urlsafe(32)
        expires = self._now() + timedelta(hours=self._hours)
        expires = min(expires, until) if until is not None else expires
        await self._store.issue(Token(token_hash(token), PURPOSE, jid, scope, expires, _ANY_NUMBER_OF_USES))
        return token, expires

    async def stay(
        self, jid: str, device: str, name: str, scope: str = "", until: datetime | None = None
    ) -> tuple[str, datetime]:
        """A token for a device, and when it ends; the one it had ends within minutes, one device too many at once."""
        now = self._now()
        kept = await self._store.of(DEVICE, jid)
        others = [each for each in kept if _device(each).id != device]
        for each in kept:
            if _device(each).id == device and each.expires > now + REPLACED:
                await self._store.issue(replace(each, expires=now + REPLACED))
        for each in others[MOST_DEVICES - 1 :]:
            await self._store.end(DEVICE, each.hash)
        expires = now + timedelta(days=self._days)
        expires = min(expires, until) if until is not None else expires
        token = DEVICE_PREFIX + secrets.token_urlsafe(32)
        about = json.dumps({"scope": scope, "device": device, "name": name, "seen": now.timestamp()})
        await self._store.issue(Token(token_hash(token), DEVICE, jid, about, expires, _ANY_NUMBER_OF_USES))
        return token, expires

    async def devices(self, jid: str) -> tuple[Device, ...]:
        """Where that account stays signed in, the one that came last first."""
        found: dict[str, Device] = {}
        for token in await self._store.of(DEVICE, jid):
            device = _device(token)
            found.setdefault(device.id, device)
        return tuple(sorted(found.values(), key=lambda device: device.seen, reverse=True))

    async def forget(self, jid: str, device: str) -> None:
        """Nobody comes in any more by that device's tokens."""
        for token in await self._store.of(DEVICE, jid):
            if _device(token).id == device:
                await self._store.end(DEVICE, token.hash)

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
        found = await self._find(token)
        if found is None:
            return None
        return Bearer(found.subject, json.loads(found.scope)["scope"] if found.purpose == DEVICE else found.scope)

    async def check(self, token: str) -> str | None:
        """The bare JID it stands for, or ``None`` if it is unknown, expired or revoked."""
        found = await self._find(token)
        return found.subject if found is not None else None

    async def revoke(self, jid: str, token: str | None = None) -> None:
        """End every token of that account, or that one if it is the account's."""
        if token is None:
            for purpose in (PURPOSE, ENTRY, DEVICE):
                await self._store.revoke(purpose, jid)
            return
        found = await self._find(token)
        if found is not None and found.subject == jid:
            await self._store.end(found.purpose, found.hash)

    async def _find(self, token: str) -> Token | None:
        purpose = DEVICE if token.startswith(DEVICE_PREFIX) else PURPOSE if token.startswith(PREFIX) else ""
        if not purpose or len(token) > _MOST_CHARACTERS:
            return None
        return await self._store.look(purpose, token_hash(token))


def _device(token: Token) -> Device:
    about = json.loads(token.scope)
    return Device(about["device"], about["name"], datetime.fromtimestamp(about["seen"], UTC), token.expires)
