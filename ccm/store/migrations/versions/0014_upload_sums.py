"""What files take up, by owner and in all, so that it need not be added up each time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, with the sums of what is there."""
    op.create_table(
        "upload_sums",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    op.execute("INSERT INTO upload_sums (owner, bytes) SELECT owner, SUM(size) FROM uploads GROUP BY owner")
    op.execute("INSERT INTO upload_sums (owner, bytes) SELECT '', COALESCE(SUM(size), 0) FROM uploads")
