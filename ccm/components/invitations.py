"""
The invitations component (``docs/protocol.md``, Invitations).

Answers requests and commands; hears from the mail outbox what did not arrive and from the web part who came through a
link. The rules are in :mod:`ccm.components.invitation_desk`.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.plugin import IPlugin
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.correspondence import Correspondence
from ccm.components.identity import component
from ccm.components.invitation_desk import MAIL_KEY, InvitationDesk, Limits, Outcome
from ccm.components.operations import Answer, Field, Operation, Request, done
from ccm.components.room_requests import Sibling
from ccm.components.topic_elements import invitee_element, topic_element
from ccm.config import Section
from ccm.interfaces import IComponentHandler
from ccm.records import Invitee, Topic
from wokkel.subprotocols import XMPPHandler

log = Logger()

AGAIN_SECONDS = 5
COLUMNS = (("id", "Identifier"), ("name", "Name"), ("address", "Address"), ("state", "State"), ("topic", "Topic"))


class InvitationsOptions(Section):
    """
    ``[components.invitations]``

    Caps on mails to one address and by one account; how long a mailed link works; how many requests make the
    component busy.
    """

    mails_per_address_per_day: int = 3
    invitations_per_user_per_hour: int = 20
    invitations_per_user_per_day: int = 100
    link_days: int = 7
    max_requests: int = 100


class Invitations(XMPPHandler):  # type: ignore[misc]
    """The operations of the component, as a table, and what it hears on the bus."""

    def __init__(self, context: Context, options: InvitationsOptions) -> None:
        super().__init__()
        self._context = context
        self._letters = Correspondence(context.domain)
        self._desk = InvitationDesk(
            context,
            Sibling(self._ask, context.domain, context.siblings["topics"]),
            Limits(
                options.mails_per_address_per_day,
                options.invitations_per_user_per_hour,
                options.invitations_per_user_per_day,
                options.link_days,
            ),
            self._knock,
        )
        self._unsubscribe: list[Callable[[], None]] = []
        self._again: IDelayedCall | None = None
        topic = Field("topic", "Topic (identifier); empty makes one")
        fields = (
            Field("address", "Mail address of the person to invite", required=True),
            topic,
            Field("name", "Name of the topic"),
            Field("start", "Time, as you would say it"),
            Field("tz", "Time zone"),
            Field("sure", "Send even if the address looks mistyped", "boolean"),
        )
        which = (Field("topic", "Topic (identifier)", required=True),)
        self.operations = (
            Operation("invite", "set", "Invite somebody", self._invite, fields),
            Operation("invitations", "get", "List who is invited", self._list, which),
            Operation(
                "revoke",
                "set",
                "Take an invitation back",
                self._revoke,
                (Field("id", "Invitation (identifier)", required=True),),
            ),
            Operation("entered", "set", "", self._entered, inner=True),
        )

    @property
    def parts(self) -> tuple[XMPPHandler, ...]:
        """Handlers to attach beside the table."""
        return (self, self._letters)

    # ---- life

    def connectionInitialized(self) -> None:
        self._context.spawn(self._listen())

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        for stop in self._unsubscribe:
            stop()
        self._unsubscribe = []
        if self._again is not None and self._again.active():
            self._again.cancel()

    async def _listen(self) -> None:
        for channel, hear in (("mail-failed", self._mail_failed), ("invitee-joined", self._joined)):
            self._unsubscribe.append(await self._context.state.subscribe(channel, self._spawning(hear)))
        for job, why in await self._context.outbox.parked():  # what was given up while nobody listened
            if job.kind == "mail" and job.key.startswith(f"{MAIL_KEY}:"):
                await self._tell_failure(job.key, why)
        await self._admit_joined()

    async def _admit_joined(self) -> None:
        """Who joined while nobody listened; the topics component may start after this one."""
        try:
            await self._desk.admit_joined()
        except (JabberError, RequestTimeout):
            log.info("The topics component does not answer; who joined is taken in when it does.")
            self._again = self._context.clock.callLater(AGAIN_SECONDS, self._admit_again)

    def _admit_again(self) -> None:
        self._context.spawn(self._admit_joined())

    def _spawning(self, hear: Callable[[bytes], Coroutine[Any, Any, None]]) -> Callable[[bytes], None]:
        def heard(text: bytes) -> None:
            self._context.spawn(hear(text))

        return heard

    def _ask(self, request: Any) -> Awaitable[Element]:
        answer: Awaitable[Element] = self.request(request)
        return answer

    def _knock(self, jid: str, topic: Topic, inviter: str) -> None:
        """A direct invitation (XEP-0249 §2)."""
        message = Element((None, "message"))
        message["to"], message["from"] = jid, self._context.domain
        message.addUniqueId()
        message.addElement("body", content=f"{inviter} invites you to talk: {topic.name}.")
        invitation = message.addElement((ns.MUC_INVITE, "x"))
        invitation["jid"], invitation["reason"] = topic.room, f"{inviter} invites you: {topic.name}"
        self.send(message)

    # ---- people

    async def _invite(self, request: Request) -> Answer:
        values = request.values
        wish = {name: values[name] for name in ("name", "start", "tz") if name in values}
        if request.language:
            wish["language"] = request.language
        sure = values.get("sure", "") in ("true", "1")
        outcome = await self._desk.invite(request.user, request.need("address"), values.get("topic", ""), wish, sure)
        if outcome.invitee is None:  # a question; corrections of a new topic were told by the topics component
            self._letters.tell(request.user, outcome.corrections)
        return await self._answer(request, outcome)

    async def _revoke(self, request: Request) -> Answer:
        return await self._answer(request, await self._desk.revoke(request.user, request.need("id")))

    async def _list(self, request: Request) -> Answer:
        topic = await self._desk.topic_of(request.user, request.need("topic"))
        payload = Element((ns.INVITATIONS, "invitations"))
        payload["topic"] = topic.id
        rows = []
        for invitee in await self._context.topics.invitees(topic.id):
            element = invitee_element(invitee, topic.owner, request.user)
            payload.addChild(element)
            rows.append(_row(element))
        return Answer(payload, COLUMNS, tuple(rows), table=True)

    async def _answer(self, request: Request, outcome: Outcome) -> Answer:
        parts, rows = [], []
        topic, invitee = outcome.topic, outcome.invitee
        if topic is not None and invitee is not None:
            parts.append(invitee_element(invitee, topic.owner, request.user))
            rows.append(_row(parts[0]))
        if topic is not None:
            invitees: tuple[Invitee, ...] = await self._context.topics.invitees(topic.id)
            parts.append(topic_element(topic, invitees, request.user, await self._desk.name_of(topic.owner)))
        payload = done(ns.INVITATIONS, *parts, corrections=outcome.corrections)
        return Answer(payload, COLUMNS, tuple(rows), outcome.corrections)

    # ---- siblings and the bus

    async def _entered(self, request: Request) -> Answer:
        await self._desk.entered(request.need("topic"), address.prepare(request.need("jid")))
        return Answer(done(ns.INVITATIONS))

    async def _mail_failed(self, text: bytes) -> None:
        told = _facts(text, "key", "reason")
        if told:
            await self._tell_failure(told["key"], told["reason"])

    async def _tell_failure(self, key: str, reason: str) -> None:
        told = await self._desk.failed(key, reason)
        if told is not None:
            self._letters.tell(told[0], (told[1],))

    async def _joined(self, text: bytes) -> None:
        told = _facts(text, "invitee", "jid")
        if told:
            await self._desk.joined(told["invitee"], address.prepare(told["jid"]))


@implementer(IPlugin, IComponentHandler)
class InvitationsPlugin:
    """How ``invitations`` is found."""

    name = "invitations"
    options = InvitationsOptions

    def handlers(self, context: Context, options: InvitationsOptions) -> Iterable[XMPPHandler]:
        """The handlers of the component."""
        invitations = Invitations(context, options)
        return [
            *invitations.parts,
            *component("Invitations", ns.INVITATIONS, invitations.operations, context, options.max_requests),
        ]


plugin = InvitationsPlugin()


def _row(element: Element) -> dict[str, str]:
    return {name: element.getAttribute(name, "") for name, _ in COLUMNS}


def _facts(text: bytes, *names: str) -> dict[str, str] | None:
    try:
        told = json.loads(text)
        return {name: str(told[name]) for name in names}
    except (ValueError, KeyError, TypeError):
        log.warn("A message on the bus could not be read; it lacks one of {names}.", names=names)
        return None
