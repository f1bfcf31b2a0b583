"""
XEP-0352 Client State Indication 1.0.0: what is of no use to somebody who does not look waits until it is, or until
something comes that is.

Presence waits, the newest of each sender, and so do events of publish-subscribe, the newest of the same items; that
somebody is typing is not sent at all. Anything else is sent at once, after what waits: the radio is awake then. Leaves
out a record of what waits: after a crash it is missing, as presence is.
"""

import re
from typing import TYPE_CHECKING, Any

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.wire.events import Nonza
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.session.machine import Session

FEATURE = f"<csi xmlns='{ns.CSI}'/>".encode()
_PRESENCE = (None, "unavailable")
_NODE = re.compile(rb"<items\s[^>]*?node=(['\"])(.*?)\1")
_ITEM = re.compile(rb"<(?:item|retract)\s[^>]*?id=(['\"])(.*?)\1")
_SELF = re.compile(rb"<status\s[^>]*?code=['\"]110['\"]")
_PASSING = frozenset((ns.CHAT_STATES, ns.HINTS, ns.STANZA_ID, ns.OCCUPANT_ID))


def indicated(session: "Session", nonza: Nonza) -> None:
    """Its client looks, or not (§4.2). :raises StreamError: for an element that nobody knows."""
    if nonza.namespace != ns.CSI or nonza.name not in ("active", "inactive"):
        raise StreamError("unsupported-stanza-type", f"<{nonza.name}/> is not known here.")
    if nonza.name == "active":
        flush(session)
    elif session.held is None:
        session.held = Held(session.realm.options.held_stanzas)


def gone(session: "Session") -> None:
    """It hibernates: nothing is held, but it is told of what matters."""
    session.held = Nobody()


def flush(session: "Session") -> None:
    """Its client is taken for active, and gets what waited."""
    held, session.held = session.held, None
    if held is not None:
        held.send(session)


class Held:
    """What waits, in the order of its arrival. :param most: of it; then all of it is sent."""

    __slots__ = ("_most", "_waiting")

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[Any, Stanza | FanOut] = {}

    def keeps(self, session: "Session", stanza: Stanza, sent: Stanza | FanOut) -> bool:
        """
        Whether a stanza waits or is left out; if not, what waited has been sent before it.

        :param sent: what is to be sent: the stanza, or the template that it is of.
        """
        key = _key(stanza)
        if key == "":
            return True
        if key is not None:
            self._waiting.pop(key, None)
            self._waiting[key] = sent
            if len(self._waiting) < self._most:
                return True
            self.send(session)
            return True
        self.send(session)
        _told(session, stanza)
        return False

    def send(self, session: "Session") -> None:
        """Send what waits."""
        waiting, self._waiting = self._waiting, {}
        held, session.held = session.held, None
        for sent in waiting.values():
            if isinstance(sent, FanOut):
                session.deliver_raw(sent)
            else:
                session.deliver(sent)
        session.held = held


class Nobody(Held):
    """In the place of :class:`Held` while there is no connection: the session keeps what comes (XEP-0198)."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)

    def keeps(self, session: "Session", stanza: Stanza, _sent: Stanza | FanOut) -> bool:
        """Nothing."""
        _told(session, stanza)
        return False


def _told(session: "Session", stanza: Stanza) -> None:
    if stanza.kind == "message":
        session.realm.router.fire("message-waits", session, stanza)


def _key(stanza: Stanza) -> object:
    """What a later stanza takes the place of; ``""`` for what is left out, ``None`` for what matters now."""
    if stanza.kind == "presence":
        if stanza.attrs.get("type") not in _PRESENCE or _SELF.search(stanza.inner):
            return None
        return stanza.attrs.get("from")
    if stanza.kind != "message":
        return None
    if stanza.has(ns.PUBSUB_EVENT, "event"):
        node, items = _NODE.search(stanza.inner), tuple(found[2] for found in _ITEM.finditer(stanza.inner))
        return (stanza.attrs.get("from"), node[2], items) if node and items else None
    children = {namespace for namespace, _ in stanza.children}
    return "" if ns.CHAT_STATES in children and children <= _PASSING else None
