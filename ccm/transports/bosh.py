"""
All BOSH sessions of this process (XEP-0124 1.11.2), whatever HTTP they come over.

Finds the session of a request or creates one, gathers what the sessions have to say within one reactor turn, looks
after their time. Handles come from :mod:`ccm.transports.http` and :mod:`ccm.transports.bosh_resource`.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm.errors import StreamError
from ccm.interfaces import IConnection
from ccm.session import bosh_body as wire
from ccm.session.bosh import BoshSession
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_outlet import Stream
from ccm.session.bosh_terms import CONTENT_TYPE, of_creation
from ccm.session.bosh_window import Window
from ccm.session.options import SessionOptions
from ccm.session.shaping import Flow, Shaping, unshaped
from ccm.session.visitors import Refused, Visit, Visitors, unlimited
from ccm.transports.http_wheel import Wheel
from ccm.wire.framing import Body, BoshFraming
from ccm.wire.parsers import ParserPool

log = Logger()

SID_BYTES = 20  # 160 bits
_CARRIED = (b"<message", b"<presence", b"<iq")
_SIGNED_IN = ("binding", "bound", "detached")


class Handle(Protocol):
    """
    An HTTP request that waits for its answer.

    :ivar peer: address of the client.
    :ivar secure: whether it came encrypted.
    :ivar session: set here: the session that holds it.
    :ivar rid: set here: the request that its answer settles, 0 for none.
    """

    peer: str
    secure: bool
    session: "HeldSession | None"
    rid: int

    def respond(self, body: bytes, content_type: str, status: int) -> None:
        """Answer it; called once."""

    def drop(self) -> None:
        """Close its connection instead."""


class Saver(Protocol):
    """Keeps sessions over a restart (:mod:`ccm.transports.bosh_saver`)."""

    def changed(self, session: BoshSession) -> None:
        """Save it soon."""

    def now(self, session: BoshSession) -> None:
        """Save it at the end of this turn."""

    def before(self, session: BoshSession, rid: int, then: Callable[[], None]) -> None:
        """Save at least what it answered to *rid*, and call *then* afterwards."""

    def gone(self, session: BoshSession) -> None:
        """Forget it."""


@implementer(IConnection)
class HeldSession(BoshSession):
    """A session with what the shell keeps about it."""

    slot = 0  #: the timer wheel's
    visit: Visit | None = None  #: what its client's address is charged with
    flow: Flow | None = None  #: what it may send
    waking = False  #: it is woken soon
    now: Callable[[], float] | None = None
    limits: SessionOptions | None = None

    def authenticated(self, jid: str) -> None:
        """The client has signed in: other limits hold from now on."""
        if self.visit is not None:
            self.visit.signed_in()
        if self.flow is not None and self.limits is not None:
            self.flow.signed_in(address.bare(jid), self.limits.bytes_per_second, self.limits.burst_bytes)

    def slow(self, seconds: float) -> None:
        """Answer nothing for so long: the client has few requests to send more with."""
        if self.now is not None:
            self.hold_back(self.now() + seconds)

    def leave(self) -> None:
        """It is over: nothing is charged for it any more."""
        if self.visit is not None:
            self.visit.leave()
        if self.flow is not None:
            self.flow.leave()


class BoshSessions:
    """
    :param stream: makes the client's session above a BOSH session: ``stream(session, framing)``.
    :param barrier: :meth:`ccm.interfaces.IDatabase.barrier`.
    :param limits: rates of reading; an answer to a client that sends more is delayed, nothing is refused.
    :param visitors: sessions by address; ``None`` limits none.
    :param random: so many unpredictable bytes in URL-safe text, e.g. ``secrets.token_urlsafe``.
    """

    def __init__(
        self,
        stream: Callable[[BoshSession, BoshFraming], Stream],
        pool: ParserPool,
        options: BoshOptions,
        clock: IReactorTime,
        barrier: Callable[[], Any],
        random: Callable[[int], str],
        saver: Saver | None = None,
        *,
        limits: SessionOptions | None = None,
        visitors: Visitors | None = None,
        shaping: Shaping | None = None,
    ) -> None:
        self.options = options
        self.pool = pool
        self.sessions: dict[str, HeldSession] = {}
        self._stream, self._clock, self._barrier, self._random, self._saver = stream, clock, barrier, random, saver
        self._limits = limits
        self._visitors = visitors or unlimited()
        self._shaping = shaping or unshaped(clock.seconds)
        self._dirty: dict[HeldSession, None] = {}
        self._unsaved: dict[Handle, None] = {}  # whose answers wait until they are saved
        self._wheel: Wheel[HeldSession] = Wheel(clock, self._tick)
        self._closed = False

    # ---- what the HTTP shells tell

    def request(self, data: bytes, handle: Handle) -> None:
        """A request's body has arrived."""
        body = wire.poll(data)
        sid = body.attrs["sid"] if body is not None else wire.peek_sid(data)
        session = self.sessions.get(sid) if sid else None
        if session is None and sid:
            self._deny(handle, "item-not-found", "There is no such session. Sign in again.")
            return
        if body is None:
            framing = session.framing if session is not None else BoshFraming(self.pool)
            try:
                body = framing.body(data)
            except StreamError as error:
                self._unreadable(session, handle, error)
                return
            if session is None:
                self._create(body, framing, handle)
                return
        assert session is not None
        if body.attrs.get("sid") != session.sid:
            self._deny(handle, "bad-request", "The request is ambiguous about its session.")
            return
        self._submit(session, body, handle, len(data))

    def _submit(self, session: HeldSession, body: Body, handle: Handle, size: int) -> None:
        handle.session, now = session, self._clock.seconds()
        flow = session.flow
        cost = flow.cost(body.events, size) if flow is not None and flow.loaded else size
        pause = flow.take(cost) if flow is not None else 0
        if pause:
            session.hold_back(now + pause)
        session.request(body, handle, now)

    def aborted(self, handle: Handle) -> None:
        """The connection of a request that waits for its answer is gone."""
        if handle in self._unsaved:
            del self._unsaved[handle]
            self.undelivered(handle)
        elif handle.session is not None:
            handle.session.aborted(handle, self._clock.seconds())
            self.wake(handle.session)

    def undelivered(self, handle: Handle) -> None:
        """The connection that an answer was written to turned out to be dead."""
        if handle.session is not None and handle.rid:
            handle.session.undelivered(handle.rid, handle)

    # ---- Outlet, for the sessions

    def respond(self, handle: Handle, session: BoshSession, rid: int, body: bytes, status: int) -> None:
        """Send an answer; one that carries anything after a record holds it."""
        handle.rid = rid
        kind = session.terms.content_type
        if self._saver is None or not rid or session.over or not any(mark in body for mark in _CARRIED):
            handle.respond(body, kind, status)
            return

        def saved() -> None:
            if handle in self._unsaved:  # else the client has hung up
                del self._unsaved[handle]
                handle.respond(body, kind, status)

        self._unsaved[handle] = None
        self._saver.before(session, rid, saved)

    def drop(self, handle: Handle) -> None:
        """Close the connection of a superseded request."""
        handle.session = None
        handle.drop()

    def wake(self, session: BoshSession) -> None:
        """Let it answer at the end of this turn."""
        assert isinstance(session, HeldSession)
        if not self._dirty:
            self._clock.callLater(0, self._turn)
        self._dirty[session] = None
        if not session.followable and session.queue.waiting and self._saver is not None and not session.over:
            self._saver.now(session)  # who sent that is told that it is kept once it is

    def wake_in(self, session: BoshSession, seconds: float) -> None:
        """Let it look again then."""
        assert isinstance(session, HeldSession)
        if not session.waking:
            session.waking = True
            self._clock.callLater(seconds, self._woken, session)

    def _woken(self, session: HeldSession) -> None:
        session.waking = False
        self.wake(session)

    def barrier(self) -> Any:
        """A Deferred for all that was stored so far, or ``None``."""
        return self._barrier()

    # ---- sessions

    def add(self, session: HeldSession) -> None:
        """Take in a session, new or restored."""
        if self._limits is not None:
            limits, session.limits = self._limits, self._limits
            session.now = self._clock.seconds
            session.flow = self._shaping.flow(
                session.peer, limits.bytes_per_second_before_login, limits.burst_bytes_before_login
            )
            if _signed_in(session):
                session.authenticated(getattr(session.stream, "jid", ""))
        self.sessions[session.sid] = session
        self._wheel.schedule(session, session.deadline())

    def stop(self) -> None:
        """Take no new sessions; those that are not kept over a restart are told."""
        self._closed = True
        for session in list(self.sessions.values()):
            if self._saver is None or session.stream is None or session.stream.state_name != "bound":
                session.refuse("system-shutdown", "The server is restarting. Sign in again in a moment.")

    def _create(self, body: Body, framing: BoshFraming, handle: Handle) -> None:
        rid = wire.rid_of(body)
        versioned = bool(body.attrs.get("ver"))
        if rid is None or "sid" in body.attrs:
            self._deny(handle, "bad-request", "A session request has a rid and no sid.", versioned)
            return
        try:
            visit = self._admit(handle.peer)
        except Refused as refused:
            self._deny(handle, refused.condition, refused.text, versioned)
            return
        now = self._clock.seconds()
        terms = of_creation(body, self.options, handle.secure)
        session = HeldSession(
            self._random(SID_BYTES), terms, Window(rid - 1, terms.requests), framing, self.options, self, now,
            created=rid, peer=handle.peer,
        )  # fmt: skip
        session.visit = visit
        session.stream = self._stream(session, framing)
        self.add(session)
        self._submit(session, body, handle, 0)

    def _admit(self, peer: str) -> Visit:
        if self._closed:
            raise Refused("system-shutdown", "The server is restarting. Sign in again in a moment.")
        if self.options.max_sessions and len(self.sessions) >= self.options.max_sessions:
            raise Refused("policy-violation", "The server is full. Try again in a minute.")
        return self._visitors.enter(peer)

    def _unreadable(self, session: HeldSession | None, handle: Handle, error: StreamError) -> None:
        if session is None:
            self._deny(handle, "bad-request", error.text or error.condition)
        else:
            session.refuse("bad-request", error.text or error.condition, handle)

    def _deny(self, handle: Handle, condition: str, text: str, versioned: bool = True) -> None:
        status = 200 if versioned else wire.LEGACY_STATUS.get(condition, 200)
        handle.respond(wire.terminate(condition, text), CONTENT_TYPE, status)

    # ---- time

    def _turn(self) -> None:
        dirty, self._dirty = self._dirty, {}
        now = self._clock.seconds()
        for session in dirty:
            try:
                session.flush(now)
            except Exception:
                log.failure("A BOSH session failed: {sid_head}", sid_head=session.sid[:6])
                session.refuse("internal-server-error", "Something went wrong here. Sign in again.")
            if session.over:
                session.leave()
                if self._saver is not None:
                    self._saver.gone(session)
            if session.sid in self.sessions:
                self._wheel.schedule(session, session.deadline())
                if self._saver is not None and not session.over and _signed_in(session):
                    self._saver.changed(session)

    def _tick(self, session: HeldSession, now: float) -> float | None:
        if session.tick(now):
            return session.deadline()
        self._forget(session)
        return None

    def _forget(self, session: HeldSession) -> None:
        self.sessions.pop(session.sid, None)
        session.leave()
        if self._saver is not None:
            self._saver.gone(session)


def _signed_in(session: BoshSession) -> bool:
    return session.stream is not None and session.stream.state_name in _SIGNED_IN
