"""
Clients over TCP: STARTTLS (RFC 6120 §5) and direct TLS (XEP-0368 1.2).

A thin shell: bytes go to the framing, its events to the session; what the session writes leaves once a reactor
turn. Leaves out everything of XMPP, and BOSH and WebSocket.
"""

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm import address
from ccm.errors import StreamError
from ccm.interfaces import IConnection
from ccm.session.machine import Session
from ccm.session.realm import Realm
from ccm.session.tls_facts import TlsFacts
from ccm.session.visitors import Refused, Visit
from ccm.transports.outgoing import Outgoing, Turn
from ccm.transports.tls_facts import facts_of
from ccm.wire.framing import StreamFraming
from ccm.wire.parsers import ParserPool

log = Logger()

_LINGER_SECONDS = 5.0
_PARTING_SECONDS = 0.5
_MOST_READ = 65_536
_FULL_READS = 4
#: A dead peer is noticed after 60 + 3 * 10 seconds of silence.
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


@implementer(IConnection)
class ClientConnection(Protocol):
    """One client's TCP connection."""

    transport: Any
    channel_binding: bytes | None = None
    write: Callable[[bytes], None]  #: sends at the end of this turn

    def __init__(self, factory: "ClientFactory") -> None:
        self._clients = factory
        self.secure = factory.direct_tls
        self.peer = ""
        self._closing = False
        self._counted = False
        self._paused: Any = None
        self._facts: TlsFacts | None = None
        self._session: Session | None = None
        self._visit: Visit | None = None

    @property
    def tls_available(self) -> bool:
        """STARTTLS can be offered."""
        return self._clients.certificates is not None and not self.secure

    @property
    def tls(self) -> TlsFacts:
        """What TLS has shown; asked once the handshake is over."""
        if self._facts is None:
            self._facts = facts_of(self.transport.getHandle() if hasattr(self.transport, "getHandle") else None)
        return self._facts

    # ---- Twisted

    def connectionMade(self) -> None:
        """Set the socket up and begin a session."""
        clients, transport = self._clients, self.transport
        options = clients.realm.options
        self.peer = str(getattr(transport.getPeer(), "host", ""))
        try:
            self._come_in()
        except Refused as refused:
            self._turn_away(refused)
            return
        if clients.direct_tls:
            transport.startTLS(clients.certificates)
        for name in ("setTcpNoDelay", "setTcpKeepAlive"):
            switch = getattr(transport, name, None)
            if switch is not None:
                switch(True)
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        if isinstance(handle, socket.socket) and handle.family in (socket.AF_INET, socket.AF_INET6):
            for option, value in _KEEP_ALIVE:
                handle.setsockopt(socket.IPPROTO_TCP, option, value)
        self._flow = clients.realm.shaping.flow(
            self.peer, options.bytes_per_second_before_login, options.burst_bytes_before_login
        )
        self._reads(clients.realm.shaping.read_bytes)
        self._outgoing = Outgoing(transport, clients.turn, options.outgoing_bytes, self._overflow)
        self.write = self._outgoing.write
        self._framing = StreamFraming(clients.pool)
        self._session = Session(clients.realm, self, self._framing, "tcp")
        clients.connections.add(self)

    def _come_in(self) -> None:
        """:raises Refused: if the address has too many connections."""
        visitors = self._clients.realm.visitors
        visitors.connected(self.peer)
        self._counted = True
        self._visit = visitors.enter(self.peer)

    def _turn_away(self, refused: Refused) -> None:
        self._closing = True
        if not self._clients.direct_tls:  # behind direct TLS, words would cost a handshake
            framing = StreamFraming(self._clients.pool)
            header = framing.header(self._clients.realm.host, "0", self._clients.realm.options.language)
            error = StreamError(refused.condition, refused.text)
            self.transport.write(header + framing.error(error) + framing.footer())
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Hand on what came; stop reading for a while if it was too much."""
        if self._closing or self._session is None:
            return
        if len(data) >= self._read_bytes:
            self._read_full()
        events, flow = self._framing.feed(data), self._flow
        self._session.received(events)
        pause = flow.take(flow.cost(events, len(data)) if flow.loaded else len(data))
        if pause:
            self.slow(pause)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """Tell the session."""
        self._clients.connections.discard(self)
        self._closing = True
        if self._counted:
            self._clients.realm.visitors.disconnected()
        if self._visit is not None:
            self._visit.leave()
        if self._session is None:
            return
        self._outgoing.drop()
        self._flow.leave()
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None
        self._session.disconnected()

    # ---- IConnection

    def slow(self, seconds: float) -> None:
        """Read nothing more for so long, at least."""
        if self._closing:
            return
        if self._paused is None:
            self.transport.pauseProducing()
            self._reads(self._clients.realm.shaping.read_bytes)
            self._paused = self._clients.clock.callLater(seconds, self._read_on)
        elif self._paused.getTime() < self._clients.clock.seconds() + seconds:
            self._paused.reset(seconds)

    def start_tls(self) -> None:
        """Switch after what was written."""
        self._outgoing.flush()
        self.transport.startTLS(self._clients.certificates)
        self.secure, self._facts = True, None

    def close(self, error: StreamError | None = None) -> None:
        """
        Send what is queued and close; abort if the other side does not follow.

        A client on TLS that closed its stream closes the connection, too (RFC 6120 §4.4), and is given a moment: some
        lose our end of the stream if the end of TLS comes with it.
        """
        if self._closing:
            return
        self._closing = True
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None
            self.transport.resumeProducing()
        if error is None and self.secure:
            self._outgoing.flush()
            self._paused = self._clients.clock.callLater(_PARTING_SECONDS, self._part)
        else:
            self._part()

    def _part(self) -> None:
        self._outgoing.close()
        self._paused = self._clients.clock.callLater(_LINGER_SECONDS, self._abort)

    def authenticated(self, jid: str) -> None:
        """Other limits hold from now on."""
        if self._visit is not None:
            self._visit.signed_in()
        options = self._clients.realm.options
        self._flow.signed_in(address.bare(jid), options.bytes_per_second, options.burst_bytes)

    # ----

    def _reads(self, count: int) -> None:
        """So much at once from now on: what one connection sends keeps others waiting."""
        self._read_bytes = self.transport.bufferSize = count
        self._full_reads = 0

    def _read_full(self) -> None:
        """There may be more; who goes on sending is read in larger pieces, which cost less."""
        self._full_reads += 1
        if self._full_reads >= _FULL_READS and self._read_bytes < _MOST_READ:
            self._reads(2 * self._read_bytes)

    def _read_on(self) -> None:
        self._paused = None
        if not self._closing:
            self.transport.resumeProducing()

    def _overflow(self) -> None:
        log.info(
            "A client does not read; its connection is cut.",
            jid=self._session.jid if self._session else "",
            peer=self.peer,
        )
        self._abort()

    def _abort(self) -> None:
        self._paused = None
        abort = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        abort()


class ClientFactory(Factory):
    """
    Accepts clients.

    :param certificates: context factory for STARTTLS; ``None`` offers none.
    :param direct_tls: begin with TLS (XEP-0368) on every connection; the endpoint is a plain ``tcp:`` one.
    :ivar connections: those open now.
    """

    noisy = False

    def __init__(
        self,
        realm: Realm,
        pool: ParserPool,
        clock: IReactorTime,
        turn: Turn,
        certificates: Any = None,
        *,
        direct_tls: bool = False,
    ) -> None:
        self.realm = realm
        self.pool = pool
        self.clock = clock
        self.turn = turn
        self.certificates = certificates
        self.direct_tls = direct_tls
        self.connections: set[ClientConnection] = set()

    def buildProtocol(self, addr: Any) -> ClientConnection:  # noqa: ARG002
        """One connection."""
        return ClientConnection(self)
