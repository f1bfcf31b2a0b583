"""
The accounts component (``docs/protocol.md``, Accounts): what people ask for about their own account.

A guest keeps the place with an account; an account changes password or mail address, takes its data along, or ends.
Answers requests and commands; the rules are in ``account_claim`` and ``account_desk``. Leaves out registration, which
is a form of the web part.
"""

from collections.abc import Awaitable, Iterable
from datetime import timedelta
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.plugin import IPlugin
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.bounds import Amount, Count
from ccm.components.account_claim import AccountClaims, Claim
from ccm.components.account_desk import AccountDesk
from ccm.components.account_password import AccountPasswords
from ccm.components.context import Context
from ccm.components.guest_ends import end_guest
from ccm.components.identity import component
from ccm.components.operations import Answer, Field, Operation, Request, done
from ccm.components.room_requests import RoomRequests, Sibling
from ccm.config import Section
from ccm.errors import ConfigError
from ccm.interfaces import IComponentHandler
from ccm.session.tokens import Tokens
from wokkel.subprotocols import XMPPHandler

log = Logger()

_SWEEP_SECONDS = 3600
_IDLE_GUEST = timedelta(days=1)
_ACCOUNT = (("jid", "Chat address"), ("name", "Name"))


class AccountsOptions(Section):
    """
    ``[components.accounts]``

    Rules for passwords (as in ``[web]`` and ``[sasl]``), how long the link works that confirms another mail address,
    how long the code works by which a guest's browser signs in to the new account, how many requests make the
    component busy.
    """

    password_characters_least: Count = 10
    iterations: Count = 100_000
    address_hours: Amount = 24.0
    entry_seconds: Count = 120
    max_requests: Count = 50


class Accounts(XMPPHandler):  # type: ignore[misc]
    """
    The operations of the component, as a table.

    :raises ConfigError: if the context lacks a store that it needs.
    """

    def __init__(self, context: Context, options: AccountsOptions) -> None:
        super().__init__()
        if context.tokens is None or context.rosters is None or context.archive is None:
            raise ConfigError("The accounts component needs the stores of tokens, rosters and messages.")
        self._context = context
        self._sweep: IDelayedCall | None = None
        topics = Sibling(self._ask, context.domain, context.siblings["topics"])
        words = AccountPasswords(context.apart, options.password_characters_least, options.iterations)
        tokens = Tokens(context.tokens, context.now)
        rooms = RoomRequests(self._ask, context.domain)
        self._claims = AccountClaims(context, tokens, rooms, topics, words, options.entry_seconds)
        self._desk = AccountDesk(
            context, topics, words, context.tokens, context.rosters, context.archive, options.address_hours
        )
        password = Field("password", "Your password", "text-private", required=True)
        new = Field("new", "New password", "text-private", required=True)
        claim = (
            Field("name", "Your name, as others see it"),
            Field("local", "Chat address, without the host"),
            Field("password", "Password", "text-private", required=True),
        )
        self.operations = (
            Operation("claim", "set", "Keep my place: make an account", self._claim, claim),
            Operation("accept", "set", "Take over from a guest", self._accept, (Field("code", "Code", required=True),)),
            Operation("password", "set", "Change my password", self._password, (password, new)),
            Operation(
                "address",
                "set",
                "Change my mail address",
                self._address,
                (Field("address", "New mail address", required=True), password),
            ),
            Operation("export", "get", "Take my data along", self._export, (Field("after", "After (identifier)"),)),
            Operation("delete", "set", "Delete my account", self._delete, (password,)),
        )

    # ---- life

    def connectionInitialized(self) -> None:
        self._sweep_again()

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        if self._sweep is not None and self._sweep.active():
            self._sweep.cancel()

    def _sweep_again(self) -> None:
        self._context.spawn(self._forget_idle())
        self._sweep = self._context.clock.callLater(_SWEEP_SECONDS, self._sweep_again)

    async def _forget_idle(self) -> None:
        """Guests whose topic is gone, or who took over and could not be told, are no more."""
        context = self._context
        if not context.guest_host:
            return
        for guest in await context.accounts.all(context.guest_host):
            page = await context.topics.of_member(guest.jid, limit=1)
            if not page.items and guest.created < context.now() - _IDLE_GUEST:
                await end_guest(context, guest.jid)

    def _ask(self, request: Any) -> Awaitable[Element]:
        answer: Awaitable[Element] = self.request(request)
        return answer

    # ---- people

    async def _claim(self, request: Request) -> Answer:
        values = request.values
        wish = Claim(values.get("name", ""), values.get("local", ""), _secret(request, "password"))
        account, code = await self._claims.claim(request.user, wish)
        made = Element((ns.ACCOUNTS, "account"))
        made["jid"], made["name"] = account.jid, account.name
        entry = Element((ns.ACCOUNTS, "entry"))
        entry.addContent(code)
        log.info("A guest has become {jid}.", jid=account.jid)
        row = {"jid": account.jid, "name": account.name}
        return Answer(done(ns.ACCOUNTS, made, entry), _ACCOUNT, (row,), note=f"You are {account.jid} now. Sign in.")

    async def _accept(self, request: Request) -> Answer:
        topic = await self._claims.accept(request.user, request.need("code"))
        found = Element((ns.ACCOUNTS, "topic"))
        if topic is not None:
            found["id"], found["room"] = topic.id, topic.room
        return Answer(done(ns.ACCOUNTS, found), note="The place is yours.")

    async def _password(self, request: Request) -> Answer:
        await self._desk.change_password(request.sender, _secret(request, "password"), _secret(request, "new"))
        log.info("{jid} has a new password.", jid=request.user)
        return Answer(done(ns.ACCOUNTS), note="The password is changed. Your other sessions have ended.")

    async def _address(self, request: Request) -> Answer:
        password = _secret(request, "password")
        address = await self._desk.change_address(request.user, request.need("address"), password)
        note = f"If {address} can be used, a mail is on its way there. Open the link in it."
        return Answer(done(ns.ACCOUNTS), note=note)

    async def _export(self, request: Request) -> Answer:
        text, more = await self._desk.export(request.user, request.values.get("after", ""))
        payload = Element((ns.ACCOUNTS, "export"))
        if more:
            payload["next"] = more
        payload.addContent(text)
        columns = (("json", "Data, as JSON"), ("next", "Ask again after (identifier)"))
        return Answer(payload, columns, ({"json": text, "next": more},))

    async def _delete(self, request: Request) -> Answer:
        await self._desk.delete(request.user, _secret(request, "password"))
        log.info("{jid} has ended.", jid=request.user)
        return Answer(done(ns.ACCOUNTS), note="Your account is gone. What you said in talks with others stays there.")


@implementer(IPlugin, IComponentHandler)
class AccountsPlugin:
    """How ``accounts`` is found."""

    name = "accounts"
    options = AccountsOptions

    def handlers(self, context: Context, options: AccountsOptions) -> Iterable[XMPPHandler]:
        """The handlers of the component."""
        accounts = Accounts(context, options)
        return [
            accounts,
            *component("Accounts", ns.ACCOUNTS, accounts.operations, context, options.max_requests),
        ]


plugin = AccountsPlugin()


def _secret(request: Request, name: str) -> str:
    """A password as it was typed: blanks at its ends are part of it."""
    typed = request.payload.getAttribute(name) if request.payload is not None else None
    return str(typed) if typed else request.need(name)
