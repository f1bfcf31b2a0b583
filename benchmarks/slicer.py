"""
How long one stanza takes from bytes to :class:`~ccm.wire.stanza.Stanza`: prints µs a stanza.

``python benchmarks/slicer.py``; the goal is 5 µs for 230 bytes.
"""

import time

from ccm.wire.parsers import ParserPool
from ccm.wire.slicer import Slicer

STANZA = (
    b"<message to='room42@conference.localhost' id='a1b2c3d4-0001' type='groupchat' xml:lang='en'>"
    b"<body>" + b"The participants are mainly open source firms. " * 2 + b"</body>"
    b"<origin-id xmlns='urn:xmpp:sid:0' id='x1'/></message>"
)


def measure(stanza: bytes, rounds: int = 20_000) -> float:
    """Seconds a stanza, best of five."""
    slicer = Slicer(ParserPool(), 262_144)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(rounds):
            slicer.feed(stanza)
        best = min(best, (time.perf_counter() - start) / rounds)
    return best


if __name__ == "__main__":
    for name, stanza in (
        ("one stanza a read", STANZA),
        ("prefixed", STANZA.replace(b"origin-id xmlns=", b"o:origin-id xmlns:o=")),
    ):
        print(f"{name}: {len(stanza)} bytes, {measure(stanza) * 1e6:.2f} µs")
    print(f"twenty a read: {measure(STANZA * 20, 2000) * 1e6 / 20:.2f} µs each")
