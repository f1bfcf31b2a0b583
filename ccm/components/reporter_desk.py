"""
What the reporter may be asked for, as a table of operations (``docs/protocol.md``, Reporter).

What changes the record is written into the room first, and done when the room has archived it: the archive alone tells
how a document came about. Leaves out the following of discussions.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components import outcome_post
from ccm.components.choices import topics_of
from ccm.components.context import Context
from ccm.components.draft_elements import draft_element
from ccm.components.operations import Answer, Field, Operation, Request, done
from ccm.components.outcome_elements import Attribute, Outcome, Target, outcome_of, whole
from ccm.components.redaction_desk import RedactionDesk
from ccm.components.reporter_room import ReporterRoom
from ccm.components.room_discussion import RoomDiscussion
from ccm.components.search_desk import SearchDesk
from ccm.components.versions_desk import VersionsDesk
from ccm.errors import StanzaError
from ccm.records import Topic
from ccm.reporter import amendments, discussion, silence
from ccm.reporter.state import Poll
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import Message

MAX_WORDS = 500
FINAL = ("published", "failed")
VERDICTS = {"ok": "ok", "yes": "ok", "no": "no"}


class ReporterDesk:
    """
    :param follow: answers the discussion of a topic, followed from now on.
    """

    def __init__(
        self,
        context: Context,
        room: ReporterRoom,
        templates: Templates,
        follow: Callable[[Topic], Awaitable[RoomDiscussion]],
    ) -> None:
        self._context = context
        self._room = room
        self._templates = templates
        self._follow = follow
        which = Field("topic", "Topic", required=True, options=topics_of(context))
        on = Field("on", "On the record", "boolean", value="false")
        item = Field("item", "Its sign, such as A4", required=True)
        verdict = Field("verdict", "Is it so? (ok, no)", required=True)
        words = Field("words", "A command, such as #vote yes", required=True)
        self.operations = (
            Operation("outcome", "get", "Show the outcome so far", self._outcome, (which,)),
            Operation("draft", "get", "Show the document before it is published", self._draft, (which,)),
            Operation("publish", "set", "Publish what was said", self._publish, (which,)),
            Operation("hold", "set", "Hold a publication", self._hold, (which,)),
            Operation("record", "set", "Go off the record, or on it", self._record, (which, on)),
            Operation("settle", "set", "Confirm or dismiss what I found", self._settle, (which, item, verdict)),
            Operation("command", "set", "Give me a command", self._command, (which, words)),
            Operation("reading", "get", "Open the document", self._reading, (which,)),
            *VersionsDesk(context, which).operations,
            SearchDesk(context).operation,
            RedactionDesk(context, room, self._known).operation,
        )

    # ---- what is seen

    def outcome_of(self, known: RoomDiscussion) -> Outcome:
        """What participants see of a discussion now."""
        template = self._templates.get(known.state.type)
        return outcome_of(
            known.topic,
            known.state,
            template.label,
            discussion.questions_of(known.state, known.rules),
            steps=known.saved.steps,
            until=known.saved.until,
            ended=known.saved.ended,
            document=known.saved.document,
            targets=known.saved.targets,
            interview=template.interview,
            news=amendments.news(known.state, known.rules),
        )

    async def seen(self, topic: str, user: str) -> Outcome:
        """:raises StanzaError: ``item-not-found`` unless that bare JID takes part."""
        return self.outcome_of(await self._known(topic, user))

    async def _known(self, id_: str, user: str) -> RoomDiscussion:
        topic = await self._context.topics.get(id_)
        if topic is None or user not in topic.members:
            raise StanzaError("item-not-found", "There is no such topic among yours. It may have been deleted.")
        known = await self._follow(topic)
        await known.load()
        if any(target.state not in FINAL for target in known.saved.targets):
            await known.look_at_targets()  # nobody may have followed it meanwhile
        return known

    # ---- operations

    async def _outcome(self, request: Request) -> Answer:
        outcome = await self.seen(request.need("topic"), request.user)
        columns = [("mode", "State"), ("type", "Kind of document"), ("document", "Published at")]
        row = {name: outcome.head[name] for name, _ in columns}
        for id_, item in outcome.items.items():
            if isinstance(item, Attribute):
                columns.append((f"attribute-{item.key}", item.label))
                row[f"attribute-{item.key}"] = " ".join(value.text for value in item.values)
            elif isinstance(item, Target):
                columns.append((f"target-{item.name}", f"Publication to {item.name}"))
                row[f"target-{item.name}"] = ": ".join(filter(None, (item.state, item.reason or item.url)))
            elif isinstance(item, Poll):
                columns.append(("vote", "Open vote"))
                row["vote"] = f"{item.question} ({', '.join(item.options)})"
            else:
                columns.append((f"entry-{id_}", f"{item.kind} {id_}"))
                row[f"entry-{id_}"] = item.text
        return Answer(whole(outcome), tuple(columns), (row,))

    async def _draft(self, request: Request) -> Answer:
        known = await self._known(request.need("topic"), request.user)
        made = await known.draft()
        points = "\n".join(f"{each.title} ({each.minutes} min)" if each.minutes else each.title for each in made.topics)
        columns = (("title", "Title"), ("headline", "Headline"), ("points", "Points"), ("present", "Present"))
        row = {"title": made.title, "headline": made.headline, "points": points, "present": ", ".join(made.present)}
        return Answer(draft_element(made), columns, (row,))

    async def _reading(self, request: Request) -> Answer:
        known = await self._known(request.need("topic"), request.user)
        record = await self._context.documents.latest(known.topic.id)
        if record is None:
            raise StanzaError("item-not-found", "Nothing is published yet. Ask for that first.")
        url = await outcome_post.to_read(self._context, record, request.user)
        payload = Element((ns.REPORTER, "reading"))
        payload["topic"], payload["url"] = known.topic.id, url
        return Answer(payload, (("url", "Open it at"),), ({"url": url},))

    async def _publish(self, request: Request) -> Answer:
        return await self._ask_for(request, "publish", "{nick} asks me to publish this.")

    async def _hold(self, request: Request) -> Answer:
        return await self._ask_for(request, "hold", "{nick} holds the publication.")

    async def _record(self, request: Request) -> Answer:
        on = request.values.get("on", "false") in ("true", "1")
        return await self._turn(request, on)

    async def _turn(self, request: Request, on: bool) -> Answer:
        """The room first: whoever reads that it is off the record may rely on that."""
        known = await self._known(request.need("topic"), request.user)
        await _have(self._room.record(known.topic.room, on))
        text = "{nick} puts us on the record." if on else f"{{nick}} takes us off the record: {silence.KEEPS_NOTHING}"
        return await self._ask_for(request, "on" if on else "off", text)

    async def _settle(self, request: Request) -> Answer:
        verdict = VERDICTS.get(request.need("verdict").lower())
        if verdict is None:
            raise StanzaError("not-acceptable", "A verdict is “ok” or “no”. Send one of them.")
        known = await self._known(request.need("topic"), request.user)
        item = request.need("item").upper()
        if all(entry.id != item for entry in known.state.entries):
            raise StanzaError("item-not-found", f"There is no {item} any more. Look at the outcome again.")
        return await self._say(request, f"#{verdict} {item}")

    async def _command(self, request: Request) -> Answer:
        words = request.need("words")
        if not words.startswith("#") or "\n" in words or len(words) > MAX_WORDS:
            raise StanzaError("not-acceptable", f"A command is one line of at most {MAX_WORDS} characters, after a #.")
        verb, mine = silence.turn(Message("", "", words))
        known = await self._known(request.need("topic"), request.user)
        if verb and not mine and (verb == "off" or not known.state.recording):
            return await self._turn(request, verb == "on")
        if verb == "off":
            await _have(self._room.silence(known.topic.room, request.user, on=False))
        return await self._say(request, words)

    async def _say(self, request: Request, words: str) -> Answer:
        return await self._ask_for(request, "say", "{nick} says: {words}", words=words)

    async def _ask_for(self, request: Request, name: str, text: str, **more: str) -> Answer:
        known = await self._known(request.need("topic"), request.user)
        nick = await self._room.nick_of(request.user)
        cause = f"{name}.{self._context.token()[-16:]}"
        said = text.format(nick=nick, **more)
        await known.ask(name, nick=nick, jid=request.user, text=said, cause=cause, **more)
        return Answer(done(ns.REPORTER, self._whole(known)), note="Asked for in the room.")

    def _whole(self, known: Any) -> Element:
        return whole(self.outcome_of(known))


async def _have(turned: Awaitable[None]) -> None:
    """:raises StanzaError: if the room refuses."""
    try:
        await turned
    except JabberError as error:
        raise StanzaError(error.condition, error.text or "The room did not do it. Try again.") from error
