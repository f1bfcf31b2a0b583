"""
The topics component: what people want to talk through, each with its room (``docs/protocol.md``, Topics).

Answers requests and commands, and pushes every change to the participants. The rules are in
:mod:`ccm.components.topic_desk`.
"""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.plugin import IPlugin
from twisted.python.failure import Failure
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.components import when
from ccm.components.choices import among, present, topics_of
from ccm.components.context import Context
from ccm.components.correspondence import Correspondence
from ccm.components.destinations import ARCHIVE, spelled, written
from ccm.components.identity import component
from ccm.components.operations import Answer, Correction, Field, Operation, Request, done
from ccm.components.room_requests import RoomRequests, Sibling
from ccm.components.topic_changes import Visibility
from ccm.components.topic_desk import Made, TopicDesk, Wish
from ccm.components.topic_elements import COLUMNS, event, row, topic_element
from ccm.components.topic_times import reading_element
from ccm.components.undo import Undo
from ccm.config import Section
from ccm.errors import StanzaError
from ccm.interfaces import IComponentHandler
from ccm.records import Invitee, Page, Topic
from wokkel.subprotocols import XMPPHandler

log = Logger()

MAX_PAGE = 100
WARM_SECONDS = 5


class TopicsOptions(Section):
    """
    ``[components.topics]``

    Limits: how many topics one account may own, how many people take part in one, how many requests make the
    component busy. ``minutes`` is how long a meeting is planned for, ``undo_hours`` how long a guess can be undone.
    ``visibility``: who may read what comes of a topic, unless its owner says otherwise.
    """

    max_topics_per_account: CountOr0 = 500
    max_members_per_topic: CountOr0 = 500
    max_requests: Count = 100
    minutes: Count = 60
    undo_hours: CountOr0 = 24
    visibility: Visibility = "public"


class Topics(XMPPHandler):  # type: ignore[misc]
    """The operations of the component, as a table, and its pushes."""

    def __init__(self, context: Context, options: TopicsOptions) -> None:
        super().__init__()
        self._context = context
        self._letters = Correspondence(context.domain)
        self._desk = TopicDesk(
            context,
            RoomRequests(self._ask, context.domain),
            lambda topic, key="": context.spawn(self._push(topic, key)),
            self._push_deletion,
            self._withdrawn,
            max_topics=options.max_topics_per_account,
            max_members=options.max_members_per_topic,
            minutes=options.minutes,
            visibility=options.visibility,
        )
        self._warming: IDelayedCall | None = None
        self._undo = Undo(context, "topics", self._revert, self._choose, self._letters, options.undo_hours)
        which = Field("id", "Topic", required=True, options=topics_of(context))
        name, start, zone = Field("name", "Name"), Field("start", "Time, as you would say it"), Field("tz", "Time zone")
        about = Field("about", "What was said before, to take a name from")
        readers = among(("public", "Everybody"), ("link", "Whoever has the link"), ("members", "Its members"))
        places = ((ARCHIVE, "The archive alone"), *((name, name) for name in context.publishers if name != ARCHIVE))
        sent = Field(
            "targets",
            "Where a public one goes; nothing leaves it as it is",
            "list-multi",
            options=among(*places, ("all", "Every target, those of later too")),
            present=present(context, lambda topic: written(topic.targets)),
        )
        seen = Field("visibility", "Who may read the document", value=options.visibility, options=readers)
        seen_now = replace(seen, value="", present=present(context, lambda topic: topic.visibility))
        self.operations = (
            Operation("topics", "get", "List my topics", self._list),
            Operation("topic", "get", "Show a topic", self._get, (which,)),
            Operation("reading", "get", "", self._reading),
            Operation("create", "set", "Create a topic", self._create, (name, start, zone, seen, about)),
            Operation("rename", "set", "Rename a topic", self._rename, (which, name)),
            Operation("reschedule", "set", "Move a topic to another time", self._reschedule, (which, start, zone)),
            Operation("visibility", "set", "Say who may read the document", self._visibility, (which, seen_now)),
            Operation("targets", "set", "Say where the document goes", self._targets, (which, sent)),
            Operation("end", "set", "End a topic", self._end, (which,)),
            Operation("delete", "set", "Delete a topic", self._delete, (which,)),
            *self._undo.operations,
            Operation("admit", "set", "", self._admit, inner=True),
            Operation("dismiss", "set", "", self._dismiss, inner=True),
            Operation("succeed", "set", "", self._succeed, inner=True),
            Operation("bequeath", "set", "", self._bequeath, inner=True),
            Operation("live", "set", "", self._live, inner=True),
            Operation("published", "set", "", self._published, inner=True),
            Operation("changed", "set", "", self._changed, inner=True),
        )

    @property
    def parts(self) -> tuple[XMPPHandler, ...]:
        """Handlers to attach beside the table."""
        return (self, self._letters, self._undo)

    def _ask(self, request: Any) -> Awaitable[Element]:
        answer: Awaitable[Element] = self.request(request)
        return answer

    def connectionInitialized(self) -> None:
        if self._warming is None:
            self._warming = self._context.clock.callLater(WARM_SECONDS, self._warm)

    def connectionLost(self, reason: Failure) -> None:
        if self._warming is not None and self._warming.active():
            self._warming.cancel()
        super().connectionLost(reason)

    def _warm(self) -> None:
        """Load the reader of dates before anybody waits for it, and after the start."""

        async def load() -> None:
            await self._context.apart(when.warm)

        self._context.spawn(load())

    # ---- people

    async def _list(self, request: Request) -> Answer:
        limit, after = MAX_PAGE, request.values.get("after")
        if request.payload is not None:
            for rsm in request.payload.elements(ns.RSM, "set"):
                limit = min(limit, _number(_text(rsm, "max"), MAX_PAGE))
                after = _text(rsm, "after") or after
        page = await self._context.topics.of_member(request.user, after=after, limit=max(limit, 1))
        payload = Element((ns.TOPICS, "topics"))
        topics: tuple[Topic, ...] = page.items if limit else ()
        names = {owner: await self._desk.name_of(owner) for owner in {topic.owner for topic in topics}}
        for topic in topics:
            invitees = await self._context.topics.invitees(topic.id)
            payload.addChild(self._shape(topic, invitees, request.user, names[topic.owner]))
        payload.addChild(_set(page, topics))
        note = "" if page.complete else f"These are {len(topics)} of {page.total or 'many'}, the newest."
        rows = tuple(row(topic) for topic in topics)
        return Answer(payload, COLUMNS, rows, table=True, note=note if topics else "You have no topics yet.")

    async def _get(self, request: Request) -> Answer:
        return await self._shown(request, await self._desk.seen_by(request.user, request.need("id")))

    async def _reading(self, request: Request) -> Answer:
        return Answer(reading_element(await self._desk.foresee(request.user, _wish(request))))

    async def _create(self, request: Request) -> Answer:
        return await self._done(request, await self._desk.create(request.user, _wish(request)))

    async def _rename(self, request: Request) -> Answer:
        name = request.values.get("name", "")
        return await self._done(request, await self._desk.rename(request.user, request.need("id"), name))

    async def _reschedule(self, request: Request) -> Answer:
        made = await self._desk.reschedule(request.user, request.need("id"), _wish(request))
        if "with" in request.values:  # the step of the request that this is a part of
            made = replace(made, work={**made.work, "with": request.values["with"]})
        return await self._done(request, made)

    async def _visibility(self, request: Request) -> Answer:
        visibility = request.values.get("visibility", "")
        if not visibility and request.payload is None:
            return await self._unchanged(request)
        return await self._done(request, await self._desk.show_to(request.user, request.need("id"), visibility))

    async def _targets(self, request: Request) -> Answer:
        targets = request.values.get("targets", "")
        if not targets and request.payload is None:
            return await self._unchanged(request)
        return await self._done(request, await self._desk.send_to(request.user, request.need("id"), targets))

    async def _unchanged(self, request: Request) -> Answer:
        """Of a form in which nothing was chosen."""
        answer = await self._get(request)
        return replace(answer, note="Nothing was chosen, so it stays as it is.")

    async def _end(self, request: Request) -> Answer:
        return await self._shown(request, await self._desk.end(request.user, request.need("id")))

    async def _delete(self, request: Request) -> Answer:
        return await self._shown(request, await self._desk.delete(request.user, request.need("id")))

    async def _done(self, request: Request, made: Made) -> Answer:
        corrections = await self._undo.offer(request.user, made.work, made.corrections)
        return await self._shown(request, made.topic, corrections)

    async def _shown(self, request: Request, topic: Topic, corrections: tuple[Correction, ...] = ()) -> Answer:
        self._letters.tell(request.user, corrections, request.key)
        payload = done(ns.TOPICS, await self._element(topic, request.user), corrections=corrections)
        return Answer(payload, COLUMNS, (row(topic),), corrections)

    # ---- second thoughts

    async def _revert(self, request: Request, work: Mapping[str, Any]) -> Answer:
        topic, text = await self._desk.revert(request.user, work)
        if "with" in work:
            await self._tell_invitations("undo", for_=request.user, id=work["with"])
        if await self._context.topics.get(topic.id) is not None:
            return await self._shown(request, topic, (Correction("undone", text, "", topic.id),))
        correction = Correction("undone", text, topic.id)
        self._letters.tell(request.user, (correction,))
        gone = Element((ns.TOPICS, "gone"))
        gone["id"] = topic.id
        return Answer(done(ns.TOPICS, gone, corrections=(correction,)), corrections=(correction,))

    async def _choose(self, request: Request, work: Mapping[str, Any], values: Mapping[str, str]) -> Answer:
        user, id_ = request.user, work["id"]
        if "name" in values:
            made = await self._desk.rename(user, id_, values["name"])
            text = f"It is called {made.topic.name} now."
        elif "start" in values:
            made = await self._desk.reschedule(user, id_, Wish(start=values["start"]))
            topic = made.topic
            zone, now = when.zone_of(topic.zone), self._context.now()
            text = f"{topic.name} is now {when.spell(topic.start, now, zone)}." if topic.start else ""
        elif "targets" in values:
            made = await self._desk.send_to(user, id_, values["targets"])
            text = f"What {made.topic.name} comes to goes to {spelled(made.topic.targets)} now."
        else:
            made = await self._desk.show_to(user, id_, values.get("visibility", ""))
            text = f"{made.topic.name} is for {made.topic.visibility} readers now."
        told = made.corrections or (Correction("chosen", text),)
        return await self._done(request, replace(made, corrections=told))

    async def _withdrawn(self, topic: Topic) -> None:
        """Its invitees learn that it does not take place, before they are forgotten with it."""
        if await self._context.topics.invitees(topic.id):
            await self._tell_invitations("withdrawn", topic=topic.id)

    async def _tell_invitations(self, name: str, /, **values: str) -> None:
        """They may be elsewhere, or know nothing of it: then nothing is lost but what they would have done."""
        domain = self._context.siblings.get("invitations")
        if domain is None:
            return
        try:
            await Sibling(self._ask, self._context.domain, domain, ns.INVITATIONS).set(name, **values)
        except (JabberError, RequestTimeout, ConnectionLost) as error:
            log.info("{domain} did not take {name}: {why}", domain=domain, name=name, why=str(error))

    # ---- siblings

    async def _admit(self, request: Request) -> Answer:
        return await self._inner(await self._desk.admit(request.need("id"), address.prepare(request.need("jid"))))

    async def _dismiss(self, request: Request) -> Answer:
        return await self._inner(await self._desk.dismiss(request.need("id"), address.prepare(request.need("jid"))))

    async def _succeed(self, request: Request) -> Answer:
        jid, by = (address.prepare(request.need(name)) for name in ("jid", "by"))
        return await self._inner(await self._desk.succeed(request.need("id"), jid, by))

    async def _bequeath(self, request: Request) -> Answer:
        return await self._inner(await self._desk.bequeath(request.need("id"), address.prepare(request.need("jid"))))

    async def _live(self, request: Request) -> Answer:
        return await self._inner(
            await self._desk.attended(request.need("id"), request.need("on") == "true", request.values.get("jid", ""))
        )

    async def _published(self, request: Request) -> Answer:
        return await self._inner(await self._desk.published(request.need("id"), request.need("document")))

    async def _changed(self, request: Request) -> Answer:
        return await self._inner(await self._desk.touched(request.need("id")))

    async def _inner(self, topic: Topic) -> Answer:
        return Answer(done(ns.TOPICS, await self._element(topic, topic.owner)))

    # ---- pushes

    async def _element(self, topic: Topic, viewer: str) -> Element:
        invitees = await self._context.topics.invitees(topic.id)
        return self._shape(topic, invitees, viewer, await self._desk.name_of(topic.owner))

    def _shape(self, topic: Topic, invitees: Iterable[Invitee], viewer: str, owner: str) -> Element:
        return topic_element(topic, invitees, viewer, owner, self._context.publishers)

    async def _push(self, topic: Topic, key: str = "") -> None:
        invitees = await self._context.topics.invitees(topic.id)
        if invitees and topic.sequence:
            self._context.spawn(self._tell_invitations("moved", topic=topic.id))
        owner_name = await self._desk.name_of(topic.owner)
        for jid in (*topic.members, self._context.siblings["reporter"]):
            self.send(
                event(jid, ns.TOPICS, topic.id, self._shape(topic, invitees, jid, owner_name), key and f"{key}.push")
            )

    def _push_deletion(self, topic: Topic) -> None:
        for jid in (*topic.members, self._context.siblings["reporter"]):
            self.send(event(jid, ns.TOPICS, topic.id, None))


@implementer(IPlugin, IComponentHandler)
class TopicsPlugin:
    """How ``topics`` is found."""

    name = "topics"
    options = TopicsOptions

    def handlers(self, context: Context, options: TopicsOptions) -> Iterable[XMPPHandler]:
        """The handlers of the component."""
        topics = Topics(context, options)
        return [
            *topics.parts,
            *component("Topics", ns.TOPICS, topics.operations, context, options.max_requests),
        ]


plugin = TopicsPlugin()


def _wish(request: Request) -> Wish:
    values = request.values
    return Wish(
        name=values.get("name", ""),
        start=values.get("start", ""),
        zone=values.get("tz", ""),
        language=request.language,
        invitee=values.get("invitee", ""),
        visibility=values.get("visibility", ""),
        targets=values.get("targets", ""),
        about=values.get("about", ""),
        key=request.key,
    )


def _text(element: Element, name: str) -> str:
    return "".join(str(child) for child in element.elements(ns.RSM, name))


def _number(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise StanzaError("bad-request", "<max/> is a number (XEP-0059 §2.1).")
    return int(text[:9])


def _set(page: Page, topics: tuple[Topic, ...]) -> Element:
    """The result's ``<set/>`` (XEP-0059 §2.1)."""
    rsm = Element((ns.RSM, "set"))
    if topics:
        first = rsm.addElement("first", content=topics[0].id)
        if page.index is not None:
            first["index"] = str(page.index)
        rsm.addElement("last", content=topics[-1].id)
    if page.total is not None:
        rsm.addElement("count", content=str(page.total))
    return rsm
