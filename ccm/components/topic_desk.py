"""
What can be done to a topic: the rules, apart from how they are asked for.

The topics component is the one writer of topics; siblings ask it. It guesses what is missing, does the work and says
what it changed (Forgiving CRUD). Its world is a handful of callables, so tests give it fakes. Leaves out invitations.
"""

from base64 import b32encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from ccm import address
from ccm.components import names, when
from ccm.components.context import Context
from ccm.components.destinations import destinations
from ccm.components.operations import Alternative, Correction
from ccm.components.room_requests import RoomRequests
from ccm.components.topic_attendance import attended
from ccm.components.topic_changes import Visibility, changes, created, readers, reverted, talked
from ccm.components.topic_times import Asked, Foreseen, TopicTimes
from ccm.components.turns import Turns
from ccm.errors import StanzaError
from ccm.records import Topic

#: How long the same request, made again, is taken for the first one.
_SAME_REQUEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What somebody typed about a topic; every part may be ``""``.

    :ivar invitee: display names of those it is made for, to guess the topic's name from.
    :ivar about: what was said before in a conversation, likewise.
    :ivar key: of the request (:mod:`ccm.components.once`): made again, it makes no second topic.
    """

    name: str = ""
    start: str = ""
    zone: str = ""
    language: str = ""
    invitee: str = ""
    visibility: str = ""
    targets: str = ""
    about: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """
    What came of a request.

    :ivar work: how to take it back, for :meth:`TopicDesk.revert`.
    """

    topic: Topic
    corrections: tuple[Correction, ...] = ()
    work: Mapping[str, Any] = field(default_factory=dict)


class TopicDesk:
    """
    :param rooms: requests to the room service.
    :param changed: called with a topic after each change, to push it; and with the key of the request that made it.
    :param deleted: likewise with a topic that is gone.
    :param withdrawn: called with a topic that is about to be deleted; waited for.
    """

    def __init__(
        self,
        context: Context,
        rooms: RoomRequests,
        changed: Callable[..., Any],
        deleted: Callable[[Topic], Any],
        withdrawn: Callable[[Topic], Awaitable[Any]],
        *,
        max_topics: int,
        max_members: int,
        minutes: int,
        visibility: Visibility,
    ) -> None:
        self._context = context
        self._rooms = rooms
        self._changed = changed
        self._deleted = deleted
        self._withdrawn = withdrawn
        self._times = TopicTimes(context)
        self._max_topics = max_topics
        self._max_members = max_members
        self._minutes = minutes
        self._visibility = visibility
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

    async def foresee(self, user: str, wish: Wish) -> Foreseen:
        """What :meth:`create` would make of it; makes nothing. :raises StanzaError: as it does."""
        return await self._foresee(user, wish, await self._context.topics.names_of(user))

    # ---- people

    async def create(self, user: str, wish: Wish) -> Made:
        """
        Make a topic and its room.

        :raises StanzaError: ``forbidden`` for somebody of another server, ``policy-violation`` beyond the limit.
        """
        context = self._context
        id_, known = await self._made_before(user, wish.key)
        async with self._turns.of(user):
            taken = await context.topics.names_of(user) - ({known.name} if known else set())
            if len(taken) >= self._max_topics:
                raise StanzaError("policy-violation", f"You have {self._max_topics} topics. Delete one first.")
            seems = await self._foresee(user, wish, taken)
            name, timed, zone = seems.name, seems.timed, seems.zone
            visibility, seen = readers(wish.visibility or self._visibility, name)
            targets, sent = destinations(wish.targets or "all", context.publishers, name)
            topic = Topic(
                id=id_,
                name=name,
                room=f"{id_}@{context.rooms}",
                owner=user,
                state="planned",
                start=timed.start,
                minutes=timed.minutes,
                zone=zone,
                language=seems.language,
                created=context.now(),
                members=(user,),
                visibility=visibility,
                targets=targets,
            )
            if known is not None:
                topic = known
            else:
                await self._rooms.create(topic.room, name, user, context.siblings["reporter"], seems.language)
                topic = await context.topics.save(topic)
        self._changed(topic, wish.key)
        return Made(topic, (*seems.corrections, *seen, *sent), created(topic))

    async def _foresee(self, user: str, wish: Wish, taken: frozenset[str]) -> Foreseen:
        if address.domain(user) != (host := self._context.host):
            raise StanzaError("forbidden", f"Topics are made by accounts of {host}. Register there first.")
        zone, language = self._zone(wish.zone, None), wish.language or self._context.language
        reading = await self._times.read(wish.start, zone, language)
        name, told = await self._name(user, wish, taken, when.day_of(reading.at, zone))
        asked = Asked(user, name, wish.start, zone, language, self._minutes)
        timed = await self._times.tell(asked, reading)
        return Foreseen(name, timed, zone, language, (*told, *timed.corrections))

    async def rename(self, user: str, id_: str, name: str) -> Made:
        """Give a topic another name; a taken one is varied, a missing one guessed."""
        async with self._turns.of(user), self._turns.of(id_):
            before = await self._owned(user, id_, "rename it")
            taken = await self._context.topics.names_of(user) - {before.name}
            day = when.day_of(before.start, before.zone)
            name, corrections = await self._name(user, Wish(name=name), taken, day)
            if name != before.name:
                await self._rooms.rename(before.room, name)
            topic = await self._save(before, replace(before, name=name))
        return Made(topic, corrections, changes(before, topic))

    async def reschedule(self, user: str, id_: str, wish: Wish) -> Made:
        """Move a topic to another time, one that has ended too; what cannot be read leaves the time open."""
        async with self._turns.of(id_):
            before = await self._owned(user, id_, "move it")
            ended = before.state in ("ended", "published")
            zone, language = self._zone(wish.zone, before), wish.language or before.language
            asked = Asked(user, before.name, wish.start, zone, language, before.minutes, id_, ended)
            timed = await self._times.tell(asked, await self._times.read(wish.start, zone, language))
            topic = replace(before, start=timed.start, minutes=timed.minutes, zone=zone)
            topic = await self._save(before, replace(topic, state="planned") if ended else topic)
        return Made(topic, timed.corrections, changes(before, topic))

    async def revert(self, user: str, work: Mapping[str, Any]) -> tuple[Topic, str]:
        """
        Take a change back: of what it changed, whatever nobody has changed since.

        :returns: the topic, its id gone from the store if it had been made; and a sentence.
        """
        id_ = work["id"]
        if work["did"] == "create":
            async with self._turns.of(id_):
                topic = await self._owned(user, id_, "take it back")
                if talked(topic):
                    return topic, talked(topic)
            return await self.delete(user, id_), f"{topic.name} is undone: it is gone."
        async with self._turns.of(user), self._turns.of(id_):
            now = await self._owned(user, id_, "take it back")
            values = reverted(now, work)
            if not work["before"]:
                return now, f"Nothing of {now.name} had changed."
            if not values:
                return now, f"{now.name} was changed again since, so it stays as it is."
            if "name" in values:
                values["name"] = names.vary(values["name"], await self._context.topics.names_of(user) - {now.name})
                await self._rooms.rename(now.room, values["name"])
            topic = await self._save(now, replace(now, **values))
        return topic, f"{topic.name} is as it was before."

    async def show_to(self, user: str, id_: str, visibility: str) -> Made:
        """Say who may read what is published of a topic from now on."""
        async with self._turns.of(id_):
            before = await self._owned(user, id_, "say who reads it")
            wanted, corrections = readers(visibility, before.name)
            topic = await self._save(before, replace(before, visibility=wanted))
        return Made(topic, corrections, changes(before, topic))

    async def send_to(self, user: str, id_: str, targets: str) -> Made:
        """Say where it goes besides the archive from now on; what has gone elsewhere stays there."""
        async with self._turns.of(id_):
            before = await self._owned(user, id_, "say where it goes")
            wanted, corrections = destinations(targets, self._context.publishers, before.name)
            topic = await self._save(before, replace(before, targets=wanted))
        return Made(topic, corrections, changes(before, topic))

    async def end(self, user: str, id_: str) -> Topic:
        """The talk is over. Doing it again changes nothing."""
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "end it")
            if topic.state in ("ended", "published"):
                return topic
            called_off = topic.state == "planned" and topic.start is not None
            sequence = topic.sequence + called_off
            topic = await self._context.topics.save(replace(topic, state="ended", sequence=sequence))
        self._changed(topic)
        return topic

    async def delete(self, user: str, id_: str) -> Topic:
        """Forget a topic and its room; a published document stays."""
        async with self._turns.of(id_):
            topic = await self._owned(user, id_, "delete it")
            await self._withdrawn(topic)
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

    async def succeed(self, id_: str, jid: str, by: str) -> Topic:
        """Let an account have somebody's place, in a full topic too; the room is asked apart."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if jid in topic.members and jid != topic.owner:
                if await self._context.accounts.get(by) is None:
                    raise StanzaError("item-not-found", f"There is no account {by}.")
                members = tuple(dict.fromkeys(by if member == jid else member for member in topic.members))
                topic = await self._context.topics.save(replace(topic, members=members))
        self._changed(topic)
        return topic

    async def bequeath(self, id_: str, jid: str) -> Topic:
        """Make another participant the owner; the present one takes part."""
        async with self._turns.of(id_):
            topic = await self._known(id_)
            if jid not in topic.members:
                raise StanzaError("item-not-found", "Only somebody who takes part can become the owner.")
            if jid != topic.owner:
                await self._rooms.affiliate(topic.room, {jid: "owner", topic.owner: "member"})
                topic = await self._context.topics.save(replace(topic, owner=jid))
        self._changed(topic)
        return topic

    async def attended(self, id_: str, there: bool, jid: str = "") -> Topic:
        """Somebody is in the room, or nobody any more (:func:`~ccm.components.topic_attendance.attended`)."""
        async with self._turns.of(id_):
            before = await self._known(id_)
            topic = attended(before, there, jid, self._context.now())
            if topic == before:
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

    async def _made_before(self, user: str, key: str) -> tuple[str, Topic | None]:
        """The id for a new topic; with the topic, if an earlier try at the same request has made it."""
        if key:
            id_ = _id_of(key)
            topic = await self._context.topics.get(id_)
            if topic is None:
                return id_, None
            if topic.owner == user and topic.created > self._context.now() - _SAME_REQUEST:
                return id_, topic
        return _id_of(self._context.token()), None

    async def _save(self, before: Topic, topic: Topic) -> Topic:
        """Keep it, with a greater sequence if calendars must learn of it."""
        if any(getattr(before, name) != getattr(topic, name) for name in ("name", "start", "minutes")):
            topic = replace(topic, sequence=before.sequence + 1)
        topic = await self._context.topics.save(topic)
        self._changed(topic)
        return topic

    async def _name(self, user: str, wish: Wish, taken: frozenset[str], day: str) -> tuple[str, tuple[Correction, ...]]:
        wanted = names.clean(wish.name)
        cleaned = wanted != wish.name.strip()
        guessed = wanted or names.from_talk(wish.about)
        guessed = guessed or names.guess(await self.name_of(user), names.clean(wish.invitee))
        name = names.vary(guessed, taken, day)
        if not wanted:
            return name, (Correction("name-guessed", f"I called it {name}.", "", name),)
        if name != wanted:
            numbered = names.vary(guessed, taken)
            others = (Alternative(numbered, {"name": numbered}),) if numbered != name else ()
            text = f"{name}, because {wanted} exists."
            return name, (Correction("name-varied", text, wanted, name, alternatives=others),)
        if cleaned and names.needs_telling(wish.name):
            return name, (Correction("name-varied", f"I made it one plain line: {name}.", "", name),)
        return name, ()


def _id_of(text: str) -> str:
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:8]
