"""
Publication jobs: the outbox row that a document left for one target, carried out.

The row holds target, topic and revision; the document itself is read from the store, so that a job put back for a long
time still sends what that revision said.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

from ccm.errors import Rejected
from ccm.interfaces import IDocuments, IPublisher
from ccm.records import OutboxJob
from ccm.reporter import render_json


class PublishJobs:
    """
    :param targets: the configured publishers by name.
    :param tell: ``async (channel, facts)``, hears ``publish-done`` and ``publish-failed``.
    """

    def __init__(
        self,
        documents: IDocuments,
        targets: Mapping[str, IPublisher],
        tell: Callable[[str, dict[str, str]], Awaitable[None]],
    ) -> None:
        self._documents = documents
        self._targets = targets
        self._tell = tell

    async def deliver(self, job: OutboxJob) -> str:
        """Publish what *job* names. :raises Rejected, Unavailable: as the publisher does."""
        work = json.loads(job.payload)
        target = self._targets.get(work["target"])
        if target is None:
            raise Rejected(
                f"There is no publisher {work['target']} any more: configure [publish.{work['target']}] again."
            )
        record = await self._record(work["topic"], int(work["revision"]))
        receipt = await target.publish(render_json.loads(record), job.key)
        await self._documents.add_receipt(work["topic"], int(work["revision"]), work["target"], receipt)
        await self._tell("publish-done", {"topic": work["topic"], "target": work["target"], "url": receipt.url})
        return receipt.url

    async def parked(self, job: OutboxJob, reason: str) -> None:
        """Tell that a publication was given up."""
        work = json.loads(job.payload)
        await self._tell("publish-failed", {"topic": work["topic"], "target": work["target"], "reason": reason})

    async def _record(self, topic: str, revision: int) -> str:
        for record in await self._documents.revisions(topic):
            if record.revision == revision:
                return record.body
        raise Rejected(f"Revision {revision} of that document is no longer kept.")
