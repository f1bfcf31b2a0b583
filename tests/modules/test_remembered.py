"""What accounts have set and nobody can read is not taken for nothing: blocking, archive preferences, notifications."""

from typing import Any

import pytest
from twisted.logger import LogEvent, globalLogPublisher

from ccm import namespaces as ns
from ccm.errors import StoreUnavailable
from ccm.modules import avatars, blocking, mam, messages, offline, presence, push
from ccm.modules.aside import AGAIN_SECONDS
from ccm.records import PushTarget, Waiting
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.testing.memory import MemoryAccountXML
from ccm.testing.memory_personal import MemoryOffline
from ccm.testing.memory_uploads import MemoryPushTargets
from ccm.wire.stanza import Stanza

LIST = f"<blocklist xmlns='{ns.BLOCKING}'><item jid='bob@localhost'/><item jid='eve@localhost'/></blocklist>".encode()
NEVER = f"<prefs xmlns='{ns.MAM}' default='never'/>".encode()


class Troubled(MemoryAccountXML):
    """Cannot be read while there is *trouble*."""

    def __init__(self, trouble: Exception | None) -> None:
        super().__init__()
        self.trouble = trouble

    async def all(self, name: str) -> dict[str, bytes]:
        if self.trouble is not None:
            raise self.trouble
        return await super().all(name)


class TroubledTargets(MemoryPushTargets):
    """The same."""

    trouble: Exception | None = StoreUnavailable("The database is away.")

    async def all(self) -> tuple[PushTarget, ...]:
        if self.trouble is not None:
            raise self.trouble
        return await super().all()


class TroubledOffline(MemoryOffline):
    """The same."""

    trouble: Exception | None = StoreUnavailable("The database is away.")

    async def sizes(self) -> dict[str, tuple[int, int]]:
        if self.trouble is not None:
            raise self.trouble
        return await super().sizes()


class Place:
    """A server with Ann, Bob and Kim, of whom Ann blocks Bob and Eve."""

    def __init__(self, trouble: Exception | None, **others: Any) -> None:
        self.hands = Hands()
        self.store = Troubled(trouble)
        self.services = make_services(hands=self.hands, account_xml=self.store, **others)
        for name in ("ann", "bob", "kim"):
            result_of(self.services.accounts.create(f"{name}@localhost", name, None, ()))
        self.store.kept["ann@localhost", "blocking"] = LIST
        self.router = make_router(self.services)
        self.sessions = {name: RecordingSession(f"{name}@localhost/a") for name in ("ann", "bob", "kim")}

    def install(self, *plugins: Any) -> None:
        for plugin in plugins:
            plugin.install(self.router, self.services)
        for session in self.sessions.values():
            session.priority = 0
            session.presence = Stanza("presence", {"from": session.jid})
            self.router.bind(session)

    def send(self, stanza: Stanza, name: str) -> list[Stanza]:
        """What comes back to its sender."""
        session = self.sessions[name]
        before = len(session.received)
        self.router.route(stanza.copy(from_=session.jid), session)
        return session.received[before:]

    def say(self, sender: str, to: str) -> list[Stanza]:
        attrs = {"type": "chat", "to": f"{to}@localhost", "id": "m"}
        return self.send(Stanza("message", attrs, b"<body>Hi</body>", ((ns.CLIENT, "body"),)), sender)

    def block(self, name: str, who: str) -> Stanza:
        inner = f"<block xmlns='{ns.BLOCKING}'><item jid='{who}'/></block>".encode()
        (answer,) = self.send(Stanza("iq", {"type": "set", "id": "b"}, inner, ((ns.BLOCKING, "block"),)), name)
        return answer


def test_while_block_lists_cannot_be_read_nothing_passes_and_nothing_is_written_over() -> None:
    place = Place(StoreUnavailable("The database is away."))
    place.install(blocking.plugin, messages.plugin)
    (refused,) = place.say("bob", "ann")
    assert b"resource-constraint" in refused.inner and b"type='wait'" in refused.inner
    assert not place.sessions["ann"].received, "whom she has blocked does not reach her"
    assert place.router.apart("ann@localhost", "bob@localhost")
    assert b"resource-constraint" in place.block("ann", "kim@localhost").inner
    assert place.store.kept["ann@localhost", "blocking"] == LIST
    place.store.trouble = None
    place.hands.advance(AGAIN_SECONDS)
    assert not place.say("kim", "ann")
    assert place.sessions["ann"].received[-1].from_ == "kim@localhost/a"
    assert b"service-unavailable" in place.say("bob", "ann")[0].inner


def test_who_changes_their_list_has_it_read_first() -> None:
    place = Place(StoreUnavailable("The database is away."))
    place.install(blocking.plugin, messages.plugin)
    place.store.trouble = None
    assert place.block("ann", "kim@localhost").type == "result"
    kept = place.store.kept["ann@localhost", "blocking"]
    assert all(name in kept for name in (b"bob@", b"eve@", b"kim@"))
    assert not place.router.apart("bob@localhost", "kim@localhost"), "all is known now"


def test_one_damaged_row_concerns_its_owner_alone() -> None:
    place = Place(None)
    place.store.kept = {("aaa@localhost", "blocking"): b"<blocklist", **place.store.kept}
    place.store.kept["kim@localhost", "blocking"] = b"<blocklist xmlns='x'><item"
    logged: list[LogEvent] = []
    globalLogPublisher.addObserver(logged.append)
    try:
        place.install(blocking.plugin, messages.plugin)
    finally:
        globalLogPublisher.removeObserver(logged.append)
    assert {event["jid"] for event in logged if "jid" in event} == {"aaa@localhost", "kim@localhost"}
    assert b"service-unavailable" in place.say("bob", "ann")[0].inner, "who comes after it in the store is heard"
    assert b"resource-constraint" in place.say("bob", "kim")[0].inner, "whom she blocks, nobody knows"
    assert b"internal-server-error" in place.block("kim", "bob@localhost").inner
    assert place.store.kept["kim@localhost", "blocking"] == b"<blocklist xmlns='x'><item", "it may still be mended"
    place.router.fire("account-deleted", "kim@localhost")
    assert not place.say("bob", "kim"), "who has that name next blocks nobody"


@pytest.mark.parametrize("known", [False, True])
def test_an_archive_keeps_nothing_against_preferences_that_cannot_be_read(known: bool) -> None:
    place = Place(None if known else StoreUnavailable("The database is away."))
    place.store.kept["ann@localhost", "mam"] = NEVER
    place.install(mam.plugin, messages.plugin)
    answers = place.say("bob", "ann")
    assert [b"resource-constraint" in answer.inner for answer in answers] == ([] if known else [True])
    assert not result_of(place.services.personal.page("ann@localhost")).items


def test_notifications_that_could_not_be_read_are_told_later() -> None:
    targets = TroubledTargets()
    result_of(targets.save(PushTarget("ann@localhost", "push.example", "n", "ann@localhost/phone", b"")))
    place = Place(None, push_targets=targets)
    place.install(push.plugin, messages.plugin)
    service = RecordingSession("push.example")
    place.router.set_elsewhere(service)
    place.say("bob", "ann")
    assert not service.received
    targets.trouble = None
    place.hands.advance(AGAIN_SECONDS)
    place.say("bob", "ann")
    assert len(service.received) == 1


def test_what_waits_is_brought_once_it_could_be_counted() -> None:
    waiting = TroubledOffline()
    stanza = (
        b"<message xmlns='jabber:client' from='bob@localhost/a' to='ann@localhost' id='w'><body>Hi</body></message>"
    )
    result_of(waiting.keep(Waiting("ann@localhost", "0" * 18, Hands().datetime(), stanza, False)))
    place = Place(None, offline=waiting)
    place.install(messages.plugin, offline.plugin)
    ann = place.sessions["ann"]
    place.router.fire("session-presence", ann)
    assert not ann.received
    waiting.trouble = None
    place.hands.advance(AGAIN_SECONDS)
    assert [stanza.id for stanza in ann.received] == ["w"]


def test_pictures_stand_in_presences_once_they_could_be_read() -> None:
    place = Place(StoreUnavailable("The database is away."))
    place.store.kept["ann@localhost", "avatar"] = b"1234"
    place.install(presence.plugin, avatars.plugin)
    ann = place.sessions["ann"]
    place.store.trouble = None
    place.hands.advance(AGAIN_SECONDS)
    place.send(Stanza("presence", {}), "ann")
    assert ann.presence is not None and b"<photo>1234</photo>" in ann.presence.inner
