"""Signing in as a guest, by a code, and before the mail address is confirmed."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

from session_harness import HEADER, SASL, World

from ccm.records import Account
from ccm.session.guests import MARK, Scope
from ccm.session.options import SaslOptions
from ccm.session.verifiers import make_verifiers
from ccm.testing import fakes

GUESTS = "guests.localhost"
GUEST = f"i1@{GUESTS}"
TO_GUESTS = HEADER.replace(b"to='localhost'", b"to='guests.localhost'")
PASSWORD = "a meadow in November"


def guest_world():
    world = World(sasl=SaslOptions(iterations=4096))
    world.realm = replace(world.realm, guest_host=GUESTS)
    world.router.add_host(GUESTS)
    fakes.result_of(world.services.accounts.create(GUEST, "Kim", None, ()))
    return world


def bearer(client, token):
    data = b64encode(f"n,,\x01auth=Bearer {token}\x01\x01".encode()).decode()
    return client.send(f"<auth {SASL} mechanism='OAUTHBEARER'>{data}</auth>")


def plain(client, name, password=PASSWORD):
    data = b64encode(f"\0{name}\0{password}".encode()).decode()
    return client.send(f"<auth {SASL} mechanism='PLAIN'>{data}</auth>")


def test_tokens_are_the_only_way_in_at_the_guests_host():
    client = guest_world().client()
    said = client.send(TO_GUESTS)
    assert b"<mechanism>OAUTHBEARER</mechanism></mechanisms>" in said
    assert b"SCRAM" not in said and b"PLAIN" not in said
    assert b"<invalid-mechanism/>" in plain(client, GUEST)


def test_a_code_lets_a_guest_in_once_and_its_scope_goes_with_the_session():
    world = guest_world()
    scope = Scope("t@conference.localhost", "t", datetime(2027, 1, 1, tzinfo=UTC)).text()
    code = fakes.result_of(world.realm.tokens.code(GUEST, 120, scope))
    client = world.client()
    client.send(TO_GUESTS)
    assert b"<success" in bearer(client, code)
    client.send(TO_GUESTS)
    client.bind("web")
    assert client.session.jid == f"{GUEST}/web"
    assert client.session.state[MARK] == scope
    other = world.client()
    other.send(TO_GUESTS)
    assert b"<challenge" in bearer(other, code)


def test_an_accounts_session_has_no_scope():
    world = World()
    token, _ = fakes.result_of(world.realm.tokens.issue("ann@localhost"))
    client = world.client()
    client.open()
    bearer(client, token)
    client.open()
    client.bind("web")
    assert MARK not in client.session.state


def test_a_guest_has_no_password_at_the_servers_host_either():
    world = guest_world()
    client = world.client()
    client.open()
    assert b"<not-authorized/>" in plain(client, GUEST)


async def _waiting(name):
    if name not in ("zoe", "zoe@localhost"):
        return None
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Account("zoe@localhost", "Zoe", None, moment, make_verifiers(PASSWORD, 4096), enabled=False)


def waiting_world():
    world = World()
    world.realm = replace(world.realm, waiting=_waiting)
    return world


def test_who_has_not_confirmed_the_address_is_told_so_after_proving_the_password():
    client = waiting_world().client()
    client.open()
    said = plain(client, "zoe")
    assert b"<account-disabled/>" in said
    assert b"Confirm your mail address first" in said


def test_without_the_password_nobody_learns_who_waits():
    world = waiting_world()
    answers = []
    for name in ("zoe", "nobody"):
        client = world.client()
        client.open()
        answers.append(plain(client, name, "something else"))
    assert answers[0] == answers[1]
    assert b"<not-authorized/>" in answers[0]
    assert b"open the link in the mail first" in answers[0]
