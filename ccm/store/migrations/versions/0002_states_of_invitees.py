"""Say how an invitation stands in words that cover answers: invited is offered, failed is bounced."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename them."""
    op.execute("UPDATE invitees SET state = 'offered' WHERE state = 'invited'")
    op.execute("UPDATE invitees SET state = 'bounced' WHERE state = 'failed'")
