"""
Passwords of accounts as the accounts component handles them: derived and compared away from the reactor.

Leaves out which are good enough (:mod:`ccm.passwords`).
"""

from dataclasses import dataclass
from typing import cast

from ccm.components.context import Apart
from ccm.errors import StanzaError
from ccm.records import Account, Verifier
from ccm.session.verifiers import check_password, make_verifiers


@dataclass(frozen=True, slots=True)
class AccountPasswords:
    """:ivar least: characters. :ivar iterations: of PBKDF2, for new ones."""

    apart: Apart
    least: int
    iterations: int

    async def make(self, password: str) -> tuple[Verifier, ...]:
        """What is kept of it."""
        return cast("tuple[Verifier, ...]", await self.apart(make_verifiers, password, self.iterations))

    async def check(self, account: Account, password: str) -> None:
        """:raises StanzaError: ``not-authorized`` unless it is the account's."""
        for verifier in account.verifiers[:1]:
            if await self.apart(check_password, password, verifier):
                return
        raise StanzaError("not-authorized", "That is not your password. Type the one you sign in with.")
