"""The router's own rules: targets, phases, verdicts, answers."""

from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.router.hooks import HANDLED, Phase, Target, on
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.testing.fakes import RecordingSession, make_router, make_services
from ccm.wire.stanza import Stanza


@pytest.fixture
def router() -> Router:
    return make_router(make_services())


@pytest.fixture
def romeo(router: Router) -> RecordingSession:
    session = RecordingSession("romeo@localhost/a")
    router.bind(session)
    return session


def iq(type_: str, to: str | None, payload: bytes = b"<ask xmlns='urn:x'/>", **attrs: str) -> Stanza:
    attributes = {"type": type_, "id": "1", "from": "romeo@localhost/a"} | ({"to": to} if to else {}) | attrs
    return Stanza("iq", attributes, payload, (("urn:x", "ask"),) if payload else ())


@pytest.mark.parametrize(
    ("to", "target"),
    [
        (None, Target.NONE),
        ("localhost", Target.HOST),
        ("localhost/x", Target.HOST),
        ("a@localhost", Target.ACCOUNT),
        ("a@localhost/b@c", Target.SESSION),
        ("a@elsewhere", Target.OTHER),
        ("conference.localhost", Target.OTHER),
    ],
)
def test_an_address_is_told_by_whose_it_is(router: Router, to: str | None, target: Target) -> None:
    assert router.target(to) is target


def test_the_first_verdict_wins_and_special_keys_are_asked_first(router: Router, romeo: RecordingSession) -> None:
    asked: list[str] = []

    class Hooks:
        @on.any("iq", to=Target.HOST, phase=Phase.HANDLE)
        def general(self, stanza: Stanza, origin: Any) -> Any:
            asked.append("general")
            return stanza.result()

        @on.iq("get", "urn:x", "ask")
        def special(self, stanza: Stanza, origin: Any) -> Any:
            asked.append("special")

    router.attach(Hooks())
    router.route(iq("get", "localhost"), romeo)
    assert asked == ["special", "general"]
    assert [s.type for s in romeo.received] == ["result"]


def test_a_filter_keeps_a_stanza_from_its_handlers_and_an_observer_sees_what_passes(
    router: Router, romeo: RecordingSession
) -> None:
    seen: list[str | None] = []

    class Hooks:
        @on.message("chat", to=Target.SESSION, phase=Phase.FILTER)
        def stop(self, stanza: Stanza, origin: Any) -> Any:
            return HANDLED if stanza.id == "stop" else None

        @on.any("message", to=Target.SESSION, phase=Phase.OBSERVE)
        def watch(self, stanza: Stanza, origin: Any) -> Any:
            seen.append(stanza.id)

    router.attach(Hooks())
    for id_ in ("stop", "go"):
        router.route(Stanza("message", {"type": "chat", "id": id_, "to": romeo.jid, "from": "x@localhost/y"}))
    assert [s.id for s in romeo.received] == ["go"]
    assert seen == ["go"]


def test_a_coroutine_is_awaited_and_its_error_answered(router: Router, romeo: RecordingSession) -> None:
    class Hooks:
        @on.iq("get", "urn:x", "ask")
        async def answer(self, stanza: Stanza, origin: Any) -> Any:
            return stanza.result(b"<yes xmlns='urn:x'/>", [("urn:x", "yes")])

        @on.iq("set", "urn:x", "ask")
        async def refuse(self, stanza: Stanza, origin: Any) -> Any:
            raise StanzaError("forbidden")

    router.attach(Hooks())
    router.route(iq("get", "localhost"), romeo)
    router.route(iq("set", "localhost"), romeo)
    assert romeo.received[0].payload == ("urn:x", "yes")
    assert b"<forbidden " in romeo.received[1].inner


def test_a_failing_handler_is_an_internal_error_without_its_text(router: Router, romeo: RecordingSession) -> None:
    class Hooks:
        @on.iq("get", "urn:x", "ask")
        def fail(self, stanza: Stanza, origin: Any) -> Any:
            raise RuntimeError("secret")

    router.attach(Hooks())
    router.route(iq("get", "localhost"), romeo)
    assert b"<internal-server-error " in romeo.received[0].inner
    assert b"secret" not in romeo.received[0].inner


@pytest.mark.parametrize(
    ("stanza", "condition"),
    [
        (iq("get", "localhost"), b"service-unavailable"),
        (iq("get", "nobody@localhost"), b"service-unavailable"),
        (iq("get", "romeo@localhost/gone"), b"service-unavailable"),
        (iq("get", "elsewhere.invalid"), b"remote-server-not-found"),
        (iq("get", "localhost", b""), b"bad-request"),
        (iq("both", "localhost"), b"bad-request"),
    ],
)
def test_what_nobody_answers_is_an_error(
    router: Router, romeo: RecordingSession, stanza: Stanza, condition: bytes
) -> None:
    router.route(stanza, romeo)
    (answer,) = romeo.received
    assert (answer.type, answer.id, answer.from_) == ("error", "1", stanza.to)
    assert b"<" + condition in answer.inner


@pytest.mark.parametrize("type_", ["result", "error"])
@pytest.mark.parametrize("to", ["localhost", "nobody@localhost", "elsewhere.invalid", "romeo@localhost/gone"])
def test_an_answer_is_never_answered(router: Router, romeo: RecordingSession, type_: str, to: str) -> None:
    router.route(iq(type_, to), romeo)
    assert romeo.received == []


def test_the_servers_own_request_gets_its_answer_only_from_whom_it_asked(
    router: Router, romeo: RecordingSession
) -> None:
    answers: list[Stanza] = []
    ask = Stanza("iq", {"type": "get", "from": "localhost", "to": romeo.jid}, b"<ping xmlns='urn:xmpp:ping'/>",
                 ((ns.PING, "ping"),))  # fmt: skip
    router.request(ask, answers.append)
    (asked,) = romeo.received
    router.route(asked.result().copy(from_="tybalt@localhost/x"))
    assert answers == []
    router.route(asked.result())
    router.route(asked.result())
    assert [a.type for a in answers] == ["result"]


def test_a_request_that_was_forgotten_is_not_answered(router: Router, romeo: RecordingSession) -> None:
    answers: list[Stanza] = []
    forget = router.request(iq("get", romeo.jid).copy(from_="localhost"), answers.append)
    forget()
    router.route(romeo.received[0].result())
    assert answers == []


def test_a_resource_is_bound_once_and_another_session_cannot_unbind_it(router: Router, romeo: RecordingSession) -> None:
    other = RecordingSession(romeo.jid)
    with pytest.raises(StanzaError, match="in use"):
        router.bind(other)
    router.unbind(other)
    assert router.session(romeo.jid) is romeo
    router.unbind(romeo)
    assert router.sessions == {}


def test_a_domain_is_served_by_one_sink_until_it_goes(router: Router) -> None:
    events: list[tuple[str, str]] = []

    class Hooks:
        @on.event("domain-up")
        def up(self, domain: str) -> None:
            events.append(("up", domain))

        @on.event("domain-down")
        def down(self, domain: str) -> None:
            events.append(("down", domain))

    router.attach(Hooks())
    sink, rival = RecordingSession("svc.localhost"), RecordingSession("svc.localhost")
    router.add_domain("svc.localhost", sink)
    with pytest.raises(StanzaError, match="already served"):
        router.add_domain("svc.localhost", rival)
    with pytest.raises(StanzaError, match="already served"):
        router.add_domain("localhost", rival)
    router.route(Stanza("message", {"to": "room@svc.localhost/nick", "from": "a@localhost/b"}))
    assert len(sink.received) == 1
    router.remove_domain("svc.localhost", rival)
    assert router.domains() == ("svc.localhost",)
    router.remove_domain("svc.localhost", sink)
    assert router.domains() == ()
    assert events == [("up", "svc.localhost"), ("down", "svc.localhost")]


def test_one_failing_event_handler_keeps_no_other_from_hearing(router: Router) -> None:
    heard: list[str] = []

    class Bad:
        @on.event("account-deleted")
        def fail(self, jid: str) -> None:
            raise RuntimeError

    class Good:
        @on.event("account-deleted")
        def hear(self, jid: str) -> None:
            heard.append(jid)

    router.attach(Bad())
    router.attach(Good())
    router.fire("account-deleted", "a@localhost")
    assert heard == ["a@localhost"]


def test_only_a_bound_session_counts_as_a_client(router: Router, romeo: RecordingSession) -> None:
    assert router.is_client(romeo)
    assert not router.is_client(RecordingSession(romeo.jid))
    assert not router.is_client(None)


def test_before_authentication_only_what_is_offered_is_answered(router: Router) -> None:
    async def handler(stanza: Stanza, origin: Any) -> Stanza:
        return stanza.result()

    router.add_before_auth("urn:x", "ask", handler)
    answer = router.before_auth(iq("get", None), None)
    assert answer is not None
    answer.close()
    assert router.before_auth(iq("result", None), None) is None
    assert router.before_auth(Stanza("message", {}, b"", (("urn:x", "ask"),)), None) is None


def test_one_module_serves_two_routers_without_sharing_state() -> None:
    built: list[object] = []

    class Counting:
        def __init__(self, router: Router, services: Any, options: Any) -> None:
            built.append(self)

    module = Module("counting", "none", Counting, ("urn:a",))
    first, second = make_services(), make_services()
    routers = [make_router(first), make_router(second)]
    for router, services in zip(routers, (first, second), strict=True):
        module.install(router, services)
    assert len(set(map(id, built))) == 2
    assert routers[0].features() == routers[1].features() == ("urn:a",)


def test_stream_features_are_told_apart_by_when_they_hold(router: Router) -> None:
    router.add_stream_feature(lambda: b"<a/>")
    router.add_stream_feature(lambda: b"<b/>", "before-auth")
    assert (router.stream_features(), router.stream_features("before-auth")) == (b"<a/>", b"<b/>")
