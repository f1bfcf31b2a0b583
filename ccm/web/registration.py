"""
Registration and validation of a mail address: two web forms, the only classic ones of the product.

The answer to a registration is the same, and takes as long, whether the address is known or not; its owner learns the
rest by mail. An account exists only after the mailed link's POST. Leaves out password reset.
"""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from klein import Klein
from twisted.web.http import Request

from ccm import people
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IAccounts, IOutbox, IPending
from ccm.web.forms import FormRefused, Forms, Rate, field
from ccm.web.letters import Letters
from ccm.web.options import WebOptions
from ccm.web.pages import Pages, answering


@dataclass(frozen=True, slots=True)
class Desk:
    """What every form of the web part needs."""

    host: str
    url: str
    pages: Pages
    forms: Forms
    letters: Letters
    accounts: IAccounts
    options: WebOptions
    verifiers: Callable[[str], Awaitable[tuple[r.Verifier, ...]]]
    now: Callable[[], float]


class Registration:
    """``/register`` and ``/validate/<token>``."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(self, desk: Desk, pending: IPending, outbox: IOutbox) -> None:
        self._desk = desk
        self._pending = pending
        self._outbox = outbox
        self._registrations = Rate(desk.options.registrations_per_hour, 3600, desk.now)
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)

    @app.route("/register", methods=["GET"])
    def show(self, request: Request) -> bytes:
        """The form."""
        if self._desk.options.registration != "open":
            return self._closed(request)
        return self._form(request, {}, {})

    @app.route("/register", methods=["POST"])
    async def register(self, request: Request) -> bytes:
        """Take a registration, or show the form again with what must be mended."""
        desk = self._desk
        if desk.options.registration != "open":
            return self._closed(request)
        typed = {name: field(request, name) for name in ("address", "name", "local")}
        try:
            desk.forms.check(request)
            address = people.mail_address(typed["address"])
            name = people.display_name(typed["name"], address)
            jid = people.chat_address(typed["local"], address, desk.host, desk.accounts.exists, may_vary=False)
            password = people.password(
                field(request, "password"), desk.options.password_characters_least, address, name
            )
        except people.Mistake as mistake:
            return self._form(request, typed, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            return self._form(request, typed, {"form": str(refused)}, 400)
        if not self._registrations.allow(request.getClientAddress().host):
            text = "Too many registrations from your network within the hour. Try again later."
            return self._form(request, typed, {"form": text}, 429)
        await self._take(address, jid, name, await desk.verifiers(password))
        return desk.pages.render(request, "sent.html", address=address, hours=desk.options.validation_hours)

    @app.route("/validate/<token>", methods=["GET"])
    async def look(self, request: Request, token: str) -> bytes:
        """The page with the button; a GET uses nothing up, since mail scanners follow links."""
        if self._attempts.full(request.getClientAddress().host):
            return self._tried_too_often(request)
        waiting = await self._pending.look(digest(token))
        if waiting is None:
            return self._stale(request)
        form = self._desk.forms.open(request, "/validate/")
        return self._desk.pages.render(request, "validate.html", waiting=waiting, form=form, error="")

    @app.route("/validate/<token>", methods=["POST"])
    async def confirm(self, request: Request, token: str) -> bytes:
        """Make the account."""
        desk = self._desk
        if self._attempts.full(request.getClientAddress().host):
            return self._tried_too_often(request)
        try:
            desk.forms.check(request)
            account = await self._pending.confirm(digest(token))
        except FormRefused as refused:
            waiting = await self._pending.look(digest(token))
            if waiting is None:
                return self._stale(request)
            form = desk.forms.open(request, "/validate/")
            return desk.pages.render(request, "validate.html", 400, waiting=waiting, form=form, error=str(refused))
        except StanzaError as error:
            if error.condition == "conflict":
                text = f"{error.text} Register again with another chat address."
                return desk.pages.message(
                    request, "Somebody was faster", text, 409, link="/register", link_text="Register again"
                )
            return self._stale(request)
        return desk.pages.render(request, "welcome.html", account=account)

    async def _take(self, address: str, jid: str, name: str, verifiers: tuple[r.Verifier, ...]) -> None:
        desk = self._desk
        token = secrets.token_urlsafe(32)
        key = f"validate:{secrets.token_hex(12)}"
        if await desk.accounts.find(address) is not None:
            await self._outbox.add([("mail", key, desk.letters.known(key, address))])
            return
        expires = datetime.fromtimestamp(desk.now(), UTC) + timedelta(hours=desk.options.validation_hours)
        pending = r.PendingRegistration(address, jid, name, verifiers, digest(token), expires)
        letter = desk.letters.validate(key, address, name, f"{desk.url}validate/{token}", desk.options.validation_hours)
        await self._pending.add(pending, [("mail", key, letter)])

    def _form(self, request: Request, typed: dict[str, str], errors: dict[str, str], status: int = 200) -> bytes:
        desk = self._desk
        values: dict[str, Any] = {"address": "", "name": "", "local": "", **typed}
        return desk.pages.render(
            request,
            "register.html",
            status,
            typed=values,
            errors=errors,
            form=desk.forms.open(request, "/register"),
            host=desk.host,
            least=desk.options.password_characters_least,
        )

    def _closed(self, request: Request) -> bytes:
        text = "Registration is closed here. Somebody who has an account can invite you."
        return self._desk.pages.message(request, "Registration is closed", text, 403)

    def _tried_too_often(self, request: Request) -> bytes:
        return self._desk.pages.message(request, "Too many tries", "Wait a minute, then open the link again.", 429)

    def _stale(self, request: Request) -> bytes:
        self._attempts.allow(request.getClientAddress().host)
        text = "This link has been used, or it has ended, or it was not copied whole. Nothing was changed."
        return self._desk.pages.message(
            request, "This link does not work", text, 404, link="/register", link_text="Register again"
        )


def digest(token: str) -> bytes:
    """What is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def announcement(**facts: str) -> bytes:
    """Facts for the bus, as JSON."""
    return json.dumps(facts).encode()
