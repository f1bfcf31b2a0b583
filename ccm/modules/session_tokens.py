"""
Tokens for coming back without a password (``docs/protocol.md``, "Tokens"; RFC 7628 takes them).

Leaves out checking them: the SASL exchange does that.
"""

from datetime import UTC, datetime
from typing import Any

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.router.hooks import Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.guests import MARK, Scope
from ccm.session.tokens import Tokens
from ccm.wire.stanza import Stanza, attribute, text

_MOST_CHARACTERS = 80  # of what a device says of itself


class SessionTokenOptions(Section):
    """How long a token can be used after it was issued; ``stay_days``: one of a device on which somebody stays."""

    token_hours: Count = 24
    stay_days: Count = 30


class SessionTokens:
    """Issues and revokes the tokens of the account that asks."""

    def __init__(self, router: Router, services: Services, options: SessionTokenOptions) -> None:
        self._router = router
        self._accounts = services.accounts
        self._tokens = Tokens(
            services.tokens,
            lambda: datetime.fromtimestamp(services.now(), UTC),
            options.token_hours,
            options.stay_days,
        )

    @on.iq("set", ns.TOKEN, "token", to=(Target.NONE, Target.HOST))
    async def issue(self, stanza: Stanza, origin: Any) -> Stanza:
        """A new one ends none of the others; a guest's never lasts beyond the visit."""
        account = await self._accounts.get(self._owner(stanza, origin))
        if account is None:
            raise StanzaError("not-allowed", "Only accounts and invited guests get tokens.")
        scope = origin.state.get(MARK, "")
        until = Scope.parse(scope).until if scope else None
        asked = stanza.element.firstChildElement()
        device = _word(asked.getAttribute("device"))
        if device:
            name = _word(asked.getAttribute("name"))
            token, expires = await self._tokens.stay(account.jid, device, name, scope, until)
        else:
            token, expires = await self._tokens.issue(account.jid, scope, until)
        head = f"<token xmlns='{ns.TOKEN}' expires='{_stamp(expires)}' name='{attribute(account.name)}'>".encode()
        return stanza.result(head + text(token) + b"</token>", ((ns.TOKEN, "token"),))

    @on.iq("get", ns.TOKEN, "devices", to=(Target.NONE, Target.HOST))
    async def devices(self, stanza: Stanza, origin: Any) -> Stanza:
        """Where the account that asks stays signed in."""
        rows = "".join(
            f"<device id='{attribute(each.id)}' name='{attribute(each.name)}' seen='{_stamp(each.seen)}'"
            f" expires='{_stamp(each.expires)}'/>"
            for each in await self._tokens.devices(self._owner(stanza, origin))
        )
        return stanza.result(f"<devices xmlns='{ns.TOKEN}'>{rows}</devices>".encode(), ((ns.TOKEN, "devices"),))

    @on.iq("set", ns.TOKEN, "revoke", to=(Target.NONE, Target.HOST))
    async def revoke(self, stanza: Stanza, origin: Any) -> Stanza:
        """The token named ends, or the device's, else all of the account's; sessions that are open stay."""
        asked, owner = stanza.element.firstChildElement(), self._owner(stanza, origin)
        device = _word(asked.getAttribute("device"))
        if device:
            await self._tokens.forget(owner, device)
        else:
            await self._tokens.revoke(owner, str(asked).strip() or None)
        return stanza.result()

    def _owner(self, stanza: Stanza, origin: Any) -> str:
        if not self._router.is_client(origin):
            raise StanzaError("forbidden", "A token is for the account that asks. Sign in to get one.")
        return address.bare(stanza.from_ or "")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _word(said: str | None) -> str:
    """What a device says of itself: short, and in one line."""
    return "".join(char for char in said or "" if char.isprintable())[:_MOST_CHARACTERS].strip()


plugin = Module("session_tokens", "CCM urn:ccm:token:0", SessionTokens, (ns.TOKEN,), SessionTokenOptions)
