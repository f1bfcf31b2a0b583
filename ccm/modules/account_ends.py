"""
Ends the sessions of an account at once when somebody outside the router has ended it or its password.

Whoever does so tells the session state's bus (``account-ended``, JSON ``jid``, ``why``, and ``but``: the session that
stays). What the bus loses, the server finds in the store within seconds. Leaves out accounts that end in-band
(XEP-0077).
"""

from typing import Any

import msgspec
from twisted.logger import Logger

from ccm import address
from ccm.errors import StoreUnavailable
from ccm.modules.aside import aside
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services

log = Logger()

CHANNEL = "account-ended"
_WORDS = {
    "password": "The password was changed. Sign in with the new one.",
    "removed": "The account has been removed.",
    "revoked": "Your invitation was taken back.",
    "claimed": "You have an account now. Sign in with it.",
}


class _Ended(msgspec.Struct):
    jid: str
    why: str
    but: str = ""


class AccountEnds:
    """Hears the bus."""

    def __init__(self, router: Router, services: Services, _options: Any) -> None:
        self._router = router
        self._services = services
        aside(services.state.subscribe(CHANNEL, self._heard), "listening to ends of accounts")

    def _heard(self, message: bytes) -> None:
        try:
            ended = msgspec.json.decode(message, type=_Ended)
        except msgspec.DecodeError:
            log.warn("A message on the bus could not be read: {channel}", channel=CHANNEL)
            return
        end_sessions(self._router, ended.jid, _WORDS.get(ended.why, "You were signed out."), ended.but)
        here = address.domain(ended.jid) in self._router.hosts  # of several domains, one tells all
        if here and not self._services.accounts.exists(ended.jid):
            aside(tell_deleted(self._router, self._services, ended.jid), "telling that an account is gone")


def end_sessions(router: Router, jid: str, why: str, but: str = "") -> None:
    """End every session of an account, for good, except that of the full JID *but*."""
    for session in router.sessions_of(jid):
        if session.jid != but:
            session.close("not-authorized", why)


async def tell_deleted(router: Router, services: Services, jid: str) -> None:
    """An account is gone: rooms, nodes and contacts here forget it, those of the other domains as well."""
    await (services.tell or router.tell)("account-deleted", jid)
    try:
        await services.accounts.told(jid)
    except StoreUnavailable as error:
        log.warn("That {jid} is gone will be told once more: {why}", jid=jid, why=str(error))


plugin = Module("account_ends", "CCM", AccountEnds)
