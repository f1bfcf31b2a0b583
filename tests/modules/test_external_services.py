"""Where clients find STUN and TURN: told to those of this server, with passwords that the TURN server can check."""

import hmac
from base64 import b64encode
from hashlib import sha1
from pathlib import Path

import pytest

from ccm import namespaces as ns
from ccm.errors import ConfigError
from ccm.modules.external_services import ExternalService, ExternalServicesOptions, plugin
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services
from ccm.wire.stanza import Stanza


class Place:
    def __init__(self, *services: ExternalService) -> None:
        self.hands = Hands()
        made = make_services(hands=self.hands)
        self.router = make_router(made)
        plugin.install(self.router, made, ExternalServicesOptions(services=services, credential_hours=2.0))
        self.ann = RecordingSession("ann@localhost/a")
        self.router.bind(self.ann)

    def ask(self, inner: str, name: str = "services") -> Stanza:
        attrs = {"type": "get", "id": "1", "from": self.ann.jid, "to": "localhost"}
        self.router.route(Stanza("iq", attrs, inner.encode(), ((ns.EXTERNAL_SERVICES, name),)), self.ann)
        return self.ann.received.pop()


def told(answer: Stanza) -> list[dict[str, str]]:
    return [dict(service.attributes) for service in next(answer.element.elements()).elements()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    secret = tmp_path / "turn"
    secret.write_text("shared\n")
    return Place(
        ExternalService(type="stun", host="stun.example.org", port=3478),
        ExternalService(
            type="turn", host="turn.example.org", port=5349, transport="tcp", secret_file=f"{tmp_path}/turn"
        ),
    )


def test_all_services_are_told_or_those_of_a_type(place: Place) -> None:
    everything = told(place.ask(f"<services xmlns='{ns.EXTERNAL_SERVICES}'/>"))
    assert everything[0] == {"type": "stun", "host": "stun.example.org", "port": "3478", "transport": "udp"}
    turn = told(place.ask(f"<services xmlns='{ns.EXTERNAL_SERVICES}' type='turn'/>"))
    assert turn == everything[1:]


def test_the_password_is_what_the_turn_server_makes_of_the_name(place: Place) -> None:
    (turn,) = told(place.ask(f"<services xmlns='{ns.EXTERNAL_SERVICES}' type='turn'/>"))
    assert turn["username"] == f"{int(place.hands.now()) + 7200}:ann@localhost"
    expected = b64encode(hmac.new(b"shared", turn["username"].encode(), sha1).digest()).decode()
    assert turn["password"] == expected and turn["restricted"] == "true"
    assert turn["expires"] == "2026-01-01T02:00:00Z"


def test_credentials_are_for_a_service_that_is_named(place: Place) -> None:
    def asked(service: str) -> Stanza:
        return place.ask(f"<credentials xmlns='{ns.EXTERNAL_SERVICES}'>{service}</credentials>", "credentials")

    assert told(asked("<service type='turn' host='turn.example.org' port='5349'/>"))[0]["password"]
    assert asked("<service type='turn' host='turn.example.org' port='1'/>").has(ns.CLIENT, "error")
    assert b"bad-request" in asked("<service type='turn'/>").inner


def test_nobody_else_gets_any(place: Place) -> None:
    elsewhere = RecordingSession("elsewhere.org")
    place.router.add_domain("elsewhere.org", elsewhere)
    attrs = {"type": "get", "id": "1", "from": "eve@elsewhere.org/x", "to": "localhost"}
    inner = f"<services xmlns='{ns.EXTERNAL_SERVICES}'/>".encode()
    place.router.route(Stanza("iq", attrs, inner, ((ns.EXTERNAL_SERVICES, "services"),)), elsewhere)
    assert elsewhere.received[0].type == "error" and b"forbidden" in elsewhere.received[0].inner


def test_a_secret_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Place(ExternalService(type="turn", host="t", secret_file=f"{tmp_path}/none"))
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(ConfigError, match="is empty"):
        Place(ExternalService(type="turn", host="t", secret_file=f"{tmp_path}/empty"))
