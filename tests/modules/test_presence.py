"""What conversation scripts cannot say of presence: sessions that sleep and come back, slow stores, limits."""

from typing import Any

import msgspec
import pytest
from twisted.internet.defer import Deferred

from ccm.modules import online, presence, subscriptions
from ccm.modules.presence import PresenceOptions
from ccm.records import RosterItem
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza


@pytest.fixture
def services() -> Services:
    services = make_services()
    for name in ("romeo", "juliet"):
        result_of(services.accounts.create(f"{name}@localhost", name, None, ()))
    for own, other in (("romeo", "juliet"), ("juliet", "romeo")):
        item = RosterItem(f"{other}@localhost", subscription="both")
        result_of(services.rosters.save(f"{own}@localhost", {item.jid: item}))
    return services


@pytest.fixture
def router(services: Services) -> Router:
    router = make_router(services)
    for module in (subscriptions, presence, online):
        module.plugin.install(router, services)
    return router


def bound(router: Router, jid: str) -> RecordingSession:
    session = RecordingSession(jid)
    router.bind(session)
    router.fire("session-bound", session)
    return session


def send(router: Router, session: RecordingSession, inner: bytes = b"", **attrs: str) -> None:
    children = (("jabber:client", "show"),) if b"show" in inner else ()
    router.route(Stanza("presence", {"from": session.jid, **attrs}, inner, children), session)


def rows(services: Services, bare: str) -> dict[str, Any]:
    stored = result_of(services.state.hash_all(f"online:{bare}"))
    return {resource: msgspec.json.decode(row) for resource, row in stored.items()}


def test_a_presence_sent_while_the_roster_is_loading_is_told_once_it_is_there(
    router: Router, services: Services
) -> None:
    juliet = bound(router, "juliet@localhost/a")
    send(router, juliet)
    services.rosters.held = Deferred()  # type: ignore[attr-defined]
    romeo = bound(router, "romeo@localhost/a")
    juliet.received.clear()
    send(router, romeo)
    send(router, romeo, b"<show>away</show>")
    send(router, romeo, type="unavailable")
    assert juliet.received == []
    services.rosters.held.callback(None)  # type: ignore[attr-defined]
    assert [(s.type, s.child_text("show")) for s in juliet.received] == [
        (None, None),
        (None, "away"),
        ("unavailable", None),
    ]


def test_who_is_online_is_written_and_cleared(router: Router, services: Services) -> None:
    romeo = bound(router, "romeo@localhost/a")
    assert rows(services, "romeo@localhost") == {}
    send(router, romeo, b"<show>dnd</show>")
    assert rows(services, "romeo@localhost") == {
        "a": {"node": "main", "priority": 0, "show": "dnd", "status": "", "transport": "tcp"}
    }
    router.unbind(romeo)
    router.fire("session-closed", romeo)
    assert rows(services, "romeo@localhost") == {}


def test_rows_of_an_earlier_run_are_removed_at_start_and_those_of_other_nodes_stay(services: Services) -> None:
    for node, resource in (("main", "old"), ("other", "there")):
        row = msgspec.json.encode({"node": node})
        result_of(services.state.hash_set("online:romeo@localhost", resource, row))
    online.plugin.install(make_router(services), services)
    assert set(rows(services, "romeo@localhost")) == {"there"}


def test_a_session_that_does_not_come_back_after_a_restart_is_said_to_be_gone() -> None:
    hands = Hands()
    services = make_services(hands=hands)
    result_of(services.accounts.create("romeo@localhost", "Romeo", None, ()))
    item = RosterItem("juliet@localhost", subscription="both")
    result_of(services.rosters.save("romeo@localhost", {item.jid: item}))
    for resource in ("gone", "back"):
        row = msgspec.json.encode({"node": "main"})
        result_of(services.state.hash_set("online:romeo@localhost", resource, row))
    router = make_router(services)
    for module in (presence, online):
        module.plugin.install(router, services)
    for jid in ("romeo@localhost/back", "juliet@localhost/a"):
        session = RecordingSession(jid)
        session.state["presence"] = f"<presence xmlns='jabber:client' from='{jid}'/>"
        router.bind(session)
        router.fire("session-resumed", session)
    assert set(rows(services, "romeo@localhost")) == {"back"}
    assert session.received == []
    hands.advance(11)
    assert [(s.type, s.from_) for s in session.received] == [("unavailable", "romeo@localhost/gone")]


def test_a_hibernating_session_keeps_its_presence(router: Router) -> None:
    romeo, juliet = bound(router, "romeo@localhost/a"), bound(router, "juliet@localhost/a")
    send(router, romeo)
    send(router, juliet)
    juliet.received.clear()
    romeo.hibernating = True
    router.fire("session-hibernating", romeo)
    assert juliet.received == []
    assert romeo.presence is not None


def test_a_session_made_from_a_record_has_its_presence_again(router: Router, services: Services) -> None:
    romeo = bound(router, "romeo@localhost/a")
    inner = b"<show>xa</show><priority>7</priority>"
    router.route(
        Stanza("presence", {"from": romeo.jid}, inner, (("jabber:client", "show"), ("jabber:client", "priority"))),
        romeo,
    )
    send(router, romeo, to="room@conference.localhost/romeo")
    record = msgspec.json.decode(msgspec.json.encode(romeo.state))
    router.unbind(romeo)
    again = RecordingSession(romeo.jid)
    again.state, again.resumed = record, True
    router.bind(again)
    router.fire("session-resumed", again)
    assert again.priority == 7
    assert again.presence is not None and again.presence.child_text("show") == "xa"
    left: list[Stanza] = []
    room = RecordingSession("conference.localhost")
    room.received = left
    router.add_domain("conference.localhost", room)
    router.unbind(again)
    router.fire("session-closed", again)
    assert [(s.to, s.type) for s in left] == [("room@conference.localhost/romeo", "unavailable")]


def test_a_room_hears_of_the_end_even_of_one_who_was_never_available(router: Router) -> None:
    room = RecordingSession("conference.localhost")
    router.add_domain("conference.localhost", room)
    romeo = bound(router, "romeo@localhost/a")
    send(router, romeo, to="room@conference.localhost/romeo")
    router.unbind(romeo)
    router.fire("session-closed", romeo)
    assert [s.type for s in room.received] == [None, "unavailable"]


def test_a_session_is_shown_directly_to_so_many_addresses_at_most(services: Services) -> None:
    router = make_router(services)
    presence.plugin.install(router, services, PresenceOptions(max_directed=2))
    room = RecordingSession("conference.localhost")
    router.add_domain("conference.localhost", room)
    romeo = bound(router, "romeo@localhost/a")
    for name in ("a", "b", "a", "c"):
        send(router, romeo, to=f"{name}@conference.localhost/romeo")
    assert b"<policy-violation " in romeo.received[-1].inner
    assert len(room.received) == 3
    send(router, romeo, to="a@conference.localhost/romeo", type="unavailable")
    send(router, romeo, to="c@conference.localhost/romeo")
    assert len(room.received) == 5


def test_components_are_subscribed_to_like_anybody_and_probed_at_sign_in(router: Router, services: Services) -> None:
    component = RecordingSession("topics.localhost")
    router.add_domain("topics.localhost", component)
    romeo = bound(router, "romeo@localhost/a")
    send(router, romeo)
    send(router, romeo, to="topics.localhost", type="subscribe")
    assert [(s.type, s.from_) for s in component.received] == [("subscribe", "romeo@localhost")]
    back = {"from": "topics.localhost", "to": "romeo@localhost"}
    router.route(Stanza("presence", {"type": "subscribed", **back}), component)
    romeo.received.clear()
    router.route(Stanza("presence", back, b"<show>dnd</show>", (("jabber:client", "show"),)), component)
    assert [s.child_text("show") for s in romeo.received] == ["dnd"]
    component.received.clear()
    again = bound(router, "romeo@localhost/b")
    send(router, again)
    assert [(s.type, s.from_, s.to) for s in component.received] == [("probe", "romeo@localhost", "topics.localhost")]


def test_a_broadcast_reaches_only_subscribers_with_one_stanza_each(router: Router, services: Services) -> None:
    count = 300
    items = {}
    sessions = []
    for index in range(count):
        jid = f"c{index}@localhost"
        items[jid] = RosterItem(jid, subscription="from" if index % 2 else "none")
        session = RecordingSession(f"{jid}/x")
        session.presence = Stanza("presence", {"from": session.jid})
        router.bind(session)
        sessions.append(session)
    result_of(services.rosters.save("tybalt@localhost", items))
    tybalt = bound(router, "tybalt@localhost/a")
    send(router, tybalt)
    assert [len(session.received) for session in sessions] == [index % 2 for index in range(count)]


def test_a_guest_asks_a_component_for_its_presence_and_keeps_no_roster(router: Router, services: Services) -> None:
    component = RecordingSession("topics.localhost")
    router.add_domain("topics.localhost", component)
    guest = bound(router, "guest@localhost/a")
    send(router, guest)
    guest.received.clear()
    send(router, guest, to="topics.localhost", type="subscribe")
    assert [(s.type, s.from_) for s in component.received] == [("subscribe", "guest@localhost")]
    router.route(Stanza("presence", {"from": "topics.localhost", "to": "guest@localhost"}), component)
    assert [s.from_ for s in guest.received] == ["topics.localhost"]
    assert result_of(services.rosters.load("guest@localhost")) == {}
