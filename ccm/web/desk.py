"""What every form of the web part shares: pages, guards, accounts, answers that take the same time for everybody."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from twisted.web.http import Request

from ccm import records as r
from ccm.interfaces import IAccounts, ISessionState
from ccm.session.tokens import Tokens
from ccm.web.forms import FormRefused, Forms, Trapped
from ccm.web.letters import Letters
from ccm.web.options import WebOptions
from ccm.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Desk:
    """
    :ivar verifiers: derives them from a password, away from the reactor.
    :ivar now: seconds since the epoch.
    :ivar pause: comes back after so many seconds.
    """

    host: str
    url: str
    pages: Pages
    forms: Forms
    letters: Letters
    accounts: IAccounts
    options: WebOptions
    verifiers: Callable[[str], Awaitable[tuple[r.Verifier, ...]]]
    now: Callable[[], float]
    pause: Callable[[float], Awaitable[Any]]
    tokens: Tokens
    state: ISessionState

    async def take(self, request: Request) -> None:
        """
        Accept a form; one that was sent faster than anybody types waits until it is not.

        :raises FormRefused: if it is not one of ours, filled in by a person.
        """
        early = self.forms.check(request)
        if early > 0:
            await self.pause(early)

    @asynccontextmanager
    async def neutral(self) -> AsyncIterator[None]:
        """What happens inside takes the same time for everybody: nobody learns from it who has an account."""
        began = self.now()
        yield
        await self.pause(max(0.0, self.options.neutral_seconds - (self.now() - began)))

    async def end_sessions(self, jid: str, why: str) -> None:
        """Have everybody signed out who is signed in to that account."""
        await self.state.publish("account-ended", announcement(jid=jid, why=why))


def errors_of(refused: FormRefused) -> dict[str, str]:
    """What a form shows of a refusal; *trap* makes the hidden field seen."""
    return {"form": str(refused), **({"trap": "1"} if isinstance(refused, Trapped) else {})}


def digest(token: str) -> bytes:
    """What is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def announcement(**facts: str) -> bytes:
    """Facts for the bus, as JSON."""
    return json.dumps(facts).encode()
