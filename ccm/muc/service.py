"""
The room service of a domain (XEP-0045 1.35.5), as a sink of the router.

Decides which concern a stanza is and answers errors; each concern is a file beside this one. Nothing here reads a
clock or opens a socket. Leaves out registration with the service itself (§7.10) and GC 1.0 joins.
"""

import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError, StoreUnavailable
from ccm.interfaces import IArchive, IRooms, ISession, ISessionState, ISink
from ccm.muc import (
    admin,
    disco,
    gaps,
    ghosts,
    hat_commands,
    joining,
    leaving,
    mam,
    messages,
    moderation,
    owner,
    persistence,
    private,
    record,
    registration,
    renaming,
    succession,
)
from ccm.muc import nick as nicks
from ccm.muc.context import Context
from ccm.muc.options import MucOptions
from ccm.muc.registry import Registry
from ccm.muc.room import Room
from ccm.muc.strip import clean
from ccm.router.hooks import on
from ccm.router.router import Router, Spawn
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

log = Logger()

_MOST_WAITING = 1000
_PING = (ns.PING, "ping")
_OWNER = (ns.MUC_OWNER, "query")
_Verdict = Stanza | Coroutine[Any, Any, Stanza] | None


@implementer(ISink)
class MucService:
    """
    Rooms under one domain. Call :meth:`start`, then add it to the router as that domain and attach it.

    :param options: the section ``[muc]``.
    :param now: seconds since the epoch.
    :param later: ``later(seconds, function)`` calls it then; answers a function that calls it off.
    :param spawn: runs a coroutine, see :data:`ccm.router.router.Spawn`.
    :param admins: JIDs and domains of components that count as owners of every room.
    :param random: ``random(n)`` answers n unguessable bytes.
    """

    def __init__(
        self,
        domain: str,
        router: Router,
        archive: IArchive,
        rooms: IRooms,
        state: ISessionState | None,
        options: MucOptions,
        now: Callable[[], float],
        later: Callable[[float, Callable[[], Any]], Callable[[], None]],
        spawn: Spawn,
        admins: frozenset[str] = frozenset(),
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.jid = domain
        everybody = admins | frozenset(options.admins)
        self.context = Context(domain, router, archive, rooms, state, options, now, later, spawn, everybody, random)
        self.registry = Registry(self.context)
        self._waiting: deque[Stanza] = deque()
        self._busy = False
        self._timers: dict[str, Callable[[], None]] = {}
        self._room_requests = _requests_to_rooms(self)

    async def start(self) -> None:
        """Load the rooms and put back who was in them; call it before sessions are restored."""
        await self.registry.load()
        options = self.context.options
        self._timers["sweep"] = self.context.later(options.sweep_seconds, self._sweep)
        self._timers["resume"] = self.context.later(options.resume_seconds, self._give_up)

    def stop(self, announce: bool = False) -> None:
        """
        End the timers.

        :param announce: tell everybody that the service goes (332), for an end without return; otherwise sessions
            that resume after a restart are still inside.
        """
        for cancel in self._timers.values():
            cancel()
        self._timers.clear()
        if announce:
            for room in tuple(self.registry.rooms.values()):
                for occupant in tuple(room.occupants.values()):
                    leaving.remove(room, occupant, (leaving.SHUTDOWN,), alone=True)

    # ---- sink

    def deliver(self, stanza: Stanza) -> None:
        """Serve a stanza to this domain. What an answer causes at once is served after it, so that order holds."""
        if self._busy:
            self._waiting.append(stanza)
            return
        self._busy = True
        try:
            self._serve(stanza)
            while self._waiting:
                self._serve(self._waiting.popleft())
        finally:
            self._busy = False

    def deliver_raw(self, template: FanOut) -> None:
        """Serve a copy."""
        self.deliver(template.stanza.copy(to=self.jid))

    def _serve(self, stanza: Stanza) -> None:
        try:
            self._dispatch(stanza)
        except StanzaError as error:
            self._refuse(stanza, error)
        except Exception:
            log.failure("A room failed: {kind} to {to}", kind=stanza.kind, to=stanza.to)
            self._refuse(stanza, StanzaError("internal-server-error"))

    def _refuse(self, stanza: Stanza, error: StanzaError) -> None:
        if stanza.type == "error" or stanza.from_ is None or (stanza.kind == "iq" and stanza.type == "result"):
            return
        error.by = error.by or address.bare(stanza.attrs["to"])
        self.context.give(stanza.error(error, echo=stanza.kind != "iq"))

    def after_held(self, then: Callable[[], None]) -> bool:
        """
        Call *then* once every message held now (its room is being loaded, the archive is being asked) has been
        queued for the disk or refused.

        :returns: false if none is held; then nothing is called.
        """
        if not self.context.held:
            return False
        self.context.held.after(then)
        return True

    def gaps(self) -> gaps.Gaps:
        """What tells what sessions missed that an earlier process has kept records of."""
        return gaps.Gaps(self.context.archive, self.registry, self.context.options.backlog_messages)

    # ---- which concern

    def _dispatch(self, stanza: Stanza) -> None:
        bare, slash, nick = stanza.attrs["to"].partition("/")
        room = self.registry.rooms.get(bare)
        if room is None:
            prepared = address.prepare(stanza.attrs["to"])
            bare, slash, nick = prepared.partition("/")
            if prepared != stanza.attrs["to"]:
                stanza = stanza.copy(to=prepared)
            if bare == self.jid:
                self._to_service(stanza)
                return
            room = self.registry.find(bare)
        if room is not None and not room.ready:
            self._postpone(room, stanza)
        elif stanza.kind == "message":
            self._message(room, stanza, bool(slash))
        elif stanza.kind == "presence":
            self._presence(room, bare, nick, stanza)
        else:
            self._iq(room, bare, stanza, bool(slash))

    def _postpone(self, room: Room, stanza: Stanza) -> None:
        if len(room.inbox) >= _MOST_WAITING:
            raise StanzaError("resource-constraint", "This room is just being loaded. Try again in some seconds.")
        room.inbox.append(stanza)
        if len(room.inbox) == 1:
            ticket = self.context.held.take()
            self.registry.recall(room, lambda _: self._loaded(room, ticket))

    def _loaded(self, room: Room, ticket: int) -> None:
        try:
            while room.inbox:
                self.deliver(room.inbox.popleft())
        finally:
            self.context.held.release(ticket)

    def _message(self, room: Room | None, stanza: Stanza, to_nick: bool) -> None:
        if stanza.attrs.get("type") == "error":
            if room is not None:
                ghosts.hear_error(room, stanza)
        elif room is None:
            raise self.registry.graves.missing(address.bare(stanza.attrs["to"]))
        elif to_nick:
            private.message(room, stanza)
        else:
            messages.receive(room, stanza)

    def _presence(self, room: Room | None, bare: str, nick: str, stanza: Stanza) -> None:
        type_ = stanza.attrs.get("type")
        if type_ is None:
            self._available(room, bare, nick, stanza)
        elif room is not None and type_ == "unavailable":
            leaving.leave(room, stanza.attrs["from"], clean(stanza, room.jid))
        elif room is not None and type_ == "error":
            ghosts.hear_error(room, stanza)

    def _available(self, room: Room | None, bare: str, nick: str, stanza: Stanza) -> None:
        jid = stanza.attrs["from"]
        occupant = room.seats.get(jid) if room is not None else None
        if room is not None and occupant is not None:
            occupant.seats[jid].heard = self.context.now()
            if nick != occupant.nick:
                renaming.rename(room, stanza)
            elif stanza.has(ns.MUC, "x"):
                self.registry.check_joins(jid)
                joining.enter_again(room, stanza)
            else:
                joining.update(room, stanza)
            return
        if not stanza.has(ns.MUC, "x"):
            raise StanzaError("not-acceptable", "You are not in this room. Enter it with the muc element.")
        self.registry.check_joins(jid)
        if room is not None:
            joining.enter(room, stanza)
            return
        nicks.check(nick, self.context.options.nick_length)
        room = self.registry.create(bare, address.bare(jid))
        try:
            joining.enter(room, stanza, created=True)
        except StanzaError:
            self.registry.close(room)
            raise
        persistence.save_later(room)

    # ---- requests

    def _to_service(self, stanza: Stanza) -> None:
        if stanza.kind != "iq":
            if stanza.kind == "message" and stanza.type != "error":
                raise StanzaError("service-unavailable", "Write to a room, not to the service.")
            return
        if stanza.type == "get" and stanza.payload == (ns.DISCO_INFO, "query"):
            answer = disco.service_info(self.context.options.name, stanza)
        elif stanza.type == "get" and stanza.payload == (ns.DISCO_ITEMS, "query"):
            answer = disco.service_items(self.registry, stanza)
        elif stanza.type == "get" and stanza.payload == _PING:
            answer = stanza.result()
        else:
            raise StanzaError("service-unavailable")
        self.context.give(answer)

    def _iq(self, room: Room | None, bare: str, stanza: Stanza, to_nick: bool) -> None:
        if stanza.type in ("result", "error"):
            if room is not None and to_nick:
                private.answer(room, stanza)
            elif room is not None and stanza.type == "error":
                ghosts.hear_error(room, stanza)
            return
        if room is None and self._may_create(stanza):
            room = self.registry.create(bare, address.bare(stanza.attrs["from"]))
            self._answer(stanza, self._configure_new(room, stanza))
            return
        if room is None:
            raise self.registry.graves.missing(bare)
        if to_nick:
            self._answer(stanza, private.request(room, stanza))
            return
        serve = self._room_requests.get((stanza.type or "", stanza.payload or ("", "")))
        if serve is None:
            raise StanzaError("service-unavailable", "A room does not answer such requests.")
        self._answer(stanza, serve(room, stanza))

    def _may_create(self, stanza: Stanza) -> bool:
        """A component creates a room by configuring it, without entering."""
        return stanza.type == "set" and stanza.payload == _OWNER and self.context.is_admin(stanza.attrs["from"])

    async def _configure_new(self, room: Room, stanza: Stanza) -> Stanza:
        try:
            return await owner.set_(self.registry, room, stanza)
        except StanzaError:
            if room.locked:
                self.registry.close(room)
            raise

    def _answer(self, stanza: Stanza, verdict: _Verdict) -> None:
        if isinstance(verdict, Stanza):
            self.context.give(verdict)
        elif verdict is not None:
            self.context.spawn(verdict, self.context.give, lambda error: self._failed(stanza, error))

    def _failed(self, stanza: Stanza, error: BaseException) -> None:
        if isinstance(error, StoreUnavailable):
            error = StanzaError("resource-constraint")
        elif not isinstance(error, StanzaError):
            log.error("A request to a room failed: {payload}: {error!r}", payload=stanza.payload, error=error)
            error = StanzaError("internal-server-error")
        self._refuse(stanza, error)

    # ---- life of sessions

    @on.event("session-bound")
    def _session_bound(self, session: ISession) -> None:
        if session.resumed:
            self._session_resumed(session)
            return
        for room in tuple(self.registry.places.get(session.jid, ())):
            leaving.drop(room, session.jid)  # a new session of that address has entered nothing yet

    @on.event("session-resumed")
    def _session_resumed(self, session: ISession) -> None:
        for room in tuple(self.registry.places.get(session.jid, ())):
            gaps.close(room, session)

    @on.event("session-saving")
    def _session_saving(self, session: ISession) -> None:
        gaps.mark(session, self.registry.places.get(session.jid, ()))

    @on.event("session-closed")
    def _session_closed(self, session: ISession) -> None:
        current = self.context.router.session(session.jid)
        if current is not None and current is not session:
            return
        for room in tuple(self.registry.places.get(session.jid, ())):
            if session.dropped:
                leaving.drop(room, session.jid)
            else:
                leaving.leave(room, session.jid)

    @on.event("domain-lost")
    def _domain_lost(self, domain: str) -> None:
        """A connection with another server broke: ask those from there whether they are still here (§18.1.2)."""
        for jid in [jid for jid in self.registry.places if address.domain(jid) == domain]:
            for room in tuple(self.registry.places.get(jid, ())):
                ghosts.ping(room, jid)

    @on.event("account-deleted")
    def _account_deleted(self, jid: str) -> None:
        self.registry.strike(jid)

    # ---- time

    def _sweep(self) -> None:
        self.registry.sweep()
        self._timers["sweep"] = self.context.later(self.context.options.sweep_seconds, self._sweep)

    def _give_up(self) -> None:
        """Sessions that have not come back after the restart leave, with 333."""
        self._timers.pop("resume", None)
        for room in tuple(self.registry.rooms.values()):
            for jid in tuple(room.awaited):
                if self.context.router.session(jid) is None:
                    leaving.drop(room, jid)
                else:
                    room.awaited.pop(jid)


def _requests_to_rooms(service: MucService) -> dict[tuple[str, tuple[str, str]], Callable[[Room, Stanza], _Verdict]]:
    """Type and payload of each request that a room answers."""
    return {
        ("get", (ns.DISCO_INFO, "query")): disco.room_info,
        ("get", (ns.DISCO_ITEMS, "query")): disco.room_items,
        ("get", _PING): lambda _, stanza: stanza.result(),
        ("get", (ns.MUC_ADMIN, "query")): admin.get,
        ("set", (ns.MUC_ADMIN, "query")): admin.set_,
        ("get", _OWNER): owner.get,
        ("set", _OWNER): lambda room, stanza: owner.set_(service.registry, room, stanza),
        ("set", (ns.COMMANDS, "command")): hat_commands.serve,
        ("get", (ns.REGISTER, "query")): registration.get,
        ("set", (ns.REGISTER, "query")): registration.set_,
        ("get", (ns.MAM, "query")): mam.form,
        ("set", (ns.MAM, "query")): mam.query,
        ("get", (ns.MAM, "metadata")): mam.metadata,
        ("set", moderation.MODERATE): moderation.set_,
        ("set", moderation.APPLY_TO): moderation.set_earlier,
        ("get", (ns.RECORD, "record")): record.get,
        ("set", (ns.ROOMS, "succeed")): succession.set_,
        ("set", (ns.RECORD, "record")): record.set_,
    }
