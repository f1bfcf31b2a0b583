"""
Inviting somebody: the rules, apart from how they are asked for.

Only an address is needed. The topic is made by the topics component if none is given; the invitee and the mail that
goes to them are kept in one transaction. Somebody who has an account already is a member at once and is invited in
the chat; by mail, too, if they are not signed in. Leaves out the mails, and what comes back.
"""

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from hmac import compare_digest

from twisted.logger import Logger
from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm import address as addresses
from ccm import namespaces as ns
from ccm.components import mail_address, names
from ccm.components.context import Context
from ccm.components.guest_ends import end_guest
from ccm.components.invitation_post import Job, Limits, Post, cancel_key, newest
from ccm.components.operations import Correction
from ccm.components.room_requests import Sibling
from ccm.components.turns import Turns
from ccm.errors import StanzaError
from ccm.records import Account, Invitee, InviteeState, Topic

log = Logger()

#: Prefix of the session state's hashes of who is online, one field a session (``modules/online.py``).
ONLINE = "online:"
_OPEN: tuple[InviteeState, ...] = (
    "offered",
    "accepted",
    "tentative",
    "declined",
    "joined",
    "bounced",
    "expired",
)
#: What a mail changes of an invitee.
_MAILED = {"token_hash", "expires", "mail_token", "shift", "told"}


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
    :ivar post: its mails.
    """

    def __init__(
        self, context: Context, topics: Sibling, limits: Limits, knock: Callable[[str, Topic, str], None]
    ) -> None:
        self._context = context
        self._topics = topics
        self._knock = knock
        self.post = Post(context, limits, self.name_of)
        self._turns = Turns()

    async def invite(self, user: str, typed: str, topic_id: str, wish: dict[str, str], sure: bool) -> Outcome:
        """
        Invite whoever *typed* names.

        :param topic_id: ``""`` makes a topic out of *wish* (name, start, tz, language).
        :param sure: the address is meant as it stands, however it looks.
        :raises StanzaError: ``not-acceptable`` for no address, ``policy-violation`` beyond a limit.
        """
        person = await self._person(typed)
        if not await self.post.is_willing(person.address):
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
            mailed = person.mailable and not (person.account and await self._is_online(person.account.jid))
            if mailed:
                await self.post.check(user, person.address)
            corrections: tuple[Correction, ...] = ()
            if topic is None:
                topic, corrections = await self._make_topic(user, person, wish)
            invitee = await self._keep(user, topic, person, mailed)
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

    async def resend(self, user: str, id_: str, typed: str = "") -> Outcome:
        """
        Mail an invitation again, with the topic as it is now; somebody with an account is told in the chat as well.

        :param typed: another address, for one whose mail came back.
        :raises StanzaError: ``not-allowed`` once the topic has ended or for who wants no mail, ``policy-violation``.
        """
        read, topic = await self._mine(user, id_, "send this invitation again")
        invitee = read
        if topic.state in ("ended", "published"):
            raise StanzaError("not-allowed", f"{topic.name} has ended. Invite {invitee.name} to another topic.")
        if typed:
            invitee = await self._moved(invitee, typed)
        willing, reachable = await self.post.is_willing(invitee.address), invitee.address != invitee.jid
        if not willing and not invitee.jid:
            text = f"{invitee.address} asked not to be invited by mail. Tell them of it yourself."
            raise StanzaError("not-allowed", text)
        async with self._turns.of(user):
            jobs: list[Job] = []
            stale: tuple[str, ...] = ()
            if invitee.state in ("bounced", "expired", "revoked"):
                invitee = replace(invitee, state="offered", reason="")
            if willing and reachable:
                await self.post.check(user, invitee.address)
                stale, first = newest(invitee), await self.post.is_first(invitee)
                invitee, job = await self.post.write("invite" if first else "again", topic, invitee)
                jobs = [job]
            kept = await self._context.topics.save_invitee(invitee, jobs, by=user, instead_of=stale, read=read)
            invitee = _standing(kept)
        if invitee.jid:
            topic = await self._admit(topic, invitee.jid)
            self._knock(invitee.jid, topic, await self.name_of(user))
        else:
            await self._topics.set("changed", id=topic.id)
        text = f"I sent {invitee.name} the invitation to {topic.name} again."
        return Outcome(topic, invitee, (Correction("resent", text, "", invitee.address),))

    async def revoke(self, user: str, id_: str) -> Outcome:
        """Take an invitation back: its links end, the calendar forgets it, and a membership that came of it ends."""
        invitee, topic = await self._mine(user, id_, "take this invitation back")
        gone, jobs = await self.post.cancel("revoke", topic, invitee)
        # Always another shift: by it undo knows whether this is the revocation that it takes back.
        gone = replace(gone, state="revoked", token_hash=b"", expires=None, shift=invitee.shift + 2)
        gone = _standing(await self._context.topics.save_invitee(gone, jobs, by="", read=invitee))
        if gone.jid:
            await self._topics.set("dismiss", id=topic.id, jid=gone.jid)
            await end_guest(self._context, gone.jid)
        else:
            await self._topics.set("changed", id=topic.id)
        text = f"{gone.name} is no longer invited to {topic.name}."
        correction = Correction("revoked", text, invitee.state, gone.address)
        return Outcome(await self._context.topics.get(topic.id) or topic, gone, (correction,))

    async def take_back(self, user: str, id_: str, before: Invitee | None, after: Invitee | None) -> bool:
        """
        Undo what was done to an invitation: it is again as *before*, or gone if there was none.

        A mail that has not left does not leave; one that has is followed by a cancellation, or by an invitation again.

        :param after: what it was made then; ``None`` in steps of earlier versions.
        :returns: whether anything was undone. What somebody changed since stays.
        :raises StanzaError: ``item-not-found`` if *user* takes part in the topic no more.
        """
        topics = self._context.topics
        invitee = await topics.invitee(id_)
        if invitee is None:
            return False
        topic = await self.topic_of(user, invitee.topic)
        if user not in (invitee.inviter, topic.owner):
            return False  # somebody else has invited them since
        revoked = after.shift if after is not None and after.state == "revoked" else None
        if (invitee.shift if invitee.state == "revoked" else None) != revoked:
            return False  # taken back since, or not any more
        if before is None or before.state == "revoked":
            gone, jobs = await self.post.cancel("revoke", topic, invitee)
            jid = invitee.jid
            if before is None:
                await topics.delete_invitee(id_, jobs)
            else:
                ended = replace(before, jid=jid, shift=gone.shift, told=None)
                kept = await topics.save_invitee(ended, jobs, by="", read=invitee)
                jid = kept.jid if kept else None
            if jid and (before is None or jid != topic.owner):
                await self._topics.set("dismiss", id=topic.id, jid=jid)
                await end_guest(self._context, jid)
        elif invitee.state == "revoked":
            if before.jid and await self._context.accounts.get(before.jid) is None:  # a guest, who ended with it
                before = replace(before, jid=None, state="offered")
            await self._reinstate(topic, invitee, before)
            if before.jid:
                await self._admit(topic, before.jid)
        else:
            restored = await self._restored(invitee, before, after)
            if restored == invitee:
                return False
            await topics.save_invitee(restored, read=invitee)
        await self._topics.set("changed", id=topic.id)
        return True

    async def _moved(self, invitee: Invitee, typed: str) -> Invitee:
        """The invitee at another address. :raises StanzaError: ``not-allowed`` if mail reached the old one."""
        person = await self._person(typed)
        if invitee.state != "bounced" and invitee.told is not None:
            text = f"{invitee.name} has the invitation at {invitee.address}. Invite {person.address} as well."
            raise StanzaError("not-allowed", text)
        jid = person.account.jid if person.account else invitee.jid
        return replace(invitee, address=person.address, jid=jid, told=None)

    async def _reinstate(self, topic: Topic, invitee: Invitee, before: Invitee) -> None:
        """An invitation that was taken back stands again."""
        unsent = before.told is None or await self._context.outbox.withdraw(cancel_key("revoke", before))
        if unsent or not await self.post.is_willing(before.address):
            await self._context.topics.save_invitee(before, read=invitee)
            return
        written, job = await self.post.write("again", topic, replace(before, shift=invitee.shift))
        await self._context.topics.save_invitee(written, [job], by="", read=invitee)

    async def _restored(self, invitee: Invitee, before: Invitee, after: Invitee | None) -> Invitee:
        """The invitee without what a step changed, where nobody has changed it since; a mail that has left stays."""
        if after is None:  # of an earlier version: it may have been anybody who changed the rest
            after = replace(invitee, state=before.state, jid=before.jid, reason=before.reason)
        withdrawn = False
        newer = compare_digest(after.token_hash, invitee.token_hash)
        if newer and not compare_digest(before.token_hash, after.token_hash):
            first = before.told is None or before.address != after.address
            # The other "invite" took the place of one that waited: that was to leave anyhow.
            withdrawn = await self._context.outbox.withdraw(newest(after)[0 if first else 1])
        names = {each.name for each in fields(invitee)} - (set() if withdrawn else _MAILED)
        made = {name for name in names if getattr(before, name) != getattr(after, name) == getattr(invitee, name)}
        return replace(invitee, **{name: getattr(before, name) for name in made})

    async def invitee_in(self, user: str, topic: str, id_: str) -> Invitee:
        """
        The invitation that *user* may answer: the one named, or theirs to that topic.

        :raises StanzaError: ``item-not-found`` if there is none, or it is somebody else's.
        """
        found = await self._context.topics.invitee(id_) if id_ else None
        for each in (found,) if id_ else await self._context.topics.invitees(topic):
            if each is not None and each.jid == user and each.state != "revoked":
                return each
        raise StanzaError("item-not-found", "You have no such invitation. It may have been taken back.")

    async def joined(self, id_: str, jid: str) -> None:
        """An invitee came through the link: let that account take part."""
        invitee = await self._context.topics.mark_invitee(id_, _OPEN, state="joined", jid=jid, reason="")
        if invitee is not None:
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
            if invitee.jid != jid or invitee.state in ("joined", "revoked"):
                continue
            if await self._context.topics.mark_invitee(invitee.id, _OPEN, state="joined", reason=""):
                await self._topics.set("changed", id=topic)

    # ---- inside

    async def _person(self, typed: str) -> Person:
        accounts, host = self._context.accounts, self._context.host
        word = typed.strip()
        if "@" not in word and word and len(word) <= mail_address.MAX_CHARACTERS:  # a chat address without its host
            account = await accounts.find(word)
            if account is not None:
                return Person(account.email or account.jid, account.name, account)
        found = mail_address.read(typed, host)
        if addresses.domain(found.address) == self._context.guest_host:
            raise StanzaError("not-acceptable", "That is a guest's address here. Invite their mail address instead.")
        account = await accounts.find(found.address)
        if account is not None:
            return Person(account.email or account.jid, account.name, account)
        return Person(found.address, found.name, None, found.suspected)

    async def _is_online(self, jid: str) -> bool:
        return bool(await self._context.state.hash_all(ONLINE + jid))

    async def _mine(self, user: str, id_: str, what: str) -> tuple[Invitee, Topic]:
        """An invitation that *user* made or whose topic is theirs. :raises StanzaError: if it is neither."""
        invitee = await self._context.topics.invitee(id_)
        topic = await self.topic_of(user, invitee.topic) if invitee else None
        if invitee is None or topic is None:
            raise StanzaError("item-not-found", "There is no such invitation. It may have been taken back already.")
        if user not in (invitee.inviter, topic.owner):
            raise StanzaError("forbidden", f"Only {await self.name_of(invitee.inviter)} may {what}.")
        return invitee, topic

    async def _make_topic(
        self, user: str, person: Person, wish: dict[str, str]
    ) -> tuple[Topic, tuple[Correction, ...]]:
        answer = await self._topics.set("create", for_=user, invitee=person.name, **wish)
        element = next(answer.elements(ns.TOPICS, "topic"))
        topic = await self._context.topics.get(element["id"])
        if topic is None:
            raise StanzaError("internal-server-error")
        return topic, tuple(map(Correction.parse, answer.elements(ns.TOPICS, "correction")))

    async def _keep(self, user: str, topic: Topic, person: Person, mailed: bool) -> Invitee:
        """The invitee, and in the same transaction the mail with a fresh link."""
        topics = self._context.topics
        jid = person.account.jid if person.account else None
        read = None
        for earlier in await topics.invitees(topic.id):
            if earlier.address.casefold() == person.address.casefold():
                read = earlier
                state: InviteeState = "joined" if earlier.state == "joined" else "offered"
                invitee = replace(
                    earlier, name=person.name, inviter=user, state=state, jid=jid or earlier.jid, reason=""
                )
                break
        else:
            secret = sha256(self._context.token().encode()).digest()
            id_ = b32encode(secret).decode().lower()[:10]
            invitee = Invitee(id_, topic.id, person.address, person.name, user, "offered", jid)
        jobs: list[Job] = []
        stale = newest(invitee)
        if mailed:
            first = await self.post.is_first(invitee)
            invitee, job = await self.post.write("invite" if first else "again", topic, invitee)
            jobs = [job]
        kept = await topics.save_invitee(invitee, jobs, instead_of=stale if jobs else (), read=read)
        log.info("{inviter} invited somebody to {topic}.", inviter=user, topic=topic.id)
        return _standing(kept)

    async def _admit(self, topic: Topic, jid: str) -> Topic:
        await self._topics.set("admit", id=topic.id, jid=jid)
        return await self._context.topics.get(topic.id) or topic


def _standing(kept: Invitee | None) -> Invitee:
    """:raises StanzaError: ``item-not-found`` if somebody took the invitation back in the same moment."""
    if kept is None:
        raise StanzaError("item-not-found", "That invitation was taken back in this moment. Invite them again.")
    return kept
