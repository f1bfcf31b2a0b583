"""
Every interface by which the packages of CCM and its plug-ins meet: the page to read first.

Methods marked *async* return an awaitable; all others are synchronous. Each interface has a contract test suite
in :mod:`ccm.testing`, which providers and fakes inherit. Longer than other files on purpose: it is one page to read.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.plugin import IPlugin
from zope.interface import Attribute, Interface

from ccm import records as r

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

T = TypeVar("T")


# ---- wire and router


class ISink(Interface):
    """Somebody to whom stanzas can be delivered: a client's session, a room service, a component."""

    jid = Attribute("str: the address this sink answers for; a full JID for a session, a domain for a service.")

    def deliver(stanza: Any) -> None:
        """Take a :class:`ccm.wire.stanza.Stanza` that is addressed to this sink. Never raises, never blocks."""

    def deliver_raw(template: Any) -> None:
        """Take a copy of a :class:`ccm.wire.fanout.FanOut`; the sink adds its own address."""


class ISession(ISink):
    """A bound client session, whatever its transport."""

    priority = Attribute("int | None: priority of its presence; None while it is not available.")
    presence = Attribute("Stanza | None: its last broadcast available presence.")
    state = Attribute("dict[str, Any]: JSON-able marks that modules keep, saved with the session.")
    transport = Attribute("str: 'tcp', 'bosh' or 'websocket'.")
    hibernating = Attribute("bool: its connection is gone but it may still be resumed (XEP-0198 §5, XEP-0124 §10).")
    resumed = Attribute("bool: it came back from a record after a restart.")
    dropped = Attribute("bool: it ended by an error, a time-out or a lost connection; its client did not say good-bye.")

    def close(condition: str, text: str = "") -> None:
        """End the stream with an error condition of RFC 6120 §4.9.3, e.g. ``conflict``."""


class IConnection(Interface):
    """What a session needs of the transport below it."""

    peer = Attribute("str: address of the other side, for limits and the log.")
    secure = Attribute("bool: encrypted, or a local connection that counts as such.")

    def write(data: bytes) -> None:
        """Queue bytes; what one reactor turn queues is sent at once at its end."""

    def slow(seconds: float) -> None:
        """Read nothing more for so long, unless reading pauses already: its client asks for too much."""

    def start_tls() -> None:
        """Switch to TLS after what has been written; bytes already received in clear are discarded."""

    def close(error: Any = None) -> None:
        """Send what is queued, then close; *error* is the ``StreamError`` that was written before, if any."""


class IAccountDisco(Interface):
    """What a module has service discovery tell of accounts (XEP-0030 §8)."""

    def features() -> Iterable[str]:
        """What an account offers because of it."""

    def identities() -> Iterable[str]:
        """As which it shows itself: serialised ``<identity/>`` elements."""

    def items(owner: str, asker: str) -> Awaitable[bytes]:
        """*async* Serialised ``<item/>`` elements that a bare JID may see."""

    def info(owner: str, asker: str, name: str) -> Awaitable[bytes | None]:
        """
        *async* What is inside ``<query/>`` for a node; ``None`` for one of somebody else.

        :raises StanzaError: if it is not for them, or not there.
        """


class IHostDisco(Interface):
    """What a module has service discovery tell of nodes of the host (XEP-0030 §3.2)."""

    def items(asker: str, at: str, node: str) -> bytes | None:
        """
        Serialised ``<item/>`` elements of a node for a bare JID; ``None`` for one of somebody else.

        :param at: the address that was asked, the host's or the asker's own.
        """

    def info(asker: str, node: str) -> bytes | None:
        """
        What is inside ``<query/>`` for a node; ``None`` for one of somebody else.

        :raises StanzaError: if it is not for them.
        """


# ---- stores


class IDatabase(Interface):
    """The durable store. A *change* or *query* runs in a thread with a SQLAlchemy ``Connection``; no reactor there."""

    dialect = Attribute("SQLAlchemy's name of the database: ``sqlite`` or ``postgresql``.")

    def read(query: Callable[[Any], T], key: Hashable = None) -> Awaitable[T]:
        """
        Run *query(connection)* in a reading transaction.

        :param key: the same for queries with the same answer: what is asked several times in one turn of the reactor is
            looked up once. Nobody changes the answer then.
        """

    def write(change: Callable[[Any], T]) -> Awaitable[T]:
        """
        Run *change(connection)* in the next group commit; the result comes once that commit is on disk.

        If *change* raises, its own work alone is rolled back and the exception is the answer.

        :raises StoreUnavailable: if the commit failed; nothing of it is kept.
        """

    def append(statement: str, row: tuple[Any, ...]) -> "Deferred[None]":
        """
        The fast lane: one driver-level ``INSERT`` in the next group commit; fires once that is on disk.

        :param statement: SQL with ``?`` for each value, whatever the database.
        """

    def post(statement: str, row: tuple[Any, ...]) -> None:
        """
        :meth:`append` for what nobody waits for: it is queued together with whatever is queued next, or some
        milliseconds later. A barrier covers it, and has it queued at once.

        :raises StoreUnavailable: if it cannot be queued; nothing is kept then.
        """

    def barrier() -> "Deferred[None] | None":
        """
        Wait for everything queued so far: fires once that is on disk; ``None`` when nothing is pending.

        Fails with ``StoreUnavailable`` if any of it was lost: then nothing that rests on it may be acknowledged.
        """


class IAccounts(Interface):
    """Who may sign in (``store/accounts.py``). Names are as typed; see :meth:`find`."""

    def find(name: str) -> Awaitable[r.Account | None]:
        """*async* The account for a chat address, a localpart or a validated mail address."""

    def get(jid: str) -> Awaitable[r.Account | None]:
        """*async* The account of that bare JID."""

    def exists(jid: str) -> bool:
        """Whether that bare JID is an account; answered from memory, for routing."""

    def create(jid: str, name: str, email: str | None, verifiers: Iterable[r.Verifier]) -> Awaitable[r.Account]:
        """*async* :raises StanzaError: ``conflict`` if JID or address is taken."""

    def set_verifiers(jid: str, verifiers: Iterable[r.Verifier]) -> Awaitable[None]:
        """*async* Replace the password and end every token of the account. :raises StanzaError: ``item-not-found``."""

    def set_email(jid: str, email: str) -> Awaitable[None]:
        """
        *async* Another validated address; links in mails to the account end.

        :raises StanzaError: ``item-not-found``; ``conflict`` if it is taken.
        """

    def set_enabled(jid: str, enabled: bool) -> Awaitable[None]:
        """
        *async* Let the account sign in, or not; everything else of it stays. Switched off, all its tokens end.

        :raises StanzaError: ``item-not-found``.
        """

    def delete(jid: str) -> Awaitable[None]:
        """*async* Remove the account and what hangs on it. :raises StanzaError: ``item-not-found``."""

    def removed() -> frozenset[str]:
        """Bare JIDs that were removed, by whomever, while modules were not told of it yet; as last refreshed."""

    def told(jid: str) -> Awaitable[None]:
        """*async* They were told: whoever has that name next is somebody else."""

    def count(domain: str, enabled: bool | None = None) -> Awaitable[int]:
        """*async* How many accounts a domain has, or how many of them may sign in, or may not."""

    def names(domain: str, enabled: bool | None = None, limit: int = 100) -> Awaitable[tuple[str, ...]]:
        """*async* The first bare JIDs of these, by JID."""

    def all(domain: str | None = None) -> Awaitable[tuple[r.Account, ...]]:
        """*async* Every account, by JID."""


class IRosters(Interface):
    """Contacts, one blob an account (``store/rosters.py``)."""

    def load(jid: str) -> Awaitable[dict[str, r.RosterItem]]:
        """*async* The contacts of a bare JID by contact JID, those with only a pending request among them."""

    def save(jid: str, items: dict[str, r.RosterItem]) -> Awaitable[None]:
        """*async* Replace them."""

    def left_by(jid: str) -> Awaitable[dict[str, r.RosterItem]]:
        """*async* The contacts of an account that was removed, until :meth:`IAccounts.told`."""


class IAccountXML(Interface):
    """XML that accounts keep, each piece under a name of the module that answers for it (``store/account_xml.py``)."""

    def get(owner: str, name: str) -> Awaitable[bytes | None]:
        """*async* What a bare JID keeps under that name: UTF-8 that declares its namespaces."""

    def set(owner: str, pieces: dict[str, bytes | None]) -> Awaitable[None]:
        """*async* Keep these, or forget those that are ``None``, in one transaction; nothing of who has no account."""

    def set_each(name: str, pieces: dict[str, bytes]) -> Awaitable[None]:
        """*async* Keep a piece under that name for each of these bare JIDs, at least one, in one transaction."""

    def size(owner: str) -> Awaitable[int]:
        """*async* How many bytes an account keeps."""

    def all(name: str) -> Awaitable[dict[str, bytes]]:
        """*async* What every account keeps under that name, by bare JID."""


class IPubSubNodes(Interface):
    """Nodes and their items (``store/pubsub.py``); a *record* is the node as :mod:`ccm.pubsub` writes it."""

    def get(service: str, name: str) -> Awaitable[bytes | None]:
        """*async* The record of a node."""

    def of(service: str) -> Awaitable[dict[str, bytes]]:
        """*async* The records of a service, by name."""

    def save(service: str, name: str, record: bytes) -> Awaitable[None]:
        """*async* Create or replace."""

    def delete(service: str, name: str | None = None) -> Awaitable[None]:
        """*async* Forget a node with its items; all of a service without a name."""

    def publish(service: str, name: str, item: r.PubSubItem, most: int) -> Awaitable[None]:
        """*async* Keep an item as the newest, in the place of the one with its id; older ones beyond *most* go."""

    def retract(service: str, name: str, id_: str) -> Awaitable[bool]:
        """*async* Forget an item; whether it was there."""

    def trim(service: str, name: str, most: int) -> Awaitable[None]:
        """*async* Keep only the newest *most*."""

    def items(
        service: str, name: str, *, ids: tuple[str, ...] = (), most: int = 0
    ) -> Awaitable[Sequence[r.PubSubItem]]:
        """*async* All, those named, or the newest *most*; the oldest first."""

    def page(
        service: str,
        name: str,
        *,
        ids: tuple[str, ...] = (),
        most: int,
        most_bytes: int,
        after: str | None = None,
        before: str | None = None,
    ) -> Awaitable[tuple[Sequence[r.PubSubItem], int]]:
        """
        *async* The newest *most* of all or of those named, or of those *before* one, or the oldest *after* one, as far
        as their payloads fit into *most_bytes*, but one at least; the oldest first. And how many there are in all.

        :raises StanzaError: ``item-not-found`` for an unknown id to start from.
        """

    def newest(services: Iterable[str], names: Iterable[str]) -> Awaitable[Sequence[tuple[bytes, r.PubSubItem]]]:
        """*async* Record and newest item of every node of these names at these services that has one."""


class IArchive(Interface):
    """Message archives (``store/archive.py``)."""

    def next_id() -> str:
        """A fresh stanza-id, greater as text than every one before, also across restarts."""

    def append(message: r.Archived) -> "Deferred[None]":
        """Keep a message; fires once it is on disk, in the order of the calls. Fails with ``StoreUnavailable``."""

    def page(
        owner: str,
        *,
        with_: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str | None = None,
        before: str | None = None,
        between: tuple[str | None, str | None] = (None, None),
        ids: tuple[str, ...] = (),
        limit: int = 50,
    ) -> Awaitable[r.Page]:
        """
        *async* A page of :class:`~ccm.records.Archived` in ascending order (XEP-0313, XEP-0059).

        ``before=""`` asks for the last page. :param between: only what is after the first and before the second of
        these ids. :raises StanzaError: ``item-not-found`` for an unknown id.
        """

    def seen_origin(owner: str, sender: str, origin_id: str) -> Awaitable[str | None]:
        """*async* The stanza-id under which that sender's origin-id was archived within 24 h, else ``None``."""

    def retract(owner: str, id_: str, tombstone: bytes) -> Awaitable[None]:
        """*async* Put a tombstone in place of a message (XEP-0424 §5)."""

    def bequeath(owner: str, old: str, new: str) -> Awaitable[None]:
        """*async* What bare JID *old* said in an archive is *new*'s from now on."""

    def said_by(sender: str, *, after: str | None = None, limit: int = 50) -> Awaitable[r.Page]:
        """*async* A page of what a bare JID said in any archive, ascending; reads the whole store: for exports only."""


class IPersonalArchive(Interface):
    """Archives of accounts (``store/personal.py``)."""

    def keep(
        stanza: bytes,
        sender: str,
        sender_resource: str,
        recipient: str,
        recipient_resource: str,
        *,
        by_sender: bool,
        by_recipient: bool,
    ) -> str:
        """
        Keep a message, once for both archives it is in; who must know that it is on disk waits for the barrier.

        :param stanza: serialised in ``jabber:client``, without a ``stanza-id`` of either.
        :param sender: bare JID, as *recipient* is; one who writes to oneself keeps it *by_sender*.
        :returns: its id in both archives, greater as text than every one before.
        """

    def forget(owner: str, id_: str) -> None:
        """Take a message out of one archive again."""

    def bury(id_: str, tombstone: bytes) -> Awaitable[None]:
        """*async* Put another stanza in the place of a message, in whichever archives it is (XEP-0424 §5)."""

    def page(
        owner: str,
        *,
        with_: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str | None = None,
        before: str | None = None,
        between: tuple[str | None, str | None] = (None, None),
        ids: tuple[str, ...] = (),
        limit: int = 50,
    ) -> Awaitable[r.Page]:
        """*async* As :meth:`IArchive.page`, with whatever was kept before; *with_* is a bare or a full JID."""

    def overdue(domain: str, before: datetime) -> Awaitable[tuple[str, ...]]:
        """*async* Which accounts of a domain have messages in their archives that are older than that."""

    def expire(owner: str, before: datetime, most: int) -> Awaitable[bool]:
        """*async* Take the oldest *most* that are older than that out of an archive; whether there may be more."""

    def over(domain: str, messages: int) -> Awaitable[tuple[str, ...]]:
        """*async* Which accounts of a domain have more than so many in their archives."""

    def trim(owner: str, messages: int, most: int) -> Awaitable[bool]:
        """*async* Take the oldest *most* beyond that number out of an archive; whether there are more."""


class IOffline(Interface):
    """Messages that wait for accounts whose clients are away (``store/offline.py``)."""

    def keep(message: r.Waiting) -> "Deferred[None]":
        """Keep one; one of the same owner and id that is there already stays. Fires once it is on disk."""

    def of(owner: str, limit: int) -> Awaitable[Sequence[r.Waiting]]:
        """*async* The first *limit* in their order, with whatever was kept before."""

    def done(owner: str, ids: Iterable[str]) -> Awaitable[None]:
        """*async* Forget these."""

    def sizes() -> Awaitable[dict[str, tuple[int, int]]]:
        """*async* How many wait for each account that any wait for, and their bytes."""


class IRooms(Interface):
    """Rooms as they last (``store/rooms.py``)."""

    def load_all(service: str) -> Awaitable[tuple[r.RoomRecord, ...]]:
        """*async* Every room of a service, at start."""

    def save(room: r.RoomRecord) -> Awaitable[None]:
        """*async* Keep a room whole."""

    def delete(jid: str) -> Awaitable[None]:
        """*async* Forget a room; its archive goes with it."""


class ITopics(Interface):
    """Topics and those invited to them (``store/topics.py``)."""

    def get(id_: str) -> Awaitable[r.Topic | None]:
        """*async*"""

    def by_room(room: str) -> Awaitable[r.Topic | None]:
        """*async* The topic of that room's bare JID."""

    def of_member(jid: str, *, after: str | None = None, limit: int = 50) -> Awaitable[r.Page]:
        """*async* A page of the topics that a bare JID takes part in, newest first."""

    def active(*, limit: int = 10_000) -> Awaitable[tuple[r.Topic, ...]]:
        """*async* All topics that are planned, live or ended and not yet published."""

    def busy(jid: str, start: datetime, end: datetime) -> Awaitable[tuple[r.Topic, ...]]:
        """*async* Planned and live topics with a time that a bare JID takes part in between then, the first first."""

    def names_of(owner: str) -> Awaitable[frozenset[str]]:
        """*async* Names in use by an owner, to keep new ones distinct."""

    def save(topic: r.Topic) -> Awaitable[r.Topic]:
        """
        *async* Create or replace; answers it with its new revision.

        :raises Overtaken: if its revision is not the stored one (0 for a new topic): it was changed meanwhile.
        """

    def delete(id_: str) -> Awaitable[None]:
        """*async*"""

    def invitees(topic: str) -> Awaitable[tuple[r.Invitee, ...]]:
        """*async* Those invited to a topic, in the order of invitation."""

    def invitee(id_: str) -> Awaitable[r.Invitee | None]:
        """*async*"""

    def invitee_by_token(hash_: bytes) -> Awaitable[r.Invitee | None]:
        """*async* The invitee whose link holds that token."""

    def link_used(hash_: bytes) -> Awaitable[bool]:
        """*async* Whether the link with that token has brought somebody in."""

    def redeem_link(hash_: bytes, jid: str) -> Awaitable[r.Invitee | None]:
        """
        *async* Let that bare JID in by a link, once: by one conditional update, so of parallel calls one wins.

        :returns: the invitee, joined; ``None`` for a link that is unknown, used, ended or taken back.
        """

    def invitee_by_mail_token(token: str) -> Awaitable[r.Invitee | None]:
        """*async* The invitee who answers by the addresses and pages with that token."""

    def abandoned(*, limit: int = 100) -> Awaitable[tuple[r.Invitee, ...]]:
        """*async* Those whose topic was deleted and whose calendars have not been told."""

    def lapsed(now: datetime, *, limit: int = 100) -> Awaitable[tuple[r.Invitee, ...]]:
        """*async* Those whose links have ended and who have not answered."""

    def starting(after: datetime, before: datetime) -> Awaitable[tuple[r.Topic, ...]]:
        """*async* Planned topics that start then, the first first."""

    def save_invitee(
        invitee: r.Invitee,
        jobs: Iterable[tuple[str, str, str]] = (),
        *,
        by: str | None = None,
        instead_of: Iterable[str] = (),
        read: r.Invitee | None = None,
    ) -> Awaitable[r.Invitee | None]:
        """
        *async* Create or replace, with outbox jobs ``(kind, key, payload)`` in the same transaction.

        A new ``token_hash`` is one more link that works; none ends them all.

        :param read: the invitee as it was read before. Then only that in which *invitee* differs from it is changed, an
            answer or a joining that came since stands, and nothing is done if it was taken back or deleted since.
        :returns: the invitee as it is kept; ``None`` if nothing was done.
        :param by: whom its mails count for; ``None`` means the inviter, ``""`` nobody.
        :param instead_of: keys of jobs that are taken back if they still wait.
        """

    def delete_invitee(id_: str, jobs: Iterable[tuple[str, str, str]] = ()) -> Awaitable[None]:
        """*async* As if never invited, with outbox jobs in the same transaction."""

    def mark_invitee(id_: str, among: Sequence[r.InviteeState], **changes: Any) -> Awaitable[r.Invitee | None]:
        """*async* Change the named fields alone if the state is *among* these; answers it changed, else ``None``."""

    def mails_since(address: str, since: datetime) -> Awaitable[int]:
        """*async* How many invitations went to an address since then, for the daily cap."""

    def mails_by(inviter: str, since: datetime) -> Awaitable[int]:
        """*async* How many invitations a bare JID caused since then, for the hourly and daily caps."""


class IUndoSteps(Interface):
    """What can still be taken back (``store/undo_steps.py``)."""

    def keep(step: r.UndoStep) -> Awaitable[None]:
        """*async* Keep one; the user's oldest beyond the limit and whatever has expired goes."""

    def get(id_: str) -> Awaitable[r.UndoStep | None]:
        """*async* One that is neither taken nor expired."""

    def latest(user: str, component: str) -> Awaitable[r.UndoStep | None]:
        """*async* The newest of those that this user has at that component."""

    def take(id_: str) -> Awaitable[r.UndoStep | None]:
        """*async* The same as :meth:`get`, and nobody gets it again: of parallel calls one wins."""


class IDocuments(Interface):
    """Published documents (``store/documents.py``)."""

    def publish(document: r.DocumentRecord, jobs: Iterable[tuple[str, str, str]]) -> Awaitable[r.DocumentRecord]:
        """
        *async* Keep a revision with its outbox jobs in one transaction.

        Idempotent by ``key``: a second call answers the first one's record and makes no job. The newest one's slug is
        that of all revisions from then on.
        """

    def latest(topic: str) -> Awaitable[r.DocumentRecord | None]:
        """*async* The newest revision of a topic's document."""

    def by_slug(slug: str, revision: int | None = None) -> Awaitable[r.DocumentRecord | None]:
        """*async*"""

    def revisions(topic: str) -> Awaitable[tuple[r.DocumentRecord, ...]]:
        """*async* Oldest first."""

    def public(*, query: str = "", before: datetime | None = None, limit: int = 20) -> Awaitable[r.Page]:
        """*async* Newest revision of each public document, newest first, or those that match a search."""

    def rewrite(
        topic: str,
        change: Callable[
            [tuple[r.DocumentRecord, ...]], tuple[tuple[r.DocumentRecord, ...], Iterable[tuple[str, str, str]]]
        ],
    ) -> Awaitable[tuple[r.DocumentRecord, ...]]:
        """
        *async* Put other texts in the place of those of a topic's revisions, in one transaction, for good.

        :param change: answers the revisions it is given, oldest first, with other title, headline and body, and the
            outbox jobs that follow; runs in the database's thread.
        :returns: those that are different now. What they said before is not kept, nor found by a search.
        """

    def add_receipt(topic: str, revision: int, target: str, receipt: r.Receipt) -> Awaitable[None]:
        """*async* Where a publisher put it."""

    def receipts(topic: str) -> Awaitable[dict[str, r.Receipt]]:
        """*async* Newest receipt by target name."""


class ISearch(Interface):
    """Searches over what was said and over documents (``store/found.py``); *user* is a bare JID."""

    def said(user: str, query: str, *, topic: str = "", offset: int = 0, limit: int = 20) -> Awaitable[r.Found]:
        """*async* Messages with all words of *query* in rooms of topics that *user* takes part in, or of that one."""

    def documents(user: str, query: str, *, topic: str = "", offset: int = 0, limit: int = 20) -> Awaitable[r.Found]:
        """*async* Newest revisions of documents that are public, or of topics that *user* takes part in."""


class IOutbox(Interface):
    """Jobs that wait to leave (``store/outbox.py``)."""

    def add(jobs: Iterable[tuple[str, str, str]]) -> Awaitable[None]:
        """*async* Jobs ``(kind, key, payload)`` of their own, without another cause."""

    def claim(kind: str, limit: int, lease_seconds: float) -> Awaitable[tuple[r.OutboxJob, ...]]:
        """*async* Due jobs, leased so that nobody else takes them until the lease ends."""

    def done(id_: int, note: str = "") -> Awaitable[None]:
        """*async* Finished for good."""

    def retry(id_: int, seconds: float, why: str) -> Awaitable[None]:
        """*async* Try again after that many seconds."""

    def park(id_: int, why: str) -> Awaitable[None]:
        """*async* Give up, visible to operators."""

    def withdraw(key: str) -> Awaitable[bool]:
        """*async* Take a job back; whether it was still waiting, and nobody at work on it."""

    def recall(prefix: str) -> Awaitable[frozenset[str]]:
        """*async* Take back every job whose key begins so and that is not finished, parked ones too, and see that one
        at which somebody works is not tried again; their keys."""

    def waits(key: str) -> Awaitable[bool]:
        """*async* Whether a job is waiting, and nobody at work on it."""

    def stands(keys: Iterable[str]) -> Awaitable[bool]:
        """*async* Whether any of these jobs is neither finished nor given up."""

    def look(keys: Iterable[str]) -> Awaitable[dict[str, r.JobState]]:
        """*async* How far each job is, or the newest one whose key is that and ``:`` and more; those there are."""

    def parked() -> Awaitable[tuple[tuple[r.OutboxJob, str], ...]]:
        """*async* Jobs given up, with the reason."""

    def revive(key: str) -> Awaitable[bool]:
        """*async* Let a job that was given up start anew; whether there was one."""

    def release() -> Awaitable[None]:
        """*async* End every lease: only for the one who owns all workers, whose former process is gone."""

    def counts() -> Awaitable[dict[tuple[str, str], int]]:
        """*async* How many jobs are not finished, by kind and ``waiting`` or ``parked``."""

    def listen(kind: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Hear of new jobs of a kind, after the commit that added them; answers a function that ends it."""


class ITokens(Interface):
    """Secrets handed out (``store/tokens.py``)."""

    def issue(token: r.Token) -> Awaitable[None]:
        """*async* Keep a token's hash."""

    def look(purpose: str, hash_: bytes) -> Awaitable[r.Token | None]:
        """*async* A token that is not expired, revoked or used up; using nothing."""

    def redeem(purpose: str, hash_: bytes) -> Awaitable[r.Token | None]:
        """*async* Use it once, by one conditional update: of parallel calls one wins."""

    def of(purpose: str, subject: str) -> Awaitable[tuple[r.Token, ...]]:
        """*async* Those of that purpose and subject that are valid, the one that ends last first."""

    def revoke(purpose: str, subject: str) -> Awaitable[None]:
        """*async* End every token of that purpose and subject."""

    def end(purpose: str, hash_: bytes) -> Awaitable[None]:
        """*async* End that one; none is no error."""


class IPending(Interface):
    """Registrations that wait for their mail address to be confirmed (``store/pending.py``)."""

    def add(pending: r.PendingRegistration, jobs: Iterable[tuple[str, str, str]] = ()) -> Awaitable[None]:
        """*async* Keep one, with its mail's outbox job in the same transaction. Makes no account."""

    def look(token_hash: bytes) -> Awaitable[r.PendingRegistration | None]:
        """*async* The one whose mail holds that token, unless it is expired or confirmed; using nothing."""

    def find(name: str) -> Awaitable[r.PendingRegistration | None]:
        """*async* The newest that waits with that mail address or bare JID."""

    def as_account(name: str, host: str) -> Awaitable[r.Account | None]:
        """*async* Who waits under a chat address of *host* (or its local part), as an account that is switched off."""

    def confirm(token_hash: bytes) -> Awaitable[r.Account]:
        """
        *async* Make the account, in the transaction that uses the token up; the address's others are forgotten.

        :raises StanzaError: ``item-not-found`` for an unknown, expired or used token; ``conflict`` if JID or address
            were taken meanwhile.
        """


class ISuppression(Interface):
    """Mail addresses that asked not to be invited (``store/suppression.py``); only their hashes are kept."""

    def add(address: str) -> Awaitable[None]:
        """*async* Never invite that address again."""

    def remove(address: str) -> Awaitable[None]:
        """*async* It may be invited again."""

    def has(address: str) -> Awaitable[bool]:
        """*async* Whether it asked so."""


class IUploadFile(Interface):
    """A file that is being put. One call after another: each waits for the one before."""

    def write(data: bytes) -> "Deferred[None]":
        """Add bytes; fires once they are with the operating system. Fails with ``StoreUnavailable``."""

    def keep() -> Awaitable[bool]:
        """
        *async* It is whole: on disk for good. False if its owner is gone meanwhile; then nothing is kept.

        :raises StoreUnavailable: if it cannot be; nothing is kept.
        """

    def drop() -> Awaitable[None]:
        """*async* It did not come whole: forget what there is; the place is free again while it lasts."""


class IUploads(Interface):
    """Files that people put here, and places for them (``store/uploads.py``)."""

    def offer(upload: r.Upload, limits: r.UploadLimits) -> Awaitable[None]:
        """*async* Keep a place. :raises QuotaReached: beyond one of the limits."""

    def place(id_: str) -> Awaitable[r.Upload | None]:
        """*async* The place with that id, unless it was used or has ended."""

    def open(upload: r.Upload) -> Awaitable[IUploadFile | None]:
        """*async* Begin to use a place; ``None`` if somebody was faster. :raises StoreUnavailable: if that fails."""

    def find(id_: str) -> Awaitable[r.Upload | None]:
        """*async* The file with that id, unless it has expired."""

    def path(id_: str) -> str:
        """Where that file is, in this machine's file system."""

    def of(owner: str) -> Awaitable[tuple[r.Upload, ...]]:
        """*async* The files of a bare JID, oldest first."""

    def bequeath(old: str, new: str) -> Awaitable[None]:
        """*async* The files of bare JID *old* are *new*'s from now on."""

    def sweep() -> Awaitable[int]:
        """*async* Remove what has expired, and what accounts left that are gone; how many files that were."""


class IPushTargets(Interface):
    """Where notifications go (``store/push_targets.py``)."""

    def all() -> Awaitable[tuple[r.PushTarget, ...]]:
        """*async* Of every account, in the order in which they were saved."""

    def save(target: r.PushTarget) -> Awaitable[None]:
        """*async* Keep one, in the place of that with the same owner, service and node."""

    def delete(owner: str, service: str, node: str | None = None) -> Awaitable[None]:
        """*async* Forget one, or without a node all of that service. None is no error."""


class ISessionState(Interface):
    """
    Small state that must survive the process but could be rebuilt: keys, hashes, logs and a bus.

    Values are ``bytes``. Providers: ``redis`` and ``embedded`` (in memory, saved into the SQL store).
    """

    def get(key: str) -> Awaitable[bytes | None]:
        """*async*"""

    def set(key: str, value: bytes, ttl_seconds: float | None = None) -> Awaitable[None]:
        """*async* Keep a value, for good or for a time."""

    def delete(*keys: str) -> Awaitable[None]:
        """*async* Forget keys of any kind."""

    def keys(prefix: str) -> Awaitable[tuple[str, ...]]:
        """*async* Live keys that begin so, in no order."""

    def hash_set(key: str, field: str, value: bytes, ttl_seconds: float | None = None) -> Awaitable[None]:
        """*async* Set one field; *ttl_seconds* is that of the whole key."""

    def hash_delete(key: str, *fields: str) -> Awaitable[None]:
        """*async*"""

    def hash_all(key: str) -> Awaitable[dict[str, bytes]]:
        """*async* Empty if there is no such key."""

    def settle() -> Awaitable[None]:
        """
        *async* Done once all that was set or deleted before outlives this process.

        :raises StoreUnavailable: if some of it does not.
        """

    def publish(channel: str, message: bytes) -> Awaitable[None]:
        """*async* To every subscriber of the channel that listens now."""

    def subscribe(channel: str, callback: Callable[[bytes], None]) -> Awaitable[Callable[[], None]]:
        """*async* Hear a channel; answers a function that ends it."""

    def close() -> Awaitable[None]:
        """*async* Save what is not yet saved and let go."""


# ---- plug-ins


class IModule(IPlugin):
    """One XEP, or one concern of the server (``modules/``)."""

    name = Attribute("str: how the configuration names it, e.g. 'ping'.")
    xep = Attribute("str: specification and version, e.g. 'XEP-0199 2.0.1', for docs/xeps.md.")
    features = Attribute("tuple[str, ...]: disco features of the server while it is installed.")
    options = Attribute("type | None: msgspec Struct of its configuration section.")

    def install(router: Any, services: Any, options: Any) -> None:
        """
        Hook handlers into the router.

        :param services: :class:`ccm.router.services.Services`: what modules may use, by name.
        :param options: an instance of ``options``.
        """


class IComponentHandler(IPlugin):
    """A component that runs in-process or over XEP-0114 by configuration alone (``components/``)."""

    name = Attribute("str: how the configuration names it, e.g. 'topics'; its default domain is <name>.<host>.")
    options = Attribute("type | None: msgspec Struct of its configuration section.")

    def handlers(context: Any, options: Any) -> Iterable[Any]:
        """
        The wokkel ``XMPPHandler`` instances to attach.

        :param context: :class:`ccm.components.context.Context`: domain, stores, clock, configuration.
        """


class IPublisher(IPlugin):
    """A place where documents are published (``publish/``)."""

    name = Attribute("str: how the configuration names it, e.g. 'wordpress'.")
    options = Attribute("type | None: msgspec Struct of its configuration section.")

    def configure(options: Any, services: Any) -> "IPublisher":
        """A ready publisher. :raises ConfigError: naming the key."""

    def publish(document: Any, key: str) -> Awaitable[r.Receipt]:
        """
        *async* Put a :class:`ccm.reporter.document.Document` there, at most once per *key*.

        Another key of the same topic takes the place of what is there: a newer version, or the same with less in it.

        :raises Rejected: never to be tried again.
        :raises Unavailable: to be tried later.
        """


class ITemplates(IPlugin):
    """
    A bundle of document types (``docs/templates.md``).

    :class:`ccm.reporter.template_files.TemplatePackage` is one for the TOML files of a Python package.
    """

    name = Attribute("str: for messages about its files.")

    def files() -> Iterable[tuple[str, str]]:
        """Name and text of each TOML file."""


class ISummarizer(IPlugin):
    """An optional writer of narrative text (``docs/reporter.md``). Sentences must cite message ids that exist."""

    name = Attribute("str: how the configuration names it, [summarizers.<name>]; of a ready one, how documents do.")
    options = Attribute("type | None: msgspec Struct of its configuration section.")

    def configure(options: Any, services: Any) -> "ISummarizer | None":
        """
        A ready one; ``None`` while its options leave it off.

        :raises ConfigError: naming the key.
        """

    def announcement() -> str:
        """What the reporter tells a room when it enters: who gets to see what."""

    def summarize(transcript: Any, document: Any) -> Awaitable[tuple[tuple[str, tuple[str, ...]], ...]]:
        """
        *async* Sentences, each with the ids of the messages it rests on.

        Nobody trusts them: :func:`ccm.reporter.summary.checked` drops what cites nothing or the unknown.

        :param transcript: what is on record, as :class:`ccm.reporter.transcript.Message`.
        :param document: the :class:`ccm.reporter.document.Document` as it stands without them.
        :raises Unavailable: and the text made here stands.
        """


class IMailer(Interface):
    """Hands mail over (``web/mail.py``)."""

    def send(mail: r.Mail) -> Awaitable[None]:
        """
        *async* Answers once the next server has taken it.

        :raises Rejected: with the server's sentence, e.g. an unknown recipient.
        :raises Unavailable: try later.
        """
