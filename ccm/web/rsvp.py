"""
The pages by which an invitee answers (``/rsvp/<token>``) or asks for no more mail (``/unsubscribe/<token>``).

A GET uses nothing up, since mail scanners open links; a POST acts. Both need nothing but the token in the mail, which
permits nothing else; the second takes the POST that mail programs send by themselves (RFC 8058). The answer is handed
to the invitations component by way of the outbox. Leaves out joining (``/i/``).
"""

import secrets
from datetime import UTC, datetime
from urllib.parse import quote

from klein import Klein
from twisted.web.http import Request

from ccm import records as r
from ccm.interfaces import IOutbox, ISessionState, ISuppression, ITopics
from ccm.web import meeting_calendar
from ccm.web.desk import Desk
from ccm.web.forms import Rate, field
from ccm.web.intake import keep
from ccm.web.languages import asked
from ccm.web.pages import answering
from ccm.web.times import is_over, spoken

#: Answer -> its button, and what the page says once it is given.
ANSWERS = {
    "accepted": ("Yes", "You are coming"),
    "tentative": ("Maybe", "You may come"),
    "declined": ("No", "You are not coming"),
}
COMMENT_CHARACTERS = 300


class _Found:
    """Finds the invitee of a token, for both pages; who guesses too often must wait."""

    def __init__(self, desk: Desk, topics: ITopics) -> None:
        self._desk = desk
        self._topics = topics
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)

    async def find(self, request: Request, token: str) -> tuple[r.Invitee, r.Topic] | bytes:
        """The invitee and the topic, or the page that says why there are none."""
        pages, peer = self._desk.pages, request.getClientAddress().host
        if self._attempts.full(peer):
            return pages.message(request, "Too many tries", "Wait a minute, then open the link again.", 429)
        invitee = await self._topics.invitee_by_mail_token(token.lower())
        topic = await self._topics.get(invitee.topic) if invitee is not None else None
        if invitee is None or topic is None:
            self._attempts.allow(peer)
            text = "This invitation is gone, or the link was not copied whole. There is nothing to answer any more."
            return pages.message(request, "This link does not work", text, 404)
        return invitee, topic


class AnswerPage:
    """``/rsvp/<token>``."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(self, desk: Desk, topics: ITopics, outbox: IOutbox, state: ISessionState) -> None:
        self._desk = desk
        self._outbox = outbox
        self._state = state
        self._found = _Found(desk, topics)

    @app.route("/<token>", methods=["GET"])
    async def show(self, request: Request, token: str) -> bytes:
        """What it is about, and three buttons."""
        found = await self._found.find(request, token)
        return found if isinstance(found, bytes) else await self._page(request, *found)

    @app.route("/<token>", methods=["POST"])
    async def answer(self, request: Request, token: str) -> bytes:
        """Hand the answer on."""
        found = await self._found.find(request, token)
        if isinstance(found, bytes):
            return found
        invitee, topic = found
        if self._is_over(invitee, topic):
            return await self._page(request, invitee, topic)
        answer = field(request, "answer")
        if answer not in ANSWERS:
            return await self._page(request, invitee, topic, 400)
        comment = field(request, "comment")[:COMMENT_CHARACTERS]
        facts = {"kind": "rsvp", "token": invitee.mail_token, "answer": answer, "comment": comment}
        await keep(self._outbox, self._state, facts, secrets.token_hex(16))
        return self._desk.pages.render(
            request,
            "answered.html",
            title=ANSWERS[answer][1],
            inviter=await self._inviter(request, invitee),
            invitee=invitee,
            topic=topic,
            when=self._when(request, topic),
            comes=answer != "declined",
            here=f"/rsvp/{quote(token, safe='')}",
        )

    @app.route("/<token>/meeting.ics", methods=["GET"])
    async def calendar(self, request: Request, token: str) -> bytes:
        """The meeting as a calendar file."""
        found = await self._found.find(request, token)
        if isinstance(found, bytes):
            return found
        invitee, topic = found
        if topic.start is None or self._is_over(invitee, topic):
            return await self._page(request, invitee, topic)
        self._desk.pages.headers(request)
        request.setHeader("Content-Type", "text/calendar; charset=utf-8; method=PUBLISH")
        request.setHeader("Content-Disposition", 'attachment; filename="meeting.ics"')
        request.setHeader("Cache-Control", "no-store")
        return meeting_calendar.encode(topic, invitee, topic.start, datetime.fromtimestamp(self._desk.now(), UTC))

    def _when(self, request: Request, topic: r.Topic) -> str:
        now = datetime.fromtimestamp(self._desk.now(), UTC)
        return spoken(topic.start, topic.zone, now, asked(request)) if topic.start else ""

    def _is_over(self, invitee: r.Invitee, topic: r.Topic) -> bool:
        return invitee.state == "revoked" or is_over(topic, datetime.fromtimestamp(self._desk.now(), UTC))

    async def _page(self, request: Request, invitee: r.Invitee, topic: r.Topic, status: int = 200) -> bytes:
        desk = self._desk
        return desk.pages.render(
            request,
            "rsvp.html",
            status,
            inviter=await self._inviter(request, invitee),
            invitee=invitee,
            topic=topic,
            when=self._when(request, topic),
            answers=ANSWERS,
            most=COMMENT_CHARACTERS,
            missing=status == 400,
            over=self._is_over(invitee, topic),
        )

    async def _inviter(self, request: Request, invitee: r.Invitee) -> str:
        account = await self._desk.accounts.get(invitee.inviter)
        return account.name if account is not None else asked(request).say("Whoever invited you")


class UnsubscribePage:
    """``/unsubscribe/<token>``: the list holds hashes alone, so it tells nobody's address."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(
        self, desk: Desk, topics: ITopics, outbox: IOutbox, state: ISessionState, suppression: ISuppression
    ) -> None:
        self._desk = desk
        self._outbox = outbox
        self._state = state
        self._suppression = suppression
        self._found = _Found(desk, topics)

    @app.route("/<token>", methods=["GET"])
    async def show(self, request: Request, token: str) -> bytes:
        """One button."""
        found = await self._found.find(request, token)
        return found if isinstance(found, bytes) else await self._page(request, found[0])

    @app.route("/<token>", methods=["POST"])
    async def end(self, request: Request, token: str) -> bytes:
        """No more mails to that address; or, asked so, mails again."""
        found = await self._found.find(request, token)
        if isinstance(found, bytes):
            return found
        invitee = found[0]
        if field(request, "again"):
            await self._suppression.remove(invitee.address)
        elif not await self._suppression.has(invitee.address):
            await self._suppression.add(invitee.address)
            facts = {"kind": "unsubscribed", "token": invitee.mail_token}
            await keep(self._outbox, self._state, facts, secrets.token_hex(16))
        return await self._page(request, invitee)

    async def _page(self, request: Request, invitee: r.Invitee) -> bytes:
        ended = await self._suppression.has(invitee.address)
        return self._desk.pages.render(request, "unsubscribe.html", invitee=invitee, ended=ended)
