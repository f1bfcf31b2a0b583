"""
One client's life behind any transport: the session machine (RFC 6120, RFC 6121, XEP-0198 1.6.3).

Events of a framing come in by :meth:`Session.received`, bytes go out to an ``IConnection``. States and edges are in
:mod:`ccm.session.states`; :mod:`ccm.session.negotiation` does what comes before binding. Sans-I/O: time and
coroutines are the realm's. Leaves out what any stanza means.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, cast

from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.interfaces import IConnection, ISession
from ccm.session import client_state, resume
from ccm.session.movable import Movable
from ccm.session.negotiation import Negotiation
from ccm.session.realm import Realm
from ccm.session.resumption import Resumption
from ccm.session.stanzas import accept
from ccm.session.states import EDGES, State
from ccm.session.stream_management import managed
from ccm.wire.events import Broken, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.fanout import FanOut, quoted
from ccm.wire.framing import Framing
from ccm.wire.stanza import Stanza, text

log = Logger()

_MAX_BACKLOG = 64
_BEFORE_LOGIN = (State.OPENING, State.AUTHENTICATING, State.SECURING)


def _nowhere(_data: bytes) -> None:
    """Where a session without a connection writes."""


@implementer(ISession)
class Session:
    """
    A client's session.

    :param transport: ``"tcp"``, ``"bosh"`` or ``"websocket"``.
    :ivar stage: where it is in its life (:class:`~ccm.session.states.State`); ``state`` holds the marks of modules.
    :ivar jid: full JID once bound; ``""`` before.
    :ivar heard: anything at all has arrived.
    :ivar more_follows: more of the same read waits behind the event being handled.
    """

    __slots__ = (
        *("_archived", "_backlog", "_bare", "_declared", "_negotiation", "_own", "_quoted", "_waiting", "_write"),
        *("connection", "dropped", "framing", "heard", "held"),
        *("hibernating", "jid", "more_follows", "presence", "priority", "realm", "resumed", "resumption", "stage"),
        *("state", "stream_id", "successor", "transport"),
    )

    def __init__(self, realm: Realm, connection: IConnection, framing: Framing, transport: str) -> None:
        self.realm = realm
        self.connection: IConnection | None = connection
        self._own: IConnection | None = connection
        self.framing, self._declared = framing, framing.declared
        self.transport = transport
        self.jid = self._bare = self.stream_id = ""
        self._quoted = b""
        self.priority: int | None = None
        self.presence: Stanza | None = None
        self.state: dict[str, Any] = {}
        self.stage = State.OPENING
        self.dropped = self.hibernating = self.resumed = self.heard = self.more_follows = self._waiting = False
        self.held: client_state.Held | None = None  # while its client does not look (XEP-0352)
        self.successor: Session | None = None
        self.resumption: Resumption | Movable | None = None
        self._backlog: deque[Event] | None = None
        self._write: Callable[[bytes], None] = connection.write
        # A transport with records of its own wants to know what they need not hold.
        self._archived: Callable[[bytes, str], None] | None = getattr(connection, "write_archived", None)
        self._negotiation: Negotiation | None = Negotiation(self)

    # ---- what a transport calls

    def received(self, events: Iterable[Event]) -> None:
        """Take what a framing made of the bytes that came, in order; an empty list says that bytes came."""
        self.heard = True
        if self.successor is not None:
            self.successor.received(events)
            return
        try:
            for event in events:
                if self.stage is State.BOUND and type(event) is Stanza:
                    accept(self, event)
                elif self._waiting:
                    self._postpone(event)
                else:
                    self._handle(event, events)
        except Exception:
            self._flawed()

    def disconnected(self, unacked: Sequence[bytes] = ()) -> None:
        """
        The connection is gone without a word: hibernate if the session can be resumed, else end it.

        :param unacked: stanzas that the transport knows were not received.
        """
        holder = self.successor or self
        if holder.connection is not self._own or self._own is None:
            return  # another connection has taken over meanwhile
        self._own = None
        holder.connection_lost(unacked)

    @property
    def state_name(self) -> str:
        """The state, in a word."""
        return self.stage.value

    # ---- ISession

    def deliver(self, stanza: Stanza) -> None:
        """Send a stanza that is addressed to this session."""
        if self.held is not None and self.held.keeps(self, stanza, stanza):
            return
        data = stanza.to_bytes(declared=self._declared)
        if self.resumption is None:
            self._write(data)
        else:
            self.resumption.deliver(data)

    def deliver_raw(self, template: FanOut) -> None:
        """Send a copy of a stanza that goes to many."""
        if self.held is not None and self.held.keeps(self, template.stanza, template):
            return
        data = (template.declared_head if self._declared else template.head) + self._quoted + template.tail
        if self.resumption is not None:
            self.resumption.deliver(data, bool(template.archived))
        elif template.archived and self._archived is not None:
            self._archived(data, template.archived)
        else:
            self._write(data)

    def close(self, condition: str, text: str = "") -> None:
        """End the stream with an error, for good: nothing of it can be resumed."""
        self.fail(StreamError(condition, text))

    # ---- everything else

    def _handle(self, event: Event, rest: Iterable[Event]) -> None:
        if self.successor is not None:  # since an event before it in the same read: <resume/>
            self.successor.received([event])
            return
        if self.stage is State.CLOSED:
            return
        try:
            if isinstance(event, Broken):
                raise event.error
            if isinstance(event, StreamClosed):
                self.finish()
            elif isinstance(event, StreamOpened):
                if self._negotiation is None or self.stage not in _BEFORE_LOGIN:
                    raise StreamError("policy-violation", "The stream is already open.")
                if self.stage is not State.OPENING:
                    self.move(State.OPENING)
                self._negotiation.opened(event)
            elif isinstance(event, Nonza) and event.namespace == ns.SM:
                managed(self, event, self._negotiation.jid if self._negotiation is not None else None)
            elif self.stage is State.OPENING:
                raise StreamError("invalid-xml", "Open a stream first.")
            elif self._negotiation is not None:
                last = isinstance(rest, list) and rest[-1] is event
                self.more_follows = not (last and getattr(self.framing, "idle", True))
                self._negotiation.handle(event)
            elif isinstance(event, Nonza):
                client_state.indicated(self, event)
        except StreamError as error:
            self.fail(error)

    def _flawed(self) -> None:
        """An exception that nobody expected: the peer learns that it is not its fault, and nothing more."""
        log.failure("A session failed.", jid=self.jid, sid=self.stream_id)
        self.fail(StreamError("internal-server-error", "Something went wrong here. It has been logged."))

    def _postpone(self, event: Event) -> None:
        if self._backlog is None:
            self._backlog = deque()
        self._backlog.append(event)
        if len(self._backlog) > _MAX_BACKLOG:
            self.fail(StreamError("policy-violation", "Wait for answers before you send more."))

    def wait(
        self,
        step: Coroutine[Any, Any, Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run a coroutine; what arrives meanwhile waits."""
        self._waiting = True

        def go_on(then: Callable[[Any], None]) -> Callable[[Any], None]:
            def resume_events(value: Any) -> None:
                self._waiting = False
                if self.stage is State.CLOSED:
                    return
                try:
                    then(value)
                except Exception:
                    self._flawed()
                backlog, self._backlog = self._backlog, None
                if backlog:
                    self.received(list(backlog))

            return resume_events

        self.realm.spawn(step, go_on(done), go_on(failed))

    # ---- what negotiation and resumption use

    @property
    def bare(self) -> str:
        """The account's bare JID, once bound."""
        return self._bare

    @property
    def peer(self) -> str:
        """Address of the other side."""
        return str(self.connection.peer) if self.connection is not None else ""

    @property
    def secure(self) -> bool:
        """Encrypted, or counts as such."""
        return self.connection is not None and bool(self.connection.secure)

    @property
    def tls_available(self) -> bool:
        """Whether STARTTLS can be offered on this connection."""
        return bool(getattr(self.connection, "tls_available", False))

    def send(self, data: bytes) -> None:
        """Write one complete unit."""
        self._write(data)

    def send_header(self, host: str) -> None:
        """Our own stream header, with a new id."""
        self.stream_id = self.realm.random(16).hex()
        header = self.framing.header(host, self.stream_id, self.realm.options.language)
        if header:
            self._write(header)

    def start_tls(self, proceed: bytes) -> None:
        """Go on behind TLS, with a new stream."""
        assert self.connection is not None
        self._write(proceed)
        self.framing.reset()
        self.connection.start_tls()

    def authenticated(self, jid: str) -> None:
        """The client is who it says: a new stream begins (RFC 6120 §6.4.6)."""
        self.framing.reset()
        self.framing.max_bytes = self.realm.wire.max_stanza_bytes
        signed_in = getattr(self.connection, "authenticated", None)
        if signed_in is not None:
            signed_in(jid)
        self.move(State.OPENING)

    def bound(self, jid: str, request: Stanza) -> None:
        """It has a resource now; *request* is answered before anything else can be delivered."""
        assert self._negotiation is not None
        self._negotiation.stop()
        self._negotiation = None
        self._name(jid)
        self.realm.router.bind(self)
        self.move(State.BOUND)
        inner = b"<bind xmlns='%b'><jid>%b</jid></bind>" % (ns.BIND.encode(), text(jid))
        answer = Stanza("iq", {"type": "result", "id": request.id or ""}, inner)
        self._write(answer.to_bytes(declared=self.framing.declared))
        self.realm.router.fire("session-bound", self)

    def restored(self, jid: str) -> None:
        """Be bound again under a JID that a record names, after a restart; see :mod:`ccm.session.record`."""
        if self._negotiation is not None:
            self._negotiation.stop()
            self._negotiation = None
        self._name(jid)
        self.framing.max_bytes = self.realm.wire.max_stanza_bytes
        self.resumed = True
        self.stage = State.BOUND  # not an edge: the machine is put together in this state
        self.realm.router.bind(self)

    def _name(self, jid: str) -> None:
        self.jid, self._bare, self._quoted = jid, address.bare(jid), quoted(jid)

    def attach(self, connection: IConnection | None, framing: Framing | None = None, transport: str = "") -> None:
        """Speak through another connection from now on, or through none."""
        self.connection = connection
        self._write = connection.write if connection is not None else _nowhere
        self._archived = getattr(connection, "write_archived", None)
        if framing is not None:
            self.framing, self._declared, self.transport = framing, framing.declared, transport

    def hand_over(self, session: "Session") -> None:
        """Another session goes on with this one's connection; this one is only its shell from now on."""
        if self._negotiation is not None:
            self._negotiation.stop()
            self._negotiation = None
        connection, self.successor = self.connection, session
        assert connection is not None
        self.attach(None)
        self.move(State.CLOSED)
        session.state.update(self.state)  # by which password it has signed in now
        session.take_over(connection, self.framing, self.transport)

    def take_over(self, connection: IConnection, framing: Framing, transport: str) -> None:
        """A client that has signed in anew resumes this session over that connection (XEP-0198 §5)."""
        assert self.resumption is not None
        resumption = self.resumption = self.resumption.taken_over()
        framing.max_bytes = self.realm.wire.max_stanza_bytes
        self.attach(connection, framing, transport)
        if self.stage is State.DETACHED:
            self.move(State.BOUND)
        resumption.resumed()

    def move(self, state: State) -> None:
        """Change state along an edge of the picture."""
        if (self.stage, state) not in EDGES:
            raise AssertionError(f"no edge from {self.stage.value} to {state.value}")
        self.stage = state

    # ---- ends

    def suspend(self) -> None:
        """The server stops: keep what can be resumed afterwards, end what cannot."""
        error = StreamError("system-shutdown", "The server is restarting. Come back in a moment.")
        if not isinstance(self.resumption, Resumption) or not self.resumption.acks.resumable:
            self.fail(error)
            return
        self.resumption.freeze()
        self.part(error)

    def connection_lost(self, unacked: Sequence[bytes] = ()) -> None:
        """Its present connection is gone."""
        client_state.flush(self)  # XEP-0352 §5.2: a resumed stream is active
        self.attach(None)
        kept = self.resumption
        if self.stage is State.BOUND and isinstance(kept, Resumption) and kept.acks.resumable:
            self.move(State.DETACHED)
            kept.hibernate()
        else:
            self.end(unacked)

    def fail(self, error: StreamError) -> None:
        """End the stream with that error (RFC 6120 §4.9)."""
        if self.stage is State.CLOSED:
            return
        if self.connection is not None:
            if not self.stream_id:
                self.send_header(self.realm.host)  # RFC 6120 §4.9.1.1: a header comes before the error
            self.part(error)
        self.end()

    def finish(self) -> None:
        """The client closed its stream: close ours (RFC 6120 §4.4)."""
        if self.stage is not State.CLOSED:
            self.part(None)
            self.end(dropped=False)

    def part(self, error: StreamError | None) -> None:
        """Say good-bye to the connection, and speak through none."""
        connection = self.connection
        if connection is None:
            return
        if error is not None:
            self._write(self.framing.error(error))
        if footer := self.framing.footer():
            self._write(footer)
        self.attach(None)
        cast(Any, connection).close(error)

    def end(self, unacked: Sequence[bytes] = (), *, dropped: bool = True) -> None:
        """It is over for everybody."""
        if self.stage is State.CLOSED:
            return
        self.dropped, was_bound = dropped, self.stage in (State.BOUND, State.DETACHED)
        self.move(State.CLOSED)
        self.attach(None)
        self._backlog = None
        if self._negotiation is not None:
            self._negotiation.stop()
            self._negotiation = None
        lost = [*unacked]
        if self.resumption is not None:
            lost = [*self.resumption.stop(), *lost]
        self.hibernating = False
        if was_bound:
            self.realm.router.unbind(self)
            if lost:
                self.realm.router.fire("session-lost", self, resume.stanzas_of(lost))
            self.realm.router.fire("session-closed", self)
