"""What waits for accounts whose clients are away (XEP-0160): bounds, and once across the ends of sessions."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from ccm import namespaces as ns
from ccm.errors import StoreUnavailable
from ccm.modules import mam, messages, offline, presence
from ccm.modules.offline import HELD, OfflineOptions
from ccm.records import Waiting
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.testing.fakes import RecordingSession, make_router, make_services, result_of
from ccm.testing.memory_personal import MemoryOffline
from ccm.wire.stanza import Stanza

BODY = (ns.CLIENT, "body")
JULIET, ROMEO = "juliet@localhost", "romeo@localhost"


class Slow(MemoryOffline):
    """Reads when :attr:`held` fires."""

    held: "Deferred[None] | None" = None

    async def of(self, owner: str, limit: int) -> Sequence[Waiting]:
        if self.held is not None:
            await self.held
        return await super().of(owner, limit)


class Failing(MemoryOffline):
    """Keeps nothing."""

    def keep(self, message: Waiting) -> "Deferred[None]":
        return fail(StoreUnavailable("full"))


class Barrier:
    """Says when what was queued is on disk."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[Any]] = []

    def __call__(self) -> "Deferred[Any]":
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def fire(self) -> None:
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            each.callback(None)


class Stage:
    """Romeo is here, Juliet has an account."""

    def __init__(self, options: OfflineOptions | None = None, **services: Any) -> None:
        self.barrier = Barrier()
        self.store: MemoryOffline = services.pop("offline", None) or Slow()
        self.services: Services = make_services(offline=self.store, barrier=self.barrier, **services)
        self.router: Router = make_router(self.services)
        for name in ("romeo", "juliet"):
            result_of(self.services.accounts.create(f"{name}@localhost", name, None, ()))
        for module in (mam, messages, offline, presence):
            module.plugin.install(self.router, self.services, options if module is offline else None)
        self.romeo = self.session(f"{ROMEO}/a")

    def session(self, jid: str) -> RecordingSession:
        """One that is bound and not available."""
        session = RecordingSession(jid)
        self.router.bind(session)
        self.router.fire("session-bound", session)
        return session

    def says(self, *words: str, to: str = JULIET) -> None:
        """Romeo writes to her."""
        for word in words:
            attrs = {"type": "chat", "id": word, "from": self.romeo.jid, "to": to}
            self.router.route(Stanza("message", attrs, b"<body>%b</body>" % word.encode(), (BODY,)), self.romeo)

    def available(self, session: RecordingSession) -> None:
        """She is there."""
        self.router.route(Stanza("presence", {"from": session.jid}), session)

    def end(self, session: RecordingSession, lost: Iterable[Stanza] = ()) -> None:
        """The session is over, and its client did not get these."""
        self.router.unbind(session)
        if lost:
            self.router.fire("session-lost", session, list(lost))
        self.router.fire("session-closed", session)

    def waiting(self) -> list[str]:
        """What the store has for her, by id attribute."""
        rows = result_of(self.store.of(JULIET, 100))
        return [str(row.stanza).partition(" id='")[2].partition("'")[0] for row in rows]


def got(session: RecordingSession) -> list[str]:
    """Messages, by id; ``!`` marks errors."""
    return [("!" if s.type == "error" else "") + (s.id or "") for s in session.received if s.kind == "message"]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_waits_is_forgotten_once_a_plain_session_was_sent_it(stage: Stage) -> None:
    stage.says("a", "b")
    assert stage.waiting() == ["a", "b"]
    juliet = stage.session(f"{JULIET}/x")
    assert got(juliet) == []
    stage.available(juliet)
    assert got(juliet) == ["a", "b"]
    assert stage.waiting() == []
    stage.available(juliet)
    assert got(juliet) == ["a", "b"]


def test_too_much_goes_back_and_is_in_no_archive_of_who_did_not_get_it() -> None:
    stage = Stage(OfflineOptions(max_messages=2))
    stage.says("a", "b", "c")
    assert got(stage.romeo) == ["!c"]
    assert b"<service-unavailable " in stage.romeo.received[0].inner
    assert len(result_of(stage.services.personal.page(JULIET)).items) == 2
    assert len(result_of(stage.services.personal.page(ROMEO)).items) == 3
    juliet = stage.session(f"{JULIET}/x")
    stage.available(juliet)
    stage.end(juliet)
    stage.says("d")
    assert stage.waiting() == ["d"]


def test_too_many_bytes_go_back() -> None:
    stage = Stage(OfflineOptions(max_bytes=400))
    stage.says("a", "b", "c" * 200)
    assert got(stage.romeo) == ["!" + "c" * 200]


def test_nothing_waits_where_that_is_off() -> None:
    stage = Stage(OfflineOptions(max_messages=0))
    stage.says("a")
    assert got(stage.romeo) == ["!a"]
    assert result_of(stage.services.personal.page(JULIET)).items == ()


def test_what_a_record_holds_is_forgotten_once_that_is_on_disk(stage: Stage) -> None:
    stage.says("a", "b")
    juliet = stage.session(f"{JULIET}/x")
    stage.router.fire("session-saving", juliet)  # it can be resumed
    stage.available(juliet)
    assert got(juliet) == ["a", "b"]
    ids = juliet.state[HELD]
    assert len(ids) == 2 and stage.waiting() == ["a", "b"]
    stage.router.fire("session-saving", juliet)
    assert stage.waiting() == ["a", "b"]
    stage.barrier.fire()
    assert stage.waiting() == [] and juliet.state[HELD] == []


def test_what_it_did_not_get_waits_again_once_and_in_its_place(stage: Stage) -> None:
    stage.says("a", "b", "c")
    juliet = stage.session(f"{JULIET}/x")
    stage.router.fire("session-saving", juliet)
    stage.available(juliet)
    stage.says("d")
    stage.end(juliet, [s for s in juliet.received if s.id in ("b", "c", "d")])
    assert stage.waiting() == ["b", "c", "d"]
    again = stage.session(f"{JULIET}/y")
    stage.available(again)
    assert got(again) == ["b", "c", "d"]
    assert stage.waiting() == []


def test_what_it_did_not_get_goes_to_another_client_and_waits_no_longer(stage: Stage) -> None:
    stage.says("a")
    juliet = stage.session(f"{JULIET}/x")
    stage.router.fire("session-saving", juliet)
    stage.available(juliet)
    other = stage.session(f"{JULIET}/y")
    stage.available(other)
    stage.end(juliet, [s for s in juliet.received if s.id == "a"])
    assert got(other) == ["a"]
    assert stage.waiting() == []


def test_a_late_word_of_an_old_record_takes_nothing_that_waits_again(stage: Stage) -> None:
    stage.says("a")
    juliet = stage.session(f"{JULIET}/x")
    stage.router.fire("session-saving", juliet)
    stage.available(juliet)
    stage.router.fire("session-saving", juliet)
    stage.end(juliet, [s for s in juliet.received if s.id == "a"])
    stage.barrier.fire()
    assert stage.waiting() == ["a"]


def test_after_a_crash_what_a_record_holds_is_forgotten_and_the_rest_is_brought(stage: Stage) -> None:
    stage.says("a", "b")
    first, _ = result_of(stage.store.of(JULIET, 10))
    after = Stage(offline=stage.store)
    juliet = RecordingSession(f"{JULIET}/x")
    juliet.state.update({HELD: [first.id], "presence": "<presence xmlns='jabber:client'/>"})
    juliet.resumed = True
    after.router.bind(juliet)
    after.router.fire("session-resumed", juliet)
    assert got(juliet) == ["b"]


def test_what_comes_while_it_is_brought_comes_behind_it(stage: Stage) -> None:
    stage.says("a")
    assert isinstance(stage.store, Slow)
    held = stage.store.held = Deferred()
    juliet = stage.session(f"{JULIET}/x")
    stage.available(juliet)
    stage.says("b")
    stage.says("c", to=juliet.jid)
    assert got(juliet) == []
    stage.store.held = None
    held.callback(None)
    assert got(juliet) == ["a", "b", "c"]
    stage.says("d")
    assert got(juliet) == ["a", "b", "c", "d"]


def test_whom_the_store_fails_is_told() -> None:
    stage = Stage(offline=Failing())
    stage.says("a")
    assert got(stage.romeo) == ["!a"]
    assert b"<resource-constraint " in stage.romeo.received[0].inner


def test_a_room_s_word_to_one_occupant_waits_for_nobody(stage: Stage) -> None:
    attrs = {"type": "chat", "id": "p", "from": "garden@conference.localhost/nurse", "to": JULIET}
    children = (BODY, (ns.MUC_USER, "x"))
    stage.router.route(Stanza("message", attrs, b"<body>x</body><x xmlns='%b'/>" % ns.MUC_USER.encode(), children))
    assert stage.waiting() == []
