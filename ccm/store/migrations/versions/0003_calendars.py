"""What invitees' calendars were told, by which addresses they answer, and every link that was mailed to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("topics", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
    for column in (
        sa.Column("mail_token", sa.Text(), nullable=True),
        sa.Column("shift", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("told_sequence", sa.Integer(), nullable=True),
        sa.Column("told_name", sa.Text(), nullable=True),
        sa.Column("told_start", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("invitees", column)
    op.create_index("invitees_mail_token", "invitees", ["mail_token"], unique=True)
    op.create_index("invitees_lapse", "invitees", ["state", "expires"], unique=False)
    op.create_table(
        "invitation_links",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("invitee", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_invitation_links_invitee"), "invitation_links", ["invitee"], unique=False)
    op.execute(
        "INSERT INTO invitation_links (hash, invitee, at)"
        " SELECT token_hash, MIN(id), 0 FROM invitees WHERE token_hash IS NOT NULL GROUP BY token_hash"
    )
