"""
The plain records that packages of the same layer hand to one another through the interfaces.

All are frozen; times are aware UTC ``datetime``; a *jid* is a prepared ``str``. Leaves out anything that only one
package needs: that stays in the package. Longer than other files on purpose: it is one page to look a record up in.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept instead of a password (RFC 5802 §3): never the password itself."""

    mechanism: Literal["SCRAM-SHA-1", "SCRAM-SHA-256"]
    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. *email* is validated, or ``None`` for an account made by an operator without one."""

    jid: str
    name: str
    email: str | None
    created: datetime
    verifiers: tuple[Verifier, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RosterItem:
    """
    One contact (RFC 6121 §2.1.2).

    :ivar hidden: only a request waits for an answer; nobody put the contact on the list, so it is kept and not shown.
    """

    jid: str
    name: str = ""
    subscription: Literal["none", "to", "from", "both"] = "none"
    ask: bool = False
    pending_in: bool = False
    approved: bool = False
    groups: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class PubSubItem:
    """
    One item of a node (XEP-0060 §4.6).

    :ivar publisher: bare JID. :ivar xml: the payload with its namespaces declared, or ``b""``.
    """

    id: str
    publisher: str
    xml: bytes


@dataclass(frozen=True, slots=True)
class Archived:
    """
    One message in an archive (XEP-0313 §2, XEP-0359 §3).

    :ivar id: the stanza-id, unique and ascending as text within the store.
    :ivar owner: bare JID of the archive: the room, or the account.
    :ivar with_: who it was exchanged with: the occupant JID in a room, the peer's bare JID for an account.
    :ivar sender: bare real JID of the author.
    :ivar stanza: the serialised ``<message/>`` in ``jabber:client`` without ``to``, with its ``stanza-id``.
    :ivar origin_id: the client's own id (XEP-0359 §3.2) or the ``id`` attribute, for de-duplication.
    """

    id: str
    owner: str
    with_: str
    sender: str
    stamp: datetime
    stanza: bytes
    origin_id: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    A message that waits for an account whose clients are away (XEP-0160).

    :ivar id: its id in the account's archive, or as good: they rise in the order in which messages came.
    :ivar archived: the account's archive has it, too.
    :ivar stanza: the serialised ``<message/>`` in ``jabber:client``.
    """

    owner: str
    id: str
    stamp: datetime
    stanza: bytes
    archived: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a result set (XEP-0059). *index* is that of the first item; *total* counts the whole set if known."""

    items: tuple[Any, ...]
    complete: bool
    total: int | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RoomRecord:
    """A room as it is kept (XEP-0045). *config* is JSON-able; *affiliations* maps bare JID to (affiliation, nick)."""

    jid: str
    config: dict[str, Any]
    affiliations: dict[str, tuple[str, str]] = field(default_factory=dict)
    subject: str = ""
    subject_by: str = ""
    subject_at: datetime | None = None


TopicState = Literal["planned", "live", "ended", "published"]
InviteeState = Literal["offered", "accepted", "tentative", "declined", "joined", "bounced", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class Told:
    """
    What the newest mail with a calendar entry told an invitee, to see when it has become wrong.

    :ivar sequence: the topic's then. :ivar at: when it was queued.
    """

    sequence: int
    name: str
    start: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Invitee:
    """
    Somebody invited to a topic by mail address.

    :ivar token_hash: SHA-256 of the newest link's token, which itself stands only in the mail; ``b""`` ends all links.
    :ivar reason: in words, why the mail failed or waits.
    :ivar mail_token: marks the addresses and pages by which this invitee answers; it permits nothing else.
    :ivar shift: how far the SEQUENCE (RFC 5546 §2.1.4) in this invitee's calendar is ahead of the topic's.
    :ivar told: ``None`` if no calendar of theirs holds the topic.
    """

    id: str
    topic: str
    address: str
    name: str
    inviter: str
    state: InviteeState
    jid: str | None = None
    reason: str = ""
    token_hash: bytes = b""
    expires: datetime | None = None
    mail_token: str = ""
    shift: int = 0
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """
    Something to talk through; it owns one room.

    :ivar id: short, URL-safe, for good.
    :ivar start: when it is planned; ``None`` means *when the first guest arrives*.
    :ivar members: bare JIDs of everybody who takes part, the owner among them.
    :ivar document: public URL of the published document, or ``None``.
    :ivar revision: rises with every change; 0 for one that was never saved.
    :ivar sequence: rises with every change that calendars must learn of: name, time, cancelled.
    :ivar targets: publishing targets that a public document goes to besides the archive; ``None``: all configured ones.
    :ivar empty_since: of a live one, when the last person left its room; ``None`` while somebody is there.
    """

    id: str
    name: str
    room: str
    owner: str
    state: TopicState
    start: datetime | None
    minutes: int
    zone: str
    language: str
    created: datetime
    members: tuple[str, ...] = ()
    visibility: Literal["public", "link", "members"] = "public"
    document: str | None = None
    revision: int = 0
    sequence: int = 0
    targets: tuple[str, ...] | None = None
    empty_since: datetime | None = None

    @property
    def uid(self) -> str:
        """What names it in every calendar (RFC 5545 §3.8.4.7)."""
        return f"{self.id}@{self.room.partition('@')[2]}"


@dataclass(frozen=True, slots=True)
class UndoStep:
    """
    How one request can be taken back, and what may be chosen instead.

    :ivar user: bare JID of who may.
    :ivar component: name of the component that did it, e.g. ``"topics"``.
    :ivar work: JSON text, its own: how to take it back.
    :ivar choices: JSON text, its own: values by identifier of each alternative.
    """

    id: str
    user: str
    component: str
    at: datetime
    expires: datetime
    work: str
    choices: str


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """
    A published document's one revision, in every form it is fetched in.

    :ivar body: the reporter's document as JSON text (``docs/document-schema.json``), from which forms are rendered.
    :ivar key: idempotency key of (topic, revision).
    """

    topic: str
    revision: int
    slug: str
    title: str
    headline: str
    body: str
    key: str
    visibility: Literal["public", "link", "members"]
    published: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a publisher answers: where the document is now."""

    url: str
    remote_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Mail:
    """
    A mail to hand over, complete.

    :ivar message: RFC 5322 bytes with CRLF line ends, Message-ID and Date included.
    """

    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class OutboxJob:
    """
    Work that must leave this server (mail, publication), kept in the transaction that caused it.

    :ivar kind: ``"mail"`` or ``"publish"``.
    :ivar key: unique; a second row of the same key is not made.
    :ivar payload: JSON text.
    :ivar attempts: how often it was tried before.
    :ivar created: when it was put there; ``None`` only in fakes.
    """

    id: int
    kind: str
    key: str
    payload: str
    attempts: int = 0
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """
    How far a job of the outbox is.

    :ivar state: ``waiting``, ``done`` or ``parked``. One that waits and has attempts and no note is being worked on.
    :ivar note: why it waits again or was given up, or what came of it. :ivar due: when it is tried next.
    """

    state: Literal["waiting", "done", "parked"]
    attempts: int
    note: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """
    A secret that was handed out: only its hash is kept.

    :ivar purpose: ``"session"`` (OAUTHBEARER), ``"validate"``, ``"invite"``.
    :ivar subject: bare JID or mail address it stands for.
    :ivar scope: JSON text of what it permits, or ``""``.
    :ivar uses: how often it may still be redeemed.
    """

    hash: bytes
    purpose: str
    subject: str
    scope: str
    expires: datetime
    uses: int = 1


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """
    Somebody who asked for an account and has not yet confirmed the mail address.

    :ivar token_hash: SHA-256 of the secret in the mailed link.
    """

    address: str
    jid: str
    name: str
    verifiers: tuple[Verifier, ...]
    token_hash: bytes
    expires: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """
    Something that a search found.

    :ivar topic: id of its topic. :ivar name: the topic's name, or the document's title.
    :ivar id: a message's stanza-id, or a document's slug; ``""`` for a document that has no page to open.
    :ivar by: nick of the author; ``""`` for a document.
    :ivar parts: of its text, each with whether it was searched for.
    """

    kind: Literal["message", "document"]
    topic: str
    name: str
    id: str
    by: str
    at: datetime
    parts: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """
    A page of what a search found, the best first.

    :ivar total: how much there is, counted up to a thousand.
    :ivar behind: what was said last may not be in it yet.
    """

    hits: tuple[Hit, ...]
    total: int
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """
    A file that was put here, or a place for one (XEP-0363).

    :ivar id: the part of its address that nobody guesses.
    :ivar owner: bare JID. :ivar name: the file's, safe to show.
    :ivar media_type: as its owner announced it; ``""`` if nobody said.
    :ivar until: after that the place is void, unless the file has come.
    :ivar expires: when the file goes; ``None`` keeps it for good.
    """

    id: str
    owner: str
    name: str
    media_type: str
    size: int
    created: datetime
    until: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much may be kept; 0 means no limit. *day*: of an account in 24 hours; *open_places*: not used yet."""

    bytes_per_account: int = 0
    bytes_per_day: int = 0
    files_per_day: int = 0
    open_places: int = 0
    bytes_in_all: int = 0
    least_free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class PushTarget:
    """
    Where notifications of an account go (XEP-0357).

    :ivar service: JID of the app's push service. :ivar node: there; ``""`` if none was named.
    :ivar client: full JID of the client that asked for them.
    :ivar options: the ``<x/>`` to publish with, as bytes that declare their namespace; empty for none.
    """

    owner: str
    service: str
    node: str
    client: str
    options: bytes = b""
