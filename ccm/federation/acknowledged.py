"""
What a stream between servers has and has not been seen to carry (XEP-0198 1.6.3 §4).

Acknowledging alone: a stream that breaks is not resumed, what it left open goes again by the next one, once. Leaves out
the streams themselves.
"""

from collections import deque
from collections.abc import Iterable

from ccm import namespaces as ns
from ccm.federation.queue import Budget, size_of
from ccm.wire.stanza import Stanza

FEATURE = f"<sm xmlns='{ns.SM}'/>".encode()
FEATURE_NAME = (ns.SM, "sm")
ENABLE = f"<enable xmlns='{ns.SM}'/>".encode()
ENABLED = f"<enabled xmlns='{ns.SM}'/>".encode()
REQUEST = f"<r xmlns='{ns.SM}'/>".encode()
_WRAP = 2**32


def answer(count: int) -> bytes:
    """How many were handled."""
    return f"<a xmlns='{ns.SM}' h='{count % _WRAP}'/>".encode()


def failed(condition: str) -> bytes:
    """What was asked for is not done."""
    return f"<failed xmlns='{ns.SM}'><{condition} xmlns='{ns.STANZA_ERRORS}'/></failed>".encode()


class Unacknowledged:
    """
    What was sent since the other side began to count.

    :param most: how many are kept. :param most_bytes: of how many bytes. :param budget: shared with all that is kept.
        Of more the oldest are forgotten, since a server that acknowledges has them by then.
    :ivar asked: an answer is awaited.
    """

    def __init__(self, most: int, most_bytes: int, budget: Budget) -> None:
        self._most, self._most_bytes, self._budget = most, most_bytes, budget
        self._open: deque[tuple[Stanza, int]] = deque()
        self._bytes = self._handled = self._told = 0
        self.asked = False

    def __len__(self) -> int:
        return len(self._open)

    def sent(self, stanza: Stanza) -> None:
        """One more."""
        size = size_of(stanza)
        self._open.append((stanza, size))
        self._bytes += size
        self._budget.left -= size
        while self._open and (len(self._open) > self._most or self._bytes > self._most_bytes or self._budget.left < 0):
            self._first()

    def handled(self, count: int) -> bool:
        """
        The other side has handled so many, modulo 2**32; of more than was sent, all is meant.

        One that lies behind what is forgotten already takes nothing. Answers whether it says more than the one before.
        """
        self.asked = False
        ahead = (count - self._handled) % _WRAP
        if ahead < _WRAP // 2:
            for _ in range(min(ahead, len(self._open))):
                self._first()
            count = self._handled
        more = (count - self._told) % _WRAP
        if not 0 < more < _WRAP // 2:
            return False
        self._told = count
        return True

    def left(self) -> list[Stanza]:
        """Take out what was never acknowledged."""
        return [self._first() for _ in range(len(self._open))]

    def _first(self) -> Stanza:
        stanza, size = self._open.popleft()
        self._bytes -= size
        self._budget.left += size
        self._handled += 1
        return stanza


class Again:
    """Sends what a stream left open by the next one, but nothing twice: it may be what streams break by."""

    def __init__(self) -> None:
        self._sent: list[Stanza] = []

    def sort(self, left: Iterable[Stanza]) -> tuple[list[Stanza], list[Stanza]]:
        """What may go once more, and what has gone often enough."""
        more: list[Stanza] = []
        enough: list[Stanza] = []
        for stanza in left:
            (enough if any(stanza is sent for sent in self._sent) else more).append(stanza)
        self._sent = more
        return more, enough
