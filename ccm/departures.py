"""Assembly of what leaves the server: the outbox workers for mail and publications, and their targets."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ccm.errors import ConfigError
from ccm.interfaces import IMailer, IPublisher, ISummarizer
from ccm.publish.jobs import PublishJobs
from ccm.publish.outbox import OutboxWorker
from ccm.publish.target import TargetServices
from ccm.records import OutboxJob
from ccm.settings import Settings
from ccm.store.stores import Stores
from ccm.web.mail import MailJobs
from ccm.website import Addresses


def targets(reactor: Any, settings: Settings, addresses: Addresses) -> dict[str, IPublisher]:
    """The publishers that are configured, by name. :raises ConfigError: naming the section and key."""
    services = TargetServices(reactor, addresses.web, Path(settings["server"].state))
    found = {}
    for name, publisher in settings.plugins["publish"].items():
        options = settings[f"publish.{name}"]
        if options is not None and getattr(options, "url", None):
            with settings.named():
                found[name] = publisher.configure(options, services)
    return found


def summarizer(reactor: Any, settings: Settings, addresses: Addresses) -> ISummarizer | None:
    """
    The summariser that is on, if any.

    :raises ConfigError: naming section and key, or two that are on.
    """
    services = TargetServices(reactor, addresses.web, Path(settings["server"].state))
    found: dict[str, ISummarizer] = {}
    for name, plugin in settings.plugins["summarizers"].items():
        with settings.named():
            ready = plugin.configure(settings[f"summarizers.{name}"], services)
        if ready is not None:
            found[name] = ready
    if len(found) > 1:
        raise ConfigError(f"{settings.source}: of summarizers.{' and summarizers.'.join(found)} only one may be on.")
    return next(iter(found.values()), None)


class Departures:
    """Mail and publications on their way."""

    def __init__(self, reactor: Any, settings: Settings, stores: Stores, mailer: IMailer, addresses: Addresses) -> None:
        async def tell(channel: str, facts: dict[str, str]) -> None:
            await stores.state.publish(channel, json.dumps(facts).encode())

        mails = MailJobs(mailer, tell)
        options = settings["outbox"]
        found = targets(reactor, settings, addresses)
        longest = options.longest_retry_after_seconds
        publications = PublishJobs(stores.documents, found, tell, reactor.seconds, longest)
        self._outbox = stores.outbox
        self._alone = not settings["store"].url  # a state folder has one server; a database server may have several
        self._counts: dict[tuple[str, str], int] = {}
        self._workers = [
            OutboxWorker(
                *("mail", stores.outbox, mails.deliver, reactor, options, mails.parked),
                delayed=mails.delayed,
                settled=self._counted,
            ),
            OutboxWorker(
                *("publish", stores.outbox, publications.deliver, reactor, options, publications.parked),
                settled=self._published(publications),
            ),
        ]
        self._stops: list[Any] = []

    async def start(self) -> None:
        """Send what waits, and from now on what is put there."""
        if self._alone:
            await self._outbox.release()
        await self._counted()
        for worker in self._workers:
            self._stops.append(self._outbox.listen(worker.kind, worker.poke))
            worker.start()

    def figures(self) -> dict[str, float]:
        """How many jobs wait and are given up, as of the last one that was tried."""
        return {
            f"outbox_{kind}_{state}": self._counts.get((kind, state), 0)
            for kind in ("mail", "publish")
            for state in ("waiting", "parked")
        }

    async def _counted(self, _: OutboxJob | None = None) -> None:
        self._counts = await self._outbox.counts()

    def _published(self, publications: PublishJobs) -> Callable[[OutboxJob], Awaitable[None]]:
        async def settled(job: OutboxJob) -> None:
            await self._counted()
            await publications.settled(job)

        return settled

    async def stop(self) -> None:
        """Finish the jobs at hand; the rest stays in the outbox."""
        for stop in self._stops:
            stop()
        for worker in self._workers:
            await worker.stop()
