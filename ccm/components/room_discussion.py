"""
One discussion as the reporter follows it: from the room's archive through the pure fold to what is said and done.

For each archived message, in order: fold it, carry out the effects, save ``(last id, state)``. A kill between any two
of these loses nothing and doubles nothing: what is said is waited for until the room has archived it, and only then
saved; on the next start the same message is folded again from the saved state, and what was said before is found in
the archive by its id, which is made of the cause's id. What people ask for by IQ
and what a timer brings is first written into the room by the reporter and acted upon when it comes back from the
archive, so that the archive alone determines the state.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import msgspec
from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm.components import publication, redaction
from ccm.components.context import Context
from ccm.components.publication_states import targets_of
from ccm.components.room_archive import Remark
from ccm.components.room_transcript import RoomTranscript, spoken
from ccm.components.room_window import window
from ccm.components.room_words import CARRYING, CLOSING, GREETING, LONG, LONG_WORDS, READ_ANEW, closing, greeting
from ccm.components.saved_discussion import Saved
from ccm.errors import StanzaError
from ccm.records import Topic
from ccm.reporter import discussion, effects
from ccm.reporter.document_shape import Document
from ccm.reporter.finding import found
from ccm.reporter.followup import CARRIED
from ccm.reporter.state import State, from_json, new_state, to_json
from ccm.reporter.templates import Templates

log = Logger()

RETRY_SECONDS = (5, 15, 60, 300)


class Room(Protocol):
    """What a discussion does in its room; the reporter component gives it."""

    most: int

    async def since(self, room: str, after: str | None) -> list[Remark]:
        """The archive after an id; of more than *most* messages so many, and the rest when asked again."""

    async def say(self, room: str, id_: str, text: str, request: dict[str, str] | None = None) -> None:
        """A groupchat message under that id, with a request written down for oneself; done once the room has it."""

    def acknowledge(self, room: str, id_: str, source: str) -> None:
        """A reaction to a message."""

    async def record(self, room: str, on: bool) -> None:
        """Take the room on or off the record."""

    async def silence(self, room: str, jid: str, on: bool) -> None:
        """Have the room not keep (*on* false) what one person says, or keep it again."""

    async def follow_up(self, topic: Topic, at: str, carried: str) -> str:
        """Make the next meeting's topic, or move it; what to say of it."""

    async def published(self, topic: Topic, url: str) -> None:
        """Tell the topics component."""

    async def ended(self, topic: Topic) -> None:
        """Tell the topics component."""


class RoomDiscussion:
    """
    :param changed: called after the outcome changed, to push it.
    :param grace_seconds: how long owner or chair may hold what somebody else asked for.
    :param find: finds what nobody marked.
    """

    def __init__(
        self,
        topic: Topic,
        room: Room,
        context: Context,
        templates: Templates,
        grace_seconds: int,
        changed: Callable[["RoomDiscussion"], Any],
        find: Callable[..., Any] = found,
        edition: publication.Edition = publication.PLAIN,
    ) -> None:
        self.topic = topic
        self.state: State = new_state()
        self.saved = Saved(msgspec.Raw(b"{}"))
        self.trouble = 0
        self._room = room
        self._context = context
        self._templates = templates
        self._grace_seconds = grace_seconds
        self._changed = changed
        self._find = find
        self._edition = edition
        self._loaded = self._closed = False
        self._working = self._woken = False
        self._timer: Any = None
        self._retry: Any = None
        self._looks = 0
        self._told = RoomTranscript(context.domain, self._archive)

    async def _archive(self, until: str) -> list[Remark]:
        found, whole = await window(partial(self._room.since, self.topic.room), self._room.most, until)
        if not whole and not self.saved.long:
            await self._say(LONG, LONG_WORDS.format(most=self._room.most))
            self.saved.long = True
        return found

    async def _say(self, what: str, text: str) -> None:
        await self._room.say(self.topic.room, f"{what}.{self.topic.id}", text)

    @property
    def key(self) -> str:
        """Where the session state keeps it."""
        return f"discussion:{self.topic.id}"

    @property
    def revision(self) -> int:
        """Rises with every change of what people see."""
        return self.state.revision + self.saved.steps

    @property
    def rules(self) -> discussion.Context:
        """What the fold needs to know of the topic."""
        return discussion.Context(
            self._templates,
            roles={self.topic.owner: "owner"},
            grace_seconds=self._grace_seconds,
            zone=self.topic.zone,
            find=self._find,
            scheduled=self.topic.start,
        )

    # ---- life

    def wake(self) -> None:
        """Something may have been archived: catch up, now or after the present round."""
        self._woken = True
        if not self._working and not self._closed:
            self._working = True
            self._context.spawn(self._work())

    def close(self) -> None:
        """Follow no longer; what is saved stays."""
        self._closed = True
        for call in (self._timer, self._retry):
            if call is not None and call.active():
                call.cancel()

    async def load(self) -> None:
        """Take up what was saved, once."""
        if self._loaded:
            return
        text = await self._context.state.get(self.key)
        if text is not None:
            try:
                self.saved = msgspec.json.decode(text, type=Saved)
                self.state = from_json(bytes(self.saved.state))
            except (msgspec.MsgspecError, ValueError) as error:
                log.warn(
                    "{room}: the saved state cannot be read and is made anew: {error}",
                    room=self.topic.room,
                    error=str(error),
                )
                self._begin_anew()
        self._loaded = True
        self._set_timer()

    # ---- what comes from outside the archive

    async def ask(self, name: str, *, nick: str, jid: str, text: str, cause: str, **more: str) -> None:
        """Write a request down in the room; it is carried out when the archive gives it back."""
        await self._room.say(self.topic.room, cause, text, {"name": name, "nick": nick, "jid": jid, **more})

    async def draft(self) -> Document:
        """The document as it would be now."""
        await self.load()
        messages = await self._told.up_to(self.saved.last)
        draft = publication.Draft(self.topic, self.state, messages, self.state.version + 1, self._context.now())
        return await publication.drafted(self._context, draft, self.rules, self._edition)

    async def look_at_targets(self) -> None:
        """See how far the publication is, and tell if that is news; of several looks at once the last one counts."""
        await self.load()
        self._looks = look = self._looks + 1
        found = await targets_of(self._context, self.topic.id, self.state.version, self.saved.document)
        if look == self._looks and found != self.saved.targets and not self._closed:
            self.saved.targets = found
            self.saved.steps += 1
            await self._save()
            self._changed(self)

    # ---- the work

    async def _work(self) -> None:
        try:
            while self._woken and not self._closed:
                self._woken = False
                await self._round()
            self.trouble = 0
        except Exception:
            if not self._closed:
                self._try_again()
        finally:
            self._working = False

    def _try_again(self) -> None:
        delay = RETRY_SECONDS[min(self.trouble, len(RETRY_SECONDS) - 1)]
        self.trouble += 1
        log.failure("{room}: the reporter stumbled; it tries in {seconds} s.", room=self.topic.room, seconds=delay)
        self._retry = self._context.clock.callLater(delay, self.wake)

    async def _round(self) -> None:
        await self.load()
        revision = self.revision
        try:
            remarks = await self._room.since(self.topic.room, self.saved.last or None)
        except JabberError as error:
            if error.condition != "item-not-found" or not self.saved.last:
                raise
            log.warn("{room}: the archive knows no {id}; reading anew.", room=self.topic.room, id=self.saved.last)
            await self._room.say(self.topic.room, f"anew.{self.saved.last}", READ_ANEW)
            self._begin_anew()
            remarks = await self._room.since(self.topic.room, None)
        said = {id_ for remark in remarks if self._told.mine(remark) for id_ in remark.client_ids}
        for remark in remarks:
            if self._closed:
                return
            await self._take(remark, said)
        self._woken |= len(remarks) >= self._room.most  # the rest comes next
        if not self.saved.greeted:
            await self._say(GREETING, greeting(self.topic, self._context.web_url, self._context.announced()))
            self.saved.greeted = True
        if not self.saved.carried:
            await self._carry()
        if self.topic.state == "ended" and not self.saved.closing and not self._woken:
            await self._say(CLOSING, closing(self.state.mode))
            self.saved.closing = True
        if self.saved.document and self.topic.document != self.saved.document:
            await self._room.published(self.topic, self.saved.document)
            self.topic = replace(self.topic, state="published", document=self.saved.document)
        self._set_timer()
        if revision != self.revision:
            self._changed(self)

    async def _take(self, remark: Remark, said: set[str]) -> None:
        """Fold one message, do what follows from it, save."""
        before, seen = self.state.revision, self._seen()
        mine, remark = self._told.mine(remark), await self._told.typed(remark)
        if mine:
            self.saved.said(self.topic.id, remark.client_ids, remark.at)
        turn: discussion.Step = (self.state, ())
        if remark.request is not None and mine:
            turn = self._request(remark)
        elif spoken(remark):
            message = self._told.message(remark, await self._told.corrected(remark))
            turn = discussion.step(self.state, message, self.rules)
        if any(isinstance(effect, effects.Look) for effect in turn[1]):
            messages = await self._told.up_to(remark.id)
            turn = await self._context.apart(discussion.settled, turn, messages, self.rules)
        self.state, wanted = turn
        self._told.note(remark)
        await self._perform(wanted, remark, said)
        if remark.retracts and self.saved.document and not self._closed:
            await redaction.catch_up(self._context, self.topic, await self._told.up_to(remark.id))
        if self._closed:
            return  # somebody else follows this discussion now
        if before == self.state.revision and seen != self._seen():
            self.saved.steps += 1
        self.saved.last = remark.id
        await self._save()

    def _request(self, remark: Remark) -> discussion.Step:
        assert remark.request is not None
        name, nick = (remark.request.get(key, "") for key in ("name", "nick"))
        jid = remark.request.get("jid") or None
        if name == "publish":
            return discussion.request_publish(self.state, nick, jid, remark.id, remark.at, self.rules)
        if name == "hold":
            return discussion.hold(self.state, nick, self.rules, jid)
        if name in ("on", "off"):
            return discussion.record_on(self.state, name == "on")
        if name == "say":  # a button that stands for what its presser could have typed
            said = replace(self._told.message(remark), nick=nick, jid=jid, from_reporter=False)
            return discussion.step(self.state, replace(said, text=remark.request.get("words", "")), self.rules)
        if name == "elapsed" and self.saved.grace and remark.request.get("cause") == self.saved.grace:
            self.saved.grace, self.saved.until = "", None
            return discussion.grace_over(self.state, self.rules)
        return self.state, ()

    async def _perform(self, wanted: Iterable[effects.Effect], cause: Remark, said: set[str]) -> None:
        """Carry effects out in order; what the archive already holds is not said again."""
        waiting, count = list(wanted), 0
        while waiting:
            effect = waiting.pop(0)
            if isinstance(effect, effects.Say):
                count += 1
                id_ = f"{cause.id}.{count}"
                if id_ not in said:
                    await self._room.say(self.topic.room, id_, effect.text)
            elif isinstance(effect, effects.Ack):
                self._room.acknowledge(self.topic.room, f"{cause.id}.ack", effect.source)
            elif isinstance(effect, effects.Publish):
                waiting[:0] = await self._publish(effect.version, cause)
            elif isinstance(effect, effects.Grace):
                self.saved.grace, self.saved.until = cause.id, cause.at + timedelta(seconds=effect.seconds)
            elif isinstance(effect, effects.Hold):
                self.saved.grace, self.saved.until = "", None
            elif isinstance(effect, effects.Record):
                await self._room.record(self.topic.room, effect.on)
            elif isinstance(effect, effects.Silence):
                waiting[:0] = await self._silence(effect)
            elif isinstance(effect, effects.FollowUp):
                waiting[:0] = await self._follow_up(effect)
            elif isinstance(effect, effects.Ended):
                await self._room.ended(self.topic)

    async def _publish(self, version: int, cause: Remark) -> Iterable[effects.Effect]:
        messages = await self._told.up_to(cause.id)
        draft = publication.Draft(self.topic, self.state, messages, version, cause.at)
        try:
            url = await publication.publish(self._context, draft, self.rules, self._edition)
        except StanzaError as error:
            return (effects.Say(f"I could not publish this. {error.text}"),)
        self.saved.document = url
        self.saved.targets = await targets_of(self._context, self.topic.id, version, url)
        self.state, more = discussion.published(self.state, url, self.rules)
        log.info("{room}: published as {url}.", room=self.topic.room, url=url)
        return more

    async def _silence(self, wanted: effects.Silence) -> Iterable[effects.Effect]:
        if wanted.jid:
            try:
                await self._room.silence(self.topic.room, wanted.jid, wanted.on)
            except JabberError as error:
                why = error.text or error.condition
                return (effects.Say(f"{wanted.nick}: the room's own archive keeps your words all the same. {why}"),)
        return ()

    async def _follow_up(self, wanted: effects.FollowUp) -> Iterable[effects.Effect]:
        """The topic of the next meeting; what fails is told in the room, where people can mend it."""
        carried = f"{CARRIED}{self.topic.name}:\n{wanted.carried}" if wanted.carried else ""
        try:
            return (effects.Say(await self._room.follow_up(self.topic, wanted.at, carried)),)
        except (StanzaError, JabberError) as error:
            words = f"I could not make the topic of the next meeting. {error.text or error.condition}"
            return (effects.Say(f"{words} Make it among your topics, or say #nextmeeting and publish again."),)

    async def _carry(self) -> None:
        """Say first what was carried over from the last meeting, if this one follows another."""
        text = await self._context.state.get(f"carry:{self.topic.id}")
        if text is not None:
            await self._say(CARRYING, text.decode())
        self.saved.carried = text is not None or bool(self.state.people)

    async def _save(self) -> None:
        self.saved.state = msgspec.Raw(to_json(self.state))
        await self._context.state.set(self.key, msgspec.json.encode(self.saved))

    # ---- details

    def _seen(self) -> tuple[object, ...]:
        """What people see, as far as it compares fast."""
        state = self.state
        words = (state.type, state.mode, state.asking, state.recording, state.chair, state.title, state.version)
        record = (state.attributes, state.entries, state.vote, state.following)
        return (*words, *record, self.saved.until, self.saved.ended, self.saved.document, self.saved.targets)

    def _begin_anew(self) -> None:
        self.state = new_state()
        self.saved = Saved(msgspec.Raw(b"{}"), steps=self.saved.steps + 1)
        self._told.forget()

    def _set_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self.saved.until is None or self._closed:
            return
        left = (self.saved.until - self._context.now()).total_seconds()
        self._timer = self._context.clock.callLater(max(left, 0), self._elapsed)

    def _elapsed(self) -> None:
        self._context.spawn(self._write_elapsed(self.saved.grace))

    async def _write_elapsed(self, cause: str) -> None:
        request = {"name": "elapsed", "cause": cause}
        try:
            await self._room.say(self.topic.room, f"{cause}.elapsed", "Nobody held it, so it goes out now.", request)
        except (JabberError, RequestTimeout):
            log.warn("{room}: the end of a grace period could not be written down.", room=self.topic.room)
            self._timer = self._context.clock.callLater(RETRY_SECONDS[0], self._elapsed)
