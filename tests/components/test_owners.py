"""Which components own every room: CCM's own, and nobody else who connects."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from twisted.internet.task import Clock

from ccm.component_service import Residents, component_secrets
from ccm.config import Config
from ccm.errors import ConfigError
from ccm.settings import Settings
from ccm.website import Addresses


def test_a_component_of_somebody_else_owns_no_room(tmp_path: Path) -> None:
    files = {domain: tmp_path / domain for domain in ("bridge.example.org", "topics.example.org")}
    for domain, file in files.items():
        file.write_text(f"what only {domain} knows, 7K2q", encoding="utf-8")
    options = {
        "server": {"host": "example.org"},
        "components": {
            "local": [],
            "secret_files": {domain: str(file) for domain, file in files.items()},
        },
    }
    settings = Settings(Config("test", options))
    nothing = cast(Any, None)
    residents = Residents(
        Clock(), settings, cast(Any, SimpleNamespace(state=None)), nothing, Addresses.of(settings, 80), lambda: 0.0
    )
    assert set(residents.secrets) == {"bridge.example.org", "topics.example.org"}
    assert residents.domains == {f"{name}.example.org" for name in ("accounts", "topics", "invitations", "reporter")}


def test_a_domain_served_here_or_a_shared_secret_stops_the_check(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mGJ0qkq7mE3nUoV1x8wTzA", encoding="utf-8")
    for given, why in (
        ({"topics.localhost": str(secret)}, "take it out of one of them"),
        ({"conference.localhost": str(secret)}, "the room service"),
        ({"Bot.localhost": str(secret)}, "is no domain"),
        ({"a.localhost": str(secret), "b.localhost": str(secret)}, "the same secret"),
        ({"a.localhost": str(tmp_path / "none")}, "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=why):
            component_secrets(Settings(Config("test", {"components": {"secret_files": given}})))
