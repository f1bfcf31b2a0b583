"""Signing in bound to TLS (RFC 5802 §6, XEP-0440), and by a certificate (XEP-0178)."""

from base64 import b64decode, b64encode
from dataclasses import replace
from typing import Any

import pytest
from scram_client import Scram
from session_harness import SASL, VERIFIERS, Client, Connection, World, inner

from ccm.session.options import SaslOptions
from ccm.session.tls_facts import TlsFacts
from ccm.testing.fakes import result_of

BINDINGS = {"tls-exporter": b"e" * 32, "tls-server-end-point": b"p" * 32}


def arrive(world: World, facts: TlsFacts | None = None) -> Client:
    connection: Any = Connection()
    connection.tls = TlsFacts(BINDINGS) if facts is None else facts
    client = Client(world, connection, "tcp")
    client.features = client.open().decode()  # type: ignore[attr-defined]
    return client


def scram(client: Client, mechanism: str, binding: Any = None, header: str = "n,,") -> bytes:
    """SCRAM; *binding* is name and data, *header* stands in its place."""
    if binding is not None and header == "n,,":
        header = f"p={binding[0]},,"
    other = Scram("ann", "secret", mechanism, header, binding[1] if binding else b"")
    said = client.send(f"<auth {SASL} mechanism='{mechanism}'>{b64encode(other.first).decode()}</auth>")
    if b"<challenge" not in said:
        return said
    said = client.send(f"<response {SASL}>{b64encode(other.final(inner(said))).decode()}</response>")
    if b"<success" in said:
        assert inner(said) == other.server_signature
    return said


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"])
@pytest.mark.parametrize("name", list(BINDINGS))
def test_who_binds_to_the_connection_signs_in(mechanism: str, name: str) -> None:
    client = arrive(World())
    assert f"<mechanism>{mechanism}</mechanism>" in client.features  # type: ignore[attr-defined]
    assert b"<success" in scram(client, mechanism, (name, BINDINGS[name]))


def test_the_bindings_are_announced_the_strongest_first() -> None:
    said = arrive(World()).features  # type: ignore[attr-defined]
    assert (
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
        "<channel-binding type='tls-server-end-point'/></sasl-channel-binding>"
    ) in said
    assert said.index("SCRAM-SHA-256-PLUS") < said.index("SCRAM-SHA-256<")


def test_who_binds_to_another_connection_does_not_get_in() -> None:
    for name in BINDINGS:
        assert b"<malformed-request" in scram(arrive(World()), "SCRAM-SHA-256-PLUS", (name, b"x" * 32))


def test_a_binding_that_was_not_announced_is_refused() -> None:
    said = scram(arrive(World()), "SCRAM-SHA-256-PLUS", ("tls-unique", b"x" * 12))
    assert b"<malformed-request" in said and b"tls-exporter" in said


@pytest.mark.parametrize("header", ["n,,", "y,,"])
def test_a_mechanism_with_binding_wants_one(header: str) -> None:
    said = scram(arrive(World()), "SCRAM-SHA-256-PLUS", None, header)
    assert b"<malformed-request" in said


def test_a_mechanism_without_binding_takes_none() -> None:
    assert b"<malformed-request" in scram(arrive(World()), "SCRAM-SHA-256", None, "p=tls-exporter,,")


def test_a_client_that_was_kept_from_seeing_the_bindings_is_told() -> None:
    said = scram(arrive(World()), "SCRAM-SHA-256", None, "y,,")
    assert b"<mechanism-too-weak" in said and b"hid" in said


def test_a_client_may_be_able_to_bind_where_the_server_is_not() -> None:
    """The ``y`` of RFC 5802 §6 goes through where nothing was offered."""
    client = arrive(World(), TlsFacts())
    assert "PLUS" not in client.features and "channel-binding" not in client.features  # type: ignore[attr-defined]
    first = b"y,,n=ann,r=abc"
    said = client.send(f"<auth {SASL} mechanism='SCRAM-SHA-256'>{b64encode(first).decode()}</auth>")
    assert b"<challenge" in said


def test_who_knows_nothing_of_bindings_signs_in_as_ever() -> None:
    assert b"<success" in scram(arrive(World()), "SCRAM-SHA-256")


def test_binding_can_be_switched_off() -> None:
    client = arrive(World(sasl=SaslOptions(channel_binding=False)))
    assert "PLUS" not in client.features and "channel-binding" not in client.features  # type: ignore[attr-defined]
    assert b"<invalid-mechanism" in scram(client, "SCRAM-SHA-256-PLUS", ("tls-exporter", b"e" * 32))


# ---- EXTERNAL


def external(client: Client, authzid: str | None = "") -> str:
    """What comes of it, in a word; ``None`` sends no initial response."""
    inside = "=" if authzid == "" else b64encode((authzid or "").encode()).decode()
    said = client.send(f"<auth {SASL} mechanism='EXTERNAL'>{inside if authzid is not None else ''}</auth>").decode()
    return next(word for word in (*_WORDS, "success", "challenge") if f"<{word}" in said)


_WORDS = ("not-authorized", "invalid-authzid", "invalid-mechanism", "account-disabled", "malformed-request")


def with_bob(world: World) -> World:
    result_of(world.services.accounts.create("bob@localhost", "Bob", "bob@mail.example", VERIFIERS))
    return world


def test_a_certificate_with_one_address_signs_in() -> None:
    client = arrive(World(), TlsFacts({}, ("ann@localhost",)))
    assert "<mechanism>EXTERNAL</mechanism>" in client.features  # type: ignore[attr-defined]
    assert external(client) == "success"
    assert b"<jid>ann@localhost/x</jid>" in (client.open() and client.bind("x"))


def test_an_empty_challenge_is_given_to_who_sent_no_initial_response() -> None:
    client = arrive(World(), TlsFacts({}, ("ann@localhost",)))
    assert external(client, None) == "challenge"
    assert b"<success" in client.send(f"<response {SASL}>=</response>")


@pytest.mark.parametrize(
    ("addresses", "authzid", "result"),
    [
        (("ann@localhost",), "ann@localhost", "success"),
        (("ann@localhost", "bob@localhost"), "bob@localhost", "success"),
        (("ann@localhost", "bob@localhost"), "", "invalid-authzid"),
        (("ann@localhost",), "bob@localhost", "invalid-authzid"),
        (("ann@localhost",), "a@b@c", "invalid-authzid"),
        (("kim@localhost",), "", "not-authorized"),
        (("ann@elsewhere.example",), "", "invalid-mechanism"),
        (("ann@elsewhere.example", "ann@localhost"), "", "success"),
        ((), "", "invalid-mechanism"),
    ],
)
def test_whom_a_certificate_is_for(addresses: tuple[str, ...], authzid: str, result: str) -> None:
    assert external(arrive(with_bob(World()), TlsFacts({}, addresses)), authzid) == result


def test_who_is_switched_off_is_not_let_in_by_a_certificate() -> None:
    world = World()
    result_of(world.services.accounts.set_enabled("ann@localhost", False))
    assert external(arrive(world, TlsFacts({}, ("ann@localhost",)))) == "account-disabled"


def test_a_mail_address_counts_only_if_that_is_allowed_and_no_chat_address_is_there() -> None:
    facts = TlsFacts({}, (), ("Bob@mail.example", "nobody@mail.example"))
    assert external(arrive(with_bob(World()), facts)) == "invalid-mechanism"
    world = with_bob(World(sasl=SaslOptions(certificate_mails=True)))
    assert external(arrive(world, facts)) == "success"
    assert external(arrive(world, replace(facts, mails=("bob@localhost",)))) == "not-authorized", "a JID is no mail"
    assert external(arrive(world, replace(facts, addresses=("ann@localhost",)))) == "success"


def test_a_garbled_authorization_identity_is_malformed() -> None:
    client = arrive(World(), TlsFacts({}, ("ann@localhost",)))
    said = client.send(f"<auth {SASL} mechanism='EXTERNAL'>{b64encode(bytes([255])).decode()}</auth>")
    assert b"<malformed-request" in said
    assert b64decode(b"/w==") == bytes([255])
