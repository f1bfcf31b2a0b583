"""
The tables, as they are now. ``migrations/`` makes them; a test keeps both in step.

Times are microseconds since the epoch (``BIGINT``), so that both databases compare and keep them alike. Leaves out
the tables of words, which differ by database: :mod:`ccm.store.search`, :mod:`ccm.store.message_index`.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text, true

metadata = MetaData()

# SQLite gives an ascending key to INTEGER PRIMARY KEY alone.
_Serial = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("jid", Text, primary_key=True),
    Column("localpart", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("email_key", Text, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("verifiers", LargeBinary, nullable=False),
)

rosters = Table(
    "rosters",
    metadata,
    Column("jid", Text, primary_key=True),
    Column("items", LargeBinary, nullable=False),
)

account_xml = Table(
    "account_xml",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("xml", LargeBinary, nullable=False),
)

pubsub_nodes = Table(
    "pubsub_nodes",
    metadata,
    Column("service", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)

pubsub_items = Table(
    "pubsub_items",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("service", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Index("pubsub_item", "service", "node", "id", unique=True),
)

archive = Table(
    "archive",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("with_jid", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Column("stanza", LargeBinary, nullable=False),
    Column("origin_id", Text),
    Column("filed", Boolean, nullable=False, server_default=true()),
    Index("archive_with", "owner", "with_jid", "id", sqlite_where=text("filed = 1")),
    Index("archive_origin", "owner", "origin_id", sqlite_where=text("filed = 1")),
)

# One row for both who exchanged a message; whose archives it is in, personal_archive says (store/personal.py).
personal_messages = Table(
    "personal_messages",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("sender_resource", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("recipient_resource", Text, nullable=False),
    Column("kept_by", Integer, nullable=False),
    Column("stanza", LargeBinary, nullable=False),
)

personal_archive = Table(
    "personal_archive",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("with_jid", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index("personal_archive_with", "owner", "with_jid", "id"),
    sqlite_with_rowid=False,
)

offline = Table(
    "offline",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("stamp", BigInteger, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("stanza", LargeBinary, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("jid", Text, primary_key=True),
    Column("service", Text, nullable=False, index=True),
    Column("record", LargeBinary, nullable=False),
)

topics = Table(
    "topics",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("room", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("start", BigInteger),
    Column("minutes", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("members", LargeBinary, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("document", Text),
    Column("revision", Integer, nullable=False),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("targets", LargeBinary),
    Column("empty_since", BigInteger),
)

topic_members = Table(
    "topic_members",
    metadata,
    Column("jid", Text, primary_key=True),
    Column("topic", Text, primary_key=True, index=True),
    Column("created", BigInteger, nullable=False),
    Index("topic_members_newest", "jid", "created", "topic"),
)

invitees = Table(
    "invitees",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("topic", Text, nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("inviter", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("jid", Text),
    Column("reason", Text, nullable=False),
    Column("token_hash", LargeBinary, index=True),
    Column("expires", BigInteger),
    Column("mail_token", Text),
    Column("shift", Integer, nullable=False, server_default="0"),
    Column("told_sequence", Integer),
    Column("told_name", Text),
    Column("told_start", BigInteger),
    Column("told_at", BigInteger),
    Index("invitees_mail_token", "mail_token", unique=True),
    Index("invitees_lapse", "state", "expires"),
)

invitation_links = Table(
    "invitation_links",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("invitee", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("used", BigInteger),
)

mails = Table(
    "mails",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("address_key", Text, nullable=False),
    Column("inviter", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("mails_address", "address_key", "at"),
    Index("mails_inviter", "inviter", "at"),
)

undo_steps = Table(
    "undo_steps",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("user", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
    Column("work", Text, nullable=False),
    Column("choices", Text, nullable=False),
    Index("undo_steps_user", "user", "seq"),
)

documents = Table(
    "documents",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("headline", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("visibility", Text, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("newest", Boolean, nullable=False),
    Index("documents_revision", "topic", "revision", unique=True),
    Index("documents_slug", "slug", "revision"),
    Index("documents_public", "newest", "visibility", "published"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("url", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("version", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Index("outbox_due", "state", "kind", "due"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
    Column("uses", Integer, nullable=False),
    Index("tokens_subject", "subject", "purpose"),
)

pending = Table(
    "pending",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("address", Text, nullable=False),
    Column("jid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("verifiers", LargeBinary, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)

suppressed = Table(
    "suppressed",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("key", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires", BigInteger),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

message_index = Table(
    "message_index",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=False),
    Column("room", Text, nullable=False),
    Column("room_key", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("nick", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("words", Text, nullable=False),
    Index("message_index_id", "room", "id", unique=True),
    Index("message_index_version", "room", "version"),
)

off_record = Table(
    "off_record",
    metadata,
    Column("room", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Index("uploads_owner", "owner", "created"),
    Index("uploads_ends", "state", "expires"),
)

#: Bytes of the rows of ``uploads`` by owner, and of all under ``""``; changed with them.
upload_sums = Table(
    "upload_sums",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)

push_targets = Table(
    "push_targets",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("owner", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("options", LargeBinary, nullable=False),
    Index("push_target", "owner", "service", "node", unique=True),
)
