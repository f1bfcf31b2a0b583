"""
What a component handler is given: its addresses, the stores, time, and how to start something asynchronous.

The same record is built in-process and by ``twistd ccm-component``, which is why the handlers cannot tell where they
run. Leaves out the router: a component speaks XMPP and nothing else with the rest of the server.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ccm.errors import CCMError, StoreClosed
from ccm.interfaces import (
    IAccounts,
    IArchive,
    IDocuments,
    IOutbox,
    IPushTargets,
    IRosters,
    ISearch,
    ISessionState,
    ISummarizer,
    ISuppression,
    ITokens,
    ITopics,
    IUndoSteps,
    IUploads,
)
from ccm.records import OutboxJob

log = Logger()

Spawn = Callable[[Coroutine[Any, Any, Any]], "Deferred[Any]"]
#: ``(function, *arguments)``: answers what the function does.
Apart = Callable[..., Awaitable[Any]]


class Worker(Protocol):
    """Does the jobs of one kind that wait in the outbox (:class:`ccm.publish.outbox.OutboxWorker`)."""

    def start(self) -> None:
        """Look at once, and again and again."""

    def poke(self) -> None:
        """Look now."""

    async def stop(self) -> None:
        """Finish the job at hand; what is left stays in the outbox."""


#: ``(kind, deliver)``: *deliver* is given a job and answers a note; it raises ``Rejected`` or ``Unavailable``.
Workers = Callable[[str, Callable[[OutboxJob], Awaitable[str]]], Worker]


async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run it here and now."""
    return function(*arguments)


@dataclass(frozen=True, slots=True)
class Context:
    """
    :ivar domain: the component's own domain, e.g. ``topics.example.org``.
    :ivar host: the domain whose accounts it serves.
    :ivar rooms: the domain of the room service.
    :ivar siblings: domain of each component by name: ``topics``, ``invitations``, ``reporter``.
    :ivar clock: for timers only.
    :ivar now: the time, aware and UTC.
    :ivar spawn: runs a coroutine in its own right; its failure is logged and also reaches the Deferred's errbacks.
    :ivar web_url: public base of the web part, ends with ``/``.
    :ivar mail_from: sender of invitations, ``Name <address>``.
    :ivar zone: IANA zone of this server's people when nobody said another.
    :ivar language: likewise, a BCP 47 tag.
    :ivar publishers: names of the configured publishing targets.
    :ivar suppression: mail addresses that asked not to be invited; ``None`` if nobody keeps such a list.
    :ivar undo_steps: what users may still take back; ``None`` if nobody keeps it: then nothing can be.
    :ivar tokens: secrets handed out. :ivar rosters: contacts. :ivar archive: of messages; for the accounts component.
    :ivar uploads: files that people put here. :ivar push_targets: where notifications go; for the accounts component.
    :ivar uploads_url: public base of those files, ends with ``/``.
    :ivar search: over what was said and over documents; ``None`` if there is none.
    :ivar guest_host: domain of guests; ``""`` if there are none.
    :ivar apart: runs a function that computes for long, in a thread where there is one.
    :ivar summarizer: words summaries of what is published; ``None`` while that is off.
    :ivar mail_replies: the domain whose ``rsvp+`` and ``bounces+`` addresses come back here; ``""`` if none do.
    :ivar repeats: a request may come twice: several processes serve the domain, or one that is killed and comes back.
    :ivar workers: makes who does the outbox jobs of a kind; ``None`` if nobody does any.
    :ivar operators: bare JIDs that count as owners of every room.
    :ivar token: a fresh secret of 256 bits, URL-safe.
    """

    domain: str
    host: str
    rooms: str
    siblings: Mapping[str, str]
    topics: ITopics
    documents: IDocuments
    outbox: IOutbox
    accounts: IAccounts
    state: ISessionState
    clock: IReactorTime
    now: Callable[[], datetime]
    spawn: Spawn
    web_url: str
    mail_from: str
    token: Callable[[], str]
    zone: str = "UTC"
    language: str = "en"
    publishers: tuple[str, ...] = ("archive",)
    suppression: ISuppression | None = None
    mail_replies: str = ""
    undo_steps: IUndoSteps | None = None
    tokens: ITokens | None = None
    rosters: IRosters | None = None
    archive: IArchive | None = None
    search: ISearch | None = None
    uploads: IUploads | None = None
    push_targets: IPushTargets | None = None
    uploads_url: str = ""
    guest_host: str = ""
    apart: Apart = at_once
    summarizer: ISummarizer | None = None
    repeats: bool = False
    operators: frozenset[str] = frozenset()
    workers: Workers | None = None

    def announced(self) -> str:
        """Who else gets to see what is said, for a room's greeting; ``""`` if nobody does."""
        return f"{self.summarizer.announcement()} " if self.summarizer is not None else ""


def spawn(work: Coroutine[Any, Any, Any]) -> "Deferred[Any]":
    """Run a coroutine; a failure is logged and the Deferred fires with ``None`` then."""
    return Deferred.fromCoroutine(work).addErrback(_failed)


def _failed(failure: Failure) -> None:
    if failure.check(ConnectionDone, StoreClosed):  # stopped meanwhile; the next run takes it up from the stores
        log.info("The component ended before its work was done.")
    elif failure.check(CCMError):
        log.error("Work of a component failed: {why}", why=failure.getErrorMessage())
    else:
        log.failure("Work of a component failed.", failure)
