"""
Who reads a document that is for those who take part: whoever has a key, for as long as they take part.

A key is a secret of one person and one topic: the one in the mail that brought the document (``outcome``), or one that
the reporter handed out to open it now (``reading``). Pages hand it on to one another in ``?key=``. Leaves out handing
keys out: :mod:`ccm.components.outcome_post`.
"""

import json
from urllib.parse import quote

from twisted.web.http import Request

from ccm.interfaces import ITokens, ITopics
from ccm.records import DocumentRecord
from ccm.web.desk import digest
from ccm.web.forms import field

PURPOSES = ("reading", "outcome")
_LONGEST = 200  # characters


class Readers:
    """:param tokens: where keys are kept, as hashes."""

    def __init__(self, topics: ITopics, tokens: ITokens) -> None:
        self._topics = topics
        self._tokens = tokens

    async def may_read(self, request: Request, record: DocumentRecord) -> bool:
        """Whether what the request asks for is shown to whoever asks."""
        if record.visibility != "members":
            return True
        key = key_of(request)
        for purpose in PURPOSES if key else ():
            kept = await self._tokens.look(purpose, digest(key))
            if kept is None or json.loads(kept.scope).get("topic") != record.topic:
                continue
            topic = await self._topics.get(record.topic)
            return topic is not None and kept.subject in topic.members
        return False


def key_of(request: Request) -> str:
    """The key that came along, or ``""``."""
    return field(request, "key")[:_LONGEST]


def keyed(url: str, key: str) -> str:
    """The address with the key, if there is one."""
    if not key:
        return url
    path, hash_, place = url.partition("#")
    return f"{path}{'&' if '?' in path else '?'}key={quote(key, safe='')}{hash_}{place}"
