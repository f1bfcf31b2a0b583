"""
Reads a room's archive as the reporter needs it (XEP-0313 1.1, XEP-0308 1.2, XEP-0424 0.4, XEP-0359 0.7, XEP-0428).

What the archive gives is the reporter's only ear: a live message merely wakes it. So a talk that was followed live, one
that was caught up with after a restart and one that is replayed later are the same sequence. Leaves out what any
message means.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.room_requests import RoomRequests
from ccm.components.topic_elements import parse_stamp
from ccm.wire.fallback import own_words
from wokkel.subprotocols import XMPPHandler

MAX_MESSAGES = 50_000


@dataclass(frozen=True, slots=True)
class Remark:
    """
    One archived message.

    :ivar id: its stanza-id.
    :ivar jid: bare real JID of the author, ``None`` if the room did not tell.
    :ivar client_ids: the ids by which the author's client may refer to it: ``id`` and origin-id.
    :ivar replaces: such an id of an earlier message that this one corrects.
    :ivar retracts: stanza-id of a message that this one takes back.
    :ivar request: a request that the reporter wrote down for itself: its attributes.
    :ivar reacts_to: stanza-id of a message that this one reacts to, with *reactions* (XEP-0444).
    :ivar withdrawn: the room keeps a tombstone in its place (XEP-0424 §5).
    """

    id: str
    at: datetime
    nick: str
    jid: str | None
    text: str
    client_ids: tuple[str, ...] = ()
    replaces: str | None = None
    retracts: str | None = None
    request: dict[str, str] | None = None
    reacts_to: str | None = None
    reactions: tuple[str, ...] = ()
    withdrawn: bool = False


class RoomArchive(XMPPHandler):  # type: ignore[misc]
    """
    Queries archives of rooms; one handler serves all rooms.

    :ivar most: at so many messages :meth:`since` leaves the rest for the next time.
    """

    def __init__(self, context: Context, most: int = MAX_MESSAGES) -> None:
        super().__init__()
        self.most = most
        self._rooms = RoomRequests(self._ask, context.domain)
        self._pages: dict[str, tuple[str, list[Remark]]] = {}
        self._counter = itertools.count(1)

    def connectionInitialized(self) -> None:
        self.xmlstream.addObserver(f"/message/result[@xmlns='{ns.MAM}']", self._arrived, 1)

    def _ask(self, request: Any) -> Any:
        return self.request(request)

    async def since(self, room: str, after: str | None) -> list[Remark]:
        """
        What was archived after an id, oldest first; ``None`` begins at the beginning.

        Everything, or of more than :attr:`most` messages so many or a page more.

        :raises JabberError: ``item-not-found`` if the archive does not know *after*.
        """
        found: list[Remark] = []
        while True:
            query_id = f"r{next(self._counter)}"
            page: list[Remark] = []
            self._pages[query_id] = (room, page)
            try:
                complete, last = await self._rooms.archive_page(room, query_id, after)
            finally:
                del self._pages[query_id]
            found += page
            if complete or not last or last == after or len(found) >= self.most:
                return found
            after = last

    def _arrived(self, message: Any) -> None:
        message.handled = True
        result = next(message.elements(ns.MAM, "result"))
        room, page = self._pages.get(result.getAttribute("queryid", ""), ("", []))
        if not room or address.bare(message.getAttribute("from", "")) != room:
            return  # only the room asked may answer
        remark = _remark(result)
        if remark is not None:
            page.append(remark)


def _remark(result: Element) -> Remark | None:
    forwarded = next(result.elements(ns.FORWARD, "forwarded"), None)
    message: Any = next((each for each in forwarded.elements() if each.name == "message"), None) if forwarded else None
    delay = next(forwarded.elements(ns.DELAY, "delay"), None) if forwarded else None
    at = parse_stamp(delay.getAttribute("stamp", "")) if delay else None
    if message is None or at is None:
        return None
    jid = None
    for x in message.elements(ns.MUC_USER, "x"):
        for item in x.elements():
            if item.name == "item" and item.getAttribute("jid"):
                jid = address.bare(address.prepare(item["jid"]))
    origin = next(message.elements(ns.STANZA_ID, "origin-id"), None)
    ids = (message.getAttribute("id"), origin.getAttribute("id") if origin else None)
    replace = next(message.elements(ns.CORRECT, "replace"), None)
    retract = next(message.elements(ns.RETRACT, "retract"), None)
    retracted = next(message.elements(ns.RETRACT, "retracted"), None)
    request = next(message.elements(ns.REPORTER, "request"), None)
    reactions = next(message.elements(ns.REACTIONS, "reactions"), None)
    body = next((str(each) for each in message.elements() if each.name == "body" and each.uri in (None, ns.CLIENT)), "")
    return Remark(
        id=result.getAttribute("id", ""),
        at=at,
        nick=address.resource(message.getAttribute("from", "")) or "",
        jid=jid,
        text=own_words(message, body) if retract is None else "",
        client_ids=tuple(dict.fromkeys(id_ for id_ in ids if id_)),
        replaces=replace.getAttribute("id") if replace else None,
        retracts=retract.getAttribute("id") if retract else None,
        request={str(name): value for name, value in request.attributes.items()} if request else None,
        reacts_to=reactions.getAttribute("id") if reactions else None,
        reactions=tuple(str(each) for each in reactions.elements(ns.REACTIONS, "reaction")) if reactions else (),
        withdrawn=retracted is not None,
    )
