"""
Who asks a component: each sender's stanzas in their order, and the connection that has them.

Leaves out how many requests there may be: :mod:`ccm.router.backlog` counts.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from ccm.wire.stanza import Stanza


@dataclass(slots=True, eq=False)
class Entry:
    """
    One stanza on its way to a component.

    :ivar due: when a request is given up; 0.0 for what is none.
    :ivar came: when it arrived.
    :ivar server: who has it in work; ``None`` while it waits.
    :ivar counted: it takes a place in the server's window.
    :ivar after: how many messages had been given before (:mod:`ccm.router.unread`).
    """

    stanza: Stanza
    sender: "Sender"
    came: float
    due: float = 0.0
    tries: int = 0
    server: Any = None
    counted: bool = True
    after: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """``(from, to, id)`` of a request."""
        attrs = self.stanza.attrs
        return attrs.get("from", ""), attrs.get("to", ""), attrs.get("id", "")

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.stanza.inner) + 200


@dataclass(slots=True, eq=False)
class Sender:
    """
    :ivar server: the connection that its stanzas go to, if one was chosen.
    :ivar working: its requests there.
    :ivar refused: its requests refused since one was last answered.
    :ivar stays_until: until then it keeps its connection, for the order of what was sent there.
    """

    jid: str
    server: Any = None
    working: int = 0
    refused: int = 0
    stays_until: float = 0.0
    queue: deque[Entry] = field(default_factory=deque)

    @property
    def idle(self) -> bool:
        """Nothing of it is open."""
        return not self.working and not self.queue


class Senders:
    """
    Those heard of lately.

    :param most: how many are remembered; those with something open are never forgotten.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[str, Sender] = OrderedDict()

    def of(self, jid: str) -> Sender:
        """The record of a bare JID."""
        sender = self._known.get(jid)
        if sender is None:
            sender = self._known[jid] = Sender(jid)
            if len(self._known) > self._most:
                self._forget()
        else:
            self._known.move_to_end(jid)
        return sender

    def left(self, server: Any) -> None:
        """That connection is gone: nobody stays with it."""
        for sender in self._known.values():
            if sender.server is server:
                sender.server = None

    def _forget(self) -> None:
        for jid, sender in self._known.items():
            if sender.idle:
                del self._known[jid]
                return
