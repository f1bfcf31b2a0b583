"""
Keeps BOSH sessions in the session state and brings them back at start.

An answer that carries anything is sent once a record on disk holds it: after a crash its client gets the same answer
again, or what follows it, and nothing twice. Other changes are written together, at most every ``bosh.save_seconds``.
Only what signed in and bound is kept. Leaves out what is in a record: :mod:`ccm.session.bosh_record`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from twisted.internet.interfaces import IReactorTime

from ccm.interfaces import ISessionState
from ccm.session.bosh import BoshSession
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

    def before(self, session: BoshSession, then: Callable[[], None]) -> None:
        """The same, and call *then* once that is done, or fails or takes too long."""
        if not _is_bound(session) or not self.keeper.save(session.sid, partial(_record, session), then, then):
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
        for session in changed:
            self.keeper.save(session.sid, partial(_record, session))

    async def restore(self, sessions: BoshSessions, missed: Missed | None = None) -> int:
        """
        Bring back every session that is kept, before anybody can connect; answers how many are back.

        :param missed: what rooms archived for a session since its record was made.
        """

        def again(plain: dict[str, Any], came: Iterable[FanOut]) -> None:
            framing = BoshFraming(sessions.pool)
            session = from_plain(HeldSession, plain, framing, sessions.options, sessions, self._clock.seconds())
            session.stream = stream_from_plain(self._realm, framing, session, "bosh", plain["stream"], came)
            sessions.add(session)

        return await self.keeper.revive(again, self._realm.accounts, missed)


def _is_bound(session: BoshSession) -> bool:
    return session.stream is not None and session.stream.state_name == "bound"


def _record(session: BoshSession) -> dict[str, Any] | None:
    if session.over or not _is_bound(session):
        return None
    return to_plain(session, stream_to_plain(cast(Session, session.stream)))
