"""
How far the publication of a topic's document is, target by target: from the outbox's rows and the publishers' receipts.

The archive is a target like the others, and has a document at once. Leaves out publishing, and saying it in the room.
"""

import json
from collections.abc import Mapping

from ccm.components.context import Context
from ccm.components.outcome_elements import Target
from ccm.records import JobState, Receipt

#: Channels of the session state's bus on which publications are told of once that is kept; their JSON has ``topic``.
CHANNELS = ("publish-failed", "publish-changed")


async def targets_of(context: Context, topic: str, version: int, document: str) -> tuple[Target, ...]:
    """
    Each target with the state of that version, the archive first; none before there is one.

    :param document: public address in the archive.
    """
    if not version or not document:
        return ()
    keys = {name: f"{name}:{topic}:{version}" for name in context.publishers if name != "archive"}
    found = [Target("archive", "published", version, document)]
    if not keys:
        return tuple(found)
    jobs = await context.outbox.look(keys.values())
    receipts: Mapping[str, Receipt] = await context.documents.receipts(topic)
    for name, key in keys.items():
        target = target_of(name, version, jobs.get(key), receipts.get(name))
        if target is not None:
            found.append(target)
    return tuple(found)


def target_of(name: str, version: int, job: JobState | None, receipt: Receipt | None) -> Target | None:
    """What is known of one target; ``None`` if the document does not go there."""
    url = receipt.url if receipt is not None else ""
    if job is None:
        return Target(name, "published", version, url) if url else None
    if job.state == "done":
        return Target(name, "published", version, url)
    if job.state == "parked":
        return Target(name, "failed", version, url, job.note)
    if job.note:
        return Target(name, "waiting", version, url, job.note, job.due)
    return Target(name, "working" if job.attempts else "queued", version, url)


def topic_of(told: bytes) -> str:
    """The topic that a message on one of the channels is about, or ``""``."""
    try:
        facts = json.loads(told)
    except ValueError:
        return ""
    return str(facts.get("topic", "")) if isinstance(facts, dict) else ""
