"""
XEP-0160 Best Practices for Handling Offline Messages 1.0.1: what nobody can read now waits, and is delivered in order.

A message is forgotten once it was handed over: to a session of which records are kept, when a record on disk holds it
(XEP-0198, BOSH), to any other when it was written. What a session never acknowledged waits again, under the same id: so
each message waits once, across a crash as well. Hints decide (XEP-0334): ``no-store`` keeps nothing. A client
that has read its archive is not sent what is in there (XEP-0313 §6.1.1). Leaves out XEP-0013.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.logger import Logger

from ccm import address
from ccm import namespaces as ns
from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import StanzaError, StoreUnavailable
from ccm.modules.aside import aside, until_done
from ccm.modules.mam import QUERIED
from ccm.modules.stanza_ids import id_of
from ccm.records import Waiting
from ccm.router.hooks import on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.stamps import delay
from ccm.wire.stanza import Stanza, parse_element

log = Logger()

HELD = "offline"  # in a session's state: ids that were handed over to it and are not forgotten yet
_STEP = 100
_NONE: set[str] = set()  # never changed
_TYPES = (None, "chat", "normal")
_NO_STORE = (ns.HINTS, "no-store")
_PASSING = frozenset({ns.CHAT_STATES, ns.PUBSUB_EVENT, ns.HINTS})
_SAID = frozenset({(ns.CLIENT, "body"), (ns.HINTS, "store")})


class OfflineOptions(Section):
    """
    Messages that wait for one account: how many, and how many bytes. What is more goes back to its sender.

    All of it is sent at once when the account's client is back, so let it stay below ``session.outgoing_bytes`` and
    ``bosh.max_queued_bytes``. With ``max_messages = 0`` nothing waits.
    """

    max_messages: CountOr0 = 500
    max_bytes: Count = 524_288


class Offline:
    """Keeps messages for accounts, and brings them."""

    def __init__(self, router: Router, services: Services, options: OfflineOptions) -> None:
        self._router = router
        self._host = services.host
        self._store = services.offline
        self._next_id = services.archive.next_id
        self._now = services.now
        self._barrier = services.barrier
        self._options = options
        #: how much waits: messages and bytes, by account
        self._sizes: dict[str, tuple[int, int]] = {}
        #: what was handed over and is not forgotten yet, by account
        self._out: dict[str, set[str]] = {}
        #: the same in order, by the full JID that it was handed to
        self._given: dict[str, list[str]] = {}
        #: full JIDs of sessions of which records are made
        self._recorded: set[str] = set()
        if options.max_messages > 0:
            router.add_keeper(self.keeps, self.keep)
        until_done(self._load, "counting what waits", services.later)

    async def _load(self) -> None:
        for owner, size in (await self._store.sizes()).items():
            if address.domain(owner) in self._router.hosts:
                self._add(owner, *size)
                self._bring(owner)

    # ---- keeping

    def keeps(self, stanza: Stanza) -> bool:
        """Whether it would wait."""
        owner = address.bare(stanza.attrs["to"])
        return self._router.is_account(owner) and _waits(stanza) and not self._is_full(owner, stanza)

    def keep(self, stanza: Stanza) -> bool:
        """Let it wait. :raises StanzaError: if too much waits already."""
        owner = address.bare(stanza.attrs["to"])
        if not self._router.is_account(owner) or not _waits(stanza):
            return False
        if self._is_full(owner, stanza):
            raise StanzaError("service-unavailable", "Too much waits for them already. Send it again another day.")
        archived = id_of(stanza, owner) if self._is_archiving() else ""
        data = stanza.to_bytes(declared=True)
        moment = datetime.fromtimestamp(self._now(), UTC)
        message = Waiting(owner, archived or self._next_id(), moment, data, bool(archived))
        self._out.get(owner, set()).discard(message.id)  # who had it did not get it
        self._add(owner, 1, len(data))
        self._store.keep(message).addErrback(self._lost, stanza, owner, len(data))
        self._router.fire("message-kept", owner, stanza)
        return True

    def _lost(self, failure: Any, stanza: Stanza, owner: str, size: int) -> None:
        failure.trap(StoreUnavailable)
        self._add(owner, -1, -size)
        if stanza.from_ is not None:
            error = StanzaError("resource-constraint", "The message could not be kept. Send it again.", "wait")
            self._router.route(stanza.error(error))

    def _is_full(self, owner: str, stanza: Stanza) -> bool:
        messages, size = self._sizes.get(owner, (0, 0))
        more = len(stanza.inner)
        return messages >= self._options.max_messages or (messages > 0 and size + more > self._options.max_bytes)

    def _add(self, owner: str, messages: int, size: int) -> None:
        before = self._sizes.get(owner, (0, 0))
        after = (before[0] + messages, before[1] + size)
        if after[0] > 0:
            self._sizes[owner] = after
        else:
            self._sizes.pop(owner, None)

    def _is_archiving(self) -> bool:
        """Whether ids of archives are set here, and forged ones taken out."""
        return any(ns.MAM in teller.features() for teller in self._router.account_disco)

    # ---- bringing

    @on.event("session-presence")
    def present(self, session: Any) -> None:
        """RFC 6121 §8.5.2.1.1: a resource of non-negative priority reads what is for the account."""
        if self._sizes:
            self._bring(address.bare(session.jid))

    def _bring(self, owner: str) -> None:
        if owner in self._sizes and owner not in self._router.behind and self._reader(owner) is not None:
            self._router.behind.add(owner)
            aside(self._brought(owner), "bringing what waited")

    async def _brought(self, owner: str) -> None:
        """What comes meanwhile waits behind it, and is brought with it."""
        try:
            while owner in self._sizes and self._reader(owner) is not None:
                out = self._out.get(owner, _NONE)
                rows = await self._store.of(owner, len(out) + _STEP)
                out, session = self._out.get(owner, _NONE), self._reader(owner)
                rows = [row for row in rows if row.id not in out]
                if not rows:
                    self._sizes.pop(owner, None)
                elif session is not None:
                    self._hand_over(session, owner, rows)
        finally:
            self._router.behind.discard(owner)

    def _reader(self, owner: str) -> Any:
        """Who is sent what waits: a client that is there before one that may come back, the one that came last."""
        sessions = [s for s in self._router.sessions_of(owner) if s.priority is not None and s.priority >= 0]
        return max(sessions, key=lambda s: (not s.hibernating, s.priority), default=None)

    def _hand_over(self, session: Any, owner: str, rows: Sequence[Waiting]) -> None:
        ids = [row.id for row in rows]
        self._add(owner, -len(rows), -sum(len(row.stanza) for row in rows))
        self._out.setdefault(owner, set()).update(ids)
        if session.jid in self._recorded:
            self._given.setdefault(session.jid, []).extend(ids)
            session.state[HELD] = [*session.state.get(HELD, ()), *ids]
        has_read = session.state.get(QUERIED)
        for row in rows:
            if not (row.archived and has_read):
                stanza = Stanza.from_element(parse_element(row.stanza))
                session.deliver(stanza.with_child(ns.DELAY, "delay", delay(self._host, row.stamp, "Offline Storage")))
        if session.jid not in self._recorded:
            self._forget(owner, ids)

    # ---- forgetting

    @on.event("session-saving")
    def saving(self, session: Any) -> None:
        """A record of all that the session was given is made: once it is on disk, that need not wait here."""
        jid = session.jid
        self._recorded.add(jid)
        ids = tuple(self._given.get(jid, ()))
        if not ids:
            return
        saved = self._barrier()
        if saved is None:
            self._settled(session, ids)
        else:
            saved.addCallback(lambda _: self._settled(session, ids)).addErrback(_unsaved)

    def _settled(self, session: Any, ids: Iterable[str]) -> None:
        given = self._given.get(session.jid)
        if given is None:
            return
        owner = address.bare(session.jid)
        out = self._out.get(owner, _NONE)
        gone = [id_ for id_ in ids if id_ in given and id_ in out]
        left = [id_ for id_ in given if id_ not in set(ids)]
        if left:
            self._given[session.jid] = left
        else:
            del self._given[session.jid]
        if gone:
            self._forget(owner, gone, session)

    @on.event("session-resumed")
    def resumed(self, session: Any) -> None:
        """Its record, read after a restart, holds what it was given."""
        ids = session.state.get(HELD)
        if ids and session.jid not in self._recorded:
            owner = address.bare(session.jid)
            self._recorded.add(session.jid)
            self._out.setdefault(owner, set()).update(ids)
            self._forget(owner, tuple(ids), session)

    @on.event("session-closed")
    def closed(self, session: Any) -> None:
        """What it had and did not get waits again by now; the rest it got."""
        self._recorded.discard(session.jid)
        ids = self._given.pop(session.jid, None)
        if ids:
            owner = address.bare(session.jid)
            out = self._out.get(owner, _NONE)
            self._forget(owner, [id_ for id_ in ids if id_ in out])

    @on.event("account-deleted")
    def deleted(self, jid: str) -> None:
        """What waits goes with it, in the store."""
        self._sizes.pop(jid, None)

    def _forget(self, owner: str, ids: Iterable[str], session: Any = None) -> None:
        gone = tuple(ids)

        def done(_: Any) -> None:
            out = self._out.get(owner)
            if out is not None:
                out.difference_update(gone)
                if not out:
                    del self._out[owner]
            if session is not None and HELD in session.state:
                session.state[HELD] = [id_ for id_ in session.state[HELD] if id_ not in gone]

        aside(self._store.done(owner, gone), "forgetting what was delivered", done)


def _waits(stanza: Stanza) -> bool:
    """XEP-0160 §3, with hints: neither what passes nor what was for one session of an occupant."""
    children = stanza.children
    if stanza.type not in _TYPES or _NO_STORE in children or (stanza.type == "chat" and stanza.has(ns.MUC_USER)):
        return False
    if not _SAID.isdisjoint(children):
        return True
    return any(child[0] not in _PASSING and child != (ns.CLIENT, "thread") for child in children)


def _unsaved(failure: Any) -> None:
    """It is tried again with the next record."""
    failure.trap(StoreUnavailable)
    log.warn("What was delivered waits still: {why}", why=failure.getErrorMessage())


plugin = Module("offline", "XEP-0160 1.0.1", Offline, ("msgoffline",), OfflineOptions)
