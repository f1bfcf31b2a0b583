"""Words of what was said in rooms, and of every newest document, whoever may read it."""

import sqlalchemy as sa
from alembic import op

from ccm.store import message_index, search

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NEWEST = sa.text("SELECT seq, title, headline, body FROM documents WHERE newest")


def upgrade() -> None:
    """Two tables, the words beside them, and a watermark: messages are indexed by and by."""
    op.create_table(
        "message_index",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("room_key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("nick", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
    )
    op.create_index("message_index_id", "message_index", ["room", "id"], unique=True)
    op.create_index("message_index_version", "message_index", ["room", "version"])
    op.create_table(
        "off_record",
        sa.Column("room", sa.Text(), primary_key=True),
        sa.Column("sender", sa.Text(), primary_key=True),
    )
    connection = op.get_bind()
    for statement in message_index.CREATE[connection.dialect.name]:
        op.execute(statement)
    mark = sa.text("INSERT INTO marks (name, value) VALUES (:name, 0)")
    for name in (message_index.MARK, message_index.UNTIL):
        connection.execute(mark, {"name": name})
    op.execute("DELETE FROM document_words")
    for row in connection.execute(_NEWEST).all():
        search.put_in(connection, row.seq, row.title, row.headline, row.body)
