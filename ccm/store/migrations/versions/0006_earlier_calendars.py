"""
Whoever was invited before calendars were kept in step hears of changes as well.

Their mails held the topic as it was, at its first sequence; where the topic has changed since, what they know is left
open, so that they are told. A link that let somebody in before its uses were counted has been used.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_EARLIER = (
    "mail_token IS NULL AND told_sequence IS NULL AND token_hash IS NOT NULL"
    " AND state NOT IN ('bounced', 'revoked') AND topic IN (SELECT topics.id FROM topics)"
)
_TOPICS = "FROM topics WHERE topics.id = invitees.topic"


def upgrade() -> None:
    """Note what they know, and by which addresses they answer from their next mail on."""
    connection = op.get_bind()
    op.execute(
        "UPDATE invitation_links SET used = at WHERE used IS NULL AND at = 0"
        " AND invitee IN (SELECT invitees.id FROM invitees WHERE state = 'joined')"
    )
    earlier = connection.execute(sa.text(f"SELECT seq FROM invitees WHERE {_EARLIER}")).scalars().all()
    change = sa.text(
        f"UPDATE invitees SET mail_token = :token, told_sequence = 0, told_name = (SELECT name {_TOPICS}),"
        f" told_start = (SELECT CASE WHEN topics.sequence = 0 THEN topics.start END {_TOPICS}),"
        f" told_at = (SELECT created {_TOPICS}) WHERE seq = :seq"
    )
    for seq in earlier:
        connection.execute(change, {"seq": seq, "token": secrets.token_hex(16)})
