"""
As much of a room's archive as the reporter looks at together: the newest messages up to one of them.

The reporter folds every message, however long a talk is; but what it looks through as a whole (for a document, for
what nobody marked) is bounded. Leaves out how the archive is asked (:mod:`ccm.components.room_archive`).
"""

from collections import deque
from collections.abc import Awaitable, Callable

from ccm.components.room_archive import Remark


async def window(
    since: Callable[[str | None], Awaitable[list[Remark]]], most: int, until: str
) -> tuple[list[Remark], bool]:
    """
    The newest messages up to an id, at most *most*, and whether these are all.

    :param since: the archive after an id; when it answers *most* messages or more, there may be others.
    """
    found: deque[Remark] = deque(maxlen=most)
    count, after = 0, None
    while True:
        part = await since(after)
        wanted = [remark for remark in part if remark.id <= until]
        found.extend(wanted)
        count += len(wanted)
        if len(part) < most or len(wanted) < len(part):
            return list(found), count <= most
        after = part[-1].id
