"""
The listener for external components (XEP-0114 1.6).

Several connections may serve one domain; who of them gets what is decided in :mod:`ccm.router.traffic`. Streams are
cut by the same slicer as clients', with the same strictness; the digest is Twisted Words'. A component that sends too
fast is read more slowly. Leaves out XEP-0225.
"""

import hmac
import socket
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.words.protocols.jabber.xmlstream import hashPassword

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError, StreamError
from ccm.router.queue_options import ComponentQueueOptions
from ccm.router.router import Router
from ccm.router.traffic import ServedDomain, Traffic
from ccm.session.limits import TokenBucket
from ccm.transports.component_secrets import checked
from ccm.transports.outgoing import Outgoing, Turn
from ccm.wire.content import as_client
from ccm.wire.events import Broken, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.framing import StreamFraming
from ccm.wire.limits import WireOptions
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

log = Logger()

_LINGER_SECONDS = 5.0
_STRANGER_BYTES = 10_000  # of an element, before the handshake
#: A dead peer is noticed after 60 + 3 * 10 seconds of silence.
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


class ComponentListenerOptions(Section):
    """
    External components.

    Secrets have at least ``min_secret_bytes``; ``weak_secrets`` allows well-known and shared ones. A domain is served
    by ``connections_per_domain`` at most. Of one, ``read_bytes`` are read before others have their turn; reading
    pauses above ``bytes_per_second`` (0: never); ``outgoing_bytes`` unsent, or four times that at once, cut the
    connection.
    """

    min_secret_bytes: CountOr0 = 16
    weak_secrets: bool = False
    handshake_seconds: Count = 10
    connections_per_domain: Count = 16
    max_stanza_bytes: Count = 524_288
    read_bytes: Count = 4096
    bytes_per_second: CountOr0 = 4_194_304
    burst_bytes: CountOr0 = 8_388_608
    outgoing_bytes: Count = 8_388_608


class ComponentConnection(Protocol):
    """One stream of a component."""

    transport: Any
    apart = True

    def __init__(self, listener: "ComponentListener") -> None:
        self._listener = listener
        self._domain: ServedDomain | None = None
        self._wanted = ""
        self._stream_id = ""
        self._closing = False
        self._paused: Any = None

    def connectionMade(self) -> None:
        """Wait for its header."""
        listener, options = self._listener, self._listener.options
        self._framing = StreamFraming(listener.pool, min(_STRANGER_BYTES, options.max_stanza_bytes), ns.COMPONENT)
        self._outgoing = Outgoing(self.transport, listener.turn, options.outgoing_bytes, self._overflow)
        _keep_alive(self.transport)
        self.transport.bufferSize = options.read_bytes
        self._bucket = TokenBucket(options.bytes_per_second, options.burst_bytes, listener.clock.seconds)
        self._timer = listener.clock.callLater(options.handshake_seconds, self._late)

    def dataReceived(self, data: bytes) -> None:
        """Hand on what came."""
        for event in self._framing.feed(data):
            if self._closing:
                return
            try:
                self._event(event)
            except StreamError as error:
                self._end(error)
        pause = self._bucket.take(len(data))
        if pause and not self._closing and self._paused is None:
            self.transport.pauseProducing()
            self._paused = self._listener.clock.callLater(pause, self._read_on)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """Take it away from its domain."""
        self._closing = True
        self._outgoing.drop()
        for timer in (self._timer, self._paused):
            if timer is not None and timer.active():
                timer.cancel()
        if self._domain is not None:
            self._domain.leave(self)
            log.info("A component left.", jid=self._domain.jid)

    def write(self, data: bytes) -> None:
        """Send at the end of this turn."""
        self._outgoing.write(data)

    def hand(self, stanza: Stanza) -> None:
        """A stanza for the component."""
        self._outgoing.write(stanza.to_bytes())

    def _read_on(self) -> None:
        self._paused = None
        if not self._closing:
            self.transport.resumeProducing()

    def _event(self, event: Event) -> None:
        event = as_client(event, ns.COMPONENT)
        if isinstance(event, Broken):
            raise event.error
        if isinstance(event, StreamOpened):
            self._opened(event)
        elif isinstance(event, StreamClosed):
            self._end(None)
        elif self._domain is None:
            self._handshake(event)
        elif isinstance(event, Stanza):
            self._stanza(event, self._domain)
        else:
            raise StreamError("unsupported-stanza-type", f"<{event.name}/> is not known here.")

    def _opened(self, event: StreamOpened) -> None:
        self._wanted = event.to or ""
        self._stream_id = self._listener.random(16).hex()
        self.write(self._framing.header(self._wanted, self._stream_id, "en"))
        if self._wanted not in self._listener.secrets:
            raise StreamError("host-unknown", "No component of that name is configured here.")

    def _handshake(self, event: Nonza | Stanza) -> None:
        if not isinstance(event, Nonza) or event.name != "handshake":
            raise StreamError("not-authorized", "Begin with <handshake/> (XEP-0114 §3).")
        secret = self._listener.secrets[self._wanted]
        expected = hashPassword(self._stream_id, secret)
        if not hmac.compare_digest(expected.encode(), event.text.strip().lower().encode()):
            log.warn("A component gave the wrong secret.", jid=self._wanted)
            raise StreamError("not-authorized", "The secret is not the one configured for this domain.")
        domain = self._listener.traffic.domain(self._wanted)
        if len(domain.connections) >= self._listener.options.connections_per_domain:
            raise StreamError("conflict", "That domain has as many connections as it may. Close one first.")
        try:
            domain.join(self, lambda: self.write(b"<handshake/>"))
        except StanzaError as error:
            raise StreamError("conflict", error.text) from error
        self._domain = domain
        self._framing.max_bytes = self._listener.options.max_stanza_bytes
        self._timer.cancel()
        log.info("A component has come.", jid=self._wanted)

    def _stanza(self, stanza: Stanza, domain: ServedDomain) -> None:
        try:
            sender = address.prepare(stanza.from_ or "")
        except StanzaError as error:
            raise StreamError("invalid-from", "A component's stanzas need a valid 'from'.") from error
        if address.domain(sender) != domain.jid:
            raise StreamError("invalid-from", f"This component may only speak as {domain.jid}.")
        stanza.attrs["from"] = sender
        try:
            stanza.attrs["to"] = self._listener.host if stanza.to is None else address.prepare(stanza.to)
        except StanzaError as error:
            raise StreamError("improper-addressing", "A component's stanzas need a valid 'to'.") from error
        domain.came(stanza, self)

    def _late(self) -> None:
        self._end(StreamError("connection-timeout", "The handshake took too long."))

    def _end(self, error: StreamError | None) -> None:
        if self._closing:
            return
        self._closing = True
        if self._domain is not None:
            self._domain.leave(self)
        if error is not None:
            if not self._stream_id:
                self.write(self._framing.header("", "", "en"))
            self.write(self._framing.error(error))
        self.write(self._framing.footer())
        self._outgoing.close()
        if self._timer.active():
            self._timer.cancel()
        self._timer = self._listener.clock.callLater(_LINGER_SECONDS, self._abort)

    def _overflow(self) -> None:
        log.error("A component does not read; its connection is cut.", jid=self._wanted)
        self._abort()

    def _abort(self) -> None:
        """Cut at once: to close in good order would wait for ever for somebody who does not read."""
        self._closing = True
        abort = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        abort()


def _keep_alive(transport: Any) -> None:
    handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    if isinstance(handle, socket.socket) and handle.family in (socket.AF_INET, socket.AF_INET6):
        transport.setTcpKeepAlive(True)
        for option, value in _KEEP_ALIVE:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)


def later(clock: IReactorTime) -> Callable[[float, Callable[[], Any]], Callable[[], None]]:
    """``later(seconds, function)`` on that clock, which answers what calls it off."""

    def schedule(seconds: float, function: Callable[[], Any]) -> Callable[[], None]:
        call: Any = clock.callLater(seconds, function)
        return lambda: call.cancel() if call.active() else None

    return schedule


class ComponentListener(Factory):
    """
    Accepts components.

    :param secrets: domain to shared secret: who knows one may serve that domain, and no other.
    :param random: that many random bytes.
    :param traffic: the domains that components serve; ``None`` makes one with the defaults.
    :raises ConfigError: if a secret is too short, well known, or used twice.
    """

    noisy = False

    def __init__(
        self,
        router: Router,
        secrets: Mapping[str, str],
        options: ComponentListenerOptions,
        clock: IReactorTime,
        turn: Turn,
        random: Any,
        wire: WireOptions | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.host = next(iter(router.hosts), "")  # who is meant where a component names nobody, as in pings
        self.secrets = checked(secrets, options.min_secret_bytes, weak=options.weak_secrets)
        self.options = options
        self.clock = clock
        self.turn = turn
        self.random = random
        self.pool = ParserPool(wire)
        self.traffic = traffic or Traffic(router, ComponentQueueOptions(), clock.seconds, later(clock))

    def buildProtocol(self, addr: Any) -> ComponentConnection:  # noqa: ARG002
        """One connection."""
        return ComponentConnection(self)
