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


class SessionTokenOptions(Section):
    """How long a token can be used after it was issued."""

    token_hours: Count = 24


class SessionTokens:
    """Issues and revokes the tokens of the account that asks."""

    def __init__(self, router: Router, services: Services, options: SessionTokenOptions) -> None:
        self._router = router
        self._accounts = services.accounts
        self._tokens = Tokens(services.tokens, lambda: datetime.fromtimestamp(services.now(), UTC), options.token_hours)

    @on.iq("set", ns.TOKEN, "token", to=(Target.NONE, Target.HOST))
    async def issue(self, stanza: Stanza, origin: Any) -> Stanza:
        """A new one ends none of the others; a guest's never lasts beyond the visit."""
        account = await self._accounts.get(self._owner(stanza, origin))
        if account is None:
            raise StanzaError("not-allowed", "Only accounts and invited guests get tokens.")
        scope = origin.state.get(MARK, "")
        until = Scope.parse(scope).until if scope else None
        token, expires = await self._tokens.issue(account.jid, scope, until)
        stamp = expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        head = f"<token xmlns='{ns.TOKEN}' expires='{stamp}' name='{attribute(account.name)}'>".encode()
        return stanza.result(head + text(token) + b"</token>", ((ns.TOKEN, "token"),))

    @on.iq("set", ns.TOKEN, "revoke", to=(Target.NONE, Target.HOST))
    async def revoke(self, stanza: Stanza, origin: Any) -> Stanza:
        """The token named ends, else all of the account's; sessions that are open stay."""
        token = str(next(stanza.element.elements())).strip()
        await self._tokens.revoke(self._owner(stanza, origin), token or None)
        return stanza.result()

    def _owner(self, stanza: Stanza, origin: Any) -> str:
        if not self._router.is_client(origin):
            raise StanzaError("forbidden", "A token is for the account that asks. Sign in to get one.")
        return address.bare(stanza.from_ or "")


plugin = Module("session_tokens", "CCM urn:ccm:token:0", SessionTokens, (ns.TOKEN,), SessionTokenOptions)
