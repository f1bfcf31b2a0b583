"""
The reporter component: a visible occupant of every topic's room that writes the discussion down and publishes it.

Joins rooms (``wokkel.muc``), tells the topics component who is there, serves outcomes and pushes them
(``docs/protocol.md``, Reporter). What it does in one room is :mod:`ccm.components.room_discussion`; what remarks mean
is decided by the pure functions of :mod:`ccm.reporter`.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock, DeferredSemaphore
from twisted.logger import Logger
from twisted.plugin import IPlugin
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.error import exceptionFromStanza
from twisted.words.protocols.jabber.jid import JID
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.choices import topics_of
from ccm.components.context import Context
from ccm.components.identity import component
from ccm.components.operations import Answer, Field, Operation, Request, done
from ccm.components.outcome_elements import outcome_element
from ccm.components.reporter_room import ReporterRoom
from ccm.components.room_archive import RoomArchive
from ccm.components.room_discussion import RoomDiscussion
from ccm.components.room_requests import REPORTER_NICK
from ccm.components.topic_elements import event
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.interfaces import IComponentHandler
from ccm.records import Topic
from ccm.reporter import discussion
from ccm.reporter.templates import Templates
from wokkel.muc import HistoryOptions, MUCClient, Room, User, UserPresence
from wokkel.subprotocols import XMPPHandler

log = Logger()

JOINS_AT_ONCE = 20
REJOIN_SECONDS = 5
JOIN_SECONDS = 30
PUSH_SECONDS = 0.5
FAILURES_KEPT_SECONDS = 90 * 86400
TARGETS = {"wordpress": "WordPress"}


class ReporterOptions(Section):
    """
    ``[components.reporter]``

    ``grace_seconds``: how long owner or chair may hold a publication that somebody else asked for.
    ``templates``: a folder with further document types (TOML), or empty.
    ``max_requests``: at this many requests in work the component is busy.
    """

    grace_seconds: int = 600
    templates: str = ""
    max_requests: int = 100


class Reporter(MUCClient):  # type: ignore[misc]
    """The occupant, its discussions by room, and the operations of the component as a table."""

    def __init__(self, context: Context, options: ReporterOptions) -> None:
        super().__init__(context.clock)
        self._context = context
        self._options = options
        self._templates = Templates.load(options.templates or None)
        self.archive = RoomArchive(context)
        self._room = ReporterRoom(context, self.archive, self)
        self._joins = DeferredSemaphore(JOINS_AT_ONCE)
        self._pushes: dict[str, Any] = {}
        self._pushed_lately: set[str] = set()
        self._entering: dict[str, Deferred[Any]] = {}
        self._failures = DeferredLock()
        self._unsubscribe: Callable[[], None] | None = None
        self.discussions: dict[str, RoomDiscussion] = {}
        which = Field("topic", "Topic", required=True, options=topics_of(context))
        on = Field("on", "On the record", "boolean", value="false")
        self.operations = (
            Operation("outcome", "get", "Show the outcome so far", self._outcome, (which,)),
            Operation("publish", "set", "Publish what was said", self._publish, (which,)),
            Operation("hold", "set", "Hold a publication", self._hold, (which,)),
            Operation("record", "set", "Go off the record, or on it", self._record, (which, on)),
        )

    # ---- life

    def connectionInitialized(self) -> None:
        super().connectionInitialized()
        query = f"/message[@type='headline']/event[@xmlns='{ns.PUBSUB_EVENT}']"
        self.xmlstream.addObserver(query, self._pushed)
        self.xmlstream.addObserver("/message[@type='error']", self._refused)
        self.xmlstream.addObserver("/presence", self._answered, -1)
        self._context.spawn(self._start())

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        for each in self.discussions.values():
            each.close()
        self.discussions.clear()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    async def _start(self) -> None:
        self._unsubscribe = await self._context.state.subscribe("publish-failed", self._publish_failed)
        for topic in await self._context.topics.active():
            self._context.spawn(self._follow(topic))
        await self._one_after_another()

    def _publish_failed(self, _: bytes) -> None:
        self._context.spawn(self._one_after_another())

    async def _one_after_another(self) -> None:
        await self._failures.acquire()
        try:
            await self._tell_failures()
        finally:
            self._failures.release()

    async def _tell_failures(self) -> None:
        """Say in its room of each publication given up, also while nobody listened, once."""
        for job, why in await self._context.outbox.parked():
            told = f"publish-failed:{job.key}"
            if job.kind != "publish" or await self._context.state.get(told) is not None:
                continue
            work = json.loads(job.payload)
            topic = await self._context.topics.get(work["topic"])
            if topic is not None:
                await self._follow(topic)
                id_ = f"failed.{work['target']}.{work['revision']}.{topic.id}"
                try:
                    await self._room.say(topic.room, id_, given_up(work["target"], why, topic.document or ""))
                except (JabberError, RequestTimeout) as error:
                    log.warn("{room} did not hear that {key} failed: {why}", room=topic.room, key=job.key, why=error)
                    continue  # the next failure, or the next start, tries again
            await self._context.state.set(told, b"told", FAILURES_KEPT_SECONDS)

    async def _follow(self, topic: Topic) -> RoomDiscussion:
        """Be in a topic's room and keep up with it."""
        known = self.discussions.get(topic.room)
        if known is not None:
            known.topic = topic
            known.wake()
            return known
        made = RoomDiscussion(
            topic, self._room, self._context, self._templates, self._options.grace_seconds, self._changed
        )
        self.discussions[topic.room] = made
        await self._joins.run(self._enter, topic.room)
        made.wake()
        return made

    def _sendDeferred(self, stanza: Any) -> "Deferred[Any]":
        # COMPAT: wokkel 18 waits for the answer with an XPath query per room, which Twisted keeps compiled for good.
        entered: Deferred[Any] = Deferred()
        self._entering[stanza.recipient.userhost()] = entered
        self.send(stanza.toElement())
        return entered.addTimeout(JOIN_SECONDS, self._context.clock)

    def _answered(self, presence: Any) -> None:
        room, _, nick = presence.getAttribute("from", "").partition("/")
        waiting = self._entering.get(room)
        error = presence.getAttribute("type") == "error"
        if waiting is None or (nick != REPORTER_NICK and not error):
            return
        del self._entering[room]
        if error:
            waiting.errback(exceptionFromStanza(presence))
        else:
            waiting.callback(UserPresence.fromElement(presence))

    def _enter(self, room: str) -> Any:
        joined = self.join(JID(room), REPORTER_NICK, HistoryOptions(maxStanzas=0))

        def refused(failure: Any) -> None:
            if failure.check(JabberError) and failure.value.condition in ("item-not-found", "gone"):
                self._forget(room)
                return
            log.warn("{room}: the reporter could not enter: {reason}.", room=room, reason=str(failure.value))
            self._context.clock.callLater(REJOIN_SECONDS, self._enter_again, room)

        return joined.addErrback(refused)

    def _enter_again(self, room: str) -> None:
        if room in self.discussions and self.xmlstream is not None:
            self._enter(room).addCallback(lambda _: self._wake(room))

    def _wake(self, room: str) -> None:
        if room in self.discussions:
            self.discussions[room].wake()

    def _forget(self, room: str) -> None:
        known = self.discussions.pop(room, None)
        if known is not None:
            known.close()

    # ---- called by wokkel

    def userJoinedRoom(self, room: Room, user: User) -> None:
        known = self.discussions.get(room.roomJID.userhost())
        if known is None or not _human(room, user):
            return
        who = user.entity.userhost() if user.entity is not None else ""
        self._context.spawn(self._room.attended(known.topic, True, who))
        if user.entity is not None:
            self._context.spawn(self._room.entered(known.topic, user.entity.userhost()))

    def userLeftRoom(self, room: Room, user: User) -> None:
        jid = room.roomJID.userhost()
        if user.nick == room.nick:
            self._context.clock.callLater(REJOIN_SECONDS, self._enter_again, jid)
            return
        known = self.discussions.get(jid)
        if known is not None and not any(_human(room, other) for other in room.roster.values()):
            self._context.spawn(self._room.attended(known.topic, False))

    def groupChatReceived(self, message: Any) -> None:
        known = self.discussions.get(message.sender.userhost())
        if known is None:
            return
        element = message.element
        if message.sender.resource == REPORTER_NICK and element.getAttribute("id"):
            self._room.reflected(known.topic.room, element["id"])
        if any(each.uri == ns.STANZA_ID and each.name == "stanza-id" for each in element.elements()):
            known.wake()
        elif not known.state.recording and (message.body or "").strip().lower() in ("#on", "/on"):
            # Off the record nothing is archived, so the way back is the one thing heard live.
            nick = message.sender.resource or ""
            self._context.spawn(self._room.back_on_record(known, nick))

    def _refused(self, message: Any) -> None:
        room = address.bare(message.getAttribute("from", ""))
        if room in self.discussions and message.getAttribute("id"):
            self._room.reflected(room, message["id"], exceptionFromStanza(message))

    # ---- pushes

    def _pushed(self, message: Any) -> None:
        if address.bare(message.getAttribute("from", "")) != self._context.siblings["topics"]:
            return
        message.handled = True
        for items in next(message.elements(ns.PUBSUB_EVENT, "event")).elements():
            for item in items.elements():
                if item.name == "item":
                    self._context.spawn(self._topic_changed(item["id"]))
                elif item.name == "retract":
                    self._context.spawn(self._topic_deleted(item["id"]))

    async def _topic_changed(self, id_: str) -> None:
        topic = await self._context.topics.get(id_)
        if topic is not None and (topic.state != "published" or topic.room in self.discussions):
            await self._follow(topic)

    async def _topic_deleted(self, id_: str) -> None:
        for room, known in list(self.discussions.items()):
            if known.topic.id == id_:
                self._forget(room)
        await self._context.state.delete(f"discussion:{id_}")

    def _changed(self, known: RoomDiscussion) -> None:
        """Push soon; what changes meanwhile goes along."""
        if known.topic.room not in self._pushes:
            delay = PUSH_SECONDS if known.topic.room in self._pushed_lately else 0
            self._pushes[known.topic.room] = self._context.clock.callLater(delay, self._push_now, known)

    def _push_now(self, known: RoomDiscussion) -> None:
        room = known.topic.room
        del self._pushes[room]
        self._pushed_lately.add(room)
        self._context.clock.callLater(PUSH_SECONDS, self._pushed_lately.discard, room)
        if self.xmlstream is not None:
            self._context.spawn(self._push(known))

    async def _push(self, known: RoomDiscussion) -> None:
        topic = await self._context.topics.get(known.topic.id) or known.topic
        for jid in topic.members:
            self.send(event(jid, ns.REPORTER, topic.id, self._element(known)))

    def _element(self, known: RoomDiscussion) -> Element:
        rules = known.rules
        return outcome_element(
            known.topic,
            known.state,
            self._templates.get(known.state.type).label,
            discussion.questions_of(known.state, rules),
            known.saved.until,
            known.saved.document,
        )

    # ---- people

    async def _known(self, request: Request) -> RoomDiscussion:
        topic = await self._context.topics.get(request.need("topic"))
        if topic is None or request.user not in topic.members:
            raise StanzaError("item-not-found", "There is no such topic among yours. It may have been deleted.")
        known = await self._follow(topic)
        await known.load()
        return known

    async def _outcome(self, request: Request) -> Answer:
        known = await self._known(request)
        columns = [("mode", "State"), ("type", "Kind of document"), ("document", "Published at")]
        row = {"mode": known.state.mode, "type": known.state.type, "document": known.saved.document}
        for key, label, _, values in discussion.questions_of(known.state, known.rules):
            columns.append((f"attribute-{key}", label))
            row[f"attribute-{key}"] = " ".join(value.text for value in values)
        for entry in known.state.entries:
            columns.append((f"entry-{entry.id}", f"{entry.kind} {entry.id}"))
            row[f"entry-{entry.id}"] = entry.text
        return Answer(self._element(known), tuple(columns), (row,))

    async def _publish(self, request: Request) -> Answer:
        return await self._ask_for(request, "publish", "{nick} asks me to publish this.")

    async def _hold(self, request: Request) -> Answer:
        return await self._ask_for(request, "hold", "{nick} holds the publication.")

    async def _record(self, request: Request) -> Answer:
        on = request.values.get("on", "false") in ("true", "1")
        known = await self._known(request)
        if on and not known.state.recording:
            await self._room.record(known.topic.room, True)  # what asks for it must be archived itself
        text = "{nick} puts us on the record." if on else "{nick} takes us off the record."
        return await self._ask_for(request, "on" if on else "off", text)

    async def _ask_for(self, request: Request, name: str, text: str) -> Answer:
        known = await self._known(request)
        nick = await self._room.nick_of(request.user)
        cause = f"{name}.{self._context.token()[-16:]}"
        await known.ask(name, nick=nick, jid=request.user, text=text.format(nick=nick), cause=cause)
        return Answer(done(ns.REPORTER, self._element(known)), note="Asked for in the room.")


@implementer(IPlugin, IComponentHandler)
class ReporterPlugin:
    """How ``reporter`` is found."""

    name = "reporter"
    options = ReporterOptions

    def handlers(self, context: Context, options: ReporterOptions) -> Iterable[XMPPHandler]:
        """The handlers of the component."""
        reporter = Reporter(context, options)
        return [
            reporter.archive,
            reporter,
            *component("Reporter", ns.REPORTER, reporter.operations, context, options.max_requests),
        ]


plugin = ReporterPlugin()


def given_up(target: str, why: str, document: str) -> str:
    """What the room hears when a publisher did not take a document."""
    name = TARGETS.get(target, target)
    reason = why.strip().rstrip(".")
    words = f"{reason}." if name.lower() in reason.lower() else f"{name} did not take it: {reason}."
    return f"{words} The archive has it{': ' + document if document else '.'}"


def _human(room: Room, user: User) -> bool:
    """Whether an occupant is neither the reporter nor another component."""
    return user.nick != room.nick and (user.entity is None or user.entity.user is not None)
