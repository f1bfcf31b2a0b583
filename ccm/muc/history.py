"""
What newcomers are told of the talk before (XEP-0045 1.35.5 §7.2.13–15, XEP-0203 2.0).

A line is serialised again, with its delay, once for all newcomers. Leaves out the archive (``mam.py``).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.wire.fanout import FanOut
from ccm.wire.stamps import delay, moment


@dataclass(slots=True)
class Line:
    """One message as it was reflected; *id* is its stanza-id."""

    id: str
    when: datetime
    template: FanOut
    _replay: FanOut | None = field(default=None)

    def replay(self, room: str) -> FanOut:
        """The same with its delay."""
        if self._replay is None:
            stanza = self.template.stanza
            self._replay = FanOut(stanza.with_child(ns.DELAY, "delay", delay(room, self.when)), stanza.from_ or room)
        return self._replay

    @property
    def size(self) -> int:
        """Bytes of the whole stanza, what ``maxchars`` counts."""
        return len(self.template.head) + len(self.template.tail)


@dataclass(frozen=True, slots=True)
class Wish:
    """How much history a newcomer asks for; ``None`` is no wish."""

    chars: int | None = None
    stanzas: int | None = None
    since: datetime | None = None


def wish(x: domish.Element | None, now: datetime) -> Wish:
    """
    What the ``<history/>`` of a join says (§7.2.14); an unreadable number counts as none given.

    :param x: the ``muc`` element.
    """
    history = next(iter(x.elements(ns.MUC, "history")), None) if x is not None else None
    if history is None:
        return Wish()
    seconds = _number(history.getAttribute("seconds"))
    since = history.getAttribute("since")
    earliest = None
    if seconds is not None:
        earliest = now - timedelta(seconds=min(seconds, 10**9))
    if since is not None:
        named = moment(since)
        earliest = named if earliest is None else max(named, earliest)
    return Wish(_number(history.getAttribute("maxchars")), _number(history.getAttribute("maxstanzas")), earliest)


class History:
    """
    The last lines of a room.

    :ivar most: lines that it keeps; a smaller number holds from the next line on.
    :param most_bytes: of all lines together.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lines: deque[Line] = deque()

    def add(self, line: Line) -> None:
        """Remember a line, forgetting the oldest beyond the bounds."""
        self._lines.append(line)
        self._bytes += line.size
        while self._lines and (len(self._lines) > self.most or self._bytes > self._most_bytes):
            self._bytes -= self._lines.popleft().size

    def forget(self, id_: str) -> None:
        """Drop a line that was retracted."""
        self._lines = deque(line for line in self._lines if line.id != id_)
        self._bytes = sum(line.size for line in self._lines)

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def select(self, wished: Wish, most: int) -> list[Line]:
        """The newest lines that a newcomer gets, oldest first; *most* is the room's own bound."""
        if wished.stanzas is not None:
            most = min(most, wished.stanzas)
        found: list[Line] = []
        room = wished.chars
        for line in reversed(self._lines):
            if len(found) >= most or (wished.since is not None and line.when < wished.since):
                break
            if room is not None:
                room -= line.size
                if room < 0:
                    break
            found.append(line)
        found.reverse()
        return found


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 12 else None
