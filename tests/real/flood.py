"""
More requests than a component can serve, from a process of its own: ``flood.py PORT PASSWORD RATE SECONDS NAME…``.

With RATE 0 each client has a few requests open, which measures what the component can do; with any other rate requests
are written on time, whatever comes back. One in ten creates a topic, the others list. Then the clients are gone. Prints
one line when it begins, and at its end what was offered and what came back, as JSON.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from real.crowd import Heard, Voice, gather  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.internet.defer import Deferred  # noqa: E402
from twisted.internet.task import LoopingCall, deferLater  # noqa: E402

TOPICS = "topics.localhost"
LIST = "<topics xmlns='urn:ccm:topics:0'><set xmlns='http://jabber.org/protocol/rsm'><max>5</max></set></topics>"
OPEN = 4
STEP_SECONDS = 0.02
SETTLED_SECONDS = 2.0


class Flood:
    """What was offered, and what came back."""

    def __init__(self, voices: list[Voice], salt: str) -> None:
        self.offered = 0
        self.created: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._salt = salt
        self._voices = voices
        self._names: dict[str, str] = {}
        self._answered: set[str] = set()
        self._over = False
        self._closed = False

    def request(self, voice: Voice) -> bytes:
        """The next one."""
        self.offered += 1
        id_ = f"{self._salt}{self.offered}"
        if self.offered % 10:
            return f"<iq type='get' id='{id_}' to='{TOPICS}'>{LIST}</iq>".encode()
        self._names[id_] = name = f"Flood {self._salt} {self.offered}"
        return f"<iq type='set' id='{id_}' to='{TOPICS}'><create xmlns='urn:ccm:topics:0' name='{name}'/></iq>".encode()

    def heard(self, voice: Voice, heard: Heard) -> None:
        """An answer."""
        if heard.kind != "iq":
            return
        id_ = heard.attrs["id"]
        if id_ in self._answered:
            self.answers["twice"] += 1
            return
        self._answered.add(id_)
        kind = "result" if heard.type == "result" else _condition(heard)
        self.answers[kind] += 1
        if id_ in self._names:
            self.created[self._names[id_]] = kind
        if self._closed and not self._over:
            voice.send(self.request(voice))

    async def closed(self, seconds: float) -> None:
        """*async* As fast as answers come."""
        self._closed = True
        for voice in self._voices:
            voice.send(b"".join(self.request(voice) for _ in range(OPEN)))
        await deferLater(reactor, seconds)
        self._over = True

    async def open(self, rate: float, seconds: float) -> None:
        """*async* That many in a second, all clients together."""
        due = began = reactor.seconds()
        voice = 0

        def step() -> None:
            nonlocal voice
            lacking = int((reactor.seconds() - due) * rate) - self.offered
            share = max(1, lacking // len(self._voices))
            while lacking > 0:
                each = self._voices[voice % len(self._voices)]
                each.send(b"".join(self.request(each) for _ in range(min(share, lacking))))
                lacking -= share
                voice += 1

        loop = LoopingCall(step)
        loop.start(STEP_SECONDS)
        await deferLater(reactor, seconds - (reactor.seconds() - began))
        loop.stop()
        self._over = True


def _condition(heard: Heard) -> str:
    for condition in ("resource-constraint", "remote-server-timeout", "service-unavailable", "policy-violation"):
        if condition.encode() in heard.inner:
            return condition
    return heard.inner.decode()[:300]


async def run(port: int, password: str, rate: float, seconds: float, names: list[str]) -> None:
    """*async* All of it."""
    voices = await gather(reactor, port, password, names)
    flood = Flood(voices, f"{'o' if rate else 'c'}{os.getpid()}")  # what several floods make has different names
    for voice in voices:
        voice.hears = lambda heard, voice=voice: flood.heard(voice, heard)
    await deferLater(reactor, SETTLED_SECONDS)  # what signing in began is done
    print(json.dumps({"began": reactor.seconds()}), flush=True)
    await (flood.open(rate, seconds) if rate else flood.closed(seconds))
    ended = reactor.seconds()
    for voice in voices:
        voice.transport.abortConnection()
    print(
        json.dumps({"ended": ended, "offered": flood.offered, "answers": flood.answers, "created": flood.created}),
        flush=True,
    )


def main() -> None:
    port, password, rate, seconds, *names = sys.argv[1:]
    done = Deferred.fromCoroutine(run(int(port), password, float(rate), float(seconds), names))
    done.addErrback(lambda failure: print(failure.getTraceback(), file=sys.stderr))
    done.addBoth(lambda _: reactor.stop())
    reactor.run()


if __name__ == "__main__":
    main()
