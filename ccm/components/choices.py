"""
What a form offers to choose from, so that nobody types identifiers: the user's topics, and their invitations.

For people whose client knows ad-hoc commands and nothing of ours. The newest come first, and only so many.
"""

from collections.abc import Awaitable, Callable

from ccm.components import when
from ccm.components.context import Context
from ccm.records import Topic

MAX_OPTIONS = 50
MAX_TOPICS = 10

#: ``(bare JID) -> ((value, label), …)``
Options = Callable[[str], Awaitable[tuple[tuple[str, str], ...]]]


def among(*choices: tuple[str, str]) -> Options:
    """The same ``(value, label)`` for everybody."""

    async def options(_: str) -> tuple[tuple[str, str], ...]:
        return choices

    return options


def topics_of(context: Context) -> Options:
    """The topics that somebody takes part in."""

    async def options(user: str) -> tuple[tuple[str, str], ...]:
        page = await context.topics.of_member(user, limit=MAX_OPTIONS)
        return tuple((topic.id, _labelled(topic, context)) for topic in page.items)

    return options


def present(context: Context, of: Callable[[Topic], str]) -> Callable[[str], Awaitable[str]]:
    """What holds now for all of somebody's topics alike; nothing if it differs, since the form does not know which."""

    async def value(user: str) -> str:
        page = await context.topics.of_member(user, limit=MAX_OPTIONS)
        values = {of(topic) for topic in page.items if topic.owner == user}
        return values.pop() if len(values) == 1 else ""

    return value


def invitations_of(context: Context) -> Options:
    """The invitations to somebody's newest topics."""

    async def options(user: str) -> tuple[tuple[str, str], ...]:
        page = await context.topics.of_member(user, limit=MAX_TOPICS)
        found = []
        for topic in page.items:
            for invitee in await context.topics.invitees(topic.id):
                if user in (invitee.inviter, topic.owner, invitee.jid):
                    found.append((invitee.id, f"{invitee.name}: {topic.name} ({invitee.state})"))
        return tuple(found[:MAX_OPTIONS])

    return options


def _labelled(topic: Topic, context: Context) -> str:
    if topic.start is None:
        return topic.name
    return f"{topic.name} ({when.spell(topic.start, context.now(), when.zone_of(topic.zone))})"
