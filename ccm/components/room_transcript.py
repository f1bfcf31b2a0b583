"""
A room's archive as the reporter's transcript: whose words each message is, and which earlier one it corrects.

A correction (XEP-0308 1.2) names its author's own id of a message; the fold knows messages by their stanza-ids
(XEP-0359 0.7). A reaction that answers the reporter is there as words (:mod:`ccm.components.room_reactions`).
Leaves out reading the archive (:mod:`ccm.components.room_archive`).
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC

from ccm.components.room_archive import MAX_MESSAGES, Remark
from ccm.components.room_reactions import Reactions, answer
from ccm.reporter.transcript import Message

MAX_REMEMBERED_IDS = 500


class RoomTranscript:
    """
    :param domain: the reporter's own, by which it knows its words.
    :param archive: the room's archive up to an id, as far as it is looked at.
    """

    def __init__(self, domain: str, archive: Callable[[str], Awaitable[list[Remark]]]) -> None:
        self._domain = domain
        self._archive = archive
        self._ids: dict[tuple[str, str], str] = {}
        self._reactions = Reactions()
        self._looked = False

    def mine(self, remark: Remark) -> bool:
        """Whether the reporter said it."""
        return remark.jid == self._domain

    def message(self, remark: Remark, replaces: str | None = None) -> Message:
        """:param replaces: stanza-id of the message that it corrects."""
        mine = self.mine(remark)
        return Message(
            id=remark.id,
            nick=remark.nick,
            text=remark.text,
            jid=remark.jid if remark.nick else None,  # the room itself, for a moderator
            time=remark.at.astimezone(UTC),
            replaces=replaces,
            retracts=remark.retracts,
            from_reporter=mine,
            below=remark.reacts_to,
            pressed=_pressed(remark) if mine and remark.request is not None else None,
        )

    def messages(self, archive: Iterable[Remark]) -> list[Message]:
        """Everything said, as the document's log wants it."""
        ids: dict[tuple[str, str], str] = {}
        reactions, messages = Reactions(), []
        for remark in map(reactions.typed, archive):
            if self.mine(remark):
                reactions.note(remark)
            if spoken(remark) or (remark.withdrawn and remark.nick):
                messages.append(self.message(remark, ids.get(_own(remark, remark.replaces or ""))))
            for id_ in remark.client_ids:
                ids[_own(remark, id_)] = remark.id
        return messages

    async def up_to(self, id_: str) -> list[Message]:
        """Everything said up to the message with that stanza-id."""
        return self.messages(await self._archive(id_))

    def note(self, remark: Remark) -> None:
        """Remember by which ids a message may be corrected, and what it asks."""
        if self.mine(remark):
            self._reactions.note(remark)
        for id_ in remark.client_ids:
            self._ids[_own(remark, id_)] = remark.id
        most = 2 * MAX_MESSAGES if self._looked else MAX_REMEMBERED_IDS
        while len(self._ids) > most:
            del self._ids[next(iter(self._ids))]

    def forget(self) -> None:
        """Begin anew."""
        self._ids.clear()
        self._reactions = Reactions()
        self._looked = False

    async def typed(self, remark: Remark) -> Remark:
        """The remark with the words that its reactions stand for, if they do."""
        if remark.reacts_to is not None and answer(remark.reactions):
            await self._look(remark)
        return self._reactions.typed(remark)

    async def corrected(self, remark: Remark) -> str | None:
        """The stanza-id of what a correction corrects; ``None`` if it is none, or that was never archived."""
        if remark.replaces is None:
            return None
        wanted = _own(remark, remark.replaces)
        if wanted not in self._ids:
            await self._look(remark)
        return self._ids.get(wanted)

    async def _look(self, remark: Remark) -> None:
        """Read what was said before; once, whoever writes what."""
        if self._looked:
            return
        earlier = [each for each in await self._archive(remark.id) if each.id < remark.id]
        self._ids = {_own(each, id_): each.id for each in earlier for id_ in each.client_ids} | self._ids
        for each in earlier:
            if self.mine(each):
                self._reactions.note(each)
            self._reactions.typed(each)
        self._looked = True


def _pressed(remark: Remark) -> Message | None:
    asked = remark.request or {}
    name = asked.get("name")
    if name in ("on", "off"):
        return Message(remark.id, "", f"#{name}")
    if name == "say":
        return Message(remark.id, asked.get("nick", ""), asked.get("words", ""), asked.get("jid") or None)
    return None


def spoken(remark: Remark) -> bool:
    """Whether it is folded in; a moderator's retraction comes from the room itself (XEP-0425), which has no nick."""
    return bool(remark.retracts or (remark.nick and remark.text))


def _own(remark: Remark, id_: str) -> tuple[str, str]:
    """A client's id means something only together with its author."""
    return remark.jid or remark.nick, id_
