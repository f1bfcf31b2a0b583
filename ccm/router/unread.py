"""
What people said to a component that may not have been read: XEP-0114 acknowledges nothing.

A message counts as read once the component answers a request that it was given later, or says something to the
message's sender; and after a while, for what it is worth to its sender then. Leaves out requests, which are answered
anyway, and what rooms and components say.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from ccm import namespaces as ns
from ccm.router.senders import Entry
from ccm.wire.stanza import Stanza

_SECONDS = 5.0
_MOST = 1000  #: of one connection
_SAID = frozenset({(ns.CLIENT, "body"), (ns.DATA_FORMS, "x")})


class Unread:
    """Messages given lately to each connection, oldest first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._given: dict[Any, deque[tuple[float, int, Entry]]] = {}
        self._count = 0

    def given(self, server: Any, entry: Entry) -> None:
        """That connection was handed a request or a message."""
        if entry.due:
            entry.after = self._count
            return
        stanza = entry.stanza
        said = stanza.kind == "message" and stanza.type in (None, "chat", "normal")
        if said and server.apart and "@" in entry.sender.jid and not _SAID.isdisjoint(stanza.children):
            self._count += 1
            given = self._given.setdefault(server, deque(maxlen=_MOST))
            while given and given[0][0] < self._now() - _SECONDS:
                given.popleft()
            given.append((self._now(), self._count, entry))

    def answered(self, entry: Entry) -> None:
        """The connection that had this request has read what came before it."""
        given = self._given.get(entry.server)
        while given and given[0][1] <= entry.after:
            given.popleft()

    def told(self, server: Any, bare: str) -> None:
        """The connection has said something to that address."""
        given = self._given.get(server)
        if given:
            kept = [each for each in given if each[2].sender.jid != bare]
            self._given[server] = deque(kept, maxlen=_MOST)

    def left(self, server: Any) -> list[Stanza]:
        """The connection is gone: what it may not have read."""
        since = self._now() - _SECONDS
        return [entry.stanza for at, _, entry in self._given.pop(server, ()) if at >= since]
