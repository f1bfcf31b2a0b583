"""
Who gives way when streams to other servers are all taken: nobody can have them all.

They are shared first among our domains, then, for each, among families of other domains: what has the same two last
labels, since whoever has one name has any number below it. One that nobody needs goes first; then, of those that have
the most, one that has not connected yet, then any. Leaves out closing it (:mod:`ccm.federation.elsewhere`).
"""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from ccm.networks import literal

#: A domain of ours, and another server's.
Pair = tuple[str, str]


class Held(Protocol):
    """What has one of the places (:class:`ccm.federation.link.Link`)."""

    used: float

    @property
    def state(self) -> str:
        """``up`` once it is connected."""

    @property
    def unused(self) -> bool:
        """Nobody would miss it."""


def gives_way(held: Mapping[Pair, Held], new: Pair) -> Pair | None:
    """Whose place a new one takes; ``None`` if everybody else has no more than whoever asks."""
    idle = [(link.used, pair) for pair, link in held.items() if link.unused]
    if idle:
        return min(idle)[1]
    owns = Counter(own for own, _ in held)
    families = Counter((own, family(other)) for own, other in held)
    mine = owns[new[0]], families[new[0], family(new[1])]

    def share(pair: Pair) -> tuple[int, int]:
        return owns[pair[0]], families[pair[0], family(pair[1])]

    def may_take(pair: Pair, link: Held) -> bool:
        """Up ones only from who has more even after; others from who has as much."""
        more = 1 if link.state == "up" else -1
        if pair[0] != new[0]:
            return share(pair)[0] > mine[0] + more
        return share(pair)[1] > mine[1] + more

    found = [(pair, link) for pair, link in held.items() if may_take(pair, link)]
    if not found:
        return None
    return min(found, key=lambda each: ([-count for count in share(each[0])], each[1].state == "up", each[1].used))[0]


def family(domain: str) -> str:
    """What domains have in common that may be one person's."""
    return domain if literal(domain) is not None else ".".join(domain.split(".")[-2:])
