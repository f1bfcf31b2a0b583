"""Who signed in as nobody talks, and has nothing kept (XEP-0175 §5)."""

import pytest

from ccm.modules.anonymous import plugin
from ccm.testing.fakes import RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza

_PING = ("urn:xmpp:ping", "ping")


class Ball:
    """A masked guest, and Ann, who has an account."""

    def __init__(self) -> None:
        self.services = make_services()
        self.router = make_router(self.services)
        self.router.add_host("anon.localhost")
        plugin.install(self.router, self.services)
        result_of(self.services.accounts.create("ann@localhost", "Ann", None, ()))
        self.mask, self.ann = (RecordingSession(jid) for jid in ("4f@anon.localhost/x", "ann@localhost/a"))
        for session in (self.mask, self.ann):
            self.router.bind(session)
            self.router.fire("session-bound", session)
        self.router.add_domain("topics.localhost", RecordingSession("topics.localhost"))

    def refused(self, stanza: Stanza, by: RecordingSession) -> bool:
        by.received.clear()
        self.router.route(stanza.copy(from_=by.jid), by)
        return any(b"<forbidden " in each.inner for each in by.received)


def iq(type_: str, to: str, payload: tuple[str, str] = ("urn:x", "create")) -> Stanza:
    inner = f"<{payload[1]} xmlns='{payload[0]}'/>".encode()
    return Stanza("iq", {"type": type_, "id": "1", "to": to}, inner, (payload,))


@pytest.mark.parametrize(
    "stanza",
    [
        iq("set", "topics.localhost"),
        *(
            Stanza("presence", {"type": type_, "to": "ann@localhost"})
            for type_ in ("subscribe", "subscribed", "unsubscribe", "unsubscribed")
        ),
    ],
)
def test_what_would_have_to_be_kept_is_refused_to_strangers_alone(stanza: Stanza) -> None:
    ball = Ball()
    assert ball.refused(stanza, ball.mask)
    assert not ball.refused(stanza, ball.ann)


@pytest.mark.parametrize(
    "stanza",
    [
        iq("get", "topics.localhost"),
        iq("set", "topics.localhost", _PING),
        iq("set", "room@conference.localhost"),
        iq("set", "localhost"),
        Stanza("presence", {"to": "room@conference.localhost/x"}),
        Stanza("presence", {}),
        Stanza("message", {"to": "ann@localhost/a"}),
    ],
)
def test_they_talk_and_look(stanza: Stanza) -> None:
    ball = Ball()
    assert not ball.refused(stanza, ball.mask)


def test_who_has_gone_is_forgotten() -> None:
    ball = Ball()
    ball.router.fire("session-closed", ball.mask)
    assert not ball.refused(iq("set", "topics.localhost"), ball.mask)
