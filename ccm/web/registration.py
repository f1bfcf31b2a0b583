"""
Registration and validation of a mail address: two web forms, the only classic ones of the product beside resetting.

The answer to a registration is the same, and takes as long, whether the address is known or not; its owner learns the
rest by mail. An account exists only after the mailed link's POST. Leaves out guests, who register in the chat.
"""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from klein import Klein
from twisted.web.http import Request

from ccm import people
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IOutbox, IPending
from ccm.web.desk import Desk, digest, errors_of
from ccm.web.forms import FormRefused, Rate, field, secret
from ccm.web.languages import asked
from ccm.web.pages import answering


class Registration:
    """
    ``/register``, ``/register/again`` and ``/validate/<token>``.

    :param shows_mail: mails stand at ``/dev/mail`` instead of being sent.
    """

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(self, desk: Desk, pending: IPending, outbox: IOutbox, *, shows_mail: bool = False) -> None:
        self._desk = desk
        self._shows_mail = shows_mail
        self._pending = pending
        self._outbox = outbox
        self._registrations = Rate(desk.options.registrations_per_hour, 3600, desk.now)
        self._mails = Rate(desk.options.mails_per_address_per_hour, 3600, desk.now)
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
            await desk.take(request)
            address = people.mail_address(typed["address"])
            name = people.display_name(typed["name"], address)
            jid = people.chat_address(typed["local"], address, desk.host, desk.accounts.exists, may_vary=False)
            password = people.password(
                secret(request, "password"), desk.options.password_characters_least, address, name, jid
            )
        except people.Mistake as mistake:
            return self._form(request, typed, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            return self._form(request, typed, errors_of(refused), 400)
        if not self._registrations.allow(request.getClientAddress().host):
            text = "Too many registrations from your network within the hour. Try again later."
            return self._form(request, typed, {"form": text}, 429)
        async with desk.neutral():
            verifiers = await desk.verifiers(password)
            if self._mails.allow(address.casefold()):
                await self._take(address, jid, name, verifiers)
        return self._sent(request, address)

    @app.route("/register/again", methods=["POST"])
    async def again(self, request: Request) -> bytes:
        """Mail the link once more; the answer is the same whoever asks for whatever address."""
        desk = self._desk
        try:
            await desk.take(request)
            address = people.mail_address(field(request, "address"))
        except (people.Mistake, FormRefused) as refused:
            return self._form(request, {"address": field(request, "address")}, {"form": str(refused)}, 400)
        if not self._registrations.allow(request.getClientAddress().host):
            text = "That was asked for too often from your network. Try again in an hour."
            return desk.pages.message(request, "Not now", text, 429, link="/register", link_text="Back")
        async with desk.neutral():
            if self._mails.allow(address.casefold()):
                await self._mail_again(address)
        return self._sent(request, address, again=True)

    @app.route("/validate/<token>", methods=["GET"])
    async def look(self, request: Request, token: str) -> bytes:
        """The page with the button; a GET uses nothing up, since mail scanners follow links."""
        if self._attempts.full(request.getClientAddress().host):
            return self._tried_too_often(request)
        waiting = await self._pending.look(digest(token))
        if waiting is None:
            return self._stale(request)
        return self._confirmation(request, waiting, {})

    @app.route("/validate/<token>", methods=["POST"])
    async def confirm(self, request: Request, token: str) -> bytes:
        """Make the account."""
        desk = self._desk
        if self._attempts.full(request.getClientAddress().host):
            return self._tried_too_often(request)
        try:
            desk.forms.check(request)  # the token proves a person enough: no time is waited for
            account = await self._pending.confirm(digest(token))
        except FormRefused as refused:
            waiting = await self._pending.look(digest(token))
            return self._stale(request) if waiting is None else self._confirmation(request, waiting, errors_of(refused))
        except StanzaError as error:
            if error.condition == "conflict":
                text = f"{error.text} {asked(request).say('Register again with another chat address.')}"
                return desk.pages.message(
                    request, "Somebody was faster", text, 409, link="/register", link_text="Register again"
                )
            return self._stale(request)
        return desk.pages.render(request, "welcome.html", account=account)

    async def _take(self, address: str, jid: str, name: str, verifiers: tuple[r.Verifier, ...]) -> None:
        waiting = r.PendingRegistration(address, jid, name, verifiers, b"", datetime.fromtimestamp(0, UTC))
        # Kept in both cases, so that signing in under the new name tells nobody who has an account; no mail holds the
        # link of somebody who has one.
        known = await self._desk.accounts.find(address) is not None
        await self._mail_link(waiting, known=known)

    async def _mail_again(self, address: str) -> None:
        if await self._desk.accounts.find(address) is not None:
            await self._tell_known(address)
            return
        waiting = await self._pending.find(address)
        if waiting is not None:
            await self._mail_link(waiting)

    async def _mail_link(self, waiting: r.PendingRegistration, *, known: bool = False) -> None:
        """One more link; those of earlier mails go on working until one of them is used."""
        desk, token = self._desk, secrets.token_urlsafe(32)
        key, hours = f"validate:{secrets.token_hex(12)}", desk.options.validation_hours
        expires = datetime.fromtimestamp(desk.now(), UTC) + timedelta(hours=hours)
        if known:
            letter = desk.letters.known(key, waiting.address)
        else:
            letter = desk.letters.validate(key, waiting.address, waiting.name, f"{desk.url}validate/{token}", hours)
        await self._pending.add(replace(waiting, token_hash=digest(token), expires=expires), [("mail", key, letter)])

    async def _tell_known(self, address: str) -> None:
        key = f"validate:{secrets.token_hex(12)}"
        await self._outbox.add([("mail", key, self._desk.letters.known(key, address))])

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

    def _sent(self, request: Request, address: str, *, again: bool = False) -> bytes:
        desk = self._desk
        form = desk.forms.open(request, "/register")
        hours = desk.options.validation_hours
        return desk.pages.render(
            request, "sent.html", address=address, hours=hours, form=form, again=again, shows_mail=self._shows_mail
        )

    def _confirmation(self, request: Request, waiting: r.PendingRegistration, errors: dict[str, str]) -> bytes:
        form = self._desk.forms.open(request, "/validate/")
        status = 400 if errors else 200
        return self._desk.pages.render(request, "validate.html", status, waiting=waiting, form=form, errors=errors)

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
