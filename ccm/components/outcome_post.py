"""
Who is mailed a published document, and the jobs that do it, for the transaction that publishes.

Those who take part and whose mail address is known: members with an account, guests by the address at which they were
invited; nobody who asked to get no such mail. What may be a task and was not confirmed is nobody's. Each gets a secret
of their own for the page behind the links, which permits to say something of their own actions, to read a document
that is for participants alone, and nothing else.
Leaves out the text (:mod:`ccm.components.outcome_mail`) and what comes back (:mod:`ccm.components.outcome_answers`).
"""

import json
import re
from collections.abc import AsyncIterator, Container, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from ccm import address
from ccm.components.context import Context
from ccm.components.outcome_mail import OutcomeMail, compose
from ccm.records import DocumentRecord, Token, Topic
from ccm.reporter.document import Document, Item

Jobs = tuple[tuple[str, str, str], ...]

PURPOSE, READING = "outcome", "reading"  # of the tokens
LINK_DAYS = 90
READING_TIME = timedelta(hours=1)
USES = 1_000_000
MOST_RECIPIENTS = 500
_AND = re.compile(r"\s*(?:,|/|&|\band\b)\s*")


@dataclass(frozen=True, slots=True)
class Recipient:
    """:ivar names: by which an action means them, lower case."""

    jid: str
    name: str
    address: str
    names: frozenset[str]


def refusing(address: str) -> str:
    """What the list of those who want no mail keeps of somebody who wants none of these."""
    return f"outcome {address}"


async def jobs_for(
    context: Context,
    topic: Topic,
    document: Document,
    jids: Mapping[str, str],
    url: str,
    *,
    only: Container[str] | None = None,
    mark: str = "",
) -> Jobs:
    """
    The jobs that mail a document to those who took part.

    :param jids: nick -> bare JID of those who spoke.
    :param url: of the document.
    :param only: bare JIDs of those who are meant; ``None`` means all.
    :param mark: end of the keys of jobs that take the place of others.
    """
    if context.tokens is None:
        return ()
    jobs = []
    async for recipient in _recipients(context, topic, jids):
        if only is not None and recipient.jid not in only:
            continue
        key = key_of(topic.id, document.version, recipient.jid) + mark
        secret = await _secret(context, topic, recipient)
        mail = compose(
            OutcomeMail(
                document=document,
                mine=tuple(item for item in document.actions if is_theirs(item, recipient.names)),
                name=recipient.name,
                address=recipient.address,
                url=f"{url}?key={secret}" if topic.visibility == "members" else url,
                answers=f"{context.web_url}outcome/{secret}",
                key=key,
                sender=context.mail_from,
                now=context.now(),
            )
        )
        payload = {"sender": mail.sender, "recipient": mail.recipient, "message": mail.message.decode("ascii")}
        jobs.append(("mail", key, json.dumps(payload)))
    return tuple(jobs)


async def to_read(context: Context, record: DocumentRecord, user: str) -> str:
    """
    The address at which a participant opens a document now: with a key of theirs if it is for participants alone.

    :param user: bare JID.
    """
    url = f"{context.web_url}archive/{record.slug}"
    if record.visibility != "members" or context.tokens is None:
        return url
    secret, expires = context.token(), context.now() + READING_TIME
    scope = json.dumps({"topic": record.topic})
    await context.tokens.issue(Token(_digest(secret), READING, user, scope, expires, USES))
    return f"{url}?key={secret}"


def key_of(topic: str, version: int, jid: str) -> str:
    """The outbox key of somebody's mail."""
    return f"outcome:{topic}:{version}:{sha256(jid.encode()).hexdigest()[:12]}"


async def withdraw(context: Context, topic: Topic, version: int) -> frozenset[str]:
    """Take back the mails of a version that have not left, given up or not; answers whose they were, by bare JID."""
    begin = f"outcome:{topic.id}:{version}:"
    whose = {begin + key[len(begin) :].partition(":")[0] for key in await context.outbox.recall(begin)}
    return frozenset(jid for jid in topic.members[:MOST_RECIPIENTS] if key_of(topic.id, version, jid) in whose)


def is_theirs(item: Item, names: frozenset[str]) -> bool:
    """Whether an action that is still to be done is that person's, alone or with others."""
    owners = {item.owner.casefold(), *_AND.split(item.owner.casefold())}
    return item.status in ("open", "carried") and bool(owners & names - {""})


async def _recipients(context: Context, topic: Topic, jids: Mapping[str, str]) -> AsyncIterator[Recipient]:
    addresses = {
        each.jid: (each.name, each.address)
        for each in await context.topics.invitees(topic.id)
        if each.jid and each.state != "revoked"
    }
    seen: set[str] = set()
    for jid in topic.members[:MOST_RECIPIENTS]:
        account = await context.accounts.get(jid)
        invited, asked_at = addresses.get(jid, ("", ""))
        name, mail = (account.name, account.email or "") if account is not None else (invited, asked_at)
        if address.domain(jid) == context.guest_host:  # whoever has an account has said which address is theirs
            mail = asked_at
        if not mail or mail.casefold() in seen or not await _is_willing(context, mail):
            continue
        seen.add(mail.casefold())
        local = address.local(jid) or ""
        nicks = [nick for nick, known in jids.items() if known == jid]
        names = frozenset(each.casefold() for each in (name, local, *nicks) if each)
        yield Recipient(jid, name or local, mail, names)


async def _is_willing(context: Context, mail: str) -> bool:
    kept = context.suppression
    return kept is None or not (await kept.has(mail) or await kept.has(refusing(mail)))


async def _secret(context: Context, topic: Topic, recipient: Recipient) -> str:
    assert context.tokens is not None
    secret = context.token()
    scope = {"topic": topic.id, "address": recipient.address, "names": sorted(recipient.names)}
    expires = context.now() + timedelta(days=LINK_DAYS)
    await context.tokens.issue(Token(_digest(secret), PURPOSE, recipient.jid, json.dumps(scope), expires, USES))
    return secret


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
