"""
The page behind the links of a published document's mail: ``/outcome/<token>``, one's own actions; done, not me, another
date; and no more such mails.

A GET changes nothing, since mail scanners open links; a POST hands the answer to the reporter by way of the outbox. The
token stands for one person in one topic and permits nothing else; the POST that mail programs send by themselves (RFC
8058) ends the mails. Leaves out what an answer does: the reporter says it in the room (:mod:`ccm.components`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from klein import Klein
from twisted.web.http import Request

from ccm import records as r
from ccm.interfaces import IDocuments, IOutbox, ISessionState, ISuppression, ITokens, ITopics
from ccm.reporter import render_json, wording
from ccm.reporter.document import Document, Item
from ccm.reporter.rendering import anchor
from ccm.web.desk import Desk, digest
from ccm.web.forms import Rate, field
from ccm.web.languages import asked
from ccm.web.pages import answering
from ccm.web.readers import keyed

PURPOSE = "outcome"
#: Kind of the outbox jobs, and the channel of the bus that says that there are some.
ANSWER = "outcome-answer"
CHANNEL = "outcome-answered"
SAID = {
    "done": "%(number)s is done",
    "not-me": "%(number)s is not yours",
    "date": "%(number)s has another date",
}


@dataclass(frozen=True, slots=True)
class _Guest:
    """Whom a token stands for. *names* are those by which an action means them, lower case."""

    token: str
    jid: str
    address: str
    names: frozenset[str]
    topic: r.Topic
    document: Document
    slug: str

    @property
    def mine(self) -> tuple[Item, ...]:
        """Their actions in the newest version."""
        return tuple(item for item in self.document.actions if self._is_mine(item))

    def _is_mine(self, item: Item) -> bool:
        owner = item.owner.casefold()
        parts = owner.replace("&", ",").replace("/", ",").replace(" and ", ",").split(",")
        return bool({owner, *(part.strip() for part in parts)} & self.names)


class OutcomePage:
    """``/outcome/<token>``, ``/outcome/<token>/<number>``, ``/outcome/<token>/stop``."""

    app = answering(Klein(), lambda page: page._desk.pages)

    def __init__(
        self,
        desk: Desk,
        topics: ITopics,
        documents: IDocuments,
        tokens: ITokens,
        outbox: IOutbox,
        state: ISessionState,
        suppression: ISuppression,
    ) -> None:
        self._desk = desk
        self._topics = topics
        self._documents = documents
        self._tokens = tokens
        self._outbox = outbox
        self._state = state
        self._suppression = suppression
        self._attempts = Rate(desk.options.attempts_per_minute, 60, desk.now)

    @app.route("/<token>", methods=["GET"])
    async def show(self, request: Request, token: str) -> bytes:
        """Every action of theirs, with its buttons."""
        guest = await self._find(request, token)
        return guest if isinstance(guest, bytes) else self._page(request, guest, guest.mine)

    @app.route("/<token>/stop", methods=["GET"])
    async def show_stop(self, request: Request, token: str) -> bytes:
        """One button."""
        guest = await self._find(request, token)
        return guest if isinstance(guest, bytes) else await self._stop_page(request, guest)

    @app.route("/<token>/stop", methods=["POST"])
    async def stop(self, request: Request, token: str) -> bytes:
        """No more mails of this kind to that address; or, asked so, mails again."""
        guest = await self._find(request, token)
        if isinstance(guest, bytes):
            return guest
        if field(request, "again"):
            await self._suppression.remove(_refusing(guest.address))
        else:
            await self._suppression.add(_refusing(guest.address))
        return await self._stop_page(request, guest)

    @app.route("/<token>/<number>", methods=["GET"])
    async def ask(self, request: Request, token: str, number: str) -> bytes:
        """One action, and the button of the link that was followed first."""
        guest = await self._find(request, token)
        if isinstance(guest, bytes):
            return guest
        items = tuple(item for item in guest.mine if item.number == number)
        return self._page(request, guest, items or guest.mine, first=field(request, "do") if items else "")

    @app.route("/<token>/<number>", methods=["POST"])
    async def answer(self, request: Request, token: str, number: str) -> bytes:
        """Hand the answer on."""
        guest = await self._find(request, token)
        if isinstance(guest, bytes):
            return guest
        item = next((item for item in guest.mine if item.number == number), None)
        if item is None:
            return self._page(request, guest, guest.mine, error="That action is not yours any more.", status=409)
        do, due = field(request, "do"), field(request, "due")
        if do not in SAID:
            return self._page(request, guest, (item,), error="Choose one of the buttons.", status=400)
        if do == "date" and _day(due) is None:
            return self._page(request, guest, (item,), first="date", error="Choose a day.", status=400)
        facts = {"topic": guest.topic.id, "jid": guest.jid, "item": number, "do": do}
        await self._keep({**facts, "due": due} if do == "date" else facts)
        text = "I say so in the room, and it stands in the record from then on."
        return self._desk.pages.message(
            request,
            asked(request).say(SAID[do], number=number),
            text,
            link=f"/outcome/{token}",
            link_text="Your actions",
        )

    async def _keep(self, facts: Mapping[str, str]) -> None:
        """Once for the same answer within a minute: buttons are pressed twice."""
        payload = json.dumps(facts, sort_keys=True)
        name = hashlib.sha256(f"{payload} {int(self._desk.now() // 60)}".encode()).hexdigest()[:32]
        await self._outbox.add([(ANSWER, f"{ANSWER}:{name}", payload)])
        await self._state.publish(CHANNEL, b"{}")

    async def _find(self, request: Request, token: str) -> _Guest | bytes:
        """Whom the token stands for, or the page that says why there is nobody."""
        pages, peer = self._desk.pages, request.getClientAddress().host
        if self._attempts.full(peer):
            return pages.message(request, "Too many tries", "Wait a minute, then open the link again.", 429)
        kept = await self._tokens.look(PURPOSE, digest(token))
        scope = json.loads(kept.scope) if kept is not None else {}
        topic = await self._topics.get(scope["topic"]) if scope else None
        record = await self._documents.latest(topic.id) if topic is not None else None
        if kept is None or topic is None or record is None or kept.subject not in topic.members:
            self._attempts.allow(peer)
            text = "The topic is gone, you take no part in it any more, or the link was not copied whole."
            return pages.message(request, "This link does not work", text, 404)
        document = render_json.loads(record.body)
        names = frozenset(scope["names"])
        return _Guest(token, kept.subject, scope["address"], names, topic, document, record.slug)

    def _page(
        self,
        request: Request,
        guest: _Guest,
        items: tuple[Item, ...],
        *,
        first: str = "",
        error: str = "",
        status: int = 200,
    ) -> bytes:
        key = guest.token if guest.topic.visibility == "members" else ""
        tasks = [
            {
                "number": item.number,
                "text": wording.task(item),
                "due": wording.due(item),
                "day": item.due,
                "status": item.status,
                "source": keyed(f"/archive/{guest.slug}#{anchor(item.source)}", key),
            }
            for item in items
        ]
        return self._desk.pages.render(
            request,
            "outcome.html",
            status,
            title=guest.document.title,
            base=f"/outcome/{guest.token}",
            tasks=tasks,
            first=first,
            error=error,
            more=len(items) < len(guest.mine),
            link=keyed(f"/archive/{guest.slug}", key),
        )

    async def _stop_page(self, request: Request, guest: _Guest) -> bytes:
        ended = await self._suppression.has(_refusing(guest.address))
        return self._desk.pages.render(request, "outcome_stop.html", address=guest.address, ended=ended)


def _refusing(address: str) -> str:
    """As :func:`ccm.components.outcome_post.refusing`."""
    return f"outcome {address}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
