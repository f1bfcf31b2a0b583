"""What earlier versions kept is kept by this one."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, text

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


_INVITEE = text(
    "INSERT INTO invitees (id, topic, address, name, inviter, state, reason, token_hash, expires)"
    " VALUES (:id, :topic, :id, 'K', 'ann@localhost', :state, '', :hash, 1)"
)


def _topic(connection: Any, id_: str, start: int | None) -> None:
    empty = {column["name"]: "" for column in inspect(connection).get_columns("topics") if not column["nullable"]}
    row = {**empty, "id": id_, "name": "Audit", "room": id_, "start": start, "minutes": 60, "created": 5}
    row |= {"members": b"[]", "revision": 1}
    connection.execute(text(f"INSERT INTO topics ({', '.join(row)}) VALUES (:{', :'.join(row)})"), row)


def test_who_was_invited_before_calendars_were_kept_hears_of_changes(old: Any) -> None:
    with old.begin():
        _topic(old, "t", 7)
        for id_, topic, state, hash_ in (
            ("mailed", "t", "invited", b"1"),
            ("in", "t", "joined", b"2"),
            ("chat", "t", "invited", None),
            ("returned", "t", "failed", b"3"),
            ("alone", "gone", "invited", b"4"),
        ):
            old.execute(_INVITEE, {"id": id_, "topic": topic, "state": state, "hash": hash_})
    upgrade.upgrade(old)
    told = "SELECT id, told_sequence, told_name, told_start, told_at, length(mail_token) FROM invitees ORDER BY seq"
    nothing = (None,) * 5
    assert {row[0]: tuple(row[1:]) for row in old.execute(text(told))} == {
        "mailed": (0, "Audit", 7, 5, 32),
        "in": (0, "Audit", 7, 5, 32),
        "chat": nothing,
        "returned": nothing,
        "alone": nothing,
    }
    used = old.execute(text("SELECT invitee FROM invitation_links WHERE used IS NOT NULL")).scalars().all()
    assert used == ["in"]


def test_what_calendars_hold_is_open_where_a_topic_has_changed_since(old: Any) -> None:
    with old.begin():
        _topic(old, "t", 7)
        old.execute(_INVITEE, {"id": "mailed", "topic": "t", "state": "invited", "hash": b"1"})
    with old.begin():
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = old
        command.upgrade(config, "0005")
        old.execute(text("UPDATE topics SET sequence = 2"))
    upgrade.upgrade(old)
    assert old.execute(text("SELECT told_sequence, told_start FROM invitees")).one() == (0, None)


def test_what_files_take_up_is_counted_from_those_that_are_there(old: Any) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = old
    with old.begin():
        command.upgrade(config, "0013")
        for id_, owner, size in (("a", "ann@localhost", 5), ("b", "ann@localhost", 7), ("c", "kim@localhost", 1)):
            row = {"id": id_, "owner": owner, "size": size}
            old.execute(text("INSERT INTO uploads VALUES (:id, :owner, 'n', 't/t', :size, 'kept', 1, 1, NULL)"), row)
    upgrade.upgrade(old)
    sums = dict(old.execute(text("SELECT owner, bytes FROM upload_sums")).all())
    assert sums == {"": 13, "ann@localhost": 12, "kim@localhost": 1}
