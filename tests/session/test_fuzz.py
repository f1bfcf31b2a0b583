"""Whatever a peer sends in whatever order: no exception, no way past authentication, one end."""

from hypothesis import given, settings
from hypothesis import strategies as st
from session_harness import HEADER, SASL, SM, World

from ccm.session.states import State

PIECES = [
    HEADER,
    b"</stream:stream>",
    b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    f"<auth {SASL} mechanism='PLAIN'>AGFubgB3cm9uZw==</auth>".encode(),
    f"<auth {SASL} mechanism='SCRAM-SHA-1'>biwsbj1hbm4scj1h</auth>".encode(),
    f"<auth {SASL} mechanism='OAUTHBEARER'>biwsAWF1dGg9QmVhcmVyIHgBAQ==</auth>".encode(),
    f"<response {SASL}>Yz1iaXdzLHI9YSxwPWE=</response>".encode(),
    f"<abort {SASL}/>".encode(),
    f"<enable {SM} resume='true'/>".encode(),
    f"<resume {SM} previd='x' h='0'/>".encode(),
    f"<r {SM}/><a {SM} h='1'/>".encode(),
    b"<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    b"<message to='ann@localhost'/>",
    b"<presence/>",
    b"<stream:error/>",
    b"<iq",
    b" ",
    b"&x;",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.booleans())
def test_nobody_gets_in_without_a_password(pieces: list[bytes], secure: bool) -> None:
    world = World()
    client = world.client(secure, tls_available=True)
    for piece in pieces:
        client.send(piece)
        assert client.session.stage in (State.OPENING, State.SECURING, State.AUTHENTICATING, State.CLOSED)
        assert client.connection.closed is (client.session.stage is State.CLOSED)
    client.session.disconnected()
    assert client.session.stage is State.CLOSED
    assert world.events == []
    world.hands.advance(100)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, b"drop", b"resume"]), max_size=12))
def test_a_bound_session_ends_once_however_it_is_treated(pieces: list[bytes]) -> None:
    world = World()
    client = world.bound()
    session, id_ = client.session, ""
    for piece in pieces:
        if piece == b"drop":
            client.session.disconnected()
        elif piece == b"resume":
            client = world.client()
            client.sign_in()
            client.send(f"<resume {SM} previd='{id_}' h='0'/>")
        elif not client.connection.closed:
            client.send(piece)
        if session.resumption is not None:
            id_ = session.resumption.id
    world.hands.advance(10_000)
    names = [name for name, args in world.events if args[0] is session]
    assert names.count("session-bound") == 1
    if session.stage is State.CLOSED:
        assert names.count("session-closed") == 1
        assert names[-1] == "session-closed"
        assert session not in world.realm.resumptions.values()
    else:
        assert "session-closed" not in names
        assert world.router.session(session.jid) is session


def test_a_flaw_of_ours_ends_the_stream_without_telling_more() -> None:
    world = World()
    client = world.bound()

    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    world.router.route = broken  # type: ignore[method-assign]
    said = client.send("<presence/>")
    assert b"<internal-server-error " in said
    assert b"secret detail" not in said
    assert client.connection.closed
