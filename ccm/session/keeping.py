"""
Resumption records in the session state: written behind, read back at start (XEP-0198 §5).

Leaves out the record's content (:mod:`ccm.session.record`).
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import msgspec
from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError, StoreUnavailable
from ccm.interfaces import IAccounts, ISessionState
from ccm.session.realm import Make, Realm, Spawn
from ccm.session.record import from_plain
from ccm.session.verifiers import SIGNED_IN_BY, fingerprint
from ccm.wire.fanout import FanOut
from ccm.wire.framing import Framing

log = Logger()

PREFIX = "sm:"
_AGAIN_SECONDS = 1.0
_PATIENT_SECONDS = 4.0
_TRIES = 15  #: to read what a record needs at start, a second apart
Missed = Callable[[dict[str, Any]], Awaitable[Iterable[FanOut]]]


class _Wait:
    """Somebody who waits for a record."""

    __slots__ = ("otherwise", "then")

    def __init__(self, then: Callable[[], None], otherwise: Callable[[], None] | None) -> None:
        self.then = then
        self.otherwise = otherwise


class Keeper:
    """
    Records of sessions, under a prefix and their id.

    :param later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :param seconds: how long a record outlives its last change; at least the time of hibernation.
    :param most_waiting: how many callbacks may wait for records at once.
    """

    def __init__(
        self,
        state: ISessionState,
        spawn: Spawn,
        later: Callable[[float, Callable[[], None]], Callable[[], None]],
        seconds: float = 600,
        most_waiting: int = 20_000,
        prefix: str = PREFIX,
    ) -> None:
        self._state = state
        self._spawn = spawn
        self._later = later
        self._seconds = seconds
        self._most_waiting = most_waiting
        self._prefix = prefix
        self._begins: Callable[[], None] | None = None
        self._dirty: dict[str, Make | None] = {}
        self._under_way: dict[str, Make | None] = {}
        self._writing = False
        self._failing = False
        self._failures = 0
        self._watch: Callable[[], None] | None = None  # calls off what looks whether it takes too long
        self._waiting: list[_Wait] = []
        self._hurried: dict[_Wait, None] = {}
        self._count = 0
        self._notes: list[Any] = []
        self._notes_prefix = f"{prefix.rstrip(':')}-notes:"
        self._note_keys: list[str] = []  # of those that are kept
        self._outdated: list[str] = []
        self._noted = 0

    def save(
        self,
        id_: str,
        make: Make | None,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> bool:
        """
        Keep a record, or forget it. Whatever one turn of the reactor asks for is written together after it.

        A write that fails is tried again a second later, and again.

        :param make: makes the record when it is written, so that it holds the newest; ``None`` means to forget it.
        :param then: called once such a record would survive this process.
        :param otherwise: called in its place if the session state fails twice or takes five seconds: for those who
            cannot wait.
        :returns: false if too many wait already; then neither is called.
        """
        self._dirty.pop(id_, None)
        self._dirty[id_] = make
        self._write_soon()
        if then is None:
            return True
        if self._failing and otherwise is not None:
            otherwise()
            return True
        if self._count >= self._most_waiting:
            return False
        self._wait(then, otherwise)
        return True

    def note(self, note: Any, then: Callable[[], None]) -> bool:
        """
        Keep something small, JSON-able, beside the records; all notes of one turn are one value.

        A record that is made before it is kept before it, or together with it.

        :param then: called once it would survive this process, or cannot be kept.
        :returns: false if nothing can be kept now; then nothing is called.
        """
        if self._failing or self._count >= self._most_waiting:
            return False
        self._notes.append(note)
        self._write_soon()
        self._wait(then, then)
        return True

    def outdate(self) -> None:
        """Forget all notes that are kept, once the records are kept that have been asked for."""
        self._outdated += self._note_keys
        self._note_keys = []

    async def notes(self) -> list[Any]:
        """All notes of the process before; they are kept until :meth:`outdate`."""
        found: list[Any] = []
        for key in await self._state.keys(self._notes_prefix):
            self._note_keys.append(key)
            try:
                self._noted = max(self._noted, int(key[len(self._notes_prefix) :]))
                found += msgspec.json.decode(await self._state.get(key) or b"[]")
            except (ValueError, TypeError) as error:
                log.warn("Notes beside session records cannot be used: {error!r}", error=error)
        return found

    def _write_soon(self) -> None:
        if not self._writing:
            self._writing = True
            self._begins = self._later(0, self._begin)

    def after_written(self, then: Callable[[], None]) -> bool:
        """
        Call *then* once every record that is to be written now was, or cannot be.

        :returns: false if none is, or nothing can be written, or too many wait; then nothing is called.
        """
        if not self._writing or self._failing or self._count >= self._most_waiting:
            return False
        self._wait(then, then)
        return True

    def _wait(self, then: Callable[[], None], otherwise: Callable[[], None] | None) -> None:
        self._count += 1
        wait = _Wait(then, otherwise)
        self._waiting.append(wait)
        if otherwise is not None:
            self._hurried[wait] = None

    def _begin(self) -> None:
        self._begins = None
        self._look_later()

        def rest(_: None) -> None:
            self._writing = False
            self._worked()

        def failed(error: BaseException) -> None:
            """What comes until the next attempt waits for it, too."""
            log.warn("Session records were not saved; it is tried again in a second: {error!r}", error=error)
            self._begins = self._later(_AGAIN_SECONDS, self._begin)
            self._failures += 1
            if self._failures > 1:  # one may be a hiccup of this process or the network
                self._hurry()

        self._spawn(self._write(), rest, failed)

    def _worked(self) -> None:
        self._failing, self._failures = False, 0
        if self._watch is not None:
            self._watch()
            self._watch = None

    def _look_later(self) -> None:
        if self._watch is None:
            self._watch = self._later(_PATIENT_SECONDS, self._slow)

    def _slow(self) -> None:
        """If this process itself stood still, what it did not hear of comes before another second is over."""
        self._watch = self._later(1.0, self._hurry)

    def _hurry(self) -> None:
        """Records cannot be saved now: those go on who cannot wait."""
        self._failing = True
        hurried, self._hurried = self._hurried, {}
        for wait in hurried:
            wait.then, otherwise = _nothing, wait.otherwise
            _call(otherwise or _nothing)

    async def finish(self) -> None:
        """Write what waits, and again what is under way: before the session state is closed."""
        if self._begins is not None:
            self._begins()
            self._begins = None
        self._dirty = {**self._under_way, **self._dirty}
        await self._write()
        self._worked()

    async def restore(self, realm: Realm, framing: Callable[[str], Framing], missed: Missed | None = None) -> int:
        """
        Bring every kept session back to life, hibernating (XEP-0198).

        :param framing: a new framing for ``"tcp"`` or ``"websocket"``.
        :param missed: what rooms archived for the session of a record since that was made.
        :returns: how many came back.
        """

        def again(plain: dict[str, Any], came: Iterable[FanOut]) -> None:
            from_plain(realm, framing(plain["transport"]), None, plain["transport"], plain, came)

        return await self.revive(again, realm, missed)

    async def revive(
        self,
        again: Callable[[dict[str, Any], Iterable[FanOut]], object],
        realm: Realm,
        missed: Missed | None = None,
    ) -> int:
        """
        The same for records of any form.

        Records that cannot be used are deleted, but none because the store cannot be read for a while.

        :param again: makes a session of a record and what it missed; the stream's record may lie inside as ``stream``.
        :raises StoreUnavailable: if the store cannot be read for long; all records are there yet.
        """
        count = 0
        for key in await self._state.keys(self._prefix):
            value = await self._state.get(key)
            if value is None:
                continue
            try:
                plain = msgspec.json.decode(value)
                stream = plain.get("stream", plain)
                came = await _patiently(partial(_came, stream, realm.accounts, missed), realm.pause)
                again(plain, came)
                count += 1
            except (ValueError, KeyError, TypeError, AttributeError, StanzaError) as error:
                log.warn("The session record {key} cannot be used: {error!r}", key=_told(key), error=error)
                await self._state.delete(key)
        return count

    async def _write(self) -> None:
        while self._dirty or self._waiting:
            waiting, self._waiting = self._waiting, []
            outdated, self._outdated = self._outdated, []
            notes: list[Any] = []
            try:
                for id_ in tuple(self._dirty):
                    await self._put(id_)
                if outdated:
                    await self._state.delete(*outdated)
                notes, self._notes = self._notes, notes  # the records that they follow have been put
                if notes:
                    await self._keep(notes)
                if waiting:
                    await self._state.settle()
            except BaseException:
                self._dirty = {**self._under_way, **self._dirty}
                self._under_way = {}
                self._waiting = [*(wait for wait in waiting if wait.then is not _nothing), *self._waiting]
                self._count = len(self._waiting)
                self._notes[:0] = notes
                self._outdated[:0] = outdated
                raise
            self._worked()
            if self._dirty or self._waiting:
                self._look_later()
            self._count -= len(waiting)
            for wait in waiting:
                self._hurried.pop(wait, None)
                _call(wait.then)
        self._under_way = {}

    async def _keep(self, notes: list[Any]) -> None:
        self._noted += 1
        key = f"{self._notes_prefix}{self._noted}"
        self._note_keys.append(key)
        await self._state.set(key, msgspec.json.encode(notes), self._seconds)

    async def _put(self, id_: str) -> None:
        if id_ not in self._dirty:
            return  # another round has put it
        make = self._dirty.pop(id_)
        self._under_way[id_] = make
        record = _made(make)
        if record is None:
            await self._state.delete(self._prefix + id_)
        else:
            await self._state.set(self._prefix + id_, record, self._seconds)


def _made(make: Make | None) -> bytes | None:
    try:
        plain = make() if make is not None else None
        return msgspec.json.encode(plain) if plain is not None else None
    except Exception:  # one session's fault is not the others'; it cannot be resumed after a crash
        log.failure("A session record could not be made.")
        return None


def _nothing() -> None:
    return None


async def _came(stream: dict[str, Any], accounts: IAccounts, missed: Missed | None) -> Iterable[FanOut]:
    """What the session missed. :raises ValueError: if it may not come back."""
    await _check_password(stream, accounts)
    return await missed(stream["state"]) if missed is not None else ()


async def _patiently(
    read: Callable[[], Awaitable[Iterable[FanOut]]], pause: Callable[[float], Awaitable[Any]]
) -> Iterable[FanOut]:
    """Read what the store has, again if it cannot be read for a moment."""
    for _ in range(_TRIES - 1):
        try:
            return await read()
        except StoreUnavailable as error:
            log.warn("Sessions cannot be brought back yet; it is tried again in a second: {error!r}", error=error)
            await pause(_AGAIN_SECONDS)
    return await read()


async def _check_password(stream: dict[str, Any], accounts: IAccounts) -> None:
    """:raises ValueError: if the client signed in with a password that is not the account's any more."""
    mark = stream["state"].get(SIGNED_IN_BY)
    if mark is None:
        return
    account = await accounts.get(address.bare(stream["jid"]))
    if account is None or not account.enabled or fingerprint(account.verifiers) != mark:
        raise ValueError("the account's password was changed, or the account switched off or removed")


def _told(key: str) -> str:
    """As much of a record's key as may stand in a log: whoever knows the rest of it has the session."""
    prefix, colon, id_ = key.partition(":")
    return f"{prefix}{colon}{id_[:6]}…"


def _call(then: Callable[[], None]) -> None:
    try:
        then()
    except Exception:  # one session's fault is not the others'
        log.failure("What waited for a session record failed.")
