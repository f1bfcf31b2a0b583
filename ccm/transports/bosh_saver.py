"""
Keeps BOSH sessions in the session state and brings them back at start.

Sessions that changed are written together, at most every ``bosh.save_seconds``, in the order of their changes. Only
what signed in and bound is kept. Leaves out what is in a record: :mod:`ccm.session.bosh_record`.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ccm.errors import StanzaError
from ccm.interfaces import ISessionState
from ccm.session.bosh import BoshSession, Stream
from ccm.session.bosh_record import from_plain, to_plain
from ccm.transports.bosh import BoshSessions, HeldSession
from ccm.wire.framing import BoshFraming

log = Logger()

PREFIX = "bosh:"


class SessionSaver:
    """
    :param plain_of: the plain data of a session's stream, :func:`ccm.session.record.to_plain`.
    :param ttl_seconds: how long a record is worth keeping.
    """

    def __init__(
        self,
        state: ISessionState,
        plain_of: Callable[[Any], dict[str, Any]],
        clock: IReactorTime,
        every_seconds: float,
        ttl_seconds: float,
    ) -> None:
        self._state, self._plain_of, self._clock = state, plain_of, clock
        self._every, self._ttl = every_seconds, ttl_seconds
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
                record = msgspec.json.encode(to_plain(session, self._plain_of(session.stream)))
                await self._state.set(PREFIX + sid, record, self._ttl)


async def restore(
    sessions: BoshSessions,
    state: ISessionState,
    stream: Callable[[BoshSession, BoshFraming, dict[str, Any]], Stream],
    clock: IReactorTime,
) -> int:
    """
    Bring back every session that is kept, before anybody can connect.

    :param stream: binds the stream of a record again: ``stream(session, framing, plain)``, e.g. by
        :func:`ccm.session.record.from_plain`.
    :returns: how many are back.
    """
    count = 0
    for key in await state.keys(PREFIX):
        value = await state.get(key)
        if value is None:
            continue
        try:
            plain = msgspec.json.decode(value)
            framing = BoshFraming(sessions.pool)
            session = from_plain(HeldSession, plain, framing, sessions.options, sessions, clock.seconds())
            sessions.add(session)
            session.stream = stream(session, framing, plain["stream"])
        except (ValueError, KeyError, TypeError, StanzaError, msgspec.DecodeError) as error:
            log.warn("A BOSH session could not be restored: {error}", error=str(error))
            sessions.sessions.pop(key.removeprefix(PREFIX), None)
            await state.delete(key)
        else:
            count += 1
    return count
