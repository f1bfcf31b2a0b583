"""
What had happened before the screenshots begin: accounts, and topics: planned, over, or published with documents.

    python docs/screens_past.py STATE_FOLDER HOST WEB_URL SECONDS

All of it is made up. Runs in a process of its own, before the server does.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from ccm import records as r
from ccm.components.saved_discussion import Saved
from ccm.reporter import render_json
from ccm.reporter.context import Context
from ccm.reporter.discussion import new_state, step
from ccm.reporter.document import Meta, build
from ccm.reporter.state import to_json
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message
from ccm.session.verifiers import make_verifiers
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import Stores, open_stores

PASSWORD = "a meadow in November"
PEOPLE = ("Ann", "Kim", "Priya", "Tom", "Lou")
NEWCOMER = "Sam"
ZONE = "Europe/Amsterdam"


@dataclass(frozen=True)
class Past:
    """A talk that was published so many days ago."""

    slug: str
    title: str
    days: int
    talk: tuple[tuple[str, str], ...]


PUBLISHED = (
    Past(
        "network-move-retrospective",
        "Network move, retrospective",
        4,
        (
            ("Kim", "This is an incident."),
            ("Kim", "What happened: the mail queue stood still for forty minutes after the move."),
            ("Tom", "The impact: every office was without mail until noon."),
            ("Kim", "#agreed The next move is rehearsed a week before."),
            ("Ann", "ACTION: Tom to write the rehearsal down by 4 December"),
            ("Tom", "ACTION: Kim to measure the new line by 1 December"),
            ("Kim", "INFO: The line itself was up after six minutes."),
        ),
    ),
    Past(
        "accessibility-review-q4",
        "Accessibility review Q4",
        6,
        (
            ("Priya", "#topic Forms"),
            ("Priya", "#agreed Every form says in words what is wrong, beside the field."),
            ("Ann", "ACTION: Priya to try the portal with a screen reader by 27 November"),
            ("Tom", "QUESTION: Who tells the map supplier about the missing names?"),
            ("Ann", "#topic Colours"),
            ("Ann", "#agreed The grey of the old footer goes."),
        ),
    ),
    Past(
        "volunteers-day",
        "Volunteers day",
        11,
        (
            ("Lou", "#topic The day"),
            ("Lou", "#agreed We meet on Saturday 12 December in the city hall."),
            ("Ann", "ACTION: Lou to order lunch for sixty by 5 December"),
            ("Kim", "ACTION: Ann to print the maps by 10 December"),
            ("Lou", "QUESTION: Is the small hall free for the children?"),
        ),
    ),
)


class Seed:
    """Puts it into the stores."""

    def __init__(self, stores: Stores, host: str, web_url: str, now: datetime) -> None:
        self._stores, self._host, self._web_url, self._now = stores, host, web_url, now

    async def all(self) -> None:
        """Everything."""
        verifiers = make_verifiers(PASSWORD, 4096)
        for name in (*PEOPLE, NEWCOMER):
            await self._stores.accounts.create(self._jid(name), name, f"{name.lower()}@example.org", verifiers)
        for past in PUBLISHED:
            await self._published(past)
        await self._topic("hiring", "Hiring, first round", "ended", self._now - timedelta(days=4, hours=3))
        ended = self._now - timedelta(days=4, hours=2, minutes=28)
        followed = Saved(msgspec.Raw(to_json(new_state())), greeted=True, closing=True, ended=ended)
        await self._stores.state.set("discussion:hiring", msgspec.json.encode(followed))
        start = self._at(1, 15)
        await self._topic("audit", "Licence audit", "planned", start)
        guests = (
            ("Kim", "kim@example.org", "accepted", ""),
            ("Priya", "priya@example.org", "tentative", ""),
            ("Lea Brandt", "lea@example.org", "accepted", ""),
            ("Omar Haddad", "omar@example.org", "declined", ""),
            ("Noor Bakker", "noor@example.org", "bounced", "The mailbox is full, says example.org."),
        )
        for number, (name, address, state, reason) in enumerate(guests):
            await self._invitee("audit", number, name, address, state, reason)
        await self._topic("budget", "Budget 2027, second reading", "planned", self._at(0, 15), ("Ann", "Kim", "Tom"))
        for number, name in enumerate(("Kim", "Tom")):
            await self._invitee("budget", number, name, f"{name.lower()}@example.org", "accepted", "")

    def _jid(self, name: str) -> str:
        return f"{name.lower()}@{self._host}"

    def _at(self, days: int, hour: int) -> datetime:
        return self._now.replace(hour=hour - 1, minute=0, second=0, microsecond=0) + timedelta(days=days)

    async def _topic(
        self, id_: str, name: str, state: Any, start: datetime, members: tuple[str, ...] = PEOPLE[:4], url: str = ""
    ) -> None:
        room = f"{id_}@conference.{self._host}"
        jids = tuple(map(self._jid, members))
        created = start - timedelta(days=2)
        owners = dict.fromkeys((jids[0], f"reporter.{self._host}"), ("owner", ""))
        settings = {"name": name, "persistent": True, "members_only": True, "public": False, "whois": "anyone"}
        members_of = dict.fromkeys(jids, ("member", ""))
        await self._stores.rooms.save(r.RoomRecord(room, settings, {**members_of, **owners}))
        await self._stores.topics.save(
            r.Topic(id_, name, room, jids[0], state, start, 30, ZONE, "en", created, jids, document=url or None)
        )

    async def _invitee(self, topic: str, number: int, name: str, address: str, state: Any, reason: str) -> None:
        jid = self._jid(name) if name in PEOPLE else None
        until = self._now + timedelta(days=7)
        invitee = r.Invitee(
            f"{topic}{number}", topic, address, name, self._jid("Ann"), state, jid, reason, expires=until
        )
        await self._stores.topics.save_invitee(invitee)

    async def _published(self, past: Past) -> None:
        context = Context(Templates.load(), zone=ZONE)
        start = self._now - timedelta(days=past.days)
        log = [
            Message(f"{past.slug}{n}", nick, text, time=start + timedelta(minutes=2 * n))
            for n, (nick, text) in enumerate(past.talk, 1)
        ]
        state = new_state()
        for message in log:
            state, _ = step(state, message, context)
        chair = past.talk[0][0]
        made = build(state, log, Meta(title=past.title, topic=past.slug, chair=chair, zone=ZONE), context)
        published = start + timedelta(minutes=45)
        record = r.DocumentRecord(
            *(past.slug, 1, past.slug, made.title, made.headline, render_json.dumps(made), f"{past.slug}:1"),
            *("public", published),
        )
        await self._stores.documents.publish(record, ())
        url = f"{self._web_url}archive/{past.slug}"
        await self._topic(past.slug, past.title, "published", start, tuple(dict.fromkeys((chair, *PEOPLE))), url)


async def seed(reactor: Any, arguments: list[str]) -> None:
    """See above."""
    folder, host, web_url, seconds = arguments
    now = float(seconds)
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), Path(folder), host=host, now=lambda: now)
    await Seed(stores, host, web_url, datetime.fromtimestamp(now, UTC)).all()
    await stores.close()


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(seed(reactor, sys.argv[1:])))
