"""
The listener for external components (XEP-0114 1.6).

Several connections may serve one domain: requests of one bare JID stay with one of them. Streams are cut by the same
slicer as clients', with the same strictness; the digest is Twisted Words'. Requests that a connection leaves
unanswered, by dying or by silence, are answered in its place. Leaves out balancing by load, and XEP-0225.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.words.protocols.jabber.xmlstream import hashPassword
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.config import Section
from ccm.errors import ConfigError, StanzaError, StreamError
from ccm.interfaces import ISink
from ccm.router.router import Router
from ccm.transports.outgoing import Outgoing, Turn
from ccm.wire.events import Broken, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.fanout import FanOut
from ccm.wire.framing import StreamFraming
from ccm.wire.limits import WireOptions
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import KINDS, Stanza
from ccm.wire.tags import START_TAG

log = Logger()

_COMPONENT_QUOTED = f"'{ns.COMPONENT}'".encode()
_COMPONENT_DOUBLE = f'"{ns.COMPONENT}"'.encode()


class ComponentListenerOptions(Section):
    """
    External components.

    What is asked of one and not answered within ``request_seconds`` is answered with an error; ``outgoing_bytes``
    unsent cut the connection. Secrets have at least ``min_secret_bytes``.
    """

    min_secret_bytes: int = 16
    handshake_seconds: int = 10
    request_seconds: int = 30
    max_stanza_bytes: int = 524_288
    max_requests: int = 10_000
    outgoing_bytes: int = 8_388_608


def checked(secrets: Mapping[str, str], min_bytes: int) -> dict[str, str]:
    """:raises ConfigError: if a secret is too short."""
    for domain, secret in secrets.items():
        if len(secret.encode()) < min_bytes:
            raise ConfigError(f"The secret of component {domain} is too short: use {min_bytes} bytes at least.")
    return dict(secrets)


@implementer(ISink)
class ComponentDomain:
    """
    One domain and the connections that serve it now.

    :ivar connections: in the order of their coming.
    """

    def __init__(self, jid: str, router: Router, clock: IReactorTime, options: ComponentListenerOptions) -> None:
        self.jid = jid
        self.connections: list[ComponentConnection] = []
        self._router = router
        self._clock = clock
        self._options = options
        #: (from, to, id) of a request -> its connection, when it is given up, the request without content
        self._requests: dict[tuple[str, str, str], tuple[ComponentConnection, float, Stanza]] = {}
        self._timer: Any = None

    def deliver(self, stanza: Stanza) -> None:
        """To the connection that has this sender."""
        connections = self.connections
        if not connections:
            self._answer(stanza, "service-unavailable", "That component is away. Try again in a moment.", "wait")
            return
        connection = connections[crc32(address.bare(stanza.from_ or "").encode()) % len(connections)]
        if stanza.kind == "iq" and stanza.type in ("get", "set"):
            if len(self._requests) >= self._options.max_requests:
                self._answer(stanza, "resource-constraint", "Too many requests wait for that component.", "wait")
                return
            self._await(stanza, connection)
        connection.write(stanza.to_bytes())

    def deliver_raw(self, template: FanOut) -> None:
        """A copy of what goes to many, to the domain itself."""
        self.deliver(template.stanza.copy(to=self.jid))

    def join(self, connection: "ComponentConnection") -> None:
        """One more serves it. :raises StanzaError: ``conflict`` if the domain is served otherwise."""
        if not self.connections:
            self._router.add_domain(self.jid, self)
        self.connections.append(connection)

    def leave(self, connection: "ComponentConnection") -> None:
        """One is gone: what it was asked is answered."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        if not self.connections:
            self._router.remove_domain(self.jid, self)
        for key in [key for key, kept in self._requests.items() if kept[0] is connection]:
            self._answer(self._requests.pop(key)[2], "remote-server-timeout", "That component went away.", None)

    def answered(self, stanza: Stanza) -> None:
        """An answer came from the component."""
        self._requests.pop((stanza.to or "", stanza.from_ or "", stanza.id or ""), None)

    def _await(self, stanza: Stanza, connection: "ComponentConnection") -> None:
        key = (stanza.from_ or "", stanza.to or "", stanza.id or "")
        seconds = self._options.request_seconds
        self._requests[key] = (connection, self._clock.seconds() + seconds, Stanza("iq", dict(stanza.attrs)))
        if self._timer is None:
            self._timer = self._clock.callLater(seconds, self._sweep)

    def _sweep(self) -> None:
        """Give up what is due; requests stand in the order of their coming."""
        self._timer = None
        now = self._clock.seconds()
        while self._requests:
            key = next(iter(self._requests))
            _, due, request = self._requests[key]
            if due > now:
                self._timer = self._clock.callLater(due - now, self._sweep)
                return
            del self._requests[key]
            self._answer(request, "remote-server-timeout", "That component did not answer in time.", None)

    def _answer(self, stanza: Stanza, condition: str, said: str, type_: str | None) -> None:
        if stanza.type != "error" and (stanza.kind, stanza.type) != ("iq", "result") and stanza.kind != "presence":
            self._router.route(stanza.error(StanzaError(condition, said, type_)))


class ComponentConnection(Protocol):
    """One stream of a component."""

    transport: Any

    def __init__(self, listener: "ComponentListener") -> None:
        self._listener = listener
        self._domain: ComponentDomain | None = None
        self._wanted = ""
        self._stream_id = ""
        self._closing = False

    def connectionMade(self) -> None:
        """Wait for its header."""
        listener, options = self._listener, self._listener.options
        self._framing = StreamFraming(listener.pool, options.max_stanza_bytes, ns.COMPONENT)
        self._outgoing = Outgoing(self.transport, listener.turn, options.outgoing_bytes, self.transport.loseConnection)
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

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002
        """Take it away from its domain."""
        self._closing = True
        self._outgoing.drop()
        if self._timer.active():
            self._timer.cancel()
        if self._domain is not None:
            self._domain.leave(self)
            log.info("A component left.", jid=self._domain.jid)

    def write(self, data: bytes) -> None:
        """Send at the end of this turn."""
        self._outgoing.write(data)

    def _event(self, event: Event) -> None:
        if isinstance(event, Broken):
            raise event.error
        if isinstance(event, Nonza) and event.namespace == ns.COMPONENT and event.name in KINDS:
            event = Stanza(event.name, event.attrs, event.inner, event.children)  # declared by the letter
        if isinstance(event, Stanza):
            event = _as_client(event)
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
        domain = self._listener.domain(self._wanted)
        try:
            domain.join(self)
        except StanzaError as error:
            raise StreamError("conflict", error.text) from error
        self._domain = domain
        self._timer.cancel()
        self.write(b"<handshake/>")
        log.info("A component has come.", jid=self._wanted)

    def _stanza(self, stanza: Stanza, domain: ComponentDomain) -> None:
        try:
            sender = address.prepare(stanza.from_ or "")
        except StanzaError as error:
            raise StreamError("invalid-from", "A component's stanzas need a valid 'from'.") from error
        if address.domain(sender) != domain.jid:
            raise StreamError("invalid-from", f"This component may only speak as {domain.jid}.")
        stanza.attrs["from"] = sender
        try:
            stanza.attrs["to"] = address.prepare(stanza.to or "")
        except StanzaError as error:
            raise StreamError("improper-addressing", "A component's stanzas need a valid 'to'.") from error
        if stanza.kind == "iq" and stanza.type in ("result", "error"):
            domain.answered(stanza)
        self._listener.router.route(stanza, domain)

    def _late(self) -> None:
        self._end(StreamError("connection-timeout", "The handshake took too long."))

    def _end(self, error: StreamError | None) -> None:
        if self._closing:
            return
        self._closing = True
        if error is not None:
            if not self._stream_id:
                self.write(self._framing.header("", "", "en"))
            self.write(self._framing.error(error))
        self.write(self._framing.footer())
        self._outgoing.close()


def _as_client(stanza: Stanza) -> Stanza:
    """What is written out as ``jabber:component:accept`` means ``jabber:client`` everywhere else."""
    if not any(namespace == ns.COMPONENT for namespace, _ in stanza.children):
        return stanza

    def renamed(tag: re.Match[bytes]) -> bytes:
        return tag[0].replace(_COMPONENT_QUOTED, b"'jabber:client'").replace(_COMPONENT_DOUBLE, b"'jabber:client'")

    children = tuple((ns.CLIENT if uri == ns.COMPONENT else uri, name) for uri, name in stanza.children)
    return Stanza(stanza.kind, stanza.attrs, START_TAG.sub(renamed, stanza.inner), children, stanza.declarations)


class ComponentListener(Factory):
    """
    Accepts components.

    :param secrets: domain to shared secret, of 16 bytes at least.
    :param random: that many random bytes.
    :raises ConfigError: if a secret is too short.
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
    ) -> None:
        self.router = router
        self.secrets = checked(secrets, options.min_secret_bytes)
        self.options = options
        self.clock = clock
        self.turn = turn
        self.random = random
        self.pool = ParserPool(wire)
        self._domains: dict[str, ComponentDomain] = {}

    def domain(self, jid: str) -> ComponentDomain:
        """The sink of a configured domain."""
        if jid not in self._domains:
            self._domains[jid] = ComponentDomain(jid, self.router, self.clock, self.options)
        return self._domains[jid]

    def buildProtocol(self, addr: Any) -> ComponentConnection:  # noqa: ARG002
        """One connection."""
        return ComponentConnection(self)
