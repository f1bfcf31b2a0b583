"""
Where somebody is who did not say: their client is asked (XEP-0202 2.0).

A client tells an offset, not a zone. If the server's zone has that offset now, it is taken to be that one; else a zone
of whole hours stands for it. Leaves out offsets of half hours: for those the server's zone holds.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from twisted.internet.error import ConnectionLost
from twisted.words.protocols.jabber.error import StanzaError as JabberError
from twisted.words.protocols.jabber.jid import JID
from twisted.words.protocols.jabber.xmlstream import TimeoutError as RequestTimeout
from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.components import when
from ccm.components.context import Context
from wokkel.generic import Request

SECONDS = 3
MAX_SILENT = 1000


class TimeRequest(Request):  # type: ignore[misc]
    """``<time/>`` to a client."""

    timeout = SECONDS

    def toElement(self) -> Element:
        element: Element = super().toElement()
        element.addElement((ns.TIME, "time"))
        return element


class ClientZone:
    """
    Clients that leave such a request unanswered are not asked twice.

    :param ask: sends a wokkel ``Request`` and answers the result's element.
    """

    def __init__(self, ask: Callable[[Any], Awaitable[Element]], context: Context) -> None:
        self._ask = ask
        self._context = context
        self._silent: dict[str, None] = {}  # the oldest first

    async def of(self, jid: str) -> str:
        """An IANA zone for a full JID; ``""`` if the client does not tell: then the topic's, or the server's, holds."""
        home = self._context.zone
        if "/" not in jid or jid in self._silent:
            return ""
        try:
            answer = await self._ask(TimeRequest(JID(jid), JID(self._context.domain)))
        except RequestTimeout:
            if len(self._silent) >= MAX_SILENT:
                del self._silent[next(iter(self._silent))]
            self._silent[jid] = None
            return ""
        except (JabberError, ConnectionLost):
            return ""
        told = [str(each) for time in answer.elements(ns.TIME, "time") for each in time.elements(ns.TIME, "tzo")]
        return zone_of_offset(told[0].strip(), home, self._context.now()) if told else ""


def zone_of_offset(offset: str, home: str, now: datetime) -> str:
    """The zone that ``+01:00`` or ``Z`` stands for; *home* if it has that offset now, or if none stands for it."""
    try:
        told = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").utcoffset()
    except ValueError:
        return home
    if told is None or now.astimezone(when.zone_of(home)).utcoffset() == told:
        return home
    hours, rest = divmod(told, timedelta(hours=1))
    if rest or not -12 <= hours <= 14:
        return home
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"  # their signs run the other way
