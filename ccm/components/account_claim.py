"""
A guest keeps the place: the rules of making an account of a guest, or of giving the place to an account that is there.

The room lets the account succeed the guest (affiliation, seat, authorship), the topic takes it in, the invitation
names it; then the guest is no more. Every step can be done again. Leaves out how it is asked for.
"""

from dataclasses import dataclass

from twisted.logger import Logger

from ccm import address, passwords, people
from ccm.components.account_password import AccountPasswords
from ccm.components.context import Context
from ccm.components.guest_ends import end_guest
from ccm.components.room_requests import RoomRequests, Sibling
from ccm.errors import StanzaError
from ccm.records import Account, Invitee, InviteeState, Topic
from ccm.session.guests import Scope
from ccm.session.tokens import Tokens

log = Logger()

_ANY: tuple[InviteeState, ...] = (
    *("offered", "accepted", "tentative", "declined"),
    *("joined", "bounced", "expired"),
)
_PAGE = 100
#: The answer is on its way to the guest's session before that ends.
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a guest typed: everything but the password may be ``""``."""

    name: str
    local: str
    password: str


class AccountClaims:
    """
    :param rooms: requests to the room service.
    :param topics: asks the topics component.
    """

    def __init__(
        self,
        context: Context,
        tokens: Tokens,
        rooms: RoomRequests,
        topics: Sibling,
        passwords_: AccountPasswords,
        entry_seconds: float,
    ) -> None:
        self._context = context
        self._tokens = tokens
        self._rooms = rooms
        self._topics = topics
        self._passwords = passwords_
        self._entry_seconds = entry_seconds

    async def claim(self, guest: str, wish: Claim) -> tuple[Account, str]:
        """
        Make an account of a guest; the guest ends in a moment.

        :returns: the account, and a code for its first sign-in.
        :raises StanzaError: ``not-allowed`` for who is no guest, ``conflict`` for what is taken, ``not-acceptable`` for
            what must be mended, each in words.
        """
        context = self._context
        if not self._is_guest(guest):
            raise StanzaError("not-allowed", "You have an account already.")
        invitee = await self._invitation(guest)
        mail = invitee.address
        if await context.accounts.find(mail) is not None:
            text = f"{mail} has an account. Sign in with it, then follow the link of the invitation again."
            raise StanzaError("conflict", text)
        present = await context.accounts.get(guest)
        try:
            name = people.display_name(wish.name or (present.name if present else invitee.name), mail)
            await self._check_name(name, guest, present.name if present else "")
            jid = people.chat_address(wish.local, mail, context.host, context.accounts.exists, may_vary=False)
            passwords.check(wish.password, mail, name, jid, least=self._passwords.least)
        except (people.Mistake, passwords.WeakPassword) as mistake:
            raise StanzaError("not-acceptable", str(mistake)) from mistake
        topics = await self._topics_of(guest)
        account = await context.accounts.create(jid, name, mail, await self._passwords.make(wish.password))
        try:
            await self._give_over(topics, guest, jid)
        except Exception:
            await self._give_back(topics, guest, jid)  # the guest keeps the place, and may ask again
            raise
        self._end_soon(guest)
        return account, await self._tokens.code(jid, self._entry_seconds)

    async def accept(self, user: str, code: str) -> Topic | None:
        """
        Give an account the place of the guest whose code that is; the topic it is in now.

        :raises StanzaError: ``item-not-found`` for a code that is no guest's, used or ended.
        """
        if self._is_guest(user) or not self._context.accounts.exists(user):
            raise StanzaError("not-allowed", "Only accounts take over from guests.")
        bearer = await self._tokens.use_code(code)
        if bearer is None or not bearer.scope:
            raise StanzaError("item-not-found", "This way in has been used or has ended. Follow the link again.")
        await self._give_over(await self._topics_of(bearer.jid), bearer.jid, user)
        self._end_soon(bearer.jid)
        return await self._context.topics.get(Scope.parse(bearer.scope).topic)

    def _is_guest(self, jid: str) -> bool:
        return bool(self._context.guest_host) and address.domain(jid) == self._context.guest_host

    async def _invitation(self, guest: str) -> Invitee:
        for topic in (await self._context.topics.of_member(guest, limit=_PAGE)).items:
            for invitee in await self._context.topics.invitees(topic.id):
                if invitee.jid == guest and invitee.state != "revoked":
                    return invitee
        raise StanzaError("item-not-found", "Your invitation has ended. Ask for a new one.")

    async def _check_name(self, name: str, guest: str, present: str) -> None:
        """:raises Mistake: for a new name that looks like that of somebody else in the topic."""
        context = self._context
        topics = (await context.topics.of_member(guest, limit=_PAGE)).items
        others = {member for topic in topics for member in topic.members} - {guest}
        if people.skeleton(name) != people.skeleton(present) and await people.has_namesake(
            name, others, context.accounts
        ):
            raise people.Mistake("name", f"Somebody in your topic is called {name}. Add to the name, or take another.")

    async def _topics_of(self, guest: str) -> tuple[Topic, ...]:
        topics: tuple[Topic, ...] = (await self._context.topics.of_member(guest, limit=_PAGE)).items
        for topic in topics:
            await self._topics.set("changed", id=topic.id)  # whether it answers, before anything is done
        return topics

    async def _give_over(self, topics: tuple[Topic, ...], old: str, new: str) -> None:
        if self._context.uploads is not None:
            await self._context.uploads.bequeath(old, new)
        for topic in topics:
            await self._rooms.succeed(topic.room, old, new)
            for invitee in await self._context.topics.invitees(topic.id):
                if invitee.jid == old:
                    await self._context.topics.mark_invitee(invitee.id, _ANY, jid=new)
            current = await self._context.topics.get(topic.id)
            if current is not None and old in current.members:
                await self._topics.set("succeed", id=topic.id, jid=old, by=new)

    async def _give_back(self, topics: tuple[Topic, ...], guest: str, jid: str) -> None:
        """
        The guest has every place again, and the new account is no more.

        If that cannot be done the account stays: whoever took its name next would have the place.
        """
        try:
            await self._give_over(topics, jid, guest)
        except Exception as error:
            log.failure("{jid} could not give the place back to {guest}.", guest=guest, jid=jid)
            text = (
                f"You have the account {jid} now, but not your place. Sign in, then follow the link you came by again."
            )
            raise StanzaError("internal-server-error", text) from error
        await self._context.accounts.delete(jid)

    def _end_soon(self, guest: str) -> None:
        context = self._context
        context.clock.callLater(_GRACE_SECONDS, lambda: context.spawn(end_guest(context, guest, "claimed")))
