"""
What a BOSH session has to say and what became of it: waiting, sent and not yet confirmed, or known to be lost.

A new request shows that the client received the answers before it, unless the connection of one proved dead
(XEP-0124 1.11.2 §14.3): what that one carried goes to the front of the queue again, so that a client that hangs up
and goes on with the next rid misses nothing, while one that asks again gets the stored answer.
"""

_STANZAS = (b"<message", b"<presence", b"<iq")


class Queue:
    """
    Complete elements for a client, in order.

    :ivar waiting: not yet sent.
    :ivar waiting_bytes: their size.
    """

    __slots__ = ("_dead", "_sent", "waiting", "waiting_bytes")

    def __init__(self, waiting: list[bytes] | None = None) -> None:
        self.waiting: list[bytes] = waiting or []
        self.waiting_bytes = sum(map(len, self.waiting))
        self._sent: dict[int, list[bytes]] = {}
        self._dead: set[int] = set()

    def add(self, unit: bytes) -> None:
        """Queue one element."""
        self.waiting.append(unit)
        self.waiting_bytes += len(unit)

    def take(self) -> list[bytes]:
        """All that waits, to be sent now."""
        units, self.waiting, self.waiting_bytes = self.waiting, [], 0
        return units

    def sent(self, rid: int, units: list[bytes]) -> None:
        """The answer to *rid* carries these."""
        if units:
            self._sent[rid] = units

    def dead(self, rid: int) -> None:
        """The connection that the answer to *rid* was written to is broken."""
        if rid in self._sent:
            self._dead.add(rid)

    def asked_again(self, rid: int) -> None:
        """The client fetches the stored answer to *rid*: no need to send its content otherwise."""
        self._dead.discard(rid)

    def went_on(self) -> None:
        """The client made a new request: what it cannot have received waits again, the rest is done."""
        for rid in sorted(self._dead, reverse=True):
            units = self._sent[rid]
            self.waiting[:0] = units
            self.waiting_bytes += sum(map(len, units))
        self._dead.clear()
        self._sent.clear()

    def unconfirmed(self) -> list[bytes]:
        """Every stanza that the client is not known to have, oldest first."""
        units = [unit for rid in sorted(self._sent) for unit in self._sent[rid]] + self.waiting
        return [unit for unit in units if unit.startswith(_STANZAS)]
