"""One server's end of streams without sockets: what comes is bytes, what is said is read, time is a test's."""

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from ccm.federation.certificates import Tls
from ccm.federation.dialback import Keys
from ccm.federation.incoming import IncomingStream
from ccm.federation.listener import IncomingFactory
from ccm.federation.options import FederationOptions
from ccm.federation.outgoing import OutgoingStream, Question
from ccm.federation.policy import Policy
from ccm.federation.queue import Budget
from ccm.federation.srv import Unreachable
from ccm.federation.terms import Terms
from ccm.testing import fakes
from ccm.transports.outgoing import Outgoing, Turn
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

PLAIN = {"require_tls": False, "require_certificates": False}
HEADER = (
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns:db='jabber:server:dialback' to='{to}' from='{from_}' version='1.0'{more}>"
)


def _none(_domain: str) -> Any:
    raise Unreachable("no certificate on this stage")


_TLS = Tls(_none)


class Wire(StringTransport):
    """Remembers whether TLS was begun."""

    TLS = False

    def startTLS(self, *_arguments: Any) -> None:
        self.TLS = True

    def abortConnection(self) -> None:
        self.loseConnection()


class Stage:
    """
    The server ``one.example``, with rooms and a guest host.

    :ivar answers: (own, other, stream id, key) of questions asked -> what fires with the answer.
    :ivar received: stanzas that came in, with the domain they came from.
    """

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.router = fakes.make_router(fakes.make_services("one.example"))
        self.router.add_host("guests.one.example")
        for name in ("conference", "accounts"):
            self.router.add_domain(f"{name}.one.example", fakes.RecordingSession(f"{name}.one.example"))
        self.options = FederationOptions(**options)
        self.keys = Keys(b"secret")
        self.asked: list[tuple[str, str, str, str]] = []
        self.answers: list[Deferred[bool]] = []
        self.received: list[tuple[Stanza, str]] = []
        self.lost: list[str] = []
        self.barrier: Deferred[None] | None = None
        turn = Turn(lambda function: self.clock.callLater(0, function))
        self.terms = Terms(
            options=self.options,
            policy=Policy(self.router, self.options, ("away.one.example",), ("guests.one.example",)),
            tls=_TLS,
            keys=self.keys,
            pool=ParserPool(),
            clock=self.clock,
            writer=lambda transport, most, overflow, burst: Outgoing(transport, turn, most, overflow, burst),
            random=lambda size: b"\x07" * size,
            verify=self._verify,
            barrier=lambda: self.barrier,
            budget=Budget(self.options.queue_bytes_all),
        )
        self.factory = IncomingFactory(self.terms, self._take, self.lost.append, "one.example")

    def _verify(self, own: str, other: str, stream: str, key: str) -> "Deferred[bool]":
        self.asked.append((own, other, stream, key))
        answer: Deferred[bool] = Deferred()
        self.answers.append(answer)
        return answer

    def _take(self, stanza: Stanza, domain: str) -> None:
        self.received.append((stanza, domain))

    def come(
        self,
        to: str = "one.example",
        from_: str = "two.example",
        more: str = "",
        header: str = HEADER,
        peer: str = "192.0.2.9",
    ) -> "End":
        """Another server connects and opens a stream."""
        end = End(self, self.factory.buildProtocol(None), peer)
        end.opened = end.say(header.format(to=to, from_=from_, more=more))
        return end

    def go(self, other: str = "two.example", question: Question | None = None) -> "End":
        """A stream of ours to another server."""
        stream = OutgoingStream(self.terms, "one.example", other, question=question)
        end = End(self, stream)
        stream.ready.addCallbacks(end.outcome.append, lambda failure: end.outcome.append(failure.value))
        end.opened = end.take()
        return end


class End:
    """The other side of one stream."""

    def __init__(self, stage: Stage, stream: IncomingStream | OutgoingStream, peer: str = "192.0.2.9") -> None:
        self.stage = stage
        self.stream = stream
        self.wire = Wire(peerAddress=IPv6Address("TCP", peer, 5269) if ":" in peer else IPv4Address("TCP", peer, 5269))
        self.outcome: list[Any] = []
        self.opened = ""
        self._gone = False
        stream.makeConnection(self.wire)

    @property
    def closed(self) -> bool:
        """Whether the connection was given up."""
        return self.wire.disconnecting

    def say(self, data: str) -> str:
        """Send, and hear what is said at once."""
        self.stream.dataReceived(data.encode())
        return self.take()

    def take(self) -> str:
        """What was said since."""
        self.stage.clock.advance(0)
        said = self.wire.value().decode()
        self.wire.clear()
        if self.wire.disconnecting:
            self.gone()
        return said

    def gone(self) -> None:
        """The connection is lost."""
        if not self._gone:
            self._gone = True
            self.stream.connectionLost()

    def prove(self, from_: str = "two.example", to: str = "one.example", *, good: bool = True) -> str:
        """By dialback."""
        said = self.say(f"<db:result from='{from_}' to='{to}'>key</db:result>")
        if self.stage.answers:
            self.stage.answers.pop().callback(good)
        return said + self.take()
