"""
Publication jobs: the outbox row that a document left for one target, carried out.

The row holds target, topic and revision; the document itself is read from the store, so that a job put back for a long
time still sends what that revision said. One that a newer revision has overtaken is left out: that one has its own job,
and an old text must not take the place of a new one.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

from ccm.errors import Rejected, Unavailable
from ccm.interfaces import IDocuments, IPublisher
from ccm.publish.breaker import LONGEST_ASKED_SECONDS, Breaker
from ccm.records import OutboxJob, Receipt
from ccm.reporter import render_json
from ccm.reporter.document import Document


class PublishJobs:
    """
    :param targets: the configured publishers by name.
    :param tell: ``async (channel, facts)``, hears ``publish-done``, ``publish-failed`` and ``publish-changed``.
    :param seconds: the time, on a clock that only goes forward.
    :param longest_asked_seconds: no target is left alone for longer because it asks so.
    """

    def __init__(
        self,
        documents: IDocuments,
        targets: Mapping[str, IPublisher],
        tell: Callable[[str, dict[str, str]], Awaitable[None]],
        seconds: Callable[[], float],
        longest_asked_seconds: float = LONGEST_ASKED_SECONDS,
    ) -> None:
        self._documents = documents
        self._targets = targets
        self._tell = tell
        self._breakers = {name: Breaker(seconds, longest_asked_seconds) for name in targets}

    async def deliver(self, job: OutboxJob) -> str:
        """Publish what *job* names. :raises Rejected, Unavailable: as the publisher does."""
        work = json.loads(job.payload)
        target = self._targets.get(work["target"])
        if target is None:
            raise Rejected(
                f"There is no publisher {work['target']} any more: configure [publish.{work['target']}] again."
            )
        topic, revision = work["topic"], int(work["revision"])
        revisions = await self._documents.revisions(topic)
        public = work.get("of") == "public"  # what the target still has of a document that is no longer public
        rivals = (each.revision for each in revisions if not public or each.visibility == "public")
        newest = max(rivals, default=revision)
        if newest > revision:
            return f"Revision {newest} has taken its place."
        body = next((record.body for record in revisions if record.revision == revision), None)
        if body is None:
            raise Rejected(f"Revision {revision} of that document is no longer kept.")
        receipt = await self._publish(work["target"], render_json.loads(body), job.key)
        await self._documents.add_receipt(topic, revision, work["target"], receipt)
        await self._tell("publish-done", {"topic": work["topic"], "target": work["target"], "url": receipt.url})
        return receipt.url

    async def _publish(self, name: str, document: Document, key: str) -> Receipt:
        breaker = self._breakers[name]
        breaker.check()
        try:
            receipt = await self._targets[name].publish(document, key)
        except Unavailable as error:
            breaker.failed(error)
            raise
        except Rejected:
            breaker.answered()
            raise
        breaker.answered()
        return receipt

    async def settled(self, job: OutboxJob) -> None:
        """Tell that a publication was made, put back or given up."""
        target, topic, _ = job.key.split(":", 2)
        await self._tell("publish-changed", {"topic": topic, "target": target, "key": job.key})

    async def parked(self, job: OutboxJob, reason: str) -> None:
        """Tell that a publication was given up."""
        work = json.loads(job.payload)
        await self._tell("publish-failed", {"topic": work["topic"], "target": work["target"], "reason": reason})
