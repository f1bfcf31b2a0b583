"""From the stream header to a bound resource, and what is refused on the way."""

import itertools
from base64 import b64encode
from dataclasses import replace

import pytest
from session_harness import HEADER, SASL, Client, World, inner
from twisted.internet.defer import Deferred

from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.states import EDGES, State
from ccm.session.visitors import VisitorOptions, Visitors
from ccm.testing import fakes

BIND = b"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def test_someone_signs_in_and_binds() -> None:
    world = World()
    client = world.client()
    said = client.open()
    assert b"<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>" in said
    assert b"<mechanism>PLAIN</mechanism>" in said
    assert client.session.state_name == "authenticating"
    assert b"<success" in client.scram("ann", "secret")
    said = client.open()
    assert BIND in said
    assert b"<sm xmlns='urn:xmpp:sm:3'/>" in said
    assert b"<jid>ann@localhost/balcony</jid>" in client.bind("balcony")
    assert client.session.jid == "ann@localhost/balcony"
    assert world.names() == ["session-bound"]


def test_the_stream_id_is_new_for_every_stream() -> None:
    client = World().client()
    client.open()
    first = client.session.stream_id
    client.scram("ann", "secret")
    client.open()
    assert client.session.stream_id != first


@pytest.mark.parametrize("name", ["ann", "ann@localhost", "ann@example.org"])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"])
def test_address_local_part_and_mail_address_sign_in_alike(name: str, mechanism: str) -> None:
    client = World().client()
    client.open()
    said = client.plain(name, "secret") if mechanism == "PLAIN" else client.scram(name, "secret", mechanism)
    assert b"<success" in said
    client.open()
    assert b"<jid>ann@localhost/x</jid>" in client.bind("x")


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "PLAIN"])
def test_an_authzid_of_somebody_else_is_never_granted(mechanism: str) -> None:
    world = World()
    for authzid, granted in (
        ("ann@localhost", True),
        ("admin@localhost", False),
        ("ANN@localhost", True),
        ("@", False),
    ):
        client = world.client()
        client.open()
        if mechanism == "PLAIN":
            said = client.plain("ann", "secret", authzid)
        else:
            said = client.scram("ann", "secret", mechanism, authzid)
        assert (b"<success" in said) is granted, authzid
        assert (b"<invalid-authzid/>" in said) is not granted


def test_an_unknown_user_cannot_be_told_from_a_wrong_password() -> None:
    world = World()

    def exchange(name: str) -> tuple[bytes, bytes]:
        client = world.client()
        client.open()
        first = b64encode(f"n,,n={name},r=abcdef".encode()).decode()
        challenge = inner(client.send(f"<auth {SASL} mechanism='SCRAM-SHA-256'>{first}</auth>"))
        nonce = challenge.split(b",")[0][2:].decode()
        final = b64encode(f"c=biws,r={nonce},p={b64encode(b'0' * 32).decode()}".encode()).decode()
        return challenge, client.send(f"<response {SASL}>{final}</response>")

    known, refused = exchange("ann")
    unknown, refused_too = exchange("nobody")
    again, _ = exchange("nobody")
    assert refused == refused_too
    assert b"<not-authorized/>" in refused
    assert known.split(b",")[2] == unknown.split(b",")[2]
    assert len(known.split(b",")[1]) == len(unknown.split(b",")[1])
    assert unknown.split(b",")[1] == again.split(b",")[1]
    assert known.split(b",")[1] != unknown.split(b",")[1]


def test_plain_hashes_for_unknown_names_too() -> None:
    world = World()
    asked: list[object] = []

    async def verify(password: str, verifier: object) -> bool:
        asked.append(verifier)
        return True

    object.__setattr__(world.realm, "verify_password", verify)
    client = world.client()
    client.open()
    assert b"<not-authorized/>" in client.plain("nobody", "x")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("sent", "condition"),
    [
        ("<auth {0} mechanism='PLAIN'>***</auth>", "incorrect-encoding"),
        ("<auth {0} mechanism='PLAIN'>YQ==</auth>", "malformed-request"),
        ("<auth {0} mechanism='PLAIN'>=</auth>", "malformed-request"),
        ("<auth {0} mechanism='X-OWN'/>", "invalid-mechanism"),
        ("<auth {0}/>", "invalid-mechanism"),
        ("<abort {0}/>", "aborted"),
        ("<response {0}/>", "malformed-request"),
        ("<auth {0} mechanism='SCRAM-SHA-256'>cD10bHMtdW5pcXVlLCxuPWFubixyPWE=</auth>", "malformed-request"),
        ("<auth {0} mechanism='SCRAM-SHA-256'>biwsbT14LG49YW5uLHI9YQ==</auth>", "malformed-request"),
        ("<auth {0} mechanism='SCRAM-SHA-256'>biwsbj1hPXgscj1h</auth>", "malformed-request"),
        ("<auth {0} mechanism='OAUTHBEARER'>YQ==</auth>", "malformed-request"),
    ],
)
def test_a_faulty_exchange_fails_with_its_condition(sent: str, condition: str) -> None:
    client = World().client()
    client.open()
    assert f"<{condition}/>".encode() in client.send(sent.format(SASL))
    assert not client.connection.closed
    assert b"<success" in client.scram("ann", "secret")


def test_after_three_failures_the_stream_is_closed() -> None:
    client = World().client()
    client.open()
    for _ in range(2):
        client.plain("ann", "wrong")
        assert not client.connection.closed
    assert b"<policy-violation" in client.plain("ann", "wrong")
    assert client.connection.closed


def test_an_empty_initial_response_is_asked_for() -> None:
    client = World().client()
    client.open()
    assert b"<challenge" in client.send(f"<auth {SASL} mechanism='PLAIN'/>")
    said = b64encode(b"\0ann\0secret").decode()
    assert b"<success" in client.send(f"<response {SASL}>{said}</response>")


def test_a_token_signs_in_at_the_domain_of_its_account_alone() -> None:
    world = World()
    fakes.result_of(world.services.accounts.create("eve@other.example", "Eve", None, ()))
    token, _ = fakes.result_of(world.realm.tokens.issue("eve@other.example"))
    client = world.client()
    client.open()
    data = b64encode(f"n,,\x01auth=Bearer {token}\x01\x01".encode()).decode()
    said = client.send(f"<auth {SASL} mechanism='OAUTHBEARER'>{data}</auth>")
    assert b"invalid_token" in inner(said)
    assert b"<not-authorized/>" in client.send(f"<response {SASL}>AQ==</response>")


def test_a_token_signs_in_until_it_is_revoked() -> None:
    world = World()
    token, _ = fakes.result_of(world.realm.tokens.issue("ann@localhost"))

    def bearer(header: str = "n,,") -> bytes:
        client = world.client()
        client.open()
        data = b64encode(f"{header}\x01auth=Bearer {token}\x01\x01".encode()).decode()
        said = client.send(f"<auth {SASL} mechanism='OAUTHBEARER'>{data}</auth>")
        if b"<challenge" in said:
            assert b"invalid_token" in inner(said)
            return client.send(f"<response {SASL}>AQ==</response>")
        return said

    assert b"<success" in bearer()
    assert b"<success" in bearer("n,a=ann@localhost,")
    assert b"<invalid-authzid/>" in bearer("n,a=kim@localhost,")
    fakes.result_of(world.realm.tokens.revoke("ann@localhost"))
    assert b"<not-authorized/>" in bearer()


def test_a_token_ends_after_its_time() -> None:
    world = World()
    token, _ = fakes.result_of(world.realm.tokens.issue("ann@localhost"))
    world.hands.advance(24 * 3600 + 1)
    assert fakes.result_of(world.realm.tokens.check(token)) is None


def test_guests_are_served_at_their_own_host_only() -> None:
    world = World(sasl=SaslOptions(iterations=4096, anonymous_hosts=("guests.localhost",)))
    client = world.client()
    said = client.send(HEADER.replace(b"to='localhost'", b"to='guests.localhost'"))
    assert b"<mechanism>ANONYMOUS</mechanism></mechanisms>" in said
    assert b"<success" in client.send(f"<auth {SASL} mechanism='ANONYMOUS'/>")
    client.send(HEADER.replace(b"to='localhost'", b"to='guests.localhost'"))
    client.bind("r")
    assert client.session.bare.endswith("@guests.localhost")
    other = world.client()
    other.open()
    assert b"<invalid-mechanism/>" in other.send(f"<auth {SASL} mechanism='ANONYMOUS'/>")


def test_nothing_but_tls_is_offered_before_tls() -> None:
    world = World()
    client = world.client(secure=False, tls_available=True)
    said = client.open()
    assert b"<required/>" in said
    assert b"mechanism" not in said
    assert b"<policy-violation" in client.plain("ann", "secret")
    assert client.connection.closed


def test_after_tls_a_new_stream_offers_mechanisms() -> None:
    client = World().client(secure=False, tls_available=True)
    client.open()
    assert b"<proceed" in client.send(STARTTLS)
    assert client.connection.secure
    assert client.session.state_name == "opening"
    assert b"<mechanism>" in client.open()


@pytest.mark.parametrize("extra", [b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", b"<iq", HEADER])
def test_bytes_injected_behind_starttls_close_the_stream(extra: bytes) -> None:
    client = World().client(secure=False, tls_available=True)
    client.open()
    said = client.send(STARTTLS + extra)
    assert b"<policy-violation" in said
    assert b"<proceed" not in said
    assert client.connection.closed
    assert not client.connection.secure


def test_plain_without_tls_needs_both_options() -> None:
    loose = SessionOptions(require_tls=False)
    client = World(loose).client(secure=False, tls_available=True)
    said = client.open()
    assert b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls>" in said
    assert b"SCRAM-SHA-1" in said
    assert b"PLAIN" not in said
    assert b"<invalid-mechanism/>" in client.plain("ann", "secret")
    both = World(loose, SaslOptions(iterations=4096, plain_without_tls=True)).client(secure=False)
    assert b"PLAIN" in both.open()
    assert b"<success" in both.plain("ann", "secret")


@pytest.mark.parametrize(
    ("header", "condition"),
    [
        (HEADER.replace(b"'localhost'", b"'elsewhere.example'"), b"host-unknown"),
        (HEADER.replace(b"'localhost'", b"'@'"), b"host-unknown"),
        (HEADER.replace(b"version='1.0'", b""), b"unsupported-version"),
        (HEADER.replace(b"version='1.0'", b"version='0.9'"), b"unsupported-version"),
        (HEADER.replace(b"jabber:client", b"jabber:server"), b"invalid-namespace"),
        (b"<message/>", b"invalid-namespace"),
        (b"\xff\xfe", b"not-well-formed"),
    ],
)
def test_a_wrong_header_is_answered_by_a_header_and_an_error(header: bytes, condition: bytes) -> None:
    client = World().client()
    said = client.send(header)
    assert said.startswith(b"<?xml version='1.0'?><stream:stream")
    assert b"<" + condition + b" " in said
    assert said.endswith(b"</stream:stream>")
    assert client.connection.closed


@pytest.mark.parametrize(
    "stanza", ["<message to='ann@localhost'/>", "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"]
)
def test_a_stanza_before_login_ends_the_stream(stanza: str) -> None:
    client = World().client()
    client.open()
    assert b"<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>" in client.send(stanza)


def test_an_iq_that_a_module_serves_before_login_is_answered() -> None:
    world = World()

    async def register(stanza: object, origin: object) -> object:
        return stanza.result()  # type: ignore[attr-defined]

    world.router.add_before_auth("jabber:iq:register", "query", register)  # type: ignore[arg-type]
    client = world.client()
    client.open()
    assert b"type='result'" in client.send("<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>")


def test_a_stanza_before_binding_ends_the_stream() -> None:
    client = World().client()
    client.sign_in()
    assert b"<not-authorized " in client.send("<message to='ann@localhost'/>")


def test_a_resource_is_made_up_if_none_is_wished() -> None:
    world = World()
    one, two = world.bound(""), world.bound("")
    assert one.session.jid != two.session.jid


def test_an_impossible_resource_can_be_tried_again() -> None:
    client = World().client()
    client.sign_in()
    assert b"<bad-request" in client.bind("a" * 1100)
    assert b"type='result'" in client.bind("short")


def test_a_new_session_takes_the_resource_of_an_old_one() -> None:
    world = World()
    old, new = world.bound("same"), world.bound("same")
    assert b"<conflict " in old.take()
    assert old.connection.closed
    assert world.router.session("ann@localhost/same") is new.session
    assert world.names() == ["session-bound", "session-closed", "session-bound"]


def test_sessions_of_an_account_are_bounded() -> None:
    world = World(SessionOptions(sessions_per_account=2))
    world.bound("1")
    world.bound("2")
    third = world.client()
    third.sign_in()
    assert b"<resource-constraint" in third.bind("3")
    assert not third.connection.closed


def test_a_hibernating_session_makes_room_for_a_new_one() -> None:
    world = World(SessionOptions(sessions_per_account=1))
    asleep = world.bound("1")
    asleep.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    asleep.session.disconnected()
    world.bound("2")
    assert [session.jid for session in world.router.sessions_of("ann@localhost")] == ["ann@localhost/2"]


def test_a_disabled_account_is_told_so_only_with_the_right_password() -> None:
    from dataclasses import replace

    world = World()
    accounts = world.services.accounts
    accounts._accounts["ann@localhost"] = replace(accounts._accounts["ann@localhost"], enabled=False)  # type: ignore[attr-defined]
    client = world.client()
    client.open()
    assert b"<not-authorized/>" in client.plain("ann", "wrong")
    assert b"<account-disabled/>" in client.plain("ann", "secret")


def test_who_sends_nothing_is_cut_first() -> None:
    world = World()
    silent, slow = world.client(), world.client()
    slow.send(b" ")
    world.hands.advance(5.1)
    assert silent.connection.closed
    assert not slow.connection.closed
    world.hands.advance(84.8)
    assert not slow.connection.closed
    world.hands.advance(0.2)
    assert slow.connection.closed
    assert b"<connection-timeout" in slow.take()


@pytest.mark.parametrize(("options", "seconds"), [({}, 60), ({"login_seconds": 20}, 20)])
def test_who_does_not_begin_tls_is_cut_when_a_person_could_have_judged_the_certificate(
    options: dict[str, int], seconds: int
) -> None:
    world = World(SessionOptions(**options))
    client = world.client(secure=False, tls_available=True)
    client.open()
    world.hands.advance(5)
    world.hands.advance(seconds - 5.1)
    assert not client.connection.closed
    world.hands.advance(0.2)
    assert client.connection.closed
    assert b"Begin with TLS sooner." in client.take()


def test_no_timer_runs_for_a_bound_session() -> None:
    world = World()
    world.bound()
    world.hands.advance(3600)
    assert world.names() == ["session-bound"]


def test_what_arrives_while_the_store_is_asked_waits_its_turn() -> None:
    from twisted.internet.defer import Deferred

    world = World()
    asked: Deferred[None] = Deferred()
    find = world.services.accounts.find

    class Slow:
        async def find(self, name: str) -> object:
            await asked
            return await find(name)

    object.__setattr__(world.realm, "accounts", Slow())
    client = world.client()
    client.open()
    said = client.send(
        f"<auth {SASL} mechanism='PLAIN'>{b64encode(b'0').decode()}</auth>"
        f"<auth {SASL} mechanism='SCRAM-SHA-1'>{b64encode(b'n,,n=ann,r=x').decode()}</auth><abort {SASL}/>"
    )
    assert b"<malformed-request/>" in said
    assert b"<aborted/>" not in said
    asked.callback(None)
    said = client.take()
    assert said.index(b"<challenge") < said.index(b"<aborted/>")


def test_a_client_that_leaves_while_the_store_is_asked_harms_nobody() -> None:
    from twisted.internet.defer import Deferred

    world = World()
    asked: Deferred[None] = Deferred()

    class Slow:
        async def find(self, name: str) -> object:
            return await asked

    object.__setattr__(world.realm, "accounts", Slow())
    client = world.client()
    client.open()
    client.send(f"<auth {SASL} mechanism='SCRAM-SHA-1'>{b64encode(b'n,,n=ann,r=x').decode()}</auth>")
    client.session.disconnected()
    asked.callback(None)
    assert client.session.state_name == "closed"
    assert client.take() == b""


def test_only_the_edges_of_the_picture_exist() -> None:
    session = World().client().session
    for before, after in itertools.product(State, State):
        session.stage = before
        if (before, after) in EDGES:
            session.move(after)
        else:
            with pytest.raises(AssertionError):
                session.move(after)
    assert {after for _, after in EDGES} == set(State)


def test_websocket_speaks_open_and_close() -> None:
    world = World()
    client: Client = world.client(transport="websocket")
    said = client.send("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>")
    assert said.startswith(b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'")
    assert b"<stream:features xmlns:stream='http://etherx.jabber.org/streams'>" in said
    assert b"<success" in client.scram("ann", "secret")
    client.send("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>")
    client.send("<iq xmlns='jabber:client' id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    assert client.session.state_name == "bound"
    assert client.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").endswith(
        b"<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
    )
    assert client.connection.closed


def test_attempts_after_three_failures_wait_and_the_account_is_not_locked() -> None:
    world = World(SessionOptions(login_seconds=30))
    paused: list[tuple[float, Deferred[None]]] = []

    def pause(seconds: float) -> "Deferred[None]":
        paused.append((seconds, Deferred()))
        return paused[-1][1]

    world.realm = replace(world.realm, visitors=Visitors(VisitorOptions(), world.hands.now), pause=pause)
    for _ in range(3):
        client = world.client()
        client.open()
        assert b"not-authorized" in client.plain("ann", "wrong")
    assert paused == []
    client = world.client()
    client.open()
    assert client.plain("ann", "secret") == b"" and paused[0][0] == 1
    world.hands.advance(31)  # it is we who let it wait: the time to sign in does not run out
    assert not client.connection.closed
    paused[0][1].callback(None)
    assert b"<success" in client.take()


def test_an_address_with_twenty_failures_is_refused_with_the_remedy() -> None:
    world = World()
    world.realm = replace(world.realm, visitors=Visitors(VisitorOptions(), world.hands.now))
    for _ in range(20):
        world.realm.visitors.attempts.failed("192.0.2.1", "ann@localhost")
    client = world.client()
    client.open()
    said = client.scram("ann", "secret")
    assert b"<temporary-auth-failure/>" in said
    assert b"Too many attempts have failed. Try again in 10 minutes." in said
