"""
One request that invites: reads who is meant, out of any paste, and does for each what can be done.

Whoever cannot be invited is told about in one sentence, with what can be done instead, and the others are invited all
the same: oneself, somebody who is invited already, somebody who wants no mail, an address that looks mistyped. The
topic is made once, for all of them. Leaves out how one person is invited: see :mod:`ccm.components.invitation_desk`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from twisted.words.protocols.jabber.error import StanzaError as JabberError

from ccm import namespaces as ns
from ccm.components import mail_address, names
from ccm.components.context import Context
from ccm.components.invitation_desk import InvitationDesk
from ccm.components.operations import Alternative, Correction, Request
from ccm.components.room_requests import Sibling
from ccm.components.topic_changes import talked
from ccm.errors import StanzaError
from ccm.records import Account, Invitee, InviteeState, Topic

_STANDING: tuple[InviteeState, ...] = ("offered", "accepted", "tentative", "joined")
_WAYS = {"offered": "has not answered yet", "accepted": "comes", "tentative": "may come", "joined": "is in"}


@dataclass(frozen=True, slots=True)
class Party:
    """
    What came of a request.

    :ivar told: corrections that the topics component has told.
    :ivar corrections: those to tell.
    :ivar work: how to take it back, for :meth:`GuestList.revert`.
    :ivar step: the identifier under which that must be kept, or ``""``.
    """

    topic: Topic | None = None
    invitees: tuple[Invitee, ...] = ()
    told: tuple[Correction, ...] = ()
    corrections: tuple[Correction, ...] = ()
    work: Mapping[str, Any] = field(default_factory=dict)
    step: str = ""


@dataclass(frozen=True, slots=True)
class _Guest:
    """Somebody meant. *typed* names them to the desk."""

    typed: str
    address: str
    name: str
    account: Account | None = None
    suspected: str = ""


class GuestList:
    """
    :param desk: invites one person.
    :param topics: asks the topics component.
    :param new_step: an identifier for what can be taken back.
    """

    def __init__(self, context: Context, desk: InvitationDesk, topics: Sibling, new_step: Callable[[], str]) -> None:
        self._new_step = new_step
        self._context = context
        self._desk = desk
        self._topics = topics

    async def invite(self, request: Request, values: Mapping[str, str], *, again: bool = False) -> Party:
        """
        Invite everybody whom ``values["address"]`` names.

        :param again: an alternative was chosen: nothing looks mistyped any more.
        :raises StanzaError: ``policy-violation`` if nobody may be invited within the limits.
        """
        user, sure = request.user, again or values.get("sure", "") in ("true", "1")
        guests, unread = await self._read(values.get("address", ""))
        topic = await self._desk.topic_of(user, values["topic"]) if values.get("topic") else None
        known = await self._context.topics.invitees(topic.id) if topic else ()
        good, corrections = await self._sorted(user, guests, known, sure, topic)
        corrections += [_unread(word) for word in unread[:3]]
        if not guests and not corrections:
            corrections = [_unread(values.get("address", "").strip()[:80])]
        question = not good and all(each.code in ("address-suspect", "address-unread") for each in corrections)
        wish = _wish(request, values)
        facts: dict[str, Any] = {"topic": values.get("topic", ""), "wish": wish}
        if question and topic is None and len(guests) < 2:
            return Party(corrections=tuple(corrections), work={**facts, "invitees": []})
        await self._check(user, good, bool(corrections))
        step = self._new_step()
        made, told = await self._topic(request, topic, good, wish, step)
        invitees, before, refused = await self._each(user, made, good)
        corrections += refused
        if len(invitees) > 1:
            who = names.together([invitee.name for invitee in invitees])
            corrections.insert(0, Correction("invited", f"I invited {who} to {made.name}."))
        undo = next((each.undo for each in told if each.undo), "")
        work = {**facts, "topic": made.id, "made": topic is None, "undo": undo, "invitees": before}
        shown = await self._context.topics.get(made.id) or made
        return Party(shown, invitees, told, tuple(corrections), work, step if told else "")

    async def revert(self, user: str, work: Mapping[str, Any]) -> tuple[Topic | None, str]:
        """
        Take it back; answers the topic, if there is one still, and a sentence.

        :raises StanzaError: ``item-not-found`` if *user* takes part in it no more.
        """
        id_ = work["topic"]
        if not id_ or await self._context.topics.get(id_) is None:
            return None, "There was nothing to take back: nobody had been invited."
        topic = await self._desk.topic_of(user, id_)
        if work["made"] and talked(topic):
            return topic, talked(topic)
        if work["made"]:
            await self._topics.set("delete", for_=user, id=id_)
            return None, f"{topic.name} is undone: it is gone, and nobody is invited."
        back = [await self._one(user, *each) for each in work["invitees"]]
        if work["undo"]:
            await self._reverted(user, work["undo"])
        topic = await self._context.topics.get(id_) or topic
        if not back:
            return topic, f"Nothing of {topic.name} had changed."
        if not any(back):
            return topic, f"That invitation to {topic.name} was changed again since, so it stays as it is."
        return topic, work.get("said") or f"The invitation to {topic.name} is taken back."

    async def _one(self, user: str, id_: str, before: str, after: str = "") -> bool:
        """Take one invitation back; whether anything of it was."""
        earlier, later = (msgspec.json.decode(text, type=Invitee) if text else None for text in (before, after))
        return await self._desk.take_back(user, id_, earlier, later)

    async def _reverted(self, user: str, undo: str) -> None:
        """The topic as it was; perhaps somebody took that back already."""
        try:
            await self._topics.set("undo", for_=user, id=undo)
        except JabberError as error:
            if error.condition != "item-not-found":
                raise

    # ---- inside

    async def _read(self, typed: str) -> tuple[list[_Guest], list[str]]:
        """Who is meant; and words that are nobody's address or name."""
        accounts = self._context.accounts
        pasted = mail_address.read_all(typed, self._context.host)
        guests, unread = [], []
        for found in pasted.addresses:
            account = await accounts.find(found.address)
            if account is not None:
                guests.append(_Guest(account.jid, account.email or account.jid, account.name, account))
            else:
                guests.append(_Guest(_written(found), found.address, found.name, None, found.suspected))
        for word in pasted.words:
            account = await accounts.find(word) if len(word) <= mail_address.MAX_CHARACTERS else None
            if account is not None:
                guests.append(_Guest(account.jid, account.email or account.jid, account.name, account))
            else:
                unread.append(word)
        return list({guest.address.casefold(): guest for guest in guests}.values()), unread

    async def _sorted(
        self, user: str, guests: Iterable[_Guest], known: Iterable[Invitee], sure: bool, topic: Topic | None
    ) -> tuple[list[_Guest], list[Correction]]:
        """Those to invite, and why the others are not."""
        good, corrections = [], []
        standing = {each.address.casefold(): each for each in known if each.state in _STANDING}
        for guest in guests:
            earlier = standing.get(guest.address.casefold())
            if guest.account is not None and guest.account.jid == user:
                corrections.append(_self(guest))
            elif earlier is not None and topic is not None:
                corrections.append(_already(earlier, topic))
            elif guest.suspected and not sure:
                corrections.append(_suspect(guest))
            elif guest.account is None and not await self._desk.post.is_willing(guest.address):
                text = f"{guest.address} asked not to be invited by mail, so I sent nothing: tell them of it yourself."
                corrections.append(Correction("address-suppressed", text, guest.address))
            else:
                good.append(guest)
        return good, corrections

    async def _check(self, user: str, good: list[_Guest], others: bool) -> None:
        """Before a topic is made for them: whether anybody may be mailed at all."""
        refused: StanzaError | None = None
        for guest in good:
            if guest.account is not None:
                return
            try:
                await self._desk.post.check(user, guest.address)
            except StanzaError as error:
                refused = error
            else:
                return
        if refused is not None and not others:
            raise refused

    async def _topic(
        self, request: Request, topic: Topic | None, good: list[_Guest], wish: Mapping[str, str], step: str
    ) -> tuple[Topic, tuple[Correction, ...]]:
        """The topic to invite to: made, opened again, or as it is."""
        user, key = request.user, request.key
        if topic is not None and (topic.owner != user or topic.state not in ("ended", "published")):
            return topic, ()
        if topic is None:
            people = ", ".join(guest.name.replace(",", "") for guest in good)
            answer = await self._topics.set("create", for_=user, invitee=people, request=key, **wish)
        else:
            when = {name: wish[name] for name in ("start", "tz", "language") if name in wish}
            answer = await self._topics.set("reschedule", for_=user, id=topic.id, with_=step, request=key, **when)
        made = await self._context.topics.get(next(answer.elements(ns.TOPICS, "topic"))["id"])
        if made is None:
            raise StanzaError("internal-server-error")
        return made, tuple(map(Correction.parse, answer.elements(ns.TOPICS, "correction")))

    async def _each(
        self, user: str, topic: Topic, good: list[_Guest]
    ) -> tuple[tuple[Invitee, ...], list[tuple[str, str, str]], list[Correction]]:
        """Invite one after the other; also what their invitations were before and after, and who could not be."""
        known = {each.address.casefold(): each for each in await self._context.topics.invitees(topic.id)}
        invitees, before, refused = [], [], []
        for guest in good:
            try:
                outcome = await self._desk.invite(user, guest.typed, topic.id, {}, True)
            except StanzaError as error:
                refused.append(Correction("not-invited", f"{guest.name} is not invited: {error.text}", guest.address))
                continue
            if outcome.invitee is not None:
                earlier = known.get(guest.address.casefold())
                invitees.append(outcome.invitee)
                before.append(kept(outcome.invitee, earlier))
        return tuple(invitees), before, refused


def kept(after: Invitee, before: Invitee | None) -> tuple[str, str, str]:
    """What a step keeps of an invitation, for :meth:`GuestList.revert`."""
    return after.id, msgspec.json.encode(before).decode() if before else "", msgspec.json.encode(after).decode()


def _wish(request: Request, values: Mapping[str, str]) -> dict[str, str]:
    wish = {name: values[name] for name in ("name", "start", "tz", "language", "about") if name in values}
    return {**wish, "language": request.language} if request.language else wish


def _written(found: mail_address.MailAddress) -> str:
    return f'"{found.name.replace(chr(34), "")}" <{found.address}>'


def _self(guest: _Guest) -> Correction:
    text = f"{guest.address} is your own address; you are in every topic you make."
    return Correction("self-invited", text, guest.address)


def _suspect(guest: _Guest) -> Correction:
    domain = guest.suspected.rpartition("@")[2]
    text = f"{guest.address}: did you mean {domain}? I have not sent it yet."
    return Correction(
        "address-suspect",
        text,
        guest.address,
        guest.suspected,
        alternatives=(
            Alternative(f"Invite {guest.suspected}", {"address": guest.suspected}),
            Alternative(f"Send to {guest.address}", {"address": guest.typed}),
        ),
    )


def _already(earlier: Invitee, topic: Topic) -> Correction:
    text = f"{earlier.name} is invited to {topic.name} already and {_WAYS[earlier.state]}, so I sent nothing again."
    others = (Alternative("Send it again", {"resend": earlier.id}),) if earlier.state != "joined" else ()
    return Correction("invited-already", text, earlier.address, alternatives=others)


def _unread(word: str) -> Correction:
    text = f"“{word[:80]}” is no mail address, so nobody is invited for it. Write it like kim@example.org."
    return Correction("address-unread", text, word[:80])
