"""Token buckets, and a bounded number of them by name."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from ccm.errors import StanzaError

if TYPE_CHECKING:
    from ccm.muc.occupant import Occupant
    from ccm.muc.room import Room


class Bucket:
    """Holds up to *burst* tokens and regains *rate* a second; starts full."""

    __slots__ = ("level", "stamp")

    def __init__(self) -> None:
        self.level = -1.0
        self.stamp = 0.0

    def take(self, now: float, rate: float, burst: int) -> bool:
        """Take a token if there is one. A *rate* of 0 means no limit."""
        if not rate:
            return True
        level = float(burst) if self.level < 0 else min(float(burst), self.level + max(0.0, now - self.stamp) * rate)
        self.stamp = now
        if level < 1:
            self.level = level
            return False
        self.level = level - 1
        return True


class Buckets:
    """A bucket for each name; of too many the one longest unused is forgotten."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, name: str, now: float, rate: float, burst: int) -> bool:
        """See :meth:`Bucket.take`."""
        if not rate:
            return True
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket()
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(name)
        return bucket.take(now, rate, burst)


def check_rate(room: "Room", occupant: "Occupant", jid: str) -> None:
    """:raises StanzaError: ``policy-violation`` (wait) if an occupant, or all together, send too fast."""
    options = room.context.options
    if not options.messages_per_second and not options.room_messages_per_second:
        return
    if room.context.is_admin(jid):
        return
    now = room.context.now()
    if not occupant.bucket.take(now, options.messages_per_second, options.message_burst) or not room.bucket.take(
        now, options.room_messages_per_second, options.room_message_burst
    ):
        raise StanzaError("policy-violation", "That is too fast. Wait some seconds and send it again.", "wait")
