"""Archives of accounts (XEP-0313) and their preferences (XEP-0441): what scripts cannot see."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ccm import namespaces as ns
from ccm.errors import StoreUnavailable
from ccm.modules import blocking, carbons, mam, messages
from ccm.modules.mam import MamOptions
from ccm.records import RosterItem
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.testing.memory import MemoryRosters
from ccm.wire.stanza import Stanza

BODY = (ns.CLIENT, "body")
JULIET, ROMEO, NURSE = (f"{name}@localhost" for name in ("juliet", "romeo", "nurse"))


class Stage:
    """Three people, each with a session."""

    def __init__(self, options: MamOptions | None = None, services: Services | None = None, **others: Any) -> None:
        self.hands = Hands()
        self.services = services or make_services(hands=self.hands, **others)
        self.router: Router = make_router(self.services)
        for module in (blocking, carbons, mam, messages):
            module.plugin.install(self.router, self.services, options if module is mam else None)
        self.sessions = {}
        for jid in (JULIET, ROMEO, NURSE):
            if not self.services.accounts.exists(jid):
                result_of(self.services.accounts.create(jid, jid, None, ()))
            self.sessions[jid] = RecordingSession(f"{jid}/a")
            self.router.bind(self.sessions[jid])

    def says(self, from_: str, to: str, word: str = "x") -> Stanza:
        """One message; what its recipient got."""
        attrs = {"type": "chat", "from": f"{from_}/a", "to": f"{to}/a"}
        stanza = Stanza("message", attrs, b"<body>%b</body>" % word.encode(), (BODY,))
        self.router.route(stanza, self.sessions[from_])
        return self.sessions[to].received[-1]

    def asks(self, jid: str, type_: str, name: str, inner: bytes = b"", attributes: str = "") -> Stanza:
        """A request to one's own archive, and the answer."""
        payload = f"<{name} xmlns='{ns.MAM}'{attributes}>".encode() + inner + f"</{name}>".encode()
        attrs = {"type": type_, "id": "1", "from": f"{jid}/a"}
        self.router.route(Stanza("iq", attrs, payload, ((ns.MAM, name),)), self.sessions[jid])
        return self.sessions[jid].received[-1]

    def kept(self, jid: str) -> list[str]:
        """Bodies in an archive."""
        return [
            str(row.stanza).partition("<body>")[2].partition("<")[0]
            for row in result_of(self.services.personal.page(jid)).items
        ]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_stored_stanza_is_the_sent_one_without_ids_of_either_archive(stage: Stage) -> None:
    stage.says(ROMEO, JULIET)
    for owner in (ROMEO, JULIET):
        (row,) = result_of(stage.services.personal.page(owner)).items
        head = b"<message xmlns='jabber:client' type='chat' from='romeo@localhost/a' to='juliet@localhost/a'>"
        assert row.stanza == head + b"<body>x</body></message>"


def test_old_messages_and_those_beyond_the_bound_are_forgotten() -> None:
    stage = Stage(MamOptions(keep_days=1, max_messages=2, sweep_minutes=60))
    stage.says(ROMEO, JULIET, "old")
    stage.hands.advance(86_400)
    for word in ("one", "two", "three"):
        stage.says(ROMEO, JULIET, word)
    stage.says(NURSE, JULIET, "four")
    stage.hands.advance(3600)
    assert stage.kept(JULIET) == ["three", "four"]
    assert stage.kept(ROMEO) == ["two", "three"]
    assert stage.kept(NURSE) == ["four"]


def test_without_bounds_everything_stays() -> None:
    stage = Stage(MamOptions(keep_days=0, max_messages=0, sweep_minutes=100_000))
    stage.says(ROMEO, JULIET, "old")
    stage.hands.advance(1_000 * 86_400)
    assert stage.kept(JULIET) == ["old"]


def test_preferences_outlive_a_restart(stage: Stage) -> None:
    stage.asks(JULIET, "set", "prefs", attributes=" default='never'")
    after = Stage(services=stage.services)
    assert not after.says(ROMEO, JULIET).has(ns.STANZA_ID)
    assert (after.kept(JULIET), after.kept(ROMEO)) == ([], ["x"])
    after.router.fire("account-deleted", JULIET)
    assert after.says(ROMEO, JULIET).has(ns.STANZA_ID)


def test_the_server_s_default_holds_for_those_who_said_nothing() -> None:
    stage = Stage(MamOptions(archive="never"))
    stage.asks(JULIET, "set", "prefs", attributes=" default='always'")
    stage.says(ROMEO, JULIET)
    assert (stage.kept(JULIET), stage.kept(ROMEO)) == (["x"], [])


def test_what_a_roster_read_later_does_not_want_is_taken_out_again() -> None:
    rosters = MemoryRosters()
    rosters.stored[JULIET] = {ROMEO: RosterItem(ROMEO, subscription="both")}
    stage = Stage(MamOptions(archive="roster"), rosters=rosters)
    held = rosters.held = Deferred()
    stage.says(ROMEO, JULIET, "friend")
    stage.says(NURSE, JULIET, "stranger")
    assert stage.kept(JULIET) == ["friend", "stranger"]
    rosters.held = None
    held.callback(None)
    assert stage.kept(JULIET) == ["friend"]


def test_too_many_addresses_are_refused() -> None:
    stage = Stage(MamOptions(max_listed=1))
    jids = b"<always><jid>a@x</jid><jid>b@x</jid></always>"
    answer = stage.asks(JULIET, "set", "prefs", jids, " default='never'")
    assert answer.type == "error" and b"<resource-constraint " in answer.inner


def test_guests_have_no_archive(stage: Stage) -> None:
    guest = stage.sessions["guest@localhost"] = RecordingSession("guest@localhost/a")
    stage.router.bind(guest)
    assert b"<not-allowed " in stage.asks("guest@localhost", "get", "metadata").inner
    assert not stage.says(ROMEO, "guest@localhost").has(ns.STANZA_ID)
    assert stage.kept(ROMEO) == ["x"]


def test_a_page_has_so_many_messages_at_most() -> None:
    stage = Stage(MamOptions(page_messages=2))
    for word in ("one", "two", "three"):
        stage.says(ROMEO, JULIET, word)
    stage.sessions[JULIET].received.clear()
    answer = stage.asks(JULIET, "set", "query")
    assert len(stage.sessions[JULIET].received) == 3
    assert b"complete" not in answer.inner


@pytest.mark.parametrize("inner", [b"<set xmlns='%b'><index>1</index></set>" % ns.RSM.encode()])
def test_pages_by_number_are_refused(stage: Stage, inner: bytes) -> None:
    assert b"<feature-not-implemented " in stage.asks(JULIET, "set", "query", inner).inner


def test_nodes_have_no_archive_here(stage: Stage) -> None:
    assert b"<item-not-found " in stage.asks(JULIET, "set", "query", attributes=" node='x'").inner


def test_what_cannot_be_kept_is_delivered_to_nobody_and_told_to_its_sender(stage: Stage) -> None:
    def keep(*_row: Any, **_for: Any) -> str:
        raise StoreUnavailable("Too many writes wait for the disk. Try again later.")

    stage.services.personal.keep = keep  # type: ignore[method-assign]
    sender, recipient = stage.sessions[JULIET], stage.sessions[ROMEO]
    attrs = {"type": "chat", "from": f"{JULIET}/a", "to": f"{ROMEO}/a", "id": "m"}
    stage.router.route(Stanza("message", attrs, b"<body>x</body>", (BODY,)), sender)
    assert recipient.received == []
    assert sender.received[-1].type == "error" and b"<resource-constraint" in sender.received[-1].inner


def test_what_an_occupant_of_a_room_writes_privately_is_not_kept_by_who_gets_it(stage: Stage) -> None:
    children = (BODY, (ns.MUC_USER, "x"))
    attrs = {"type": "chat", "from": "hall@rooms.example.org/kim", "to": f"{ROMEO}/a", "id": "m"}
    stage.router.route(Stanza("message", attrs, f"<body>x</body><x xmlns='{ns.MUC_USER}'/>".encode(), children))
    assert stage.sessions[ROMEO].received[-1].id == "m"
    assert result_of(stage.services.personal.page(ROMEO)).items == ()
