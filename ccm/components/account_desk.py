"""
What an account can ask for about itself: another password or mail address, its end, all that is kept about it.

Whatever could lock its owner out needs the password once more. Leaves out guests who become accounts
(:mod:`ccm.components.account_claim`) and how all this is asked for.
"""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ccm import address as addresses
from ccm import passwords, people
from ccm.components.account_mail import AccountMail, Job
from ccm.components.account_password import AccountPasswords
from ccm.components.context import Context
from ccm.components.guest_ends import tell_end
from ccm.components.room_requests import Sibling, stamp
from ccm.errors import StanzaError
from ccm.interfaces import IArchive, IRosters, ITokens
from ccm.records import Account, Archived, Token, Topic, Upload
from ccm.wire.stanza import parse_element

#: Purpose of the token in the link that confirms a new mail address.
ADDRESS = "address"
_TOPICS_PAGE = 100
_MESSAGES_PAGE = 100
_MOST_BYTES = 200_000
_GRACE_SECONDS = 1.0


class AccountDesk:
    """:param topics: asks the topics component."""

    def __init__(
        self,
        context: Context,
        topics: Sibling,
        passwords_: AccountPasswords,
        tokens: ITokens,
        rosters: IRosters,
        archive: IArchive,
        address_hours: float,
    ) -> None:
        self._context = context
        self._topics = topics
        self._passwords = passwords_
        self._tokens = tokens
        self._rosters = rosters
        self._archive = archive
        self._hours = address_hours
        self._mail = AccountMail(context.mail_from, context.web_url)

    async def change_password(self, sender: str, old: str, new: str) -> None:
        """
        Another password: every token ends, and every session but the one that asks.

        :param sender: full JID. :raises StanzaError: ``not-authorized``, ``not-acceptable``, in words.
        """
        account = await self._proven(addresses.bare(sender), old)
        try:
            passwords.check(new, account.name, account.jid, account.email or "", least=self._passwords.least)
        except passwords.WeakPassword as weak:
            raise StanzaError("not-acceptable", str(weak)) from weak
        await self._context.accounts.set_verifiers(account.jid, await self._passwords.make(new))
        await tell_end(self._context, account.jid, "password", but=sender)

    async def change_address(self, user: str, typed: str, password: str) -> str:
        """
        Mail a link that confirms another address; nothing changes before it is followed.

        Whether somebody else has that address is told to its owner alone.

        :returns: the address as it was read. :raises StanzaError: ``not-authorized``, ``not-acceptable``, in words.
        """
        context = self._context
        account = await self._proven(user, password)
        try:
            new = people.mail_address(typed)
        except people.Mistake as mistake:
            raise StanzaError("not-acceptable", str(mistake)) from mistake
        now, token = context.now(), context.token()
        digest = sha256(token.encode()).digest()
        key = digest.hex()[:24]
        other = await context.accounts.find(new)
        jobs: list[Job] = []
        if other is not None and other.jid != user:
            jobs.append(self._mail.taken(f"address:{key}", new, now))
        else:
            expires = now + timedelta(hours=self._hours)
            await self._tokens.revoke(ADDRESS, user)
            await self._tokens.issue(Token(digest, ADDRESS, user, new, expires))
            jobs.append(self._mail.confirm(f"address:{key}", new, token, self._hours, now))
        if account.email and account.email != new:
            jobs.append(self._mail.leaving(f"address-leaving:{key}", account.email, new, now))
        await context.outbox.add(jobs)
        return new

    async def delete(self, user: str, password: str) -> None:
        """
        End an account. Its topics go where it is alone in them; others get the topic where it is not.

        :raises StanzaError: ``not-authorized`` for another password.
        """
        account = await self._proven(user, password)
        while topics := (await self._context.topics.of_member(user, limit=_TOPICS_PAGE)).items:
            for topic in topics:
                await self._leave(topic, user)
        if account.email:
            now = self._context.now()
            key = f"deleted:{sha256(self._context.token().encode()).hexdigest()[:24]}"
            await self._context.outbox.add([self._mail.deleted(key, account.email, now)])
        await self._context.accounts.delete(user)
        context = self._context
        context.clock.callLater(_GRACE_SECONDS, lambda: context.spawn(tell_end(context, user, "removed")))

    async def export(self, user: str, after: str) -> tuple[str, str]:
        """
        All that is kept about an account as JSON, in pages.

        :param after: ``""`` for the first page, which holds account, contacts and topics beside messages.
        :returns: the JSON text of an object, and what to ask for next; ``""`` after the last page.
        """
        account = await self._context.accounts.get(user)
        if account is None:
            raise StanzaError("item-not-found", "There is no such account.")
        found = {} if after else await self._about(account)
        page = await self._archive.said_by(user, after=after or None, limit=_MESSAGES_PAGE)
        said: list[dict[str, Any]] = []
        size = 0
        for message in page.items:
            plain = _message(message)
            size += len(json.dumps(plain))
            if said and size > _MOST_BYTES:
                break
            said.append(plain)
        whole = page.complete and len(said) == len(page.items)
        return json.dumps({**found, "messages": said}, ensure_ascii=False), "" if whole else str(said[-1]["id"])

    # ---- inside

    async def _proven(self, user: str, password: str) -> Account:
        account = await self._context.accounts.get(user)
        if account is None or not account.verifiers:
            raise StanzaError("not-allowed", "Guests have no password. Keep your place with an account first.")
        await self._passwords.check(account, password)
        return account

    async def _leave(self, topic: Topic, user: str) -> None:
        if topic.owner == user:
            heirs = [m for m in topic.members if m != user and addresses.domain(m) == self._context.host]
            if not heirs:
                await self._topics.set("delete", for_=user, id=topic.id)
                return
            await self._topics.set("bequeath", id=topic.id, jid=heirs[0])
        await self._topics.set("dismiss", id=topic.id, jid=user)

    async def _about(self, account: Account) -> dict[str, Any]:
        topics: list[Topic] = []
        complete = False
        while not complete:
            after = topics[-1].id if topics else None
            page = await self._context.topics.of_member(account.jid, after=after, limit=_TOPICS_PAGE)
            topics += page.items
            complete = page.complete
        contacts = await self._rosters.load(account.jid)
        return {
            "account": {
                "jid": account.jid,
                "name": account.name,
                "email": account.email,
                "created": stamp(account.created),
            },
            "contacts": [
                {"jid": c.jid, "name": c.name, "subscription": c.subscription, "groups": list(c.groups)}
                for c in contacts.values()
                if not c.hidden
            ],
            "topics": [_topic(topic, account.jid) for topic in topics],
            **await self._beside(account.jid),
        }

    async def _beside(self, user: str) -> dict[str, Any]:
        """Files, which are not in here but at their addresses, and where notifications go."""
        context = self._context
        uploads = () if context.uploads is None else await context.uploads.of(user)
        targets = () if context.push_targets is None else await context.push_targets.all()
        return {
            "files": [_file(upload, context.uploads_url) for upload in uploads],
            "notified": [{"service": t.service, "node": t.node} for t in targets if t.owner == user],
        }


def _file(upload: Upload, base: str) -> dict[str, Any]:
    return {
        "name": upload.name,
        "url": f"{base}{upload.id}/{quote(upload.name, safe='')}",
        "bytes": upload.size,
        "created": stamp(upload.created),
        "expires": stamp(upload.expires) if upload.expires else None,
    }


def _topic(topic: Topic, user: str) -> dict[str, Any]:
    return {
        "id": topic.id,
        "name": topic.name,
        "room": topic.room,
        "owner": topic.owner == user,
        "state": topic.state,
        "start": stamp(topic.start) if topic.start else None,
        "created": stamp(topic.created),
        "document": topic.document,
    }


def _message(message: Archived) -> dict[str, Any]:
    body = next((str(child) for child in parse_element(message.stanza).elements() if child.name == "body"), "")
    return {"id": message.id, "in": message.owner, "at": stamp(message.stamp), "text": body}
