"""
Resumption records written behind: the newest of each id wins, one write of an id at a time, in order.

A record is JSON; it is gone by itself after its time. Leaves out when to write: that is the session's.
"""

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ccm.errors import CCMError
from ccm.interfaces import ISessionState

log = Logger()


class WriteBehind:
    """
    Records under one prefix of the session state.

    :param prefix: before every id, e.g. ``"sm:"``.
    :param ttl_seconds: how long a record outlives its last change.
    """

    def __init__(self, state: ISessionState, prefix: str, ttl_seconds: float) -> None:
        self._state = state
        self._prefix = prefix
        self._ttl = ttl_seconds
        self._next: dict[str, dict[str, Any] | None] = {}
        self._busy: dict[str, Deferred[None]] = {}

    def save(self, id_: str, plain: dict[str, Any] | None) -> None:
        """Keep a record soon, or forget it (``None``). Never fails: what is lost is logged and costs a sign-in."""
        self._next[id_] = plain
        if id_ not in self._busy:
            writing = Deferred.fromCoroutine(self._write(id_))
            if not writing.called:
                self._busy[id_] = writing

    async def load(self, id_: str) -> dict[str, Any] | None:
        """*async* The record of an id."""
        value = await self._state.get(self._prefix + id_)
        return None if value is None else json.loads(value)

    async def load_all(self) -> dict[str, dict[str, Any]]:
        """*async* Every record by id."""
        found = {}
        for key in await self._state.keys(self._prefix):
            id_ = key.removeprefix(self._prefix)
            record = await self.load(id_)
            if record is not None:
                found[id_] = record
        return found

    async def flush(self) -> None:
        """*async* Wait for what is being written."""
        while self._busy:
            done: Deferred[None] = Deferred()
            next(iter(self._busy.values())).addBoth(lambda _, d=done: d.callback(None))
            await done

    async def _write(self, id_: str) -> None:
        try:
            while id_ in self._next:
                plain = self._next.pop(id_)
                if plain is None:
                    await self._state.delete(self._prefix + id_)
                else:
                    await self._state.set(self._prefix + id_, json.dumps(plain).encode(), self._ttl)
        except CCMError as error:
            log.warn("The record {id} could not be saved: {error}", id=id_, error=str(error))
        except Exception:
            log.failure("The record {id} could not be saved.", id=id_)
        finally:
            self._busy.pop(id_, None)
