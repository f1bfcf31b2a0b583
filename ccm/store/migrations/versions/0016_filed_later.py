"""Rows of the rooms' archives enter two of its indexes later: see ccm/store/room_filing.py."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is there already stays in both indexes."""
    op.add_column("archive", sa.Column("filed", sa.Boolean(), server_default=sa.true(), nullable=False))
    if op.get_bind().dialect.name == "sqlite":
        for name, column in (("archive_with", ["owner", "with_jid", "id"]), ("archive_origin", ["owner", "origin_id"])):
            op.drop_index(name, "archive")
            op.create_index(name, "archive", column, sqlite_where=sa.text("filed = 1"))
