"""
Inviting somebody: the rules, apart from how they are asked for.

Only an address is needed. The topic is made by the topics component if none is given; the invitee and the mail that
goes to them are kept in one transaction. Somebody who has an account already is a member at once and is also invited
in the chat. Leaves out composing the mail.
"""

import json
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.xish.domish import Element

from ccm import address as addresses
from ccm import namespaces as ns
from ccm.components import invitation_mail, mail_address, names
from ccm.components.context import Context
from ccm.components.operations import Correction
from ccm.components.room_requests import Sibling
from ccm.components.turns import Turns
from ccm.errors import StanzaError
from ccm.records import Account, Invitee, Topic

log = Logger()

MAIL_KEY = "invite"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many mails may go out, and how long a link works."""

    mails_per_address_per_day: int
    invitations_per_user_per_hour: int
    invitations_per_user_per_day: int
    link_days: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request. Without *invitee* nothing was done but a question asked."""

    topic: Topic | None
    invitee: Invitee | None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """The one to invite: by mail, in the chat, or both."""

    address: str
    name: str
    account: Account | None
    suspected: str = ""
    unwilling: bool = False

    @property
    def mailable(self) -> bool:
        """Whether a mail may reach them."""
        return not self.unwilling and (self.account is None or bool(self.account.email))


class InvitationDesk:
    """
    :param topics: asks the topics component.
    :param knock: ``(jid, topic, inviter's name)`` invites an account in the chat (XEP-0249).
    """

    def __init__(
        self, context: Context, topics: Sibling, limits: Limits, knock: Callable[[str, Topic, str], None]
    ) -> None:
        self._context = context
        self._topics = topics
        self._limits = limits
        self._knock = knock
        self._turns = Turns()

    async def invite(self, user: str, typed: str, topic_id: str, wish: dict[str, str], sure: bool) -> Outcome:
        """
        Invite whoever *typed* names.

        :param topic_id: ``""`` makes a topic out of *wish* (name, start, tz, language).
        :param sure: the address is meant as it stands, however it looks.
        :raises StanzaError: ``not-acceptable`` for no address, ``policy-violation`` beyond a limit.
        """
        person = await self._person(typed)
        suppression = self._context.suppression
        if suppression is not None and await suppression.has(person.address):
            person = replace(person, unwilling=True)
        if person.account is not None and person.account.jid == user:
            raise StanzaError("not-acceptable", "That is your own address. You are in every topic you make.")
        if person.unwilling and person.account is None:
            text = f"{person.address} asked not to be invited by mail. Tell them of it yourself."
            raise StanzaError("not-acceptable", text)
        topic = await self.topic_of(user, topic_id) if topic_id else None
        if person.suspected and not sure and person.account is None:
            domain = person.suspected.rpartition("@")[2]
            text = f"{person.address}: did you mean {domain}? I have not sent it yet."
            return Outcome(topic, None, (Correction("address-suspect", text, person.address, person.suspected),))
        async with self._turns.of(user):
            if person.mailable:
                await self._check_limits(user, person.address)
            corrections: tuple[Correction, ...] = ()
            if topic is None:
                topic, corrections = await self._make_topic(user, person, wish)
            invitee = await self._keep(user, topic, person)
        if person.account is not None:
            topic = await self._admit(topic, person.account.jid)
            self._knock(person.account.jid, topic, await self.name_of(user))
        else:
            await self._topics.set("changed", id=topic.id)
        return Outcome(topic, invitee, corrections)

    async def topic_of(self, user: str, id_: str) -> Topic:
        """A topic that *user* takes part in. :raises StanzaError: ``item-not-found`` for any other."""
        topic = await self._context.topics.get(id_)
        if topic is None or user not in topic.members:
            raise StanzaError("item-not-found", "There is no such topic among yours. It may have been deleted.")
        return topic

    async def name_of(self, jid: str) -> str:
        """The display name of an account; its local part if it has none."""
        account = await self._context.accounts.get(jid)
        return account.name if account and account.name else names.from_address(addresses.local(jid) or jid)

    async def revoke(self, user: str, id_: str) -> Outcome:
        """Take an invitation back: its link ends, and so does a membership that came of it."""
        invitee = await self._context.topics.invitee(id_)
        topic = await self.topic_of(user, invitee.topic) if invitee else None
        if invitee is None or topic is None:
            raise StanzaError("item-not-found", "There is no such invitation. It may have been taken back already.")
        if user not in (invitee.inviter, topic.owner):
            raise StanzaError("forbidden", f"Only {await self.name_of(invitee.inviter)} may take this invitation back.")
        invitee = replace(invitee, state="revoked", token_hash=b"", expires=None)
        await self._context.topics.save_invitee(invitee)
        if invitee.jid:
            await self._topics.set("dismiss", id=topic.id, jid=invitee.jid)
        else:
            await self._topics.set("changed", id=topic.id)
        return Outcome(await self._context.topics.get(topic.id) or topic, invitee)

    async def joined(self, id_: str, jid: str) -> None:
        """An invitee came through the link: let that account take part."""
        invitee = await self._context.topics.invitee(id_)
        if invitee is None or invitee.state == "revoked":
            return
        await self._context.topics.save_invitee(replace(invitee, state="joined", jid=jid, reason=""))
        await self._topics.set("admit", id=invitee.topic, jid=jid)

    async def admit_joined(self) -> None:
        """
        Let everybody take part who joined by a link while nobody listened.

        :raises JabberError: if the topics component does not answer; a topic that takes nobody in is passed over.
        """
        for topic in await self._context.topics.active():
            for invitee in await self._context.topics.invitees(topic.id):
                if invitee.state != "joined" or not invitee.jid or invitee.jid in topic.members:
                    continue
                try:
                    await self.joined(invitee.id, invitee.jid)
                except JabberError as error:
                    if error.condition not in ("policy-violation", "item-not-found", "forbidden"):
                        raise
                    log.warn("{topic} does not take {jid} in: {why}.", topic=topic.id, jid=invitee.jid, why=str(error))

    async def entered(self, topic: str, jid: str) -> None:
        """An account was seen in the topic's room: mark its invitation."""
        for invitee in await self._context.topics.invitees(topic):
            if invitee.jid == jid and invitee.state in ("offered", "bounced"):
                await self._context.topics.save_invitee(replace(invitee, state="joined", reason=""))
                await self._topics.set("changed", id=topic)

    async def failed(self, key: str, reason: str) -> tuple[str, Correction] | None:
        """
        A mail did not arrive.

        :returns: the inviter and what to tell them; ``None`` if the mail was none of ours, or it was told before.
        """
        kind, _, rest = key.partition(":")
        invitee = await self._context.topics.invitee(rest.partition(":")[0]) if kind == MAIL_KEY else None
        if invitee is None or invitee.state != "offered" or invitee.reason == reason:
            return None
        topic = await self._context.topics.get(invitee.topic)
        if topic is None:
            return None
        state: Any = "offered" if invitee.jid else "bounced"  # who has an account was also invited in the chat
        await self._context.topics.save_invitee(replace(invitee, state=state, reason=reason))
        await self._topics.set("changed", id=topic.id)
        text = (
            f"The invitation to {invitee.address} did not arrive: {reason.rstrip('.')}. "
            f"{topic.name} stands; only {invitee.name} was not told by mail. Invite another address, or try again."
        )
        return invitee.inviter, Correction("mail-failed", text, invitee.address)

    # ---- inside

    async def _person(self, typed: str) -> Person:
        accounts, host = self._context.accounts, self._context.host
        word = typed.strip()
        if "@" not in word and word and len(word) <= mail_address.MAX_CHARACTERS:  # a chat address without its host
            account = await accounts.find(word)
            if account is not None:
                return Person(account.email or account.jid, account.name, account)
        found = mail_address.read(typed, host)
        account = await accounts.find(found.address)
        if account is not None:
            return Person(account.email or account.jid, account.name, account)
        return Person(found.address, found.name, None, found.suspected)

    async def _check_limits(self, user: str, address: str) -> None:
        now, limits, topics = self._context.now(), self._limits, self._context.topics
        if await topics.mails_since(address, now - timedelta(days=1)) >= limits.mails_per_address_per_day:
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

    async def _make_topic(
        self, user: str, person: Person, wish: dict[str, str]
    ) -> tuple[Topic, tuple[Correction, ...]]:
        answer = await self._topics.set("create", for_=user, invitee=person.name, **wish)
        element = next(answer.elements(ns.TOPICS, "topic"))
        topic = await self._context.topics.get(element["id"])
        if topic is None:
            raise StanzaError("internal-server-error")
        return topic, tuple(map(_correction, answer.elements(ns.TOPICS, "correction")))

    async def _keep(self, user: str, topic: Topic, person: Person) -> Invitee:
        """The invitee, and in the same transaction the mail with a fresh link."""
        context, token = self._context, self._context.token()
        digest = sha256(token.encode()).digest()
        for earlier in await context.topics.invitees(topic.id):
            if earlier.address.casefold() == person.address.casefold():
                id_, state = earlier.id, "joined" if earlier.state == "joined" else "offered"
                break
        else:
            id_, state = b32encode(digest).decode().lower()[:10], "offered"
        invitee = Invitee(
            id=id_,
            topic=topic.id,
            address=person.address,
            name=person.name,
            inviter=user,
            state="joined" if state == "joined" else "offered",
            jid=person.account.jid if person.account else None,
            token_hash=digest,
            expires=context.now() + timedelta(days=self._limits.link_days),
        )
        jobs = [await self._mail(user, topic, invitee, token)] if person.mailable else []
        await context.topics.save_invitee(invitee, jobs)
        log.info("{inviter} invited somebody to {topic}.", inviter=user, topic=topic.id)
        return invitee

    async def _mail(self, user: str, topic: Topic, invitee: Invitee, token: str) -> tuple[str, str, str]:
        context = self._context
        inviter = await context.accounts.get(user)
        key = f"{MAIL_KEY}:{invitee.id}:{invitee.token_hash.hex()[:12]}"
        mail = invitation_mail.compose(
            invitation_mail.Invitation(
                topic=topic,
                invitee=invitee,
                inviter=await self.name_of(user),
                reply_to=inviter.email or "" if inviter else "",
                link=f"{context.web_url}i/{token}",
                key=key,
                sender=context.mail_from,
                now=context.now(),
            )
        )
        payload = {"sender": mail.sender, "recipient": mail.recipient, "message": mail.message.decode("ascii")}
        return "mail", key, json.dumps(payload)

    async def _admit(self, topic: Topic, jid: str) -> Topic:
        await self._topics.set("admit", id=topic.id, jid=jid)
        return await self._context.topics.get(topic.id) or topic


def _correction(element: Element) -> Correction:
    return Correction(
        element["code"],
        str(element),
        element.getAttribute("was", ""),
        element.getAttribute("now", ""),
        element.getAttribute("other", ""),
    )
