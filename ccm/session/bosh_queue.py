"""
What a BOSH session has to say and what became of it: waiting, sent and not yet confirmed, or in doubt.

A client never has more than ``requests`` requests under way, so a new rid confirms the answers to all rids that many
before it. When the connection that an answer was written to proves dead, that answer is *in doubt*: the client may ask
for it again (XEP-0124 1.11.2 §14.3), or, a page that was loaded anew, go on without it. Until it shows which, nothing
else is said, so that nothing is said twice, out of order or never.
"""

from dataclasses import dataclass
from typing import Any

_STANZAS = (b"<message", b"<presence", b"<iq")


@dataclass(slots=True)
class Sent:
    """
    What one answer carried.

    :ivar handle: where it was written last.
    :ivar followed: the client has made a new request since, so it has probably arrived.
    :ivar dead: that connection is broken.
    """

    units: list[bytes]
    handle: Any
    followed: bool = False
    dead: bool = False


class Queue:
    """
    Complete elements for a client, in order.

    :ivar waiting: not yet sent.
    :ivar waiting_bytes: their size.
    :ivar doubtful: whether an answer is in doubt.
    """

    __slots__ = ("_sent", "doubtful", "waiting", "waiting_bytes")

    def __init__(self, waiting: list[bytes] | None = None) -> None:
        self.waiting: list[bytes] = waiting or []
        self.waiting_bytes = sum(map(len, self.waiting))
        self._sent: dict[int, Sent] = {}
        self.doubtful = False

    def add(self, unit: bytes) -> None:
        """Queue one element."""
        self.waiting.append(unit)
        self.waiting_bytes += len(unit)

    def take(self) -> list[bytes]:
        """All that waits, to be sent now."""
        units, self.waiting, self.waiting_bytes = self.waiting, [], 0
        return units

    def sent(self, rid: int, units: list[bytes], handle: Any) -> None:
        """The answer to *rid* carries these."""
        if units:
            self._sent[rid] = Sent(units, handle)

    def dead(self, rid: int, handle: Any) -> None:
        """The connection that the answer to *rid* was written to is broken."""
        sent = self._sent.get(rid)
        if sent is not None and sent.handle is handle:
            sent.dead = self.doubtful = True

    def asked_again(self, rid: int, handle: Any) -> None:
        """The client fetches the stored answer to *rid*."""
        sent = self._sent.get(rid)
        if sent is not None:
            sent.handle, sent.dead, sent.followed = handle, False, False
            self._judge()

    def arrived(self, rid: int, window: int) -> bool:
        """
        A new request: it confirms, or gives up, every answer that is *window* rids before it.

        :returns: whether something that was sent waits again.
        """
        if not self._sent:
            return False
        settled = [known for known in self._sent if known + window <= rid]
        dead = [known for known in settled if self._sent[known].dead]
        self._put_back(dead)
        for known in settled:
            del self._sent[known]
        for sent in self._sent.values():
            sent.followed = True
        self._judge()
        return bool(dead)

    def take_all(self) -> list[bytes]:
        """The same as :meth:`take`, with whatever is in doubt before it."""
        self._put_back([known for known in self._sent if self._sent[known].dead])
        return self.take()

    def unconfirmed(self) -> list[bytes]:
        """Every stanza that the client probably does not have, oldest first."""
        lost = [sent for _, sent in sorted(self._sent.items()) if sent.dead or not sent.followed]
        units = [unit for sent in lost for unit in sent.units] + self.waiting
        return [unit for unit in units if unit.startswith(_STANZAS)]

    def _put_back(self, rids: list[int]) -> None:
        for rid in sorted(rids, reverse=True):
            units = self._sent[rid].units
            self.waiting[:0] = units
            self.waiting_bytes += sum(map(len, units))

    def _judge(self) -> None:
        self.doubtful = any(sent.dead for sent in self._sent.values())
