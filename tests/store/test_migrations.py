"""What earlier versions kept is kept by this one."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from ccm.store import upgrade

FOLDER = Path(upgrade.__file__).parent / "migrations"


@pytest.fixture
def old(tmp_path: Path) -> Any:
    """A database as the first version made it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "0001")
        yield connection
    engine.dispose()


def test_the_states_of_invitees_get_their_new_names(old: Any) -> None:
    row = (
        "INSERT INTO invitees (id, topic, address, name, inviter, state, reason)"
        " VALUES (:id, 't', 'k@x', 'K', 'a', :s, '')"
    )
    with old.begin():
        for state in ("invited", "failed", "joined"):
            old.execute(text(row), {"id": state, "s": state})
    upgrade.upgrade(old)
    assert upgrade.revision(old) == upgrade.NEWEST
    kept = dict(old.execute(text("SELECT id, state FROM invitees")).all())
    assert kept == {"invited": "offered", "failed": "bounced", "joined": "joined"}
