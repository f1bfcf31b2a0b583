"""What becomes of messages that a session never acknowledged (XEP-0198 §4)."""

import pytest

from ccm.modules import messages, presence
from ccm.router.router import Router
from ccm.testing.fakes import RecordingSession, make_router, make_services
from ccm.wire.stanza import Stanza

BODY = (b"<body>x</body>", (("jabber:client", "body"),))


@pytest.fixture
def router() -> Router:
    services = make_services()
    router = make_router(services)
    for module in (messages, presence):
        module.plugin.install(router, services)
    return router


def lose(router: Router, *stanzas: Stanza) -> None:
    session = RecordingSession("romeo@localhost/gone")
    router.bind(session)
    router.unbind(session)
    router.fire("session-lost", session, stanzas)
    router.fire("session-closed", session)


def bound(router: Router, jid: str) -> RecordingSession:
    session = RecordingSession(jid)
    session.priority = 0
    router.bind(session)
    return session


def message(type_: str, from_: str) -> Stanza:
    return Stanza("message", {"type": type_, "id": "1", "from": from_, "to": "romeo@localhost/gone"}, *BODY)


def test_a_chat_message_goes_to_another_resource_and_says_when(router: Router) -> None:
    other, juliet = bound(router, "romeo@localhost/here"), bound(router, "juliet@localhost/a")
    lose(router, message("chat", juliet.jid))
    (got,) = other.received
    assert got.has("urn:xmpp:delay", "delay") and got.child_text("body") == "x"
    assert juliet.received == []


def test_a_chat_message_that_nobody_else_can_read_goes_back(router: Router) -> None:
    juliet = bound(router, "juliet@localhost/a")
    lose(router, message("chat", juliet.jid))
    assert [(s.type, s.id) for s in juliet.received] == [("error", "1")]


def test_a_room_learns_that_its_occupant_is_gone(router: Router) -> None:
    room = RecordingSession("conference.localhost")
    router.add_domain("conference.localhost", room)
    lose(router, message("groupchat", "garden@conference.localhost/juliet"))
    (error,) = room.received
    assert (error.type, error.from_) == ("error", "romeo@localhost/gone")
    assert b"<service-unavailable " in error.inner


def test_a_request_is_answered_with_an_error_and_the_rest_is_dropped(router: Router) -> None:
    juliet = bound(router, "juliet@localhost/a")
    attrs = {"from": juliet.jid, "to": "romeo@localhost/gone", "id": "q"}
    ping = (b"<ping xmlns='urn:xmpp:ping'/>", (("urn:xmpp:ping", "ping"),))
    lose(
        router,
        Stanza("iq", {**attrs, "type": "get"}, *ping),
        Stanza("iq", {**attrs, "type": "result"}),
        Stanza("presence", attrs),
        message("error", juliet.jid),
        message("headline", juliet.jid),
    )
    assert [(s.kind, s.type, s.id) for s in juliet.received] == [("iq", "error", "q")]
