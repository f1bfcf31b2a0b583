"""Which components own every room: CCM's own, and nobody else who connects."""

from pathlib import Path
from typing import Any, cast

from ccm.component_service import Residents
from ccm.config import Config
from ccm.settings import Settings
from ccm.website import Addresses


def test_a_component_of_somebody_else_owns_no_room(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret of sixteen bytes or more", encoding="utf-8")
    options = {
        "server": {"host": "example.org"},
        "components": {
            "local": [],
            "secret_files": {"bridge.example.org": str(secret), "topics.example.org": str(secret)},
        },
    }
    settings = Settings(Config("test", options))
    nothing = cast(Any, None)
    residents = Residents(nothing, settings, nothing, nothing, Addresses.of(settings, 80), lambda: 0.0)
    assert set(residents.secrets) == {"bridge.example.org", "topics.example.org"}
    assert residents.domains == {f"{name}.example.org" for name in ("topics", "invitations", "reporter")}
