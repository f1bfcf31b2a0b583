"""When accounts last signed in: written together, and when the server stops, of nobody who is gone."""

from typing import Any

from ccm.errors import StoreUnavailable
from ccm.modules.last_logins import LastLogins
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.testing.memory import MemoryAccountXML

ANN, BOB = "ann@localhost", "bob@localhost"


class Counted(MemoryAccountXML):
    """Counts what it takes; none of it while *trouble*."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = False
        self.written: list[set[str]] = []

    async def set_each(self, name: str, pieces: dict[str, bytes]) -> None:
        if self.trouble:
            raise StoreUnavailable("The disk is full.")
        self.written.append(set(pieces))
        await super().set_each(name, pieces)


class Place:
    """Where Ann and Bob sign in."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.store = Counted()
        self.services = make_services(hands=self.hands, account_xml=self.store)
        for jid in (ANN, BOB):
            result_of(self.services.accounts.create(jid, "Somebody", None, ()))
        self.router = make_router(self.services)
        self.logins = LastLogins(self.router, self.services)
        self.router.attach(self.logins)

    def sign_in(self, jid: str) -> None:
        self.router.fire("session-bound", RecordingSession(f"{jid}/a"))

    def after(self, seconds: float) -> list[set[str]]:
        """Whose logins were written, up to then."""
        self.hands.advance(seconds)
        return self.store.written


def test_logins_are_written_together() -> None:
    place = Place()
    place.sign_in(ANN)
    place.hands.advance(30)
    place.sign_in(BOB)
    assert place.after(29) == []
    assert place.after(1) == [{ANN, BOB}]
    assert place.after(600) == [{ANN, BOB}]


def test_a_server_that_stops_writes_what_is_left() -> None:
    place = Place()
    place.sign_in(ANN)
    result_of(place.router.tell("server-stops"))
    assert place.store.written == [{ANN}]
    assert place.after(600) == [{ANN}]


def test_nothing_is_written_of_an_account_that_was_removed_meanwhile() -> None:
    place = Place()
    for jid in (ANN, BOB):
        place.sign_in(jid)
    result_of(place.services.accounts.delete(ANN))  # and nobody was told yet
    assert place.after(60) == [{BOB}]
    place.router.fire("account-deleted", ANN)
    assert place.after(600) == [{BOB}]


def test_what_the_store_does_not_take_is_written_later_unless_there_is_a_newer_login() -> None:
    place = Place()
    place.store.trouble = True
    place.sign_in(ANN)
    place.sign_in(BOB)
    assert place.after(60) == []
    place.sign_in(ANN)
    place.store.trouble = False
    assert place.after(60) == [{ANN, BOB}]
    times: Any = [result_of(place.logins.of(jid)) for jid in (ANN, BOB)]
    assert times == ["2026-01-01T00:01:00Z", "2026-01-01T00:00:00Z"]
