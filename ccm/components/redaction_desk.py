"""
Who may have a message taken out of everything published, and what they hear (``docs/protocol.md``, Reporter).

The room takes the message back for everybody first (XEP-0425 0.3.0), so that no later version holds it again. Leaves
out the taking out (:mod:`ccm.components.redaction`).
"""

from collections.abc import Awaitable, Callable

from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm import namespaces as ns
from ccm.components import carried, redaction
from ccm.components.choices import topics_of
from ccm.components.context import Context
from ccm.components.operations import Answer, Field, Operation, Request, done
from ccm.components.room_discussion import RoomDiscussion
from ccm.errors import StanzaError


class RedactionDesk:
    """
    :param known: answers the discussion of a topic that a bare JID takes part in.
    """

    def __init__(
        self, context: Context, room: carried.NextRoom, known: Callable[[str, str], Awaitable[RoomDiscussion]]
    ) -> None:
        self._context = context
        self._room = room
        self._known = known
        which = Field("topic", "Topic", required=True, options=topics_of(context))
        message = Field("message", "The message: the link to its line in the document, or its id", required=True)
        reason = Field("reason", "Why, for those in the room")
        title = "Take a message out of everything published"
        self.operation = Operation("redact", "set", title, self._redact, (which, message, reason))

    async def _redact(self, request: Request) -> Answer:
        operator = request.user in self._context.operators
        topic = await self._context.topics.get(request.need("topic")) if operator else None
        known = await self._known(request.need("topic"), topic.owner if topic is not None else request.user)
        if not operator and not known.rules.may_approve("", request.user, known.state):
            raise StanzaError(
                "forbidden", "Only owner or chair may do that. Your own messages you can take back yourself."
            )
        wanted = request.need("message")
        ids = await redaction.named(self._context, known.topic, wanted) or frozenset((wanted.rpartition("#")[2],))
        is_hidden = await redaction.hidden(self._context, known.topic, ids)
        # The reporter may hear the room take it back, and take it out, before that is done here.
        telling = await redaction.telling(self._context, known.topic, ids)
        for id_ in sorted(ids):
            try:
                await self._room.moderate(known.topic.room, id_, request.values.get("reason", ""))
            except JabberError as error:
                raise StanzaError(error.condition, error.text or "The room did not take it back. Try again.") from error
        await redaction.take_out(self._context, known.topic, ids, known.state.jids)
        await carried.take_back(self._context, known.topic, is_hidden, self._room)
        known.wake()
        if not telling and not await redaction.named(self._context, known.topic, wanted):
            raise StanzaError("item-not-found", "No published version of that topic has that message. Copy its link.")
        return Answer(done(ns.REPORTER), note=_told(telling))


def _told(count: int) -> str:
    if not count:
        return "Its words stand in no published version."
    versions = "the published version" if count == 1 else f"all {count} published versions"
    return f"Its words are gone from {versions}. Where it was published elsewhere, it is replaced soon."
