"""
Resumption records in the session state: written behind, read back at start (XEP-0198 §5).

Leaves out the record's content (:mod:`ccm.session.record`).
"""

from collections.abc import Callable
from typing import Any

import msgspec
from twisted.logger import Logger

from ccm.errors import StanzaError
from ccm.interfaces import ISessionState
from ccm.session.realm import Realm, Spawn
from ccm.session.record import from_plain
from ccm.wire.framing import Framing

log = Logger()

PREFIX = "sm:"
_AGAIN_SECONDS = 1.0


class Keeper:
    """
    :param later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :param seconds: how long a record outlives its last change; at least the time of hibernation.
    """

    def __init__(
        self,
        state: ISessionState,
        spawn: Spawn,
        later: Callable[[float, Callable[[], None]], Callable[[], None]],
        seconds: float = 600,
    ) -> None:
        self._state = state
        self._spawn = spawn
        self._later = later
        self._again: Callable[[], None] | None = None
        self._seconds = seconds
        self._dirty: dict[str, dict[str, Any] | None] = {}
        self._writing = False
        self._then: list[Callable[[], None]] = []
        self._under_way: dict[str, dict[str, Any] | None] = {}

    def save(self, id_: str, plain: dict[str, Any] | None, then: Callable[[], None] | None = None) -> None:
        """
        Keep a record, or forget it; what comes while a write is under way replaces what waits.

        A write that fails is tried again a second later, and again.

        :param then: called once the record, or a later one, would survive this process.
        """
        self._dirty.pop(id_, None)
        self._dirty[id_] = plain
        if then is not None:
            self._then.append(then)
        if not self._writing:
            self._begin()

    def _begin(self) -> None:
        self._again = None
        self._writing = True
        self._spawn(self._write(), self._rest, self._failed)

    async def finish(self) -> None:
        """Write what waits, and again what is under way: before the session state is closed."""
        if self._again is not None:
            self._again()
            self._again = None
        self._dirty = {**self._under_way, **self._dirty}
        await self._write()

    async def restore(self, realm: Realm, framing: Callable[[str], Framing]) -> int:
        """
        Bring every kept session back to life, hibernating.

        :param framing: a new framing for ``"tcp"`` or ``"websocket"``.
        :returns: how many came back.
        """
        count = 0
        for key in await self._state.keys(PREFIX):
            value = await self._state.get(key)
            if value is None:
                continue
            try:
                plain = msgspec.json.decode(value)
                from_plain(realm, framing(plain["transport"]), None, plain["transport"], plain)
                count += 1
            except (msgspec.DecodeError, ValueError, KeyError, StanzaError) as error:
                log.warn("The session record {key} cannot be used: {error!r}", key=key, error=error)
                await self._state.delete(key)
        return count

    async def _write(self) -> None:
        while self._dirty or self._then:
            then, self._then = self._then, []
            try:
                for id_ in tuple(self._dirty):
                    await self._put(id_)
                if then:
                    await self._state.settle()
            except BaseException:
                self._dirty = {**self._under_way, **self._dirty}
                self._then = [*then, *self._then]
                raise
            for each in then:
                _call(each)
        self._under_way = {}

    async def _put(self, id_: str) -> None:
        if id_ not in self._dirty:
            return  # another round has put it
        plain = self._dirty.pop(id_)
        self._under_way = {id_: plain}
        if plain is None:
            await self._state.delete(PREFIX + id_)
        else:
            await self._state.set(PREFIX + id_, msgspec.json.encode(plain), self._seconds)

    def _rest(self, _: None) -> None:
        self._writing = False

    def _failed(self, error: BaseException) -> None:
        """What comes until the next attempt waits for it, too."""
        self._under_way = {}
        log.warn("Session records were not saved; it is tried again in a second: {error!r}", error=error)
        self._again = self._later(_AGAIN_SECONDS, self._begin)


def _call(then: Callable[[], None]) -> None:
    try:
        then()
    except Exception:  # one session's fault is not the others'
        log.failure("What waited for a session record failed.")
