"""
The link in an invitation: ``/i/<token>``.

A GET shows who invites to what and uses nothing up, since mail scanners follow links. A POST does, by one conditional
update: a known address goes on to sign in, a stranger comes in as a guest, with a code for one sign-in that stands in
the fragment of the dashboard's address, where no server and no log sees it. Whoever joined is announced on the bus
(``invitee-joined``); the invitations component makes them a member. Needs no script. Leaves out becoming an account.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from klein import Klein
from twisted.web.http import Request

from ccm import address, people
from ccm import records as r
from ccm.errors import StanzaError
from ccm.interfaces import ITopics
from ccm.session.guests import GuestOptions, Scope, visit_ends
from ccm.web.desk import Desk, announcement, digest
from ccm.web.forms import FormRefused, Rate, field
from ccm.web.languages import asked
from ccm.web.pages import answering
from ccm.web.times import is_over, spoken, spoken_hours

_ADMISSION_STEPS = 60
_ADMISSION_STEP_SECONDS = 0.05
_MAILS_PER_DAY = 3
_LINK_DAYS = 7


class InvitationLink:
    """
    ``/i/<token>``.

    :param here: names of the people in a room, by its JID.
    """

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(
        self, desk: Desk, topics: ITopics, options: GuestOptions, here: Callable[[str], tuple[str, ...]]
    ) -> None:
        self._desk = desk
        self._here = here
        self._topics = topics
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)
        self._options = options
        self._guests = options.domain(desk.host)
        #: (link, form) -> when it let somebody in: the second click on the button is no second redemption.
        self._let_in: OrderedDict[tuple[bytes, str], float] = OrderedDict()

    @app.route("/<token>", methods=["GET"])
    async def show(self, request: Request, token: str) -> bytes:
        """Who invites, to what, when; and the one button. Who came in by it before goes on."""
        used = await self._topics.link_used(digest(token))
        comes_back = used and not field(request, "again")
        found = await self._find(request, token, even_ended=comes_back)
        if isinstance(found, bytes):
            return found
        invitee, topic = found
        if not used:
            return await self._page(request, invitee, topic, {}, {})
        if comes_back and invitee.jid and await self._account(invitee) is None:
            jid = quote(invitee.jid, safe="")  # the browser that came in by it knows; any other one comes again
            return self._on(request, f"back/{jid}/{quote(token, safe='')}/t/{quote(topic.id, safe='')}")
        return await self._used(request, invitee, topic)

    @app.route("/<token>", methods=["POST"])
    async def accept(self, request: Request, token: str) -> bytes:
        """Join: once a link, and then it mails another one to whoever it was for."""
        found = await self._find(request, token)
        if isinstance(found, bytes):
            return found
        invitee, topic = found
        typed = {"name": field(request, "name")}
        used = await self._topics.link_used(digest(token))
        try:
            self._desk.forms.check(request)  # the token proves a person enough: no time is waited for
            if used and not self._is_second_click(request, token):
                return await self._mail_another(request, invitee, topic)
            account = await self._account(invitee)
            if account is not None:
                return await self._known(request, token, topic, account)
            return await self._guest(request, token, invitee, topic, typed["name"])
        except people.Mistake as mistake:
            return await self._page(request, invitee, topic, typed, {mistake.field: str(mistake)}, 400)
        except FormRefused as refused:
            if used:
                return await self._used(request, invitee, topic, str(refused))
            return await self._page(request, invitee, topic, typed, {"form": str(refused)}, 400)

    # ---- coming in

    async def _known(self, request: Request, token: str, topic: r.Topic, account: r.Account) -> bytes:
        joined = await self._topics.redeem_link(digest(token), account.jid)
        if joined is None:
            return self._taken_back(request)
        await self._announce(joined, account.jid)
        name = quote(account.email or account.jid, safe="")
        return self._on(request, f"as/{name}/t/{quote(topic.id, safe='')}")

    async def _guest(self, request: Request, token: str, invitee: r.Invitee, topic: r.Topic, typed: str) -> bytes:
        desk, jid = self._desk, f"{invitee.id}@{self._guests}"
        name = await self._name(topic, people.display_name(typed or invitee.name, invitee.address))
        if await desk.accounts.get(jid) is None:
            with suppress(StanzaError):  # the same link, sent twice at once: the guest is there, one of both comes in
                await desk.accounts.create(jid, name, None, ())
        joined = await self._topics.redeem_link(digest(token), jid)
        if joined is not None:
            self._let_in[digest(token), field(request, "form")] = desk.now()
            await self._announce(joined, jid)
        elif not self._is_second_click(request, token):
            return await self._used(request, invitee, topic)
        await self._admission(topic.id, jid)
        until = visit_ends(self._options, datetime.fromtimestamp(desk.now(), UTC), topic)
        scope = Scope(topic.room, topic.id, until).text()
        code = await desk.tokens.code(jid, self._options.entry_seconds, scope)
        return self._on(request, f"guest/{quote(jid, safe='')}/{code}/t/{quote(topic.id, safe='')}")

    async def _name(self, topic: r.Topic, wish: str) -> str:
        """The wish, marked if it looks like the name of somebody who takes part: no guest passes for another."""
        taken = await people.has_namesake(wish, topic.members, self._desk.accounts)
        return f"{wish} (guest)" if taken else wish

    def _is_second_click(self, request: Request, token: str) -> bool:
        recent = self._desk.now() - self._options.entry_seconds
        while self._let_in and next(iter(self._let_in.values())) < recent:
            self._let_in.popitem(last=False)
        return (digest(token), field(request, "form")) in self._let_in

    async def _announce(self, invitee: r.Invitee, jid: str) -> None:
        # Kept before it is told: what the bus loses, the invitations component finds when it starts.
        await self._desk.state.publish("invitee-joined", announcement(invitee=invitee.id, jid=jid))

    async def _admission(self, topic: str, jid: str) -> None:
        """Wait until the topic has taken somebody in, for some seconds: then the room opens at once."""
        for _ in range(_ADMISSION_STEPS):
            current = await self._topics.get(topic)
            if current is None or jid in current.members:
                return
            await self._desk.pause(_ADMISSION_STEP_SECONDS)

    def _on(self, request: Request, fragment: str) -> bytes:
        """To the dashboard; what stands behind ``#`` stays in the browser."""
        self._desk.pages.headers(request)
        request.setHeader("Cache-Control", "no-store")
        request.setResponseCode(303)
        request.setHeader("Location", f"/#/{fragment}")
        return b""

    async def _mail_another(self, request: Request, invitee: r.Invitee, topic: r.Topic) -> bytes:
        desk, now = self._desk, datetime.fromtimestamp(self._desk.now(), UTC)
        if await self._topics.mails_since(invitee.address, now - timedelta(days=1)) >= _MAILS_PER_DAY:
            said = "%(address)s was written to often enough today. Look into your mail, or try again tomorrow."
            text = asked(request).say(said, address=invitee.address)
            return desk.pages.message(request, "Not now", text, 429)
        token, key = secrets.token_urlsafe(32), f"enter:{secrets.token_hex(12)}"
        link = f"{desk.url}i/{token}"
        letter = desk.letters.enter(key, invitee.address, invitee.name or invitee.address, topic.name, link)
        until = now + timedelta(days=_LINK_DAYS)
        expires = max(invitee.expires, until) if invitee.expires else until
        changed = replace(invitee, token_hash=digest(token), expires=expires)
        if await self._topics.save_invitee(changed, [("mail", key, letter)], by="", read=invitee) is None:
            return self._taken_back(request)
        text = asked(request).say("A new link is on its way to %(address)s.", address=invitee.address)
        return desk.pages.message(request, "Look into your mail", text)

    # ---- finding and showing

    async def _account(self, invitee: r.Invitee) -> r.Account | None:
        """The account of whoever was invited: by the address, or because it took over from the guest."""
        account = await self._desk.accounts.find(invitee.address)
        if account is None and invitee.jid and address.domain(invitee.jid) != self._guests:
            account = await self._desk.accounts.get(invitee.jid)
        return account

    async def _find(
        self, request: Request, token: str, *, even_ended: bool = False
    ) -> tuple[r.Invitee, r.Topic] | bytes:
        pages = self._desk.pages
        peer = request.getClientAddress().host
        if self._attempts.full(peer):
            return pages.message(request, "Too many tries", "Wait a minute, then open the link again.", 429)
        invitee = await self._topics.invitee_by_token(digest(token))
        topic = await self._topics.get(invitee.topic) if invitee is not None else None
        if invitee is None or topic is None or invitee.state == "revoked":
            self._attempts.allow(peer)
            return self._taken_back(request)
        if invitee.expires is not None and invitee.expires.timestamp() < self._desk.now() and not even_ended:
            language = asked(request)
            day = {"day": str(invitee.expires.day), "month": language.say(f"{invitee.expires:%B}")}
            text = language.say("This link ended on %(day)s %(month)s. Ask whoever invited you for a new one.", **day)
            return pages.message(request, "This link has ended", text, 410)
        return invitee, topic

    def _taken_back(self, request: Request) -> bytes:
        text = "This link has been taken back, or it was not copied whole. Ask whoever invited you for a new one."
        return self._desk.pages.message(request, "This link does not work", text, 404)

    async def _used(self, request: Request, invitee: r.Invitee, topic: r.Topic, error: str = "") -> bytes:
        """A link brings one in once; who lost the way in gets another one by mail."""
        desk = self._desk
        return desk.pages.render(
            request,
            "link_used.html",
            400 if error else 200,
            invitee=invitee,
            topic=topic,
            account=await self._account(invitee),
            errors={"form": error} if error else {},
            form=desk.forms.open(request, "/i/"),
        )

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
        language, end, now = asked(request), invitee.expires, datetime.fromtimestamp(desk.now(), UTC)
        guest = await desk.accounts.get(f"{invitee.id}@{self._guests}")
        name = guest.name if guest is not None else people.display_name(invitee.name, invitee.address)
        values: dict[str, Any] = {"name": name, **typed}
        return desk.pages.render(
            request,
            "invitation.html",
            status,
            inviter=inviter.name if inviter is not None else language.say("Somebody"),
            topic=topic,
            over=is_over(topic, now),
            here=", ".join(sorted(self._here(topic.room))) if topic.state == "live" else "",
            when=spoken(topic.start, topic.zone, now, language) if topic.start else "",
            hours_planned=spoken_hours(topic.start, topic.minutes, topic.zone, language) if topic.start else "",
            until=language.say("%(day)s %(month)s", day=str(end.day), month=language.say(f"{end:%B}")) if end else "",
            invitee=invitee,
            known=await self._account(invitee),
            typed=values,
            errors=errors,
            form=desk.forms.open(request, "/i/"),
            stay=spoken(visit_ends(self._options, now, topic), topic.zone, now, language),
        )
