"""
Bring the database to the newest revision of the schema, fast when it is there already.

The newest revision is named here, so that a start on an up-to-date database need not import Alembic (half a second).
Leaves out going back: restore a backup.
"""

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from twisted.logger import Logger

from ccm.errors import ConfigError

NEWEST = "0016"
_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x63636D  # PostgreSQL advisory lock: one process migrates

log = Logger()


def upgrade(connection: Connection) -> None:
    """
    Run the missing revisions in one transaction.

    :raises ConfigError: if the database is newer than this program.
    """
    if revision(connection) == NEWEST:
        return
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _stored(connection)
        if before == NEWEST:
            return
        _run(connection, before)
    log.info("Brought the database from revision {before} to {after}", before=before or "none", after=NEWEST)


def revision(connection: Connection) -> str | None:
    """The revision a database has, ``None`` for an empty one."""
    with connection.begin():
        return _stored(connection)


def _stored(connection: Connection) -> str | None:
    try:
        with connection.begin_nested():
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if "alembic_version" in str(error.orig):  # no such table
            return None
        raise
    return found


def _run(connection: Connection, before: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if before is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(before)
        except CommandError as error:
            raise ConfigError(
                f"store.url: the database has revision {before}, which this version of CCM does not know. "
                "Run the newer version, or restore a backup made before it."
            ) from error
    command.upgrade(config, "head")
