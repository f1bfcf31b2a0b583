"""All stores, opened in one way by the server, by external components and by the command line."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from ccm.errors import StoreUnavailable
from ccm.interfaces import ISessionState
from ccm.store.account_xml import AccountXML
from ccm.store.accounts import Accounts
from ccm.store.archive import Archive
from ccm.store.database import Database
from ccm.store.documents import Documents
from ccm.store.embedded import EmbeddedState
from ccm.store.found import Search
from ccm.store.indexing import Indexing
from ccm.store.message_index import MessageIndex
from ccm.store.offline import Offline
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.outbox import Outbox
from ccm.store.pending import Pending
from ccm.store.personal import PersonalArchive
from ccm.store.pubsub import PubSubNodes
from ccm.store.push_targets import PushTargets
from ccm.store.rooms import Rooms
from ccm.store.rosters import Rosters
from ccm.store.suppression import Suppression
from ccm.store.tokens import Tokens
from ccm.store.topics import Topics
from ccm.store.undo_steps import UndoSteps
from ccm.store.uploads import Uploads

log = Logger()


@dataclass(frozen=True, slots=True)
class Stores:
    """What :func:`open_stores` opened; each is the provider of the interface of its name."""

    database: Database
    accounts: Accounts
    rosters: Rosters
    account_xml: AccountXML
    pubsub_nodes: PubSubNodes
    archive: Archive
    personal: PersonalArchive
    offline: Offline
    rooms: Rooms
    topics: Topics
    documents: Documents
    outbox: Outbox
    tokens: Tokens
    pending: Pending
    suppression: Suppression
    undo_steps: UndoSteps
    search: Search
    indexing: Indexing
    filing: Indexing
    uploads: Uploads
    push_targets: PushTargets
    state: ISessionState
    _closed: list[bool] = field(default_factory=list, repr=False)

    async def close(self) -> None:
        """Save what is not yet saved and let go. Closing twice does nothing."""
        if self._closed:
            return
        self._closed.append(True)
        try:
            await self.uploads.close()
            await self.indexing.stop()
            await self.filing.stop()
            await self.state.close()
            await self.archive.close()
        except StoreUnavailable as error:
            log.warn("The last session state could not be saved: {error}", error=str(error))
        finally:
            await self.database.close()


async def open_stores(
    reactor: Any,
    options: StoreOptions,
    state_options: StateOptions,
    state_dir: Path,
    *,
    host: str = "",
    uploads: Path | None = None,
    now: Callable[[], float] = time.time,
) -> Stores:
    """
    Open the database (its schema brought up to date) and the session state.

    :param reactor: for threads and, with Redis, connections.
    :param state_dir: where SQLite's file is, unless the options name another.
    :param host: the domain meant by a localpart alone.
    :param uploads: folder of the files that people put here; ``None`` is one in the state folder.
    :param now: seconds since the epoch.
    :raises StoreUnavailable: if the database cannot be opened.
    :raises ConfigError: for options that cannot be, or a database of a newer version.
    """
    state_options.check()
    database = Database(reactor, options, state_dir)
    await database.open()
    try:
        accounts, archive, outbox = Accounts(database, now, host), Archive(database, now), Outbox(database, now)
        await accounts.open()
        await archive.open()
        state = await _open_state(reactor, database, state_options, now)
    except BaseException:
        await database.close()
        raise
    index, personal = MessageIndex(database), PersonalArchive(database, archive, now)
    often = options.index_seconds, options.index_busy_messages_per_second

    def said() -> int:
        """In rooms and between two: a step of either holds up the writer for some milliseconds, and all wait for it."""
        return archive.appended + personal.kept

    indexing, filing = Indexing(index, reactor, said, *often), Indexing(personal, reactor, said, *often)
    indexing.start()
    filing.start()
    return Stores(
        database=database,
        accounts=accounts,
        rosters=Rosters(database),
        account_xml=AccountXML(database),
        pubsub_nodes=PubSubNodes(database),
        archive=archive,
        personal=personal,
        offline=Offline(database),
        rooms=Rooms(database),
        topics=Topics(database, outbox, now),
        documents=Documents(database, outbox, database.dialect),
        outbox=outbox,
        tokens=Tokens(database, now),
        pending=Pending(database, accounts, outbox, now),
        suppression=Suppression(database, now),
        undo_steps=UndoSteps(database, now),
        search=Search(database, index),
        indexing=indexing,
        filing=filing,
        uploads=Uploads(database, reactor, uploads or state_dir / "uploads", now),
        push_targets=PushTargets(database),
        state=state,
    )


async def _open_state(
    reactor: Any, database: Database, options: StateOptions, now: Callable[[], float]
) -> ISessionState:
    if options.url:
        from ccm.store.redis import RedisState  # only who uses Redis loads its client

        redis = RedisState(reactor, options)
        await redis.open()
        return redis
    embedded = EmbeddedState(database, reactor, now, options.flush_milliseconds / 1000, options.max_keys)
    await embedded.open()
    return embedded
