"""
What streams with other servers have in common, whichever side opened them (RFC 6120 §4).

Bytes in and out, TLS, time-outs, a peaceful end. Leaves out what either side says: ``incoming.py``, ``outgoing.py``.
"""

import socket
from typing import Any

from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.federation.certificates import Handshake
from ccm.federation.dialback import NAMESPACE as DIALBACK
from ccm.federation.terms import Terms
from ccm.wire.content import as_client
from ccm.wire.events import Broken, Event, StreamClosed
from ccm.wire.framing import StreamFraming
from ccm.wire.stanza import attribute

log = Logger()

_LINGER_SECONDS = 5.0
_READ_BYTES = 8192  # at once, before others have their turn
#: A dead peer is noticed after 60 + 3 * 10 seconds of silence.
_KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


@implementer(IHandshakeListener)
class ServerStream(Protocol):
    """
    One connection with another server.

    :ivar peer: its address. :ivar handshake: of TLS, once that has begun; ``secure`` once it is done.
    :ivar clean: the stream was closed in good order.
    """

    transport: Any

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.peer = ""
        self.handshake: Handshake | None = None
        self.secure = False
        self.clean = False
        self.closing = False
        self._finishing = False
        self._greeted = False
        self._restarted = False
        self._heard = self._said = terms.clock.seconds()
        self._timers: dict[str, Any] = {}

    # ---- what the two sides add

    def greet(self) -> None:
        """The connection is ready for a header of ours, if it is ours to begin."""

    def event(self, event: Event) -> None:
        """Something came. :raises StreamError: to end the stream."""
        raise NotImplementedError

    def ended(self, error: StreamError | None) -> None:
        """The connection is gone. :param error: why we closed it, if we did."""

    def tick(self) -> None:
        """Now and then: the moment to show life, or to close what is idle."""

    # ---- Twisted

    def connectionMade(self) -> None:
        """Set the socket up."""
        terms, transport = self.terms, self.transport
        options = terms.options
        self.peer = str(getattr(transport.getPeer(), "host", ""))
        transport.bufferSize = _READ_BYTES
        self._why: StreamError | None = None
        _keep_alive(transport)
        burst = 2 * options.queue_bytes  # all that waited, as it is written
        self._out = terms.writer(transport, options.outgoing_bytes, self._overflow, burst)
        self._framing = StreamFraming(terms.pool, options.max_stanza_bytes_before_proof, ns.SERVER)
        self._later("handshake", options.handshake_seconds, self._late)
        self._later("tick", self._tick_seconds, self._tick)
        self.greet()

    def dataReceived(self, data: bytes) -> None:
        """Hand on what came."""
        self._heard = self.terms.clock.seconds()
        if self.closing and not self._finishing:
            return
        events = self._framing.feed(data)
        for number, event in enumerate(events, 1):
            try:
                self._one(event)
            except StreamError as error:
                self.end(error)
            except Exception:
                log.failure("A stream with {peer} failed.", peer=self.peer)
                self.end(StreamError("internal-server-error"))
            if self.closing and not self._finishing:
                return
            if self._restarted:
                self._restarted = False
                if number < len(events):  # RFC 6120 §5.4.3.3: nothing of what came in clear counts
                    self.end(StreamError("policy-violation", "Nothing may follow before the stream begins anew."))
                return

    def handshakeCompleted(self) -> None:
        """TLS is there."""
        self.secure = True
        self.greet()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """It is gone."""
        self.closing = True
        self._finishing = False
        self._out.drop()
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()
        self._timers.clear()
        self.ended(self._why)

    # ---- for both sides

    def write(self, data: bytes) -> None:
        """Send at the end of this turn."""
        self._said = self.terms.clock.seconds()
        self._out.write(data)

    def header(self, from_: str, to: str, id_: str = "") -> None:
        """
        Open our side of the stream.

        It names no language (RFC 6120 §4.7.4): what people write here is in many, and each stanza may say so.
        """
        self._greeted = True
        id_ = f" id='{attribute(id_)}'" if id_ else ""
        from_, to = (f" {name}='{attribute(jid)}'" if jid else "" for name, jid in (("from", from_), ("to", to)))
        self.write(
            f"<?xml version='1.0'?><stream:stream xmlns='{ns.SERVER}' xmlns:stream='{ns.STREAMS}' "
            f"xmlns:db='{DIALBACK}'{from_}{to}{id_} version='1.0'>".encode()
        )

    def features(self, inner: bytes) -> None:
        """``<stream:features/>``."""
        self.write(self._framing.features(inner))

    def start_tls(self, own: str, other: str = "", last: bytes = b"") -> None:
        """Switch to TLS. :param last: what is said before, in clear."""
        self.handshake = Handshake(self.terms.tls, own, other)
        if last:
            self.write(last)
        self._out.flush()
        self.restart()
        self.transport.startTLS(self.handshake)

    def restart(self) -> None:
        """Expect a new stream (RFC 6120 §4.3.3)."""
        self._framing.reset()
        self._restarted = True

    def proven(self) -> None:
        """The other side has proved who it is: larger stanzas may come."""
        self._framing.max_bytes = self.terms.options.max_stanza_bytes
        timer = self._timers.pop("handshake", None)
        if timer is not None and timer.active():
            timer.cancel()

    def idle_seconds(self, *, heard: bool) -> float:
        """Since something came, or was sent."""
        return self.terms.clock.seconds() - (self._heard if heard else self._said)

    def finish(self) -> None:
        """Close our side in good order; what the other still has to say is heard (RFC 6120 §4.4)."""
        if self.closing:
            return
        self.closing = self._finishing = self.clean = True
        self.write(self._framing.footer())
        self._out.flush()
        self._later("linger", _LINGER_SECONDS, self._drop)

    def end(self, error: StreamError | None = None) -> None:
        """Close, with that error if there is one."""
        if self.closing and not self._finishing:
            return
        finishing, self._finishing = self._finishing, False
        self.closing = True
        self._why = error
        if error is not None and not finishing:
            log.info(
                "A stream with {peer} was closed: {condition}: {why}",
                peer=self.peer,
                condition=error.condition,
                why=error.text,
            )
            if not self._greeted:
                self.header("", "", "0")
            self.write(self._framing.error(error))
        if not finishing and self._greeted:
            self.write(self._framing.footer())
        self._out.close()
        self._later("linger", _LINGER_SECONDS, self.abort)

    def abort(self) -> None:
        """Cut the connection."""
        self.closing = True
        self._finishing = False
        abort = getattr(self.transport, "abortConnection", None) or self.transport.loseConnection
        abort()

    # ---- inside

    def _one(self, event: Event) -> None:
        if isinstance(event, Broken):
            raise event.error
        if isinstance(event, StreamClosed):
            self.clean = True
            self.end()
        else:
            self.event(as_client(event, ns.SERVER))

    def _later(self, name: str, seconds: float, function: Any) -> None:
        timer = self._timers.get(name)
        if timer is not None and timer.active():
            timer.cancel()
        self._timers[name] = self.terms.clock.callLater(seconds, function)

    @property
    def _tick_seconds(self) -> int:
        options = self.terms.options
        return options.keepalive_seconds or options.idle_seconds

    def _tick(self) -> None:
        self._later("tick", self._tick_seconds, self._tick)
        if not self.closing:
            self.tick()

    def _late(self) -> None:
        self.end(StreamError("connection-timeout", "Proving who is who took too long."))

    def _drop(self) -> None:
        self._finishing = False
        self._out.close()
        self._later("linger", _LINGER_SECONDS, self.abort)

    def _overflow(self) -> None:
        log.info("{peer} does not read; its connection is cut.", peer=self.peer)
        self.abort()


def speaks_1_0(version: str) -> bool:
    """Whether a stream's version is 1.0 or a later one, which is then spoken as 1.0 (RFC 6120 §4.7.5)."""
    major = version.partition(".")[0]
    return major.isascii() and major.isdigit() and int(major[:9]) >= 1


def _keep_alive(transport: Any) -> None:
    for name in ("setTcpNoDelay", "setTcpKeepAlive"):
        switch = getattr(transport, name, None)
        if switch is not None:
            switch(True)
    handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    if isinstance(handle, socket.socket) and handle.family in (socket.AF_INET, socket.AF_INET6):
        for option, value in _KEEP_ALIVE:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)
