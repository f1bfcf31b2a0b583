"""
The reporter component: a visible occupant of every topic's room that writes the discussion down and publishes it.

Joins rooms (``wokkel.muc``) and tells the topics component who is there. What it does in one room is
:mod:`ccm.components.room_discussion`, what it can be asked for :mod:`ccm.components.reporter_desk`, what it tells
participants :mod:`ccm.components.outcome_push`; what remarks mean is decided by the pure functions of
:mod:`ccm.reporter`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.logger import Logger
from twisted.plugin import IPlugin
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.error import exceptionFromStanza
from twisted.words.protocols.jabber.jid import JID
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.components.context import Context
from ccm.components.identity import component
from ccm.components.outcome_answers import OutcomeAnswers
from ccm.components.outcome_nodes import OutcomeNodes
from ccm.components.outcome_push import LiveOutcomes
from ccm.components.publication import Edition
from ccm.components.publication_news import PublicationNews
from ccm.components.publication_states import CHANNELS, topic_of
from ccm.components.reporter_desk import ReporterDesk
from ccm.components.reporter_room import ReporterRoom
from ccm.components.room_archive import RoomArchive
from ccm.components.room_discussion import RoomDiscussion
from ccm.components.room_requests import REPORTER_NICK
from ccm.components.room_words import GREETING, greeting, readers_changed
from ccm.config import Section
from ccm.interfaces import IComponentHandler
from ccm.records import Topic
from ccm.reporter.silence import puts_back
from ccm.reporter.templates import Templates
from wokkel.muc import HistoryOptions, MUCClient, Room, User, UserPresence
from wokkel.pubsub import PubSubService
from wokkel.subprotocols import XMPPHandler

log = Logger()

JOINS_AT_ONCE = 20
REJOIN_SECONDS = 5
JOIN_SECONDS = 30


class ReporterOptions(Section):
    """
    ``[components.reporter]``

    ``grace_seconds``: how long owner or chair may hold a publication that somebody else asked for.
    ``templates``: a folder with further document types (TOML), or empty.
    ``max_requests``: at this many requests in work the component is busy.
    ``mail_outcome``: members and guests with a mail address are mailed what is published, their own actions first.
    ``licence`` and ``retention``: stand at the foot of every document, e.g. "CC BY 4.0", "Kept for two years."
    """

    grace_seconds: CountOr0 = 600
    templates: str = ""
    max_requests: Count = 100
    mail_outcome: bool = True
    licence: str = ""
    retention: str = ""


class Reporter(MUCClient):  # type: ignore[misc]
    """The occupant, its discussions by room, and the operations of the component as a table."""

    def __init__(self, context: Context, options: ReporterOptions) -> None:
        super().__init__(context.clock)
        self._context = context
        self._options = options
        self._edition = Edition(options.mail_outcome, options.licence, options.retention)
        self._templates = Templates.load(options.templates or None)
        self.archive = RoomArchive(context)
        self._room = ReporterRoom(context, self.archive, self)
        self._joins = DeferredSemaphore(JOINS_AT_ONCE)
        self._entering: dict[str, Deferred[Any]] = {}
        self._answers = OutcomeAnswers(context, self._follow, self._room.nick_of)
        self._news = PublicationNews(context, self._room, self._follow)
        self._unsubscribe: list[Callable[[], None]] = []
        self.discussions: dict[str, RoomDiscussion] = {}
        self.desk = ReporterDesk(context, self._room, self._templates, self._follow)
        self.live = LiveOutcomes(context, self.send, self.desk.outcome_of)

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
        self.live.stop()
        self._news.stop()
        self._answers.stop()
        while self._unsubscribe:
            self._unsubscribe.pop()()

    async def _start(self) -> None:
        subscribe = self._context.state.subscribe
        for channel in CHANNELS:
            self._unsubscribe.append(await subscribe(channel, self._publication_news))
        for topic in await self._context.topics.active():
            self._context.spawn(self._follow(topic))
        await self._news.start()
        await self._answers.start()

    def _publication_news(self, told: bytes) -> None:
        for known in list(self.discussions.values()):
            if known.topic.id == topic_of(told):
                self._context.spawn(known.look_at_targets())

    async def _follow(self, topic: Topic) -> RoomDiscussion:
        """Be in a topic's room and keep up with it."""
        known = self.discussions.get(topic.room)
        if known is not None:
            if known.topic != topic or known.trouble:  # what is said in the room wakes it without this
                if known.topic.visibility != topic.visibility:
                    self._context.spawn(self._tell_readers(known, topic))
                known.topic = topic
                known.wake()
            return known
        made = RoomDiscussion(
            topic,
            self._room,
            self._context,
            self._templates,
            self._options.grace_seconds,
            self.live.changed,
            edition=self._edition,
        )
        self.discussions[topic.room] = made
        await self._joins.run(self._enter, topic.room)
        made.wake()
        return made

    async def _tell_readers(self, known: RoomDiscussion, topic: Topic) -> None:
        """The greeting says who reads what comes of it: it is said anew in its place, and that it is so now."""
        await known.load()
        if not known.saved.greeted:
            return
        greeted, words = f"{GREETING}.{topic.id}", greeting(topic, self._context.web_url, self._context.announced())
        await self._room.say(topic.room, f"{greeted}.{topic.revision}", words, instead_of=greeted)
        await self._room.say(topic.room, f"readers.{topic.id}.{topic.revision}", readers_changed(topic))

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
        joined = self.join(JID(room), REPORTER_NICK, HistoryOptions(maxStanzas=0)).addCallback(self._entered)

        def refused(failure: Any) -> None:
            if failure.check(JabberError) and failure.value.condition in ("item-not-found", "gone"):
                self._forget(room)
                return
            log.warn("{room}: the reporter could not enter: {reason}.", room=room, reason=str(failure.value))
            self._context.clock.callLater(REJOIN_SECONDS, self._enter_again, room)

        return joined.addErrback(refused)

    def _entered(self, room: Room) -> None:
        """Who was there may have left while the reporter was away."""
        known = self.discussions.get(room.roomJID.userhost())
        if known is not None and known.topic.state == "live":
            self._left(known.topic, room)

    def _left(self, topic: Topic, room: Room) -> None:
        if not any(_human(room, other) for other in room.roster.values()):
            self._context.spawn(self._room.attended(topic, False))

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
            self.live.forget(known.topic.id)

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
        if known is not None:
            self._left(known.topic, room)

    def groupChatReceived(self, message: Any) -> None:
        known = self.discussions.get(message.sender.userhost())
        if known is None:
            return
        element = message.element
        nick = message.sender.resource or ""
        if nick == REPORTER_NICK and element.getAttribute("id"):
            self._room.reflected(known.topic.room, element["id"])
        if any(each.uri == ns.STANZA_ID and each.name == "stanza-id" for each in element.elements()):
            known.wake()
        elif nick != REPORTER_NICK and puts_back(message.body or "", known.rules.names):
            # Off the record nothing is archived, so the way back is the one thing heard live.
            _, user = self._getRoomUser(message)
            jid = user.entity.userhost() if user is not None and user.entity is not None else ""
            self._context.spawn(self._room.back_on_record(known, nick, jid))

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
            PubSubService(OutcomeNodes(context, reporter.desk.seen)),
            *component("Reporter", ns.REPORTER, reporter.desk.operations, context, options.max_requests),
        ]


plugin = ReporterPlugin()


def _human(room: Room, user: User) -> bool:
    """Whether an occupant is neither the reporter nor another component."""
    return user.nick != room.nick and (user.entity is None or user.entity.user is not None)
