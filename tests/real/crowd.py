"""
Many clients in one process: they sign in, ask and hear, and read no more of a stanza than its start tag.

Light on purpose: what they cost would otherwise count as the server's. They leave out TLS, resumption and trees.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

HEADER = b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STANZA = re.compile(rb"<(iq|message|presence)\b([^>]*?)(?:/>|>(.*?)</\1>)", re.DOTALL)
ATTRIBUTE = re.compile(rb"([\w:]+)='([^']*)'|([\w:]+)=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Heard:
    """A stanza: its kind, attributes and content as bytes, and when it came."""

    kind: str
    attrs: dict[str, str]
    inner: bytes
    at: float

    @property
    def type(self) -> str:
        return self.attrs.get("type", "")


@dataclass(slots=True)
class Asked:
    """
    A request.

    :ivar answers: what came back; more than one is a fault.
    """

    id: str
    at: float
    answers: list[Heard] = field(default_factory=list)
    done: "Deferred[Heard]" = field(default_factory=Deferred)


class Voice(Protocol):
    """One client. :ivar others: messages and presence that came."""

    transport: Any

    def __init__(self, name: str, password: str, now: Callable[[], float]) -> None:
        self.name = name
        self.asked: dict[str, Asked] = {}
        self.others: list[Heard] = []
        self.lost = False
        self.hears: Callable[[Heard], None] = self.others.append
        self.ready: Deferred[Voice] = Deferred()
        self.jid = f"{name}@localhost/crowd"
        self._now = now
        self._rest = b""
        plain = b64encode(f"\0{name}\0{password}".encode()).decode()
        auth = f"<auth xmlns='{SASL}' mechanism='PLAIN'>{plain}</auth>".encode()
        bind = f"<iq type='set' id='bind'><bind xmlns='{BIND}'><resource>crowd</resource></bind></iq>".encode()
        self._steps = [(b"</stream:features>", auth), (b"<success", HEADER), (b"</stream:features>", bind)]

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self.transport.write(HEADER)

    def connectionLost(self, reason: Failure = Failure(Exception())) -> None:  # noqa: B008
        self.lost = True
        if not self.ready.called:
            self.ready.errback(reason)

    def dataReceived(self, data: bytes) -> None:
        self._rest += data
        while self._steps:
            awaited, answer = self._steps[0]
            place = self._rest.find(awaited)
            if place < 0:
                assert b"<failure" not in self._rest, self._rest
                return
            self._rest = self._rest[place + len(awaited) :]
            del self._steps[0]
            self.transport.write(answer)
        end, now = 0, self._now()
        for match in STANZA.finditer(self._rest):
            end = match.end()
            attrs = {(a or c).decode(): (b or d).decode() for a, b, c, d in ATTRIBUTE.findall(match[2])}
            self._hear(Heard(match[1].decode(), attrs, match[3] or b"", now))
        self._rest = self._rest[end:]

    def _hear(self, heard: Heard) -> None:
        if heard.kind == "iq" and heard.type in ("result", "error"):
            if not self.ready.called:
                self.transport.write(b"<presence/>")
                self.ready.callback(self)
                return
            asked = self.asked.get(heard.attrs["id"])
            if asked is None:
                self.hears(heard)
            else:
                asked.answers.append(heard)
                if not asked.done.called:
                    asked.done.callback(heard)
        elif heard.kind == "iq":
            error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
            self.send(f"<iq type='error' id='{heard.attrs['id']}' to='{heard.attrs['from']}'>{error}</iq>".encode())
        else:
            self.hears(heard)

    def send(self, data: bytes) -> None:
        """Any stanzas."""
        self.transport.write(data)

    def ask(self, to: str, type_: str, payload: str) -> Asked:
        """Send a request; its ``done`` fires with the answer."""
        asked = Asked(f"{self.name}-{len(self.asked)}", self._now())
        self.asked[asked.id] = asked
        self.send(f"<iq type='{type_}' id='{asked.id}' to='{to}'>{payload}</iq>".encode())
        return asked


async def gather(reactor: Any, port: int, password: str, names: list[str]) -> list[Voice]:
    """*async* All of them, signed in and available, some at a time."""
    voices: list[Voice] = []
    for start in range(0, len(names), 20):
        made = []
        for name in names[start : start + 20]:
            endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
            made.append(await connectProtocol(endpoint, Voice(name, password, reactor.seconds)))
        voices += await gatherResults([voice.ready for voice in made])
    return voices


def percentile(values: list[float], percent: float) -> float:
    """Of a list that is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
