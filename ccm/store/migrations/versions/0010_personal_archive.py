"""Archives of accounts (XEP-0313), and messages that wait for those who are away (XEP-0160)."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "personal_messages",
        sa.Column("seq", _SERIAL, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_resource", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("recipient_resource", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=False),
        sa.Column("stanza", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "personal_archive",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("with_jid", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("personal_archive_with", "personal_archive", ["owner", "with_jid", "id"])
    op.create_table(
        "offline",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("stanza", sa.LargeBinary(), nullable=False),
    )
