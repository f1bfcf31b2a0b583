"""
Stream management of one bound session (XEP-0198 1.6.3): acknowledgements, hibernation, resumption.

An acknowledgement says *on disk*: it leaves after the commit of what was routed before it. The other way round, what
is sent must be known after a crash, or nobody could tell what a client's count means. A message of a room's archive
may be sent at once, since the archive knows it and its place (:mod:`ccm.muc.gaps`); anything else is sent once a
record knows it, and what follows it waits behind it. Only while records cannot be saved is it sent all the same.
Leaves out the counting (:mod:`ccm.session.resume`) and the record's form (:mod:`ccm.session.record`).
"""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from ccm.errors import StreamError
from ccm.session import client_state, record, resume
from ccm.session.resume import Acks
from ccm.session.states import State
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from ccm.session.machine import Session

log = Logger()

_ATTACHED_FACTOR = 10  # a connected client may lag this many times the queue of a hibernating one
_ASK_AFTER_SECONDS = 5.0
_MOST_UNACKNOWLEDGED = 100  # of what is told when it hibernates


class Resumption:
    """
    :param acks: resumable if the client wants to be able to come back; else only acknowledgements are exchanged.
    :param page: it is a page's, which has gone for good unless it is back soon.
    """

    __slots__ = (
        *("_ask_timer", "_covered", "_end_timer", "_holding", "_owed", "_requests", "_save_timer", "_securing"),
        *("_session", "_settling", "acks", "id", "page"),
    )

    def __init__(self, session: "Session", acks: Acks, id_: str | None = None, *, page: bool = False) -> None:
        self._session = session
        self.acks, self.page = acks, page
        self.id = id_ or session.realm.random(18).hex()
        self._end_timer: Callable[[], None] | None = None
        self._save_timer: Callable[[], None] | None = None
        self._ask_timer: Callable[[], None] | None = None
        self._settling = False
        self._owed: list[bytes] = []  # elements that follow <resumed/>
        self._requests: list[Any] = []  # for acknowledgements that wait: the connection that each came by
        self._holding = False  # a record is being saved that what is held waits for
        self._covered = 0  # how much of what is held the record knows that was made last
        self._securing = False

    def start(self) -> None:
        """Answer ``<enable/>``, once the session can be resumed."""
        session = self._session
        connection = session.connection
        id_ = self.id if self.acks.resumable else None
        answer = resume.enabled(id_, session.realm.options.resume_seconds)
        if not self.acks.resumable:
            session.send(answer)
            return

        def kept() -> None:
            if session.connection is connection:
                session.send(answer)
            self._release()

        session.realm.resumptions[self.id] = session
        self._hold(kept)

    # ---- stanzas

    def handled(self) -> None:
        """One more stanza of the client has come."""
        self.acks.inbound = (self.acks.inbound + 1) % resume.MODULUS
        self._save_soon()

    def deliver(self, data: bytes, archived: bool = False) -> None:
        """
        Send a stanza and keep it until it is acknowledged.

        :param archived: see :class:`ccm.wire.fanout.FanOut`.
        """
        session, acks, options = self._session, self.acks, self._session.realm.options
        acks.sent(data)
        if acks.resumable and (self._holding or not archived):
            acks.held += 1
            if not self._holding:
                self._hold(self._release)
        elif session.connection is not None and not self._settling:
            session.send(data)
        self._save_soon()
        waiting = len(acks.queue)
        if session.connection is None or self._settling:
            if waiting > options.resume_stanzas and session.connection is None:
                session.close("resource-constraint", "It was away while too much came.")
        elif waiting > options.resume_stanzas * _ATTACHED_FACTOR:
            session.close("policy-violation", f"Acknowledge what you get: {waiting} stanzas are not.")
        elif waiting % options.resume_request_every == 0:
            self._ask()
        elif self._ask_timer is None:
            self._ask_timer = session.realm.later(_ASK_AFTER_SECONDS, self._ask_late)

    def _hold(self, then: Callable[[], None]) -> None:
        """Save a record; *then* send what it knows."""
        self._holding = True

        def otherwise() -> None:
            self._covered = self.acks.held
            then()

        if not self._session.realm.save(self.id, self._plain, then, otherwise):
            otherwise()

    def _release(self) -> None:
        """What is held and covered by a record on disk may go."""
        session, acks = self._session, self.acks
        if session.stage is State.CLOSED:
            return
        count = min(self._covered, acks.held)
        first = len(acks.queue) - acks.held
        acks.held -= count
        self._covered = 0
        if session.connection is not None and not self._settling:
            form = resume.declared if session.framing.declared else resume.undeclared
            for data in tuple(islice(acks.queue, first, first + count)):
                session.send(form(data))
        self._holding = False
        if acks.held:
            self._hold(self._release)

    def _ask(self) -> None:
        self.acks.asked = True
        self._session.send(resume.REQUEST)

    def _ask_late(self) -> None:
        self._ask_timer = None
        if self._session.connection is not None and self.acks.queue and not (self.acks.asked or self._settling):
            self._ask()

    # ---- acknowledgements

    def acknowledge(self) -> None:
        """Answer ``<r/>``, once everything it covers is on disk. Those that come meanwhile are answered together."""
        self._requests.append(self._session.connection)
        if len(self._requests) == 1:
            self._secure_all()

    def _secure_all(self) -> None:
        h, requests = self.acks.inbound, tuple(self._requests)
        session = self._session

        def done(*said: bytes) -> None:
            if self._settling:
                self._owed += said  # nothing comes before <resumed/>
            else:
                for each in said:
                    session.send(each)
            del self._requests[: len(requests)]
            if self._requests and session.stage is not State.CLOSED:
                self._secure_all()

        def answer() -> None:
            # who resumed elsewhere has learned it from <resumed/>
            done(*[resume.answer(h) for connection in requests if connection is session.connection])

        def secured() -> None:
            self.acks.secure(h)
            # the count must outlive a crash, too: else a client that resumes is told of fewer than it was before
            if not self.acks.resumable:
                answer()
            elif not self._save(answer):
                done()

        def failed(failure: Any) -> None:
            log.error("Not acknowledged, since the store failed: {error!r}", jid=session.jid, error=failure.value)
            done()

        after(session.realm.barrier(), secured, failed)

    def secured(self) -> int:
        """How many stanzas of the client are on disk: what a record says."""
        acks = self.acks
        if acks.secured == acks.inbound or self._securing:
            return acks.secured
        h = acks.inbound

        def secured() -> None:
            self._securing = False
            acks.secure(h)

        def failed(_: Any) -> None:
            self._securing = False

        self._securing = True
        after(self._session.realm.barrier(), secured, failed)
        if self._securing:
            self._save_soon()
        return acks.secured

    # ---- hibernation

    def hibernate(self) -> None:
        """The connection is gone: wait for the client."""
        session = self._session
        session.hibernating = True
        options = session.realm.options
        seconds = options.resume_page_seconds if self.page else options.resume_seconds
        self._end_timer = session.realm.later(seconds, self._expired)
        self._save()
        client_state.gone(session)
        session.realm.router.fire("session-hibernating", session)
        session.realm.router.fire("session-unacknowledged", session, self._unacknowledged)

    def _unacknowledged(self) -> list[Stanza]:
        """The newest of what its client has not acknowledged, the oldest of them first."""
        queue = self.acks.queue
        return resume.stanzas_of(islice(queue, max(0, len(queue) - _MOST_UNACKNOWLEDGED), None))

    def _expired(self) -> None:
        self._end_timer = None
        self._session.close("connection-timeout", "It did not come back in time.")

    def taken_over(self) -> "Resumption":
        """Another connection goes on: the present one, if there is one, ends. :returns: what goes on with it."""
        if self._session.connection is not None:
            self._session.part(StreamError("conflict", "The session was resumed elsewhere."))
        return self

    def resumed(self) -> None:
        """A new connection stands: answer, then send anew what was not acknowledged (XEP-0198 §5)."""
        session = self._session
        if self._end_timer is not None:
            self._end_timer()
            self._end_timer = None
        session.hibernating = False
        client_state.flush(session)
        self._settling = True
        self._owed = []
        self._save()
        h = self.acks.inbound
        connection = session.connection

        def settled() -> None:
            if session.connection is not connection or connection is None:
                return
            self._settling = False
            self.acks.secure(h)
            session.send(resume.resumed(self.id, h))
            form = resume.declared if session.framing.declared else resume.undeclared
            for data in tuple(islice(self.acks.queue, len(self.acks.queue) - self.acks.held)):
                session.send(form(data))
            if self.acks.queue:
                self._ask()
            for each in self._owed:
                session.send(each)
            session.realm.router.fire("session-resumed", session)

        def failed(failure: Any) -> None:
            log.error("Not resumed, since the store failed: {error!r}", jid=session.jid, error=failure.value)
            if session.connection is connection:
                session.close("internal-server-error", "Your last messages could not be stored. Send them again.")

        after(session.realm.barrier(), settled, failed)

    def stop(self) -> list[bytes]:
        """It is over: forget it. :returns: what the client has not acknowledged."""
        self._end_timers()
        realm = self._session.realm
        if self.acks.resumable and realm.resumptions.pop(self.id, None) is not None:
            realm.save(self.id, None)
        return list(self.acks.queue)

    def freeze(self) -> None:
        """Save, and do nothing more: the process ends."""
        self._end_timers()
        self._save()

    def _end_timers(self) -> None:
        for timer in (self._end_timer, self._save_timer, self._ask_timer):
            if timer is not None:
                timer()
        self._end_timer = self._save_timer = self._ask_timer = None

    # ---- records

    def to_plain(self) -> dict[str, Any]:
        """Its part of the session's record."""
        acks = self.acks
        return {
            "id": self.id,
            "page": self.page,
            "inbound": self.secured(),
            "outbound": acks.outbound,
            "queue": [data.decode() for data in acks.queue],
        }

    def _save_soon(self) -> None:
        if self._save_timer is None and self.acks.resumable:
            realm = self._session.realm
            self._save_timer = realm.later(realm.options.resume_save_seconds, self._saved)

    def _saved(self) -> None:
        self._save_timer = None
        self._save()

    def _save(self, then: Callable[[], None] | None = None) -> bool:
        return not self.acks.resumable or self._session.realm.save(self.id, self._plain, then)

    def _plain(self) -> dict[str, Any] | None:
        """The record as of now; ``None`` if the session is over."""
        if self._session.stage is State.CLOSED:
            return None
        plain = record.to_plain(self._session)
        self._covered = self.acks.held
        return plain


def after(barrier: "Deferred[Any] | None", then: Callable[[], None], failed: Callable[[Any], None]) -> None:
    """Do *then* once all that was stored so far is on disk, or else *failed*."""
    if barrier is None:
        then()
    else:
        barrier.addCallback(lambda _: then()).addErrback(failed)
