"""
The link in an invitation: ``/i/<token>``.

A GET shows who invites to what and uses nothing up. A POST takes a known address in, or lets a stranger register with
the address already proven by the link. Whoever joined is kept as joined and announced on the bus
(``invitee-joined``); the invitations component makes them a member. Leaves out guests without an account.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from klein import Klein
from twisted.web.http import Request

from ccm import people
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import ISessionState, ITopics
from ccm.web.forms import FormRefused, Rate, field
from ccm.web.pages import answering
from ccm.web.registration import Desk, announcement, digest
from ccm.web.times import spoken


class InvitationLink:
    """``/i/<token>``."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(self, desk: Desk, topics: ITopics, state: ISessionState) -> None:
        self._desk = desk
        self._topics = topics
        self._state = state
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)

    @app.route("/<token>", methods=["GET"])
    async def show(self, request: Request, token: str) -> bytes:
        """Who invites, to what, when; and the one button."""
        found = await self._find(request, token)
        return found if isinstance(found, bytes) else await self._page(request, found[0], found[1], {}, {})

    @app.route("/<token>", methods=["POST"])
    async def accept(self, request: Request, token: str) -> bytes:
        """Join; a stranger registers on the way."""
        found = await self._find(request, token)
        if isinstance(found, bytes):
            return found
        invitee, topic = found
        typed = {name: field(request, name) for name in ("name", "local")}
        try:
            self._desk.forms.check(request)
            account = await self._desk.accounts.find(invitee.address) or await self._register(request, invitee, typed)
        except people.Mistake as mistake:
            return await self._page(request, invitee, topic, typed, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            return await self._page(request, invitee, topic, typed, {"form": str(refused)}, 400)
        except StanzaError as error:
            return await self._page(request, invitee, topic, typed, {"local": error.text}, 409)
        # Kept before it is told: what the bus loses, the invitations component finds when it starts.
        current = await self._topics.invitee(invitee.id)
        if current is None or current.state == "revoked":
            return self._taken_back(request)
        await self._topics.save_invitee(replace(current, state="joined", jid=account.jid, reason=""))
        await self._state.publish("invitee-joined", announcement(invitee=invitee.id, jid=account.jid))
        return self._desk.pages.render(request, "joined.html", account=account, topic=topic)

    async def _register(self, request: Request, invitee: r.Invitee, typed: dict[str, str]) -> r.Account:
        desk = self._desk
        name = people.display_name(typed["name"] or invitee.name, invitee.address)
        jid = people.chat_address(typed["local"], invitee.address, desk.host, desk.accounts.exists, may_vary=False)
        password = people.password(
            field(request, "password"), desk.options.password_characters_least, invitee.address, name
        )
        try:
            return await desk.accounts.create(jid, name, invitee.address, await desk.verifiers(password))
        except StanzaError:
            # The same link, sent twice at once: who was faster made the account for both.
            account = await desk.accounts.find(invitee.address)
            if account is None:
                raise
            return account

    async def _find(self, request: Request, token: str) -> tuple[r.Invitee, r.Topic] | bytes:
        pages = self._desk.pages
        peer = request.getClientAddress().host
        if self._attempts.full(peer):
            return pages.message(request, "Too many tries", "Wait a minute, then open the link again.", 429)
        invitee = await self._topics.invitee_by_token(digest(token))
        topic = await self._topics.get(invitee.topic) if invitee is not None else None
        if invitee is None or topic is None or invitee.state == "revoked":
            self._attempts.allow(peer)
            return self._taken_back(request)
        if invitee.expires is not None and invitee.expires.timestamp() < self._desk.now():
            text = (
                f"This link ended on {invitee.expires.day} {invitee.expires:%B}. Ask whoever invited you for a new one."
            )
            return pages.message(request, "This link has ended", text, 410)
        return invitee, topic

    def _taken_back(self, request: Request) -> bytes:
        text = "This link has been taken back, or it was not copied whole. Ask whoever invited you for a new one."
        return self._desk.pages.message(request, "This link does not work", text, 404)

    async def _page(
        self,
        request: Request,
        invitee: r.Invitee,
        topic: r.Topic,
        typed: dict[str, str],
        errors: dict[str, str],
        status: int = 200,
    ) -> bytes:
        desk = self._desk
        inviter = await desk.accounts.get(invitee.inviter)
        values: dict[str, Any] = {"name": people.display_name(invitee.name, invitee.address), "local": "", **typed}
        return desk.pages.render(
            request,
            "invitation.html",
            status,
            inviter=inviter.name if inviter is not None else "Somebody",
            topic=topic,
            when=spoken(topic.start, topic.zone, datetime.fromtimestamp(desk.now(), UTC)) if topic.start else "",
            until=f"{invitee.expires.day} {invitee.expires:%B}" if invitee.expires else "",
            invitee=invitee,
            known=await desk.accounts.find(invitee.address),
            typed=values,
            errors=errors,
            form=desk.forms.open(request, "/i/"),
            host=desk.host,
            least=desk.options.password_characters_least,
        )
