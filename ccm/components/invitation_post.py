"""
Queues the mails to invitees, within the caps, and keeps their calendars in step with the topic.

A mail is an outbox job in the transaction that changes the invitee. Each has a link of its own; all of them work until
the invitation is taken back. What was not sent yet is taken back instead of being corrected. Leaves out the text of
mails, and sending.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from twisted.logger import Logger

from ccm.components import invitation_mail
from ccm.components.context import Context
from ccm.components.invitation_calendar import sequence
from ccm.components.invitation_mail import Kind
from ccm.errors import StanzaError
from ccm.records import Invitee, InviteeState, Told, Topic

log = Logger()

Job = tuple[str, str, str]

#: Kinds of mail about an invitation, as they begin the outbox keys.
KINDS: tuple[Kind, ...] = ("invite", "again", "update", "remind", "revoke", "cancel")
#: A link works until this long after the planned time, however early it was mailed.
AFTER_START = timedelta(days=1)
_OPEN: tuple[InviteeState, ...] = ("offered", "accepted", "tentative", "declined", "joined")
_ANSWERED = ("accepted", "tentative", "declined")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may go out, and how long a link works."""

    mails_per_address_per_day: int
    invitations_per_user_per_hour: int
    invitations_per_user_per_day: int
    link_days: int


class Post:
    """:param name_of: the display name of a bare JID."""

    def __init__(self, context: Context, limits: Limits, name_of: Callable[[str], Awaitable[str]]) -> None:
        self._context = context
        self._limits = limits
        self._name_of = name_of

    # ---- caps

    async def check(self, user: str, address: str) -> None:
        """:raises StanzaError: ``policy-violation`` in words if one more invitation is too many."""
        now, limits, topics = self._context.now(), self._limits, self._context.topics
        if await self.is_full(address):
            raise StanzaError(
                "policy-violation",
                f"{address} was written to {limits.mails_per_address_per_day} times today. Try again tomorrow.",
            )
        for what, since, limit in (
            ("hour", timedelta(hours=1), limits.invitations_per_user_per_hour),
            ("day", timedelta(days=1), limits.invitations_per_user_per_day),
        ):
            if await topics.mails_by(user, now - since) >= limit:
                article = "an" if what == "hour" else "a"
                text = f"You sent {limit} invitations within {article} {what}. Wait a while."
                raise StanzaError("policy-violation", text)

    async def is_full(self, address: str) -> bool:
        """Whether an address got its mails of the day."""
        since = self._context.now() - timedelta(days=1)
        return await self._context.topics.mails_since(address, since) >= self._limits.mails_per_address_per_day

    async def is_willing(self, address: str) -> bool:
        """Whether nobody asked that no mail go to that address."""
        suppression = self._context.suppression
        return suppression is None or not await suppression.has(address)

    # ---- single mails

    async def write(
        self, kind: Kind, topic: Topic, invitee: Invitee, *, was: datetime | None = None, key: str = ""
    ) -> tuple[Invitee, Job]:
        """
        A mail with a fresh link, and the invitee as they are once it is queued.

        :param was: the time that it makes void.
        :param key: rest of the outbox key, where a second mail of the same cause must not be.
        """
        context = self._context
        token = context.token()
        digest, now = sha256(token.encode()).digest(), context.now()
        expires = now + timedelta(days=self._limits.link_days)
        if topic.start is not None:
            expires = max(expires, topic.start + AFTER_START)
        invitee = replace(
            invitee,
            token_hash=digest,
            expires=expires,
            mail_token=invitee.mail_token or answering_token(context.token()),
            told=Told(topic.sequence, topic.name, topic.start, now),
        )
        name = f"{kind}:{invitee.id}:{key or digest.hex()[:12]}"
        return invitee, await self._job(name, kind, topic, invitee, f"{context.web_url}i/{token}", was)

    async def cancel(self, kind: Kind, topic: Topic, invitee: Invitee) -> tuple[Invitee, tuple[Job, ...]]:
        """
        The invitee as one whose calendar holds nothing any more, and the mail that tells it: none if none had left.

        The links still work: end them by an empty ``token_hash``.
        """
        told = invitee.told
        if told is None:
            return invitee, ()
        gone = replace(invitee, told=None, shift=invitee.shift + 2)
        unreached = await self.withdraw(invitee) == newest(invitee)[0] or invitee.state in ("bounced", "revoked")
        if unreached or not await self.is_willing(invitee.address):
            return gone, ()
        name = cancel_key(kind, invitee)
        serial = sequence(topic, invitee) + 1
        return gone, (await self._job(name, kind, topic, invitee, "", told.start, serial),)

    async def is_first(self, invitee: Invitee) -> bool:
        """Whether no mail has left yet: the next is an invitation."""
        return invitee.told is None or await self._context.outbox.waits(newest(invitee)[0])

    async def withdraw(self, invitee: Invitee) -> str:
        """Take the newest mail back if it has not left; answers its key, else ``""``."""
        for key in newest(invitee):
            if await self._context.outbox.withdraw(key):
                return key
        return ""

    # ---- keeping calendars in step

    async def catch_up(self, topic: Topic) -> tuple[Invitee, ...]:
        """
        Mail a change to everybody whose calendar is wrong.

        :returns: those who got their mails of the day and must wait.
        """
        waiting = []
        for known in await self._context.topics.invitees(topic.id):
            if known.told is None or known.told.sequence >= topic.sequence or known.state not in _OPEN:
                continue
            invitee = await self._context.topics.invitee(known.id)  # an answer may have come since
            if invitee is None or invitee.told is None or invitee.state not in _OPEN:
                continue
            if not await self._correct(topic, invitee, invitee.told):
                waiting.append(invitee)
        return tuple(waiting)

    async def _correct(self, topic: Topic, invitee: Invitee, told: Told) -> bool:
        context = self._context
        over = topic.state in ("ended", "published")
        moved = told.start != topic.start
        unheard = (told.start is None and topic.start is None) or (invitee.state == "declined" and not moved)
        same = not moved and told.name == topic.name
        if over and told.start is not None and told.start > context.now():
            gone, jobs = await self.cancel("cancel", topic, invitee)
            await context.topics.save_invitee(gone, jobs, by="", read=invitee)
            return True
        if over or same or unheard or not await self.is_willing(invitee.address):
            known = Told(topic.sequence, topic.name, topic.start, told.at)
            await context.topics.mark_invitee(invitee.id, _OPEN, told=known)
            return True
        if await self.is_full(invitee.address):
            return False
        read, stale = invitee, newest(invitee)
        kind: Kind = "invite" if await self.is_first(invitee) else "update"
        if moved and invitee.state in _ANSWERED:
            invitee = replace(invitee, state="offered")
        was = told.start if moved and kind == "update" else None
        key = str(sequence(topic, invitee)) if kind == "update" else ""
        written, job = await self.write(kind, topic, invitee, was=was, key=key)
        await context.topics.save_invitee(written, [job], by="", instead_of=stale, read=read)
        log.info("An invitee of {topic} is told what changed.", topic=topic.id)
        return True

    async def cancel_all(self, topic: Topic) -> None:
        """Tell everybody that a topic is off; it is deleted afterwards."""
        for invitee in await self._context.topics.invitees(topic.id):
            if invitee.told is None:
                continue
            gone, jobs = await self.cancel("cancel", topic, invitee)
            await self._context.topics.save_invitee(gone, jobs, by="", read=invitee)

    async def cancel_abandoned(self) -> None:
        """The same for topics that were deleted while nobody could be told."""
        context = self._context
        for invitee in await context.topics.abandoned():
            told = invitee.told
            assert told is not None
            topic = Topic(
                id=invitee.topic,
                name=told.name,
                room=f"{invitee.topic}@{context.rooms}",
                owner=invitee.inviter,
                state="ended",
                start=told.start,
                minutes=60,
                zone=context.zone,
                language=context.language,
                created=told.at,
                sequence=told.sequence,
            )
            _, jobs = await self.cancel("cancel", topic, invitee)
            await context.topics.delete_invitee(invitee.id, jobs)

    # ---- inside

    async def _job(
        self,
        name: str,
        kind: Kind,
        topic: Topic,
        invitee: Invitee,
        link: str,
        was: datetime | None,
        serial: int | None = None,
    ) -> Job:
        context = self._context
        inviter = await context.accounts.get(invitee.inviter)
        token = invitee.mail_token
        mail = invitation_mail.compose(
            invitation_mail.Invitation(
                topic=topic,
                invitee=invitee,
                inviter=await self._name_of(invitee.inviter),
                reply_to=inviter.email or "" if inviter else "",
                link=link,
                key=name,
                sender=context.mail_from,
                now=context.now(),
                kind=kind,
                replies=context.mail_replies,
                answers=f"{context.web_url}rsvp/{token}" if token else "",
                unsubscribe=f"{context.web_url}unsubscribe/{token}" if token else "",
                was=was,
                serial=serial,
            )
        )
        payload = {"sender": mail.sender, "recipient": mail.recipient, "message": mail.message.decode("ascii")}
        return "mail", name, json.dumps(payload)


def cancel_key(kind: Kind, invitee: Invitee) -> str:
    """The outbox key of the cancellation of what *invitee*'s calendar holds."""
    return f"{kind}:{invitee.id}:{invitee.shift}"


def newest(invitee: Invitee) -> tuple[str, ...]:
    """The outbox keys that the newest mail with a link may have; the first is that of a first invitation."""
    rest = f"{invitee.id}:{invitee.token_hash.hex()[:12]}"
    told = invitee.told
    updates = (f"update:{invitee.id}:{told.sequence + invitee.shift}",) if told else ()
    return (f"invite:{rest}", f"again:{rest}", *updates)


def answering_token(secret: str) -> str:
    """A token for addresses: letters and digits that survive a change of case."""
    return sha256(secret.encode()).hexdigest()[:32]


def invitee_of(key: str) -> str:
    """The invitee whose mail an outbox job is; ``""`` if it is another mail."""
    kind, _, rest = key.partition(":")
    return rest.partition(":")[0] if kind in KINDS else ""
