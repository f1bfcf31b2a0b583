"""
What components ask of the room service, as any owner of a room would (XEP-0045 1.35, XEP-0313 1.1 for the archive).

The room service counts the component domains as owners. Leaves out being in a room, which only the reporter is.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.jid import JID
from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from wokkel import data_form
from wokkel.generic import Request

ROOM_CONFIG = "http://jabber.org/protocol/muc#roomconfig"
ROOM_SECONDS = 20
PAGE_SIZE = 100
REPORTER_NICK = "Reporter"


class _Query(Request):  # type: ignore[misc]
    """An ``iq`` with one payload."""

    timeout = ROOM_SECONDS

    def __init__(self, to: str, sender: str, type_: str, payload: Element) -> None:
        super().__init__(JID(to), JID(sender), type_)
        self._payload = payload

    def toElement(self) -> Element:
        element: Element = super().toElement()
        element.addChild(self._payload)
        return element


Ask = Callable[[Any], Awaitable[Element]]


@dataclass(frozen=True, slots=True)
class RoomRequests:
    """
    :ivar ask: sends a wokkel ``Request`` and answers the result's element.
    :ivar sender: the component's domain.
    """

    ask: Ask
    sender: str

    async def create(self, room: str, name: str, owner: str, reporter: str, language: str) -> None:
        """A room of members, kept and archived, where the reporter's nick is its own. Doing it again is harmless."""
        await self._configure(
            room,
            {
                "muc#roomconfig_roomname": name,
                "muc#roomconfig_persistentroom": "1",
                "muc#roomconfig_membersonly": "1",
                "muc#roomconfig_publicroom": "0",
                "muc#roomconfig_whois": "anyone",
                "muc#roomconfig_enablelogging": "1",
                "muc#roomconfig_lang": language,
            },
        )
        await self.affiliate(room, {owner: "owner", reporter: "owner"}, {reporter: REPORTER_NICK})

    async def rename(self, room: str, name: str) -> None:
        """Give a room another name; the rest of its configuration stays."""
        await self._configure(room, {"muc#roomconfig_roomname": name})

    async def _configure(self, room: str, values: Mapping[str, str]) -> None:
        query = Element((ns.MUC_OWNER, "query"))
        form = data_form.Form("submit", formNamespace=ROOM_CONFIG)
        for name, value in values.items():
            form.addField(data_form.Field(None, name, value=value))
        query.addChild(form.toElement())
        await self._set(room, query)

    async def affiliate(
        self, room: str, affiliations: Mapping[str, str], nicks: Mapping[str, str] | None = None
    ) -> None:
        """Set affiliations by bare JID, and reserve nicks (XEP-0045 §9.8 and §7.10)."""
        query = Element((ns.MUC_ADMIN, "query"))
        for jid, affiliation in affiliations.items():
            item = query.addElement("item")
            item["jid"], item["affiliation"] = jid, affiliation
            if nicks and jid in nicks:
                item["nick"] = nicks[jid]
        await self._set(room, query)

    async def succeed(self, room: str, old: str, new: str) -> None:
        """Let one bare JID take another's place (``docs/protocol.md``, Guests). A room that is gone is fine."""
        element = Element((ns.ROOMS, "succeed"))
        element["jid"], element["by"] = old, new
        await self._unless_gone(room, element)

    async def moderate(self, room: str, id_: str, reason: str) -> None:
        """Take back a message by its stanza-id (XEP-0425 0.3.0 §3); a room or message that is gone is fine."""
        element = Element((ns.MODERATE, "moderate"))
        element["id"] = id_
        element.addElement((ns.RETRACT, "retract"))
        if reason:
            element.addElement("reason", content=reason)
        await self._unless_gone(room, element)

    async def destroy(self, room: str, reason: str) -> None:
        """End a room; one that is gone already is fine."""
        query = Element((ns.MUC_OWNER, "query"))
        query.addElement("destroy").addElement("reason", content=reason)
        await self._unless_gone(room, query)

    async def record(self, room: str, on: bool) -> None:
        """Take a room on or off the record (``docs/protocol.md``)."""
        element = Element((ns.RECORD, "record"))
        element["on"] = "true" if on else "false"
        await self._set(room, element)

    async def silence(self, room: str, jid: str, on: bool) -> None:
        """Have a room not keep (*on* false) what one person says, or keep it again (``docs/protocol.md``)."""
        element = Element((ns.RECORD, "record"))
        element["on"], element["jid"] = "true" if on else "false", jid
        await self._set(room, element)

    async def archive_page(self, room: str, query_id: str, after: str | None) -> tuple[bool, str | None]:
        """
        Have a page of a room's archive sent here as messages with *query_id* (XEP-0313 §3.1).

        :returns: whether it was the last page, and the id of its last message.
        """
        query = Element((ns.MAM, "query"))
        query["queryid"] = query_id
        rsm = query.addElement((ns.RSM, "set"))
        rsm.addElement("max", content=str(PAGE_SIZE))
        if after:
            rsm.addElement("after", content=after)
        answer = await self.ask(_Query(room, self.sender, "set", query))
        fin = next(answer.elements(ns.MAM, "fin"))
        last = None
        for each in fin.elements(ns.RSM, "set"):
            for end in each.elements(ns.RSM, "last"):
                last = str(end)
        return fin.getAttribute("complete") in ("true", "1"), last

    async def _unless_gone(self, room: str, payload: Element) -> None:
        try:
            await self._set(room, payload)
        except JabberError as error:
            if error.condition not in ("item-not-found", "gone"):
                raise

    async def _set(self, room: str, payload: Element) -> None:
        await self.ask(_Query(room, self.sender, "set", payload))


@dataclass(frozen=True, slots=True)
class Sibling:
    """Asks another component of this server."""

    ask: Ask
    sender: str
    domain: str
    namespace: str = ns.TOPICS

    async def set(self, name: str, /, **attributes: str) -> Element:
        """Send ``<name xmlns='…' …/>`` in its namespace; ``for_`` stands for ``for``. Answers the result's payload."""
        payload = Element((self.namespace, name))
        for key, value in attributes.items():
            if key == "language":
                if value:
                    payload[(ns.XML, "lang")] = value
            elif value:
                payload[key.rstrip("_")] = value
        answer = await self.ask(_Query(self.domain, self.sender, "set", payload))
        found: Element = answer.firstChildElement()
        return found


def stamp(at: datetime) -> str:
    """XEP-0082, UTC, whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
