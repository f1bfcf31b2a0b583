"""
Keeps BOSH sessions in the session state and brings them back at start.

Sessions that changed are written together, at most every ``bosh.save_seconds``, in the order of their changes. Only
what signed in and bound is kept. Leaves out what is in a record: :mod:`ccm.session.bosh_record`.
"""

from typing import Any, cast

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ccm.errors import StanzaError
from ccm.interfaces import ISessionState
from ccm.session.bosh import BoshSession
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_record import from_plain, to_plain
from ccm.session.machine import Session
from ccm.session.realm import Realm
from ccm.session.record import from_plain as stream_from_plain
from ccm.session.record import to_plain as stream_to_plain
from ccm.transports.bosh import BoshSessions, HeldSession
from ccm.wire.framing import BoshFraming

log = Logger()

PREFIX = "bosh:"


class BoshSaver:
    """
    :param state: where records are kept, under ``bosh:<sid>``.
    """

    def __init__(self, state: ISessionState, realm: Realm, clock: IReactorTime, options: BoshOptions) -> None:
        self._state, self._realm, self._clock = state, realm, clock
        self._every = options.save_seconds
        self._ttl = max(options.inactivity_seconds, options.maxpause_seconds) + options.wait_seconds
        self._changed: dict[str, BoshSession | None] = {}
        self._timer: Any = None
        self._writing: Deferred[None] | None = None

    def changed(self, session: BoshSession) -> None:
        """Save it soon."""
        if session.stream is not None and session.stream.state_name == "bound":
            self._changed[session.sid] = session
            self._soon()

    def gone(self, session: BoshSession) -> None:
        """Forget it."""
        self._changed[session.sid] = None
        self._soon()

    async def close(self) -> None:
        """Write everything that is not written yet: what is saved now is exact."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is not None:
            await self._writing
        await self._write()

    def _soon(self) -> None:
        if self._timer is None and self._writing is None:
            self._timer = self._clock.callLater(self._every, self._start)

    def _start(self) -> None:
        self._timer = None
        self._writing = Deferred.fromCoroutine(self._write())
        self._writing.addErrback(lambda failure: log.failure("Saving BOSH sessions failed.", failure=failure))
        self._writing.addBoth(self._written)

    def _written(self, _: Any) -> None:
        self._writing = None
        if self._changed:
            self._soon()

    async def _write(self) -> None:
        changed, self._changed = self._changed, {}
        for sid, session in changed.items():
            if session is None or session.over or session.stream is None or session.stream.state_name != "bound":
                await self._state.delete(PREFIX + sid)
            else:
                record = msgspec.json.encode(to_plain(session, stream_to_plain(cast(Session, session.stream))))
                await self._state.set(PREFIX + sid, record, self._ttl)

    async def restore(self, sessions: BoshSessions) -> int:
        """Bring back every session that is kept, before anybody can connect; answers how many are back."""
        count = 0
        for key in await self._state.keys(PREFIX):
            value = await self._state.get(key)
            if value is None:
                continue
            try:
                self._restore(sessions, msgspec.json.decode(value))
            except (ValueError, KeyError, TypeError, StanzaError) as error:
                log.warn("A BOSH session could not be restored: {error}", error=str(error))
                sessions.sessions.pop(key.removeprefix(PREFIX), None)
                await self._state.delete(key)
            else:
                count += 1
        return count

    def _restore(self, sessions: BoshSessions, plain: dict[str, Any]) -> None:
        framing = BoshFraming(sessions.pool)
        session = from_plain(HeldSession, plain, framing, sessions.options, sessions, self._clock.seconds())
        session.stream = stream_from_plain(self._realm, framing, session, "bosh", plain["stream"])
        sessions.add(session)
