"""In-band registration (XEP-0077): before sign-in, change, cancel, limits."""

from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.modules.register import Register, RegisterOptions
from ccm.records import Verifier
from ccm.router.router import Router
from ccm.session.verifiers import SIGNED_IN_BY, fingerprint
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza


class Peer:
    """Somebody not signed in."""

    peer = "192.0.2.1"


async def verifiers(password: str, iterations: int) -> tuple[Verifier, ...]:
    return (Verifier("SCRAM-SHA-1", b"salt", iterations, password.encode(), b"key"),)


class Desk:
    """A router with registration on fakes."""

    def __init__(self, **options: Any) -> None:
        self.hands = Hands()
        self.services = make_services(hands=self.hands)
        self.router: Router = make_router(self.services)
        chosen = RegisterOptions(**({"open": True} | options))
        self.router.attach(Register(self.router, self.services, chosen, verifiers))

    def ask(self, name: str, password: str, type_: str = "set") -> Stanza:
        answer = self.router.before_auth(query(type_, fields(name, password)), Peer())
        assert answer is not None
        stanza = result_of(answer)
        assert isinstance(stanza, Stanza)
        return stanza

    def sign_in(self, name: str) -> RecordingSession:
        session = RecordingSession(f"{name}@localhost/a")
        self.router.bind(session)
        return session


def fields(name: str, password: str) -> bytes:
    return f"<username>{name}</username><password>{password}</password>".encode()


def query(type_: str, inner: bytes, **attrs: str) -> Stanza:
    data = b"<query xmlns='jabber:iq:register'>%b</query>" % inner
    return Stanza("iq", {"type": type_, "id": "1", **attrs}, data, ((ns.REGISTER, "query"),))


def test_a_stranger_makes_an_account() -> None:
    desk = Desk()
    assert b"<username/>" in desk.ask("", "", "get").inner
    assert desk.ask("Ann", "long enough word").type == "result"
    account = result_of(desk.services.accounts.get("ann@localhost"))
    assert account is not None and account.verifiers[0].stored_key == b"long enough word"


@pytest.mark.parametrize(
    ("name", "password", "condition"),
    [
        ("", "long enough word", "not-acceptable"),
        ("ann", "", "not-acceptable"),
        ("ann", "short", "not-acceptable"),
        ("a@b", "long enough word", "not-acceptable"),
        ("a/b", "long enough word", "not-acceptable"),
        ("a b", "long enough word", "not-acceptable"),
        ("taken", "long enough word", "conflict"),
    ],
)
def test_what_cannot_be_an_account_is_refused(name: str, password: str, condition: str) -> None:
    desk = Desk()
    desk.ask("taken", "long enough word")
    with pytest.raises(StanzaError) as refused:
        desk.ask(name, password)
    assert refused.value.condition == condition


def test_any_password_may_be_allowed_for_conformance_suites() -> None:
    assert Desk(allow_any_password=True).ask("ann", "x").type == "result"


def test_only_so_many_accounts_come_from_one_address_in_an_hour() -> None:
    desk = Desk(accounts_per_hour=2)
    desk.ask("a1", "long enough word")
    desk.ask("a2", "long enough word")
    with pytest.raises(StanzaError, match="Too many"):
        desk.ask("a3", "long enough word")
    desk.hands.advance(3601)
    assert desk.ask("a3", "long enough word").type == "result"


def test_nothing_is_offered_before_sign_in_unless_it_is_open() -> None:
    desk = Desk(open=False)
    assert desk.router.before_auth(query("get", b""), Peer()) is None
    assert desk.router.stream_features("before-auth") == b""
    assert b"iq-register" in Desk().router.stream_features("before-auth")


def test_a_password_is_changed_by_its_owner_only() -> None:
    desk = Desk()
    desk.ask("ann", "long enough word")
    desk.ask("bob", "long enough word")
    ann = desk.sign_in("ann")
    desk.router.route(query("set", fields("ann", "another long word"), **{"from": ann.jid}), ann)
    assert ann.received.pop().type == "result"
    account = result_of(desk.services.accounts.get("ann@localhost"))
    assert account is not None and account.verifiers[0].stored_key == b"another long word"
    assert ann.state[SIGNED_IN_BY] == fingerprint(account.verifiers), "so that it can be resumed after a restart"
    desk.router.route(query("set", fields("bob", "another long word"), **{"from": ann.jid}), ann)
    assert b"<not-allowed " in ann.received.pop().inner
    to_bob = {"from": ann.jid, "to": "bob@localhost"}
    desk.router.route(query("set", fields("bob", "another long word"), **to_bob), ann)
    assert b"<forbidden " in ann.received.pop().inner


def test_a_changed_password_ends_the_other_sessions_of_the_account() -> None:
    desk = Desk()
    desk.ask("ann", "long enough word")
    ann, phone = desk.sign_in("ann"), RecordingSession("ann@localhost/phone")
    desk.router.bind(phone)
    desk.router.route(query("set", fields("ann", "another long word"), **{"from": ann.jid}), ann)
    assert ann.received.pop().type == "result"
    assert ann.closed is None
    assert phone.closed is not None and phone.closed.startswith("not-authorized ")


def test_who_cancels_is_answered_and_signed_out_everywhere() -> None:
    desk = Desk()
    desk.ask("ann", "long enough word")
    ann, phone = desk.sign_in("ann"), RecordingSession("ann@localhost/phone")
    desk.router.bind(phone)
    desk.router.route(query("set", b"<remove/>", **{"from": ann.jid}), ann)
    assert ann.received.pop().type == "result"
    assert ann.closed is not None and phone.closed is not None
    assert not desk.services.accounts.exists("ann@localhost")
