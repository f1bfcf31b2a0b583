"""Each mailed link brings somebody in once."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when it did."""
    op.add_column("invitation_links", sa.Column("used", sa.BigInteger(), nullable=True))
