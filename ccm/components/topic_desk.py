"""
What can be done to a topic: the rules, apart from how they are asked for.

The topics component is the one writer of topics; siblings ask it. It guesses what is missing, does the work and says
what it changed (Forgiving CRUD). Its world is a handful of callables, so tests give it fakes. Leaves out invitations.
"""

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from ccm import address
from ccm.components import names, when
from ccm.components.context import Context
from ccm.components.operations import Correction
from ccm.components.room_requests import RoomRequests, stamp
from ccm.components.turns import Turns
from ccm.errors import StanzaError
from ccm.records import Topic

EXACT = len("2026-11-24T14:00:00")
VISIBILITIES: tuple[Literal["public", "link", "members"], ...] = ("public", "link", "members")


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody typed about a topic; every part may be ``""``.

    :ivar invitee: display name of the one it is made for, to guess the topic's name from.
    """

    name: str = ""
    start: str = ""
    zone: str = ""
    language: str = ""
    invitee: str = ""
    visibility: str = ""


class TopicDesk:
    """
    :param rooms: requests to the room service.
    :param changed: called with a topic after each change, to push it.
    :param deleted: likewise with a topic that is gone.
    """

    def __init__(
        self,
        context: Context,
        rooms: RoomRequests,
        changed: Callable[[Topic], Any],
        deleted: Callable[[Topic], Any],
        *,
        max_topics: int,
        max_members: int,
        minutes: int,
    ) -> None:
        self._context = context
        self._rooms = rooms
        self._changed = changed
        self._deleted = deleted
        self._max_topics = max_topics
        self._max_members = max_members
        self._minutes = minutes
        self._turns = Turns()

    # ---- reading

    async def seen_by(self, user: str, id_: str) -> Topic:
        """A topic that this bare JID takes part in. :raises StanzaError: ``item-not-found`` for any other."""
        topic = await self._context.topics.get(id_)
        if topic is None or user not in topic.members:
            raise StanzaError("item-not-found", "There is no such topic among yours. It may have been deleted.")
        return topic

    async def name_of(self, jid: str) -> str:
        """The display name of an account; its local part if it has none."""
        account = await self._context.accounts.get(jid)
        return account.name if account and account.name else names.from_address(address.local(jid) or jid)

    # ---- people

    async def create(self, user: str, wish: Wish) -> tuple[Topic, tuple[Correction, ...]]:
        """
        Make a topic and its room.

        :raises StanzaError: ``forbidden`` for somebody of another server, ``policy-violation`` beyond the limit.
        """
        context = self._context
        if address.domain(user) != context.host:
            raise StanzaError("forbidden", f"Topics are made by accounts of {context.host}. Register there first.")
        async with self._turns.of(user):
            taken = await context.topics.names_of(user)
            if len(taken) >= self._max_topics:
                raise StanzaError("policy-violation", f"You have {self._max_topics} topics. Delete one first.")
            zone, language = self._zone(wish.zone, None), wish.language or context.language
            name, corrections = await self._name(user, wish, taken)
            start, more = self._start(name, wish.start, zone, language)
            id_ = self._new_id()
            topic = Topic(
                id=id_,
                name=name,
                room=f"{id_}@{context.rooms}",
                owner=user,
                state="planned",
                start=start,
                minutes=self._minutes,
                zone=zone,
                language=language,
                created=context.now(),
                members=(user,),
                visibility=readers(wish.visibility or "public"),
            )
            await self._rooms.create(topic.room, name, user, context.siblings["reporter"], language)
            topic = await context.topics.save(topic)
        self._changed(topic)
        return topic, (*corrections, *more)

    async def rename(self, user: str, id_: str, name: str) -> tuple[Topic, tuple[Correction, ...]]:
        """Give a topic another name; a taken one is varied, a missing one guessed."""
        async with self._turns.of(user), self._turns.of(id_):
            topic = await self._owned(user, id_, "rename it")
            taken = await self._context.topics.names_of(user) - {topic.name}
            name, corrections = await self._name(user, Wish(name=name), taken)
            await self._rooms.rename(topic.room, name)
            topic = await self._context.topics.save(replace(topic, name=name))
        self._changed(topic)
        return topic, corrections

    async def reschedule(self, user: str, id_: str, wish: Wish) -> tuple[Topic, tuple[Correction, ...]]:
        """Move a topic to another time; what cannot be read leaves it open."""
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "move it")
            if topic.state in ("ended", "published"):
                raise StanzaError("not-allowed", f"{topic.name} has ended. Make a new topic for another meeting.")
            zone = self._zone(wish.zone, topic)
            start, corrections = self._start(topic.name, wish.start, zone, wish.language or topic.language, again=True)
            topic = await self._context.topics.save(replace(topic, start=start, zone=zone))
        self._changed(topic)
        return topic, corrections

    async def show_to(self, user: str, id_: str, visibility: str) -> Topic:
        """Say who may read what is published of a topic from now on."""
        wanted = readers(visibility)
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "say who reads it")
            topic = await self._context.topics.save(replace(topic, visibility=wanted))
        self._changed(topic)
        return topic

    async def end(self, user: str, id_: str) -> Topic:
        """The talk is over. Doing it again changes nothing."""
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "end it")
            if topic.state in ("ended", "published"):
                return topic
            topic = await self._context.topics.save(replace(topic, state="ended"))
        self._changed(topic)
        return topic

    async def delete(self, user: str, id_: str) -> Topic:
        """Forget a topic and its room; a published document stays."""
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "delete it")
            await self._rooms.destroy(topic.room, f"{topic.name} was deleted.")
            await self._context.topics.delete(id_)
        self._deleted(topic)
        return topic

    # ---- siblings

    async def admit(self, id_: str, jid: str) -> Topic:
        """Let somebody take part: in the topic and in its room."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if jid not in topic.members:
                if len(topic.members) >= self._max_members:
                    raise StanzaError(
                        "policy-violation", f"{topic.name} is full: {self._max_members} people take part."
                    )
                await self._rooms.affiliate(topic.room, {jid: "member"})
                topic = await self._context.topics.save(replace(topic, members=(*topic.members, jid)))
        self._changed(topic)
        return topic

    async def dismiss(self, id_: str, jid: str) -> Topic:
        """Let somebody no longer take part; the owner always does."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if jid in topic.members and jid != topic.owner:
                await self._rooms.affiliate(topic.room, {jid: "none"})
                members = tuple(member for member in topic.members if member != jid)
                topic = await self._context.topics.save(replace(topic, members=members))
        self._changed(topic)
        return topic

    async def attended(self, id_: str, there: bool) -> Topic:
        """Somebody is in the room: the topic is live. Nobody any more: planned again, if its time is still to come."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if there and topic.state == "planned":
                topic = replace(topic, state="live")
            elif not there and topic.state == "live" and topic.start and topic.start > self._context.now():
                topic = replace(topic, state="planned")
            else:
                return topic
            topic = await self._context.topics.save(topic)
        self._changed(topic)
        return topic

    async def published(self, id_: str, document: str) -> Topic:
        """Its document is out at that URL."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if (topic.state, topic.document) == ("published", document):
                return topic
            topic = await self._context.topics.save(replace(topic, state="published", document=document))
        self._changed(topic)
        return topic

    async def touched(self, id_: str) -> Topic:
        """Something shown with it changed (an invitee): push it."""
        topic = await self._known(id_)
        self._changed(topic)
        return topic

    # ---- inside

    async def _known(self, id_: str) -> Topic:
        topic = await self._context.topics.get(id_)
        if topic is None:
            raise StanzaError("item-not-found", "There is no such topic.")
        return topic

    async def _owned(self, user: str, id_: str, what: str) -> Topic:
        topic = await self.seen_by(user, id_)
        if topic.owner != user:
            raise StanzaError("forbidden", f"Only {await self.name_of(topic.owner)} may {what}: it is their topic.")
        return topic

    def _zone(self, wanted: str, topic: Topic | None) -> str:
        return when.zone_of(wanted or None, topic.zone if topic else self._context.zone).key

    def _new_id(self) -> str:
        return b32encode(sha256(self._context.token().encode()).digest()).decode().lower()[:8]

    async def _name(self, user: str, wish: Wish, taken: frozenset[str]) -> tuple[str, tuple[Correction, ...]]:
        wanted = names.clean(wish.name)
        guessed = wanted or names.guess(await self.name_of(user), names.clean(wish.invitee))
        name = names.vary(guessed, taken)
        if not wanted:
            return name, (Correction("name-guessed", f"I called it {name}.", "", name),)
        if name != wanted:
            return name, (Correction("name-varied", f"{name}, because {wanted} exists.", wanted, name),)
        return name, ()

    def _start(
        self, name: str, phrase: str, zone_name: str, language: str, *, again: bool = False
    ) -> tuple[datetime | None, tuple[Correction, ...]]:
        now, zone = self._context.now(), when.zone_of(zone_name)
        if not phrase.strip():
            at = when.suggest(now, zone)
            text = f"{name} is {when.spell(at, now, zone)}. No time was given."
            return at, (Correction("time-guessed", text, "", stamp(at)),)
        reading = when.read(phrase, now, zone, language)
        if reading.at is None:
            text = f"I could not read “{phrase}”, so {name} starts when the first guest arrives."
            return None, (Correction("time-unread", text, phrase),)
        spelled = f"{name} is {'now ' if again or reading.moved else ''}{when.spell(reading.at, now, zone)}."
        if reading.moved:
            said = phrase[:1].upper() + phrase[1:]
            text = f"{spelled} “{said}” had already passed."
            return reading.at, (Correction("time-moved", text, phrase, stamp(reading.at)),)
        if reading.other is not None:
            text = f"{spelled} “{phrase}” may also mean {when.spell(reading.other, now, zone)}."
            return reading.at, (Correction("time-read", text, phrase, stamp(reading.at), stamp(reading.other)),)
        if len(phrase) >= EXACT and "T" in phrase[10:11]:  # a program's time: there was nothing to read
            return reading.at, ()
        return reading.at, (Correction("time-read", spelled, phrase, stamp(reading.at)),)


def readers(visibility: str) -> Literal["public", "link", "members"]:
    """:raises StanzaError: ``bad-request`` for any other word."""
    for known in VISIBILITIES:
        if visibility == known:
            return known
    raise StanzaError("bad-request", f"“{visibility[:40]}” is none of public, link and members.")
