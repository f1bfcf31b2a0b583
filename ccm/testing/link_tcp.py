"""A client's side of an XML stream over TCP (RFC 6120 §4), with STARTTLS."""

from typing import Any, Self, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import CertificateOptions
from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.testing.inbox import Inbox
from ccm.wire.stanza import attribute


class TcpLink(Protocol):
    """One connection; each stream on it is parsed anew."""

    transport: Any = None

    def __init__(self, domain: str, inbox: Inbox) -> None:
        self._domain = domain
        self.inbox = inbox
        self._lost: Deferred[None] = Deferred()
        self._reset()

    @classmethod
    async def connect(cls, reactor: Any, host: str, port: int, domain: str, inbox: Inbox) -> Self:
        """A connected link."""
        factory = Factory.forProtocol(lambda: cls(domain, inbox))
        return cast(Self, await TCP4ClientEndpoint(reactor, host, port, timeout=10).connect(factory))

    async def open(self) -> None:
        """Send a stream header; the server's comes as an element without children."""
        self._reset()
        self.write(
            f"<?xml version='1.0'?><stream:stream xmlns='{ns.CLIENT}' xmlns:stream='{ns.STREAMS}' "
            f"to='{attribute(self._domain)}' version='1.0'>".encode()
        )

    async def secure(self) -> None:
        """Begin TLS, trusting whatever certificate comes."""
        self.transport.startTLS(CertificateOptions(verify=False))

    def write(self, xml: bytes) -> None:
        """Send bytes; a stream header among them makes the parser begin anew."""
        if b"<stream:stream" in xml:
            self._reset()
        self.transport.write(xml)

    async def close(self) -> None:
        """Close the stream and wait until the server has closed the connection."""
        if not self.inbox.ended:
            self.transport.write(b"</stream:stream>")
        await self._lost

    async def drop(self) -> None:
        """Break the connection."""
        self.transport.abortConnection()
        await self._lost

    def dataReceived(self, data: bytes) -> None:
        """Twisted calls this."""
        self._parser.parse(data)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: ARG002
        """Twisted calls this."""
        self.inbox.end()
        self._lost.callback(None)

    def _reset(self) -> None:
        self._parser = domish.elementStream()
        self._parser.DocumentStartEvent = self.inbox.put
        self._parser.ElementEvent = self.inbox.put
        self._parser.DocumentEndEvent = self._closed

    def _closed(self) -> None:
        """The server has closed its stream; so do we."""
        self.inbox.end()
        self.transport.loseConnection()
