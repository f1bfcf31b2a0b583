"""Two domains of one process on one store: each keeps, loads and forgets what is of its own accounts alone."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.config import Config
from ccm.errors import ConfigError, StanzaError
from ccm.house import Ground, House
from ccm.modules import blocking, mam, messages, offline, push, register
from ccm.records import PushTarget
from ccm.router.hooks import on
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.settings import Settings
from ccm.testing import fakes
from ccm.testing.fakes import Hands, RecordingSession, make_services, result_of
from ccm.wire.stanza import Stanza

ALICE, BOB = "alice@a.example", "bob@b.example"
BODY = (ns.CLIENT, "body")
MODULES = (messages, offline, blocking, mam, push, register)
STORES = (
    *("accounts", "rosters", "account_xml", "pubsub_nodes", "archive", "personal", "offline", "tokens", "state"),
    *("uploads", "push_targets"),
)


class Place:
    """Two houses with a person each, whose stores are shared; made of one *before*, it is that after a restart."""

    def __init__(self, before: "Place | None" = None, **options: tuple[Any, Any]) -> None:
        self.hands: Hands = before.hands if before else Hands()
        self.shared: Services = before.shared if before else make_services("a.example", self.hands)
        settings = Settings(Config("ccm.toml", {"server": {"host": "a.example"}, "hosts": {"b.example": {}}}))
        ground = SimpleNamespace(
            reactor=self.hands,
            now=self.hands.now,
            stores=SimpleNamespace(
                **{name: getattr(self.shared, name) for name in STORES},
                database=SimpleNamespace(barrier=lambda: None),
            ),
            contacts=self.shared.contacts,
            addresses=SimpleNamespace(by_use={}),
            neighbours=Neighbours(),
            rooms=[],
            keepers=[],
        )
        self.neighbours = ground.neighbours
        self.routers: dict[str, Router] = {}
        for number, own in enumerate((settings, *settings.hosts.values())):
            house = House(_as_ground(ground), own, is_own=number == 0)
            self.routers[house.host] = house.router
            services = replace(house.services(), later=self.hands.later)
            for module in MODULES:
                chosen = options.get(module.plugin.name)
                module.plugin.install(house.router, services, chosen[number] if chosen else None)
        self.sessions: dict[str, RecordingSession] = {}
        for jid in (ALICE, BOB):
            if not self.shared.accounts.exists(jid):
                result_of(self.shared.accounts.create(jid, jid, None, ()))

    def comes(self, jid: str) -> RecordingSession:
        """Somebody who is there from now on."""
        session = self.sessions[jid] = RecordingSession(f"{jid}/x")
        session.priority = 0
        self.routers[jid.partition("@")[2]].bind(session)
        return session

    def says(self, from_: str, to: str, word: str = "x") -> None:
        """One message."""
        attrs = {"type": "chat", "id": "m", "from": f"{from_}/x", "to": to}
        stanza = Stanza("message", attrs, b"<body>%b</body>" % word.encode(), (BODY,))
        self.routers[from_.partition("@")[2]].route(stanza, self.sessions[from_])

    def asks(self, jid: str, name: str, xmlns: str, inner: bytes = b"", more: str = "") -> Stanza:
        """A request to one's own account, and the answer."""
        payload = f"<{name} xmlns='{xmlns}'{more}>".encode() + inner + f"</{name}>".encode()
        stanza = Stanza("iq", {"type": "set", "id": "i", "from": f"{jid}/x"}, payload, ((xmlns, name),))
        self.routers[jid.partition("@")[2]].route(stanza, self.sessions[jid])
        return self.sessions[jid].received[-1]

    def kept(self, jid: str) -> list[Any]:
        """An archive."""
        return list(result_of(self.shared.personal.page(jid)).items)


def _as_ground(ground: Any) -> Ground:
    return ground  # type: ignore[no-any-return]  # what a house uses before it is opened


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_message_between_them_is_one_row_in_each_archive(place: Place) -> None:
    place.comes(ALICE)
    bob = place.comes(BOB)
    place.says(ALICE, BOB)
    place.says(ALICE, f"{BOB}/x")
    assert [len(place.kept(jid)) for jid in (ALICE, BOB)] == [2, 2]
    ids = [row.id for row in place.kept(BOB)]
    assert [stanza.element.firstChildElement() is not None for stanza in bob.received] == [True, True]
    for stanza, id_ in zip(bob.received, ids, strict=True):
        assert stanza.inner.count(b"<stanza-id ") == 1 and id_.encode() in stanza.inner


def test_each_archive_is_kept_as_its_owner_wants_now(place: Place) -> None:
    place.comes(ALICE)
    place.comes(BOB)
    assert place.asks(BOB, "prefs", ns.MAM, more=" default='never'").type == "result"
    place.says(ALICE, BOB)
    assert [len(place.kept(jid)) for jid in (ALICE, BOB)] == [1, 0]
    place = Place(place)
    place.comes(ALICE)
    place.comes(BOB)
    assert place.asks(BOB, "prefs", ns.MAM, more=" default='always'").type == "result"
    place.says(ALICE, BOB)
    assert [len(place.kept(jid)) for jid in (ALICE, BOB)] == [2, 1]


def test_accounts_of_the_other_domain_are_no_accounts_of_this_one(place: Place) -> None:
    a, b = place.routers.values()
    assert (a.is_account(ALICE), a.is_account(BOB)) == (True, False)
    assert (b.is_account(ALICE), b.is_account(BOB)) == (False, True)
    assert not a.is_account("nobody@a.example")


def test_bounds_of_one_domain_take_nothing_out_of_the_archives_of_another() -> None:
    short, long = mam.MamOptions(keep_days=7, max_messages=2), mam.MamOptions(keep_days=30, max_messages=0)
    place = Place(mam=(long, short))
    place.comes(ALICE)
    place.comes(BOB)
    place.says(ALICE, BOB, "old")
    place.hands.advance(8 * 86_400)
    for _ in range(3):
        place.says(ALICE, BOB)
    place.hands.advance(3_700)
    assert [len(place.kept(jid)) for jid in (ALICE, BOB)] == [4, 2]
    place.hands.advance(23 * 86_400)
    assert [len(place.kept(jid)) for jid in (ALICE, BOB)] == [3, 0]


def _block(place: Place, name: str) -> None:
    assert place.asks(ALICE, name, ns.BLOCKING, f"<item jid='{BOB}'/>".encode()).type == "result"


@pytest.mark.parametrize(("from_", "to"), [(ALICE, BOB), (BOB, ALICE)])
def test_who_is_unblocked_after_a_restart_is_reached(place: Place, from_: str, to: str) -> None:
    place.comes(ALICE)
    _block(place, "block")
    place = Place(place)
    for jid in (ALICE, BOB):
        place.comes(jid)
    place.says(BOB, ALICE)
    assert b"<service-unavailable " in place.sessions[BOB].received[-1].inner
    _block(place, "unblock")
    place.says(from_, to, "again")
    assert b"again" in place.sessions[to].received[-1].inner


def test_what_waits_is_counted_and_brought_once_after_a_restart(place: Place) -> None:
    place.comes(ALICE)
    place.says(ALICE, BOB, "waits")
    after = Place(place, offline=(offline.OfflineOptions(max_messages=1), offline.OfflineOptions(max_messages=2)))
    after.comes(ALICE)
    after.says(ALICE, BOB, "second")
    bob = after.comes(BOB)
    for router in after.routers.values():
        router.fire("session-presence", bob)
    assert [word for stanza in bob.received for word in (b"waits", b"second") if word in stanza.inner] == [
        b"waits",
        b"second",
    ]


def test_nobody_is_notified_for_the_accounts_of_another_domain(place: Place) -> None:
    asked: list[Stanza] = []
    result_of(place.shared.push_targets.save(PushTarget(BOB, "push.example", "n", f"{BOB}/phone", b"")))
    place = Place(place)
    place.neighbours.set_elsewhere(_Sink(asked.append))
    for router in place.routers.values():
        router.fire("message-kept", BOB, Stanza("message", {"from": ALICE, "to": BOB}, b"<body>x</body>", (BODY,)))
    assert [stanza.from_ for stanza in asked] == ["b.example"]


def test_every_domain_hears_once_of_an_account_that_is_deleted(place: Place) -> None:
    gone: list[tuple[str, str]] = []

    class Listener:
        def __init__(self, host: str) -> None:
            self._host = host

        @on.event("account-deleted")
        def heard(self, jid: str) -> None:
            gone.append((self._host, jid))

    for host, router in place.routers.items():
        router.attach(Listener(host))
    place.comes(ALICE)
    assert place.asks(ALICE, "query", "jabber:iq:register", b"<remove/>").type == "result"
    assert gone == [("a.example", ALICE), ("b.example", ALICE)]


def test_who_has_no_account_writes_to_nobody_at_the_other_domain(place: Place) -> None:
    a, b = place.routers.values()
    mask = RecordingSession("4f@anon.a.example/x")
    a.add_host("anon.a.example")
    a.bind(mask)
    place.comes(BOB)
    for kind, inner in (("message", b"<body>hi</body>"), ("iq", b"<query xmlns='u'/>"), ("presence", b"")):
        for staying in (True, False):
            mask.received.clear()
            place.neighbours.staying = {"anon.a.example"} if staying else set()
            attrs = {"from": mask.jid, "to": BOB, "id": "1"} | ({"type": "get"} if kind == "iq" else {})
            a.route(Stanza(kind, attrs, inner, (("u", "query"),) if kind == "iq" else ()), mask)
            assert any(b"<forbidden " in each.inner for each in mask.received) is staying
    assert b.is_account(BOB)


def test_the_hosts_without_accounts_stay_unless_an_option_lets_them_out() -> None:
    assert Place().neighbours.staying == {"guests.a.example"}


def test_no_two_of_them_serve_one_domain(place: Place) -> None:
    a, b = place.routers.values()
    sink: Any = _Sink(lambda _: None)
    a.add_domain("nodes.a.example", sink)
    for router, domain in ((b, "nodes.a.example"), (b, "a.example"), (a, "b.example")):
        with pytest.raises(StanzaError, match="already served"):
            router.add_domain(domain, sink)
    a.remove_domain("nodes.a.example", sink)
    b.add_domain("nodes.a.example", sink)
    c = Router(lambda _: False, fakes.spawn)
    c.add_host("nodes.a.example")
    with pytest.raises(ConfigError, match="is served twice"):
        place.neighbours.add(c)


class _Sink:
    jid = ""

    def __init__(self, deliver: Callable[[Stanza], None]) -> None:
        self.deliver = deliver
