"""
The invitations component (``docs/protocol.md``, Invitations).

Answers requests and commands; hears from the mail outbox what did not leave, from the intake and the pages what comes
back, and who came through a link. The rules are in :mod:`ccm.components.invitation_desk` and its neighbours.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
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
from ccm.components.choices import among, invitations_of, topics_of
from ccm.components.context import Context
from ccm.components.correspondence import Correspondence
from ccm.components.guest_list import GuestList, Party, kept
from ccm.components.identity import component
from ccm.components.invitation_answers import Answers, Telling, answer_of
from ccm.components.invitation_desk import InvitationDesk, Outcome
from ccm.components.invitation_options import InvitationsOptions
from ccm.components.invitation_post import KINDS, Limits
from ccm.components.invitation_rounds import Rounds
from ccm.components.operations import Answer, Correction, Field, Operation, Request, done
from ccm.components.room_requests import Sibling
from ccm.components.topic_elements import invitee_element, topic_element
from ccm.components.undo import Undo
from ccm.errors import StoreUnavailable
from ccm.interfaces import IComponentHandler
from ccm.records import Invitee, OutboxJob, Topic
from wokkel.subprotocols import XMPPHandler

log = Logger()

AGAIN_SECONDS = 5
#: Kind of the outbox jobs in which the intake and the pages hand over what they heard; their lease.
ARRIVED = "arrived"
ARRIVED_SECONDS = 60
ANSWERS = (("accepted", "Yes"), ("tentative", "Perhaps"), ("declined", "No"))
COLUMNS = (("id", "Identifier"), ("name", "Name"), ("address", "Address"), ("state", "State"), ("topic", "Topic"))


class Invitations(XMPPHandler):  # type: ignore[misc]
    """The operations of the component, as a table, and what it hears on the bus."""

    def __init__(self, context: Context, options: InvitationsOptions) -> None:
        super().__init__()
        self._context = context
        self._letters = Correspondence(context.domain)
        self._options = options
        siblings = Sibling(self._ask, context.domain, context.siblings["topics"])
        self._desk = InvitationDesk(
            context,
            siblings,
            Limits(
                options.mails_per_address_per_day,
                options.invitations_per_user_per_hour,
                options.invitations_per_user_per_day,
                options.link_days,
            ),
            self._knock,
        )
        self._undo = Undo(context, "invitations", self._revert, self._choose, self._letters, options.undo_hours)
        self._guests = GuestList(context, self._desk, siblings, self._undo.new_id)
        self._answers = Answers(context, siblings)
        self._rounds = Rounds(context, self._desk.post, self._answers, options.reminder_hours)
        self._unsubscribe: list[Callable[[], None]] = []
        self._calls: dict[str, IDelayedCall] = {}
        self._taking = self._more = False
        mine = topics_of(context)
        topic = Field("topic", "Topic; none makes one", options=mine)
        fields = (
            Field("address", "Mail addresses of those to invite", required=True),
            topic,
            Field("name", "Name of the topic"),
            Field("start", "Time, as you would say it"),
            Field("tz", "Time zone"),
            Field("sure", "Send even if the address looks mistyped", "boolean"),
        )
        which = (Field("topic", "Topic", required=True, options=mine),)
        one = Field("id", "Invitation", required=True, options=invitations_of(context))
        other = Field("address", "Another mail address, if the mail came back")
        answer = (
            Field("answer", "Do you come?", required=True, options=among(*ANSWERS)),
            Field("topic", "Topic", options=mine),
            Field("id", "Invitation (identifier), instead of the topic"),
            Field("comment", "A word to who invited you"),
        )
        self.operations = (
            Operation("invite", "set", "Invite somebody", self._invite, fields),
            Operation("invitations", "get", "List who is invited", self._list, which),
            Operation(
                "revoke",
                "set",
                "Take an invitation back",
                self._revoke,
                (one,),
            ),
            Operation("resend", "set", "Send an invitation again", self._resend, (one, other)),
            Operation("rsvp", "set", "Say whether you come", self._rsvp, answer),
            *self._undo.operations,
            Operation("entered", "set", "", self._entered, inner=True),
            Operation("moved", "set", "", self._moved, inner=True),
            Operation("withdrawn", "set", "", self._withdrawn, inner=True),
        )

    @property
    def parts(self) -> tuple[XMPPHandler, ...]:
        """Handlers to attach beside the table."""
        return (self, self._letters, self._undo)

    # ---- life

    def connectionInitialized(self) -> None:
        self._context.spawn(self._listen())

    def connectionLost(self, reason: Any) -> None:
        super().connectionLost(reason)
        for stop in self._unsubscribe:
            stop()
        self._unsubscribe = []
        for call in self._calls.values():
            if call.active():
                call.cancel()
        self._calls = {}

    async def _listen(self) -> None:
        for channel, hear in (
            ("mail-failed", self._mail(self._answers.failed)),
            ("mail-delayed", self._mail(self._answers.delayed)),
            ("mail-sent", self._mail(self._answers.sent)),
            ("mail-arrived", self._arrived),
            ("invitee-joined", self._joined),
        ):
            self._unsubscribe.append(await self._context.state.subscribe(channel, self._spawning(hear)))
        for job, why in await self._context.outbox.parked():  # what was given up while nobody listened
            if job.kind == "mail" and job.key.partition(":")[0] in KINDS:
                self._tell(await self._answers.failed(job.key, why))
        self._later("round", 0, self._round)
        await self._admit_joined()
        self._tell(*await self._rounds.catch_up_all())

    async def _admit_joined(self) -> None:
        """Who joined while nobody listened; the topics component may start after this one."""
        try:
            await self._desk.admit_joined()
        except (JabberError, RequestTimeout):
            log.info("The topics component does not answer; who joined is taken in when it does.")
            self._later("admit", AGAIN_SECONDS, self._admit_joined)

    async def _round(self) -> None:
        try:
            self._tell(*await self._rounds.walk())
            await self._take_in()
        finally:
            self._later("round", self._options.round_seconds, self._round)

    def _later(self, name: str, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something after a while, once however often it is asked for; not after the end."""
        waiting = self._calls.get(name)
        if self._unsubscribe and (waiting is None or not waiting.active()):
            self._calls[name] = self._context.clock.callLater(seconds, self._due, name, work)

    def _due(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._calls.pop(name, None)
        self._context.spawn(work())

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
        request.need("address")
        return await self._party(request, await self._guests.invite(request, request.values))

    async def _party(self, request: Request, party: Party) -> Answer:
        """What came of inviting; corrections of a topic were told by the topics component."""
        corrections = await self._undo.offer(request.user, party.work, party.corrections, party.step)
        self._letters.tell(request.user, corrections, request.key)
        return await self._shown(request, party.topic, party.invitees, (*party.told, *corrections))

    async def _revert(self, request: Request, work: Mapping[str, Any]) -> Answer:
        topic, text = await self._guests.revert(request.user, work)
        correction = Correction("undone", text, work["topic"], topic.id if topic else "")
        self._letters.tell(request.user, (correction,), request.key)
        return await self._shown(request, topic, (), (correction,))

    async def _choose(self, request: Request, work: Mapping[str, Any], values: Mapping[str, str]) -> Answer:
        if "resend" in values:
            outcome = await self._desk.resend(request.user, values["resend"])
            self._letters.tell(request.user, outcome.corrections, request.key)
            return await self._answer(request, outcome)
        wish = {**work["wish"], **values, "topic": work["topic"]}
        return await self._party(request, await self._guests.invite(request, wish, again=True))

    async def _resend(self, request: Request) -> Answer:
        before = await self._context.topics.invitee(request.need("id"))
        outcome = await self._desk.resend(request.user, request.need("id"), request.values.get("address", ""))
        return await self._undoable(
            request, outcome, before, "The invitation is as it was before; what had left has left."
        )

    async def _rsvp(self, request: Request) -> Answer:
        values = request.values
        answer = answer_of(request.need("answer"))
        invitee = await self._desk.invitee_in(request.user, values.get("topic", ""), values.get("id", ""))
        self._tell(await self._answers.answer(invitee, answer, values.get("comment", "")))
        topics = self._context.topics
        outcome = Outcome(await topics.get(invitee.topic), await topics.invitee(invitee.id))
        return await self._answer(request, outcome)

    async def _revoke(self, request: Request) -> Answer:
        before = await self._context.topics.invitee(request.need("id"))
        outcome = await self._desk.revoke(request.user, request.need("id"))
        return await self._undoable(request, outcome, before, "The invitation stands again.")

    async def _undoable(self, request: Request, outcome: Outcome, before: Invitee | None, said: str) -> Answer:
        """Tell what was done to one invitation, and offer to undo it."""
        corrections = outcome.corrections
        if outcome.topic is not None and outcome.invitee is not None and before is not None:
            one = kept(outcome.invitee, before)
            work = {"topic": outcome.topic.id, "made": False, "invitees": [one], "undo": "", "wish": {}, "said": said}
            corrections = await self._undo.offer(request.user, work, corrections)
        self._letters.tell(request.user, corrections, request.key)
        return await self._answer(request, replace(outcome, corrections=corrections))

    async def _list(self, request: Request) -> Answer:
        topic = await self._desk.topic_of(request.user, request.need("topic"))
        payload = Element((ns.INVITATIONS, "invitations"))
        payload["topic"] = topic.id
        rows = []
        for invitee in await self._context.topics.invitees(topic.id):
            element = invitee_element(invitee, topic.owner, request.user)
            payload.addChild(element)
            rows.append(_row(element))
        # In words too: some clients show no table after a form.
        note = ", ".join(f"{each['name']}: {each['state']}" for each in rows) or "Nobody is invited yet."
        return Answer(payload, COLUMNS, tuple(rows), table=True, note=note)

    async def _answer(self, request: Request, outcome: Outcome) -> Answer:
        invitees = (outcome.invitee,) if outcome.invitee else ()
        return await self._shown(request, outcome.topic, invitees, outcome.corrections)

    async def _shown(
        self, request: Request, topic: Topic | None, invitees: Sequence[Invitee], corrections: tuple[Correction, ...]
    ) -> Answer:
        parts, rows = [], []
        if topic is not None:
            parts = [invitee_element(invitee, topic.owner, request.user) for invitee in invitees]
            rows = [_row(part) for part in parts]
            everybody: tuple[Invitee, ...] = await self._context.topics.invitees(topic.id)
            owner = await self._desk.name_of(topic.owner)
            parts.append(topic_element(topic, everybody, request.user, owner, self._context.publishers))
        payload = done(ns.INVITATIONS, *parts, corrections=corrections)
        return Answer(payload, COLUMNS, tuple(rows), corrections, table=len(rows) > 1)

    # ---- siblings and the bus

    async def _entered(self, request: Request) -> Answer:
        await self._desk.entered(request.need("topic"), address.prepare(request.need("jid")))
        return Answer(done(ns.INVITATIONS))

    async def _moved(self, request: Request) -> Answer:
        topic = request.need("topic")

        async def catch_up() -> None:
            self._tell(*await self._rounds.catch_up(topic))

        self._later(f"topic:{topic}", self._options.update_seconds, catch_up)
        return Answer(done(ns.INVITATIONS))

    async def _withdrawn(self, request: Request) -> Answer:
        topic = await self._context.topics.get(request.need("topic"))
        if topic is not None:
            await self._desk.post.cancel_all(topic)
        return Answer(done(ns.INVITATIONS))

    def _mail(self, judge: Callable[[str, str], Awaitable[Telling | None]]) -> Callable[[bytes], Any]:
        """Hears of one mail's way."""

        async def heard(text: bytes) -> None:
            told = _facts(text, "key")
            if told:
                self._tell(await judge(told["key"], told.get("reason", "")))

        return heard

    async def _arrived(self, _: bytes) -> None:
        await self._take_in()

    async def _take_in(self) -> None:
        """What the intake and the pages left in the outbox; one run at a time."""
        self._more = True
        if self._taking:
            return
        self._taking = True
        try:
            while self._more:
                self._more = False
                for job in await self._context.outbox.claim(ARRIVED, 20, ARRIVED_SECONDS):
                    self._more = True
                    await self._take(job)
        finally:
            self._taking = False

    async def _take(self, job: OutboxJob) -> None:
        facts = _facts(job.payload.encode(), "kind", "token")
        try:
            told = await self._answers.arrived(facts) if facts else None
        except StoreUnavailable:
            raise
        except Exception:  # whatever a stranger's mail program wrote, the next answer is not to wait for it
            log.failure("An answer that came by mail could not be read.")
            await self._context.outbox.park(job.id, "it could not be read: see the log")
            return
        self._tell(told)
        await self._context.outbox.done(job.id)

    def _tell(self, *told: Telling | None) -> None:
        for each in told:
            if each is not None:
                self._letters.tell(each[0], (each[1],))

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
    """The facts in a message, those *names* among them."""
    try:
        told = {str(name): str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        told = {}
    if not set(names) <= set(told):
        log.warn("A message on the bus could not be read; it lacks one of {names}.", names=names)
        return None
    return told
