"""
Stream management of one bound session (XEP-0198 1.6.3): acknowledgements, hibernation, resumption.

An acknowledgement says *on disk*: it leaves after the commit of what was routed before it. Leaves out the counting
(:mod:`ccm.session.resume`) and the record's form (:mod:`ccm.session.record`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from ccm.errors import StreamError
from ccm.session import record, resume
from ccm.session.resume import Acks
from ccm.session.states import State
from ccm.wire.events import Nonza

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from ccm.session.machine import Session

log = Logger()

_ATTACHED_FACTOR = 10  # a connected client may lag this many times the queue of a hibernating one
_ASK_AFTER_SECONDS = 5.0


class Resumption:
    """
    :param resumable: the client wants to be able to come back; else only acknowledgements are exchanged.
    """

    __slots__ = ("_ask_timer", "_end_timer", "_owed", "_save_timer", "_session", "_settling", "acks", "id")

    def __init__(self, session: "Session", resumable: bool, id_: str | None = None) -> None:
        self._session = session
        self.acks = Acks(resumable=resumable)
        self.id = id_ or session.realm.random(18).hex()
        self._end_timer: Callable[[], None] | None = None
        self._save_timer: Callable[[], None] | None = None
        self._ask_timer: Callable[[], None] | None = None
        self._settling = False
        self._owed: int | None = None

    def start(self) -> None:
        """Answer ``<enable/>``."""
        session = self._session
        if self.acks.resumable:
            session.realm.resumptions[self.id] = session
            self._save()
        id_ = self.id if self.acks.resumable else None
        session.send(resume.enabled(id_, session.realm.options.resume_seconds))

    # ---- stanzas

    def handled(self) -> None:
        """One more stanza of the client has come."""
        self.acks.inbound = (self.acks.inbound + 1) % resume.MODULUS
        self._save_soon()

    def deliver(self, data: bytes) -> None:
        """Send a stanza and keep it until it is acknowledged."""
        session, acks, options = self._session, self.acks, self._session.realm.options
        acks.sent(data)
        if session.connection is None or self._settling:
            if len(acks.queue) > options.resume_stanzas and session.connection is None:
                session.close("resource-constraint", "It was away while too much came.")
            self._save_soon()
            return
        session.send(data)
        waiting = len(acks.queue)
        if waiting > options.resume_stanzas * _ATTACHED_FACTOR:
            session.close("policy-violation", f"Acknowledge what you get: {waiting} stanzas are not.")
        elif waiting % options.resume_request_every == 0:
            self._ask()
        elif self._ask_timer is None:
            self._ask_timer = session.realm.later(_ASK_AFTER_SECONDS, self._ask_late)
        self._save_soon()

    def _ask(self) -> None:
        self.acks.asked = True
        self._session.send(resume.REQUEST)

    def _ask_late(self) -> None:
        self._ask_timer = None
        if self._session.connection is not None and self.acks.queue and not self.acks.asked:
            self._ask()

    def acknowledge(self) -> None:
        """Answer ``<r/>``, once everything it covers is on disk."""
        h = self.acks.inbound
        session = self._session
        barrier, connection = session.realm.barrier(), session.connection

        def answer() -> None:
            if session.connection is not connection:
                return  # who resumed elsewhere has learned it from <resumed/>
            if self._settling:
                self._owed = h  # nothing comes before <resumed/>
            else:
                session.send(resume.answer(h))

        def failed(failure: Any) -> None:
            log.error("Not acknowledged, since the store failed: {error!r}", jid=session.jid, error=failure.value)

        if self.acks.resumable:
            # the count must outlive a crash, too: else a client that resumes is told of fewer than it was before
            self._save(lambda: _after(barrier, answer, failed))
        else:
            _after(barrier, answer, failed)

    # ---- hibernation

    def hibernate(self) -> None:
        """The connection is gone: wait for the client."""
        session = self._session
        session.hibernating = True
        seconds = session.realm.options.resume_seconds
        self._end_timer = session.realm.later(seconds, self._expired)
        self._save()
        session.realm.router.fire("session-hibernating", session)

    def _expired(self) -> None:
        self._end_timer = None
        self._session.close("connection-timeout", "It did not come back in time.")

    def resumed(self) -> None:
        """A new connection stands: answer, then send anew what was not acknowledged (XEP-0198 §5)."""
        session = self._session
        if self._end_timer is not None:
            self._end_timer()
            self._end_timer = None
        session.hibernating = False
        self._settling = True
        self._owed = None
        self._save()
        h = self.acks.inbound
        connection = session.connection

        def settled() -> None:
            if session.connection is not connection or connection is None:
                return
            self._settling = False
            session.send(resume.resumed(self.id, h))
            form = resume.declared if session.framing.declared else resume.undeclared
            for data in self.acks.queue:
                session.send(form(data))
            if self.acks.queue:
                self._ask()
            if self._owed is not None:
                session.send(resume.answer(self._owed))
            session.realm.router.fire("session-resumed", session)

        def failed(failure: Any) -> None:
            log.error("Not resumed, since the store failed: {error!r}", jid=session.jid, error=failure.value)
            if session.connection is connection:
                session.close("internal-server-error", "Your last messages could not be stored. Send them again.")

        _after(session.realm.barrier(), settled, failed)

    def stop(self) -> list[bytes]:
        """It is over: forget it. :returns: what the client has not acknowledged."""
        for timer in (self._end_timer, self._save_timer, self._ask_timer):
            if timer is not None:
                timer()
        self._end_timer = self._save_timer = self._ask_timer = None
        realm = self._session.realm
        if self.acks.resumable and realm.resumptions.pop(self.id, None) is not None:
            realm.save(self.id, None)
        return list(self.acks.queue)

    def freeze(self) -> None:
        """Save, and do nothing more: the process ends."""
        for timer in (self._end_timer, self._save_timer, self._ask_timer):
            if timer is not None:
                timer()
        self._save(exact=True)

    # ---- records

    def _save_soon(self) -> None:
        if self._save_timer is None and self.acks.resumable:
            realm = self._session.realm
            self._save_timer = realm.later(realm.options.resume_save_seconds, self._saved)

    def _saved(self) -> None:
        self._save_timer = None
        self._save()

    def _save(self, then: Callable[[], None] | None = None, *, exact: bool = False) -> None:
        if self.acks.resumable:
            self._session.realm.save(self.id, record.to_plain(self._session, exact), then)


def _after(barrier: "Deferred[Any] | None", then: Callable[[], None], failed: Callable[[Any], None]) -> None:
    if barrier is None:
        then()
    else:
        barrier.addCallback(lambda _: then()).addErrback(failed)


def managed(session: "Session", nonza: Nonza, bare: str | None) -> None:
    """
    Serve an element of XEP-0198.

    :param bare: who signed in, while nothing is bound.
    :raises StreamError: for one that makes no sense now.
    """
    kept = session.resumption
    if nonza.name == "enable" and session.stage is State.BOUND and kept is None:
        session.resumption = Resumption(session, nonza.attrs.get("resume") in ("true", "1"))
        session.resumption.start()
    elif nonza.name == "resume" and session.stage is State.BINDING and bare is not None:
        _take_up(session, bare, nonza)
    elif nonza.name in ("enable", "resume"):
        session.send(resume.failed("unexpected-request", "Not now: see XEP-0198, sections 3 and 5."))
    elif kept is None or nonza.name not in ("a", "r"):
        raise StreamError("unsupported-stanza-type", "Stream management is not enabled.")
    elif nonza.name == "r":
        kept.acknowledge()
    else:
        kept.acks.acknowledged(nonza.attrs.get("h", ""))


def _take_up(session: "Session", bare: str, nonza: Nonza) -> None:
    """
    Answer ``<resume/>`` (XEP-0198 §5).

    :param session: the new one, which has signed in and not bound.
    :param bare: who it signed in as.
    :raises StreamError: if the client acknowledges more than it was sent.
    """
    old = session.realm.resumptions.get(nonza.attrs.get("previd", ""))
    if old is None or old.resumption is None or old.bare != bare:
        session.send(resume.failed("item-not-found", "That session is over. Bind a new one."))
        return
    if old.resumption.acks.outrun(nonza.attrs.get("h", "")):
        old.resumption.acks.queue.clear()
        old.close("reset")
        session.send(resume.failed("item-not-found", "What you were sent last is not known any more. Bind anew."))
        return
    old.resumption.acks.acknowledged(nonza.attrs.get("h", ""))
    session.hand_over(old)
