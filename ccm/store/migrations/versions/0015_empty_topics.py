"""Since when nobody is in a topic's room."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; of topics of before nothing is known."""
    op.add_column("topics", sa.Column("empty_since", sa.BigInteger()))
