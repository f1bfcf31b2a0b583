"""
What the reporter does in rooms and what it tells its siblings: the shell around :class:`RoomDiscussion`.

Every message of the reporter carries an id of its own choosing as ``id`` and origin-id (XEP-0359), by which it knows
after a restart what it has said.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components import names
from ccm.components.context import Context
from ccm.components.next_meeting import NextMeeting
from ccm.components.room_archive import Remark, RoomArchive
from ccm.components.room_discussion import RoomDiscussion
from ccm.components.room_requests import RoomRequests, Sibling
from ccm.records import Topic
from ccm.reporter.commands import is_silent
from ccm.reporter.transcript import Message
from wokkel.subprotocols import XMPPHandler

ACKNOWLEDGEMENT = "✔"
REFLECTION_SECONDS = 20


class ReporterRoom:
    """
    :param handler: the reporter's own handler, through which it speaks.
    :ivar most: at so many messages :meth:`since` leaves the rest for the next time.
    """

    def __init__(self, context: Context, archive: RoomArchive, handler: XMPPHandler) -> None:
        self._context = context
        self._archive = archive
        self.most = archive.most
        self._handler = handler
        self._unreflected: dict[tuple[str, str], list[Deferred[None]]] = {}
        self._requests = RoomRequests(handler.request, context.domain)
        self._topics = Sibling(handler.request, context.domain, context.siblings["topics"])
        self._invitations = Sibling(
            handler.request, context.domain, context.siblings["invitations"], namespace=ns.INVITATIONS
        )
        self._follow_up = NextMeeting(context, self._topics, self._invitations, self.say)

    # ---- rooms

    async def since(self, room: str, after: str | None) -> list[Remark]:
        """The room's archive after an id."""
        return await self._archive.since(room, after)

    async def say(
        self, room: str, id_: str, text: str, request: dict[str, str] | None = None, *, instead_of: str = ""
    ) -> None:
        """
        A groupchat message under that id; done once the room has reflected it, which it does after archiving it.

        :param instead_of: id of the message of ours that it corrects (XEP-0308).
        :raises JabberError: if the room refuses it.
        :raises RequestTimeout: if it does not come back in time.
        """
        message = self._message(room, id_)
        message.addElement("body", content=text)
        if instead_of:
            message.addElement((ns.CORRECT, "replace"))["id"] = instead_of
        if request is not None:
            element = message.addElement((ns.REPORTER, "request"))
            for name, value in request.items():
                element[name] = value
        first = (room, id_) not in self._unreflected
        reflected: Deferred[None] = Deferred()
        self._unreflected.setdefault((room, id_), []).append(reflected)
        if first:
            self._handler.send(message)
        await reflected.addTimeout(REFLECTION_SECONDS, self._context.clock, self._given_up(room, id_))

    def reflected(self, room: str, id_: str, error: Exception | None = None) -> None:
        """The room has one of our messages, or refuses it."""
        for waiting in self._unreflected.pop((room, id_), ()):
            if error is not None:
                waiting.errback(error)
            else:
                waiting.callback(None)

    def _given_up(self, room: str, id_: str) -> Callable[[Any, float], Any]:
        def timed_out(_: Any, seconds: float) -> Any:
            self._unreflected.pop((room, id_), None)
            raise RequestTimeout(f"{room} did not take a message within {seconds} s")

        return timed_out

    def acknowledge(self, room: str, id_: str, source: str) -> None:
        """React to a message (XEP-0444 §3.1)."""
        message = self._message(room, id_)
        reactions = message.addElement((ns.REACTIONS, "reactions"))
        reactions["id"] = source
        reactions.addElement("reaction", content=ACKNOWLEDGEMENT)
        self._handler.send(message)

    async def record(self, room: str, on: bool) -> None:
        """Take the room on or off the record."""
        await self._requests.record(room, on)

    async def moderate(self, room: str, id_: str, reason: str) -> None:
        """Take back a message for everybody."""
        await self._requests.moderate(room, id_, reason)

    async def silence(self, room: str, jid: str, on: bool) -> None:
        """Have the room not keep what one person says, or keep it again."""
        await self._requests.silence(room, jid, on)

    def _message(self, room: str, id_: str) -> Any:
        message = Element((None, "message"))
        message["type"], message["to"], message["id"] = "groupchat", room, id_
        message.addElement((ns.STANZA_ID, "origin-id"))["id"] = id_
        return message

    async def back_on_record(self, known: RoomDiscussion, nick: str, jid: str) -> None:
        """
        Somebody wrote ``#on``, or that in words, and it was not archived.

        :param jid: bare; ``""`` if the room does not tell.
        """
        cause = f"on.{self._context.token()[-16:]}"
        if not known.state.recording:
            await self.record(known.topic.room, True)
            await known.ask("on", nick=nick, jid="", text=f"{nick} puts us on the record.", cause=cause)
        elif is_silent(known.state, Message("", nick, "", jid=jid or None)):
            await known.ask("say", nick=nick, jid=jid, text=f"{nick} says: #on", cause=cause, words="#on")

    # ---- siblings

    async def published(self, topic: Topic, url: str) -> None:
        """Tell the topics component where the document is."""
        await self._topics.set("published", id=topic.id, document=url)

    async def ended(self, topic: Topic) -> None:
        """Tell the topics component that the talk was declared over."""
        await self._topics.set("end", id=topic.id, for_=topic.owner)

    async def follow_up(self, topic: Topic, at: str, carried: str) -> str:
        """Make the topic of the next meeting with the same people, or move the one made before; what to say of it."""
        return await self._follow_up.make(topic, at, carried)

    async def attended(self, topic: Topic, there: bool, jid: str = "") -> None:
        """Tell the topics component whether somebody is in the room, and who came."""
        await self._ignoring_gone(self._topics.set("live", id=topic.id, on="true" if there else "false", jid=jid))

    async def entered(self, topic: Topic, jid: str) -> None:
        """Tell the invitations component who has come."""
        await self._ignoring_gone(self._invitations.set("entered", topic=topic.id, jid=jid))

    async def _ignoring_gone(self, work: Any) -> None:
        try:
            await work
        except JabberError as error:  # the topic is being deleted, or that component is away: the next change tells
            if error.condition not in ("item-not-found", "service-unavailable", "remote-server-not-found"):
                raise

    async def nick_of(self, jid: str) -> str:
        """How the room knows an account, else its display name."""
        account = await self._context.accounts.get(jid)
        return account.name if account and account.name else names.from_address(address.local(jid) or jid)
