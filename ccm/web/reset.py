"""
A forgotten password (``/reset``) and a new mail address (``/address/<token>``): links that were mailed to their owner.

The answer to a reset is the same, and takes as long, whether the address is known or not. A GET of a link uses
nothing up; its POST does, by one conditional update. A new password ends every session, link and code of the account.
Leaves out changing them while signed in, which the accounts component serves.
"""

import secrets
from datetime import UTC, datetime, timedelta

from klein import Klein
from twisted.web.http import Request

from ccm import people
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import IOutbox, ITokens
from ccm.web.desk import Desk, digest, errors_of
from ccm.web.forms import FormRefused, Rate, field, secret
from ccm.web.languages import asked
from ccm.web.pages import answering

RESET = "reset"
ADDRESS = "address"


class AccountLinks:
    """``/reset``, ``/reset/<token>`` and ``/address/<token>``."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(self, desk: Desk, tokens: ITokens, outbox: IOutbox) -> None:
        self._desk = desk
        self._tokens = tokens
        self._outbox = outbox
        self._asked = Rate(desk.options.registrations_per_hour, 3600, desk.now)
        self._mails = Rate(desk.options.mails_per_address_per_hour, 3600, desk.now)
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)

    # ---- a forgotten password

    @app.route("/reset", methods=["GET"])
    def show(self, request: Request) -> bytes:
        """Which account?"""
        return self._ask(request, "", {})

    @app.route("/reset", methods=["POST"])
    async def reset(self, request: Request) -> bytes:
        """Mail a link, if the address has an account; the answer does not tell."""
        desk, typed = self._desk, field(request, "address")
        try:
            await desk.take(request)
            address = people.mail_address(typed)
        except people.Mistake as mistake:
            return self._ask(request, typed, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            return self._ask(request, typed, errors_of(refused), 400)
        if not self._asked.allow(request.getClientAddress().host):
            text = "That was asked for too often from your network. Try again in an hour."
            return self._ask(request, typed, {"form": text}, 429)
        async with desk.neutral():
            account = await desk.accounts.find(address)
            if account is not None and account.email and account.enabled and self._mails.allow(address.casefold()):
                await self._mail(account)
        minutes = desk.options.reset_minutes
        text = asked(request).say(
            "If %(address)s belongs to an account here, a mail is on its way to it. Open the link in it within "
            "%(minutes)s minutes, and choose a new password.",
            address=address,
            minutes=f"{minutes:g}",
        )
        return desk.pages.message(request, "Look into your mail", text, link="/", link_text="Sign in")

    @app.route("/reset/<token>", methods=["GET"])
    async def choose(self, request: Request, token: str) -> bytes:
        """The form for the new password."""
        found = await self._find(request, RESET, token)
        return found if isinstance(found, bytes) else self._new(request, found[1], {})

    @app.route("/reset/<token>", methods=["POST"])
    async def change(self, request: Request, token: str) -> bytes:
        """Set it; whoever is signed in to the account is signed out."""
        desk = self._desk
        found = await self._find(request, RESET, token)
        if isinstance(found, bytes):
            return found
        _, account = found
        try:
            desk.forms.check(request)
            least = desk.options.password_characters_least
            mine = (account.email or "", account.name, account.jid)
            password = people.password(secret(request, "password"), least, *mine)
        except people.Mistake as mistake:
            return self._new(request, account, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            return self._new(request, account, errors_of(refused), 400)
        verifiers = await desk.verifiers(password)
        if await self._tokens.redeem(RESET, digest(token)) is None:
            return self._stale(request)
        await desk.accounts.set_verifiers(account.jid, verifiers)
        await desk.end_sessions(account.jid, "password")
        text = "The new password holds. Every device that was signed in has been signed out."
        return desk.pages.render(request, "done.html", title="Sign in with it", text=text, account=account)

    # ---- another mail address

    @app.route("/address/<token>", methods=["GET"])
    async def ask(self, request: Request, token: str) -> bytes:
        """The page with the button."""
        found = await self._find(request, ADDRESS, token)
        return found if isinstance(found, bytes) else self._confirmation(request, *found, {})

    @app.route("/address/<token>", methods=["POST"])
    async def confirm(self, request: Request, token: str) -> bytes:
        """The account has the new address."""
        desk = self._desk
        found = await self._find(request, ADDRESS, token)
        if isinstance(found, bytes):
            return found
        waiting, account = found
        try:
            desk.forms.check(request)
        except FormRefused as refused:
            return self._confirmation(request, waiting, account, errors_of(refused))
        if await self._tokens.redeem(ADDRESS, digest(token)) is None:
            return self._stale(request)
        try:
            await desk.accounts.set_email(account.jid, waiting.scope)
        except StanzaError:
            said = "Meanwhile %(address)s has an account of its own. Nothing was changed."
            text = asked(request).say(said, address=waiting.scope)
            return desk.pages.message(request, "Not possible", text, 409)
        changed = await desk.accounts.get(account.jid) or account
        said = "Sign in with %(address)s from now on. Nothing else has changed."
        text = asked(request).say(said, address=waiting.scope)
        return desk.pages.render(request, "done.html", title="Your mail address is changed", text=text, account=changed)

    # ---- inside

    async def _mail(self, account: r.Account) -> None:
        desk, token = self._desk, secrets.token_urlsafe(32)
        minutes, key = desk.options.reset_minutes, f"reset:{secrets.token_hex(12)}"
        expires = datetime.fromtimestamp(desk.now(), UTC) + timedelta(minutes=minutes)
        await self._tokens.issue(r.Token(digest(token), RESET, account.jid, "", expires))
        letter = desk.letters.reset(key, account.email or "", account.name, f"{desk.url}reset/{token}", minutes)
        await self._outbox.add([("mail", key, letter)])

    async def _find(self, request: Request, purpose: str, token: str) -> tuple[r.Token, r.Account] | bytes:
        peer = request.getClientAddress().host
        if self._attempts.full(peer):
            text = "Wait a minute, then open the link again."
            return self._desk.pages.message(request, "Too many tries", text, 429)
        found = await self._tokens.look(purpose, digest(token))
        account = await self._desk.accounts.get(found.subject) if found is not None else None
        return self._stale(request) if found is None or account is None else (found, account)

    def _ask(self, request: Request, typed: str, errors: dict[str, str], status: int = 200) -> bytes:
        form = self._desk.forms.open(request, "/reset")
        return self._desk.pages.render(request, "reset.html", status, address=typed, errors=errors, form=form)

    def _new(self, request: Request, account: r.Account, errors: dict[str, str], status: int = 200) -> bytes:
        desk = self._desk
        return desk.pages.render(
            request,
            "new_password.html",
            status,
            account=account,
            errors=errors,
            form=desk.forms.open(request, "/reset"),
            least=desk.options.password_characters_least,
        )

    def _confirmation(self, request: Request, waiting: r.Token, account: r.Account, errors: dict[str, str]) -> bytes:
        form = self._desk.forms.open(request, "/address/")
        values = {"address": waiting.scope, "account": account, "form": form, "errors": errors}
        return self._desk.pages.render(request, "address.html", 400 if errors else 200, **values)

    def _stale(self, request: Request) -> bytes:
        self._attempts.allow(request.getClientAddress().host)
        text = "This link has been used, or it has ended, or it was not copied whole. Nothing was changed."
        return self._desk.pages.message(
            request, "This link does not work", text, 404, link="/reset", link_text="Ask for a new one"
        )
