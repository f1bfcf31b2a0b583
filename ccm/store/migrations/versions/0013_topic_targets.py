"""Where a topic's document goes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; topics of before go everywhere."""
    op.add_column("topics", sa.Column("targets", sa.LargeBinary()))
