"""
Keeps BOSH sessions in the session state and brings them back at start.

An answer that carries anything is sent once a record on disk holds it, or a mark of it where rooms' archives hold the
rest (:mod:`ccm.session.bosh_marks`): after a crash its client gets the same answer again, or what follows it, and
nothing twice. Other changes are written together, at most every ``bosh.save_seconds``; that outdates marks.
Only what signed in and bound is kept. Leaves out what is in a record: :mod:`ccm.session.bosh_record`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from twisted.internet.interfaces import IReactorTime

from ccm.interfaces import ISessionState
from ccm.session.bosh import BoshSession
from ccm.session.bosh_marks import by_session, mark, replay
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_record import from_plain, to_plain
from ccm.session.keeping import Keeper, Missed
from ccm.session.machine import Session
from ccm.session.realm import Realm
from ccm.session.record import from_plain as stream_from_plain
from ccm.session.record import to_plain as stream_to_plain
from ccm.transports.bosh import BoshSessions, HeldSession
from ccm.wire.fanout import FanOut
from ccm.wire.framing import BoshFraming

PREFIX = "bosh:"
_ARCHIVED = 200  # messages after which a record is made anew, so that a start need not read too many


class BoshSaver:
    """
    :param state: where records are kept, under ``bosh:<sid>``.
    :ivar keeper: writes them.
    """

    def __init__(self, state: ISessionState, realm: Realm, clock: IReactorTime, options: BoshOptions) -> None:
        self._realm, self._clock = realm, clock
        self._every = options.save_seconds
        seconds = max(options.inactivity_seconds, options.maxpause_seconds) + options.wait_seconds
        self.keeper = Keeper(state, realm.spawn, realm.later, seconds, realm.options.resume_waiting, PREFIX)
        self._changed: dict[BoshSession, None] = {}
        self._timer: Any = None

    def changed(self, session: BoshSession) -> None:
        """Save it soon."""
        if _is_bound(session):
            self._changed[session] = None
            if self._timer is None:
                self._timer = self._clock.callLater(self._every, self._save)

    def now(self, session: BoshSession) -> None:
        """Save it at the end of this turn."""
        if _is_bound(session):
            self.keeper.save(session.sid, partial(_record, session))

    def before(self, session: BoshSession, rid: int, then: Callable[[], None]) -> None:
        """Save it, or a mark of its answer to *rid*; call *then* once that is done, or fails or takes too long."""
        if _is_bound(session):
            self.changed(session)
            followable = session.followable and session.fresh == rid and session.archived <= _ARCHIVED
            if followable and self.keeper.note(mark(session, rid), then):
                return
            if self.keeper.save(session.sid, partial(_record, session), then, then):
                return
            session.followable = False  # what it is sent now nobody knows
        then()

    def gone(self, session: BoshSession) -> None:
        """Forget it."""
        self._changed.pop(session, None)
        self.keeper.save(session.sid, None)

    async def close(self) -> None:
        """Write everything that is not written yet."""
        if self._timer is not None:
            self._timer.cancel()
        self._save()
        await self.keeper.finish()

    def _save(self) -> None:
        self._timer = None
        changed, self._changed = self._changed, {}
        self.keeper.outdate()
        for session in changed:
            self.keeper.save(session.sid, partial(_record, session))

    async def restore(self, sessions: BoshSessions, missed: Missed | None = None) -> int:
        """
        Bring back every session that is kept, before anybody can connect; answers how many are back.

        :param missed: what rooms archived for a session since its record was made.
        """

        marks = by_session(await self.keeper.notes())

        def again(plain: dict[str, Any], came: Iterable[FanOut]) -> None:
            framing = BoshFraming(sessions.pool)
            known = marks.get(plain["sid"], ())
            session = from_plain(HeldSession, plain, framing, sessions.options, sessions, self._clock.seconds())
            session.stream = stream_from_plain(
                self._realm, framing, session, "bosh", plain["stream"], replay(session, known, came)
            )
            sessions.add(session)
            self.changed(session)  # the marks are outdated soon

        return await self.keeper.revive(again, self._realm, missed)


def _is_bound(session: BoshSession) -> bool:
    return session.stream is not None and session.stream.state_name == "bound"


def _record(session: BoshSession) -> dict[str, Any] | None:
    if session.over or not _is_bound(session):
        return None
    record = to_plain(session, stream_to_plain(cast(Session, session.stream)))
    session.followable = not session.terms.next_key  # what keys come next is in records alone
    session.place, session.archived = "", 0
    return record
