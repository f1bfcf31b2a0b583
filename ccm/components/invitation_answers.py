"""
What comes back of an invitation: answers, mails that failed or wait, wishes to hear no more; each told in words.

An answer is recognised by the invitee's token and changes nothing but that invitee's state; another time that somebody
proposes is shown to who invited, never applied. Leaves out reading mail: the intake hands over plain facts.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from functools import partial

from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout

from ccm.components import delivery_words, when
from ccm.components.context import Context
from ccm.components.invitation_calendar import sequence
from ccm.components.invitation_mail import spelled
from ccm.components.invitation_post import invitee_of
from ccm.components.operations import Correction
from ccm.components.room_requests import Sibling, stamp
from ccm.components.topic_elements import parse_stamp
from ccm.components.turns import Turns
from ccm.errors import StanzaError
from ccm.records import Invitee, InviteeState, Topic

log = Logger()

#: To whom, and what.
Telling = tuple[str, Correction]

ANSWERS: dict[str, InviteeState] = {"accepted": "accepted", "tentative": "tentative", "declined": "declined"}
#: What people write for them.
_SYNONYMS: dict[str, str] = {
    **dict.fromkeys(("yes", "y", "accept", "ja", "oui", "coming", "ok"), "accepted"),
    **dict.fromkeys(("maybe", "perhaps", "vielleicht", "peut-être", "misschien"), "tentative"),
    **dict.fromkeys(("no", "n", "decline", "nein", "non", "nee", "not coming"), "declined"),
}
_SAYS = {"accepted": "is coming", "tentative": "may come", "declined": "is not coming"}
_OPEN: tuple[InviteeState, ...] = (
    "offered",
    "accepted",
    "tentative",
    "declined",
    "joined",
    "bounced",
    "expired",
)
_COMMENT_CHARACTERS = 300
#: So many sentences about one invitee in an hour; what they answer is kept nevertheless.
TOLD_PER_HOUR = 20
_HOUR_SECONDS = 3600.0
_COUNTED = 10_000


def answer_of(word: str) -> InviteeState:
    """:raises StanzaError: ``not-acceptable`` for a word that is no answer."""
    word = word.strip().casefold()
    found = ANSWERS.get(_SYNONYMS.get(word, word))
    if found is None:
        raise StanzaError("not-acceptable", f"“{word[:40]}” is no answer. Say accepted, tentative or declined.")
    return found


class Answers:
    """:param topics: asks the topics component to show what changed."""

    def __init__(self, context: Context, topics: Sibling) -> None:
        self._context = context
        self._topics = topics
        self._turns = Turns()
        self._told: OrderedDict[str, list[float]] = OrderedDict()

    # ---- the invitee

    async def arrived(self, facts: Mapping[str, str]) -> Telling | None:
        """
        What the intake or a page heard from an invitee or about one (``docs/protocol.md``, Between components).

        :returns: whom to tell what; ``None`` if it changes nothing.
        """
        found = await self._context.topics.invitee_by_mail_token(facts.get("token", ""))
        return await self._alone(found.id, partial(self._heard, facts)) if found else None

    async def _heard(self, facts: Mapping[str, str], invitee: Invitee, topic: Topic) -> Telling | None:
        if invitee.state == "revoked":
            return None
        if facts.get("uid", topic.uid) != topic.uid:
            log.info("An answer named another meeting than its address; it is left.")
            return None
        kind = facts.get("kind", "")
        if kind == "rsvp":
            return await self._rsvp(invitee, topic, facts)
        if kind == "counter":
            return self._counter(invitee, topic, facts)
        if kind == "bounce":
            return await self._bounced(facts.get("said", ""), invitee, topic)
        if kind == "delay":
            return await self._waits(facts.get("said", ""), invitee, topic)
        if kind == "words":
            text = f"{invitee.name} writes about {topic.name}: “{_comment(facts)}”"
            return invitee.inviter, Correction("rsvp", text)
        if kind == "unsubscribed":
            text = f"{invitee.name} wants no more invitations by mail. {topic.name} stands; tell them of it yourself."
            await self._mark(invitee, reason="asked for no more mail")
            return invitee.inviter, Correction("unsubscribed", text, invitee.address)
        log.warn("Something of the kind {kind} arrived, which nobody knows.", kind=kind)
        return None

    async def answer(self, invitee: Invitee, answer: InviteeState, comment: str = "") -> Telling | None:
        """An invitee says whether they come; ``None`` if they said so before."""
        return await self._alone(invitee.id, partial(self._answered, answer, comment))

    async def _answered(self, answer: InviteeState, comment: str, invitee: Invitee, topic: Topic) -> Telling | None:
        state: InviteeState = "joined" if (invitee.state, answer) == ("joined", "accepted") else answer
        if invitee.state == state and not comment:
            return None
        await self._mark(invitee, state=state, reason="")
        at = spelled(topic, topic.start, self._context.now())
        said = f" “{comment}”" if comment else ""
        text = f"{invitee.name} {_SAYS[answer]}: {topic.name}{', ' + at if at else ''}.{said}"
        return invitee.inviter, Correction("rsvp", text, invitee.state, answer)

    async def _rsvp(self, invitee: Invitee, topic: Topic, facts: Mapping[str, str]) -> Telling | None:
        answer = ANSWERS.get(facts.get("answer", ""))
        if answer is None:
            return None
        if self._is_late(invitee, topic, facts):
            at = spelled(topic, topic.start, self._context.now()) or "no fixed time"
            text = (
                f"{invitee.name} {_SAYS[answer]}, but answered to an earlier time of {topic.name}. "
                f"They were told the new one ({at}); I wait for their answer to that."
            )
            return invitee.inviter, Correction("rsvp-late", text, answer)
        return await self._answered(answer, _comment(facts), invitee, topic)

    def _is_late(self, invitee: Invitee, topic: Topic, facts: Mapping[str, str]) -> bool:
        """Whether an answer is to what the calendar held before the topic moved."""
        told, serial = facts.get("start", ""), facts.get("sequence", "")
        if not told or topic.start is None or parse_stamp(told) == topic.start:
            return False
        return serial.isdecimal() and serial.isascii() and int(serial[:9]) < sequence(topic, invitee)

    def _counter(self, invitee: Invitee, topic: Topic, facts: Mapping[str, str]) -> Telling:
        wanted, now = parse_stamp(facts.get("start", "")), self._context.now()
        comment = _comment(facts)
        said = f" “{comment}”" if comment else ""
        if wanted is None:
            text = f"{invitee.name} would like {topic.name} to be otherwise, and named no time.{said}"
            return invitee.inviter, Correction("rsvp-counter", text)
        at = when.spell(wanted, now, when.zone_of(topic.zone))
        text = f"{invitee.name} proposes {at}, for {topic.name}.{said} Nothing is changed: reschedule it if you like."
        return invitee.inviter, Correction("rsvp-counter", text, "", stamp(wanted.astimezone(UTC)))

    # ---- the mail

    async def failed(self, key: str, reason: str) -> Telling | None:
        """A mail was refused for good; ``None`` if it was none of ours, or that is known."""
        return await self._alone(invitee_of(key), partial(self._bounced, reason))

    async def delayed(self, key: str, reason: str) -> Telling | None:
        """A mail could not be handed over and is tried again; told once."""
        return await self._alone(invitee_of(key), partial(self._waits, reason))

    async def sent(self, key: str, _reason: str = "") -> Telling | None:
        """A mail that had to wait is on its way."""
        return await self._alone(invitee_of(key), self._left)

    async def _left(self, invitee: Invitee, _topic: Topic) -> Telling | None:
        if invitee.state != "offered" or not invitee.reason:
            return None
        await self._mark(invitee, reason="")
        text = f"The invitation to {invitee.address} is on its way now."
        return invitee.inviter, Correction("mail-sent", text, invitee.address)

    async def _bounced(self, said: str, invitee: Invitee, topic: Topic) -> Telling | None:
        verdict = delivery_words.verdict(said, invitee.address, invitee.name)
        if invitee.state not in ("offered", "accepted", "tentative", "declined") or invitee.reason == verdict.why:
            return None
        # Who has an account was also invited in the chat.
        changes: dict[str, str] = {} if invitee.jid else {"state": "bounced"}
        await self._mark(invitee, reason=verdict.why, **changes)
        text = f"The invitation to {invitee.address} did not arrive: {verdict.why.rstrip('.')}. "
        if invitee.jid:
            text += f"{topic.name} stands; {invitee.name} was invited in the chat as well."
        else:
            text += f"{topic.name} stands; {verdict.advice}."
        return invitee.inviter, Correction("mail-failed", text, invitee.address)

    async def _waits(self, said: str, invitee: Invitee, _topic: Topic) -> Telling | None:
        why = delivery_words.waiting(said, invitee.address)
        if invitee.state not in ("offered", "accepted", "tentative", "declined") or invitee.reason == why:
            return None
        await self._mark(invitee, reason=why)
        text = f"The invitation to {invitee.address} has not left yet: {why}."
        return invitee.inviter, Correction("mail-delayed", text, invitee.address)

    # ---- time

    async def expired(self, invitee: Invitee) -> Telling | None:
        """The link has ended and nobody answered."""
        topic = await self._context.topics.get(invitee.topic)
        marked = await self._context.topics.mark_invitee(invitee.id, ("offered",), state="expired")
        if topic is None or marked is None:
            return None
        await self._show(topic.id)
        if topic.state in ("ended", "published"):
            return None
        text = f"{invitee.name} has not answered, and the link to {topic.name} has ended. Send it again if you like."
        return invitee.inviter, Correction("invitation-expired", text, invitee.address)

    # ---- inside

    async def _alone(self, id_: str, judge: Callable[[Invitee, Topic], Awaitable[Telling | None]]) -> Telling | None:
        """Judge one thing about an invitee after another, so that what is told is told once."""
        async with self._turns.of(id_):
            invitee = await self._context.topics.invitee(id_) if id_ else None
            topic = await self._context.topics.get(invitee.topic) if invitee else None
            told = await judge(invitee, topic) if invitee and topic else None
            return told if told and self._may_tell(id_) else None

    def _may_tell(self, id_: str) -> bool:
        """Count what is told about one invitee: whoever has the token must not fill the inviter's chat."""
        now = self._context.clock.seconds()
        times = [at for at in self._told.pop(id_, ()) if now - at < _HOUR_SECONDS]
        self._told[id_] = times
        while len(self._told) > _COUNTED:
            self._told.popitem(last=False)
        if len(times) >= TOLD_PER_HOUR:
            log.info("More than {limit} things an hour are told about nobody.", limit=TOLD_PER_HOUR)
            return False
        times.append(now)
        return True

    async def _mark(self, invitee: Invitee, **changes: str) -> None:
        await self._context.topics.mark_invitee(invitee.id, _OPEN, **changes)
        await self._show(invitee.topic)

    async def _show(self, topic: str) -> None:
        """Have the change pushed. What is kept is kept: it shows with the next push otherwise."""
        try:
            await self._topics.set("changed", id=topic)
        except (JabberError, RequestTimeout) as error:
            log.info("The topics component does not show what changed of {topic}: {why}.", topic=topic, why=str(error))


def _comment(facts: Mapping[str, str]) -> str:
    """What somebody wrote beside an answer: one line, short, without anything that reorders it."""
    text = "".join(c if c.isprintable() else " " for c in facts.get("comment", ""))
    line = " ".join(text.split())
    return line if len(line) <= _COMMENT_CHARACTERS else line[: _COMMENT_CHARACTERS - 1] + "…"
